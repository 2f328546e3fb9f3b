# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Chargers that nobody provisioned (decision 14)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from csms.features.chargers.schemas import Approval
from csms.features.chargers.service import ChargerService
from csms.kit.clock import SystemClock
from csms.kit.config import OcppSettings, Settings
from csms.kit.errors import InvalidError
from tests.support.charger import CallError, basic, connected
from tests.support.csms import TESTER, Csms, running
from tests.support.postgres import Database
from tests.support.raw import knock, raw

SECRET = "correct horse battery staple"


@pytest.fixture
async def approving(database: Database, tmp_path: Path) -> AsyncIterator[Csms]:
    """A CSMS that asks its operator about strangers."""
    async with running(database, tmp_path, onboarding="approval") as whole:
        yield whole


async def _approve(csms: Csms, identity: str, **body: object) -> None:
    kit = csms.application.kit
    assert kit is not None
    async with kit.units(TESTER) as uow:
        await ChargerService(kit.keys.hash_secret, SystemClock()).approve(uow, identity, Approval.model_validate(body))


async def test_a_stranger_waits_and_is_let_in(approving: Csms) -> None:
    """Pending and on the list; approved, it comes back with the secret that it had presented, and no other."""
    csms = approving
    async with connected(csms.url, "NEW", password=SECRET) as charger:
        booted = await charger.boot(chargePointSerialNumber="S1", firmwareVersion="1")
        assert (booted["status"], booted["interval"]) == ("Pending", 1)
        for action, payload in (("Heartbeat", {}), ("Authorize", {"idTag": "TAG"})):
            with pytest.raises(CallError, match="SecurityError"):
                await charger.call(action, payload)
        row = await csms.row("SELECT * FROM pending_chargers")
        assert (row["id"], row["vendor"], row["model"], row["serial_number"]) == ("NEW", "Acme", "One", "S1")
        assert (row["address"], row["protocol"]) == ("127.0.0.1", "ocpp1.6")
        assert row["secret_hash"] is not None
        assert SECRET.encode() not in row["secret_hash"]
        assert await csms.rows("SELECT * FROM chargers") == []
        await _approve(csms, "NEW")
        await asyncio.wait_for(charger.closed.wait(), 10)
        assert charger.close_code == 1001
    assert await csms.rows("SELECT * FROM pending_chargers") == []
    assert (await knock(csms.url, "/ocpp/NEW", basic("NEW", "something else"))).status == 401
    async with connected(csms.url, "NEW", password=SECRET) as charger:
        assert (await charger.boot())["status"] == "Accepted"
        assert await charger.status() == {}


async def test_a_stranger_is_listed_before_it_says_anything(approving: Csms) -> None:
    """The connection is enough; without a secret none is adopted, and the approver has to choose the profile."""
    async with connected(approving.url, "NEW") as charger:
        with pytest.raises(CallError, match="SecurityError"):
            await charger.call("Heartbeat")
        assert (await approving.row("SELECT id, secret_hash FROM pending_chargers"))["secret_hash"] is None
        with pytest.raises(InvalidError, match="without a password"):
            await _approve(approving, "NEW")
        await _approve(approving, "NEW", security_profile=0)
    async with connected(approving.url, "NEW") as charger:
        assert (await charger.boot())["status"] == "Accepted"


async def test_a_stranger_is_held_to_the_protocol(approving: Csms) -> None:
    """Malformed frames are answered, ignored or closed as for everybody; the newest connection of an identity stays."""
    async with raw(approving.url, "/ocpp/NEW") as first, raw(approving.url, "/ocpp/new") as second:
        assert await first.close_code() == 1008
        assert (await second.call([2, "1", "Nonsense", {}]))[2] == "NotImplemented"
        assert (await second.call([2, "2", "Reset", {"type": "Hard"}]))[2] == "NotSupported"
        assert (await second.call([2, "3", "BootNotification", {}]))[2] == "ProtocolError"
        await second.send(b"{}")
        assert (await second.call([2, "4", "Heartbeat", {}]))[2] == "SecurityError"
        await second.send(b"\x01", 2)
        assert await second.close_code() == 1003
    async with raw(approving.url, "/ocpp/NEW", protocols="ocpp2.0") as other:
        assert await other.close_code() == 1002
    assert len(await approving.rows("SELECT * FROM pending_chargers")) == 1


@pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
async def test_a_stranger_may_speak_2(approving: Csms, protocol: str) -> None:
    """It is listed with what it says of itself, whichever version it speaks."""
    boot = {"chargingStation": {"vendorName": "Acme", "model": "Two"}, "reason": "PowerUp"}
    async with connected(approving.url, "NEW", protocols=(protocol,)) as charger:
        assert (await charger.call("BootNotification", boot))["status"] == "Pending"
    row = await approving.row("SELECT vendor, model, protocol FROM pending_chargers")
    assert tuple(row) == ("Acme", "Two", protocol)


async def test_the_list_is_bounded(approving: Csms, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is full a newcomer is Rejected and not listed; who is on it stays."""
    monkeypatch.setattr("csms.features.chargers.registry.MAX_WAITING", 2)
    for number in range(2):
        async with connected(approving.url, f"NEW{number}") as charger:
            assert (await charger.boot())["status"] == "Pending"
    async with connected(approving.url, "NEW9") as charger:
        assert (await charger.boot())["status"] == "Rejected"
    async with connected(approving.url, "NEW1") as charger:
        assert (await charger.boot())["status"] == "Pending"
    rows = await approving.rows("SELECT id FROM pending_chargers ORDER BY id")
    assert [row["id"] for row in rows] == ["NEW0", "NEW1"]


async def test_who_was_not_seen_for_a_week_is_forgotten(approving: Csms) -> None:
    """The next knock of anybody clears the list."""
    async with connected(approving.url, "OLD", boot=True):
        pass
    await approving.sql.execute("UPDATE pending_chargers SET last_seen_at = now() - interval '8 days'")
    async with connected(approving.url, "NEW", boot=True):
        pass
    rows = await approving.rows("SELECT id FROM pending_chargers")
    assert [row["id"] for row in rows] == ["NEW"]


async def test_one_source_cannot_fill_the_list(approving: Csms) -> None:
    """Twenty strangers a minute from one address; the twenty-first is told to wait, known chargers are not."""
    await approving.charger("CP1")
    replies = [await knock(approving.url, f"/ocpp/NEW{number}") for number in range(21)]
    assert [reply.status for reply in replies] == [101] * 20 + [429]
    async with connected(approving.url, "CP1") as charger:
        assert (await charger.boot())["status"] == "Accepted"


async def test_a_known_charger_with_a_wrong_secret_does_not_wait(approving: Csms) -> None:
    """The list is for unknown identities only."""
    await approving.charger("SAFE", password=SECRET)
    assert (await knock(approving.url, "/ocpp/SAFE", basic("SAFE", "wrong"))).status == 401
    assert await approving.rows("SELECT * FROM pending_chargers") == []


async def test_open_lets_everybody_in(database: Database, tmp_path: Path) -> None:
    """With the secret it brings from then on, or with none at all."""
    async with running(database, tmp_path, onboarding="open") as csms:
        async with connected(csms.url, "NEW", password=SECRET) as charger:
            assert (await charger.boot())["status"] == "Accepted"
        assert (await knock(csms.url, "/ocpp/NEW", basic("NEW", "other"))).status == 401
        async with connected(csms.url, "FREE") as charger:
            assert (await charger.boot())["status"] == "Accepted"
        rows = await csms.rows("SELECT id, security_profile FROM chargers ORDER BY id")
        assert [tuple(row) for row in rows] == [("FREE", 0), ("NEW", 1)]


async def test_open_never_lets_a_retired_charger_in(database: Database, tmp_path: Path) -> None:
    """Retired is known, and refused."""
    async with running(database, tmp_path, onboarding="open") as csms:
        await csms.charger("GONE")
        await csms.sql.execute("UPDATE chargers SET retired_at = now()")
        assert (await knock(csms.url, "/ocpp/GONE")).status == 401


def test_open_is_for_loopback_only() -> None:
    """It refuses to start where others can reach it."""
    with pytest.raises(ValueError, match="loopback only"):
        Settings(ocpp=OcppSettings(onboarding="open", host="0.0.0.0"))
