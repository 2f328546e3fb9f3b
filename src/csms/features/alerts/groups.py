# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Alerts that stand, put together by cause: an outage with all its alerts, else those of one rule at one site.

A group's key says what is in it, so that a list, what is done to all of it and a file mean the same alerts: the id of
an outage, or a rule's id, a dot, and a site's id or `none`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    String,
    Uuid,
    and_,
    cast,
    column,
    func,
    not_,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.types import TypeEngine

from csms.features.alerts.rules import SEVERITIES, STATUSES
from csms.features.alerts.tables import alerts
from csms.features.chargers.tables import chargers
from csms.features.sites.tables import sites
from csms.kit.http.filters import Filter, InvalidFilterError, parse_id
from csms.kit.http.paging import Listing

NOWHERE: Final = "none"
_a, _c = alerts.c, chargers.c


@dataclass(frozen=True, slots=True)
class GroupFilter(Filter):
    """The alerts of groups, by the keys of those."""

    @property
    def operators(self) -> tuple[str, ...]:
        """None in brackets."""
        return ()

    def parse(self, name: str, raw: str) -> Any:
        """What a key names: an outage, or a rule and a site."""
        rule, dot, site = raw.partition(".")
        try:
            return (parse_id(rule), None if site == NOWHERE else parse_id(site)) if dot else (parse_id(rule),)
        except ValueError as error:
            raise InvalidFilterError(f"{name} must be the id of a group as /api/v1/alert-groups has it") from error

    def _same(self, values: list[Any], *, prefix: bool) -> ColumnElement[bool]:
        del prefix
        return or_(*(_of_group(*value) for value in values))


def _of_group(first: UUID, *site: UUID | None) -> ColumnElement[bool]:
    if not site:
        return or_(_a.group_id == first, _a.id == first)
    here = select(_c.id).where(_c.site_id.is_not(None) if site[0] is None else _c.site_id == site[0])
    placed = _a.charger_id.in_(here)
    where = or_(_a.charger_id.is_(None), not_(placed)) if site[0] is None else placed
    return and_(_a.rule == first, _a.group_id.is_(None), _a.is_group.is_(False), where)


