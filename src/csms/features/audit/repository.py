# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the audit feature; the database holds each query to one organization."""

from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, String, and_, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.audit.tables import audit_heads, audit_log
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_a, _h = audit_log.c, audit_heads.c


def _hex(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.encode(column, "hex", type_=String)


AUDIT: Final = Listing(
    columns={
        "id": _a.id,
        "number": _a.number,
        "at": _a.at,
        "actor_kind": _a.actor_kind,
        "actor_id": _a.actor_id,
        "actor_name": _a.actor_name,
        "action": _a.action,
        "subject_kind": _a.subject_kind,
        "subject_id": _a.subject_id,
        "before": _a.before,
        "after": _a.after,
        "address": _a.address,
        "request_id": _a.request_id,
        "erased": or_(_a.person_salt.is_(None), _a.content_salt.is_(None)),
        "previous_hash": _hex(_a.previous_hash),
        "hash": _hex(_a.hash),
        "person_digest": _hex(_a.person_digest),
        "content_digest": _hex(_a.content_digest),
    },
    key=_a.id,
    sorts={"at": _a.at, "number": _a.number},
    default_sort="-at",
    filters={
        "at": Filter(_a.at),
        "number": Filter(_a.number),
        "action": Filter(_a.action),
        "actor_kind": Filter(_a.actor_kind),
        "actor_id": Filter(_a.actor_id),
        "actor_name": Filter(_a.actor_name, spelled="audit_log.actor_name"),
        "subject_kind": Filter(_a.subject_kind),
        "subject_id": Filter(_a.subject_id, spelled="audit_log.subject_id"),
        "address": Filter(_a.address),
        "request_id": Filter(_a.request_id),
    },
    search=(_a.action, _a.actor_name, _a.subject_id),
    paper=("number", "at", "actor_name", "action", "subject_kind", "subject_id", "before", "after", "address"),
)
# as the hashes are made of them: the states as PostgreSQL writes them
_LINE: Final = select(
    *(column for column in _a if column.name not in ("before", "after")),
    cast(_a.before, String).label("before"),
    cast(_a.after, String).label("after"),
)


def activity_of(user_id: str) -> tuple[ColumnElement[bool], ...]:
    """What a user did, and their sessions: ways to be of that list."""
    sessions = and_(_a.subject_kind == "user", _a.subject_id == user_id, _a.action.like("account:session:%"))
    return _a.actor_id == user_id, sessions


async def head(connection: AsyncConnection) -> RowMapping | None:
    """Number and hash of the line that was written last."""
    return (await connection.execute(select(_h.number, _h.hash))).mappings().first()


async def hash_of(connection: AsyncConnection, number: int) -> bytes | None:
    """The hash that a line has."""
    found: bytes | None = (await connection.execute(select(_a.hash).where(_a.number == number))).scalar()
    return found


async def lines(connection: AsyncConnection, start: int, stop: int, limit: int) -> list[RowMapping]:
    """Lines from a number to a number, in order."""
    query = _LINE.where(_a.number >= start, _a.number <= stop).order_by(_a.number).limit(limit)
    return list((await connection.execute(query)).mappings())
