# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Charging profiles over HTTP: the library, what is given to chargers, what chargers report."""

from typing import Any

from tests.features.whole import Whole
from tests.support.charger import Charger, connected
from tests.support.eventually import eventually

PROFILES = "/api/v1/charging-profiles"
INSTALLED = "/api/v1/chargers/CP1/charging-profiles"
ACCEPTED = {"status": "Accepted"}
PROFILE: dict[str, Any] = {
    "stack_level": 1,
    "purpose": "tx_default_profile",
    "kind": "absolute",
    "schedules": [{"id": 1, "unit": "A", "periods": [{"start_s": 0, "limit": 16.0}, {"start_s": 3600, "limit": 6.0}]}],
}
BOOT = {"chargingStation": {"vendorName": "Acme", "model": "Two"}, "reason": "PowerUp"}


async def _installed(whole: Whole, count: int) -> list[dict[str, Any]]:
    async def look() -> list[dict[str, Any]] | None:
        found = await whole.items(INSTALLED, sort="evse_id")
        return found if len(found) == count else None

    found = await eventually(look)
    assert found is not None
    return found


async def test_the_library(whole: Whole) -> None:
    """Made, listed, changed by whoever saw it last, deleted; names are told apart without regard to case."""
    body = {"name": "Nights", "description": "cheap", "profile": PROFILE}
    created = await whole.client.post(PROFILES, json=body)
    assert (created.status_code, created.json()["profile"]) == (201, PROFILE)
    here = created.headers["location"]
    assert await whole.refused("POST", PROFILES, json=body | {"name": "NIGHTS"}) == (
        409,
        "charging_profile_name_taken",
    )
    other = (await whole.client.post(PROFILES, json=body | {"name": "Days"})).json()
    assert await whole.refused("PATCH", f"{PROFILES}/{other['id']}", json={"name": "nights"}) == (
        409,
        "charging_profile_name_taken",
    )
    assert [item["name"] for item in await whole.items(PROFILES)] == ["Days", "Nights"]
    assert [item["id"] for item in await whole.items(PROFILES, name="days")] == [other["id"]]
    etag = (await whole.client.get(here)).headers["etag"]
    changed = await whole.client.patch(here, json={"description": None}, headers={"If-Match": etag})
    assert (changed.status_code, changed.json()["description"]) == (200, None)
    stale = await whole.refused("PATCH", here, json={"description": "x"}, headers={"If-Match": etag})
    assert stale[0] == 412
    flat = PROFILE | {"schedules": [{"id": 1, "unit": "W", "periods": [{"start_s": 0, "limit": 1.0}]}]}
    assert (await whole.client.patch(here, json={"profile": flat})).json()["profile"] == flat
    assert (await whole.client.patch(here, json={})).status_code == 200
    assert (await whole.refused("PATCH", here, json={"name": None}))[0] == 400
    assert (await whole.client.delete(here)).status_code == 204
    assert await whole.refused("GET", here) == (404, "charging_profile_not_found")
    audited = await whole.csms.rows("SELECT action FROM audit_log WHERE action LIKE 'charging:%' ORDER BY at")
    assert [row["action"].rsplit(":", 1)[1] for row in audited] == ["create", "create", "update", "update", "delete"]


async def test_profiles_that_no_charger_could_carry_out(whole: Whole) -> None:
    """Told at once, not by the charger."""
    schedule = PROFILE["schedules"][0]
    backwards = schedule | {"periods": schedule["periods"][::-1]}
    for wrong, word in (
        ({"kind": "recurring"}, "daily or weekly"),
        ({"valid_from": "2027-01-01T00:00:00Z", "valid_to": "2026-01-01T00:00:00Z"}, "before"),
        ({"schedules": [backwards]}, "in order"),
        ({"schedules": [schedule | {"periods": [{"start_s": 5, "limit": 1.0}]}]}, "start at 0"),
    ):
        answer = await whole.client.post(PROFILES, json={"name": "x", "profile": PROFILE | wrong})
        assert (answer.status_code, word in answer.text) == (400, True), answer.text
    for limit in (-5.0, 1e12):
        odd = PROFILE | {"schedules": [schedule | {"periods": [{"start_s": 0, "limit": limit}]}]}
        errors = await whole.errors("POST", PROFILES, json={"name": "x", "profile": odd})
        assert errors[0]["path"].endswith("limit")
    errors = await whole.errors("POST", PROFILES, json={"name": "x", "profile": PROFILE | {"surprise": 1}})
    assert errors[0]["path"] == "body.profile.surprise"
    assert await whole.items(PROFILES) == []


