# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Alerts by their cause, and what is done to many at once."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from tests.features.alerts.support import ALERTS, Fleet
from tests.features.people.test_people import code, person

GROUPS = "/api/v1/alert-groups"
ASSIGNEES = "/api/v1/alert-assignees"
OVERVIEW = "/api/v1/overview"
OFFLINE = {"kind": "offline", "after_s": 10}


async def _site(fleet: Fleet, name: str, *chargers: str, below: str | None = None) -> str:
    body = {"name": name} if below is None else {"name": name, "parent_id": below}
    site: str = (await fleet.api.client.post("/api/v1/sites", json=body)).json()["id"]
    for charger in chargers:
        moved = await fleet.api.client.patch(f"/api/v1/chargers/{charger}", json={"site_id": site})
        assert moved.status_code == 200, moved.text
    return site


async def _many(fleet: Fleet, what: str, **body: Any) -> list[str]:
    await fleet.sign_in()
    answer = await fleet.api.client.post(f"{ALERTS}/{what}", json=body)
    assert answer.status_code == 200, answer.text
    found: list[str] = answer.json()["ids"]
    return found


async def test_alerts_of_one_rule_at_one_site_are_a_group(fleet: Fleet) -> None:
    """Each site its own; chargers of no site, too. The key of a group lists its alerts, and nothing else."""
    north_one, north_two, south, nowhere, _ = await fleet.chargers(5)
    country = await _site(fleet, "Land")
    north = await _site(fleet, "Nord", north_one, north_two, below=country)
    await _site(fleet, "Süd", south)
    rule = await fleet.rule(OFFLINE, severity="critical")
    await fleet.turn()
    await fleet.offline(north_one, north_two, south, nowhere)
    await fleet.turn()
    groups = await fleet.api.items(GROUPS)
    found = {each["site_name"]: each for each in groups}
    assert {name: each["alerts"] for name, each in found.items()} == {"Nord": 2, "Süd": 1, None: 1}
    nord = found["Nord"]
    assert nord["id"] == f"{rule['id']}.{north}"
    assert (nord["site_id"], nord["sites"], nord["severity"], nord["outage"]) == (north, 1, "critical", None)
    assert (nord["open"], nord["chargers"], nord["examples"]) == (2, 2, [north_one, north_two])
    assert (nord["alert"], nord["title"]) == (None, None)
    assert found["Süd"]["title"] == f"{south} is offline"
    assert found[None]["id"] == f"{rule['id']}.none"
    for group in groups:
        listed = [each["charger_id"] for each in await fleet.alerts(group=group["id"])]
        assert sorted(listed) == group["examples"]
    assert [each["id"] for each in await fleet.api.items(GROUPS, site_id=country)] == [nord["id"]]
    assert len(await fleet.alerts(site_id=country)) == 2
    assert [each["id"] for each in await fleet.api.items(GROUPS, q=south)] == [found["Süd"]["id"]]
    assert await fleet.api.items(GROUPS, kind="faulted") == []


async def test_an_outage_is_one_group_over_all_sites(fleet: Fleet) -> None:
    """It is acknowledged whole by its key, with one line in the audit log; who joins later is open."""
    chargers = await fleet.chargers(6)
    await _site(fleet, "Nord", *chargers[:2])
    await _site(fleet, "Süd", *chargers[2:4])
    await fleet.rule(OFFLINE, group_over=3, group_within_s=120)
    await fleet.turn()
    await fleet.offline(*chargers[:5])
    await fleet.turn()
    (group,) = await fleet.api.items(GROUPS)
    assert group["outage"] == group["id"]
    assert (group["alerts"], group["chargers"], group["sites"], group["site_name"]) == (5, 5, 2, None)
    changed = await _many(fleet, "acknowledge", filter={"group": [group["id"]], "status": "open"}, text="seen")
    assert len(changed) == 6
    (group,) = await fleet.api.items(GROUPS)
    assert (group["open"], group["acknowledged"]) == (0, 5)
    assert await fleet.api.items(GROUPS, status="open") == []
    rows = await fleet.api.sql.fetch("SELECT subject_id, after FROM audit_log WHERE action = 'alert:alert:acknowledge'")
    assert [row["subject_id"] for row in rows] == ["*"]
    assert rows[0]["after"]["alerts"] == 6
    await fleet.offline(chargers[5])
    await fleet.turn()
    (group,) = await fleet.api.items(GROUPS, status="open")
    assert (group["open"], group["acknowledged"], group["alerts"]) == (1, 5, 6)
    assert await _many(fleet, "acknowledge", filter={"group": group["id"], "status": ["snoozed"]}) == []


