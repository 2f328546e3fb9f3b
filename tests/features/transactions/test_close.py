# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Records that people close, and what chargers tell afterwards, in both families of OCPP."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.transactions import Register
from csms.features.transactions.rules import STOP_PATIENCE, asks_to_stop, may_close, propose_end
from tests.api.support import Product
from tests.features.people.test_people import person
from tests.features.whole import Whole
from tests.support.charger import Charger, connected
from tests.support.eventually import eventually

TRANSACTIONS = "/api/v1/transactions"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
WHY = {"reason": "the driver drove off on Monday"}


def at(minute: int) -> str:
    """A moment of the session."""
    return f"2026-11-23T10:{minute:02}:00Z"


# -- rules ---------------------------------------------------------------------------------------------------------


def stop(status: str, minutes: float = 1) -> dict[str, Any]:
    """A command that asked to stop."""
    return {"status": status, "finished_at": NOW - timedelta(minutes=minutes)}


@pytest.mark.parametrize(
    ("status", "online", "asked", "ground", "refusal"),
    [
        ("active", False, None, "charger_offline", None),
        ("suspect", False, stop("pending"), "charger_offline", None),
        ("suspect", True, None, "connector_free", None),
        ("active", True, None, None, "charger_online"),
        ("active", True, stop("pending"), None, "stop_under_way"),
        ("active", True, stop("rejected"), "stop_refused", None),
        ("active", True, stop("not_supported"), "stop_refused", None),
        ("active", True, stop("timed_out"), "stop_not_answered", None),
        ("active", True, stop("unreachable"), "stop_not_answered", None),
        ("active", True, stop("error"), "stop_not_answered", None),
        ("active", True, stop("accepted"), None, "stop_under_way"),
        ("active", True, stop("accepted", STOP_PATIENCE.total_seconds() / 60), "end_did_not_come", None),
    ],
)
def test_when_a_record_may_be_closed(
    status: str, online: bool, asked: dict[str, Any] | None, ground: str | None, refusal: str | None
) -> None:
    """Only where nobody else will end it; a refusal has words."""
    found = may_close(status, online, asked, NOW)
    assert (found.ground, found.refusal) == (ground, refusal)
    assert (found.words is None) == (refusal is None)


def test_which_command_was_about_it() -> None:
    """By the charger's name where it has one, else by our number."""
    assert asks_to_stop({"ref": 7}, 7, None)
    assert asks_to_stop({"ref": 7, "charger_ref": "T"}, 7, "T")
    assert not asks_to_stop({"ref": 7, "charger_ref": "T"}, 7, "U")
    assert not asks_to_stop({"ref": 8}, 7, None)
    assert not asks_to_stop({}, None, None)


MOMENTS = st.integers(-10_000, 10_000).map(lambda minutes: NOW - timedelta(minutes=minutes))
REGISTERS = st.builds(Register, MOMENTS, st.integers(-10, 10**7).map(Decimal))


@given(
    st.none() | REGISTERS,
    MOMENTS.filter(lambda each: each <= NOW),
    st.lists(REGISTERS, max_size=8),
    st.none() | MOMENTS,
    st.none() | MOMENTS,
)
def test_what_is_proposed_can_be(
    start: Register | None,
    began_at: datetime,
    readings: list[Register],
    free_at: datetime | None,
    gone_at: datetime | None,
) -> None:
    """Never before the beginning, never in the future, never a register that nobody told, never below zero."""
    found = propose_end(start, began_at, readings, free_at, gone_at, NOW)
    assert began_at <= found.stopped_at <= NOW
    told = {each.wh for each in readings} | ({start.wh} if start is not None else set())
    assert found.meter_stop is None or (found.meter_stop in told and found.meter_stop >= 0)
    if found.basis == "last_reading":
        assert found.stopped_at in {each.at for each in readings} | {start and start.at}


def test_what_the_time_is_taken_from() -> None:
    """The last reading; without any, when the connector was free, or the charger gone; else the beginning."""
    began, read, free, gone = (NOW - timedelta(hours=hours) for hours in (4, 3, 2, 1))
    start = Register(began, Decimal(100))
    reading = Register(read, Decimal(900))
    assert propose_end(start, began, [reading], free, gone, NOW).basis == "last_reading"
    found = propose_end(start, began, [], free, gone, NOW)
    assert (found.basis, found.stopped_at, found.meter_stop) == ("connector_free", free, None)
    assert propose_end(start, began, [], None, gone, NOW).stopped_at == gone
    assert propose_end(start, began, [], began - timedelta(hours=1), None, NOW).basis == "start"
    assert propose_end(None, began, [], None, None, NOW).meter_stop is None


# -- over HTTP, with a charger -------------------------------------------------------------------------------------


