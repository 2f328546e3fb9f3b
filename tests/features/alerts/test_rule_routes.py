# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Rules over HTTP."""

from typing import Any

from csms.features.alerts.bodies import KINDS
from tests.features.alerts.support import ALERTS, RULES, Fleet


async def test_the_first_rules(fleet: Fleet) -> None:
    """An organization has some at its first use; those that are removed stay away; kinds are described for a form."""
    api = fleet.api
    rules = await api.items(RULES)
    assert {rule["kind"] for rule in rules} == set(KINDS) - {"command_failed"}
    assert all(rule["enabled"] and rule["channels"] == [] and rule["scope"] == {} for rule in rules)
    offline = next(rule for rule in rules if rule["kind"] == "offline")
    assert offline["condition"] == {"kind": "offline", "after_s": 300, "never_connected": False}
    answer = await api.client.delete(f"{RULES}/{offline['id']}")
    assert answer.status_code == 204
    await fleet.turn()
    assert len(await api.items(RULES)) == len(rules) - 1
    assert await api.refused("GET", f"{RULES}/{offline['id']}") == (404, "alert_rule_not_found")
    kinds = (await api.client.get(f"{RULES}/kinds")).json()["items"]
    assert [kind["kind"] for kind in kinds] == list(KINDS)
    (found,) = (kind for kind in kinds if kind["kind"] == "flapping")
    assert found["parameters"]["properties"]["connects"]["default"] == 5
    for rule in await api.items(RULES):  # what every rule would do now, also those of things that happen
        tested = await api.client.post(f"{RULES}/{rule['id']}/test")
        assert (tested.status_code, tested.json()["total"]) == (200, 0), rule["kind"]


async def test_change_a_rule(fleet: Fleet) -> None:
    """By part, with an entity tag, audited; out of force it ends its alerts, removed they stay to be read."""
    api = fleet.api
    one, two = await fleet.chargers(2)
    rule = await fleet.rule({"kind": "offline"}, quiet_hours=QUIET, group_over=20)
    path = f"{RULES}/{rule['id']}"
    tag = (await api.client.get(path)).headers["etag"]
    await fleet.offline(one)
    await fleet.turn(300)
    assert (await api.client.get(path)).json()["standing"] == 1
    body: dict[str, Any] = {
        "name": "Other",
        "quiet_hours": None,
        "group_over": None,
        "severity": "critical",
        "channels": [],
    }
    answer = await api.client.patch(path, json=body, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.text
    assert {name: answer.json()[name] for name in body} == body
    assert answer.json()["condition"] == rule["condition"]
    stale = await api.client.patch(path, json={"name": "Third"}, headers={"If-Match": tag})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert (await api.client.patch(path, json={})).json()["name"] == "Other"
    changed = await api.client.patch(
        path, json={"condition": {"kind": "offline", "after_s": 60}, "scope": {"chargers": [two]}}
    )
    assert (changed.json()["condition"]["after_s"], changed.json()["scope"]) == (60, {"chargers": [two]})
    await api.client.patch(path, json={"enabled": False})
    (alert,) = await fleet.alerts(status="resolved", rule=rule["id"])
    events = await api.items(f"{ALERTS}/{alert['id']}/events", kind="resolved")
    assert [event["text"] for event in events] == ["the rule is no longer in force"]
    await fleet.offline(two)
    await fleet.turn(300)
    assert await fleet.standing() == []
    await api.client.patch(path, json={"enabled": True})
    await fleet.turn()
    assert await fleet.standing() == [f"{two} is offline"]
    assert (await api.client.delete(path)).status_code == 204
    assert {row["rule"] for row in await fleet.alerts()} == {None}
    assert await fleet.standing() == []
    status, code = await api.refused("POST", f"{ALERTS}/{alert['id']}/reopen", json={})
    assert (status, code) == (409, "alert_over")
    audited = await api.sql.fetch("SELECT action FROM audit_log WHERE action LIKE 'alert:rule:%' ORDER BY at, id")
    done = [row["action"].rpartition(":")[2] for row in audited]
    assert [each for each in done if each != "seed"] == ["create", *["update"] * 4, "delete"]
    assert "seed" in done


NOWHERE = "00000000-0000-7000-8000-00000000dead"
QUIET = {"time_zone": "Europe/Berlin", "windows": [{"days": ["monday"], "begins": "22:00", "ends": "06:00"}]}


async def test_what_is_refused(fleet: Fleet) -> None:
    """Each with its own code."""
    api = fleet.api
    await fleet.chargers(1)
    rule = await api.create(RULES, name="Mine", condition={"kind": "disk"})
    offline = {"kind": "offline"}
    path = f"{RULES}/{rule['id']}"
    for body, expected in (
        ({"name": "mine", "condition": offline}, (409, "alert_rule_name_taken")),
        ({"name": "x", "condition": offline, "scope": {"chargers": ["NOBODY"]}}, (400, "unknown_scope")),
        ({"name": "x", "condition": offline, "scope": {"sites": [NOWHERE]}}, (400, "unknown_scope")),
        ({"name": "x", "condition": offline, "scope": {"groups": [NOWHERE]}}, (400, "unknown_scope")),
        ({"name": "x", "condition": offline, "channels": [NOWHERE]}, (400, "unknown_channel")),
        ({"name": "x", "condition": {"kind": "disk"}, "scope": {"chargers": ["CP1"]}}, (400, "alert_rule_unfit")),
        ({"name": "x", "condition": {"kind": "disk"}, "group_over": 10}, (400, "alert_rule_unfit")),
        ({"name": "x", "condition": {"kind": "security_event"}, "group_over": 10}, (400, "alert_rule_unfit")),
        ({"name": "x", "condition": {"kind": "weather"}}, (422, "invalid_body")),
        ({"name": "x", "condition": {**offline, "after_s": 1}}, (422, "invalid_body")),
        ({"name": "x", "condition": offline, "scope": {"sites": []}}, (422, "invalid_body")),
        ({"name": "x", "condition": offline, "severity": "loud"}, (422, "invalid_body")),
        ({"name": "x", "condition": offline, "quiet_hours": {**QUIET, "time_zone": "Nowhere"}}, (422, "invalid_body")),
    ):
        assert await api.refused("POST", RULES, json=body) == expected, body
    other = await api.create(RULES, name="Other", condition=offline)
    assert await api.refused("PATCH", f"{RULES}/{other['id']}", json={"name": "MINE"}) == (409, "alert_rule_name_taken")
    assert await api.refused("PATCH", path, json={"channels": [NOWHERE]}) == (400, "unknown_channel")
    assert await api.refused("PATCH", path, json={"condition": offline}) == (400, "alert_rule_unfit")
    assert await api.refused("PATCH", path, json={"scope": {"chargers": ["CP1"]}}) == (400, "alert_rule_unfit")
    for query in ("status=loud", "severity=x", "rule=7", "weather=1"):
        assert await api.refused("GET", f"{ALERTS}?{query}") == (400, "invalid_filter")
    async with api.as_nobody() as nobody:
        for method, where in (("GET", RULES), ("POST", f"{path}/test"), ("GET", ALERTS), ("GET", f"{RULES}/kinds")):
            assert (await nobody.request(method, where)).status_code == 401
