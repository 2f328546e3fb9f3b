# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of timelines: of each source no more than a page; the database holds each query to one organization."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import DateTime, RowMapping, TextClause, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.timelines.rules import Place, behind
from csms.features.timelines.sources import Source


class Part(msgspec.Struct, frozen=True):
    """Sources of one subject, and from when until when; of connectors only those of an EVSE."""

    of: Literal["charger", "transaction"]
    subject: str
    sources: Sequence[Source]
    since: datetime | None
    until: datetime | None
    evse_id: int | None = None


async def events(
    connection: AsyncConnection, parts: Sequence[Part], place: Place | None, limit: int
) -> list[dict[str, Any]]:
    """The newest events of each source behind a place, in one question."""
    values: dict[str, Any] = {"most": limit + 1}
    if place is not None:
        values |= {"at": place.at, "key": place.key}
    arms: list[str] = []
    for part in parts:
        bounds = {f"{part.of}_since": part.since, f"{part.of}_until": part.until}
        values |= {part.of: part.subject, "evse": part.evse_id} | bounds
        arms += [_arm(source, part, place) for source in part.sources]
    return [dict(row) for row in await _run(connection, " UNION ALL ".join(arms), values)] if arms else []


def _arm(source: Source, part: Part, place: Place | None) -> str:
    conditions = [behind(source.kind, place, source.at, source.key)]
    if part.since is not None:
        conditions.append(f"{source.at} >= :{part.of}_since")
    if part.until is not None:
        conditions.append(f"{source.at} <= :{part.of}_until")
    if part.evse_id is not None and source.kind == "status":
        conditions.append("evse_id IN (0, :evse)")
    return (  # of constants: what is asked for is bound
        f"(SELECT '{source.kind}' AS kind, {source.at} AS at, {source.key} AS key, {source.code} AS code,"  # noqa: S608
        f" {source.parameters} AS parameters FROM {source.rows} AND {' AND '.join(conditions)}"
        f' ORDER BY {source.at} DESC, ({source.key}) COLLATE "C" LIMIT :most)'
    )


async def _run(connection: AsyncConnection, query: str, values: Mapping[str, Any]) -> Sequence[RowMapping]:
    statement, names = _statement(query, tuple(name for name, value in values.items() if isinstance(value, datetime)))
    known = {name: values[name] for name in names}
    return (await connection.execute(statement, known)).mappings().all()


@lru_cache(maxsize=512)
def _statement(query: str, times: tuple[str, ...]) -> tuple[TextClause, tuple[str, ...]]:
    """The query as a statement, and what is bound in it: there are few, and each costs as much as asking it."""
    statement = text(query)
    names = tuple(statement.compile().params)
    typed = [bindparam(name, type_=DateTime(timezone=True)) for name in times if name in names]
    return statement.bindparams(*typed), names


_TIME: Final = """CASE WHEN m.measured_at >= '2015-01-01Z' AND m.measured_at <= m.received_at + interval '15 minutes'
    THEN m.measured_at ELSE m.received_at END"""
_OF_TRANSACTION: Final = "m.transaction = :transaction AND m.received_at >= :since"
_OF_CHARGER: Final = "m.charger_id = :charger AND m.received_at >= :since"
# A charger that repeats itself changes neither the least, nor the greatest, nor the last of a bucket. Values that are
# no numbers (signed data) are greater than any.
_SERIES: Final = """
WITH r AS MATERIALIZED (
    SELECT {time} AS at, m.codes, m."values" FROM meter_values m WHERE {rows}
    ORDER BY m.received_at DESC LIMIT :most),
span AS (SELECT min(at) AS first, max(at) AS last FROM r),
s AS (
    SELECT v.code, v.value, r.at, least(:points - 1, floor(:points * extract(epoch FROM r.at - span.first)
        / greatest(extract(epoch FROM span.last - span.first), 1)))::int AS bucket
    FROM r CROSS JOIN span CROSS JOIN LATERAL unnest(r.codes, r."values") AS v(code, value)
    WHERE v.code >> 7 = ANY(:measurands) AND v.value < 'Infinity' AND v.value > '-Infinity')
SELECT s.code, s.bucket, max(s.at) AS at, min(s.value) AS min, max(s.value) AS max,
    (array_agg(s.value ORDER BY s.at DESC))[1] AS last, count(*) AS count
FROM s GROUP BY s.code, s.bucket ORDER BY s.code, s.bucket
"""
_MOST_READINGS: Final = 200_000


async def series(
    connection: AsyncConnection,
    since: datetime,
    points: int,
    measurands: Sequence[int],
    *,
    transaction: UUID | None = None,
    charger_id: str | None = None,
) -> Sequence[RowMapping]:
    """Buckets of the readings of a transaction, or of a charger, since an instant."""
    rows = _OF_CHARGER if transaction is None else _OF_TRANSACTION
    values = {"since": since, "points": points, "measurands": list(measurands), "most": _MOST_READINGS}
    own = {"charger": charger_id} if transaction is None else {"transaction": transaction}
    return await _run(connection, _SERIES.format(time=_TIME, rows=rows), {**values, **own})


_INSTALLED: Final = """
SELECT profile, purpose, stack_level, installed_at, transaction_ref, evse_id FROM installed_charging_profiles
WHERE charger_id = :charger AND installed_at <= :last
ORDER BY installed_at DESC LIMIT 100
"""
_SENT: Final = """
SELECT body, coalesce(finished_at, created_at) AS at FROM commands
WHERE charger_id = :charger AND type = 'set_charging_profile' AND status = 'accepted'
    AND created_at BETWEEN :since AND :last
ORDER BY created_at DESC, id DESC LIMIT 100
"""


async def profiles(
    connection: AsyncConnection, charger_id: str, since: datetime, last: datetime
) -> tuple[Sequence[RowMapping], Sequence[RowMapping]]:
    """The profiles that a charger has, and those that it was sent and accepted between two instants."""
    values = {"charger": charger_id, "since": since, "last": last}
    return await _run(connection, _INSTALLED, values), await _run(connection, _SENT, values)
