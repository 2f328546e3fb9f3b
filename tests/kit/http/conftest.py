# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The whole HTTP side, as the API's tests have it."""

from tests.api.conftest import api as api
