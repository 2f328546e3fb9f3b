# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: N802  (tests carry the names of the certification cases)
"""OCPP 2.0.1 local list, reservation, charging profiles, cost and display: the certification cases.

Over 400 lines because it is a table: a case is read beside its neighbours.
"""

from typing import Any
from unittest.mock import ANY

import pytest

from tests.conformance.station import CommandCase, Message, Station, now, station_of, token
from tests.conformance.words import NEVER, eventually_row
from tests.support.csms import Csms

REJECTED = {"status": "Rejected"}


def _count(table: str, count: int) -> Any:
    async def check(csms: Csms) -> None:
        await eventually_row(csms, f"SELECT count(*) FROM {table} HAVING count(*) = {count}")

    return check


# -- authorization cache and local list

AUTHORIZED = {"idToken": token(), "idTokenInfo": {"status": "Accepted"}}
LIST = {"type": "send_local_list", "update": "full", "entries": [{"token": "TAG", "status": "accepted"}]}
WIRE_LIST = {"versionNumber": 1, "updateType": "Full", "localAuthorizationList": [AUTHORIZED]}


def _list_is(version: int, *tokens: str) -> Any:
    async def check(csms: Csms) -> None:
        row = await eventually_row(csms, "SELECT entries FROM local_lists WHERE version = $1", version)
        assert [entry["token"] for entry in row["entries"]] == [*tokens]

    return check


async def _with_list(station: Station) -> None:
    await CommandCase(LIST, "SendLocalList", WIRE_LIST, check=_list_is(1, "TAG")).run(station)


LISTS = {
    "TC_C_37_CSMS": CommandCase({"type": "clear_cache"}, "ClearCache", {}),
    "TC_C_38_CSMS": CommandCase({"type": "clear_cache"}, "ClearCache", {}, REJECTED, "rejected"),
    "TC_D_01_CSMS": CommandCase(LIST, "SendLocalList", WIRE_LIST, check=_list_is(1, "TAG")),
    "TC_D_02_CSMS": CommandCase(
        {
            "type": "send_local_list",
            "update": "differential",
            "entries": [{"token": "NEW", "status": "blocked", "token_type": "key_code", "group": "FAMILY"}],
        },
        "SendLocalList",
        {
            "versionNumber": 2,
            "updateType": "Differential",
            "localAuthorizationList": [
                {
                    "idToken": token("NEW", "KeyCode"),
                    "idTokenInfo": {"status": "Blocked", "groupIdToken": token("FAMILY", "Central")},
                }
            ],
        },
        before=_with_list,
        check=_list_is(2, "TAG", "NEW"),
    ),
    "TC_D_03_CSMS": CommandCase(
        {"type": "send_local_list", "update": "differential", "entries": [{"token": "TAG"}]},
        "SendLocalList",
        {"versionNumber": 2, "updateType": "Differential", "localAuthorizationList": [{"idToken": token()}]},
        before=_with_list,
        check=_list_is(2),
    ),
    "TC_D_04_CSMS": CommandCase(
        {"type": "send_local_list", "update": "full", "entries": []},
        "SendLocalList",
        {"versionNumber": 2, "updateType": "Full"},
        before=_with_list,
        check=_list_is(2),
    ),
    "TC_D_08_CSMS": CommandCase(
        {"type": "get_local_list_version"},
        "GetLocalListVersion",
        {},
        {"versionNumber": 1},
        reason="version 1",
        before=_with_list,
        check=_list_is(1, "TAG"),
    ),
    "TC_D_09_CSMS": CommandCase(
        {"type": "get_local_list_version"},
        "GetLocalListVersion",
        {},
        {"versionNumber": 0},
        reason="version 0",
        check=_list_is(0),
    ),
}

# -- reservation

RESERVE = {"type": "reserve_now", "token": "TAG", "expires_at": NEVER, "reservation_id": 5}
WIRE_RESERVE = {"id": 5, "expiryDateTime": NEVER.replace("Z", ".000Z"), "idToken": token()}


def _reserved(how: str) -> Any:
    async def check(csms: Csms) -> None:
        await eventually_row(csms, "SELECT FROM reservations WHERE reservation_id = 5 AND status = $1", how)

    return check


def _status(state: str) -> Message:
    return ("StatusNotification", {"timestamp": now(), "connectorStatus": state, "evseId": 1, "connectorId": 1}, {})


