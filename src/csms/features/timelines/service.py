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
from csms.features.timelines.repository import Part
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
    return await _page(uow, [Part("charger", charger_id, OF_CHARGER, asked.since, asked.until)], asked, may)


async def of_transaction(uow: UnitOfWork, key: UUID | int, asked: Asked, may: May) -> dict[str, Any]:
    """What happened in a transaction, and at its charger while it went on."""
    row = await get_transaction(uow, key)
    first = row["start_received_at"] or row["created_at"]
    last = row["stop_received_at"] or row["closed_at"]
    since = first if asked.since is None else max(first, asked.since)
    until = asked.until if last is None else last if asked.until is None else min(last, asked.until)
    during = [_around(source) for source in OF_CHARGER if source.kind in DURING]
    parts = [
        Part("transaction", str(row["id"]), OF_TRANSACTION, asked.since, asked.until),
        Part("charger", row["charger_id"], during, since, until, row["evse_id"]),
    ]
    return await _page(uow, parts, asked, may)


def _around(source: Source) -> Source:
    """What a transaction's timeline tells of its charger takes the right to see chargers."""
    return msgspec.structs.replace(source, needs=source.needs or Permission.CHARGER_READ)


async def _page(uow: UnitOfWork, parts: Sequence[Part], asked: Asked, may: May) -> dict[str, Any]:
    every = [source for part in parts for source in part.sources]
    hidden = {source.kind for source in every if source.needs is not None and not may(source.needs)}
    for source in every:
        if source.kind in hidden and source.kind in asked.kinds:
            raise ForbiddenError(f"events of the kind {source.kind} need the permission {source.needs}")
    shows = set(asked.kinds or (source.kind for source in every)) - hidden
    seen = [
        msgspec.structs.replace(part, sources=[source for source in part.sources if source.kind in shows])
        for part in parts
    ]
    rows = await repository.events(uow.connection, seen, asked.place, asked.limit)
    shown, place = merged(rows, asked.limit)
    return {
        "items": [_item(row) for row in shown],
        "next_cursor": None if place is None else write_cursor(place),
        "hidden": sorted(hidden),
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
