# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The worker's turn: cheap where there is nothing to look at, and one failing rule keeps nothing from the others."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from csms.features.alerts.detection import NEEDED, QUERIES
from csms.features.alerts.jobs import AlertSweeper
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import Scope, UnitOfWork, UnitsOfWork
from tests.api.support import Product
from tests.features.alerts.support import RULES, Fleet

OFFLINE = {"kind": "offline", "after_s": 300}


class Counting(UnitsOfWork):
    """The product's units of work, counted."""

    def __init__(self, units: UnitsOfWork) -> None:
        self.__dict__.update(units.__dict__)
        self.opened = 0

    @asynccontextmanager
    async def __call__(self, scope: Scope) -> AsyncIterator[UnitOfWork]:
        """One more."""
        self.opened += 1
        async with super().__call__(scope) as uow:
            yield uow


def counted(fleet: Fleet) -> tuple[AlertSweeper, Counting]:
    """A worker that has just started."""
    units = Counting(fleet.api.units)
    sweeper = AlertSweeper(units, fleet.clock, fleet.api.site.metrics, fleet.premises, fleet.sent)
    return sweeper, units


def test_every_query_says_what_it_needs() -> None:
    """A kind left out would never be looked at."""
    assert NEEDED.keys() == QUERIES.keys()


async def test_a_turn_with_nothing_to_look_at(fleet: Fleet) -> None:
    """The first rules come in one transaction, and none of them has one of its own."""
    sweeper, units = counted(fleet)
    await sweeper()
    assert units.opened == 2  # the turn, and the hourly look at what is too old
    rows = await fleet.api.sql.fetch("SELECT id::text FROM alert_rules")
    audited = await fleet.api.sql.fetch("SELECT subject_id FROM audit_log WHERE action = 'alert:rule:seed'")
    assert len(rows) == 13
    assert sorted(row[0] for row in audited) == sorted(row[0] for row in rows)
    fleet.clock.advance(10)
    await sweeper()
    assert units.opened == 3
    fleet.premises.disk = 0.9
    fleet.clock.advance(60)
    await sweeper()
    assert units.opened == 6  # the turn, the rule of the disk, what is due after it
    assert await fleet.standing() == ["The disk is filling up: 90 % used"]


async def test_a_name_that_is_taken(fleet: Fleet, api: Product) -> None:
    """The first rules do not replace a rule of the same name, and the audit tells of those that were added."""
    await api.sql.execute(
        "INSERT INTO alert_rules (id, organization_id, name, kind, condition, scope, severity, clear_after_s,"
        " group_within_s) VALUES (gen_random_uuid(), $1, 'wrong CLOCK', 'disk', $2, '{}', 'info', 60, 120)",
        DEFAULT_ORGANIZATION_ID, {"kind": "disk", "used_percent": 99},
    )  # fmt: skip
    await fleet.turn()
    rules = {row["name"]: row["kind"] for row in await api.items(RULES)}
    assert len(rules) == 13
    assert rules["wrong CLOCK"] == "disk"
    assert await api.sql.fetchval("SELECT count(*) FROM audit_log WHERE action = 'alert:rule:seed'") == 12


async def test_one_failing_rule_keeps_nothing_from_the_others(fleet: Fleet, api: Product) -> None:
    """Not by its query, and not by what the installation is asked for it."""
    one, two = await fleet.chargers(2)
    await fleet.rule(OFFLINE)
    await api.create(RULES, name="Drift", condition={"kind": "configuration_drift"})
    await api.create(RULES, name="Disk", condition={"kind": "disk"})
    await fleet.offline(one)
    await api.sql.execute("ALTER TABLE configuration_assignments RENAME TO elsewhere")
    await fleet.turn(300)
    assert await fleet.standing() == [f"{one} is offline"]
    await api.sql.execute("ALTER TABLE elsewhere RENAME TO configuration_assignments")

    class Broken:
        def disk_used(self) -> float:
            raise OSError("the disk is away")

        def certificates(self) -> Mapping[str, datetime]:
            return {}

    fleet.premises = Broken()  # type: ignore[assignment]
    fleet.sweeper = fleet.new_sweeper()
    await fleet.offline(two)
    await fleet.turn(300)
    assert await fleet.standing() == [f"{one} is offline", f"{two} is offline"]


async def test_a_turn_ends_early_when_it_is_stopped(fleet: Fleet) -> None:
    """After the rule it is at; the next worker goes on."""
    one, *_ = await fleet.chargers(1)
    await fleet.rule(OFFLINE)
    await fleet.offline(one)

    class Stopping(Counting):
        async def organizations(self) -> Any:
            found = await super().organizations()
            sweeper.stop()
            return found

    units = Stopping(fleet.api.units)
    sweeper = AlertSweeper(units, fleet.clock, fleet.api.site.metrics, fleet.premises, fleet.sent)
    fleet.clock.advance(300)
    await sweeper()
    assert units.opened == 0
    assert await fleet.standing() == []
    await fleet.turn(0)
    assert await fleet.standing() == [f"{one} is offline"]
