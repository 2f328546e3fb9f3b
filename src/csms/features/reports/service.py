# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Reports: sums by periods and by what they belong to, beside those of another time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from csms.domain.tokens import normalize
from csms.features.chargers.service import ChargerService
from csms.features.reports import repository
from csms.features.reports.periods import Comparison, Interval, Period, compared, midnight, split, whole
from csms.features.reports.repository import By, Filters, Source
from csms.features.sites.service import GroupService, SiteService
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import InvalidError

Kind = Literal["energy", "utilisation", "uptime"]
Sums = Mapping[str, int]
Figures = dict[str, Any]
COLUMNS: Final[dict[Kind, dict[Source, tuple[str, ...]]]] = {
    "energy": {"charging_days": ("energy_wh", "started", "ended")},
    "utilisation": {"charging_days": ("in_use_s",), "availability_days": ("time_s",)},
    "uptime": {"availability_days": ("watched_s", "online_s", "out_of_order_s")},
}
MAIN: Final[dict[Kind, str]] = {"energy": "energy_wh", "utilisation": "utilisation", "uptime": "uptime"}
_RANKED: Final[dict[Kind, str]] = {"energy": "energy_wh", "utilisation": "in_use_s", "uptime": "watched_s"}
_MOST_PARTS: Final = 4_000_000
"""Days of chargers, or parts of them, that one report adds up: seconds of the database's time."""
_USUAL: Final = timedelta(days=7)


