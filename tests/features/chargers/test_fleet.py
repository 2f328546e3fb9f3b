# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What is kept of the whole fleet, with what is marked, is what counting all chargers finds."""

import asyncio
import random
from typing import Any

import asyncpg

from csms.features.chargers import fleet
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import Scope
from csms.kit.ids import new_id
from tests.api.support import Product
from tests.features.people.test_people import person
from tests.support.postgres import Database

MAP, OVERVIEW = "/api/v1/charger-map", "/api/v1/overview"
_STATES = ("available", "occupied", "reserved", "unavailable", "faulted", "unknown")
# Written for this test: it shares nothing with what the database does.
_COUNTED = """
WITH own AS (
    SELECT k.charger_id, array_agg(k.state ORDER BY k.state) AS states FROM connectors k WHERE k.connector_id > 0
    GROUP BY 1),
each AS (
    SELECT c.site_id, c.retired_at IS NOT NULL AS retired, coalesce(l.online AND n.lease_until > now(), false) AS online,
        l.charger_id IS NOT NULL AS known, coalesce(o.states, '{}') AS states, CASE
            WHEN c.status = 'faulted' OR 'faulted' = ANY (o.states) THEN 'faulted'
            WHEN c.status = 'unavailable' THEN 'unavailable' WHEN 'occupied' = ANY (o.states) THEN 'in_use'
            WHEN o.states && '{unavailable,unknown}'::varchar[] THEN 'unavailable'
            WHEN 'reserved' = ANY (o.states) THEN 'reserved'
            WHEN 'available' = ANY (o.states) OR o.states IS NULL AND c.status = 'available' THEN 'available'
            ELSE 'unavailable' END AS state
    FROM chargers c LEFT JOIN own o ON o.charger_id = c.id LEFT JOIN charger_connections l ON l.charger_id = c.id
    LEFT JOIN gateway_nodes n ON n.id = l.node_id)
SELECT site_id, retired, online, count(*) AS chargers, count(*) FILTER (WHERE known) AS known,
    count(*) FILTER (WHERE state = 'faulted') AS faulted, count(*) FILTER (WHERE state = 'in_use') AS in_use,
    count(*) FILTER (WHERE state = 'reserved') AS reserved, count(*) FILTER (WHERE state = 'available') AS available,
    count(*) FILTER (WHERE state = 'unavailable') AS unavailable,
    coalesce(sum(cardinality(array_positions(states, 'occupied'))), 0) AS k_occupied,
    coalesce(sum(cardinality(array_positions(states, 'unknown'))), 0) AS k_unknown
FROM each GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_SUMMED = f"""
SELECT site_id, retired, online, sum(chargers) AS chargers, sum(known) AS known, sum(faulted) AS faulted,
    sum(in_use) AS in_use, sum(reserved) AS reserved, sum(available) AS available, sum(unavailable) AS unavailable,
    sum(k_occupied) AS k_occupied, sum(k_unknown) AS k_unknown
