# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The overview: how it is now, what was charged today, power over a day, use over weeks."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from csms.features.chargers import fleet
from csms.features.reports import counts, repository
from csms.features.reports.periods import Period, midnight, split
from csms.features.reports.repository import Filters, Source
from csms.features.reports.service import ReportService
from csms.features.reports.slots import SLOT_S, second_of
from csms.features.sites.service import SiteService
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.shared import Shared

_ENERGY: Final = ("energy_wh", "started", "ended")
_WEEKS: Final = 4
_Key = tuple[UUID, frozenset[UUID] | None, UUID | None]


class OverviewService:
    """Reads what there is now, and what is rolled up."""

    def __init__(self, clock: Clock, sites: SiteService, reports: ReportService) -> None:
        self._clock = clock
        self._sites = sites
        self._reports = reports
        self._counts: Shared[_Key, dict[str, Any]] = Shared(clock)
        self._alerts: Shared[_Key, dict[str, int]] = Shared(clock)

    async def now(self, uow: UnitOfWork, site_id: UUID | None, *, may_wait: bool) -> dict[str, Any]:
        """How it is, but for alerts and jobs. `may_wait`: whether who waits for approval may be counted."""
        zone = await self._zone(uow, site_id)
        waiting = await counts.waiting(uow.connection) if may_wait and site_id is None else None
        found = await self._counted(uow, site_id)
        today, yesterday = await self._days(uow, site_id, zone, found["at"])
        return {
            **found,
            "time_zone": str(zone),
            "site_id": site_id,
            "chargers": {**found["chargers"], "waiting": waiting},
            "today": today,
            "yesterday": yesterday,
        }

    async def _counted(self, uow: UnitOfWork, site_id: UUID | None) -> dict[str, Any]:
        """What takes a look at each charger and each active transaction: for all who see the same, once in a while."""

        async def count() -> dict[str, Any]:
            at = self._clock.now()
            kept = site_id is None and await fleet.usable(uow)
            return {
                "at": at,
                **(await (counts.all_chargers(uow.connection) if kept else counts.chargers(uow.connection, site_id))),
                **await counts.transactions(uow.connection, site_id, at),
            }

        return await self._counts.get(_key(uow, site_id), count)

    async def alerts(self, uow: UnitOfWork, site_id: UUID | None) -> dict[str, int]:
        """Alerts that stand."""

        async def count() -> dict[str, int]:
            return dict(await counts.alerts(uow.connection, site_id))

        return await self._alerts.get(_key(uow, site_id), count)

    async def jobs(self, uow: UnitOfWork) -> dict[str, int]:
        """Background jobs that failed."""
        return {"failed": await counts.failed_jobs(uow.connection, self._clock.now())}

    async def power(self, uow: UnitOfWork, site_id: UUID | None) -> dict[str, Any]:
        """The mean power of each quarter hour of a day, by what was delivered in it."""
        zone = await self._zone(uow, site_id)
        read_until, _, _ = await repository.state(uow.connection)
        if read_until is None:
            return {"complete_until": None, "points": []}
        last = second_of(read_until) // SLOT_S * SLOT_S
        end = datetime.fromtimestamp(last, UTC)
        periods = split(Period(end - timedelta(days=1), end), "15m", zone)
        rows = await self._sums(uow, "charging_days", ("energy_wh",), periods, site_id)
        points = [
            {"start": period.start, "watts": rows.get(number, {}).get("energy_wh", 0) * 3600 / SLOT_S}
            for number, period in enumerate(periods)
        ]
        return {"complete_until": read_until, "points": points}

    async def heatmap(self, uow: UnitOfWork, site_id: UUID | None) -> dict[str, Any]:
        """The share of EVSEs in use by weekday and hour, over whole days."""
        zone = await self._zone(uow, site_id)
        today = self._clock.now().astimezone(zone).date()
        span = Period(midnight(today - timedelta(weeks=_WEEKS), zone), midnight(today, zone))
        periods = split(span, "hour", zone)
        used = await self._sums(uow, "charging_days", ("in_use_s",), periods, site_id)
        there = await self._sums(uow, "availability_days", ("time_s",), periods, site_id)
        cells = {(weekday, hour): [0, 0] for weekday in range(1, 8) for hour in range(24)}
        for number, period in enumerate(periods):
            local = period.start.astimezone(zone)
            cell = cells[local.isoweekday(), local.hour]
            cell[0] += used.get(number, {}).get("in_use_s", 0)
            cell[1] += there.get(number, {}).get("time_s", 0)
        return {
            "start": span.start,
            "end": span.end,
            "time_zone": str(zone),
            "cells": [
                {
                    "weekday": weekday,
                    "hour": hour,
                    "in_use_s": in_use,
                    "time_s": time,
                    "utilisation": min(1.0, round(in_use / time, 6)) if time else None,
                }
                for (weekday, hour), (in_use, time) in cells.items()
            ],
        }

    async def _zone(self, uow: UnitOfWork, site_id: UUID | None) -> ZoneInfo:
        if site_id is not None:
            await self._sites.get(uow, site_id)
        return await self._reports.zone(uow, None, site_id)

    async def _days(
        self, uow: UnitOfWork, site_id: UUID | None, zone: ZoneInfo, now: datetime
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Today as far as it is rolled up, and yesterday until that time of day."""
        read_until, _, _ = await repository.state(uow.connection)
        local = min(read_until or now, now).astimezone(zone)
        spans = []
        for back in (0, 1):
            day = local.date() - timedelta(days=back)
            end = datetime.combine(day, local.time(), zone).astimezone(UTC)
            spans.append(Period(midnight(day, zone), max(end, midnight(day, zone))))
        whole = [Period(span.start, _next_slot(span.end)) for span in spans]
        rows = await self._sums(uow, "charging_days", _ENERGY, whole, site_id)
        nothing = dict.fromkeys(_ENERGY, 0)
        today, yesterday = (
            {**nothing, **rows.get(number, {}), "start": span.start, "end": span.end}
            for number, span in enumerate(spans)
        )
        return today, yesterday

    async def _sums(
        self, uow: UnitOfWork, source: Source, columns: Sequence[str], periods: Sequence[Period], site_id: UUID | None
    ) -> dict[int, dict[str, int]]:
        of_all = uow.scope.places is None and site_id is None
        table: Source = "fleet_days" if of_all else source
        rows = await repository.sums(uow.connection, table, columns, periods, "none", Filters(site_id=site_id))
        return {number: values for (_, number), values in rows.items()}


def _key(uow: UnitOfWork, site_id: UUID | None) -> _Key:
    return (uow.scope.organization_id, uow.scope.places, site_id)


def _next_slot(at: datetime) -> datetime:
    """The end of the quarter hour: what is rolled up of today ends within it anyway."""
    return datetime.fromtimestamp(-(-second_of(at) // SLOT_S) * SLOT_S, UTC)