def _reserve(answer: str = "Accepted", **own: Any) -> CommandCase:
    """A reservation; what is named in our words is on the wire as 2.0.1 spells it."""
    names = {"evse_id": "evseId", "connector_type": "connectorType", "group": "groupIdToken"}
    wire = {names[name]: token(value, "Central") if name == "group" else value for name, value in own.items()}
    taken = answer == "Accepted"
    return CommandCase(
        RESERVE | own,
        "ReserveNow",
        WIRE_RESERVE | wire,
        {"status": answer},
        "accepted" if taken else "rejected",
        check=_reserved("active") if taken else None,
    )


async def _with_reservation(station: Station) -> None:
    await _reserve(evse_id=1).run(station)
    await station.status("Reserved")


RESERVATIONS = {
    "TC_H_14_CSMS": _reserve("Occupied"),
    "TC_H_15_CSMS": _reserve(connector_type="cCCS2"),
    "TC_H_22_CSMS": _reserve("Rejected", evse_id=1),
    "TC_H_17_CSMS": CommandCase(
        {"type": "cancel_reservation", "reservation_id": 5},
        "CancelReservation",
        {"reservationId": 5},
        before=_with_reservation,
        then=lambda _: [_status("Available")],
        check=_reserved("cancelled"),
    ),
}


async def _use(station: Station, number: int = 5, *, value: str = "TAG") -> None:
    answer = await station.started(reservationId=number, idToken=token(value))
    assert answer["idTokenInfo"]["status"] == "Accepted"
    await _reserved("used")(station.csms)
    assert (await station.csms.transaction())["reservation_id"] == number


async def test_TC_H_01_CSMS_reserved_evse_is_used(csms: Csms) -> None:
    """By the token for which it is kept."""
    async with station_of(csms) as station:
        await _with_reservation(station)
        assert (await station.authorize())["status"] == "Accepted"
        await _use(station)


async def test_TC_H_07_CSMS_reservation_not_used(csms: Csms) -> None:
    """The station tells that it is over; the EVSE is available again."""
    async with station_of(csms) as station:
        await _with_reservation(station)
        update = {"reservationId": 5, "reservationUpdateStatus": "Expired"}
        assert await station.call("ReservationStatusUpdate", update) == {}
        await station.status("Available")
        await _reserved("expired")(csms)


async def test_TC_H_08_CSMS_any_evse_is_used(csms: Csms) -> None:
    """No EVSE named: any will do."""
    async with station_of(csms) as station:
        await _reserve().run(station)
        await _use(station)


async def test_TC_H_19_CSMS_reservation_used_by_the_group(csms: Csms) -> None:
    """Another token of the group: the station learns of the group when it asks."""
    await csms.token("PARTNER", group="FAMILY")
    async with station_of(csms) as station:
        await _reserve(evse_id=1, group="FAMILY").run(station)
        assert await station.authorize("PARTNER") == {
            "status": "Accepted",
            "groupIdToken": token("FAMILY", "Central"),
        }
        await _use(station, value="PARTNER")


async def test_TC_H_20_CSMS_station_gives_a_reservation_up(csms: Csms) -> None:
    """The EVSE faults: the station says so, and that the reservation is gone."""
    async with station_of(csms) as station:
        await _with_reservation(station)
        await station.status("Faulted")
        update = {"reservationId": 5, "reservationUpdateStatus": "Removed"}
        assert await station.call("ReservationStatusUpdate", update) == {}
        await _reserved("removed")(csms)


# -- charging profiles

SCHEDULE = {"id": 1, "unit": "A", "periods": [{"start_s": 0, "limit": 6.0}]}
WIRE_SCHEDULE = {
    "id": 1,
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0}],
}
DEFAULT = {"id": 7, "stack_level": 0, "purpose": "tx_default_profile", "kind": "absolute", "schedules": [SCHEDULE]}
WIRE_DEFAULT = {
    "id": 7,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": [WIRE_SCHEDULE],
}


