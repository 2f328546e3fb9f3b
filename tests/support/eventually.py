# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Waiting for what nothing tells of."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(look: Callable[[], Awaitable[T]], timeout_s: float = 10) -> T:
    """Look again and again until there is something; the last look is what a failure shows."""
    found = await look()
    try:
        async with asyncio.timeout(timeout_s):
            while not found:
                await asyncio.sleep(0.02)
                found = await look()
    except TimeoutError:
        raise AssertionError(f"still {found!r} after {timeout_s} s") from None
    return found
