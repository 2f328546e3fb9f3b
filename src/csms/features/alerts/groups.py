# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Alerts that stand, put together by cause: an outage with all its alerts, else those of one rule at one site.

A group's key says what is in it, so that a list, what is done to all of it and a file mean the same alerts: the id of
an outage, or a rule's id, a dot, and a site's id or `none`.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, ColumnElement, String, Uuid, and_, cast, func, not_, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, array

from csms.features.alerts.rules import SEVERITIES, STATUSES
from csms.features.alerts.tables import alert_group_sums, alerts
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


_k: Final = alert_group_sums.c
_SHOWN: Final = (
    "id", "outage", "rule", "rule_name", "kind", "severity", "site_id", "site_name", "sites", "alerts", "open",
    "acknowledged", "snoozed", "chargers", "examples", "alert", "title", "snoozed_until", "assigned", "assigned_name",
    "began_at", "first_at", "last_at",
)  # fmt: skip
_KEPT: Final = [column.name for column in _k if column.name != "organization_id"]
# Rows that are kept, but for those that are marked; in their stead what is summed now. Whoever sees a part only is
# given nothing that is kept.
STANDING: Final = f"""
SELECT u.*, (SELECT s.name FROM sites s WHERE s.id = u.site_id) AS site_name FROM (
    SELECT true AS kept, {", ".join(_KEPT)} FROM alert_group_sums
    UNION ALL SELECT false, {", ".join(_KEPT)} FROM csms_changed_alert_groups()) u
WHERE NOT (u.kept AND u.id IN (SELECT m.id FROM csms_marked_alert_groups() m))
"""  # noqa: S608
# As columns of a table: what is never null is ordered by an index.
_g: Final = (
    text(STANDING)
    .columns(*(Column(name, _k[name].type, nullable=_k[name].nullable) for name in _KEPT), Column("site_name", String))
    .subquery("g")
    .c
)


@dataclass(frozen=True, slots=True)
class GroupSiteFilter(Filter):
    """Groups with a charger at one of some sites, or below them."""

    def _same(self, values: list[Any], *, prefix: bool) -> ColumnElement[bool]:
        del prefix
        path = sites.c.path
        below = select(sites.c.id).where(path.op("&&", is_comparison=True)(cast(array(values), path.type)))
        return _g.site_ids.op("&&", is_comparison=True)(func.array(below.scalar_subquery(), type_=ARRAY(Uuid)))


GROUPS: Final = Listing(
    columns={name: _g[name] for name in _SHOWN},
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
