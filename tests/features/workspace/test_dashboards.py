# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Dashboards of one's own, and what a role gives until somebody has some."""

from csms.features.workspace import rules
from tests.api.support import Product
from tests.features.workspace.support import SITE, as_program, person

PATH = "/api/v1/dashboards"
DEFAULTS = "/api/v1/dashboard-defaults"
ALERTS = {"kind": "open_alerts", "size": "M", "title": None, "settings": {}}
POWER = {"kind": "power", "size": "XL", "title": "Power", "settings": {"site_id": SITE, "hours": 24}}


async def test_a_dashboard_is_kept_changed_and_forgotten(api: Product) -> None:
    """Round trip, tag, order; another person has none of it."""
    made = await api.client.post(PATH, json={"name": "Night", "widgets": [ALERTS, POWER]})
    first = made.json()
    assert (first["widgets"], first["position"]) == ([ALERTS, POWER], 0)
    second = await api.create(PATH, name="Day")
    assert [each["name"] for each in await api.items(PATH)] == ["Night", "Day"]
    ids = {"ids": [second["id"], first["id"]]}
    assert (await api.client.put(f"{PATH}/order", json=ids)).status_code == 204
    assert [each["name"] for each in await api.items(PATH)] == ["Day", "Night"]

    path = f"{PATH}/{first['id']}"
    stale = {"If-Match": made.headers["etag"]}
    assert await api.refused("PATCH", path, json={"widgets": []}, headers=stale) == (412, "stale")
    current = {"If-Match": (await api.client.get(path)).headers["etag"]}
    after = await api.client.patch(path, json={"widgets": [{"kind": "open_alerts", "size": "M"}]}, headers=current)
    assert (after.json()["widgets"], after.json()["name"]) == ([ALERTS], "Night"), "with what was left out"
    anna = await person(api, "anna", "admin")
    assert (await api.client.get(PATH, headers=anna)).json()["items"] == []
    for method in ("GET", "PATCH", "DELETE"):
        refused = await api.refused(method, path, json={} if method == "PATCH" else None, headers=anna)
        assert refused == (404, "dashboard_not_found"), method
    assert (await api.client.delete(path, headers=current)).status_code == 412
    assert (await api.client.delete(path)).status_code == 204
    lines = await api.items("/api/v1/audit", subject_id=first["id"], sort="at")
    assert [line["action"].rpartition(":")[2] for line in lines] == ["create", "update", "delete"]
    assert lines[0]["after"] == {"widgets": ["open_alerts M", "power XL"]}


async def test_limits(api: Product) -> None:
    """So many widgets, dashboards and bytes and no more; kinds and sizes are words; keys have none."""
    await api.create(PATH, name="full", widgets=[ALERTS] * rules.MAX_WIDGETS)
    large = {**ALERTS, "settings": {"t": "x" * (rules.MAX_WIDGET_BYTES - 100)}}
    for widgets in (
        [ALERTS] * (rules.MAX_WIDGETS + 1),
        [large] * 20,
        [{**ALERTS, "settings": {"t": "x" * rules.MAX_WIDGET_BYTES}}],
        [{**ALERTS, "size": "XXL"}],
        [{**ALERTS, "kind": "<script>"}],
        [{**ALERTS, "html": "x"}],
    ):
        assert (await api.refused("POST", PATH, json={"name": "x", "widgets": widgets}))[0] == 422
    assert (await api.refused("POST", PATH, json={"name": "x", "user_id": SITE}))[0] == 422
    for number in range(rules.MAX_DASHBOARDS - 1):
        await api.create(PATH, name=f"n{number}")
    assert await api.refused("POST", PATH, json={"name": "one more"}) == (409, "too_many_dashboards")
    for path in (PATH, f"{PATH}/default"):
        assert await as_program(api, "GET", path) == (403, "no_session")
    assert await as_program(api, "POST", f"{PATH}/reset") == (403, "no_session")


