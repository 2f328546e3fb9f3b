# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Reservations over HTTP, from the command to what became of them."""

from typing import Any

import pytest

from csms.domain.commands import Outcome, OutcomeStatus, ReserveNow
from csms.domain.events import CommandFinished
from csms.features.reservations.handlers import ReservationKeeper
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.ids import new_id
from tests.features.whole import Whole
from tests.support.charger import Charger, connected
from tests.support.eventually import eventually

ACCEPTED = {"status": "Accepted"}
NEVER = "2099-01-01T00:00:00Z"
RESERVE = {"type": "reserve_now", "token": "TAG", "expires_at": NEVER, "evse_id": 1}
BOOT = {"chargingStation": {"vendorName": "Acme", "model": "Two"}, "reason": "PowerUp"}


async def one(whole: Whole, number: int, **query: Any) -> dict[str, Any]:
    """The reservation of a number, once it is as described."""

    async def look() -> list[dict[str, Any]]:
        return await whole.items("/api/v1/reservations", reservation_id=str(number), **query)

    (found,) = await eventually(look)
    return found


async def test_a_reservation_is_listed_and_ends_with_its_connector(whole: Whole, charger: Charger) -> None:
    """Active with its facts; a connector that faults loses it, another connector's fault does not matter."""
    charger.answers["ReserveNow"] = ACCEPTED
    assert await whole.items("/api/v1/reservations") == []
    number = (await whole.command(RESERVE | {"group": "FAMILY"}))["body"]["reservation_id"]
    found = await one(whole, number, status="active", charger_id="cp1")
    shown = {name: found[name] for name in ("evse_id", "token", "group", "transaction", "expires_at")}
    assert shown == {
        "evse_id": 1,
        "token": "TAG",
        "group": "FAMILY",
        "transaction": None,
        "expires_at": "2099-01-01T00:00:00Z",
    }
    await charger.status("Faulted", 2, errorCode="OtherError")
    assert (await one(whole, number))["status"] == "active"
    await charger.status("Faulted", 1, errorCode="OtherError")
    assert (await one(whole, number, status="removed"))["updated_at"] >= found["updated_at"]


@pytest.mark.parametrize(("told", "status"), [("Expired", "expired"), ("Removed", "removed")])
async def test_a_2x_charger_tells_the_end_by_itself(whole: Whole, told: str, status: str) -> None:
    """ReservationStatusUpdate; told twice is told once."""
    async with connected(whole.csms.url, "CP1", protocols=("ocpp2.0.1",)) as two:
        await two.call("BootNotification", BOOT)
        two.answers["ReserveNow"] = ACCEPTED
        number = (await whole.command(RESERVE))["body"]["reservation_id"]
        assert two.heard[0][1]["evseId"] == 1
        await one(whole, number, status="active")
        for _ in range(2):
            update = {"reservationId": number, "reservationUpdateStatus": told}
            assert await two.call("ReservationStatusUpdate", update) == {}
        await one(whole, number, status=status)


async def test_used_in_a_numbered_transaction(whole: Whole) -> None:
    """2.x names the reservation in any event of the transaction."""
    async with connected(whole.csms.url, "CP1", protocols=("ocpp2.0.1",)) as two:
        await two.call("BootNotification", BOOT)
        two.answers["ReserveNow"] = ACCEPTED
        number = (await whole.command(RESERVE))["body"]["reservation_id"]
        await one(whole, number, status="active")
        event = {
            "eventType": "Started",
            "timestamp": "2026-11-23T10:00:00Z",
            "triggerReason": "CablePluggedIn",
            "seqNo": 0,
            "transactionInfo": {"transactionId": "tx"},
            "evse": {"id": 1, "connectorId": 1},
        }
        await two.call("TransactionEvent", event)
        later = {"eventType": "Updated", "seqNo": 1, "triggerReason": "Authorized", "reservationId": number}
        await two.call("TransactionEvent", event | later)
        found = await one(whole, number, status="used")
        assert found["transaction"] == str((await whole.csms.transaction())["id"])


async def test_what_was_told_before_the_answer_was_stored_stands(whole: Whole, charger: Charger) -> None:
    """A charger may use a reservation faster than its answer is stored: the row is made, then filled in."""
    started = await charger.start(reservationId=77)
    row = await whole.csms.transaction(started["transactionId"])
    found = await one(whole, 77, status="used")
    assert (found["token"], found["transaction"]) == (None, str(row["id"]))
    kit = whole.csms.application.kit
    assert kit is not None
    keeper = ReservationKeeper(kit.units, kit.clock)
    issued = row["created_at"]
    event = CommandFinished(
        organization_id=DEFAULT_ORGANIZATION_ID,
        charger_id="CP1",
        id=new_id(),
        command=ReserveNow(token="TAG", expires_at=kit.clock.now(), reservation_id=77, evse_id=1),
        outcome=Outcome(OutcomeStatus.ACCEPTED),
        issued_at=issued,
        at=kit.clock.now(),
    )
    for _ in range(2):
        await keeper(event)
        found = await one(whole, 77)
        assert (found["status"], found["token"], found["transaction"]) == ("used", "TAG", str(row["id"]))


async def test_a_number_may_be_used_again(whole: Whole, charger: Charger) -> None:
    """A later reservation under the same number is a new one."""
    charger.answers |= {"ReserveNow": ACCEPTED, "CancelReservation": ACCEPTED}
    await whole.command(RESERVE | {"reservation_id": 5})
    await one(whole, 5, status="active")
    await whole.command({"type": "cancel_reservation", "reservation_id": 5})
    await one(whole, 5, status="cancelled")
    await whole.command(RESERVE | {"reservation_id": 5, "token": "OTHER"})
    assert (await one(whole, 5, status="active"))["token"] == "OTHER"


async def test_those_of_a_site_and_of_what_lies_in_it(whole: Whole, charger: Charger) -> None:
    """By where the charger stands."""
    charger.answers["ReserveNow"] = ACCEPTED
    number = (await whole.command(RESERVE))["body"]["reservation_id"]
    found = await one(whole, number)
    north = (await whole.client.post("/api/v1/sites", json={"name": "North"})).json()["id"]
    hall = (await whole.client.post("/api/v1/sites", json={"name": "Hall", "parent_id": north})).json()["id"]
    assert await whole.items("/api/v1/reservations", site_id=north) == []
    assert (await whole.client.patch("/api/v1/chargers/CP1", json={"site_id": hall})).status_code == 200
    assert await whole.items("/api/v1/reservations", site_id=north) == [found]