class ReportTooLargeError(InvalidError):
    """More chargers, days and periods than one report adds up."""

    code: ClassVar[str] = "report_too_large"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for; `start` and `end` may be days, of the time zone."""

    kind: Kind
    start: datetime | date | None = None
    end: datetime | date | None = None
    interval: Interval = "day"
    by: By = "none"
    compare: Comparison | None = None
    time_zone: str | None = None
    filters: Filters = field(default_factory=Filters)
    most: int = 100


@dataclass(frozen=True, slots=True)
class _Time:
    span: Period
    periods: Sequence[Period]


class ReportService:
    """Adds up what is rolled up."""

    def __init__(self, clock: Clock, sites: SiteService, groups: GroupService, chargers: ChargerService) -> None:
        self._clock = clock
        self._sites = sites
        self._groups = groups
        self._chargers = chargers

    async def report(self, uow: UnitOfWork, asked: Question) -> dict[str, Any]:
        """The answer. Raises NotFoundError for a site, group or charger that there is not."""
        asked, site_id = await self._settled(uow, asked)
        zone = await self.zone(uow, asked.time_zone, site_id)
        span = self._span(asked, zone)
        times = [_Time(span, split(span, asked.interval, zone))]
        if asked.compare is not None:
            other = compared(span, asked.compare, zone)
            times.append(_Time(other, split(other, asked.interval, zone)))
        await self._check_size(uow, asked, times)
        whole_, parts = await self._all(uow, asked, times)
        series, count = ([], 0) if asked.by == "none" else await self._series(uow, asked, times)
        read_until, swept_until, backfilled = await repository.state(uow.connection)
        until = read_until if asked.kind == "energy" else swept_until
        return {
            "start": span.start,
            "end": span.end,
            "time_zone": str(zone),
            "interval": asked.interval,
            "by": asked.by,
            "compared": None if len(times) == 1 else {"start": times[1].span.start, "end": times[1].span.end},
            "complete_until": until,
            "history_complete": backfilled,
            "total": whole_,
            "points": parts,
            "series": series,
            "series_total": count,
        }

    async def zone(self, uow: UnitOfWork, name: str | None, site_id: UUID | None) -> ZoneInfo:
        """The zone that is asked for, else the site's, else the organization's."""
        if name is None and site_id is not None:
            name = await repository.zone_of_site(uow.connection, site_id)
        if name is None:
            name = (await repository.organization(uow.connection, uow.scope.organization_id))["time_zone"]
        return ZoneInfo(name)

    async def _settled(self, uow: UnitOfWork, asked: Question) -> tuple[Question, UUID | None]:
        """Names as they are spelled here, and the site whose clock counts."""
        filters = asked.filters
        site_id = filters.site_id
        if filters.charger_id is not None:
            row = await self._chargers.get(uow, filters.charger_id)
            filters = replace(filters, charger_id=row["id"])
            site_id = site_id or row["site_id"]
        if filters.site_id is not None:
            await self._sites.get(uow, filters.site_id)
        if filters.group_id is not None:
            await self._groups.get(uow, filters.group_id)
        if filters.token is not None:
            filters = replace(filters, token=normalize(filters.token))
        return replace(asked, filters=filters), site_id

    def _span(self, asked: Question, zone: ZoneInfo) -> Period:
        now = self._clock.now()
        end = _instant(asked.end, zone) or now
        start = _instant(asked.start, zone) or midnight((end.astimezone(zone) - _USUAL).date(), zone)
        return whole(start, end)

    async def _check_size(self, uow: UnitOfWork, asked: Question, times: Sequence[_Time]) -> None:
        if asked.filters.charger_id is not None or (asked.by == "none" and self._of_all(uow, asked)):
            return
        parts = sum(max((time.span.end - time.span.start) // timedelta(days=1), len(time.periods)) for time in times)
        chargers = await repository.count_chargers(uow.connection)
        if parts * chargers > _MOST_PARTS:
            raise ReportTooLargeError(
                f"{chargers:,} chargers at {parts:,} days or periods are too much for one report: take a shorter time, "
                "a longer interval, or one charger; for by=none without filters any time will do"
            )

    @staticmethod
    def _of_all(uow: UnitOfWork, asked: Question) -> bool:
        """Whether the sums of the organization answer it."""
        return uow.scope.places is None and not asked.filters.any

    async def _sums(
        self, uow: UnitOfWork, asked: Question, periods: Sequence[Period], by: By, keys: Sequence[str] | None = None
    ) -> dict[tuple[str | None, int], dict[str, int]]:
        found: dict[tuple[str | None, int], dict[str, int]] = {}
        for source, columns in COLUMNS[asked.kind].items():
            table: Source = "fleet_days" if by == "none" and self._of_all(uow, asked) else source
            rows = await repository.sums(uow.connection, table, columns, periods, by, asked.filters, keys)
            for key, values in rows.items():
                found.setdefault(key, {}).update(values)
        return found

    async def _all(self, uow: UnitOfWork, asked: Question, times: Sequence[_Time]) -> tuple[Figures, list[Figures]]:
        """Of all chargers together, in all and by periods."""
        found = [await self._sums(uow, asked, time.periods, "none") for time in times]
        totals = [_added(rows.values()) for rows in found]
        return _value(asked.kind, totals), _points(asked, times, found, None)

    async def _series(self, uow: UnitOfWork, asked: Question, times: Sequence[_Time]) -> tuple[list[Figures], int]:
        spans = [[time.span] for time in times]
        totals = [await self._sums(uow, asked, span, asked.by) for span in spans]
        ranked = sorted(
            {key for rows in totals for (key, _), sums in rows.items() if any(sums.values())},
            key=lambda key: ([-rows.get((key, 0), {}).get(_RANKED[asked.kind], 0) for rows in totals], key or ""),
        )
        shown = ranked[: asked.most]
        named = await repository.names(uow.connection, asked.by, [key for key in shown if key is not None])
        found: list[dict[tuple[str | None, int], dict[str, int]]] = []
        if asked.interval != "none":
            wanted = [key or "" for key in shown]
            found = [await self._sums(uow, asked, time.periods, asked.by, wanted) for time in times]
        series = [
            {
                "key": key,
                "name": None if key is None else named.get(key),
                "total": _value(asked.kind, [each.get((key, 0), {}) for each in totals]),
                "points": _points(asked, times, found, key) if found else [],
            }
            for key in shown
        ]
        return series, len(ranked)


def _instant(given: datetime | date | None, zone: ZoneInfo) -> datetime | None:
    if given is None or isinstance(given, datetime):
        return given
    return midnight(given, zone)


def _added(rows: Any) -> dict[str, int]:
    total: dict[str, int] = {}
    for row in rows:
        for name, value in row.items():
            total[name] = total.get(name, 0) + value
    return total


def figures(kind: Kind, sums: Sums) -> Figures:
    """Sums with what is derived from them."""
    found: Figures = {name: sums.get(name, 0) for columns in COLUMNS[kind].values() for name in columns}
    match kind:
        case "utilisation":
            found["utilisation"] = _ratio(found["in_use_s"], found["time_s"])
        case "uptime":
            found["uptime"] = _ratio(found["online_s"] - found["out_of_order_s"], found["watched_s"])
    return found


def _ratio(part: int, whole_: int) -> float | None:
    return min(1.0, round(part / whole_, 6)) if whole_ else None


def _value(kind: Kind, sums: Sequence[Sums]) -> Figures:
    """Figures beside those that they are compared with."""
    now = figures(kind, sums[0])
    other = figures(kind, sums[1]) if len(sums) > 1 else None
    before = None if other is None else other[MAIN[kind]]
    after = now[MAIN[kind]]
    change = round((after - before) / before * 100, 2) if before and after is not None else None
    return {"figures": now, "compared": other, "change_percent": change}


def _points(
    asked: Question,
    times: Sequence[_Time],
    found: Sequence[Mapping[tuple[str | None, int], Sums]],
    key: str | None,
) -> list[Figures]:
    if asked.interval == "none":
        return []
    return [
        {
            "start": period.start,
            "end": period.end,
            **_value(asked.kind, [rows.get((key, number), {}) for rows in found]),
        }
        for number, period in enumerate(times[0].periods)
    ]
