# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Chargers on a map: where they are, how they are, and who sees it."""

from datetime import timedelta
from typing import Any

from tests.api.support import Product
from tests.features.people.test_people import client_of, person

MAP = "/api/v1/charger-map"


async def _site(api: Product, name: str, **body: object) -> str:
    key: str = (await api.create("/api/v1/sites", name=name, **body))["id"]
    return key


async def _charger(api: Product, identity: str, site_id: str | None, **columns: Any) -> None:
    await api.create("/api/v1/chargers", id=identity, site_id=site_id)
    for name, value in columns.items():
        await api.sql.execute(f"UPDATE chargers SET {name} = $2 WHERE id = $1", identity, value)


async def _online(api: Product, *identities: str, lease: timedelta = timedelta(days=10_000)) -> None:
    """Connections of a node whose lease holds, or not."""
    node = f"node-{identities[0]}"
    now = api.clock.now()
    await api.insert("gateway_nodes", id=node, started_at=now, lease_until=now + lease)
    for each in identities:
        row = {"charger_id": each, "node_id": node, "epoch": 1, "online": True, "connected_at": now}
        await api.insert("charger_connections", **row)


async def _connectors(api: Product, identity: str, *states: str) -> None:
    for number, state in enumerate(states, 1):
        row = {"evse_id": number, "connector_id": number, "status": state, "state": state}
        await api.insert("connectors", charger_id=identity, last_status_update=api.clock.now(), **row)


async def _shown(api: Product, **query: Any) -> dict[str, dict[str, int]]:
    answer = await api.client.get(MAP, params=query)
    assert answer.status_code == 200, answer.text
    return {point["name"]: point["chargers"] for point in answer.json()["points"]}


async def test_the_worst_state_of_each_charger_is_counted(api: Product) -> None:
    """As the list says it: who is away is away, one faulted connector counts more than others that are free."""
    site = await _site(api, "Nord", latitude=53.5, longitude=10.0)
    states = {
        "FAULTY": ["available", "faulted", "occupied"],
        "BUSY": ["occupied", "available"],
        "HALF": ["available", "unavailable"],
        "STRANGE": ["available", "something"],
        "KEPT": ["reserved", "available"],
        "FREE": ["available"],
        "GONE": ["faulted"],
        "LOST": ["available"],
        "SILENT": [],
        "WHOLE": [],
    }
    for identity, own in states.items():
        await _charger(api, identity, site)
        await _connectors(api, identity, *own)
    await _charger(api, "CLOSED", site, status="unavailable")
    await _connectors(api, "CLOSED", "available")
    await _charger(api, "BROKEN", site, status="faulted")
    await api.sql.execute("UPDATE chargers SET status = 'available' WHERE id = 'WHOLE'")
    # connector 0 is the charger itself
    row = {"evse_id": 0, "connector_id": 0, "status": "faulted", "state": "faulted"}
    await api.insert("connectors", charger_id="FREE", last_status_update=api.clock.now(), **row)
    await _online(api, *(set(states) - {"GONE", "LOST"}), "CLOSED", "BROKEN")
    await _online(api, "LOST", lease=timedelta(days=-10_000))
    counts = {"faulted": 2, "offline": 2, "unavailable": 4, "reserved": 1, "in_use": 1, "available": 2}
    assert await _shown(api) == {"Nord": counts}
    assert await _shown(api, online="false") == {"Nord": {"offline": 2}}
    assert await _shown(api, q="busy") == {"Nord": {"in_use": 1}}
    assert await _shown(api, id=["free", "KEPT"]) == {"Nord": {"reserved": 1, "available": 1}}
    assert await _shown(api, id="nobody") == {}


async def test_a_charger_is_where_the_nearest_site_with_coordinates_is(api: Product) -> None:
    """Its own, or one around it; who is at none, or at one that is nowhere, is counted apart."""
    depot = await _site(api, "Depot", latitude=50.9, longitude=6.9)
    yard = await _site(api, "Yard", parent_id=depot)
    row = await _site(api, "Row", parent_id=yard)
    gate = await _site(api, "Gate", parent_id=yard, latitude=50.95, longitude=6.95)
    half = await _site(api, "Half", latitude=1.0)
    for identity, site in {"A": depot, "B": yard, "C": row, "D": gate, "E": half, "F": None}.items():
        await _charger(api, identity, site)
    answer = (await api.client.get(MAP)).json()
    assert answer["elsewhere"] == 2
    found = {point["name"]: point for point in answer["points"]}
    assert found.keys() == {"Depot", "Gate"}
    assert found["Depot"]["site_ids"] == sorted([depot, yard, row])
    assert (found["Depot"]["latitude"], found["Depot"]["longitude"]) == (50.9, 6.9)
    assert found["Depot"]["chargers"] == {"offline": 3}
    assert found["Gate"]["site_ids"] == [gate]
    there = await api.items("/api/v1/chargers", site_id=found["Depot"]["site_ids"])
    assert [each["id"] for each in there] == ["A", "B", "C"]
    assert (await api.client.get(MAP, params={"site_id": gate})).json()["elsewhere"] == 0


async def test_only_what_may_be_seen_is_on_it(api: Product) -> None:
    """Whoever works at one site sees that one, in the place it has; without both permissions there is no map."""
    around = await _site(api, "Around", latitude=50.0, longitude=6.0)
    here = await _site(api, "Here", parent_id=around)
    placed = await _site(api, "Placed", parent_id=around, latitude=51.0, longitude=7.0)
    for identity, site in {"A": here, "B": placed, "C": around}.items():
        await _charger(api, identity, site)
    tina = await person(api, "tina", assignments=[{"role": "viewer", "site_id": here}])
    assert (await tina.get(MAP)).json() == {"points": [], "elsewhere": 1}
    jan = await person(api, "jan", assignments=[{"role": "viewer", "site_id": placed}])
    points = (await jan.get(MAP)).json()["points"]
    assert [(each["name"], each["chargers"]) for each in points] == [("Placed", {"offline": 1})]
    for permission in ("charger:charger:read", "site:site:read"):
        body = {"name": permission, "permissions": [permission]}
        key = (await api.client.post("/api/v1/api-keys", json=body)).json()["key"]
        refused = await client_of(api, **{"X-API-Key": key}).get(MAP)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


async def test_what_it_does_not_know_it_refuses(api: Product) -> None:
    """Filters are those of the list; a map has no pages, and no NUL can be looked for."""
    for query in ({"nonsense": "1"}, {"limit": "5"}, {"site_id": "x"}, {"q": "a\x00"}):
        answer = await api.client.get(MAP, params=query)
        assert answer.status_code in {400, 422}, answer.text
