# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Days of chargers worked out anew, and written where they came out otherwise."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import asyncpg

from csms.features.reports import sets
from csms.features.reports.rules import Being, Session, availability, charging
from csms.features.reports.slots import SLOTS, packed, second_of, trimmed, unpacked, widened

Key = tuple[str, date]
Rows = dict[Key, list[tuple[Any, ...]]]
CHARGING: Final = ("energy_wh", "in_use_s", "started", "ended")
AVAILABILITY: Final = ("time_s", "watched_s", "online_s", "out_of_order_s")
_SPANS: Final = "unnest($1::text[], $2::date[], $3::date[]) AS s(id, first_day, last_day)"


@dataclass(frozen=True, slots=True)
class Span:
    """Days of a charger, both included, and what of them is worked out."""

    charger_id: str
    first_day: date
    last_day: date
    charging: bool = True
    availability: bool = True


@dataclass(slots=True)
class _Added:
    """What is to be added to the running sums of all chargers; `even`: to each quarter hour the same, so much in all.

    Most chargers are the same all day: they are not added up 96 times.
    """

    sums: list[int] = field(default_factory=lambda: [0] * SLOTS)
    even: int = 0

    def all(self) -> list[int]:
        """Together."""
        return [own + even for own, even in zip(self.sums, unpacked([self.even]), strict=True)]


