# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Groups of alerts that are kept, and those that are marked, are together what summing all alerts would find."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from csms.features.alerts import groups, sets
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.ids import new_id
from tests.features.alerts.support import ALERTS, Fleet
from tests.support.postgres import Database

GROUPS = "/api/v1/alert-groups"
OFFLINE = {"kind": "offline", "after_s": 10}
# Written for this test: it shares nothing with what the database does.
_COUNTED = """
WITH members AS (
    SELECT coalesce(a.group_id, CASE WHEN a.is_group THEN a.id END) AS outage, c.site_id, a.*
    FROM alerts a LEFT JOIN chargers c ON c.id = a.charger_id WHERE a.status <> 'resolved')
SELECT coalesce(outage::text, rule || '.' || coalesce(site_id::text, 'none')) AS id, max(severity) AS severity,
    count(*) FILTER (WHERE NOT is_group) AS alerts, count(*) FILTER (WHERE NOT is_group AND status = 'open') AS open,
    count(DISTINCT charger_id) AS chargers, count(DISTINCT site_id) AS sites, count(assigned_to) AS assigned,
    max(last_at) AS last_at, array_agg(DISTINCT site_id) FILTER (WHERE site_id IS NOT NULL) AS site_ids
FROM members GROUP BY 1 ORDER BY 1
"""
_LISTED = f"""
SELECT id, severity, alerts, open, chargers, sites, assigned, last_at, nullif(site_ids, '{{}}') AS site_ids
FROM ({groups.STANDING}) g ORDER BY 1
"""
_HOLD = "SELECT FROM alert_states FOR UPDATE SKIP LOCKED"
_ADD = """
INSERT INTO alerts (id, organization_id, rule, rule_name, kind, severity, subject, charger_id, title, details, began_at,
    first_at, last_at, group_id, is_group)
VALUES ($1, csms_organization(), $2, 'r', 'offline', 'warning', gen_random_uuid(), $3, 't', '{}', now(), now(), now(), $4, $5)
"""


async def _connected(database: Database, role: str = "csms_app") -> asyncpg.Connection:
    connection = await database.connect(role)
    await connection.execute("SELECT set_config('csms.organization_id', $1, false)", str(DEFAULT_ORGANIZATION_ID))
    return connection


class _World:
    """Sites, rules, chargers and outages that all change at once."""

    def __init__(self) -> None:
        self.sites, self.rules, self.outages = ([new_id() for _ in range(count)] for count in (3, 2, 2))
        self.chargers = [f"CP{number}" for number in range(8)]

    async def make(self, sql: asyncpg.Connection) -> None:
        for number, site in enumerate(self.sites):
            await sql.execute(
                "INSERT INTO sites (id, organization_id, name) VALUES ($1, csms_organization(), $2)", site, f"S{number}"
            )
        for number, rule in enumerate(self.rules):
            await sql.execute(
                "INSERT INTO alert_rules (id, organization_id, name, kind, condition, scope, severity, clear_after_s,"
                " group_within_s) VALUES ($1, csms_organization(), $2, 'offline', '{}', '{}', 'warning', 0, 0)",
                rule, f"R{number}",
            )  # fmt: skip
        for charger in self.chargers:
            await sql.execute("INSERT INTO chargers (id, organization_id) VALUES ($1, csms_organization())", charger)
        await sql.execute("INSERT INTO alert_states (organization_id, seeded_at) VALUES (csms_organization(), now())")
        for outage in self.outages:
            await sql.execute(_ADD, outage, self.rules[0], None, None, True)

    async def change(self, sql: asyncpg.Connection, dice: random.Random) -> None:
        """Each changes alerts of its own, and chargers of all."""
        own: list[UUID] = []
        for _ in range(60):
            transaction = sql.transaction()
            await transaction.start()
            added: list[UUID] = []
            for _ in range(dice.randrange(1, 4)):
                added += await self._change_alerts(sql, dice, own)
            if dice.random() < 0.4:
                await self._move(sql, dice)
            if dice.random() < 0.2:
                await transaction.rollback()
            else:
                await transaction.commit()
                own += added

    async def _change_alerts(self, sql: asyncpg.Connection, dice: random.Random, own: Sequence[UUID]) -> Sequence[UUID]:
        some = dice.sample(own, min(len(own), 3))
        match dice.randrange(7):
            case 0 | 1 | 2:
                key, outage = new_id(), dice.choice([None, None, *self.outages])
                await sql.execute(
                    _ADD, key, dice.choice(self.rules), dice.choice([*self.chargers, None]), outage, False
                )
                return [key]
            case 3:
                await sql.execute("UPDATE alerts SET group_id = $2 WHERE id = ANY ($1)", some, self.outages[0])
            case 4:
                await sql.execute(
                    "UPDATE alerts SET status = 'acknowledged', last_at = now() WHERE id = ANY ($1)", some
                )
            case 5:
                await sql.execute("UPDATE alerts SET status = 'resolved' WHERE id = ANY ($1)", some)
            case _:
                await sql.execute("DELETE FROM alerts WHERE id = ANY ($1)", some[:1])
        return []

    async def _move(self, sql: asyncpg.Connection, dice: random.Random) -> None:
        charger, site = dice.choice(self.chargers), dice.choice([*self.sites, None])
        if dice.random() < 0.8:
            await sql.execute("UPDATE chargers SET site_id = $2 WHERE id = $1", charger, site)
            return
        await sql.execute("DELETE FROM chargers WHERE id = $1", charger)
        await sql.execute(
            "INSERT INTO chargers (id, organization_id, site_id) VALUES ($1, csms_organization(), $2)"
            " ON CONFLICT DO NOTHING", charger, site,
        )  # fmt: skip