FROM ({fleet.SUMS}) f GROUP BY 1, 2, 3 HAVING sum(chargers) > 0 ORDER BY 1, 2, 3
"""
_CHARGERS = [f"CP{number}" for number in range(12)]
_SITES = [new_id() for _ in range(3)]


async def _connected(database: Database, role: str | None = "csms_app") -> asyncpg.Connection:
    connection = await (database.connect() if role is None else database.connect(role))
    await connection.execute("SELECT set_config('csms.organization_id', $1, false)", str(DEFAULT_ORGANIZATION_ID))
    return connection


async def _make(sql: asyncpg.Connection) -> None:
    for number, site in enumerate(_SITES):
        await sql.execute(
            "INSERT INTO sites (id, organization_id, name) VALUES ($1, csms_organization(), $2)", site, f"S{number}"
        )
    for node, lease in (("here", "1 hour"), ("dead", "-1 hour")):
        await sql.execute(
            "INSERT INTO gateway_nodes (id, organization_id, started_at, lease_until)"
            " VALUES ($1, csms_organization(), now(), now() + $2::text::interval)",
            node, lease,
        )  # fmt: skip


async def _change(sql: asyncpg.Connection, dice: random.Random) -> None:
    """One charger in a transaction; two at once may change the same."""
    for _ in range(80):
        charger, site = dice.choice(_CHARGERS), dice.choice([*_SITES, None])
        transaction = sql.transaction()
        await transaction.start()
        await sql.execute(
            "INSERT INTO chargers (id, organization_id, site_id) VALUES ($1, csms_organization(), $2)"
            " ON CONFLICT DO NOTHING", charger, site,
        )  # fmt: skip
        what = dice.randrange(6)
        if what < 3 and not await sql.fetch("SELECT FROM chargers WHERE id = $1 FOR KEY SHARE", charger):
            what = 6  # another has deleted it meanwhile
        match what:
            case 0 | 1:
                await sql.execute(
                    "INSERT INTO connectors (organization_id, charger_id, evse_id, connector_id, status, state,"
                    " last_status_update) VALUES (csms_organization(), $1, 1, $2, 'x', $3, now())"
                    " ON CONFLICT (charger_id, evse_id, connector_id) DO UPDATE SET state = excluded.state",
                    charger, dice.randrange(3), dice.choice(_STATES),
                )  # fmt: skip
            case 2:
                await sql.execute(
                    "INSERT INTO charger_connections AS c (charger_id, organization_id, node_id, epoch, online)"
                    " VALUES ($1, csms_organization(), $2, 1, $3) ON CONFLICT (charger_id) DO UPDATE"
                    " SET node_id = excluded.node_id, online = excluded.online",
                    charger, dice.choice(["here", "here", "dead"]), dice.random() < 0.7,
                )  # fmt: skip
            case 3:
                await sql.execute("UPDATE chargers SET site_id = $2 WHERE id = $1", charger, site)
            case 4:
                await sql.execute(
                    "UPDATE chargers SET status = $2, retired_at = CASE WHEN $3 THEN now() END WHERE id = $1",
                    charger, dice.choice([*_STATES]), dice.random() < 0.3,
                )  # fmt: skip
            case 5:
                await sql.execute("DELETE FROM chargers WHERE id = $1", charger)
        await (transaction.rollback() if dice.random() < 0.2 else transaction.commit())


async def _keep(sql: asyncpg.Connection, ended: asyncio.Event) -> None:
    """As workers do, all the time."""
    while not ended.is_set():
        async with sql.transaction():
            if await sql.fetchval("SELECT pg_try_advisory_xact_lock(hashtext('csms_fleet_sums'), 1)"):
                await sql.execute(str(fleet.FOLD))
        await asyncio.sleep(0)


async def _compare(sql: asyncpg.Connection) -> int:
    async with sql.transaction(isolation="repeatable_read", readonly=True):
        counted, summed = await sql.fetch(_COUNTED), await sql.fetch(_SUMMED)
    assert [dict(row) for row in summed] == [dict(row) for row in counted]
    return len(counted)


async def test_sums_are_what_counting_finds_at_every_moment(database: Database) -> None:
    """Four change the same chargers at once, two keep sums, and each moment that a reader sees adds up."""
    writers = [await _connected(database, None) for _ in range(4)]
    one, two, reader = [await _connected(database) for _ in range(3)]
    await _make(writers[0])
    ended = asyncio.Event()
    keepers = [asyncio.create_task(_keep(each, ended)) for each in (one, two)]
    changes = [asyncio.create_task(_change(sql, random.Random(n))) for n, sql in enumerate(writers)]
    seen = 0
    while not all(each.done() for each in changes):
        seen = max(seen, await _compare(reader))
    await asyncio.gather(*changes)
    ended.set()
    await asyncio.gather(*keepers)
    assert seen > 4
    await _compare(reader)
    await reader.execute(str(fleet.FOLD))
    assert await reader.fetchval("SELECT count(*) FROM charger_state_marks") == 0
    await _compare(reader)
    assert await reader.fetchval("SELECT count(*) FROM charger_states") == await reader.fetchval(
        "SELECT count(*) FROM chargers"
    )
    for connection in (*writers, one, two, reader):
        await connection.close()


async def _fleet(api: Product) -> str:
    """Three chargers at a site and one at none, each in another state; returns the site."""
    site: str = (await api.create("/api/v1/sites", name="Nord", latitude=53.5, longitude=10.0))["id"]
    now = api.clock.now()
    await api.sql.execute(
        "INSERT INTO gateway_nodes (id, organization_id, started_at, lease_until)"
        " VALUES ('node', $1, now(), now() + interval '1 hour')", DEFAULT_ORGANIZATION_ID,
    )  # fmt: skip
    for number, state in enumerate(("available", "occupied", "faulted", "reserved"), 1):
        charger = f"CP{number}"
        await api.create("/api/v1/chargers", id=charger, site_id=site if number < 4 else None)
        row = {"evse_id": 1, "connector_id": 1, "status": state, "state": state}
        await api.insert("connectors", charger_id=charger, last_status_update=now, **row)
        if number != 2:
            await api.insert("charger_connections", charger_id=charger, node_id="node", epoch=1, online=True)
    return site


async def _seen(api: Product, **query: Any) -> tuple[Any, Any]:
    """The map and the overview, some seconds later: what was counted a moment ago is not asked for."""
    api.clock.advance(3)
    found = (await api.client.get(MAP, params=query)).json()
    now = (await api.client.get(OVERVIEW)).json()
    return found, (now["chargers"], now["connectors"])


async def test_map_and_overview_are_the_same_however_they_are_counted(api: Product) -> None:
    """Before anything is kept, when all is, when some changed since, and where a filter makes all be counted."""
    await _fleet(api)
    keeper = fleet.FleetKeeper(api.units)
    point, whole = await _seen(api)
    assert point["points"][0]["chargers"] == {"faulted": 1, "offline": 1, "available": 1}
    assert point["elsewhere"] == 1
    assert whole[0] == {"total": 4, "online": 3, "offline": 0, "never_connected": 1, "waiting": 0}
    await keeper.sweep(DEFAULT_ORGANIZATION_ID)
    assert await api.sql.fetchval("SELECT count(*) FROM charger_state_marks") == 0
    assert await _seen(api) == (point, whole)
    counted, _ = await _seen(api, **{"created_at[gte]": "2000-01-01T00:00:00Z"})
    assert counted == point
    await api.sql.execute("UPDATE connectors SET state = 'occupied' WHERE charger_id = 'CP1'")
    await api.sql.execute("UPDATE chargers SET retired_at = now() WHERE id = 'CP3'")
    point, whole = await _seen(api)
    assert point["points"][0]["chargers"] == {"faulted": 1, "offline": 1, "in_use": 1}
    assert whole[0]["total"] == 3
    await keeper.sweep(DEFAULT_ORGANIZATION_ID)
    assert await _seen(api) == (point, whole)
    for retired in ("false", "true"):
        kept, _ = await _seen(api, retired=retired)
        counted, _ = await _seen(api, retired=retired, **{"created_at[gte]": "2000-01-01T00:00:00Z"})
        assert kept == counted


async def test_who_sees_a_part_has_it_counted(api: Product) -> None:
    """Nothing that is kept of the whole is theirs, and a node that died takes its chargers away for all."""
    site = await _fleet(api)
    await fleet.FleetKeeper(api.units).sweep(DEFAULT_ORGANIZATION_ID)
    async with await person(api, "tina", assignments=[{"role": "viewer", "site_id": site}]) as tina:
        assert (await tina.get(OVERVIEW)).json()["chargers"]["total"] == 3
        assert (await tina.get(MAP)).json()["elsewhere"] == 0
    await api.sql.execute("UPDATE gateway_nodes SET lease_until = now() - interval '1 hour'")
    point, whole = await _seen(api)
    assert point["points"][0]["chargers"] == {"offline": 3}
    assert (whole[0]["online"], whole[1]["offline"]) == (0, 4)


async def test_where_too_many_are_marked_all_are_counted(api: Product) -> None:
    """As in a storm of connections, until the worker has had its turn."""
    await api.sql.execute(
        "INSERT INTO chargers (id, organization_id) SELECT 'M' || n, $1 FROM generate_series(1, 2001) n",
        DEFAULT_ORGANIZATION_ID,
    )
    async with api.units(Scope.system(DEFAULT_ORGANIZATION_ID)) as uow:
        assert not await fleet.usable(uow)
    _, whole = await _seen(api)
    assert whole[0]["total"] == 2001
    await fleet.FleetKeeper(api.units).sweep(DEFAULT_ORGANIZATION_ID)
    async with api.units(Scope.system(DEFAULT_ORGANIZATION_ID)) as uow:
        assert await fleet.usable(uow)
    assert (await _seen(api))[1] == whole


async def test_what_changes_no_state_marks_nothing(api: Product) -> None:
    """A heartbeat, a status that is said once more, a new name."""
    await _fleet(api)
    await fleet.FleetKeeper(api.units).sweep(DEFAULT_ORGANIZATION_ID)
    await api.sql.execute("UPDATE charger_connections SET seen_at = now(), online = online")
    await api.sql.execute("UPDATE connectors SET state = state, status_at = now()")
    await api.sql.execute("UPDATE chargers SET name = 'x', status = status, site_id = site_id")
    assert await api.sql.fetchval("SELECT count(*) FROM charger_state_marks") == 0
