# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures of alerts."""

import pytest

from tests.api.support import Product
from tests.features.alerts.support import Fleet


@pytest.fixture
def fleet(api: Product) -> Fleet:
    """Chargers, and the worker's turns over them."""
    return Fleet(api)
