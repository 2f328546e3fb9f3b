# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Saved views: private or shared, seen by whoever may read what they list, changed by whoever may."""

import asyncio

from csms.features.workspace import rules
from tests.api.support import Product
from tests.features.workspace.support import as_program, person

PATH = "/api/v1/views"
FAULTED = {"screen": "chargers", "name": "Faulted", "filter": {"status": "faulted", "name[prefix]": ["A", "B"]}}


async def test_a_view_is_kept_changed_and_forgotten(api: Product) -> None:
    """Round trip, tag, location, order; each step is in the audit log, without the values of filters."""
    made = await api.client.post(PATH, json={**FAULTED, "sort": "-name", "columns": ["id", "name"]})
    view = made.json()
    assert made.headers["location"] == f"{PATH}/{view['id']}"
    assert {**FAULTED, "sort": "-name", "columns": ["id", "name"], "shared": False}.items() <= view.items()
    assert (view["position"], view["mine"], view["owner"]) == (0, True, "admin")
    assert view["can"] == {"update_view": True, "delete_view": True}
    read = await api.client.get(f"{PATH}/{view['id']}")
    assert (read.json(), read.headers["etag"]) == (view, made.headers["etag"])
    assert await api.items(PATH, screen="chargers") == [view]

    tag = {"If-Match": made.headers["etag"]}
    bodies = [{"name": "Broken"}, {"name": "Out of order"}]
    answers = await asyncio.gather(
        *(api.client.patch(f"{PATH}/{view['id']}", json=body, headers=tag) for body in bodies)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert await api.refused("DELETE", f"{PATH}/{view['id']}", headers=tag) == (412, "stale")
    emptied = await api.client.patch(f"{PATH}/{view['id']}", json={"sort": None, "columns": None, "filter": {}})
    assert (emptied.json()["sort"], emptied.json()["columns"], emptied.json()["filter"]) == (None, None, {})
    assert (await api.client.delete(f"{PATH}/{view['id']}")).status_code == 204
    assert await api.refused("GET", f"{PATH}/{view['id']}") == (404, "view_not_found")
    lines = await api.items("/api/v1/audit", subject_id=view["id"], sort="at")
    assert [line["action"].rpartition(":")[2] for line in lines] == ["create", "update", "update", "delete"]
    assert lines[0]["after"]["filter"] == ["name[prefix]", "status"]
    assert "faulted" not in str(lines).lower(), "neither by what value nor how it is called"
    shared = await api.create(PATH, **{**FAULTED, "name": "For all", "shared": True})
    assert (await api.items("/api/v1/audit", subject_id=shared["id"]))[0]["after"]["name"] == "For all"


async def test_they_have_an_order(api: Product) -> None:
    """New ones come last; an order is set at once, for one's own and nobody else's."""
    ids = [(await api.create(PATH, screen="chargers", name=name))["id"] for name in "abc"]
    other = await api.create(PATH, screen="map", name="a")
    assert other["position"] == 0, "each screen is counted for itself"
    order = [ids[2], ids[0], ids[1]]
    assert (await api.client.put(f"{PATH}/order", json={"ids": order})).status_code == 204
    assert [each["id"] for each in await api.items(PATH, screen="chargers")] == order
    twice = {"ids": [ids[0], ids[0]]}
    assert await api.refused("PUT", f"{PATH}/order", json=twice) == (400, "invalid_request")
    anna = await person(api, "anna", "viewer")
    hers = await api.refused("PUT", f"{PATH}/order", json={"ids": ids}, headers=anna)
    assert hers == (404, "view_not_found")
    assert [each["id"] for each in await api.items(PATH, screen="chargers")] == order


async def test_who_sees_and_changes_what_is_shared(api: Product) -> None:
    """It takes a permission to share, and one to read what the screen lists; private ones are nobody else's."""
    anna, otto = await person(api, "anna", "viewer"), await person(api, "otto", "operator")
    private = await api.create(PATH, **FAULTED)
    chargers = await api.create(PATH, screen="chargers", name="Shared", shared=True)
    users = await api.create(PATH, screen="users", name="Admins", shared=True)

    seen = (await api.client.get(PATH, headers=anna)).json()["items"]
    assert [(each["id"], each["mine"], each["owner"]) for each in seen] == [(chargers["id"], False, "admin")]
    assert seen[0]["can"] == {"update_view": False, "delete_view": False}
    for hidden in (private, users):
        refused = await api.refused("GET", f"{PATH}/{hidden['id']}", headers=anna)
        assert refused == (404, "view_not_found")
    own = (await api.client.post(PATH, json=FAULTED, headers=anna)).json()
    for method, path, body in (
        ("POST", PATH, {**FAULTED, "name": "x", "shared": True}),
        ("PATCH", f"{PATH}/{own['id']}", {"shared": True}),
        ("PATCH", f"{PATH}/{chargers['id']}", {"name": "Mine now"}),
        ("DELETE", f"{PATH}/{chargers['id']}", None),
        ("PUT", f"{PATH}/order", {"ids": [chargers["id"]]}),
    ):
        assert await api.refused(method, path, json=body, headers=anna) == (403, "forbidden"), (method, path)

    path = f"{PATH}/{chargers['id']}"
    renamed = await api.client.patch(path, json={"name": "All"}, headers=otto)
    assert (renamed.json()["name"], renamed.json()["owner"], renamed.json()["mine"]) == ("All", "admin", False)
    taken = await api.refused("PATCH", path, json={"shared": False}, headers=otto)
    assert taken == (409, "view_of_another")
    assert (await api.client.patch(path, json={"shared": False})).json()["shared"] is False
    assert (await api.client.get(PATH, headers=otto)).json()["items"] == []


async def test_who_lost_the_permission_keeps_what_was_shared_but_changes_it_no_more(api: Product) -> None:
    """The right is looked at with every change, not at the sharing alone."""
    otto = await person(api, "otto", "operator")
    shared = (await api.client.post(PATH, json={**FAULTED, "shared": True}, headers=otto)).json()
    answer = await api.client.patch(f"/api/v1/users/{shared['owner_id']}", json={"role": "viewer"})
    assert answer.status_code == 200
    path = f"{PATH}/{shared['id']}"
    assert (await api.client.get(path, headers=otto)).json()["can"]["update_view"] is False
    assert await api.refused("PATCH", path, json={"name": "x"}, headers=otto) == (403, "forbidden")


async def test_limits_and_refusals(api: Product) -> None:
    """Names once a screen, so many views and no more, sizes, words; keys have no views."""
    view = await api.create(PATH, **FAULTED)
    assert await api.refused("POST", PATH, json={**FAULTED, "name": "FAULTED"}) == (409, "view_taken")
    other = await api.create(PATH, **{**FAULTED, "name": "Other"})
    taken = await api.refused("PATCH", f"{PATH}/{other['id']}", json={"name": "faulted"})
    assert taken == (409, "view_taken")
    assert await api.refused("PATCH", f"{PATH}/{view['id']}", json={"name": None}) == (400, "invalid_request")
    for body in (
        {"screen": "chargers.x"},
        {"name": ""},
        {"name": "a\nb"},
        {"filter": {"status": 1}},
        {"filter": {"status OR 1": "x"}},
        {"filter": {f"f{number}": "x" for number in range(41)}},
        {"filter": {f"f{number}": "x" * 500 for number in range(40)}},
        {"display": {"t": "x" * rules.MAX_DISPLAY_BYTES}},
        {"sort": "name;"},
        {"columns": ["<b>"]},
        {"owner_id": view["owner_id"]},
    ):
        assert (await api.refused("POST", PATH, json={**FAULTED, "name": "new", **body}))[0] == 422, body
    await api.sql.execute(
        "INSERT INTO saved_views (id, organization_id, user_id, screen, name, filter, display, position)"
        " SELECT gen_random_uuid(), organization_id, user_id, 'map', n::text, '{}', '{}', n FROM saved_views,"
        " generate_series(1, $2) n WHERE id = $1",
        view["id"],
        rules.MAX_VIEWS - 2,
    )
    assert await api.refused("POST", PATH, json={**FAULTED, "name": "new"}) == (409, "too_many_views")
    assert (await as_program(api, "GET", PATH)) == (403, "no_session")
    assert (await as_program(api, "POST", PATH, json=FAULTED)) == (403, "no_session")


async def test_a_file_of_views_has_no_map_of_rights(api: Product) -> None:
    """A table holds what the views are; fields may be chosen."""
    await api.create(PATH, **FAULTED)
    lines = (await api.client.get(PATH, params={"format": "csv"})).text.splitlines()
    assert "can" not in lines[0].split(",")
    assert "Faulted" in lines[1]
    assert await api.items(PATH, fields="name") == [{"name": "Faulted"}]
