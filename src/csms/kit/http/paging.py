# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Lists in pages that stay right while rows come and go: by key, never by number.

A list declares once what it shows, sorts by and filters by; `read_page` understands the query string, `page` runs it
(routes let `kit.http.lists` do both).
`total_estimate` is what the planner expects, never a count: counting a large table takes longer than reading a page.
A cursor carries it on to the pages behind.

Rows without a value come last in both directions. They are asked for by themselves, behind the others: one index of the
column then serves both directions, and a cursor is a place in it.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, TypedDict

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    RowMapping,
    Select,
    TableClause,
    and_,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from csms.kit.db.estimate import estimate
from csms.kit.errors import InvalidError
from csms.kit.export.formats import FORMATS
from csms.kit.http.filters import RESERVED, Filter, filter_parameters, parser_of, read_filters
from csms.kit.http.known import Known
from csms.kit.http.spellings import Whole, settle

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 500
JSON: Final = "json"
_MAX_CURSOR: Final = 2048
_SORT, _KEY = "_sort", "_key"
_MOST_KEPT: Final = 50  # choices of fields
_RANGE: Final = re.compile(r"(\w+)\[(?:gte|gt|lte|lt)\]")
_SORT_WORDS: Final = (
    "A minus sign: descending. Unless it is named, a list that is limited to a range of one of these is ordered by that"
    " one, in the direction of the default."
)


class InvalidCursorError(InvalidError):
    """A cursor that no answer of ours held."""

    code: ClassVar[str] = "invalid_cursor"


class InvalidPageError(InvalidError):
    """A limit, an order or a choice of fields that there is not."""

    code: ClassVar[str] = "invalid_page"


class Page(TypedDict):
    """What a list answers."""

    items: list[dict[str, Any]]
    next_cursor: str | None
    total_estimate: int


