# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Where chargers are, on a map.

On a map there is one point for each site that has coordinates, with how many of its chargers are in which state. A
charger has no coordinates of its own. It is where its site is, or the nearest site around that which has any.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Double,
    FromClause,
    Integer,
    Select,
    String,
    Uuid,
    and_,
    case,
    cast,
    func,
    literal,
    not_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from csms.features.chargers import fleet
from csms.features.chargers.fleet_tables import COUNTS
from csms.features.chargers.repository import CHARGERS, JOINED, ONLINE
from csms.features.chargers.tables import chargers, connectors
from csms.features.sites.tables import sites
from csms.kit.db.uow import UnitOfWork
from csms.kit.http.filters import filter_parameters, read_filters
from csms.kit.http.spellings import settle

_c, _k, _s = chargers.c, connectors.c, sites.c
PARAMETERS: Final = filter_parameters(CHARGERS.filters, CHARGERS.search)
_STATES: Final = ("faulted", "offline", "unavailable", "reserved", "in_use", "available")
_SUMMED: Final = (
    Column("site_id", Uuid), Column("retired", Boolean), Column("online", Boolean),
    *(Column(name, Integer) for name in COUNTS),
)  # fmt: skip
# What is asked for where nothing is filtered by, but whether chargers are retired.
_WHOLE: Final[Mapping[tuple[tuple[str, str], ...], Sequence[bool]]] = {
    (): (False, True),
    (("retired", "false"),): (False,),
    (("retired", "true"),): (True,),
}


def read(query: Sequence[tuple[str, str]]) -> tuple[ColumnElement[bool], ...]:
    """The filters of a query string, which are those of the list. Raises InvalidFilterError."""
    return read_filters(CHARGERS.filters, query, CHARGERS.search)


async def points(uow: UnitOfWork, query: Sequence[tuple[str, str]], conditions: Sequence[ColumnElement[bool]]) -> bytes:
    """What there is to show of the chargers that a query string asks for, as JSON.

    The database writes it: rows of ten thousand sites would keep everybody else waiting while they are read here.
    """
    whole = _WHOLE.get(tuple(query))
    if whole is not None and await fleet.usable(uow):
        counted = _kept(whole)
    else:
        counted = _counted(await settle(uow.connection, conditions))
    document: str = (await uow.connection.execute(_map(counted))).scalar_one()
    return document.encode()


def _map(of_sites: Select[Any]) -> Select[Any]:
    """One document: the points, and how many chargers are elsewhere."""
    counted = of_sites.cte("counted")
    places = _places()
    sums = [cast(func.sum(counted.c[state]), Integer).label(state) for state in _STATES]
    points = (
        select(
            places.c.point,
            func.string_agg(
                cast(counted.c.site_id, String), aggregate_order_by(literal('","', String), counted.c.site_id)
            ).label("site_ids"),
            *sums,
        )
        .select_from(counted.join(places, places.c.id == counted.c.site_id))
        .where(places.c.point.is_not(None))
        .group_by(places.c.point)
        .cte("points")
    )
    shown = select(func.string_agg(_point(points), ",")).select_from(points.join(sites, _s.id == points.c.point))
    on_map = select(func.coalesce(func.sum(sum(points.c[state] for state in _STATES)), 0)).scalar_subquery()
    everywhere = select(func.coalesce(func.sum(sum(counted.c[state] for state in _STATES)), 0)).scalar_subquery()
    drawn = func.coalesce(shown.scalar_subquery(), "")
    return select(func.concat('{"points":[', drawn, '],"elsewhere":', everywhere - on_map, "}", type_=String))


def _point(points: FromClause) -> ColumnElement[str]:
    """One point as JSON, put together as text, which costs PostgreSQL less than its JSON objects."""
    states = (literal(f'"{state}":', String) + cast(func.nullif(points.c[state], 0), String) for state in _STATES)
    return func.concat(
        '{"site_id":"', _s.id,
        '","name":', func.to_json(_s.name),
        ',"latitude":', cast(_s.latitude, Double),
        ',"longitude":', cast(_s.longitude, Double),
        ',"site_ids":["', points.c.site_ids,
        '"],"chargers":{', func.concat_ws(",", *states),
        "}}",
        type_=String,
    )  # fmt: skip


def _places() -> FromClause:
    """Where a site is: there, or else the innermost around it that has coordinates; what is not seen is passed over."""
    around = sites.alias("around")
    above = (
        select(around.c.id)
        .where(around.c.id == func.any(_s.path), around.c.latitude.is_not(None), around.c.longitude.is_not(None))
        .order_by(func.array_position(_s.path, around.c.id).desc())
        .limit(1)
        .scalar_subquery()
    )
    own = and_(_s.latitude.is_not(None), _s.longitude.is_not(None))
    return select(_s.id, case((own, _s.id), else_=above).label("point")).subquery("places")


def _kept(retired: Sequence[bool]) -> Select[Any]:
    """The same of all chargers, out of what is kept."""
    f = text(fleet.SUMS).columns(*_SUMMED).subquery("f").c
    counts = {
        name: func.sum(f.chargers).filter(not_(f.online)) if name == "offline" else func.sum(f[name]).filter(f.online)
        for name in _STATES
    }
    return (
        select(f.site_id, *(func.coalesce(each, 0).label(name) for name, each in counts.items()))
        .where(f.retired.in_(retired))
        .group_by(f.site_id)
        .having(func.sum(f.chargers) > 0)
    )


def _counted(conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """How many chargers of a site are in which state: the worst that one of its connectors is in, or offline."""
    seen = (
        select(_c.id, _c.site_id, _c.status, ONLINE.label("online"))
        .select_from(JOINED)
        .where(*conditions)
        .cte("seen")
        .prefix_with("MATERIALIZED")
    )
    usual = ("available", "occupied", "reserved", "faulted")
    narrow = [_k.charger_id.in_(select(seen.c.id))] if conditions else []
    own = (
        select(
            _k.charger_id,
            *(func.bool_or(_k.state == state).label(state) for state in usual),
            func.bool_or(_k.state.not_in(usual)).label("out"),
        )
        .where(_k.connector_id > 0, *narrow)
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
    each = select(seen.c.site_id, state).select_from(seen.outerjoin(own, own.c.charger_id == seen.c.id)).subquery()
    return select(
        each.c.site_id, *(func.count().filter(each.c.state == name).label(name) for name in _STATES)
    ).group_by(each.c.site_id)
