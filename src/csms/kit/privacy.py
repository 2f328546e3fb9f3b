# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Where data about a person stands, what of it they are given, and what becomes of it when it is erased.

A person is known as a user account, as a driver with tokens, or by a token alone. A `Holding` is the rows of one table
about such a subject.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Column, ColumnElement, String, Table, cast, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import Select

SubjectKind = Literal["user", "driver", "token"]
# Under these names a token stands in messages, commands and lists; a bare value could be anything.
_KEYS: Final = "idTag|parentIdTag|idToken|id_tag|parent_id_tag|token|group"
_VENDOR: Final = r"\s*(?:VID:)?"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom it is about. `name` is the user's or driver's name or the token's value in its normal form.

    `alone` says that no other token begins with this one's value and an underscore: then readers' suffixes are its own.
    `email` is a user's, where it is still known.
    `until` is when a user who is retired gave up the name: rows of a later time that have it are somebody else's.
    """

    kind: SubjectKind
    id: UUID
    name: str
    pseudonym: str
    alone: bool = True
    until: datetime | None = None
    email: str | None = None

    @property
    def pattern(self) -> str:
        """A regular expression that finds the token in JSON text; what is to be kept of it is group 1."""
        written = re.sub(r"([^\w])", r"\\\1", json.dumps(self.name, ensure_ascii=False)[1:-1])
        suffix = r'(?:_[^"]*)?' if self.alone else ""
        return rf'("(?:{_KEYS})"\s*:\s*)"{_VENDOR}{written}{suffix}\s*"'

    @property
    def replacement(self) -> str:
        """For what the pattern finds."""
        return rf'\1"{self.pseudonym}"'


Rows = Callable[[Subject], ColumnElement[bool]]
Erase = Callable[[AsyncConnection, Subject], Awaitable[int]]


@dataclass(frozen=True)
class Holding:
    """Rows about a subject. Without `erase` they stay as they are, for the reason in `kept`."""

    kind: SubjectKind
    table: Table
    rows: Rows
    erase: Erase | None = None
    kept: str | None = None
    hidden: tuple[str, ...] = ()
    """Columns that are not handed out: secrets."""

    def select(self, subject: Subject) -> Select[Any]:
        """What they are given."""
        columns = [column for column in self.table.c if column.name not in ("organization_id", *self.hidden)]
        return select(*columns).where(self.rows(subject))


def is_tag(column: Column[Any]) -> Rows:
    """Rows whose column holds the token, as readers write it: letter case, blanks, prefixes and suffixes aside."""

    def rows(subject: Subject) -> ColumnElement[bool]:
        written = func.upper(func.btrim(column))
        exact = written.in_([subject.name, f"VID:{subject.name}"])
        return or_(exact, written.startswith(f"{subject.name}_", autoescape=True)) if subject.alone else exact

    return rows


def mentions(*columns: Column[Any]) -> Rows:
    """Rows whose JSON names the token."""
    return lambda subject: or_(*(cast(column, String).op("~*")(subject.pattern) for column in columns))


def masked(column: Column[Any]) -> Callable[[Subject], ColumnElement[Any]]:
    """The JSON of a column with the pseudonym in place of the token."""
    return lambda subject: cast(
        func.regexp_replace(cast(column, String), subject.pattern, subject.replacement, "gi"), JSONB
    )


def change(table: Table, rows: Rows, values: Callable[[Subject], Mapping[str, Any]]) -> Erase:
    """Erase by setting columns."""

    async def erase(connection: AsyncConnection, subject: Subject) -> int:
        done = await connection.execute(update(table).where(rows(subject)).values(**values(subject)))
        return int(done.rowcount)

    return erase


def mask(table: Table, *columns: Column[Any]) -> Erase:
    """Erase by putting the pseudonym into JSON."""
    return change(
        table, mentions(*columns), lambda subject: {column.name: masked(column)(subject) for column in columns}
    )


def remove(table: Table, rows: Rows) -> Erase:
    """Erase by deleting the rows."""

    async def erase(connection: AsyncConnection, subject: Subject) -> int:
        return int((await connection.execute(delete(table).where(rows(subject)))).rowcount)

    return erase
