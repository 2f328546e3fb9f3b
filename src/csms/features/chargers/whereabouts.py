# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Where chargers are, on a map.

On a map there is one point for each site that has coordinates, with how many of its chargers are in which state. A
charger has no coordinates of its own. It is where its site is, or the nearest site around that which has any.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Double,
    Select,
    and_,
    case,
    cast,
    func,
    not_,
    null,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.chargers.repository import CHARGERS, JOINED, ONLINE
from csms.features.chargers.tables import chargers, connectors
from csms.features.sites.tables import sites
from csms.kit.http.filters import filter_parameters, read_filters
from csms.kit.http.spellings import settle

_c, _k, _s = chargers.c, connectors.c, sites.c
PARAMETERS: Final = filter_parameters(CHARGERS.filters, [str(each.key) for each in CHARGERS.search])


@dataclass(slots=True)
class _Site:
    """`path`: where to look instead, of a site without coordinates."""

    name: str
    latitude: float | None
    longitude: float | None
    path: list[UUID] | None


_PLACED: Final = and_(_s.latitude.is_not(None), _s.longitude.is_not(None))
# as numbers that need no parsing: there may be ten thousand of them
_SITES: Final = select(
    _s.id, _s.name, cast(_s.latitude, Double), cast(_s.longitude, Double), case((_PLACED, null()), else_=_s.path)
)


def read(query: Sequence[tuple[str, str]]) -> tuple[ColumnElement[bool], ...]:
    """The filters of a query string, which are those of the list. Raises InvalidFilterError."""
    return read_filters(CHARGERS.filters, query, CHARGERS.search)


@dataclass(slots=True)
class _Point:
    site_ids: set[UUID] = field(default_factory=set)
    chargers: Counter[str] = field(default_factory=Counter)


async def points(connection: AsyncConnection, conditions: Sequence[ColumnElement[bool]]) -> Mapping[str, Any]:
    """What there is to show of the chargers under some conditions."""
    counts = (await connection.execute(_counts(await settle(connection, conditions)))).all()
    known = await _sites(connection, {site_id for site_id, _, _ in counts if site_id is not None})
    found: defaultdict[UUID, _Point] = defaultdict(_Point)
    elsewhere = 0
    for site_id, state, count in counts:
        at = _nearest(known, site_id)
        if at is None:
            elsewhere += count
            continue
        found[at].site_ids.add(site_id)
        found[at].chargers[state] += count
    return {"points": [_shown(key, known[key], point) for key, point in found.items()], "elsewhere": elsewhere}


def _shown(key: UUID, site: _Site, point: _Point) -> dict[str, Any]:
    return {
        "site_id": key,
        "name": site.name,
        "latitude": site.latitude,
        "longitude": site.longitude,
        "site_ids": sorted(point.site_ids),
        "chargers": point.chargers,
    }


def _counts(conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """How many chargers of a site are in which state: the worst that one of its connectors is in, or offline."""
    seen = (
        select(_c.id, _c.site_id, _c.status, ONLINE.label("online"))
        .select_from(JOINED)
        .where(*conditions)
        .cte("seen")
        .prefix_with("MATERIALIZED")
    )
    usual = ("available", "occupied", "reserved", "faulted")
    own = (
        select(
            _k.charger_id,
            *(func.bool_or(_k.state == state).label(state) for state in usual),
            func.bool_or(_k.state.not_in(usual)).label("out"),
        )
        .where(_k.connector_id > 0, _k.charger_id.in_(select(seen.c.id)))
        .group_by(_k.charger_id)
        .cte("own")
    )
    state = case(
        (not_(seen.c.online), "offline"),
        (func.coalesce(own.c.faulted, seen.c.status == "faulted") | (seen.c.status == "faulted"), "faulted"),
        (seen.c.status == "unavailable", "unavailable"),
        (own.c.occupied, "in_use"),
        (own.c.out, "unavailable"),
        (own.c.reserved, "reserved"),
        (own.c.available | and_(own.c.charger_id.is_(None), seen.c.status == "available"), "available"),
        else_="unavailable",  # never told: of no more use than being out of service
    ).label("state")
    joined = seen.outerjoin(own, own.c.charger_id == seen.c.id)
    return select(seen.c.site_id, state, func.count()).select_from(joined).group_by(seen.c.site_id, state)


async def _sites(connection: AsyncConnection, wanted: Collection[UUID]) -> dict[UUID, _Site]:
    """Sites, and those around them where they have no coordinates of their own."""
    known: dict[UUID, _Site] = {}
    missing = set(wanted)
    while missing:
        rows = await connection.execute(_SITES.where(_s.id == func.any(list(missing))))
        read = {row[0]: _Site(*row[1:]) for row in rows}
        known |= read
        missing = {key for site in read.values() for key in site.path or ()} - known.keys() - missing
    return known


def _nearest(known: Mapping[UUID, _Site], site_id: UUID | None) -> UUID | None:
    """The innermost that has coordinates, of a site and those around it; what may not be seen is passed over."""
    own = None if site_id is None else known.get(site_id)
    if own is None:
        return None
    if own.path is None:
        return site_id
    return next((key for key in reversed(own.path) if key in known and known[key].path is None), None)
