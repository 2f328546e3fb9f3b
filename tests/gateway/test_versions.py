# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Which version is spoken: the charger's order, what is provisioned, and what is told when it changes."""

import aiohttp
import pytest

from tests.support.charger import connected
from tests.support.csms import Csms

ALL = ("ocpp2.1", "ocpp2.0.1", "ocpp1.6")


async def _spoken(csms: Csms, *offered: str) -> str | None:
    async with connected(csms.url, "CP1", protocols=offered) as charger:
        return charger.socket.protocol


@pytest.mark.parametrize(
    ("offered", "allowed", "spoken"),
    [
        (ALL, None, "ocpp2.1"),
        (ALL[::-1], None, "ocpp1.6"),
        (("ocpp1.5", "ocpp2.0", "ocpp2.0.1"), None, "ocpp2.0.1"),
        (ALL, ["ocpp1.6", "ocpp2.0.1"], "ocpp2.0.1"),
        (ALL[::-1], ["ocpp2.1"], "ocpp2.1"),
    ],
)
async def test_the_order_of_the_charger_among_what_is_allowed(
    csms: Csms, offered: tuple[str, ...], allowed: list[str] | None, spoken: str
) -> None:
    """The first that both have."""
    await csms.sql.execute("UPDATE chargers SET protocols = $1 WHERE id = 'CP1'", allowed)
    assert await _spoken(csms, *offered) == spoken


async def test_a_version_that_is_not_allowed_is_not_spoken(csms: Csms) -> None:
    """Nothing in common: the connection is closed, as for a version that nobody here knows."""
    await csms.sql.execute("UPDATE chargers SET protocols = ARRAY['ocpp2.0.1'] WHERE id = 'CP1'")
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(f"{csms.url}/CP1", protocols=("ocpp1.6",))
        assert socket.protocol is None
        message = await socket.receive()
        assert (message.type, socket.close_code) == (aiohttp.WSMsgType.CLOSE, 1002)


async def test_an_older_version_than_before_is_told(csms: Csms) -> None:
    """A newer one is welcome, an older one is a security event; both are served."""
    for protocol in ("ocpp1.6", "ocpp2.1", "ocpp2.0.1", "ocpp2.0.1"):
        assert await _spoken(csms, protocol) == protocol
    told = [detail for kind, detail in await csms.told() if kind == "version_downgraded"]
    assert told == ["it spoke ocpp2.1 before and speaks ocpp2.0.1 now"]
