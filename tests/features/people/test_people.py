# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Users, roles and organizations by HTTP: who may give what to whom."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest

from csms.features.accounts.permissions import PLACE_BOUND, Permission
from csms.features.accounts.roles import BUILT_IN
from tests.api.support import Product
from tests.features.accounts.support import PASSWORD

NEW = "correct horse battery"


def client_of(api: Product, **headers: str) -> httpx2.AsyncClient:
    """A client of one's own, held to the API document."""
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=api.app),
        base_url="http://csms.test",
        headers=headers,
        event_hooks=api.client.event_hooks,
    )


async def person(api: Product, username: str, **body: Any) -> httpx2.AsyncClient:
    """A client that is signed in as a new user, who came by an invitation."""
    made = await api.client.post("/api/v1/users", json={"username": username, **body})
    assert made.status_code == 201, made.text
    token = made.json()["invitation_url"].partition("#")[2]
    answer = await api.client.post("/api/v1/auth/accept-invitation", json={"token": token, "password": NEW})
    assert answer.json() == {"username": username}
    return client_of(api, **await api.site.bearer(username, NEW))


async def code(answer: httpx2.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


async def test_from_invitation_to_retirement(api: Product) -> None:
    """A user is invited, chooses a password, works, is suspended, comes back, is signed out, is retired."""
    body = {"username": "Ann", "email": "ann@example.com", "display_name": "Ann Ä", "role": "viewer"}
    made = await api.client.post("/api/v1/users", json=body)
    user = made.json()
    assert (user["status"], user["role"], user["email"]) == ("invited", "viewer", "ann@example.com")
    path = f"/api/v1/users/{user['id']}"
    token = user["invitation_url"].partition("#")[2]
    assert user["invitation_url"].startswith("http://localhost:8080/invitation#")
    assert "password" not in (await api.client.get(path)).text.replace("must_change_password", "").replace(
        "password_changed_at", ""
    )
    nobody = client_of(api)
    for wrong in (token[:-2] + "AA", "x" * 64):
        answer = await nobody.post("/api/v1/auth/accept-invitation", json={"token": wrong, "password": NEW})
        assert answer.status_code in (400, 401)
    weak = await nobody.post("/api/v1/auth/accept-invitation", json={"token": token, "password": "short"})
    assert await code(weak) == (400, "weak_password")
    accepted = await nobody.post("/api/v1/auth/accept-invitation", json={"token": token, "password": NEW})
    assert accepted.status_code == 200
    again = await nobody.post("/api/v1/auth/accept-invitation", json={"token": token, "password": NEW})
    assert await code(again) == (400, "link_invalid")

    ann = client_of(api, **await api.site.bearer("ann", NEW))
    me = (await ann.get("/api/v1/me")).json()
    assert set(me["permissions"]) == BUILT_IN["viewer"].permissions
    assert all(grant["places"] is None for grant in me["grants"])
    assert (await ann.patch("/api/v1/me", json={"display_name": "Anna"})).status_code == 204
    for own in ({"role": "admin"}, {"email": "somebody@example.com"}):
        assert (await ann.patch("/api/v1/me", json=own)).status_code == 422
    assert (await ann.get("/api/v1/users")).status_code == 403

    tagged = await api.client.get(path)
    assert tagged.json()["display_name"] == "Anna"
    stale = await api.client.patch(path, json={"role": "support"}, headers={"If-Match": '"old"'})
    assert stale.status_code == 412
    changed = await api.client.patch(path, json={"role": "support"}, headers={"If-Match": tagged.headers["etag"]})
    assert changed.json()["role"] == "support"
    assert set((await ann.get("/api/v1/me")).json()["permissions"]) == BUILT_IN["support"].permissions

    assert (await api.client.post(f"{path}/suspend")).json()["status"] == "suspended"
    assert (await ann.get("/api/v1/me")).status_code == 401
    assert (await api.site.login("ann", NEW)).status_code == 401
    assert (await api.client.post(f"{path}/reactivate")).json()["status"] == "active"
    ann.headers.update(await api.site.bearer("ann", NEW))
    assert (await api.client.post(f"{path}/sign-out")).status_code == 204
    assert (await ann.get("/api/v1/me")).status_code == 401

    ann.headers.update(await api.site.bearer("ann", NEW))
    other = client_of(api, **await api.site.bearer("ann", NEW))
    assert (await other.get("/api/v1/me")).status_code == 200
    listed = (await api.client.get(f"{path}/sessions")).json()["items"]
    assert [(each["kind"], each["current"]) for each in listed] == [("token", False)] * 2
    [mine] = [each["id"] for each in (await ann.get("/api/v1/me/sessions")).json()["items"] if each["current"]]
    assert (await api.client.delete(f"{path}/sessions/{mine}")).status_code == 204
    assert await code(await api.client.delete(f"{path}/sessions/{mine}")) == (404, "session_not_found")
    assert (await ann.get("/api/v1/me")).status_code == 401
    assert (await other.get("/api/v1/me")).status_code == 200
    assert [each["id"] for each in (await api.client.get(f"{path}/sessions")).json()["items"]] != [mine]
    assert (await api.client.get(f"/api/v1/users/{uuid4()}/sessions")).status_code == 404
    site = (await api.client.post("/api/v1/sites", json={"name": "s"})).json()["id"]
    await api.client.patch(path, json={"assignments": [{"role": "technician", "site_id": site}]})
    for role in ("support", "technician"):
        named = await api.items("/api/v1/users", **{"roles[contains_any]": role})
        assert [each["username"] for each in named] == ["Ann"], role
    assert await api.items("/api/v1/users", role="technician") == []
    found = (await api.client.get(path)).json()
    assert (found["totp"], found["passkeys"]) == (False, 0)

    assert (await api.client.delete(path)).status_code == 204
    assert (await api.client.get(path)).json()["status"] == "retired"
    assert await code(await api.client.patch(path, json={"role": "viewer"})) == (409, "user_retired")
    assert (await api.site.login("ann", NEW)).status_code == 401
    assert (await api.client.post("/api/v1/users", json=body)).status_code == 201  # the name is free again
    assert [user["status"] for user in await api.items("/api/v1/users", status="retired")] == ["retired"]
    actions = {line["action"] for line in await api.items("/api/v1/audit", limit=100)}
    assert {f"account:user:{what}" for what in ("create", "update", "suspend", "reactivate", "retire")} <= actions


async def test_nobody_gives_more_than_they_have(api: Product) -> None:
    """Not to others, not to oneself, not by a role, a key or the link of somebody who may do more."""
    keeper = {
        "key": "people-keeper",
        "name": "People",
        "permissions": ["account:user:read", "account:user:write", "account:role:read", "account:role:write"],
    }
    assert (await api.client.post("/api/v1/roles", json=keeper)).status_code == 201
    bob = await person(api, "bob", role="people-keeper")
    admin = (await api.items("/api/v1/users", username="admin"))[0]
    own = (await bob.get("/api/v1/me")).json()["id"]
    beyond = (403, "beyond_own_rights")
    assert await code(await bob.post("/api/v1/users", json={"username": "x", "role": "admin"})) == beyond
    assert await code(await bob.post("/api/v1/users", json={"username": "x", "role": "viewer"})) == beyond
    assert await code(await bob.patch(f"/api/v1/users/{own}", json={"role": "people-keeper"})) == (403, "own_account")
    for what in ("suspend", "sign-out", "invitation"):
        assert await code(await bob.post(f"/api/v1/users/{admin['id']}/{what}")) == beyond, what
    assert await code(await bob.delete(f"/api/v1/users/{admin['id']}")) == beyond
    role = {"key": "r", "name": "R", "permissions": ["charger:charger:read"]}
    assert await code(await bob.post("/api/v1/roles", json=role)) == beyond
    assert await code(await bob.post("/api/v1/roles", json={"key": "r", "name": "R", "like": "admin"})) == beyond
    assert await code(await bob.patch("/api/v1/roles/people-keeper", json={"permissions": [*Permission]})) == beyond
    theirs = f"/api/v1/users/{admin['id']}/sessions"
    session = (await bob.get(theirs)).json()["items"][0]["id"]
    assert await code(await bob.delete(f"{theirs}/{session}")) == beyond
    key = {"name": "k", "permissions": ["charger:charger:read"]}
    assert (await bob.post("/api/v1/api-keys", json=key)).status_code == 403
    site = (await api.client.post("/api/v1/sites", json={"name": "s"})).json()["id"]
    placed = {"username": "placed", "assignments": [{"role": "operator", "site_id": site}]}
    other = (await api.client.post("/api/v1/users", json=placed)).json()["id"]
    assert await code(await bob.post(f"/api/v1/users/{other}/invitation")) == beyond  # a role at a place counts too
    assert (await bob.post(f"/api/v1/users/{own}/invitation")).status_code == 403
    assert await code(await bob.patch(f"/api/v1/users/{own}", json={"email": "new@boss.com"})) == (403, "own_account")
    assert (await bob.post("/api/v1/users", json={"username": "carl", "role": "people-keeper"})).status_code == 201


async def test_somebody_can_always_administrate(api: Product) -> None:
    """The last administrator is neither suspended nor demoted nor retired, and nobody does it to themselves."""
    admin = (await api.items("/api/v1/users", username="admin"))[0]["id"]
    second = await person(api, "second", role="admin")
    for answer in (
        await api.client.patch(f"/api/v1/users/{admin}", json={"role": "viewer"}),
        await api.client.post(f"/api/v1/users/{admin}/suspend"),
        await api.client.delete(f"/api/v1/users/{admin}"),
    ):
        assert await code(answer) == (403, "own_account")
    assert (await second.post(f"/api/v1/users/{admin}/suspend")).status_code == 200
    made = {"name": "k", "permissions": [*Permission]}
    key = (await second.post("/api/v1/api-keys", json=made)).json()["key"]
    program = client_of(api, **{"X-API-Key": key})
    last = (await second.get("/api/v1/me")).json()["id"]
    for answer in (
        await program.patch(f"/api/v1/users/{last}", json={"role": "viewer"}),
        await program.post(f"/api/v1/users/{last}/suspend"),
        await program.delete(f"/api/v1/users/{last}"),
    ):
        assert await code(answer) == (409, "last_admin")


async def test_roles_of_ones_own(api: Product) -> None:
    """Made like another, changed, held within seconds by who has it, deleted when nobody has."""
    listed = (await api.client.get("/api/v1/permissions")).json()["items"]
    assert {item["name"] for item in listed} == set(Permission)
    assert {item["name"] for item in listed if item["place_bound"]} == PLACE_BOUND
    made = await api.client.post("/api/v1/roles", json={"key": "night", "name": "Night", "like": "viewer"})
    assert set(made.json()["permissions"]) == BUILT_IN["viewer"].permissions
    tag = (await api.client.get("/api/v1/roles/night")).headers["etag"]
    dora = await person(api, "dora", role="night")  # who has a role is no change of it
    assert (await dora.get("/api/v1/chargers")).status_code == 200
    change = {"permissions": ["transaction:transaction:read"], "description": "At night"}
    assert (await api.client.patch("/api/v1/roles/night", json=change, headers={"If-Match": tag})).status_code == 200
    assert (await api.client.patch("/api/v1/roles/night", json=change, headers={"If-Match": tag})).status_code == 412
    assert (await dora.get("/api/v1/chargers")).status_code == 403
    assert (await dora.get("/api/v1/transactions")).status_code == 200
    keys = [role["key"] for role in (await api.client.get("/api/v1/roles")).json()["items"]]
    assert keys == [*BUILT_IN, "night"]
    assert await api.refused("DELETE", "/api/v1/roles/night") == (409, "role_in_use")
    assert await api.refused("DELETE", "/api/v1/roles/viewer") == (409, "built_in_role")
    assert await api.refused("PATCH", "/api/v1/roles/admin", json={"name": "x"}) == (409, "built_in_role")
    assert await api.refused("PATCH", "/api/v1/roles/none-such", json={"name": "x"}) == (404, "role_not_found")
    assert await api.refused("POST", "/api/v1/roles", json={"key": "night", "name": "N", "like": "viewer"}) == (
        409,
        "role_taken",
    )
    assert (await api.refused("POST", "/api/v1/roles", json={"key": "admin", "name": "N", "like": "viewer"}))[0] == 409
    assert (await api.refused("POST", "/api/v1/roles", json={"key": "empty", "name": "N"}))[0] == 400
    assert (await api.refused("PATCH", "/api/v1/roles/night", json={"name": None}))[0] == 400
    user = (await api.items("/api/v1/users", role="night"))[0]["id"]
    assert (await api.client.patch(f"/api/v1/users/{user}", json={"role": "viewer"})).status_code == 200
    assert (await api.client.delete("/api/v1/roles/night")).status_code == 204


async def test_what_does_not_fit(api: Product) -> None:
    """Names that are taken, roles and places that are not there, fields that nobody may set."""
    await person(api, "eve", email="eve@example.com")
    for body, status, expected in (
        ({"username": "EVE"}, 409, "username_taken"),
        ({"username": "f", "email": "Eve@example.com"}, 409, "username_taken"),
        ({"username": "f", "role": "emperor"}, 404, "role_not_found"),
        ({"username": "f", "assignments": [{"role": "viewer", "site_id": str(uuid4())}]}, 404, "not_found"),
        ({"username": "f", "assignments": [{"role": "viewer"}]}, 422, "invalid_body"),
        ({"username": "f", "organization_id": str(uuid4())}, 422, "invalid_body"),
        ({"username": "f", "password_hash": "x"}, 422, "invalid_body"),
        ({"username": "f", "password": "f" * 20}, 400, "weak_password"),
        ({"username": "f", "email": "f\r\nBcc: x@y"}, 422, "invalid_body"),
    ):
        assert await api.refused("POST", "/api/v1/users", json=body) == (status, expected), body
    eve = (await api.items("/api/v1/users", username="eve"))[0]["id"]
    assert (await api.refused("PATCH", f"/api/v1/users/{eve}", json={"username": "admin"}))[1] == "username_taken"
    assert (await api.refused("PATCH", f"/api/v1/users/{eve}", json={"role": None}))[0] == 400
    assert (await api.refused("GET", f"/api/v1/users/{uuid4()}"))[1] == "user_not_found"
    made = await api.client.post("/api/v1/users", json={"username": "first", "role": "viewer", "password": PASSWORD})
    assert (made.json()["status"], made.json()["must_change_password"]) == ("active", True)
    assert made.json()["invitation_url"] is None


async def test_organizations_are_apart(api: Product) -> None:
    """A second one is made by the first's administrators only; neither finds anything of the other's by any id."""
    body = {"name": "Zweite", "time_zone": "Europe/Berlin", "admin": "zora"}
    made = await api.client.post("/api/v1/organizations", json=body)
    assert made.status_code == 201, made.text
    token = made.json()["invitation_url"].partition("#")[2]
    answer = await api.client.post("/api/v1/auth/accept-invitation", json={"token": token, "password": NEW})
    assert answer.status_code == 200
    zora = client_of(api, **await api.site.bearer("zora", NEW))
    me = (await zora.get("/api/v1/me")).json()
    assert me["organization"]["name"] == "Zweite"
    assert set(me["permissions"]) == set(Permission) - {Permission.INSTALLATION_MANAGE}
    assert (await zora.get("/api/v1/organizations")).status_code == 403
    assert (await zora.post("/api/v1/organizations", json=body)).status_code == 403
    for whole in ("processes", "statements", "storage"):  # the installation's, not an organization's
        assert (await zora.get(f"/api/v1/operations/{whole}")).status_code == 403, whole
    listed = (await api.client.get("/api/v1/organizations")).json()["items"]
    assert {item["name"]: item["users"] for item in listed}["Zweite"] == 1
    assert (await api.client.post("/api/v1/organizations", json=body)).status_code == 409  # the user name is taken
    assert len((await api.client.get("/api/v1/organizations")).json()["items"]) == len(listed)

    admin = (await api.items("/api/v1/users", username="admin"))[0]["id"]
    assert [user["username"] for user in (await zora.get("/api/v1/users")).json()["items"]] == ["zora"]
    assert (await zora.get(f"/api/v1/users/{admin}")).status_code == 404
    assert (await zora.patch(f"/api/v1/users/{admin}", json={"role": "viewer"})).status_code == 404
    assert (await zora.post("/api/v1/users", json={"username": "yan", "role": "admin"})).status_code == 201
    renamed = await zora.patch("/api/v1/organization", json={"name": "Zwei"})
    assert renamed.json()["name"] == "Zwei"
    assert (await api.client.get("/api/v1/organization")).json()["name"] != "Zwei"
    assert (await zora.patch("/api/v1/organization", json={"time_zone": "Mars/Olympus"})).status_code == 422


@pytest.mark.parametrize("role", [*BUILT_IN])
async def test_a_built_in_role_is_of_known_permissions(role: str) -> None:
    """Viewer changes nothing; nobody but Admin keeps people, keys or the audit log."""
    permissions = BUILT_IN[role].permissions
    assert permissions <= frozenset(Permission)
    if role == "viewer":
        assert {each.rpartition(":")[2] for each in permissions} == {"read"}
    if role != "admin":
        assert not any(each.startswith("account:") for each in permissions)
        assert Permission.AUDIT_READ not in permissions


async def test_preview_shows_what_a_role_sees_and_changes_nothing(api: Product) -> None:
    """A header narrows what is answered to a role's permissions; it widens nothing, and nothing is written."""
    as_viewer = {"CSMS-Preview-Role": "viewer"}
    me = (await api.client.get("/api/v1/me", headers=as_viewer)).json()
    assert set(me["permissions"]) == BUILT_IN["viewer"].permissions
    assert (await api.client.get("/api/v1/users", headers=as_viewer)).status_code == 403
    assert (await api.client.get("/api/v1/sites", headers=as_viewer)).status_code == 200
    site = {"name": "s"}
    refused = await api.client.post("/api/v1/sites", json=site, headers=as_viewer)
    assert await code(refused) == (403, "preview_only")
    assert (await api.client.post("/api/v1/sites", json=site)).status_code == 201
    [shown] = await api.items("/api/v1/sites")
    [seen] = (await api.client.get("/api/v1/sites", headers=as_viewer)).json()["items"]
    assert (shown["can"]["update_site"], seen["can"]["update_site"]) == (True, False)
    unknown = await api.client.get("/api/v1/me", headers={"CSMS-Preview-Role": "nobody"})
    assert await code(unknown) == (404, "role_not_found")
    role = {"key": "few", "name": "Few", "permissions": ["charger:charger:read"]}
    assert (await api.client.post("/api/v1/roles", json=role)).status_code == 201
    few = (await api.client.get("/api/v1/me", headers={"CSMS-Preview-Role": "few"})).json()
    assert few["permissions"] == ["charger:charger:read"]
    eve = await person(api, "eve", role="viewer")
    assert (await eve.get("/api/v1/me", headers={"CSMS-Preview-Role": "admin"})).status_code == 403


async def test_preview_holds_for_files_too(api: Product) -> None:
    """What is exported meanwhile has the rows that are shown meanwhile, and nobody exports what a role may not."""
    few = {"key": "few", "name": "Few", "permissions": ["charger:charger:read", "data:list:export"]}
    none = {"key": "fewer", "name": "Fewer", "permissions": ["charger:charger:read"]}
    for role in (few, none):
        assert (await api.client.post("/api/v1/roles", json=role)).status_code == 201
    ann = await person(api, "ann", role="admin")
    for screen in ("chargers", "users"):
        made = await ann.post("/api/v1/views", json={"screen": screen, "name": f"of {screen}", "shared": True})
        assert made.status_code == 201, made.text
    as_few, as_none = ({"CSMS-Preview-Role": role} for role in ("few", "fewer"))
    shown = (await api.client.get("/api/v1/views", headers=as_few)).json()["items"]
    assert [each["name"] for each in shown] == ["of chargers"]
    whole = (await api.client.get("/api/v1/views?format=csv")).text
    assert "of chargers" in whole
    assert "of users" in whole
    narrow = await api.client.get("/api/v1/views?format=csv", headers=as_few)
    assert narrow.status_code == 200
    assert "of chargers" in narrow.text
    assert "of users" not in narrow.text
    assert await code(await api.client.get("/api/v1/views?format=csv", headers=as_none)) == (403, "forbidden")
    assert await code(await api.client.get("/api/v1/users?format=csv", headers=as_few)) == (403, "forbidden")