async def shown(whole: Whole, key: int | str) -> dict[str, Any]:
    """A transaction."""
    found: dict[str, Any] = (await whole.client.get(f"{TRANSACTIONS}/{key}")).json()
    return found


async def offline(whole: Whole) -> None:
    """Wait until the charger is seen as gone."""
    await eventually(lambda: whole.csms.rows("SELECT FROM charger_connections WHERE NOT online"))


async def stuck(whole: Whole) -> int:
    """A transaction of a charger that went; read twice."""
    await whole.csms.token("TAG")
    async with connected(whole.csms.url, "CP1", boot=True) as charger:
        number: int = (await charger.start("TAG", 1, 1000, at(0)))["transactionId"]
        await charger.meter(number, 1400, at(5))
        await charger.meter(number, 2500, at(10))
    await offline(whole)
    return number


async def test_a_record_is_closed_and_its_stop_comes_late(whole: Whole) -> None:
    """As proposed, audited and told; the charger's own end counts instead, once, and is told as a correction."""
    number = await stuck(whole)
    before = await shown(whole, number)
    proposal = before["close_proposal"]
    assert (proposal["allowed"], proposal["ground"], proposal["basis"]) == (True, "charger_offline", "last_reading")
    assert (proposal["meter_stop"], proposal["stopped_at"]) == (2500, "2026-11-23T10:10:00Z")
    assert before["can"]["close_transaction"]
    answer = await whole.client.post(f"{TRANSACTIONS}/{number}/close", json=WHY)
    closed = answer.json()
    assert (answer.status_code, closed["status"], closed["energy_wh"]) == (200, "completed", 1500)
    assert (closed["reason"], closed["close_reason"]) == ("ClosedByOperator", WHY["reason"])
    assert (closed["flags"], closed["close_proposal"], closed["stop_received_at"]) == (["closed_by_hand"], None, None)
    (line,) = await whole.items("/api/v1/audit", action="transaction:transaction:close")
    assert (line["before"]["status"], line["after"]["status"]) == ("active", "completed")
    assert (line["after"]["meter_stop"], line["after"]["ground"]) == ("2500.000", "charger_offline")
    assert line["after"]["close_reason"] == WHY["reason"]
    again = ("POST", f"{TRANSACTIONS}/{number}/close")
    assert await whole.refused(*again, json=WHY) == (409, "transaction_over")

    async with connected(whole.csms.url, "CP1", boot=True) as charger:
        for _ in range(2):
            answered = await charger.stop(number, 4000, at(30), reason="EVDisconnected")
            assert answered == {} or "idTagInfo" in answered
    late = await shown(whole, number)
    assert (late["meter_stop"], late["energy_wh"], late["reason"]) == (4000, 3000, "EVDisconnected")
    assert late["flags"] == ["end_came_late"]
    assert late["stop_received_at"] is not None
    assert (late["closed_at"], late["close_reason"]) == (closed["closed_at"], WHY["reason"])
    types = [row["type"] for row in await whole.csms.rows("SELECT type FROM outbox ORDER BY id")]
    assert [each for each in types if "ransaction" in each] == [
        "transaction_started",
        "transaction_ended",
        "transaction_corrected",
    ]


async def test_readings_that_come_late_are_counted(whole: Whole) -> None:
    """The charger was still charging: what it read beyond the proposed end is energy that was taken."""
    number = await stuck(whole)
    await whole.client.post(f"{TRANSACTIONS}/{number}/close", json=WHY)
    async with connected(whole.csms.url, "CP1", boot=True) as charger:
        await charger.meter(number, 3000, at(20))
        found = await shown(whole, number)
        assert (found["status"], found["energy_wh"], found["meter_stop"]) == ("completed", 2000, 2500)
        assert found["flags"] == ["closed_by_hand", "late_readings"]
        await charger.stop(number, 3500, at(30))
    assert (await shown(whole, number))["energy_wh"] == 2500


