# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Run-time settings over HTTP: typed, with a history that can be gone back to, changed by one person at a time."""

import asyncio
from typing import Any

from csms.features.settings.rules import SECTIONS, ChargerSettings, CommandSettings, read, without_defaults
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.partitions import Retention, load_retention
from csms.kit.db.uow import Scope
from tests.api.support import Product
from tests.features.accounts.support import PASSWORD

PATH = "/api/v1/settings"


async def changed(api: Product, section: str, **values: Any) -> dict[str, Any]:
    """PATCH that has to succeed; a moment passes."""
    api.clock.advance(1)
    answer = await api.client.patch(f"{PATH}/{section}", json=values)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_section_is_changed_and_gone_back_to(api: Product) -> None:
    """Values, history, revert, defaults: each step is in the history and in the audit log."""
    sections = {item["section"]: item for item in (await api.client.get(PATH)).json()["items"]}
    assert set(sections) == set(SECTIONS)
    assert sections["retention"]["values"] == sections["retention"]["defaults"]
    assert (sections["commands"]["changed"], sections["commands"]["updated_at"]) == ([], None)

    assert (await changed(api, "commands", send_within_s=120))["send_within_s"] == 120
    assert await changed(api, "commands", start_timeout_s=600) == {"send_within_s": 120, "start_timeout_s": 600}
    assert await changed(api, "commands", send_within_s=None) == {"send_within_s": 60, "start_timeout_s": 600}
    assert await changed(api, "commands") == {"send_within_s": 60, "start_timeout_s": 600}, "nothing was named"
    assert await api.sql.fetchval("SELECT value FROM settings WHERE key = 'commands'") == {"start_timeout_s": 600}

    history = await api.items(f"{PATH}/commands/history")
    assert [(entry["before"], entry["after"]) for entry in history] == [
        ({"send_within_s": 120, "start_timeout_s": 600}, {"start_timeout_s": 600}),
        ({"send_within_s": 120}, {"send_within_s": 120, "start_timeout_s": 600}),
        ({}, {"send_within_s": 120}),
    ]
    assert {(entry["actor_kind"], entry["actor_name"]) for entry in history} == {("user", "admin")}
    api.clock.advance(1)
    answer = await api.client.post(f"{PATH}/commands/revert", json={"entry": history[1]["id"]})
    assert answer.json() == {"send_within_s": 120, "start_timeout_s": 600}
    api.clock.advance(1)
    assert (await api.client.delete(f"{PATH}/commands")).status_code == 204
    assert (await api.client.get(f"{PATH}/commands")).json() == CommandSettings().model_dump()
    assert await api.sql.fetchval("SELECT count(*) FROM settings") == 0
    assert len(await api.items(f"{PATH}/commands/history")) == 5
    found = next(item for item in (await api.client.get(PATH)).json()["items"] if item["section"] == "commands")
    assert found["updated_at"] == (await api.items(f"{PATH}/commands/history"))[0]["at"]
    audit = await api.sql.fetch(
        "SELECT subject_id, after FROM audit_log WHERE action = 'system:settings:update' ORDER BY id"
    )
    assert [row["after"]["start_timeout_s"] for row in audit] == [300, 600, 600, 600, 300]