async def _keep(sql: asyncpg.Connection, ended: asyncio.Event) -> None:
    """As workers do, all the time."""
    while not ended.is_set():
        async with sql.transaction():
            if await sql.fetch(_HOLD):
                await sql.execute(str(sets.FOLD))
        await asyncio.sleep(0)


async def _compare(sql: asyncpg.Connection) -> int:
    async with sql.transaction(isolation="repeatable_read", readonly=True):
        counted, listed = await sql.fetch(_COUNTED), await sql.fetch(_LISTED)
    assert [dict(row) for row in listed] == [dict(row) for row in counted]
    return len(counted)


async def test_groups_are_what_summing_finds_at_every_moment(database: Database) -> None:
    """Five change alerts and move chargers at once, two keep groups, and each moment that a reader sees adds up."""
    connections = [await _connected(database) for _ in range(8)]
    *writers, one, two, reader = connections
    world, ended = _World(), asyncio.Event()
    await world.make(reader)
    keepers = [asyncio.create_task(_keep(each, ended)) for each in (one, two)]
    changes = [asyncio.create_task(world.change(sql, random.Random(n))) for n, sql in enumerate(writers)]
    seen = 0
    while not all(each.done() for each in changes):
        seen = max(seen, await _compare(reader))
    await asyncio.gather(*changes)
    ended.set()
    await asyncio.gather(*keepers)
    assert seen > 6
    await _compare(reader)
    await reader.execute(str(sets.FOLD))
    assert await reader.fetchval("SELECT count(*) FROM alert_group_marks") == 0
    found = await _compare(reader)
    assert await reader.fetchval("SELECT count(*) FROM alert_group_sums") == found
    for connection in connections:
        await connection.close()


async def test_what_no_group_shows_marks_nothing(fleet: Fleet) -> None:
    """That somebody was told, and a charger that says where it was already."""
    one, *_ = await fleet.chargers(2)
    await fleet.rule(OFFLINE)
    await fleet.turn()
    await fleet.offline(one)
    await fleet.turn()
    marks = "SELECT count(*) FROM alert_group_marks"
    assert await fleet.api.sql.fetchval(marks) == 0
    assert await fleet.api.sql.fetchval("SELECT alerts FROM alert_group_sums") == 1
    await fleet.api.sql.execute("UPDATE alerts SET notify_at = now(), notified_at = now(), absent_since = now()")
    await fleet.api.sql.execute("UPDATE chargers SET site_id = site_id, status = 'Faulted'")
    assert await fleet.api.sql.fetchval(marks) == 0
    await fleet.api.sql.execute("UPDATE alerts SET title = 'another'")
    assert await fleet.api.sql.fetchval(marks) == 1


async def test_who_acknowledges_sees_it_at_once_and_the_worker_keeps_it(fleet: Fleet) -> None:
    """Before the worker's turn, after it, and when all is over."""
    one, two = await fleet.chargers(2)
    await fleet.rule(OFFLINE)
    await fleet.turn()
    await fleet.offline(one, two)
    await fleet.turn()

    async def kept() -> Any:
        return [tuple(row) for row in await fleet.api.sql.fetch("SELECT open, acknowledged FROM alert_group_sums")]

    assert await kept() == [(2, 0)]
    (first, *_) = await fleet.alerts()
    assert (await fleet.api.client.post(f"{ALERTS}/{first['id']}/acknowledge", json={})).status_code == 200
    (group,) = await fleet.api.items(GROUPS)
    assert (group["open"], group["acknowledged"]) == (1, 1)
    assert await kept() == [(2, 0)]
    await fleet.turn()
    assert await kept() == [(1, 1)]
    (group,) = await fleet.api.items(GROUPS)
    assert (group["open"], group["acknowledged"]) == (1, 1)
    await fleet.online(one, two)
    await fleet.turn()
    await fleet.turn(3_600)
    assert await kept() == []
    await fleet.sign_in()
    assert await fleet.api.items(GROUPS) == []


async def test_another_organization_keeps_nothing_of_it(database: Database) -> None:
    """Groups are kept by the worker in each organization's name, and seen there only."""
    here = await _connected(database)
    world = _World()
    await world.make(here)
    await here.execute("SELECT set_config('csms.organization_id', $1, false)", str(new_id()))
    await here.execute(str(sets.FOLD))
    assert await here.fetch(_LISTED) == []
    await here.execute("SELECT set_config('csms.organization_id', $1, false)", str(DEFAULT_ORGANIZATION_ID))
    assert await here.fetchval("SELECT count(*) FROM alert_group_marks") == 2
    assert await _compare(here) == 2
    await here.close()