def _profile(
    evse: int, own: dict[str, Any], wire: dict[str, Any], answer: str = "Accepted", **more: Any
) -> CommandCase:
    taken = answer == "Accepted"
    more.setdefault("check", _count("installed_charging_profiles", 1 if taken else 0))
    return CommandCase(
        {"type": "set_charging_profile", "evse_id": evse, "profile": DEFAULT | own, **more.pop("named", {})},
        "SetChargingProfile",
        {"evseId": evse, "chargingProfile": WIRE_DEFAULT | wire},
        {"status": answer},
        "accepted" if taken else "rejected",
        **more,
    )


async def busy(station: Station) -> None:
    """A transaction goes on at EVSE 1."""
    await station.started()
    await station.charging()


async def _with_profile(station: Station) -> None:
    await _profile(1, {}, {}).run(station)


RECURRING = {"kind": "recurring", "recurrency": "daily"}
WIRE_RECURRING = {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"}
OTHER_LIMIT = {"schedules": [SCHEDULE | {"periods": [{"start_s": 0, "limit": 10.0}]}]}
WIRE_OTHER_LIMIT = {
    "chargingSchedule": [WIRE_SCHEDULE | {"chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0}]}]
}
MAXIMUM = {"purpose": "charging_station_max_profile"}
WIRE_MAXIMUM = {"chargingProfilePurpose": "ChargingStationMaxProfile"}


def _composite(evse: int) -> CommandCase:
    schedule = {
        "evseId": evse,
        "duration": 300,
        "scheduleStart": now(),
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}],
    }
    return CommandCase(
        {"type": "get_composite_schedule", "evse_id": evse, "duration_s": 300, "unit": "A"},
        "GetCompositeSchedule",
        {"evseId": evse, "duration": 300, "chargingRateUnit": "A"},
        {"status": "Accepted", "schedule": schedule},
    )


def _asked(own: dict[str, Any], wire: dict[str, Any], criterion: dict[str, Any]) -> CommandCase:
    """GetChargingProfiles and the report of one profile."""

    def then(number: int) -> list[Message]:
        payload = {
            "requestId": number,
            "chargingLimitSource": "CSO",
            "evseId": own.get("evse_id", 1),
            "tbc": False,
            "chargingProfile": [WIRE_DEFAULT],
        }
        return [("ReportChargingProfiles", payload, {})]

    return CommandCase(
        {"type": "get_charging_profiles", **own},
        "GetChargingProfiles",
        {"requestId": ANY, "chargingProfile": criterion, **wire},
        then=then,
        check=_count("installed_charging_profiles", 1),
    )


def _cleared(own: dict[str, Any], wire: dict[str, Any], **more: Any) -> CommandCase:
    return CommandCase({"type": "clear_charging_profile", **own}, "ClearChargingProfile", wire, **more)


PURPOSE = {"chargingProfilePurpose": "TxDefaultProfile"}
PROFILES = {
    "TC_K_01_CSMS": _profile(1, {}, {}),
    "TC_K_10_CSMS": _profile(0, {}, {}),
    "TC_K_03_CSMS": _profile(0, MAXIMUM, WIRE_MAXIMUM),
    "TC_K_19_CSMS": _profile(1, RECURRING, WIRE_RECURRING),
    "TC_K_15_CSMS": _profile(1, {}, {}, "Rejected"),
    "TC_K_70_CSMS": _profile(
        1,
        {"id": 8, "stack_level": 1},
        {"id": 8, "stackLevel": 1},
        before=_with_profile,
        check=_count("installed_charging_profiles", 2),
    ),
    "TC_K_04_CSMS": _profile(
        1,
        OTHER_LIMIT,
        WIRE_OTHER_LIMIT,
        before=_with_profile,
        check=_count("installed_charging_profiles WHERE profile #>> '{schedules,0,periods,0,limit}' = '10.0'", 1),
    ),
    "TC_K_60_CSMS": _profile(
        1,
        {"purpose": "tx_profile"},
        {"chargingProfilePurpose": "TxProfile", "transactionId": "T-1"},
        before=busy,
        named={"transaction_id": "T-1"},
    ),
    "TC_K_43_CSMS": _composite(1),
    "TC_K_44_CSMS": _composite(0),
    "TC_K_29_CSMS": _asked({"evse_id": 0}, {"evseId": 0}, {}),
    "TC_K_30_CSMS": _asked({"evse_id": 1}, {"evseId": 1}, {}),
    "TC_K_31_CSMS": _asked({}, {}, {}),
    "TC_K_32_CSMS": _asked({"profile_ids": [7]}, {}, {"chargingProfileId": [7]}),
    "TC_K_33_CSMS": _asked({"evse_id": 1, "stack_level": 0}, {"evseId": 1}, {"stackLevel": 0}),
    "TC_K_34_CSMS": _asked({"evse_id": 1, "limit_sources": ["CSO"]}, {"evseId": 1}, {"chargingLimitSource": ["CSO"]}),
    "TC_K_35_CSMS": _asked({"evse_id": 1, "purpose": "tx_default_profile"}, {"evseId": 1}, PURPOSE),
    "TC_K_36_CSMS": _asked(
        {"evse_id": 1, "purpose": "tx_default_profile", "stack_level": 0}, {"evseId": 1}, PURPOSE | {"stackLevel": 0}
    ),
    "TC_K_05_CSMS": _cleared(
        {"profile_id": 7},
        {"chargingProfileId": 7},
        before=_with_profile,
        check=_count("installed_charging_profiles", 0),
    ),
    "TC_K_06_CSMS": _cleared(
        {"purpose": "tx_default_profile", "stack_level": 0},
        {"chargingProfileCriteria": PURPOSE | {"stackLevel": 0}},
        before=_with_profile,
        check=_count("installed_charging_profiles", 0),
    ),
    "TC_K_08_CSMS": _cleared(
        {"profile_id": 7},
        {"chargingProfileId": 7},
        answer={"status": "Unknown"},
        status="rejected",
        reason="the charger does not know it",
    ),
}


async def test_TC_K_37_CSMS_remote_start_with_profile(csms: Csms) -> None:
    """The profile travels with the start, and the transaction that follows is known as its effect."""
    profile = DEFAULT | {"purpose": "tx_profile"}
    body = {"type": "start_transaction", "token": "TAG", "evse_id": 1, "charging_profile": profile}
    wire = {
        "idToken": token(),
        "remoteStartId": ANY,
        "evseId": 1,
        "chargingProfile": WIRE_DEFAULT | {"chargingProfilePurpose": "TxProfile"},
    }
    async with station_of(csms) as station:
        sent = await CommandCase(body, "RequestStartTransaction", wire).run(station)
        await station.started("RemoteStart", info={"remoteStartId": sent["remoteStartId"]})
    assert (await csms.row("SELECT effect FROM commands"))["effect"] == "started"


# -- charging by high level communication (ISO 15118)

NEEDS = {
    "evseId": 1,
    "chargingNeeds": {
        "requestedEnergyTransfer": "AC_three_phase",
        "acChargingParameters": {"energyAmount": 8000, "evMinCurrent": 6, "evMaxCurrent": 32, "evMaxVoltage": 230},
    },
}
TX = {"purpose": "tx_profile", "id": 9}
WIRE_TX = {"chargingProfilePurpose": "TxProfile", "id": 9, "transactionId": "T-1"}


def _for_transaction(**more: Any) -> CommandCase:
    return _profile(1, TX, WIRE_TX, named={"transaction_id": "T-1"}, **more)


async def _plans(station: Station, limit: float) -> str:
    schedule = WIRE_SCHEDULE | {"chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]}
    told = {"timeBase": now(2), "evseId": 1, "chargingSchedule": schedule}
    answer = await station.call("NotifyEVChargingSchedule", told)
    status: str = answer["status"]
    return status


async def _needs(station: Station) -> None:
    assert (await station.call("NotifyEVChargingNeeds", NEEDS))["status"] in {"Accepted", "Processing"}


async def test_TC_K_53_CSMS_load_levelling(csms: Csms) -> None:
    """Needs are taken, a profile is given, the vehicle's plan within it is accepted; all three are kept."""
    async with station_of(csms) as station:
        await busy(station)
        await _needs(station)
        await _for_transaction().run(station)
        assert await _plans(station, 6) == "Accepted"
    kinds = await csms.rows("SELECT kind FROM charger_notices ORDER BY received_at")
    assert [row["kind"] for row in kinds] == ["ev_charging_needs", "ev_charging_schedule"]


async def test_TC_K_55_CSMS_plan_exceeds_the_limits(csms: Csms) -> None:
    """A plan beyond the profile is refused; a new profile may follow, and a plan within that one is accepted."""
    async with station_of(csms) as station:
        await busy(station)
        await _needs(station)
        await _for_transaction().run(station)
        assert await _plans(station, 16) == "Rejected"
        await _for_transaction().run(station)
        assert await _plans(station, 6) == "Accepted"


async def test_TC_K_57_CSMS_vehicle_renegotiates(csms: Csms) -> None:
    """New needs in a running transaction: another profile, another plan."""
    async with station_of(csms) as station:
        await busy(station)
        for _ in range(2):
            await _needs(station)
            await _for_transaction().run(station)
            assert await _plans(station, 6) == "Accepted"


async def test_TC_K_58_CSMS_csms_renegotiates(csms: Csms) -> None:
    """Another profile in a running transaction: the vehicle plans anew."""
    async with station_of(csms) as station:
        await busy(station)
        await _for_transaction().run(station)
        assert await _plans(station, 6) == "Accepted"
        await _profile(1, TX | OTHER_LIMIT, WIRE_TX | WIRE_OTHER_LIMIT, named={"transaction_id": "T-1"}).run(station)
        assert await _plans(station, 10) == "Accepted"


async def test_a_plan_that_overtakes_the_event_of_its_profile_is_held_against_that_profile(csms: Csms) -> None:
    """The charger has said yes, but what it was given is not yet written down: the old limit does not speak for it."""
    async with station_of(csms) as station:
        await busy(station)
        await _for_transaction().run(station)
        async with csms.sql.transaction():
            await csms.sql.execute("LOCK TABLE installed_charging_profiles IN SHARE MODE")
            other = {"named": {"transaction_id": "T-1"}, "check": None}
            await _profile(1, TX | OTHER_LIMIT, WIRE_TX | WIRE_OTHER_LIMIT, **other).run(station)
            assert await _plans(station, 10) == "Accepted"
            assert await _plans(station, 11) == "Rejected"
        await _count("installed_charging_profiles WHERE profile::text LIKE '%10.0%'", 1)(csms)
        assert await _plans(station, 10) == "Accepted"
        assert await _plans(station, 11) == "Rejected"


async def test_TC_K_59_CSMS_csms_renegotiates_needs_follow(csms: Csms) -> None:
    """Another profile, upon which the vehicle tells its needs again."""
    async with station_of(csms) as station:
        await busy(station)
        await _for_transaction().run(station)
        await _needs(station)
        await _for_transaction().run(station)
        assert await _plans(station, 6) == "Accepted"


# -- cost


async def test_TC_I_01_CSMS_running_cost(csms: Csms) -> None:
    """What the transaction costs so far is told by its own name."""
    async with station_of(csms) as station:
        await busy(station)
        body = {"type": "update_cost", "transaction_id": "T-1", "total_cost": "1.25"}
        await CommandCase(body, "CostUpdated", {"totalCost": 1.25, "transactionId": "T-1"}, {}).run(station)


async def test_TC_I_02_CSMS_final_cost(csms: Csms) -> None:
    """The answer to the end has the cost that was told last; a transaction without a price has none."""
    async with station_of(csms) as station:
        await busy(station)
        body = {"type": "update_cost", "transaction_id": "T-1", "total_cost": "2.50"}
        await CommandCase(body, "CostUpdated", {"totalCost": 2.5, "transactionId": "T-1"}, {}).run(station)
        await eventually_row(csms, "SELECT FROM transactions WHERE total_cost = 2.5")
        assert await station.ended("StopAuthorized", "Local") == {"totalCost": 2.5}
        await station.started(tx="T-2")
        assert await station.ended("StopAuthorized", "Local", "T-2") == {}


# -- display

TEXT = {"content": "Welcome", "format": "utf8", "language": "en"}
WIRE_TEXT = {"content": "Welcome", "format": "UTF8", "language": "en"}
SHOWN = {"id": 1, "priority": "normal_cycle", "message": TEXT}
WIRE_SHOWN = {"id": 1, "priority": "NormalCycle", "message": WIRE_TEXT}


def _show(own: dict[str, Any], wire: dict[str, Any], answer: str = "Accepted", **more: Any) -> CommandCase:
    named = more.pop("named", {})
    return CommandCase(
        {"type": "set_display_message", "message": SHOWN | own, **named},
        "SetDisplayMessage",
        {"message": WIRE_SHOWN | wire},
        {"status": answer},
        **more,
    )


ON_TRANSACTION: dict[str, Any] = {"named": {"transaction_id": "T-1"}}
WIRE_ON_TRANSACTION = {"transactionId": "T-1"}
STARTS, WIRE_STARTS = {"start_at": now()}, {"startDateTime": now().replace("Z", ".000Z")}
ENDS, WIRE_ENDS = {"end_at": now(9)}, {"endDateTime": now(9).replace("Z", ".000Z")}


def _listed(own: dict[str, Any], wire: dict[str, Any], answer: str = "Accepted") -> CommandCase:
    """GetDisplayMessages and the messages that follow."""

    def then(number: int) -> list[Message]:
        return [("NotifyDisplayMessages", {"requestId": number, "tbc": False, "messageInfo": [WIRE_SHOWN]}, {})]

    async def check(csms: Csms) -> None:
        row = await eventually_row(csms, "SELECT items FROM charger_report_parts")
        assert row["items"][0]["message"]["content"] == "Welcome"

    follows: dict[str, Any] = (
        {"then": then, "check": check} if answer == "Accepted" else {"reason": "there is nothing that matches"}
    )
    sent = {"requestId": ANY, **wire}
    body = {"type": "get_display_messages", **own}
    return CommandCase(body, "GetDisplayMessages", sent, {"status": answer}, **follows)


def _refused(answer: str, status: str, reason: str | None = None, **more: Any) -> CommandCase:
    return _show({}, more.pop("wire", {}), answer, status=status, reason=reason, **more)


DISPLAY = {
    "TC_O_01_CSMS": _show({}, {}),
    "TC_O_26_CSMS": _refused("Rejected", "rejected"),
    "TC_O_13_CSMS": _show(STARTS, WIRE_STARTS),
    "TC_O_14_CSMS": _show(ENDS, WIRE_ENDS),
    "TC_O_17_CSMS": _refused("NotSupportedPriority", "not_supported", "the message's priority is not supported"),
    "TC_O_18_CSMS": _refused("NotSupportedState", "not_supported", "the message's state is not supported"),
    "TC_O_19_CSMS": _refused("NotSupportedMessageFormat", "not_supported", "the message's format is not supported"),
    "TC_O_12_CSMS": _show(
        {"priority": "always_front"}, {"priority": "AlwaysFront"}, before=lambda s: _show({}, {}).run(s)
    ),  # type: ignore[arg-type,return-value]
    "TC_O_06_CSMS": _show({}, WIRE_ON_TRANSACTION, before=busy, **ON_TRANSACTION),
    "TC_O_10_CSMS": _refused(
        "UnknownTransaction",
        "rejected",
        "the charger does not know the transaction",
        wire=WIRE_ON_TRANSACTION,
        **ON_TRANSACTION,
    ),
    "TC_O_27_CSMS": _show(STARTS, WIRE_STARTS | WIRE_ON_TRANSACTION, before=busy, **ON_TRANSACTION),
    "TC_O_28_CSMS": _show(ENDS, WIRE_ENDS | WIRE_ON_TRANSACTION, before=busy, **ON_TRANSACTION),
    "TC_O_02_CSMS": _listed({}, {}),
    "TC_O_03_CSMS": _listed({}, {}, "Unknown"),
    "TC_O_07_CSMS": _listed({"ids": [1]}, {"id": [1]}),
    "TC_O_08_CSMS": _listed({"priority": "normal_cycle"}, {"priority": "NormalCycle"}),
    "TC_O_09_CSMS": _listed({"state": "charging"}, {"state": "Charging"}),
    "TC_O_04_CSMS": CommandCase({"type": "clear_display_message", "message_id": 1}, "ClearDisplayMessage", {"id": 1}),
    "TC_O_05_CSMS": CommandCase(
        {"type": "clear_display_message", "message_id": 1},
        "ClearDisplayMessage",
        {"id": 1},
        {"status": "Unknown"},
        "rejected",
        "the charger does not know it",
    ),
}
CASES = LISTS | RESERVATIONS | PROFILES | DISPLAY


@pytest.mark.parametrize("case", CASES)
async def test_a_command_about_profiles_and_lists(csms: Csms, case: str) -> None:
    """The station hears exactly that, its answer is the outcome, and what it tells then is stored."""
    async with station_of(csms) as station:
        await CASES[case].run(station)
