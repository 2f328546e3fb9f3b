# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Chargers by the places they belong to (a site, those above it, groups), and what belongs to such chargers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, String, any_, cast, false, func, select
from sqlalchemy.dialects.postgresql import array

from csms.features.chargers.tables import chargers
from csms.kit.http.filters import Filter
from csms.kit.http.spellings import LookedUp

_c = chargers.c
_MOST_NAMED: Final = 1_000
"""Chargers that are named one by one, so that an index has what is theirs; what belongs to more of them is anywhere."""


class Placed(LookedUp):
    """The charger in a column belongs to one of some places."""

    inherit_cache = False

    def __init__(self, charger: ColumnElement[Any], places: Sequence[UUID]) -> None:
        self.charger = charger
        self.places = cast(array(places), _c.places.type)

    @property
    def plain(self) -> ColumnElement[bool]:
        there = _c.places.op("&&", is_comparison=True)(self.places)
        return there if self.charger is _c.id else self.charger.in_(select(_c.id).where(there))

    def asked(self) -> ColumnElement[Any]:
        return func.csms_placed(self.places, _MOST_NAMED)

    def known(self, found: Sequence[str] | None) -> ColumnElement[bool]:
        if found is None:
            return self.plain
        if not found:
            return false()
        named: ColumnElement[bool] = self.charger == any_(cast(list(found), ARRAY(String)))
        return named


@dataclass(frozen=True, slots=True)
class PlacesFilter(Filter):
    """`places[contains_any]` of chargers."""

    def _overlapping(self, values: list[Any]) -> ColumnElement[bool]:
        return Placed(_c.id, values)


@dataclass(frozen=True, slots=True)
class _SiteFilter(Filter):
    charger: ColumnElement[Any] = field(kw_only=True)

    def _same(self, values: list[Any], *, prefix: bool) -> ColumnElement[bool]:
        del prefix
        return Placed(self.charger, values)


def site_filter(charger: ColumnElement[Any]) -> Filter:
    """For lists of what belongs to chargers: by the sites where those stand now, or which lie above."""
    return _SiteFilter(_c.site_id, charger=charger)
