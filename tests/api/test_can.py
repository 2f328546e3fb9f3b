# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Each resource tells what the caller may do to it, and that is what happens."""

from csms.kit.http.can import dependencies_of, routes_of
from tests.api.support import Product
from tests.features.people.test_people import client_of, person


async def test_the_map_is_what_happens(api: Product) -> None:
    """In lists and on items, for who may do all, for a viewer, and for somebody whose role holds at one site."""
    site = (await api.client.post("/api/v1/sites", json={"name": "Here"})).json()["id"]
    for identity, where in (("MINE", site), ("OTHER", None)):
        made = await api.client.post("/api/v1/chargers", json={"id": identity, "site_id": where})
        assert made.json()["can"]["update_charger"]
    admin = {item["id"]: item["can"] for item in await api.items("/api/v1/chargers")}
    assert {"update_charger", "retire_charger", "send_command", "rotate_charger_secret"} <= admin["MINE"].keys()
    assert all(admin["MINE"].values())
    one = await api.client.get("/api/v1/chargers/MINE")
    assert one.json()["can"] == admin["MINE"]
    assert int(one.headers["content-length"]) == len(one.content)

    viewer = await person(api, "vera", role="viewer")
    seen = (await viewer.get("/api/v1/chargers/MINE")).json()["can"]
    assert not any(seen.values())
    assert (await viewer.patch("/api/v1/chargers/MINE", json={"name": "x"})).status_code == 403

    given = [{"role": "technician", "site_id": site}]
    tina = await person(api, "tina", role="viewer", assignments=given)
    can = {item["id"]: item["can"] for item in (await tina.get("/api/v1/chargers")).json()["items"]}
    assert (can["MINE"]["update_charger"], can["MINE"]["retire_charger"]) == (True, False)
    assert not any(can["OTHER"].values())
    for identity, allowed in (("mine", 200), ("OTHER", 404)):
        item = (await tina.get(f"/api/v1/chargers/{identity}")).json()
        assert item["can"]["update_charger"] == (allowed == 200)
        answer = await tina.patch(f"/api/v1/chargers/{identity}", json={"name": "x"})
        assert answer.status_code == allowed
    # with fields nobody asked for it, and what has no actions has no map
    chosen = (await api.client.get("/api/v1/chargers?fields=id")).json()["items"]
    assert chosen == [{"id": "MINE"}, {"id": "OTHER"}]
    assert "can" not in (await api.items("/api/v1/audit"))[0]
    document = (await client_of(api).get("/api/openapi.json")).json()
    assert "can" in document["components"]["schemas"]["Charger"]["properties"]


async def test_keepers_are_found_as_fastapi_finds_them(api: Product) -> None:
    """Without a model of each parameter, which takes a second for all routes."""
    routes = list(routes_of(api.app.router.routes))
    assert len(routes) > 250
    for route in routes:
        assert [each.call for each in route.dependant.dependencies] == list(dependencies_of(route.endpoint)), route.name
