# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Before the boot is accepted (decision 10; attack 17; citrineos core#1052; lbb#1503)."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support.charger import CallError, Charger, connected
from tests.support.csms import Csms, running
from tests.support.postgres import Database

FACTS = ("connectors", "transactions", "meter_values", "status_history")


async def _refused(charger: Charger, action: str, payload: dict[str, Any]) -> None:
    with pytest.raises(CallError) as refusal:
        await charger.call(action, payload)
    assert refusal.value.code == "SecurityError"


async def _everything_refused(charger: Charger) -> None:
    for action, payload in (
        ("Heartbeat", {}),
        ("Authorize", {"idTag": "TAG"}),
        ("StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"}),
        ("StartTransaction", {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": "2026-11-23T10:00:00Z"}),
        ("StopTransaction", {"transactionId": 1, "meterStop": 0, "timestamp": "2026-11-23T10:00:00Z"}),
        (
            "MeterValues",
            {
                "connectorId": 1,
                "meterValue": [{"timestamp": "2026-11-23T10:00:00Z", "sampledValue": [{"value": "1"}]}],
            },
        ),
        ("DataTransfer", {"vendorId": "v"}),
    ):
        await _refused(charger, action, payload)


async def _nothing_stored(csms: Csms) -> None:
    for table in FACTS:
        assert await csms.rows(f"SELECT * FROM {table}") == []


async def test_before_the_first_boot_nothing_is_heard(csms: Csms) -> None:
    """A Start before an accepted boot is no transaction; the refusals are in the log, and the boot still works."""
    async with connected(csms.url, "CP1") as charger:
        await _everything_refused(charger)
        await _nothing_stored(csms)
        assert (await charger.boot())["status"] == "Accepted"
        assert await charger.status() == {}
    row = await csms.row("SELECT count(*) AS n FROM ocpp_messages WHERE error_code = 'SecurityError'")
    assert row["n"] == 7


async def test_a_start_that_runs_ahead_of_the_boot(csms: Csms) -> None:
    """All in one go, without waiting for answers: what came before the boot is no transaction, what came after it is one."""
    async with connected(csms.url, "CP1") as charger:
        start = {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": "2026-11-23T10:00:00Z"}
        boot = {"chargePointVendor": "v", "chargePointModel": "m"}
        calls = [
            asyncio.create_task(charger.call(action, payload))
            for action, payload in (
                ("StartTransaction", start),
                ("BootNotification", boot),
                ("StartTransaction", start),
            )
        ]
        early, booted, late = await asyncio.gather(*calls, return_exceptions=True)
        assert isinstance(early, CallError)
        assert early.code == "SecurityError"
        assert not isinstance(booted, BaseException)
        assert booted["status"] == "Accepted"
        assert not isinstance(late, BaseException)
        assert [row["transaction_id"] for row in await csms.rows("SELECT transaction_id FROM transactions")] == [
            late["transactionId"]
        ]


async def test_accepted_outlives_the_socket(csms: Csms) -> None:
    """A charger that only lost its line goes on without a new boot."""
    async with connected(csms.url, "CP1", boot=True):
        pass
    async with connected(csms.url, "CP1") as charger:
        assert await charger.status() == {}


@pytest.mark.parametrize("registration", ["pending", "rejected"])
async def test_a_provisional_charger_is_told_when_to_call_again(csms: Csms, registration: str) -> None:
    """Pending or Rejected as the operator set it, with the retry interval; nothing it says is stored."""
    await csms.charger("CP2", registration=registration)
    async with connected(csms.url, "CP2") as charger:
        booted = await charger.boot()
        assert (booted["status"], booted["interval"]) == (registration.capitalize(), 1)
        await _everything_refused(charger)
    await _nothing_stored(csms)
    assert (await csms.row("SELECT boot_status FROM chargers WHERE id = 'CP2'"))["boot_status"] == registration


async def test_an_accepted_charger_that_is_rejected_later_is_not_heard(csms: Csms) -> None:
    """What the operator says now counts at the next connection."""
    async with connected(csms.url, "CP1", boot=True):
        pass
    await csms.sql.execute("UPDATE chargers SET registration = 'rejected'")
    async with connected(csms.url, "CP1") as charger:
        await _everything_refused(charger)
        assert (await charger.boot())["status"] == "Rejected"
        await _everything_refused(charger)


async def test_a_boot_that_is_accepted_at_last(csms: Csms) -> None:
    """Pending, then accepted by the operator: the next boot opens everything."""
    await csms.charger("CP2", registration="pending")
    async with connected(csms.url, "CP2") as charger:
        assert (await charger.boot())["status"] == "Pending"
        await csms.sql.execute("UPDATE chargers SET registration = 'accepted'")
        assert (await charger.boot())["status"] == "Accepted"
        assert await charger.status() == {}


async def test_a_pending_charger_may_be_configured(csms: Csms) -> None:
    """OCPP 1.6 §4.2: the CSMS may get and set configuration, but not control transactions; one call at a time, paced."""
    await csms.charger("CP2", registration="pending")
    async with connected(csms.url, "CP2") as charger:
        await charger.boot()
        heard_at: list[float] = []

        def configured(_: dict[str, Any]) -> dict[str, Any]:
            heard_at.append(asyncio.get_running_loop().time())
            return {"configurationKey": []}

        charger.answers["GetConfiguration"] = configured
        rows = await asyncio.gather(*(csms.command("CP2", {"type": "get_configuration"}) for _ in range(2)))
        assert [row["status"] for row in rows] == ["accepted", "accepted"]
        assert heard_at[1] - heard_at[0] >= 0.9
        start = await csms.command("CP2", {"type": "start_transaction", "token": "TAG"})
        stop = await csms.command("CP2", {"type": "stop_transaction", "transaction_id": 7})
        assert (start["status"], stop["status"]) == ("rejected", "rejected")
        assert "pending" in start["reason"]
        assert [action for action, _ in charger.heard] == ["GetConfiguration", "GetConfiguration"]


async def test_a_rejected_charger_is_not_spoken_to(csms: Csms) -> None:
    """OCPP 1.6 §4.2: while Rejected the CSMS sends nothing."""
    await csms.charger("CP2", registration="rejected")
    async with connected(csms.url, "CP2") as charger:
        await charger.boot()
        row = await csms.command("CP2", {"type": "get_configuration"})
        assert (row["status"], row["reason"]) == ("rejected", "the charger's boot is not accepted yet")
        assert charger.heard == []


async def test_what_was_triggered_is_heard_while_pending(csms: Csms) -> None:
    """core#1052: the CSMS must not refuse what it asked for; all else stays refused."""
    await csms.charger("CP2", registration="pending")
    async with connected(csms.url, "CP2") as charger:
        await charger.boot()
        charger.answers["TriggerMessage"] = {"status": "Accepted"}
        row = await csms.command("CP2", {"type": "trigger_message", "message": "status_notification"})
        assert row["status"] == "accepted"
        assert await charger.status("Available", 1) == {}
        await _refused(charger, "Heartbeat", {})
        await _refused(charger, "Authorize", {"idTag": "TAG"})
    assert (await csms.row("SELECT status FROM connectors"))["status"] == "available"


async def test_a_trigger_that_was_refused_opens_nothing(csms: Csms) -> None:
    """The charger said no, so what it sends of that kind is not what was asked for."""
    await csms.charger("CP2", registration="pending")
    async with connected(csms.url, "CP2") as charger:
        await charger.boot()
        charger.answers["TriggerMessage"] = {"status": "Rejected"}
        row = await csms.command("CP2", {"type": "trigger_message", "message": "status_notification"})
        assert row["status"] == "rejected"
        payload = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
        await _refused(charger, "StatusNotification", payload)


async def test_a_status_sent_before_the_boot_answer_is_heard(csms: Csms) -> None:
    """Chargers send their states right behind the BootNotification: the order of the inbox decides, not the clock."""
    async with connected(csms.url, "CP1") as charger:
        answers = await asyncio.gather(charger.boot(), *(charger.status("Available", n) for n in (0, 1, 2)))
    assert answers[0]["status"] == "Accepted"
    assert answers[1:] == [{}, {}, {}]


async def test_the_first_command_waits_for_the_charger_to_settle(csms: Csms) -> None:
    """lbb#1503: a call right behind the boot answer makes chargers restart; an expired one is never sent late."""
    async with connected(csms.url, "CP1") as charger:
        charger.answers["ClearCache"] = {"status": "Accepted"}
        loop = asyncio.get_running_loop()
        await charger.boot()
        booted_at = loop.time()
        assert (await csms.command("CP1", {"type": "clear_cache"}))["status"] == "accepted"
        assert loop.time() - booted_at >= 0.45


async def test_the_interval_is_the_chargers_own(database: Database, tmp_path: Path) -> None:
    """A charger with an interval of its own gets that one, all others what the settings say."""
    async with running(database, tmp_path, heartbeat_interval_s=120) as csms:
        await csms.charger("CP1")
        await csms.charger("CP2", heartbeat_interval_s=17)
        for identity, interval_s in (("CP1", 120), ("CP2", 17)):
            async with connected(csms.url, identity) as charger:
                assert (await charger.boot())["interval"] == interval_s