async def test_refusals(api: Product) -> None:
    """Unknown sections and entries; what was valid once; bounds, names, the onboarding for loopback only; nobody."""
    unknown = "0192f000-0000-7000-8000-0000000000ff"
    assert await api.refused("DELETE", f"{PATH}/nothing") == (404, "settings_section_not_found")
    assert await api.refused("GET", f"{PATH}/nothing/history") == (404, "settings_section_not_found")
    missing = await api.refused("POST", f"{PATH}/commands/revert", json={"entry": unknown})
    assert missing == (404, "settings_history_not_found")
    await changed(api, "commands", send_within_s=120)
    await api.sql.execute("""UPDATE settings_history SET after = '{"send_within_s": 1, "gone": 2}'""")
    entry = (await api.items(f"{PATH}/commands/history"))[0]["id"]
    stale = await api.refused("POST", f"{PATH}/commands/revert", json={"entry": entry})
    assert stale == (409, "settings_no_longer_valid")
    for section, body in (
        ("retention", {"ocpp_log_days": 0}),
        ("retention", {"nothing": 1}),
        ("chargers", {"heartbeat_interval_s": 9}),
        ("chargers", {"validation": "lax"}),
        ("onboarding", {"mode": "open"}),
        ("commands", {"send_within_s": "soon"}),
    ):
        assert (await api.refused("PATCH", f"{PATH}/{section}", json=body))[0] == 422, body
        assert len(await api.items(f"{PATH}/{section}/history")) == (section == "commands")
    async with api.as_nobody() as nobody:
        for method, path in (("GET", PATH), ("PATCH", f"{PATH}/commands"), ("DELETE", f"{PATH}/commands")):
            assert (await nobody.request(method, path, json={})).status_code == 401


async def test_two_people_do_not_undo_each_other(api: Product) -> None:
    """With If-Match only what its author saw is changed, also when both come at once; housekeeping reads the same row."""
    first = await api.client.get(f"{PATH}/chargers")
    tag = first.headers["etag"]
    bodies = [{"heartbeat_interval_s": 60}, {"heartbeat_interval_s": 90}]
    answers = await asyncio.gather(
        *(api.client.patch(f"{PATH}/chargers", json=body, headers={"If-Match": tag}) for body in bodies)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    refusal = next(answer.json() for answer in answers if answer.status_code == 412)
    assert refusal["code"] == "stale"
    for method, path, body in (
        ("DELETE", f"{PATH}/chargers", None),
        ("POST", f"{PATH}/chargers/revert", {"entry": (await api.items(f"{PATH}/chargers/history"))[0]["id"]}),
    ):
        assert await api.refused(method, path, json=body, headers={"If-Match": tag}) == (412, "stale")
    current = (await api.client.get(f"{PATH}/chargers")).headers["etag"]
    answer = await api.client.patch(f"{PATH}/chargers", json={"validation": "strict"}, headers={"If-Match": current})
    assert answer.headers["etag"] not in {tag, current}
    await api.insert("settings", key="retention", value={"ocpp_log_days": 3, "jobs_days": 30})
    assert (await changed(api, "retention", meter_values_months=24))["ocpp_log_days"] == 3
    async with api.units(Scope.system(DEFAULT_ORGANIZATION_ID)) as uow:
        assert await load_retention(uow.connection) == Retention(ocpp_log_days=3, meter_values_months=24)


async def test_another_organization_has_its_own_and_not_the_installations(api: Product) -> None:
    """Its settings are apart; onboarding is the installation's, and not there for it."""
    other = "0192f000-0000-7000-8000-0000000000aa"
    await api.sql.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Other')", other)
    await changed(api, "commands", send_within_s=77)
    await api.sql.execute("UPDATE users SET organization_id = $1", other)
    await api.sql.execute("UPDATE refresh_tokens SET organization_id = $1", other)
    answer = await api.client.post("/api/v1/auth/login", json={"username": "admin", "password": PASSWORD})
    api.client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    items = (await api.client.get(PATH)).json()["items"]
    assert {item["section"] for item in items} == {name for name, each in SECTIONS.items() if not each.of_installation}
    assert (await api.client.get(f"{PATH}/commands")).json()["send_within_s"] == 60
    assert await api.items(f"{PATH}/commands/history") == []
    for method in ("GET", "PATCH"):
        refused = await api.refused(method, f"{PATH}/onboarding", json={})
        assert refused == (404, "settings_section_not_found")


def test_what_a_newer_csms_stored_is_passed_over() -> None:
    """The rest holds; what is stored is only what was chosen."""
    assert read(ChargerSettings, {"validation": "loose", "later": 1, "heartbeat_interval_s": 60}) == ChargerSettings(
        heartbeat_interval_s=60
    )
    assert without_defaults(CommandSettings, {"send_within_s": 60, "start_timeout_s": 31}) == {"start_timeout_s": 31}
