# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the API's tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.support import Product, product
from tests.support.postgres import Database


@pytest.fixture
async def api(database: Database, tmp_path: Path) -> AsyncIterator[Product]:
    """All routes, with an administrator signed in; answers are held to the API document."""
    async with product(database, tmp_path) as found:
        yield found