async def test_a_profile_is_given_to_chargers(whole: Whole, charger: Charger) -> None:
    """A command each; what a charger has says which profile of the library it was, even after that is deleted."""
    charger.answers["SetChargingProfile"] = ACCEPTED
    await whole.csms.charger("CP2")
    key = (await whole.client.post(PROFILES, json={"name": "n", "profile": PROFILE})).json()["id"]
    answer = await whole.client.post(
        f"{PROFILES}/{key}/assignments", json={"charger_ids": ["cp1", "CP2"], "evse_id": 1}
    )
    assert answer.status_code == 202
    assert [one["charger_id"] for one in answer.json()["commands"]] == ["CP1", "CP2"]
    sent = await charger.heard_action("SetChargingProfile")
    (found,) = await _installed(whole, 1)
    assert found["profile_id"] == sent["csChargingProfiles"]["chargingProfileId"]
    assert (found["charging_profile"], found["evse_id"]) == (key, 1)
    assert found["command"] == answer.json()["commands"][0]["id"]
    assert await whole.items("/api/v1/chargers/CP2/charging-profiles") == []
    (given,) = await whole.items(f"{PROFILES}/{key}/chargers")
    assert (given["charger_id"], given["evse_id"], given["profile_id"]) == ("CP1", 1, found["profile_id"])
    assert (await whole.client.delete(f"{PROFILES}/{key}")).status_code == 204
    assert (await _installed(whole, 1))[0]["charging_profile"] is None


async def test_what_cannot_be_given(whole: Whole) -> None:
    """An unknown charger stops all of it; a profile of one transaction is for no charger as such."""
    key = (await whole.client.post(PROFILES, json={"name": "n", "profile": PROFILE})).json()["id"]
    path = f"{PROFILES}/{key}/assignments"
    assert await whole.refused("POST", path, json={"charger_ids": ["CP1", "NOBODY"]}) == (404, "charger_not_found")
    assert await whole.items("/api/v1/commands") == []
    mine = PROFILE | {"purpose": "tx_profile"}
    key = (await whole.client.post(PROFILES, json={"name": "t", "profile": mine})).json()["id"]
    refused = await whole.refused("POST", f"{PROFILES}/{key}/assignments", json={"charger_ids": ["CP1"]})
    assert refused[0] == 400


async def test_the_later_profile_takes_the_place_of_the_earlier(whole: Whole, charger: Charger) -> None:
    """Same connector, purpose and level: the charger has one; another level stands beside it."""
    charger.answers["SetChargingProfile"] = ACCEPTED
    for level in (1, 1, 2):
        await whole.command({"type": "set_charging_profile", "evse_id": 1, "profile": PROFILE | {"stack_level": level}})
    sent = [payload["csChargingProfiles"]["chargingProfileId"] for _, payload in charger.heard]

    async def settled() -> bool:
        return {one["profile_id"] for one in await whole.items(INSTALLED)} == {*sent[1:]}

    await eventually(settled)


async def test_what_a_charger_reports_of_its_profiles(whole: Whole) -> None:
    """GetChargingProfiles: profiles of others appear with who set them, ours keep where they come from."""
    async with connected(whole.csms.url, "CP1", protocols=("ocpp2.0.1",)) as two:
        await two.call("BootNotification", BOOT)
        two.answers |= {"SetChargingProfile": ACCEPTED, "GetChargingProfiles": ACCEPTED}
        command = await whole.command({"type": "set_charging_profile", "evse_id": 1, "profile": PROFILE})
        (ours,) = await _installed(whole, 1)
        request = (await whole.command({"type": "get_charging_profiles"}))["body"]["request_id"]
        wire = {
            "id": ours["profile_id"],
            "stackLevel": 1,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": [
                {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}]}
            ],
        }
        other = wire | {"id": 900, "stackLevel": 0, "chargingProfilePurpose": "ChargingStationExternalConstraints"}
        for source, profile, evse, more in (("CSO", wire, 1, True), ("EMS", other, 0, False)):
            part = {"requestId": request, "chargingLimitSource": source, "evseId": evse, "tbc": more}
            assert await two.call("ReportChargingProfiles", part | {"chargingProfile": [profile]}) == {}
        theirs, mine = await _installed(whole, 2)
        assert (theirs["profile_id"], theirs["limit_source"], theirs["command"]) == (900, "EMS", None)
        assert (mine["limit_source"], mine["command"]) == ("CSO", command["id"])
        assert theirs["purpose"] == "charging_station_external_constraints"