async def test_numbered_transactions(whole: Whole) -> None:
    """OCPP 2.x: the same, with an end that comes late, and an update that comes even later."""
    await whole.csms.token("TAG")

    def event(kind: str, seq: int, wh: int) -> dict[str, Any]:
        value = {"value": wh, "measurand": "Energy.Active.Import.Register"}
        return {
            "eventType": kind,
            "timestamp": at(seq),
            "triggerReason": "MeterValuePeriodic" if kind == "Updated" else "CablePluggedIn",
            "seqNo": seq,
            "transactionInfo": {"transactionId": "T-1"},
            "evse": {"id": 1, "connectorId": 1},
            "idToken": {"idToken": "TAG", "type": "ISO14443"},
            "meterValue": [{"timestamp": at(seq), "sampledValue": [value]}],
        }

    boot = {"chargingStation": {"vendorName": "A", "model": "B"}, "reason": "PowerUp"}
    async with connected(whole.csms.url, "CP1", protocols=("ocpp2.0.1",)) as charger:
        await charger.call("BootNotification", boot)
        await charger.call("TransactionEvent", event("Started", 0, 1000))
        await charger.call("TransactionEvent", event("Updated", 2, 1800))
    await offline(whole)
    (found,) = await whole.items(TRANSACTIONS)
    answer = await whole.client.post(f"{TRANSACTIONS}/{found['id']}/close", json=WHY)
    closed = answer.json()
    assert (closed["status"], closed["energy_wh"], closed["meter_stop"]) == ("completed", 800, 1800)
    assert {"closed_by_hand", "missing_events"} <= set(closed["flags"])
    async with connected(whole.csms.url, "CP1", protocols=("ocpp2.0.1",)) as charger:
        for _ in range(2):
            await charger.call("TransactionEvent", event("Ended", 3, 2600))
        late = await shown(whole, found["id"])
        assert (late["energy_wh"], late["meter_stop"], late["status"]) == (1600, 2600, "completed")
        assert "end_came_late" in late["flags"]
        assert "closed_by_hand" not in late["flags"]
        assert "second_stop" not in late["flags"]
        await charger.call("TransactionEvent", event("Updated", 1, 1200))
    assert (await shown(whole, found["id"]))["energy_wh"] == 1600


async def test_a_charger_that_is_there_is_asked_first(whole: Whole, charger: Charger) -> None:
    """Refused in words while it may end it itself; allowed once it refused or was silent."""
    await whole.csms.token("TAG")
    number = (await charger.start("TAG", 1, 1000, at(0)))["transactionId"]
    path = f"{TRANSACTIONS}/{number}/close"
    assert (await shown(whole, number))["close_proposal"]["refusal"] == "charger_online"
    answer = await whole.client.post(path, json=WHY)
    assert (answer.status_code, answer.json()["code"]) == (409, "close_refused")
    assert "ask it to stop" in answer.json()["detail"]
    charger.answers["RemoteStopTransaction"] = {"status": "Accepted"}
    assert (await whole.command({"type": "stop_transaction", "transaction_id": number}))["status"] == "accepted"
    assert (await shown(whole, number))["close_proposal"]["refusal"] == "stop_under_way"
    charger.answers["RemoteStopTransaction"] = {"status": "Rejected"}
    assert (await whole.command({"type": "stop_transaction", "transaction_id": number}))["status"] == "rejected"
    assert (await shown(whole, number))["close_proposal"]["ground"] == "stop_refused"
    closed = (await whole.client.post(path, json={**WHY, "meter_stop": None})).json()
    assert (closed["status"], closed["meter_stop"], closed["energy_wh"]) == ("completed", None, None)


async def test_an_end_of_ones_own(whole: Whole) -> None:
    """Another meter and time, where they can be; what cannot be is refused and says why."""
    number = await stuck(whole)
    path = f"{TRANSACTIONS}/{number}/close"
    for body, code in (
        ({"stopped_at": "2026-11-23T09:59:00Z"}, "unfit_end"),
        ({"stopped_at": "2126-11-23T09:59:00Z"}, "unfit_end"),
        ({"meter_stop": 2000}, "unfit_end"),
        ({"meter_stop": 900_000_000}, "unfit_end"),
    ):
        assert await whole.refused("POST", path, json={**WHY, **body}) == (400, code), body
    for body in ({}, {"reason": " "}, {"reason": "x" * 501}, {**WHY, "meter_stop": -1}, {**WHY, "colour": "red"}):
        assert await whole.refused("POST", path, json=body) == (422, "invalid_body"), body
    own = {**WHY, "meter_stop": 2600.5, "stopped_at": "2026-11-23T10:12:00+00:00"}
    closed = (await whole.client.post(path, json=own)).json()
    assert (closed["energy_wh"], closed["stop_timestamp"]) == (1600.5, "2026-11-23T10:12:00Z")


async def test_who_may_close_a_record(api: Product) -> None:
    """Support may, who only sees transactions may not; what is not there is not found."""
    await api.create("/api/v1/chargers", id="CP1")
    number = 4711
    await api.transaction("CP1", transaction_id=number)
    path = f"{TRANSACTIONS}/{number}/close"
    viewer = await person(api, "vera", role="viewer")
    assert (await viewer.post(path, json=WHY)).status_code == 403
    assert not (await viewer.get(f"{TRANSACTIONS}/{number}")).json()["can"]["close_transaction"]
    assert await api.refused("POST", f"{TRANSACTIONS}/1/close", json=WHY) == (404, "transaction_not_found")
    support = await person(api, "sue", role="support")
    closed = (await support.post(path, json=WHY)).json()
    assert (closed["status"], closed["energy_wh"], closed["flags"]) == (
        "completed",
        None,
        ["no_register", "closed_by_hand"],
    )
