# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Sites and groups by HTTP, and roles that hold there only."""

from uuid import uuid4

from tests.api.support import Product
from tests.features.people.test_people import client_of, code, person


async def _site(api: Product, name: str, **body: object) -> str:
    made = await api.client.post("/api/v1/sites", json={"name": name, **body})
    assert made.status_code == 201, made.text
    key: str = made.json()["id"]
    return key


async def test_sites_lie_in_each_other(api: Product) -> None:
    """A tree with addresses, hours and a time zone; it is moved as a whole and never into itself."""
    north = await _site(api, "Nord", country="DE", time_zone="Europe/Berlin")
    hours = [{"weekday": 1, "begin": "08:00:00", "end": "24:00"}, {"weekday": 2, "begin": "00:00", "end": "20:30"}]
    cologne = await _site(
        api, "Köln", parent_id=north, city="Köln", latitude=50.937531, longitude=6.960279, opening_hours=hours
    )
    await api.client.post("/api/v1/chargers", json={"id": "CP1", "site_id": cologne})
    found = await api.client.get(f"/api/v1/sites/{north}")
    assert found.json()["chargers"] == 1
    shown = (await api.client.get(f"/api/v1/sites/{cologne}")).json()
    assert (shown["path"], shown["latitude"], shown["opening_hours"][0]["end"]) == (
        [north, cologne],
        50.937531,
        "24:00",
    )
    below = await api.items("/api/v1/sites", **{"path[contains_any]": north})
    assert [each["name"] for each in below] == ["Köln", "Nord"]
    assert [each["id"] for each in await api.items("/api/v1/chargers", **{"places[contains_any]": north})] == ["CP1"]

    for body, status, expected in (
        ({"parent_id": cologne}, 400, "site_tree"),
        ({"parent_id": north}, 400, "site_tree"),
        ({"parent_id": str(uuid4())}, 400, "site_tree"),
        ({"name": None}, 400, "invalid_request"),
        ({"time_zone": "Here"}, 422, "invalid_body"),
        ({"latitude": 91}, 422, "invalid_body"),
        ({"opening_hours": [{"weekday": 1, "begin": "10:00", "end": "09:00"}]}, 422, "invalid_body"),
        ({"organization_id": str(uuid4())}, 422, "invalid_body"),
    ):
        assert await api.refused("PATCH", f"/api/v1/sites/{north}", json=body) == (status, expected), body
    south = await _site(api, "Süd")
    tag = found.headers["etag"]
    moved = await api.client.patch(f"/api/v1/sites/{north}", json={"parent_id": south}, headers={"If-Match": tag})
    assert moved.json()["path"] == [south, north]
    assert (await api.client.get(f"/api/v1/sites/{cologne}")).json()["path"] == [south, north, cologne]
    assert (await api.client.get(f"/api/v1/sites/{south}")).json()["chargers"] == 1
    for taken in (south, cologne):
        assert await api.refused("DELETE", f"/api/v1/sites/{taken}") == (409, "site_in_use")
    assert (await api.client.patch("/api/v1/chargers/CP1", json={"site_id": None})).status_code == 200
    assert (await api.client.delete(f"/api/v1/sites/{cologne}")).status_code == 204
    assert await api.refused("GET", f"/api/v1/sites/{cologne}") == (404, "site_not_found")
    assert await api.refused("PATCH", "/api/v1/chargers/CP1", json={"site_id": cologne}) == (400, "site_not_found")
    deep = south
    for _ in range(7):
        deep = await _site(api, "tiefer", parent_id=deep)
    assert (await api.refused("POST", "/api/v1/sites", json={"name": "x", "parent_id": deep}))[1] == "site_tree"


async def test_groups_are_all_or_nothing(api: Product) -> None:
    """Chargers are put in and out in any spelling; one that is not there stops all of it."""
    for identity in ("CP1", "CP2"):
        await api.client.post("/api/v1/chargers", json={"id": identity})
    made = (await api.client.post("/api/v1/charger-groups", json={"name": "Schnell"})).json()
    path = f"/api/v1/charger-groups/{made['id']}"
    assert await api.refused("POST", "/api/v1/charger-groups", json={"name": "schnell"}) == (409, "group_taken")
    wrong = {"add": ["cp1", "CP9", "CP8"]}
    assert await api.refused("POST", f"{path}/members", json=wrong) == (404, "charger_not_found")
    assert (await api.client.get(path)).json()["chargers"] == 0
    assert (await api.client.post(f"{path}/members", json={"add": ["cp1", "CP2", "CP2"]})).json()["chargers"] == 2
    assert (await api.client.get("/api/v1/chargers/CP1")).json()["groups"] == [made["id"]]
    assert len(await api.items("/api/v1/chargers", **{"places[contains_any]": made["id"]})) == 2
    assert (await api.client.post(f"{path}/members", json={"remove": ["CP2"]})).json()["chargers"] == 1
    changed = await api.client.patch(path, json={"name": "Langsam", "description": "22 kW"})
    assert changed.json()["name"] == "Langsam"
    assert (await api.refused("PATCH", path, json={"name": None}))[0] == 400
    assert (await api.client.delete(path)).status_code == 204
    assert await api.refused("GET", path) == (404, "group_not_found")
    assert (await api.client.get("/api/v1/chargers/CP1")).json()["groups"] == []


