# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Integers as OCPP means them: 32 bits (2.x Part 2 §2.1)."""

from typing import Annotated

from msgspec import Meta

Integer = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
Natural = Annotated[int, Meta(ge=0, le=2**31 - 1)]
