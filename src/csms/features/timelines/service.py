# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Timelines put together from their sources."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from csms.domain.texts import say
from csms.features.accounts.permissions import Permission
from csms.features.timelines import repository
from csms.features.timelines.rules import Place, merged, write_cursor
from csms.features.timelines.sources import DURING, EVENTS, OF_CHARGER, OF_TRANSACTION, Source
from csms.features.transactions.service import get as get_transaction
from csms.kit.db.uow import UnitOfWork
from csms.kit.http.problems import ForbiddenError

May = Callable[[str], bool]
"""Whether the caller has a permission at the charger."""


class Asked(msgspec.Struct, frozen=True):
    """A page of a timeline, as it is asked for."""

    kinds: Sequence[str] = ()
    place: Place | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50


async def of_charger(uow: UnitOfWork, charger_id: str, asked: Asked, may: May) -> dict[str, Any]:
    """What happened at a charger."""
    sources = [(source, charger_id, (asked.since, asked.until), None) for source in OF_CHARGER]
    return await _page(uow, sources, asked, may)


async def of_transaction(uow: UnitOfWork, key: UUID | int, asked: Asked, may: May) -> dict[str, Any]:
    """What happened in a transaction, and at its charger while it went on."""
    row = await get_transaction(uow, key)
    first = row["start_received_at"] or row["created_at"]
    last = row["stop_received_at"] or row["closed_at"]
    since = first if asked.since is None else max(first, asked.since)
    until = asked.until if last is None else last if asked.until is None else min(last, asked.until)
    own = [(source, str(row["id"]), (asked.since, asked.until), None) for source in OF_TRANSACTION]
    around = [
        (_around(source), row["charger_id"], (since, until), row["evse_id"])
        for source in OF_CHARGER
        if source.kind in DURING
    ]
    return await _page(uow, [*own, *around], asked, may)


def _around(source: Source) -> Source:
    """What a transaction's timeline tells of its charger takes the right to see chargers."""
    return msgspec.structs.replace(source, needs=source.needs or Permission.CHARGER_READ)


async def _page(
    uow: UnitOfWork,
    sources: Sequence[tuple[Source, str, tuple[datetime | None, datetime | None], int | None]],
    asked: Asked,
    may: May,
) -> dict[str, Any]:
    hidden = [source.kind for source, *_ in sources if source.needs is not None and not may(source.needs)]
    for source, *_ in sources:
        if source.kind in hidden and source.kind in asked.kinds:
            raise ForbiddenError(f"events of the kind {source.kind} need the permission {source.needs}")
    rows: list[dict[str, Any]] = []
    for source, subject, window, evse_id in sources:
        if source.kind not in hidden and (not asked.kinds or source.kind in asked.kinds):
            rows += await repository.events(uow.connection, source, subject, asked.place, window, asked.limit, evse_id)
    shown, place = merged(rows, asked.limit)
    return {
        "items": [_item(row) for row in shown],
        "next_cursor": None if place is None else write_cursor(place),
        "hidden": sorted(set(hidden)),
    }


def _item(row: Any) -> dict[str, Any]:
    parameters: dict[str, Any] = row["parameters"]
    template = EVENTS.get(row["code"], row["code"].replace("_", " "))
    return {
        "id": f"{row['kind']}/{row['key']}",
        "at": row["at"],
        "kind": row["kind"],
        "code": row["code"],
        "parameters": parameters,
        "text": say(template, parameters),
    }