Fleet = dict[date, dict[str, _Added]]
"""By day and column."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """One of the two tables: its columns behind charger and day; the last four are running sums."""

    table: str
    columns: tuple[str, ...]
    sums: tuple[str, ...]

    def add(self, added: _Added, name: str, row: Sequence[Any], sign: int) -> None:
        """Add the running sums of a column of a row, or take them away."""
        stored = row[self.columns.index(name)]
        if stored is None:
            return
        if self.table == "availability_days" and len(stored) == 1:
            added.even += sign * stored[0]
            return
        sums = widened(row[1], stored) if self.table == "charging_days" else stored
        added.sums = [own + sign * value for own, value in zip(added.sums, sums, strict=True)]


_CHARGING: Final = _Kind("charging_days", ("id_tag", "first", *CHARGING), CHARGING)
_AVAILABILITY: Final = _Kind("availability_days", AVAILABILITY, AVAILABILITY)


def midnight(day: date) -> datetime:
    """When a day begins in UTC."""
    return datetime.combine(day, time(), UTC)


async def recompute(
    connection: asyncpg.Connection, spans: Sequence[Span], now: datetime, availability_from: date
) -> int:
    """Work out days of chargers from the facts that there are; returns how many days came out otherwise.

    Before `availability_from` the facts about connections are gone: what was made of them stays.
    """
    fleet: Fleet = {}
    changed = 0
    charging_spans = [span for span in spans if span.charging]
    if charging_spans:
        since, until = _around(charging_spans)
        chargers = sorted({span.charger_id for span in charging_spans})
        found = await sets.sessions(connection, chargers, since, until, now)
        rows = await asyncio.to_thread(_charging_rows, found, charging_spans)
        changed += await _replace(connection, _CHARGING, charging_spans, rows, fleet)
    kept = [span for span in spans if span.availability and span.last_day >= availability_from]
    being_spans = [Span(span.charger_id, max(span.first_day, availability_from), span.last_day) for span in kept]
    if being_spans:
        since, until = _around(being_spans)
        chargers = sorted({span.charger_id for span in being_spans})
        beings = await sets.beings(connection, chargers, since, until, now)
        rows = await asyncio.to_thread(_availability_rows, beings, being_spans, second_of(now))
        changed += await _replace(connection, _AVAILABILITY, being_spans, rows, fleet)
    await _add_to_fleet(connection, fleet)
    return changed


def _around(spans: Sequence[Span]) -> tuple[datetime, datetime]:
    first, last = min(span.first_day for span in spans), max(span.last_day for span in spans)
    return midnight(first), midnight(last + timedelta(days=1))


def _days(span: Span) -> Sequence[date]:
    return [span.first_day + timedelta(days=each) for each in range((span.last_day - span.first_day).days + 1)]


def _charging_rows(found: Mapping[str, Sequence[Session]], spans: Sequence[Span]) -> Rows:
    rows: Rows = {}
    for span in spans:
        made = charging(found.get(span.charger_id, ()), span.first_day, span.last_day)
        for day in _days(span):
            rows[span.charger_id, day] = []
        for (day, tag), values in made.items():
            four = [getattr(values, name) for name in CHARGING]
            first = min((n for each in four for n, value in enumerate(each, 1) if value), default=None)
            if first is not None:
                rows[span.charger_id, day].append((tag, first, *(trimmed(first, each) for each in four)))
    return rows


def _availability_rows(beings: Mapping[str, Being], spans: Sequence[Span], now_s: int) -> Rows:
    rows: Rows = {}
    for span in spans:
        being = beings.get(span.charger_id)
        if being is None:
            continue  # purged meanwhile: what was, was
        for day in _days(span):
            made = availability(being, day, now_s)
            four = () if made is None else tuple(packed(getattr(made, name)) for name in AVAILABILITY)
            rows[span.charger_id, day] = [four] if four else []
    return rows


async def _replace(connection: asyncpg.Connection, kind: _Kind, spans: Sequence[Span], rows: Rows, fleet: Fleet) -> int:
    """Write the days that differ from what is stored, and note what that adds to the sums of the fleet."""
    ids, firsts, lasts = ([getattr(span, name) for span in spans] for name in ("charger_id", "first_day", "last_day"))
    columns = ", ".join(kind.columns)
    stored: Rows = {}
    seen = await connection.fetch(
        f"SELECT DISTINCT d.ctid, d.charger_id, d.day, {', '.join(f'd.{name}' for name in kind.columns)}"  # noqa: S608
        f" FROM {_SPANS} JOIN {kind.table} d ON d.charger_id = s.id AND d.day BETWEEN s.first_day AND s.last_day",
        ids, firsts, lasts,
    )  # fmt: skip
    for row in seen:
        stored.setdefault((row["charger_id"], row["day"]), []).append(tuple(row[name] for name in kind.columns))
    # thousands of rows of a hundred numbers: in a thread, since others wait for the loop
    changed = await asyncio.to_thread(_compared, kind, rows, stored, fleet)
    old = [key for key in changed if key in stored]
    if old:
        await connection.execute(
            f"DELETE FROM {kind.table} d USING unnest($1::text[], $2::date[]) AS s(id, day)"  # noqa: S608
            " WHERE d.charger_id = s.id AND d.day = s.day",
            [key[0] for key in old], [key[1] for key in old],
        )  # fmt: skip
    fresh = [(*key, *row) for key in changed for row in rows[key]]
    if fresh:
        places = ", ".join(f"${number}" for number in range(1, len(kind.columns) + 3))
        await connection.executemany(
            f"INSERT INTO {kind.table} (organization_id, charger_id, day, {columns})"  # noqa: S608
            f" VALUES (csms_organization(), {places})",
            fresh,
        )
    return len(changed)


def _compared(kind: _Kind, rows: Rows, stored: Rows, fleet: Fleet) -> list[Key]:
    """The days that came out otherwise; what that adds to the sums of the fleet is noted."""
    changed = [key for key, made in rows.items() if _sorted(made) != _sorted(stored.get(key, []))]
    for key in changed:
        for row in stored.get(key, ()):
            _note(fleet, kind, key[1], row, -1)
        for row in rows[key]:
            _note(fleet, kind, key[1], row, 1)
    return changed


def _sorted(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(rows, key=repr)


def _note(fleet: Fleet, kind: _Kind, day: date, row: Sequence[Any], sign: int) -> None:
    sums = fleet.setdefault(day, {})
    for name in kind.sums:
        kind.add(sums.setdefault(name, _Added()), name, row, sign)


async def _add_to_fleet(connection: asyncpg.Connection, fleet: Fleet) -> None:
    nothing = _Added()
    rows: list[tuple[Any, ...]] = [
        (day, *(sums.get(name, nothing).all() for name in sets.FLEET)) for day, sums in sorted(fleet.items())
    ]
    added = [row for row in rows if any(any(values) for values in row[1:])]
    if added:
        await connection.executemany(sets.ADD_TO_FLEET, added)
        await connection.execute(sets.EMPTY_FLEET, [row[0] for row in added])