# Of a group's rows its outage is one, where it is seen; it counts as no alert. The index of alerts begins with the
# status, so those that stand are spelled out.
_SUMMED: Final = """
SELECT k.id, min(k.outage::text)::uuid AS outage, min(a.rule::text)::uuid AS rule, min(a.rule_name) AS rule_name,
    min(a.kind) AS kind,
    (ARRAY['info', 'warning', 'critical'])[max(array_position(ARRAY['info', 'warning', 'critical'], a.severity))]
        AS severity,
    max(array_position(ARRAY['info', 'warning', 'critical'], a.severity)) * 100000000000
        + max(extract(epoch FROM a.last_at))::bigint AS urgency,
    CASE WHEN count(DISTINCT c.site_id) = 1 AND count(c.site_id) = count(a.charger_id)
        THEN min(c.site_id::text)::uuid END AS site_id,
    CASE WHEN count(DISTINCT c.site_id) = 1 AND count(c.site_id) = count(a.charger_id)
        THEN min(s.name) END AS site_name,
    count(DISTINCT c.site_id) AS sites,
    count(*) FILTER (WHERE NOT a.is_group) AS alerts,
    count(*) FILTER (WHERE NOT a.is_group AND a.status = 'open') AS open,
    count(*) FILTER (WHERE NOT a.is_group AND a.status = 'acknowledged') AS acknowledged,
    count(*) FILTER (WHERE NOT a.is_group AND a.status = 'snoozed') AS snoozed,
    count(DISTINCT a.charger_id) AS chargers,
    (array_agg(DISTINCT a.charger_id) FILTER (WHERE a.charger_id IS NOT NULL))[1:3] AS examples,
    CASE WHEN count(*) = 1 THEN min(a.id::text)::uuid END AS alert,
    CASE WHEN count(*) = 1 THEN min(a.title) END AS title,
    min(a.snoozed_until) AS snoozed_until,
    CASE WHEN count(a.assigned_to) = count(*) AND count(DISTINCT a.assigned_to) = 1 THEN min(a.assigned_name) END
        AS assigned_name,
    count(a.assigned_to) AS assigned,
    min(a.began_at) AS began_at, min(a.first_at) AS first_at, max(a.last_at) AS last_at,
    array_agg(DISTINCT a.status) AS status, array_agg(DISTINCT a.assigned_to) AS assigned_to,
    array_remove(array_agg(DISTINCT c.site_id), NULL) AS site_ids,
    string_agg(a.title, chr(10)) AS titles
FROM alerts a LEFT JOIN chargers c ON c.id = a.charger_id LEFT JOIN sites s ON s.id = c.site_id
CROSS JOIN LATERAL (SELECT coalesce(a.group_id, CASE WHEN a.is_group THEN a.id END) AS outage) o
CROSS JOIN LATERAL (SELECT o.outage, coalesce(o.outage::text,
    a.rule::text || '.' || coalesce(c.site_id::text, 'none')) AS id) k
WHERE a.status IN ('open', 'acknowledged', 'snoozed')
GROUP BY k.id
"""
_TYPES: Final[Mapping[str, TypeEngine[Any]]] = {
    "id": String(),
    "outage": Uuid(),
    "rule": Uuid(),
    "rule_name": String(),
    "kind": String(),
    "severity": String(),
    "site_id": Uuid(),
    "site_name": String(),
    "sites": Integer(),
    "alerts": Integer(),
    "open": Integer(),
    "acknowledged": Integer(),
    "snoozed": Integer(),
    "chargers": Integer(),
    "examples": ARRAY(String),
    "alert": Uuid(),
    "title": String(),
    "snoozed_until": DateTime(timezone=True),
    "assigned": Integer(),
    "assigned_name": String(),
    "began_at": DateTime(timezone=True),
    "first_at": DateTime(timezone=True),
    "last_at": DateTime(timezone=True),
}
_INNER: Final[Mapping[str, TypeEngine[Any]]] = {
    "urgency": BigInteger(),
    "status": ARRAY(String),
    "assigned_to": ARRAY(Uuid),
    "site_ids": ARRAY(Uuid),
    "titles": String(),
}
_g: Final = text(_SUMMED).columns(*(column(name, kind) for name, kind in {**_TYPES, **_INNER}.items())).subquery("g").c


@dataclass(frozen=True, slots=True)
class GroupSiteFilter(Filter):
    """Groups with a charger at one of some sites, or below them."""

    def _same(self, values: list[Any], *, prefix: bool) -> ColumnElement[bool]:
        del prefix
        path = sites.c.path
        below = select(sites.c.id).where(path.op("&&", is_comparison=True)(cast(array(values), path.type)))
        return _g.site_ids.op("&&", is_comparison=True)(func.array(below.scalar_subquery(), type_=ARRAY(Uuid)))


GROUPS: Final = Listing(
    columns={name: _g[name] for name in _TYPES},
    key=_g.id,
    sorts={name: _g[name] for name in ("urgency", "alerts", "first_at", "last_at")},
    default_sort="-urgency",
    filters={
        "id": Filter(_g.id),
        "status": Filter(_g.status, values=STATUSES[:-1]),
        "severity": Filter(_g.severity, values=SEVERITIES),
        "kind": Filter(_g.kind),
        "rule": Filter(_g.rule),
        "site_id": GroupSiteFilter(_g.site_id),
        "assigned_to": Filter(_g.assigned_to),
        "first_at": Filter(_g.first_at),
        "last_at": Filter(_g.last_at),
    },
    search=(_g.rule_name, _g.site_name, _g.titles),
    paper=(
        "severity",
        "rule_name",
        "site_name",
        "alerts",
        "open",
        "acknowledged",
        "assigned_name",
        "first_at",
        "last_at",
    ),
)
