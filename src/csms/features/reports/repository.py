# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of reports: sums of what is rolled up. The database holds each query to one organization, and to what is seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.reports.periods import Period, segments

By = Literal["none", "site", "charger", "group", "token", "token_group"]
Source = Literal["fleet_days", "charging_days", "availability_days"]
TAG: Final = "upper(btrim(d.id_tag))"
_KEYS: Final[dict[By, tuple[str, str]]] = {
    "none": ("NULL::text", ""),
    "site": ("c.site_id::text", "JOIN chargers c ON c.id = d.charger_id"),
    "charger": ("d.charger_id", ""),
    "group": ("m.group_id::text", "LEFT JOIN charger_group_members m ON m.charger_id = d.charger_id"),
    "token": (TAG, ""),
    "token_group": ('t."group"', f"LEFT JOIN tokens t ON t.normalized = {TAG}"),
}
_NAMES: Final[dict[By, str]] = {
    "site": "SELECT id::text AS key, name FROM sites WHERE id::text = ANY(:keys)",
    "charger": "SELECT id AS key, name FROM chargers WHERE id = ANY(:keys)",
    "group": "SELECT id::text AS key, name FROM charger_groups WHERE id::text = ANY(:keys)",
}
_PARTS: Final = (
    "unnest(CAST(:days AS date[]), CAST(:lows AS int[]), CAST(:highs AS int[]), CAST(:periods AS int[]))"
    " AS s(day, low, high, period)"
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a report is about; None: all that is seen."""

    site_id: UUID | None = None
    group_id: UUID | None = None
    charger_id: str | None = None
    token: str | None = None  # in its normal form

    @property
    def any(self) -> bool:
        """Whether it is about a part."""
        return (self.site_id, self.group_id, self.charger_id, self.token) != (None, None, None, None)


def _until(source: Source, column: str, number: str) -> str:
    """What there was of a column from the day's beginning to the end of a quarter hour."""
    stored = f"d.{column}"
    match source:
        case "fleet_days":
            return f"coalesce({stored}[{number}], 0)"
        case "charging_days":
            last = f"{stored}[least({number} - d.first + 1, cardinality({stored}))]"
            return f"CASE WHEN {stored} IS NULL OR {number} < d.first THEN 0 ELSE {last} END"
        case _:
            even = f"CASE WHEN cardinality({stored}) = 1 THEN {stored}[1]::bigint * {number} / 96"
            return f"CASE WHEN {stored} IS NULL OR {number} = 0 THEN 0 ELSE {even} ELSE {stored}[{number}] END END"


def _conditions(source: Source, filters: Filters) -> list[str]:
    found = []
    if filters.charger_id is not None:
        found.append("d.charger_id = :charger_id")
    if filters.token is not None and source == "charging_days":
        found.append(f"{TAG} = :token")
    places = [name for name in ("site_id", "group_id") if getattr(filters, name) is not None]
    found += [
        f"d.charger_id IN (SELECT p.id FROM chargers p WHERE CAST(:{name} AS uuid) = ANY (p.places))"  # noqa: S608
        for name in places
    ]
    return found


async def sums(
    connection: AsyncConnection,
    source: Source,
    columns: Sequence[str],
    periods: Sequence[Period],
    by: By,
    filters: Filters,
    keys: Sequence[str] | None = None,
) -> dict[tuple[str | None, int], dict[str, int]]:
    """By key and number of the period, the sums of columns. `keys`: only these; the empty one stands for none."""
    key, join = _KEYS[by]
    conditions = _conditions(source, filters)
    if keys is not None:
        conditions.append(f"coalesce({key}, '') = ANY (CAST(:keys AS text[]))")
    wanted = ", ".join(
        f"sum({_until(source, name, 's.high')} - {_until(source, name, 's.low')})::bigint AS {name}" for name in columns
    )
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    query = f"SELECT {key} AS key, s.period, {wanted} FROM {_PARTS} JOIN {source} d ON d.day = s.day {join}{where}" \
        " GROUP BY 1, 2"  # noqa: S608  (words of this module)  # fmt: skip
    parts = list(segments(periods))
    parameters: dict[str, Any] = {
        "days": [part.day for part in parts],
        "lows": [part.low for part in parts],
        "highs": [part.high for part in parts],
        "periods": [part.period for part in parts],
        "site_id": filters.site_id,
        "group_id": filters.group_id,
        "charger_id": filters.charger_id,
        "token": filters.token,
        "keys": None if keys is None else list(keys),
    }
    statement = text(query)
    bound = {name: value for name, value in parameters.items() if f":{name}" in query}
    rows = (await connection.execute(statement, bound)).mappings()
    return {(row["key"], row["period"]): {name: int(row[name] or 0) for name in columns} for row in rows}


async def names(connection: AsyncConnection, by: By, keys: Sequence[str]) -> Mapping[str, str | None]:
    """What people call sites, chargers or groups."""
    if by not in _NAMES or not keys:
        return {}
    return {row[0]: row[1] for row in await connection.execute(text(_NAMES[by]), {"keys": list(keys)})}


async def count_chargers(connection: AsyncConnection) -> int:
    """How many are seen."""
    return int((await connection.execute(text("SELECT count(*) FROM chargers"))).scalar_one())


async def organization(connection: AsyncConnection, organization_id: UUID) -> RowMapping:
    """Its name and time zone."""
    query = text("SELECT name, time_zone FROM organizations WHERE id = :id")
    return (await connection.execute(query, {"id": organization_id})).mappings().one()


async def zone_of_site(connection: AsyncConnection, site_id: UUID) -> str | None:
    """The time zone of a site: its own, or that of the nearest site above which has one."""
    query = text("""
        SELECT a.time_zone FROM sites s JOIN sites a ON a.id = ANY (s.path)
        WHERE s.id = :id AND a.time_zone IS NOT NULL ORDER BY cardinality(a.path) DESC LIMIT 1
    """)
    found: str | None = (await connection.execute(query, {"id": site_id})).scalar()
    return found


async def state(connection: AsyncConnection) -> tuple[datetime | None, datetime | None, bool]:
    """Up to when energy and use are rolled up, up to when availability is, and whether all of the history is."""
    query = text("SELECT read_until, swept_until, backfilled_to IS NULL FROM rollup_states")
    row = (await connection.execute(query)).first()
    return (None, None, False) if row is None else (row[0], row[1], row[2])
