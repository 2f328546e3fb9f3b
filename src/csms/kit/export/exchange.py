# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How the typesetter is asked: what it is told first, and what stands before a document and before its PDF."""

import struct
from typing import Final

DOCUMENT: Final = struct.Struct(">Q")
"""How long it is."""
ANSWER: Final = struct.Struct(">Q?")
"""How long it is, and whether the process would make another."""
PATIENT: Final = "--patient"
"""Among its arguments: it makes a long list, for which nothing else that the machine does is to wait."""
