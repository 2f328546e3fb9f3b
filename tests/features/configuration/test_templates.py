# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Templates of configuration: what chargers are to have, how far they are from it, setting it."""

from datetime import UTC, datetime
from typing import Any

from tests.features.whole import Whole
from tests.support.charger import Charger
from tests.support.eventually import eventually

TEMPLATES = "/api/v1/configuration-templates"
DRIFT = "/api/v1/chargers/cp1/configuration/drift"
VALUES = {"HeartbeatInterval": "300", "MeterValueSampleInterval": "60", "NumberOfConnectors": "9"}


async def _reported(whole: Whole, charger: Charger) -> None:
    """What CP1 has: one key as it should be, one otherwise and in another spelling, one that cannot be set."""
    keys: list[dict[str, Any]] = [
        {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
        {"key": "metervaluesampleinterval", "readonly": False, "value": "10"},
        {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
    ]
    charger.answers["GetConfiguration"] = {"configurationKey": keys}
    await whole.command({"type": "get_configuration"})

    async def there() -> list[dict[str, Any]]:
        return await whole.items("/api/v1/chargers/CP1/configuration")

    await eventually(there)


async def test_the_library(whole: Whole) -> None:
    """Made, listed, changed by who saw it, deleted; no name twice, no key twice, no secret."""
    made = await whole.create(TEMPLATES, name="City", description="d", values=VALUES)
    own = f"{TEMPLATES}/{made['id']}"
    assert (made["values"], made["chargers"]) == (VALUES, 0)
    other = await whole.create(TEMPLATES, name="Land", values={"a": "1"})
    taken = (409, "configuration_template_name_taken")
    assert await whole.refused("POST", TEMPLATES, json={"name": "CITY", "values": VALUES}) == taken
    assert await whole.refused("PATCH", f"{TEMPLATES}/{other['id']}", json={"name": "city"}) == taken
    twice = {"name": "x", "values": {"A": "1", "a": "2"}}
    assert await whole.refused("POST", TEMPLATES, json=twice) == (400, "invalid_request")
    secret = {"name": "x", "values": {"AuthorizationKey": "00"}}
    assert await whole.refused("POST", TEMPLATES, json=secret) == (400, "invalid_request")
    assert await whole.refused("PATCH", own, json={"values": None}) == (400, "invalid_request")
    assert await whole.refused("PATCH", own, json={"name": "x"}, headers={"If-Match": '"old"'}) == (412, "stale")
    assert (await whole.client.patch(own, json={})).json() == made
    changed = (await whole.client.patch(own, json={"name": "Town", "values": {"a": "2"}})).json()
    assert (changed["name"], changed["values"]) == ("Town", {"a": "2"})
    assert [each["name"] for each in await whole.items(TEMPLATES)] == ["Land", "Town"]
    assert (await whole.client.get(own)).headers["etag"]
    assert (await whole.client.delete(own)).status_code == 204
    assert await whole.refused("GET", own) == (404, "configuration_template_not_found")


async def test_how_far_a_charger_is_from_it(whole: Whole, charger: Charger) -> None:
    """Key by key, in any letter case; what cannot be set, and what was never reported, is told apart."""
    assert (await whole.client.get(DRIFT)).json() == {"template": None, "in_sync": None, "items": []}
    template = await whole.create(TEMPLATES, name="City", values=VALUES | {"NeverHeardOf": "1"})
    own = f"{TEMPLATES}/{template['id']}"
    assigned = await whole.client.post(f"{own}/assignments", json={"charger_ids": ["cp1", "CP1"]})
    assert (assigned.status_code, assigned.json()["chargers"]) == (200, 1)
    await _reported(whole, charger)
    drift = (await whole.client.get(DRIFT)).json()
    assert {each["key"]: (each["actual"], each["state"]) for each in drift["items"]} == {
        "HeartbeatInterval": ("300", "same"),
        "MeterValueSampleInterval": ("10", "different"),
        "NeverHeardOf": (None, "unknown"),
        "NumberOfConnectors": ("2", "readonly"),
    }
    assert drift["in_sync"] is False
    (listed,) = await whole.items(f"{own}/drift", **{"differences[gte]": 1})
    assert (listed["charger_id"], listed["differences"]) == ("CP1", 3)
    assert [each for each in drift["items"] if each["state"] != "same"] == listed["keys"]
    assert await whole.items(f"{own}/drift", **{"differences[lt]": 1}) == []
    assert (await whole.client.delete("/api/v1/chargers/CP1/configuration/template")).status_code == 204
    assert (await whole.client.delete("/api/v1/chargers/CP1/configuration/template")).status_code == 204
    assert (await whole.client.get(DRIFT)).json()["template"] is None


async def test_what_differs_is_set(whole: Whole, charger: Charger) -> None:
    """A command for each key that differs and can be set; afterwards nothing is left to do."""
    template = await whole.create(TEMPLATES, name="City", values={k: v for k, v in VALUES.items() if k[0] != "N"})
    own = f"{TEMPLATES}/{template['id']}"
    strangers = {"charger_ids": ["CP1"]}
    assert await whole.refused("POST", f"{own}/apply", json=strangers) == (409, "not_of_template")
    await whole.client.post(f"{own}/assignments", json=strangers)
    await _reported(whole, charger)
    charger.answers["ChangeConfiguration"] = {"status": "Accepted"}
    answer = await whole.client.post(f"{own}/apply", json={})
    assert answer.status_code == 202
    (command,) = answer.json()["commands"]
    body = {"type": "change_configuration", "key": "MeterValueSampleInterval", "value": "60"}
    assert command["body"] == body
    assert await charger.heard_action("ChangeConfiguration") == {"key": "MeterValueSampleInterval", "value": "60"}

    async def in_sync() -> bool:
        return bool((await whole.client.get(DRIFT)).json()["in_sync"])

    assert await eventually(in_sync)
    assert (await whole.client.post(f"{own}/apply", json=strangers)).json() == {"commands": []}
    unknown = {"charger_ids": ["NOPE"]}
    assert await whole.refused("POST", f"{own}/assignments", json=unknown) == (404, "charger_not_found")


async def test_over_a_fleet(whole: Whole, charger: Charger) -> None:
    """Given to all that a filter names; key by key at how many it is how; a dry run tells what would be set."""
    for number in range(3):
        await whole.csms.charger(f"F{number}", vendor="ACME")
    await whole.csms.charger("F9", vendor="ACME", retired_at=datetime.now(UTC))
    await whole.csms.sql.execute("UPDATE chargers SET vendor = 'ACME' WHERE id = 'CP1'")
    template = await whole.create(TEMPLATES, name="City", values=VALUES)
    own = f"{TEMPLATES}/{template['id']}"
    assert await whole.refused("POST", f"{own}/assignments", json={"filter": {"vendor": "X"}}) == (
        400,
        "invalid_request",
    )
    assert await whole.errors("POST", f"{own}/assignments", json={})
    assigned = await whole.client.post(f"{own}/assignments", json={"filter": {"vendor": "ACME"}})
    assert assigned.json()["chargers"] == 4
    await _reported(whole, charger)
    await whole.csms.sql.execute(
        "INSERT INTO configurations (organization_id, charger_id, key, value)"
        " SELECT organization_id, 'F0', key, value FROM jsonb_each_text($1) AS v(key, value), chargers WHERE id = 'F0'",
        VALUES,
    )
    summary = (await whole.client.get(f"{own}/drift-summary")).json()
    assert (summary["chargers"], summary["drifted"]) == (4, 3)
    assert summary["keys"][1] == {
        "key": "MeterValueSampleInterval",
        "wanted": "60",
        "same": 1,
        "different": 1,
        "readonly": 0,
        "unknown": 2,
    }
    tried = await whole.client.post(f"{own}/apply", json={"dry_run": True})
    assert (tried.status_code, tried.json()["chargers"], tried.json()["changes"]) == (200, 3, 7)
    assert tried.json()["first"][0] == {
        "charger_id": "CP1",
        "key": "MeterValueSampleInterval",
        "wanted": "60",
        "actual": "10",
        "state": "different",
    }
    few = await whole.client.post(
        f"{own}/apply", json={"dry_run": True, "filter": {"id[prefix]": "F", "online": "false"}}
    )
    assert (few.json()["chargers"], few.json()["changes"]) == (2, 6)
    assert await whole.items("/api/v1/commands", type="change_configuration") == []
    both = {"filter": {"vendor": "ACME"}, "charger_ids": ["CP1"]}
    assert await whole.errors("POST", f"{own}/apply", json=both)
    charger.answers["ChangeConfiguration"] = {"status": "Accepted"}
    sent = (await whole.client.post(f"{own}/apply", json={"filter": {"online": "true"}})).json()["commands"]
    assert [(each["charger_id"], each["body"]["key"]) for each in sent] == [("CP1", "MeterValueSampleInterval")]


async def test_given_and_set_at_once(whole: Whole, charger: Charger) -> None:
    """With assign, chargers get the template and what differs; the dry run tells how many have another one."""
    other = await whole.create(TEMPLATES, name="Other", values={"HeartbeatInterval": "10"})
    template = await whole.create(TEMPLATES, name="City", values={"HeartbeatInterval": "300", "Interval": "60"})
    own = f"{TEMPLATES}/{template['id']}"
    await whole.csms.charger("F1", vendor="ACME", model="One")
    await whole.client.post(f"{TEMPLATES}/{other['id']}/assignments", json={"charger_ids": ["F1"]})
    await whole.client.post(f"{own}/assignments", json={"charger_ids": ["CP1"]})
    both = {"charger_ids": ["CP1", "F1"], "assign": True}
    tried = (await whole.client.post(f"{own}/apply", json=both | {"dry_run": True})).json()
    assert {key: tried[key] for key in ("named", "assigned", "replaced", "chargers", "changes")} == {
        "named": 2,
        "assigned": 1,
        "replaced": 1,
        "chargers": 2,
        "changes": 4,
    }
    assert (await whole.client.get(own)).json()["chargers"] == 1
    assert await whole.errors("POST", f"{own}/apply", json={"assign": True})
    charger.answers["ChangeConfiguration"] = {"status": "Accepted"}
    issued = (await whole.client.post(f"{own}/apply", json=both | {"queue_s": 60})).json()["commands"]
    assert len(issued) == 4
    assert [each["charger_id"] for each in await whole.items(f"{own}/drift")] == ["CP1", "F1"]
    found = await whole.items("/api/v1/commands", id=[issued[0]["id"], issued[1]["id"]])
    assert {each["id"] for each in found} == {issued[0]["id"], issued[1]["id"]}
    lines = await whole.csms.rows(
        "SELECT action, after FROM audit_log WHERE subject_id = $1 ORDER BY at", template["id"]
    )
    assert [line["action"].rsplit(":", 1)[1] for line in lines] == ["create", "assign", "assign", "apply"]
    summary = (await whole.client.get(f"{own}/drift-summary")).json()
    assert {"vendor": "ACME", "model": "One", "protocol": None, "chargers": 1, "drifted": 1} in summary["models"]
