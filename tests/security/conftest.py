# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A whole CSMS, as the features' tests have it."""

from tests.features.conftest import api as api
from tests.features.conftest import charger as charger
from tests.features.conftest import whole as whole
