# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The turn of the worker: what changed is marked, what is marked is rolled up, some of the history besides.

A mark goes with the transaction in which its days are written, so that a turn that was cut off is taken up again. Days
are worked out from all their facts, never added to: the same twice changes nothing.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from csms.features.reports import sets
from csms.features.reports.readings import OVERLAP
from csms.features.reports.rollups import Span, recompute
from csms.kit.clock import Clock
from csms.kit.db.driver import driver_connection
from csms.kit.db.partitions import Retention, months_before
from csms.kit.db.uow import Scope, UnitsOfWork
from csms.kit.jobs.base import JobKind, RunningJob, Schedule

KIND: Final = "rollups"
_TURN: Final = timedelta(minutes=6)
_SKEW: Final = timedelta(minutes=1)
_MARKS: Final = 200
_CHARGERS: Final = 25
_BACKFILL_S: Final = 120.0  # with rests
_OLDEST_DAYS: Final = 3_660
_REST: Final = 1.0  # of the time that a piece took


class RollupRunner:
    """Rolls up all organizations. `kept`: how long facts are."""

    def __init__(self, units: UnitsOfWork, clock: Clock, kept: Callable[[], Awaitable[Retention]]) -> None:
        self._units = units
        self._clock = clock
        self._kept = kept

    def jobs(self) -> tuple[list[JobKind], list[Schedule]]:
        """Every five minutes, in one place at a time."""
        return [JobKind(KIND, self, concurrency=1)], [Schedule(KIND, "*/5 * * * *", KIND)]

    async def __call__(self, job: RunningJob) -> dict[str, int]:
        """One turn; returns how many days of chargers came out otherwise."""
        kept = await self._kept()
        changed = 0
        for organization_id in await self._units.organizations():
            changed += await self._turn(job, organization_id, kept)
        return {"days": changed}

    async def _turn(self, job: RunningJob, organization_id: UUID, kept: Retention) -> int:
        now = self._clock.now()
        months = min(kept.meter_values_months, kept.status_history_months)
        horizon = (months_before(now, months) + timedelta(days=1)).date()
        await self._mark(organization_id, now)
        changed = await self._work_off(job, lambda: self._roll_up(organization_id, now, horizon))
        return await self._work_off(job, lambda: self._backfill(organization_id, now, horizon), changed, _BACKFILL_S)

    async def _work_off(
        self, job: RunningJob, work: Callable[[], Awaitable[int | None]], changed: int = 0, within_s: float = math.inf
    ) -> int:
        """Piece by piece, until there is none or the time is over; whoever waits for a page has his turn in between."""
        until_s = self._clock.monotonic() + within_s
        while (began_s := self._clock.monotonic()) <= until_s:
            done = await work()
            if done is None:
                break
            changed += done
            await job.progress(changed)
            await asyncio.sleep(_REST * (self._clock.monotonic() - began_s))
        return changed

    async def _mark(self, organization_id: UUID, now: datetime) -> None:
        async with self._opened(organization_id, now) as (connection, state):
            read_until, swept_until = state["read_until"], state["swept_until"]
            ahead = max(read_until, swept_until)
            await sets.mark(connection, min(read_until - OVERLAP, now - _TURN), now, min(read_until, now))
            if ahead > now + _SKEW:  # the clock was ahead, and what was rolled up with it is to be undone
                await sets.mark_all(connection, now.date(), ahead.date(), now, charging=True)
            elif _hour(now) > _hour(swept_until):
                await sets.mark_all(connection, min(swept_until, now).date(), now.date(), now)

    async def _roll_up(self, organization_id: UUID, now: datetime, horizon: date) -> int | None:
        """Some of what is marked; None where nothing is."""
        async with self._opened(organization_id, now) as (connection, _):
            marks = await sets.take(connection, _MARKS)
            if not marks:
                return None
            changed = 0
            for spans in _by_month(merged(marks)):
                changed += await recompute(connection, spans, now, horizon)
            return changed

    async def _backfill(self, organization_id: UUID, now: datetime, horizon: date) -> int | None:
        """The history of some chargers, month by month; None where all have theirs."""
        async with self._opened(organization_id, now) as (connection, state):
            after = state["backfilled_to"]
            rows = [] if after is None else await sets.next_chargers(connection, after, _CHARGERS)
            if after is not None and not rows:
                await sets.set_backfilled(connection, None)
        if not rows:
            return None
        oldest = now.date() - timedelta(days=_OLDEST_DAYS)
        changed = 0
        for spans in _by_month([Span(row["id"], max(row["first_day"], oldest), now.date()) for row in rows]):
            async with self._opened(organization_id, now) as (connection, _):
                changed += await recompute(connection, spans, now, horizon)
        async with self._opened(organization_id, now) as (connection, _):
            await sets.set_backfilled(connection, rows[-1]["id"])
        return changed

    @asynccontextmanager
    async def _opened(
        self, organization_id: UUID, now: datetime
    ) -> AsyncIterator[tuple[asyncpg.Connection, Mapping[str, Any]]]:
        async with self._units(Scope.system(organization_id)) as uow:
            connection = await driver_connection(uow.connection)
            yield connection, await sets.open_state(connection, now)


def _hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def merged(marks: Iterable[Mapping[str, Any]]) -> list[Span]:
    """Marks as spans; of what touches, one. Days between two marks are not among them."""
    found: list[Span] = []
    for kind in ("charging", "availability"):
        own = sorted((m["charger_id"], m["first_day"], m["last_day"]) for m in marks if m[kind])
        for charger_id, first, last in own:
            before = found[-1] if found else None
            if before is not None and before.charger_id == charger_id and getattr(before, kind) \
                    and first <= before.last_day + timedelta(days=1):  # fmt: skip
                found.pop()
                first, last = before.first_day, max(before.last_day, last)  # noqa: PLW2901
            found.append(Span(charger_id, first, last, kind == "charging", kind == "availability"))
    return found


def _by_month(spans: Iterable[Span]) -> list[Sequence[Span]]:
    """Cut at the ends of months, and those of a month together: their facts lie side by side."""
    found: dict[date, list[Span]] = {}
    for span in spans:
        first = span.first_day
        while first <= span.last_day:
            month = first.replace(day=1)
            last = min(span.last_day, (month + timedelta(days=32)).replace(day=1) - timedelta(days=1))
            found.setdefault(month, []).append(Span(span.charger_id, first, last, span.charging, span.availability))
            first = last + timedelta(days=1)
    return [found[month] for month in sorted(found)]