async def test_a_role_gives_dashboards_until_somebody_has_their_own(api: Product) -> None:
    """Set, changed, taken back by whoever may; seen by those who have the role; reset goes back to it."""
    anna = await person(api, "anna", "technician")
    nothing = {"role": None, "dashboards": []}
    assert (await api.client.get(f"{PATH}/default", headers=anna)).json() == nothing
    body = {"dashboards": [{"name": "Technicians", "widgets": [ALERTS]}]}
    made = await api.client.put(f"{DEFAULTS}/technician", json=body)
    assert made.json()["dashboards"] == body["dashboards"]
    assert made.json()["can"] == {"set_dashboard_default": True, "delete_dashboard_default": True}
    given = {"role": "technician", "dashboards": body["dashboards"]}
    assert (await api.client.get(f"{PATH}/default", headers=anna)).json() == given
    assert (await api.client.get(f"{PATH}/default")).json() == nothing, "an admin is no technician"

    await api.client.post(PATH, json={"name": "Mine"}, headers=anna)
    await api.create(PATH, name="the admin's")
    assert (await api.client.post(f"{PATH}/reset", headers=anna)).json() == given
    assert (await api.client.get(PATH, headers=anna)).json()["items"] == []
    assert len(await api.items(PATH)) == 1

    tag = {"If-Match": made.headers["etag"]}
    api.clock.advance(1)
    other = {"dashboards": [{"name": "Other", "widgets": []}]}
    assert (await api.client.put(f"{DEFAULTS}/technician", json=other, headers=tag)).status_code == 200
    assert await api.refused("PUT", f"{DEFAULTS}/technician", json=body, headers=tag) == (412, "stale")
    assert await api.refused("DELETE", f"{DEFAULTS}/technician", headers=tag) == (412, "stale")
    assert [each["role"] for each in await api.items(DEFAULTS)] == ["technician"]
    nothing_yet = {"If-Match": ""}
    assert await api.refused("PUT", f"{DEFAULTS}/technician", json=body, headers=nothing_yet) == (412, "stale")
    assert (await api.client.put(f"{DEFAULTS}/support", json=body, headers=nothing_yet)).status_code == 200
    assert (await api.client.delete(f"{DEFAULTS}/support")).status_code == 204
    assert (await api.client.delete(f"{DEFAULTS}/technician")).status_code == 204
    assert await api.refused("GET", f"{DEFAULTS}/technician") == (404, "dashboard_default_not_found")
    assert await api.refused("DELETE", f"{DEFAULTS}/technician") == (404, "dashboard_default_not_found")
    changes = await api.items("/api/v1/audit", action="dashboard:default:change")
    assert len(changes) == 5


async def test_who_looks_as_a_role_does_sees_its_dashboards(api: Product) -> None:
    """Not those of the role that they have themselves."""
    for role in ("admin", "viewer"):
        body = {"dashboards": [{"name": role, "widgets": []}]}
        assert (await api.client.put(f"{DEFAULTS}/{role}", json=body)).status_code == 200
    assert (await api.client.get(f"{PATH}/default")).json()["role"] == "admin"
    as_viewer = {"CSMS-Preview-Role": "viewer"}
    seen = (await api.client.get(f"{PATH}/default", headers=as_viewer)).json()
    assert (seen["role"], seen["dashboards"][0]["name"]) == ("viewer", "viewer")
    as_support = {"CSMS-Preview-Role": "support"}
    assert (await api.client.get(f"{PATH}/default", headers=as_support)).json()["role"] is None


async def test_a_role_at_a_place_counts_where_there_is_none_for_all(api: Product) -> None:
    """Whoever has a role at one site only sees its dashboards."""
    anna = await person(api, "anna", "none")
    await api.insert("sites", id=SITE, name="Nord")
    key = (await api.client.get("/api/v1/me", headers=anna)).json()["id"]
    assigned = {"assignments": [{"role": "viewer", "site_id": SITE}]}
    assert (await api.client.patch(f"/api/v1/users/{key}", json=assigned)).status_code == 200
    body = {"dashboards": [{"name": "V", "widgets": []}]}
    await api.client.put(f"{DEFAULTS}/viewer", json=body)
    assert (await api.client.get(f"{PATH}/default", headers=anna)).json()["role"] == "viewer"


async def test_who_sets_them_and_for_whom(api: Product) -> None:
    """Not an operator; for roles that are there, also own ones; something has to be in it."""
    otto = await person(api, "otto", "operator")
    body = {"dashboards": [{"name": "N", "widgets": []}]}
    for method, path in (("GET", DEFAULTS), ("PUT", f"{DEFAULTS}/viewer"), ("DELETE", f"{DEFAULTS}/viewer")):
        refused = await api.refused(method, path, json=body if method == "PUT" else None, headers=otto)
        assert refused == (403, "forbidden"), method
    assert await api.refused("PUT", f"{DEFAULTS}/night", json=body) == (404, "role_not_found")
    await api.create("/api/v1/roles", key="night", name="Night", like="viewer")
    assert (await api.client.put(f"{DEFAULTS}/night", json=body)).status_code == 200
    never = {"If-Match": '"x"'}
    assert await api.refused("PUT", f"{DEFAULTS}/viewer", json=body, headers=never) == (412, "stale")
    for wrong in ({"dashboards": []}, {"dashboards": body["dashboards"] * 11}, {}):
        assert (await api.refused("PUT", f"{DEFAULTS}/viewer", json=wrong))[0] == 422
