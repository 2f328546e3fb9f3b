# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Whose role holds at some sites or groups sees and changes nothing else, whatever a query forgets (attack 28)."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from tests.support.postgres import Database
from tests.upgrade.data import fill

REFUSED = (asyncpg.InsufficientPrivilegeError,)
SITE, ABOVE, GROUP = (f"0192f000-0000-7000-8000-0000000000{end}" for end in ("c2", "c1", "c3"))
ELSEWHERE = "0192f000-0000-7000-8000-0000000000c9"
# What concerns the installation, or everybody in the organization, and holds nothing of a charger.
SHARED = {
    "charging_profile_assignments",
    "charging_profiles",
    "configuration_templates",
    "firmware_images",
    "gateway_nodes",
    "idempotency_keys",
    "installation",
    "organizations",
    "rollup_states",
    "settings",
}
_TABLES = """
SELECT c.relname, EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND NOT p.polpermissive
    AND 'csms_limited'::regrole = ANY (p.polroles)) AS held
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace ORDER BY 1
"""


@pytest.fixture
async def sql(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """Rows in every table, all of the charger CP/Ä 1 or of nobody; the connection is the superuser's."""
    connection = await database.connect()
    await fill(connection)
    await connection.execute(
        "INSERT INTO sites (id, organization_id, name) VALUES ($1, $2, 'Anderswo')", ELSEWHERE, DEFAULT_ORGANIZATION_ID
    )
    yield connection
    await connection.close()


@pytest.fixture
async def limited(sql: asyncpg.Connection, database: Database) -> AsyncIterator[asyncpg.Connection]:
    """The application's connection as somebody who may see a part."""
    connection = await database.connect("csms_limited")
    await connection.execute("SELECT set_config('csms.organization_id', $1, false)", str(DEFAULT_ORGANIZATION_ID))
    yield connection
    await connection.close()


async def _at(limited: asyncpg.Connection, *places: str) -> None:
    await limited.execute("SELECT set_config('csms.places', $1, false)", "{" + ",".join(places) + "}")


async def _touched(limited: asyncpg.Connection, statement: str) -> int:
    try:
        async with limited.transaction():
            return int((await limited.execute(statement)).rpartition(" ")[2])
    except REFUSED:
        return 0


async def test_every_table_says_what_a_limited_role_sees(sql: asyncpg.Connection) -> None:
    """A table that was forgotten would be open to everybody in the organization."""
    for table, held in await sql.fetch(_TABLES):
        assert held or table in {"gateway_nodes", "installation"}, f"{table} has no policy for csms_limited"


async def test_elsewhere_nothing_is_seen_or_changed(sql: asyncpg.Connection, limited: asyncpg.Connection) -> None:
    """Not one row of a charger at another site, of people, of keys, of the audit log; shared things are read only."""
    await sql.execute("INSERT INTO chargers (id, organization_id) VALUES ('NOWHERE', $1)", DEFAULT_ORGANIZATION_ID)
    for places in ((ELSEWHERE,), ()):
        await _at(limited, *places)
        for table, _ in await sql.fetch(_TABLES):
            if table in SHARED:
                assert await limited.fetchval(f"SELECT count(*) FROM {table}") > 0, table
            elif table == "sites":
                assert await limited.fetchval("SELECT count(*) FROM sites") == len(places)
            else:
                assert await limited.fetchval(f"SELECT count(*) FROM {table}") == 0, table
            if table != "idempotency_keys":
                change = f"UPDATE {table} SET organization_id = organization_id"
                assert await _touched(limited, change) <= len(places) * (table == "sites"), table
                assert await _touched(limited, f"DELETE FROM {table} WHERE true") == 0 or table == "sites", table
            if table == "sites":
                await sql.execute(
                    "INSERT INTO sites (id, organization_id, name) VALUES ($1, $2, 'x') ON CONFLICT DO NOTHING",
                    ELSEWHERE,
                    DEFAULT_ORGANIZATION_ID,
                )


@pytest.mark.parametrize("place", [SITE, ABOVE, GROUP])
async def test_what_is_there_is_seen(sql: asyncpg.Connection, limited: asyncpg.Connection, place: str) -> None:
    """By the charger's site, by one above it, by its group: the tests above would pass if nothing were ever seen."""
    await _at(limited, place)
    assert await limited.fetchval("SELECT array_agg(id::text) FROM chargers") == ["CP/Ä 1"]
    for table in ("transactions", "meter_values", "ocpp_messages", "commands", "connectors", "transaction_events"):
        assert await limited.fetchval(f"SELECT count(*) FROM {table}") > 0, table
    assert await _touched(limited, "UPDATE chargers SET name = 'x'") == 1


async def test_a_charger_is_not_moved_out_of_reach_or_made_there(
    sql: asyncpg.Connection, limited: asyncpg.Connection
) -> None:
    """Neither to another site nor to none, and none is made there; where the role holds all of it works."""
    await _at(limited, SITE)
    for statement in (
        f"UPDATE chargers SET site_id = '{ELSEWHERE}', places = '{{{SITE}}}'",
        f"INSERT INTO chargers (id, organization_id, site_id) VALUES ('N1', '{DEFAULT_ORGANIZATION_ID}', '{ELSEWHERE}')",
        f"INSERT INTO chargers (id, organization_id, places) VALUES ('N2', '{DEFAULT_ORGANIZATION_ID}', '{{{SITE}}}')",
    ):
        with pytest.raises(REFUSED):
            async with limited.transaction():
                await limited.execute(statement)
    await limited.execute(
        f"INSERT INTO chargers (id, organization_id, site_id) VALUES ('N3', '{DEFAULT_ORGANIZATION_ID}', '{SITE}')"
    )
    assert await limited.fetchval("SELECT count(*) FROM chargers") == 2


async def test_places_follow_what_they_come_from(sql: asyncpg.Connection) -> None:
    """A moved site, a changed group, a moved charger: derived places are right at once; no site lies in itself."""

    async def places() -> set[str]:
        return {str(each) for each in await sql.fetchval("SELECT places FROM chargers WHERE id = 'CP/Ä 1'")}

    assert await places() == {SITE, ABOVE, GROUP}
    await sql.execute("UPDATE sites SET parent_id = $1 WHERE id = $2", ELSEWHERE, ABOVE)
    assert await places() == {SITE, ABOVE, GROUP, ELSEWHERE}
    for inside in (SITE, ABOVE):
        with pytest.raises(asyncpg.CheckViolationError):
            await sql.execute("UPDATE sites SET parent_id = $1 WHERE id = $2", inside, ABOVE)
    await sql.execute("DELETE FROM charger_group_members")
    assert await places() == {SITE, ABOVE, ELSEWHERE}
    await sql.execute("UPDATE chargers SET site_id = NULL WHERE id = 'CP/Ä 1'")
    assert await places() == set()