async def test_many_are_given_put_off_and_resolved(fleet: Fleet) -> None:
    """By ids or by a filter, never both; those that are over are passed over."""
    one, two, three = await fleet.chargers(3)
    await fleet.rule(OFFLINE)
    await fleet.turn()
    await fleet.offline(one, two, three)
    await fleet.turn()
    alerts = await fleet.alerts()
    ids = [each["id"] for each in alerts]
    await fleet.do(alerts[0], "resolve")
    me = str(await fleet.api.sql.fetchval("SELECT id FROM users"))
    assert [each["username"] for each in await fleet.api.items(ASSIGNEES)] == ["admin"]
    assert sorted(await _many(fleet, "assign", ids=ids, assigned_to=me)) == sorted(ids[1:])
    (group,) = await fleet.api.items(GROUPS, assigned_to=me)
    assert (group["assigned"], group["assigned_name"], group["alerts"]) == (2, "admin", 2)
    assert await fleet.api.items(GROUPS, assigned_to=str(uuid4())) == []
    until = (fleet.clock.now() + timedelta(hours=1)).isoformat()
    assert sorted(await _many(fleet, "snooze", filter={"kind": "offline"}, until=until)) == sorted(ids[1:])
    (group,) = await fleet.api.items(GROUPS, status="snoozed")
    assert group["snoozed"] == 2
    assert group["snoozed_until"] is not None
    assert sorted(await _many(fleet, "resolve", filter={"status": ["open", "snoozed"]})) == sorted(ids[1:])
    assert await fleet.api.items(GROUPS) == []
    assert {each["status"] for each in await fleet.alerts()} == {"resolved"}


async def test_what_is_refused(fleet: Fleet) -> None:
    """Neither ids nor a filter, both, a filter that there is not, a key that is none, nobody to give it to."""
    later = (fleet.clock.now() + timedelta(hours=1)).isoformat()
    everything = {"filter": {"kind": "offline"}}
    for what, body, expected in (
        ("acknowledge", {}, (422, "invalid_body")),
        ("acknowledge", {"filter": {}}, (422, "invalid_body")),
        ("acknowledge", {"ids": [str(uuid4())], **everything}, (422, "invalid_body")),
        ("acknowledge", {"filter": {"colour": "red"}}, (400, "invalid_filter")),
        ("acknowledge", {"filter": {"group": "x"}}, (400, "invalid_filter")),
        ("resolve", {"filter": {"q": "\0"}}, (422, "invalid_body")),
        ("assign", everything, (422, "invalid_body")),
        ("assign", {"assigned_to": str(uuid4()), **everything}, (400, "unknown_assignee")),
        ("snooze", {"until": fleet.clock.now().isoformat(), **everything}, (400, "invalid_snooze")),
        ("snooze", {"until": later}, (422, "invalid_body")),
    ):
        assert await fleet.api.refused("POST", f"{ALERTS}/{what}", json=body) == expected, (what, body)
    for query in ("group=1.2", "group[prefix]=a", "status=resolved", "q=a%00"):
        where = ALERTS if query.startswith("group") else GROUPS
        assert await fleet.api.refused("GET", f"{where}?{query}") == (400, "invalid_filter"), query


async def test_whoever_sees_a_part_has_the_alerts_of_an_outage_there(fleet: Fleet) -> None:
    """The same key, fewer alerts; what is done to it is done to those, and to nobody else's."""
    chargers = await fleet.chargers(5)
    north = await _site(fleet, "Nord", *chargers[:2])
    await fleet.rule(OFFLINE, group_over=3, group_within_s=120)
    await fleet.turn()
    await fleet.offline(*chargers)
    await fleet.turn()
    async with await person(fleet.api, "tina", assignments=[{"role": "technician", "site_id": north}]) as tina:
        (group,) = (await tina.get(GROUPS)).json()["items"]
        assert (group["alerts"], group["site_name"], group["examples"]) == (2, "Nord", chargers[:2])
        assert await code(await tina.get(f"{ALERTS}/{group['id']}")) == (404, "alert_not_found")
        answer = await tina.post(f"{ALERTS}/acknowledge", json={"filter": {"group": [group["id"]]}})
        assert (answer.status_code, len(answer.json()["ids"])) == (200, 2)
        assert (await tina.get(ASSIGNEES)).json()["items"] == []
        counted = (await tina.get(OVERVIEW)).json()["alerts"]
        assert (counted["warning"], counted["unacknowledged"]) == (1, 0)
    async with await person(fleet.api, "vera", role="viewer") as vera:
        assert len((await vera.get(GROUPS)).json()["items"]) == 1
        answer = await vera.post(f"{ALERTS}/acknowledge", json={"filter": {"status": "open"}})
        assert answer.status_code == 403
    (group,) = await fleet.api.items(GROUPS)
    assert (group["open"], group["acknowledged"]) == (3, 2)
    counted = (await fleet.api.client.get(OVERVIEW)).json()["alerts"]
    assert (counted["warning"], counted["unacknowledged"]) == (1, 1)  # an outage is one, whoever looks
