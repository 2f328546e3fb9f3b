# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Silence: pings, missed pongs, and chargers that never answer them (lbb#553, core#583, libocpp#1135)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.charger import connected
from tests.support.csms import Csms, running
from tests.support.eventually import eventually
from tests.support.postgres import Database
from tests.support.raw import CLOSE, PING, PONG, TEXT, RawSocket, raw

LONG_S = 4.0


@pytest.fixture
async def impatient(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Csms]:
    """Pings after a second of silence, cuts after one that was not answered."""
    monkeypatch.setattr("csms.gateway.held._WHEEL_S", 0.05)
    async with running(database, tmp_path, ping_interval_s=1, missed_pongs=1) as whole:
        await whole.charger("CP1")
        yield whole


async def _opcodes(socket: RawSocket, seconds: float) -> list[int]:
    """What comes within that time, unanswered; 0 where the line was cut."""
    found: list[int] = []
    try:
        async with asyncio.timeout(seconds):
            while True:
                found.append((await socket.receive(seconds))[0])
    except TimeoutError:
        return found
    except (asyncio.IncompleteReadError, ConnectionError):
        return [*found, 0]


async def test_missed_pongs_cut_the_line(impatient: Csms) -> None:
    """A dead charger is seen as offline, with the reason; not earlier than it was asked."""
    async with raw(impatient.url) as dead:
        assert await _opcodes(dead, LONG_S) == [PING, 0]

    async def offline() -> str | None:
        row = await impatient.row("SELECT online, close_reason FROM charger_connections")
        return None if row["online"] else row["close_reason"]

    assert await eventually(offline) == "answered none of 1 pings"


async def test_a_pong_is_a_sign_of_life(impatient: Csms) -> None:
    """Silent but answering: it stays."""
    async with connected(impatient.url, "CP1") as charger:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(charger.closed.wait(), LONG_S)


async def test_any_frame_is_a_sign_of_life(impatient: Csms) -> None:
    """It never answers a ping, but it talks, or pings by itself, or sends an unasked pong."""
    async with raw(impatient.url) as socket:
        listening = asyncio.create_task(_opcodes(socket, LONG_S))
        for _ in range(2):
            for data, opcode in ((b'[2,"1","Heartbeat",{}]', TEXT), (b"alive", PING), (b"", PONG)):
                await asyncio.sleep(0.6)
                await socket.send(data, opcode)
        found = await listening
    assert 0 not in found
    assert CLOSE not in found
    assert found.count(TEXT) == 2
    assert found.count(PONG) == 2


async def test_pings_can_be_switched_off_per_charger(impatient: Csms) -> None:
    """A charger that drops the line at a ping is never sent one, and is not cut for its silence."""
    await impatient.charger("SHY", ping=False)
    async with raw(impatient.url, "/ocpp/SHY") as socket:
        assert await _opcodes(socket, LONG_S) == []


async def test_our_pong_carries_what_the_ping_said(csms: Csms) -> None:
    """RFC 6455 §5.5.3."""
    async with raw(csms.url) as socket:
        await socket.send(b"are you there?", PING)
        assert await socket.receive() == (PONG, b"are you there?")
