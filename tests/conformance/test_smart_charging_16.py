# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: N802  (tests carry the names of the certification cases)
"""OCPP 1.6 Smart Charging: the certification cases."""

from typing import Any

from tests.conformance.words import ACCEPTED, at, eventually_row, outcome
from tests.support.charger import Charger
from tests.support.csms import Csms

SCHEDULE: dict[str, Any] = {"unit": "A", "duration_s": 300, "periods": [{"start_s": 0, "limit": 6.0}]}
WIRE_SCHEDULE = {
    "chargingRateUnit": "A",
    "duration": 300,
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0}],
}
DEFAULT = {"stack_level": 0, "purpose": "tx_default_profile", "kind": "relative", "schedules": [SCHEDULE]}


def _on_wire(number: int, purpose: str, **extra: Any) -> dict[str, Any]:
    common = {"stackLevel": 0, "chargingProfileKind": "Relative", "chargingSchedule": WIRE_SCHEDULE}
    return {"chargingProfileId": number, "chargingProfilePurpose": purpose, **common, **extra}


async def _installed(csms: Csms, purpose: str) -> Any:
    query = "SELECT * FROM installed_charging_profiles WHERE charger_id = 'CP1' AND purpose = $1"
    return await eventually_row(csms, query, purpose)


async def test_TC_056_CSMS_default_profile(csms: Csms, charger: Charger) -> None:
    """A default for the transactions to come; what the charger has is known afterwards."""
    charger.answers["SetChargingProfile"] = ACCEPTED
    assert await outcome(csms, {"type": "set_charging_profile", "evse_id": 1, "profile": DEFAULT}) == (
        "accepted",
        None,
    )
    stored = await _installed(csms, "tx_default_profile")
    wire = _on_wire(stored["profile_id"], "TxDefaultProfile")
    assert charger.heard == [("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": wire})]
    assert (stored["evse_id"], stored["stack_level"]) == (1, 0)


async def test_TC_057_CSMS_transaction_profile(csms: Csms, charger: Charger) -> None:
    """For the running transaction by its number; it ends with the transaction."""
    charger.answers["SetChargingProfile"] = ACCEPTED
    number = (await charger.start())["transactionId"]
    profile = DEFAULT | {"purpose": "tx_profile"}
    body = {"type": "set_charging_profile", "evse_id": 1, "profile": profile, "transaction_id": number}
    assert await outcome(csms, body) == ("accepted", None)
    stored = await _installed(csms, "tx_profile")
    wire = _on_wire(stored["profile_id"], "TxProfile", transactionId=number)
    assert charger.heard == [("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": wire})]
    assert stored["transaction_ref"] == str(number)
    await charger.stop(number, 1700, at(30))
    await eventually_row(csms, "SELECT count(*) FROM installed_charging_profiles HAVING count(*) = 0")


async def test_TC_066_CSMS_composite_schedule(csms: Csms, charger: Charger) -> None:
    """The charger's answer is what the operator sees."""
    answer = {"status": "Accepted", "connectorId": 1, "scheduleStart": at(0), "chargingSchedule": WIRE_SCHEDULE}
    charger.answers["GetCompositeSchedule"] = answer
    body = {"type": "get_composite_schedule", "evse_id": 1, "duration_s": 300, "unit": "A"}
    assert await outcome(csms, body) == ("accepted", None)
    asked = {"connectorId": 1, "duration": 300, "chargingRateUnit": "A"}
    assert charger.heard == [("GetCompositeSchedule", asked)]
    assert (await csms.row("SELECT result FROM commands"))["result"] == answer


async def test_TC_067_CSMS_clear_profile(csms: Csms, charger: Charger) -> None:
    """One by its id, then all that match: they are gone here too."""
    charger.answers |= {"SetChargingProfile": ACCEPTED, "ClearChargingProfile": ACCEPTED}
    for evse in (1, 2):
        await outcome(csms, {"type": "set_charging_profile", "evse_id": evse, "profile": DEFAULT})
    await eventually_row(csms, "SELECT count(*) FROM installed_charging_profiles HAVING count(*) = 2")
    first = await csms.row("SELECT profile_id FROM installed_charging_profiles WHERE evse_id = 1")
    await outcome(csms, {"type": "clear_charging_profile", "profile_id": first["profile_id"]})
    assert charger.heard[-1] == ("ClearChargingProfile", {"id": first["profile_id"]})
    left = await eventually_row(csms, "SELECT array_agg(evse_id) AS on_evses FROM installed_charging_profiles")
    await eventually_row(csms, "SELECT count(*) FROM installed_charging_profiles HAVING count(*) = 1")
    assert 2 in left["on_evses"]
    criteria = {"evse_id": 2, "purpose": "tx_default_profile", "stack_level": 0}
    await outcome(csms, {"type": "clear_charging_profile", **criteria})
    wire = {"connectorId": 2, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0}
    assert charger.heard[-1] == ("ClearChargingProfile", wire)
    await eventually_row(csms, "SELECT count(*) FROM installed_charging_profiles HAVING count(*) = 0")


async def test_TC_059_CSMS_remote_start_with_profile(csms: Csms, charger: Charger) -> None:
    """The profile travels with the start."""
    charger.answers["RemoteStartTransaction"] = ACCEPTED
    profile = DEFAULT | {"purpose": "tx_profile"}
    body = {"type": "start_transaction", "token": "TAG", "connector_id": 1, "charging_profile": profile}
    assert await outcome(csms, body) == ("accepted", None)
    [(action, payload)] = charger.heard
    number = payload["chargingProfile"]["chargingProfileId"]
    sent = {"connectorId": 1, "idTag": "TAG", "chargingProfile": _on_wire(number, "TxProfile")}
    assert (action, payload) == ("RemoteStartTransaction", sent)
    started = await charger.start()
    assert started["idTagInfo"] == ACCEPTED
    assert (await csms.row("SELECT effect FROM commands"))["effect"] == "started"