async def test_a_role_at_a_site_ends_at_its_fence(api: Product) -> None:
    """Lists, items, changes, commands, transactions: of the own site all of it, of others not even that they exist."""
    here, there = await _site(api, "Hier"), await _site(api, "Dort")
    hidden = await _site(api, "Anderswo")
    for identity, site in (("MINE", here), ("OTHER", there), ("HIDDEN", hidden), ("NOWHERE", None)):
        await api.client.post("/api/v1/chargers", json={"id": identity, "site_id": site})
    mine, other = await api.transaction("MINE"), await api.transaction("OTHER")
    given = [{"role": "technician", "site_id": here}, {"role": "viewer", "site_id": there}]
    tina = await person(api, "tina", assignments=given)
    grants = {each["permission"]: each["places"] for each in (await tina.get("/api/v1/me")).json()["grants"]}
    assert grants["charger:charger:read"] == sorted([here, there])
    assert grants["charger:charger:update"] == [here]
    assert "onboarding:charger:read" not in grants  # concerns no place

    async def ids(path: str, name: str = "id") -> list[str]:
        return sorted(item[name] for item in (await tina.get(path)).json()["items"])

    assert await ids("/api/v1/chargers") == ["MINE", "OTHER"]
    assert await ids(f"/api/v1/chargers?places[contains_any]={here}") == ["MINE"]
    assert await ids(f"/api/v1/chargers?places[contains_any]={hidden}") == []
    assert await ids("/api/v1/sites", "name") == ["Dort", "Hier"]
    assert await ids("/api/v1/transactions") == sorted([str(mine), str(other)])
    assert (await tina.get("/api/v1/chargers/NOWHERE")).status_code == 404
    assert (await tina.get("/api/v1/chargers/OTHER")).status_code == 200
    assert (await tina.patch("/api/v1/chargers/MINE", json={"name": "x"})).status_code == 200
    assert (await tina.patch("/api/v1/chargers/OTHER", json={"name": "x"})).status_code == 404
    assert (await tina.patch("/api/v1/chargers/MINE", json={"site_id": there})).status_code == 400
    assert (await tina.patch("/api/v1/chargers/MINE", json={"site_id": None})).status_code == 400
    reset = {"type": "reset"}
    sent = await tina.post("/api/v1/chargers/MINE/commands", json=reset)
    assert sent.status_code == 202, sent.text
    assert (await tina.post("/api/v1/chargers/OTHER/commands", json=reset)).status_code == 404
    raw = {"type": "call", "action": "Reset", "payload": {"type": "Soft"}}
    assert (await tina.post("/api/v1/chargers/MINE/commands", json=raw)).status_code == 403
    bulk = await tina.post("/api/v1/bulk-commands", json={"filter": {"registration": "accepted"}, "command": reset})
    assert bulk.status_code == 202, bulk.text
    assert bulk.json()["total"] == 1
    for path in ("users", "tokens", "audit", "pending-chargers", "jobs", "settings/retention", "api-keys"):
        assert (await tina.get(f"/api/v1/{path}")).status_code == 403, path
    # with a place taken away it is gone at once
    user = (await api.items("/api/v1/users", username="tina"))[0]["id"]
    await api.client.patch(f"/api/v1/users/{user}", json={"assignments": [given[0]]})
    assert await ids("/api/v1/chargers") == ["MINE"]
    assert (await api.client.delete(f"/api/v1/sites/{there}")).status_code == 409


async def test_keys_and_groups_hold_a_program_to_its_part(api: Product) -> None:
    """A key for a group sees that group's chargers; makers of keys give no more than they have."""
    for identity in ("CP1", "CP2"):
        await api.client.post("/api/v1/chargers", json={"id": identity})
    group = (await api.client.post("/api/v1/charger-groups", json={"name": "g"})).json()["id"]
    await api.client.post(f"/api/v1/charger-groups/{group}/members", json={"add": ["CP2"]})
    body = {"name": "k", "permissions": ["charger:charger:read", "token:token:read"], "places": [group]}
    key = (await api.client.post("/api/v1/api-keys", json=body)).json()["key"]
    program = client_of(api, **{"X-API-Key": key})
    assert [each["id"] for each in (await program.get("/api/v1/chargers")).json()["items"]] == ["CP2"]
    assert (await program.get("/api/v1/tokens")).status_code == 403
    wrong = {**body, "places": [str(uuid4())]}
    assert await code(await api.client.post("/api/v1/api-keys", json=wrong)) == (404, "not_found")
