# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""X-Forwarded-For at the door for chargers: a proxy's word counts, anybody else's does not."""

import asyncio
from collections import Counter
from pathlib import Path

import aiohttp
import pytest

from tests.support.charger import basic, connected
from tests.support.csms import Csms, running
from tests.support.eventually import eventually
from tests.support.postgres import Database
from tests.support.raw import knock

SECRET = "a secret of 16 +"


async def _failed(csms: Csms, identity: str, said: str) -> int:
    """The status of a handshake with a wrong password."""
    wrong = {**basic(identity, "wrong wrong wrong wrong"), "X-Forwarded-For": said}
    return (await knock(csms.url, f"/ocpp/{identity}", wrong)).status


async def test_nobody_hides_from_the_throttle_by_a_header(database: Database, tmp_path: Path) -> None:
    """No proxy is named, or others are: a new forged source and identity for each guess does not help."""
    async with running(database, tmp_path, trusted_proxies=("10.0.0.0/8",)) as csms:
        guesses = [_failed(csms, f"GUESS{number}", f"203.0.113.{number}") for number in range(13)]
        assert Counter(await asyncio.gather(*guesses)) == {401: 10, 429: 3}


async def test_behind_a_proxy_sources_are_told_apart(database: Database, tmp_path: Path) -> None:
    """One that guesses is slowed down, its neighbours are not; events and connections show who it was."""
    async with running(database, tmp_path, trusted_proxies=("127.0.0.1",), proxied_tls=True) as csms:
        await csms.charger("CP1", password=SECRET, security_profile=2)
        forged = [f"198.51.100.{number}, 203.0.113.66" for number in range(13)]  # what stands before is its own word
        guesses = [_failed(csms, f"GUESS{number}", said) for number, said in enumerate(forged)]
        assert Counter(await asyncio.gather(*guesses)) == {401: 10, 429: 3}
        assert await _failed(csms, "OTHER", "203.0.113.67") == 401
        assert await _failed(csms, "CP1", "203.0.113.68") == 401
        headers = {**basic("CP1", SECRET), "X-Forwarded-For": "203.0.113.69"}
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{csms.url}/CP1", protocols=("ocpp1.6",), headers=headers),
        ):
            told = await eventually(lambda: csms.rows("SELECT address FROM charger_connections WHERE online"))
            assert [row["address"] for row in told] == ["203.0.113.69"]
        await csms.told()
        assert await csms.rows("SELECT 1 FROM security_events WHERE address = '203.0.113.68'")


async def test_only_the_proxys_connections_count_as_tls(database: Database, tmp_path: Path) -> None:
    """Who reaches the plain port past the proxy does not get in with a profile that needs TLS."""
    async with running(database, tmp_path, trusted_proxies=("10.0.0.1",), proxied_tls=True) as csms:
        await csms.charger("CP2", password=SECRET, security_profile=2)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with connected(csms.url, "CP2", password=SECRET):
                pass
        assert refused.value.status == 401
        assert [kind for kind, _ in await csms.told()] == ["insecure_connection"]
