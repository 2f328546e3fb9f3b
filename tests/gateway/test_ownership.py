# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Who holds a charger, who is let in, and what a lost message costs."""

import asyncio
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from csms.domain.chargers import Provisioned
from csms.features.chargers.registry import ChargerRegistry
from csms.features.chargers.service import ChargerService
from csms.gateway.directory import Directory
from csms.kit.clock import SystemClock
from tests.support.charger import Charger, basic, connected
from tests.support.csms import TESTER, Csms, running
from tests.support.postgres import Database
from tests.support.valkey import ValkeyServer


async def test_a_charger_let_in_from_memory_can_be_commanded_without_a_word(
    csms: Csms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R5: the database was away for the handshake only. A charger that just beats is claimed all the same."""
    async with connected(csms.url, "CP1", boot=True):
        pass
    claim, broken = ChargerRegistry.claim, True

    async def flaky(self: ChargerRegistry, charger: Provisioned, protocol: str, address: str) -> int:
        if broken:
            raise ConnectionError("away")
        return await claim(self, charger, protocol, address)

    monkeypatch.setattr(ChargerRegistry, "claim", flaky)
    async with connected(csms.url, "CP1") as charger:
        broken = False
        charger.answers["ClearCache"] = {"status": "Accepted"}
        for _ in range(6):
            await charger.call("Heartbeat")
            await asyncio.sleep(0.5)
        assert (await csms.command("CP1", {"type": "clear_cache"}))["status"] == "accepted"


async def test_profile_0_is_not_displaced_through_another_node(database: Database, tmp_path: Path) -> None:
    """Decision 11, attack 4: without a secret the first connection stays, whichever node the second one knocks at."""
    async with (
        ValkeyServer() as valkey,
        running(database, tmp_path / "a", redis=valkey.url) as one,
        running(database, tmp_path / "b", redis=valkey.url) as two,
    ):
        await one.charger("CP1")
        async with connected(one.url, "CP1", boot=True) as first:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
                async with connected(two.url, "CP1"):
                    pass
            assert refusal.value.status == 409
            assert await first.status() == {}


async def _refused_after(csms: Csms, identity: str) -> float:
    started = time.perf_counter()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        async with connected(csms.url, identity, password="wrong-wrong-wrong"):
            pass
    assert refusal.value.status == 401
    return time.perf_counter() - started


async def test_the_time_of_a_401_does_not_tell_whether_the_identity_exists(
    csms: Csms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decision 11, attack 2: the security event of a known charger is not written while the peer waits."""
    await csms.charger("KNOWN", password="right-right-right")
    stored = ChargerRegistry.security_events

    async def slow(self: ChargerRegistry, events: Any) -> None:
        await asyncio.sleep(1.5)
        await stored(self, events)

    monkeypatch.setattr(ChargerRegistry, "security_events", slow)
    known, unknown = await _refused_after(csms, "KNOWN"), await _refused_after(csms, "NOBODY")
    assert abs(known - unknown) < 0.8


async def test_guessing_does_not_fill_the_database(csms: Csms, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack 3: what is answered by 429 is counted, not written line by line."""
    await csms.charger("KNOWN", password="right-right-right")

    async def guess(session: aiohttp.ClientSession, number: int) -> None:
        headers = {**basic("KNOWN", f"wrong-wrong-wrong-{number}")}
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(f"{csms.url}/KNOWN", protocols=("ocpp1.6",), headers=headers)

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(guess(session, number) for number in range(60)))
    told = await csms.told()
    assert 1 <= len(told) <= 20
    assert sum(int(detail.rpartition("(")[2].split()[0]) if "(" in detail else 1 for _, detail in told) == 60


async def test_a_security_event_outlives_a_database_that_is_away(csms: Csms, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be stored is stored at a later turn, with what came meanwhile."""
    await csms.charger("KNOWN", password="right-right-right")
    gateway = csms.application.gateway
    assert gateway is not None
    store = ChargerRegistry.security_events

    async def away(self: ChargerRegistry, events: Any) -> None:
        raise ConnectionError("away")

    monkeypatch.setattr(ChargerRegistry, "security_events", away)
    await _refused_after(csms, "KNOWN")
    with pytest.raises(ConnectionError):
        await gateway._notices.flush()
    await _refused_after(csms, "KNOWN")
    monkeypatch.setattr(ChargerRegistry, "security_events", store)
    assert len(await csms.told()) >= 1


async def test_a_second_stranger_does_not_replace_the_secret_of_the_first(database: Database, tmp_path: Path) -> None:
    """Decision 14: the secret adopted at approval is the one of the charger that was listed, or the conflict is told."""
    async with running(database, tmp_path, onboarding="approval") as csms:
        kit = csms.application.kit
        assert kit is not None
        async with (
            connected(csms.url, "NEW", password="the-charger-itself", boot=True),
            connected(csms.url, "NEW", password="somebody-else-here", boot=True),
        ):
            pass
        row = await csms.row("SELECT * FROM pending_chargers")
        kept = kit.keys.verify_secret(b"the-charger-itself", row["secret_hash"])
        assert kept


async def test_a_waiting_stranger_costs_no_write_per_message(database: Database, tmp_path: Path) -> None:
    """Strangers are slow: 50 boots in a row are not 50 transactions of the pool that chargers need."""
    async with running(database, tmp_path, onboarding="approval") as csms:
        async with connected(csms.url, "NEW") as stranger:
            await stranger.boot()
            before = await csms.row("SELECT xmin::text::bigint AS x FROM pending_chargers")
            for _ in range(50):
                await stranger.boot()
            after = await csms.row("SELECT xmin::text::bigint AS x FROM pending_chargers")
        assert after["x"] - before["x"] < 25


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway does not hear that a charger was provisioned anew."""
    monkeypatch.setattr(Directory, "close_charger", lambda *_: None)


async def _retire(csms: Csms) -> None:
    kit = csms.application.kit
    assert kit is not None
    async with kit.units(TESTER) as uow:
        await ChargerService(lambda secret: secret, SystemClock()).retire(uow, "CP1", purge=False)


@pytest.mark.usefixtures("deaf")
async def test_a_retired_charger_is_not_heard_where_the_event_was_lost(csms: Csms, charger: Charger) -> None:
    """A lost live event costs nothing: the fence of the next write finds out."""
    await _retire(csms)
    with pytest.raises((ConnectionError, TimeoutError)):
        await charger.call(
            "StatusNotification", {"connectorId": 1, "status": "Charging", "errorCode": "NoError"}, timeout_s=3
        )


@pytest.mark.usefixtures("deaf")
async def test_a_retired_charger_that_only_beats_is_cut(csms: Csms, charger: Charger) -> None:
    """Heartbeats are answered from memory; when they are written, the gateway learns whose they were."""
    gateway = csms.application.gateway
    assert gateway is not None
    await _retire(csms)
    assert (await charger.call("Heartbeat"))["currentTime"]
    await gateway._held.flush_seen()
    await asyncio.wait_for(charger.closed.wait(), 5)
    row = await csms.row("SELECT online, close_reason FROM charger_connections")
    assert tuple(row) == (False, "provisioned anew")


async def test_a_clock_that_was_ahead_does_not_silence_its_charger(csms: Csms, charger: Charger) -> None:
    """Three minutes ahead, then set right: what it says from then on counts."""
    now = SystemClock().now()
    await charger.status("Available", timestamp=(now + timedelta(minutes=3)).isoformat())
    await charger.status("Charging", timestamp=now.isoformat())
    assert (await csms.row("SELECT status FROM connectors"))["status"] == "charging"


async def test_an_older_status_never_overwrites_a_newer_one(csms: Csms, charger: Charger) -> None:
    """Queued for three minutes and replayed behind the newest: the newest stays (lbb#361)."""
    now = SystemClock().now()
    await charger.status("Available", timestamp=(now - timedelta(minutes=1)).isoformat())
    await charger.status("Charging", timestamp=(now - timedelta(minutes=3)).isoformat())
    assert (await csms.row("SELECT status FROM connectors"))["status"] == "available"


async def test_heartbeats_survive_a_write_that_failed(
    csms: Csms, charger: Charger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Heartbeats are written in batches; a batch that failed is written with the next."""
    gateway = csms.application.gateway
    assert gateway is not None
    await charger.call("Heartbeat")

    async def away(self: ChargerRegistry, heartbeats: object) -> None:
        raise ConnectionError("away")

    with monkeypatch.context() as patch:
        patch.setattr(ChargerRegistry, "seen", away)
        with pytest.raises(ConnectionError):
            await gateway._held.flush_seen()
    assert ("CP1", 1) in gateway._pipeline.heartbeats
    await gateway._held.flush_seen()
    assert gateway._pipeline.heartbeats == {}


async def test_a_late_claim_of_a_replaced_connection_does_not_cut_the_new_one(
    csms: Csms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let in from memory, replaced while its claim is under way: the newest connection keeps the charger."""
    async with connected(csms.url, "CP1", boot=True):
        pass
    claim, claim_late = ChargerRegistry.claim, ChargerRegistry.claim_late
    calls, hold, held = 0, asyncio.Event(), asyncio.Event()

    async def away_at_first(self: ChargerRegistry, charger: Provisioned, protocol: str, address: str) -> int:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ConnectionError("away")
        return await claim(self, charger, protocol, address)

    async def slow(self: ChargerRegistry, *link: Any) -> int | None:
        held.set()
        await hold.wait()
        return await claim_late(self, *link)

    monkeypatch.setattr(ChargerRegistry, "claim", away_at_first)
    monkeypatch.setattr(ChargerRegistry, "claim_late", slow)
    async with connected(csms.url, "CP1") as old:
        lost = asyncio.create_task(old.status("Preparing"))
        await held.wait()
        await old.socket.close()
        async with connected(csms.url, "CP1") as new:
            hold.set()
            await asyncio.gather(lost, return_exceptions=True)
            for status in ("Preparing", "Charging"):
                assert await new.status(status) == {}


async def test_the_highest_epoch_is_current_whoever_is_added_first(csms: Csms, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two handshakes at once: the one that claimed last stays, the other is closed - not both."""
    claim, calls, hold = ChargerRegistry.claim, 0, asyncio.Event()

    async def scripted(self: ChargerRegistry, charger: Provisioned, protocol: str, address: str) -> int:
        nonlocal calls
        calls += 1
        first = calls == 1
        epoch = await claim(self, charger, protocol, address)
        if first:
            await hold.wait()
        return epoch

    monkeypatch.setattr(ChargerRegistry, "claim", scripted)
    async with connected(csms.url, "CP1") as first, connected(csms.url, "CP1") as second:
        await second.boot()
        hold.set()
        await asyncio.wait_for(first.closed.wait(), 5)
        assert await second.status() == {}
