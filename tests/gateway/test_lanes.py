# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""One peer that reads slowly must not stop the lane that answers all the others (promise R4, attack 14)."""

from csms.gateway.link import _SLOW_READER_BYTES
from tests.support.charger import Charger
from tests.support.csms import Csms


async def test_a_write_waits_only_where_the_link_is_seen_to_be_congested(csms: Csms, charger: Charger) -> None:
    """With asyncio's marks a buffer that fell below 64 KiB holds writers until 16 KiB: a lane would wait unseen."""
    gateway = csms.application.gateway
    assert gateway is not None
    link = gateway._directory.get("CP1")
    assert link is not None
    limits = link._transport.get_write_buffer_limits()  # type: ignore[attr-defined]
    assert limits == (_SLOW_READER_BYTES, _SLOW_READER_BYTES)
    assert not link.congested
