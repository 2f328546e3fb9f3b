# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Every route by every role, with a session and with a key, own and foreign: the permission table is what happens.

The routes are those that there are, so a new one is in the matrix by itself (attacks 28 and 29).
"""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import httpx2
import pytest

from csms.features.accounts.permissions import PLACE_BOUND, Permission
from csms.features.accounts.roles import BUILT_IN
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.http.can import permission_of, routes_of
from csms.kit.http.principal import Principal
from tests.api.contract import document_of
from tests.api.support import Product, product
from tests.support.postgres import Database
from tests.upgrade.data import ROWS

OTHER: Final = UUID("0192f000-0000-7000-8000-0000000000aa")
SITE: Final = UUID("0192f000-0000-7000-8000-0000000000c2")
ELSEWHERE: Final = UUID("0192f000-0000-7000-8000-0000000000c9")
ENDLESS: Final = {"stream_events"}
# What stands for each place in a path: the rows of `tests/upgrade/data.py`, of the first organization.
PLACES: Final = {
    "alert_id": "SELECT id FROM alerts",
    "bulk_id": "SELECT id FROM bulk_commands",
    "campaign_id": "SELECT id FROM firmware_campaigns",
    "certificate_id": "SELECT id FROM charger_certificates",
    "channel_id": "SELECT id FROM notification_channels",
    "charger_change_id": "SELECT id FROM bulk_changes WHERE kind = 'chargers'",
    "charger_id": "SELECT 'MINE'",
    "command_id": "SELECT id FROM commands",
    "dashboard_id": "SELECT id FROM dashboards",
    "delivery_id": "SELECT id FROM webhook_deliveries",
    "driver_id": "SELECT id FROM drivers",
    "erasure_id": "SELECT id FROM privacy_requests",
    "export_id": "SELECT id FROM privacy_requests",
    "file_id": "SELECT id FROM charger_files",
    "firmware_id": "SELECT id FROM firmware_images",
    "group_id": "SELECT id FROM charger_groups",
    "import_id": "SELECT id FROM imports",
    "job_id": "SELECT id FROM jobs",
    "key": "SELECT key FROM roles",
    "key_id": "SELECT id FROM api_keys",
    "kind": "SELECT kind FROM notification_templates",
    "name": "SELECT 'none such'",
    "notification_id": "SELECT id FROM notifications",
    "passkey_id": "SELECT id FROM passkeys",
    "profile_id": "SELECT id FROM charging_profiles",
    "provider_id": "SELECT id FROM identity_providers",
    "report_id": "SELECT id FROM charger_reports",
    "rule_id": "SELECT id FROM alert_rules",
    "section": "SELECT 'chargers'",
    "session_id": "SELECT id FROM browser_sessions",
    "site_id": f"SELECT '{SITE}'",
    "template_id": "SELECT id FROM configuration_templates",
    "token_change_id": "SELECT id FROM bulk_changes WHERE kind = 'tokens'",
    "token_id": "SELECT id FROM tokens",
    "transaction_id": "SELECT id FROM transactions WHERE charger_ref IS NULL",
    "view_id": "SELECT id FROM saved_views",
    "user_id": "SELECT id FROM users WHERE username <> 'admin'",
    "webhook_id": "SELECT id FROM webhooks",
}
# Kinds and sections are words of the program, the same in every organization.
WORDS: Final = {"kind", "section", "name"}
# Shared by an organization: whoever sees a part of its chargers reads these, and changes none.
SHARED: Final = {"template_id", "profile_id", "firmware_id"}


@dataclass(frozen=True)
class Door:
    """A route, and the permission that its keeper asks for."""

    method: str
    path: str
    name: str
    permission: str | None


@pytest.fixture
async def api(database: Database, tmp_path: Path) -> AsyncIterator[Product]:
    """All routes over rows in every table, all of them of the first organization and of one charger."""
    sql = await database.connect()
    # a slash in an identity does not pass through a path; the administrator is made by the product itself
    await sql.execute(ROWS.replace("CP/Ä 1", "MINE"))
    # the administrator is made by the product itself
    await sql.execute("UPDATE users SET username = 'filler', role = 'viewer' WHERE username = 'admin'")
    await sql.execute(
        "INSERT INTO sites (id, organization_id, name) VALUES ($1, $2, 'Elsewhere')", ELSEWHERE, DEFAULT_ORGANIZATION_ID
    )
    await sql.close()
    async with product(database, tmp_path) as found:
        yield found


def doors(api: Product) -> list[Door]:
    """All of /api/v1, the endless one left out."""
    keepers = {route.name: permission_of(route) for route in routes_of(api.app.router.routes)}
    found = [
        Door(method.upper(), path, operation["operationId"], keepers.get(operation["operationId"]))
        for path, item in document_of(api.app)["paths"].items()
        for method, operation in item.items()
        if path.startswith("/api/v1") and method in {"get", "post", "put", "patch", "delete"}
    ]
    assert len(found) > 200
    return [door for door in found if door.name not in ENDLESS]


@contextmanager
def signed_in(api: Product, principal: Principal) -> Iterator[httpx2.AsyncClient]:
    """Somebody, as the door would have made them out of a token or a key."""

    async def anybody(*_: Any) -> Principal:
        return principal

    state = api.app.state
    before = state.authenticate, state.authenticate_key
    state.authenticate = state.authenticate_key = anybody
    headers = {"X-API-Key": "k"} if principal.kind == "api_key" else {"Authorization": "Bearer t"}
    try:
        yield httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=api.app), base_url="http://csms.test", headers=headers
        )
    finally:
        state.authenticate, state.authenticate_key = before


def somebody(grants: dict[str, Any], organization: UUID = DEFAULT_ORGANIZATION_ID, **more: Any) -> Principal:
    """A user who may do that."""
    return Principal(uuid4(), "matrix", organization, "role", False, grants, session_id=uuid4(), **more)


async def addresses(api: Product) -> dict[str, str]:
    """A real id of the first organization for every place in a path."""
    asked = {place for door in doors(api) for place in re.findall(r"{([^}]+)}", door.path)}
    assert asked <= PLACES.keys(), f"say in PLACES what stands for {asked - PLACES.keys()}"
    return {place: str(await api.sql.fetchval(f"{PLACES[place]} LIMIT 1")) for place in asked}


def at(door: Door, ids: dict[str, str]) -> str:
    """A path with its places filled."""
    return re.sub(r"{([^}]+)}", lambda found: ids[found[1]], door.path)


async def state(api: Product) -> dict[str, str]:
    """Every row of the first organization, table by table; what is counted or logged beside it left out."""
    tables = await api.sql.fetch(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'"
        " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace"
    )
    return {
        table: await api.sql.fetchval(
            f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t"
            " WHERE organization_id = $1",
            DEFAULT_ORGANIZATION_ID,
        )
        for (table,) in tables
    }


async def test_every_route_asks_for_its_permission(api: Product) -> None:
    """With exactly that permission it opens, with all others it does not: no route is open by mistake or by another."""
    ids = {place: str(uuid4()) for place in PLACES}
    for door in doors(api):
        if door.permission is None:
            continue
        everything_else = {each: None for each in Permission if each != door.permission}
        with signed_in(api, somebody(everything_else)) as client:
            refused = await client.request(door.method, at(door, ids))
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), door
        assert str(door.permission) in refused.json()["detail"], door


@pytest.mark.parametrize("kind", ["user", "api_key"])
async def test_every_route_by_every_role(api: Product, kind: str) -> None:
    """What the table of roles allows is let in, and nothing else, whether by a session or by a key."""
    ids = {place: str(uuid4()) for place in PLACES}
    guarded = [door for door in doors(api) if door.permission is not None]
    assert len(guarded) > 180
    for role in BUILT_IN.values():
        with signed_in(api, somebody(dict.fromkeys(role.permissions), kind=kind)) as client:
            for door in guarded:
                if door.permission in role.permissions:
                    continue  # let in: the next test and each feature's own tests say what happens there
                answer = await client.request(door.method, at(door, ids))
                assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (role.key, door)


@pytest.mark.parametrize(
    "who",
    [
        pytest.param(somebody(dict.fromkeys(Permission), OTHER), id="another organization"),
        pytest.param(somebody(dict.fromkeys(Permission), OTHER, kind="api_key"), id="a key of another organization"),
        pytest.param(somebody(dict.fromkeys(PLACE_BOUND, frozenset({ELSEWHERE}))), id="another site"),
    ],
)
async def test_nothing_foreign_is_found_or_changed(api: Product, who: Principal) -> None:
    """By real ids of the first organization: not found, on no route, and not one of its rows is another afterwards."""
    ids = await addresses(api)
    before = await state(api)
    with signed_in(api, who) as client:
        for door in doors(api):
            places = set(re.findall(r"{([^}]+)}", door.path)) - WORDS
            answer = await client.request(
                door.method, at(door, ids), json={} if door.method in ("PATCH", "PUT") else None
            )
            assert answer.status_code < 500, (door, answer.text)
            shared = who.organization_id != OTHER and door.method == "GET" and places <= SHARED
            empty = answer.status_code == 200 and answer.text.startswith('{"items":[],')
            if places and door.permission is not None and not shared and not empty:
                assert answer.status_code in (400, 403, 404, 409, 422), (door, answer.text)
                assert "MINE" not in answer.text.replace(f"'{ids['charger_id']}'", ""), (door, answer.text)
            elif door.method == "GET" and answer.status_code == 200 and door.path != "/api/v1/me":
                assert "MINE" not in answer.text, (door, answer.text)
    after = await state(api)
    ours = {table for table in before if before[table] != after[table]}
    # a person who sees another site is of this organization: what they asked for is written down in its name
    allowed = {"audit_log", "audit_heads", "idempotency_keys"} if who.organization_id != OTHER else set()
    assert ours <= allowed


async def test_the_own_is_found(api: Product) -> None:
    """The same routes with the same ids open to an administrator: the tests above would pass if nothing were there."""
    ids = await addresses(api)
    missing = []
    with signed_in(api, somebody(dict.fromkeys(Permission))) as client:
        for door in doors(api):
            if door.method == "GET" and door.permission is not None and "{" in door.path:
                answer = await client.get(at(door, ids))
                if answer.status_code != 200:
                    missing.append((door.path, answer.status_code, answer.json()["code"]))
    # a file that was never there, a report's and a delivery's other halves
    assert len(missing) <= 8, missing
