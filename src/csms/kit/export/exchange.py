# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What stands before a document that goes to the typesetter, and before the PDF that comes back."""

import struct
from typing import Final

DOCUMENT: Final = struct.Struct(">Q")
"""How long it is."""
ANSWER: Final = struct.Struct(">Q?")
"""How long it is, and whether the process would make another."""
