# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Which version this is."""

from importlib.metadata import version
from typing import Final

VERSION: Final = version("csms-lite")