@dataclass(frozen=True)
class Listing:
    """What a list shows (`columns`, by their names in the answer), and how it may be asked.

    `key` is unique and never null: it breaks ties, so that a page neither repeats nor leaves out a row. `search`: the
    texts that `q=` looks into. `paper`: the fields that a printed list has room for, unless `fields` names others.
    `keys_first`: which rows are on a page is found by itself, before anything is joined to them.
    """

    columns: Mapping[str, ColumnElement[Any]]
    key: ColumnElement[Any]
    sorts: Mapping[str, ColumnElement[Any]]
    default_sort: str
    filters: Mapping[str, Filter] = field(default_factory=dict)
    source: FromClause | None = None
    search: tuple[ColumnElement[Any] | Whole, ...] = ()
    paper: tuple[str, ...] = ()
    keys_first: bool = False
    _selects: dict[tuple[str, ...], Select[Any]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Raises ValueError for what could not be searched or printed."""
        texts = [each.column if isinstance(each, Whole) else each for each in self.search]
        if any(each.type.python_type is not str for each in texts) or set(self.paper) - set(self.columns):
            raise ValueError("a list is searched by texts, and prints its own columns")

    def select(self, names: Iterable[str] | None = None) -> Select[Any]:
        """The query without order and limit, made once."""
        wanted = tuple(self.columns if names is None else names)
        query = self._selects.get(wanted)
        if query is None:
            query = select(*(Known(self.columns[name]).label(name) for name in wanted))
            query = query if self.source is None else query.select_from(self.source)
            if len(self._selects) < _MOST_KEPT:
                self._selects[wanted] = query
        return query

    def openapi(self) -> dict[str, Any]:
        """For `openapi_extra=` of a route that answers by `answer_list`: its parameters, and the files it gives."""
        files = {each.media_type: {"schema": {"type": "string", **each.schema}} for each in FORMATS.values()}
        return {"parameters": self.parameters(), "responses": {"200": {"content": files}}}

    def parameters(self) -> list[dict[str, Any]]:
        """What the query string may hold."""
        orders = [sign + name for name in self.sorts for sign in ("", "-")]
        limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
        formats = {"type": "string", "enum": [JSON, *FORMATS], "default": JSON}
        named: list[tuple[str, dict[str, Any], str]] = [
            ("limit", limit, "Most items of a page."),
            ("cursor", {"type": "string"}, "next_cursor of the page before."),
            ("sort", {"type": "string", "enum": orders, "default": self.default_sort}, _SORT_WORDS),
            ("fields", {"type": "string"}, f"Only these, comma-separated: {', '.join(self.columns)}."),
            (
                "format",
                formats,
                "Anything but json: a file, of the whole list, or of a page where limit or cursor is given.",
            ),
        ]
        own = [
            {"name": name, "in": "query", "required": False, "schema": schema, "description": text}
            for name, schema, text in named
        ]
        names = {id(column): name for name, column in self.columns.items()}
        return own + filter_parameters(self.filters, self.search, names)


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A query string, understood."""

    limit: int
    sort: str
    after: tuple[Any, Any] | None
    conditions: tuple[ColumnElement[bool], ...]
    fields: tuple[str, ...] | None = None
    format: str = JSON
    total: int | None = None  # as it was estimated for the first page
    paged: bool = True  # a file may be of the whole list

    @property
    def descending(self) -> bool:
        """Greatest first."""
        return self.sort.startswith("-")


class _Cursor(msgspec.Struct, forbid_unknown_fields=True, array_like=True):
    sort: str
    value: str | None
    key: str
    total: int | None = None


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _write_cursor(sort: str, row: RowMapping, total: int) -> str:
    document = msgspec.json.encode(_Cursor(sort, _text(row[_SORT]), str(_text(row[_KEY])), total))
    return base64.urlsafe_b64encode(document).rstrip(b"=").decode()


def _read_cursor(listing: Listing, sort: str, raw: str) -> tuple[tuple[Any, Any], int | None]:
    try:
        if len(raw) > _MAX_CURSOR or "=" in raw:
            raise ValueError("not one of ours")
        document = base64.b64decode(raw.encode("ascii") + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
        cursor = msgspec.json.decode(document, type=_Cursor)
        if cursor.sort != sort:
            raise ValueError("of another order")
        column = listing.sorts[sort.removeprefix("-")]
        value = None if cursor.value is None else parser_of(column)(cursor.value)
        if value is None and not _nullable(column):
            raise ValueError("no value")
        if cursor.total is not None and cursor.total < 0:
            raise ValueError("no number of rows")
        return (value, parser_of(listing.key)(cursor.key)), cursor.total
    except (ValueError, binascii.Error, msgspec.MsgspecError, RecursionError) as error:
        raise InvalidCursorError("this cursor is not from this list in this order; start again without it") from error


def _single(query: Sequence[tuple[str, str]], name: str) -> str | None:
    found = [value for key, value in query if key == name]
    if len(found) > 1:
        raise InvalidPageError(f"{name} is given once")
    return found[0] if found else None


def _read_limit(raw: str | None) -> int:
    if raw is None:
        return DEFAULT_LIMIT
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 4 and 1 <= int(raw) <= MAX_LIMIT):
        raise InvalidPageError(f"limit is a whole number from 1 to {MAX_LIMIT}")
    return int(raw)


def _read_format(query: Sequence[tuple[str, str]]) -> str:
    raw = _single(query, "format") or JSON
    if raw != JSON and raw not in FORMATS:
        raise InvalidPageError(f"format is one of {', '.join((JSON, *FORMATS))}")
    return raw


def read_page(listing: Listing, request: Request | Sequence[tuple[str, str]]) -> PageRequest:
    """Understand a query string, or refuse it with a sentence that names what is allowed."""
    query = request.query_params.multi_items() if isinstance(request, Request) else request
    sort = _single(query, "sort") or natural_sort(listing, query)
    if sort.removeprefix("-") not in listing.sorts:
        names = ", ".join(sorted(listing.sorts))
        raise InvalidPageError(f"sort is one of {names}, with a minus sign in front for descending")
    raw_fields = _single(query, "fields")
    fields = None if raw_fields is None else tuple(dict.fromkeys(raw_fields.split(",")))
    if fields is not None and (unknown := [name for name in fields if name not in listing.columns]):
        raise InvalidPageError(f"there is no field {unknown[0][:60]!r}; there are: {', '.join(listing.columns)}")
    raw_cursor = _single(query, "cursor")
    after, total = (None, None) if raw_cursor is None else _read_cursor(listing, sort, raw_cursor)
    return PageRequest(
        limit=_read_limit(_single(query, "limit")),
        sort=sort,
        after=after,
        conditions=read_filters(listing.filters, [pair for pair in query if pair[0] not in RESERVED], listing.search),
        fields=fields,
        format=_read_format(query),
        total=total,
        paged=raw_cursor is not None or _single(query, "limit") is not None,
    )


def natural_sort(listing: Listing, query: Sequence[tuple[str, str]]) -> str:
    """The default, or the column whose range was asked for: in another order its rows may all lie at the far end."""
    ranges = [found[1] for name, _ in query if (found := _RANGE.fullmatch(name)) is not None]
    name = listing.default_sort.removeprefix("-")
    if name in ranges:
        return listing.default_sort
    named = next((each for each in ranges if each in listing.sorts), name)
    return f"-{named}" if listing.default_sort.startswith("-") else named


def _nullable(column: ColumnElement[Any]) -> bool:
    return bool(getattr(column, "nullable", True))


def _in_regions(column: ColumnElement[Any]) -> bool:
    """Whether rows without a value are asked for by themselves: where an index may serve the others."""
    table: object = getattr(column, "table", None)
    return isinstance(column, Column) and isinstance(table, TableClause) and _nullable(column)


def _behind(listing: Listing, wanted: PageRequest, column: ColumnElement[Any]) -> ColumnElement[bool] | None:
    """The rows behind the cursor, of those that have a value or of those that have none."""
    if wanted.after is None:
        return None
    value, key = wanted.after
    if value is None:
        behind = listing.key < key if wanted.descending else listing.key > key
        return and_(column.is_(None), behind)
    here, there = tuple_(column, listing.key), tuple_(value, key, types=[column.type, listing.key.type])
    beyond: ColumnElement[bool] = here < there if wanted.descending else here > there
    if not isinstance(listing.key, Column) or listing.key.table is not getattr(column, "table", None):
        # no index has both: so that one has at least the order
        beyond = and_(column <= value if wanted.descending else column >= value, beyond)
    return or_(beyond, column.is_(None)) if _nullable(column) and not _in_regions(column) else beyond


def _stretches(
    listing: Listing, wanted: PageRequest
) -> tuple[tuple[tuple[ColumnElement[bool], ...], tuple[ColumnElement[Any], ...]], ...]:
    """A list in its order, one after the other: of which rows, and by what."""
    column = listing.sorts[wanted.sort.removeprefix("-")]
    order, key_order = (each.desc() if wanted.descending else each.asc() for each in (column, listing.key))
    if _in_regions(column):
        return ((column.is_not(None),), (order, key_order)), ((column.is_(None),), (key_order,))
    # NULLS LAST only where there can be nulls: an index serves the plain order, but not this one
    return (((), (order.nulls_last() if _nullable(column) else order, key_order)),)


def _first_of(
    listing: Listing,
    whole: Select[Any],
    limits: Sequence[ColumnElement[bool]],
    order: Sequence[ColumnElement[Any]],
    most: int,
    ways: Sequence[ColumnElement[bool]],
) -> Select[Any]:
    """So many rows of a list, under conditions and in an order; those of each way are found by themselves."""
    whole = whole.order_by(*order)
    if not listing.keys_first and not ways:
        return whole.where(*limits).limit(most)
    keys = whole.with_only_columns(listing.key, maintain_column_froms=True).where(*limits).limit(most)
    if not ways:
        return whole.where(listing.key.in_(keys))
    return whole.where(listing.key.in_(union_all(*(keys.where(way) for way in ways)))).limit(most)


async def _read(
    connection: AsyncConnection,
    listing: Listing,
    wanted: PageRequest,
    limits: Sequence[ColumnElement[bool]],
    ways: Sequence[ColumnElement[bool]],
) -> list[RowMapping]:
    """The rows of a page, and one more if there is one."""
    column, most = listing.sorts[wanted.sort.removeprefix("-")], wanted.limit + 1
    whole = listing.select(wanted.fields).add_columns(column.label(_SORT), listing.key.label(_KEY))
    behind = _behind(listing, wanted, column)
    stretches = _stretches(listing, wanted)
    if wanted.after is not None and wanted.after[0] is None:
        stretches = stretches[-1:]  # of those without a value, which come last
    rows: list[RowMapping] = []
    for number, (which, order) in enumerate(stretches):
        after = (behind,) if behind is not None and number == 0 else ()
        query = _first_of(listing, whole, (*limits, *after, *which), order, most - len(rows), ways)
        rows += (await connection.execute(query)).mappings()
        if len(rows) == most:
            break
    return rows


def whole_list(
    listing: Listing,
    wanted: PageRequest,
    limits: Sequence[ColumnElement[bool]],
    ways: Sequence[ColumnElement[bool]],
    head: int,
) -> tuple[tuple[Select[Any], Select[Any]], ...]:
    """All rows of a list, by questions that are asked one after the other. Of each pair the first finds `head` rows as
    those of a page are found, which an index does at once; the second all behind them, which may have to be sorted.
    """
    whole, every = listing.select(wanted.fields), (*limits, *any_of(ways))
    return tuple(
        (
            _first_of(listing, whole, (*limits, *which), order, head, ways),
            whole.where(*every, *which).order_by(*order).offset(head),
        )
        for which, order in _stretches(listing, wanted)
    )


def any_of(ways: Sequence[ColumnElement[bool]]) -> tuple[ColumnElement[bool], ...]:
    """The condition of a list that has more than one way to be of it, see `page`; none where it has not."""
    return (or_(*ways),) if ways else ()


async def page(
    connection: AsyncConnection,
    listing: Listing,
    wanted: PageRequest,
    *conditions: ColumnElement[bool],
    shape: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
    ways: Sequence[ColumnElement[bool]] = (),
) -> Page:
    """Read one page. `conditions` are the route's own (of one charger, say); `shape` turns a row into an item.

    `ways`: a row is of the list by any of these. An index serves the order of each of them, but not of all together.
    """
    limits = (*await settle(connection, wanted.conditions), *conditions)
    rows = await _read(connection, listing, wanted, limits, ways)
    limits = (*limits, *any_of(ways))
    more = len(rows) > wanted.limit
    shown = rows[: wanted.limit]
    items = [{name: value for name, value in row.items() if name not in (_SORT, _KEY)} for row in shown]
    if wanted.after is None and not more:
        total = len(items)
    else:
        expected = wanted.total
        if expected is None:
            # without columns there is less to plan, and joins that only bring columns fall away
            everything = listing.select(()).add_columns(listing.key).where(*limits)
            counted: Select[Any] = everything.with_only_columns(literal_column("1"), maintain_column_froms=True)
            expected = await estimate(connection, counted)
        total = max(expected, len(rows))
    return {
        "items": items if shape is None else [shape(item) for item in items],
        "next_cursor": _write_cursor(wanted.sort, shown[-1], total) if more else None,
        "total_estimate": total,
    }
