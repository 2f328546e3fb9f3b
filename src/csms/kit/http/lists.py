# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The one way in which lists are answered: a page as JSON, or all of it, or a page, as a file (`format=`).

A route declares `openapi_extra=LISTING.openapi()` and calls `answer_list`; the rest is the same for every list.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, RowMapping, Select, func, literal_column, select, text
from starlette.requests import Request
from starlette.responses import Response

from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork, UnitsOfWork
from csms.kit.export.formats import FORMATS, PDF, Format
from csms.kit.export.paper import MAX_COLUMNS, USUAL_COLUMNS
from csms.kit.export.table import Table
from csms.kit.http.can import add_can
from csms.kit.http.exports import HEAD, Export, ExportResponse, Exports, Shape
from csms.kit.http.filters import RESERVED
from csms.kit.http.json import rows_response
from csms.kit.http.paging import JSON, InvalidPageError, Listing, PageRequest, any_of, page, read_page, whole_list
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.spellings import settle

EXPORT_PERMISSION: Final = "data:list:export"
_ORGANIZATION: Final = text("SELECT name FROM organizations WHERE id = :id")
Key = TypeVar("Key")
# Of which rows a list is: SQL, or what is found out in the unit of work, where it may raise NotFoundError.
Condition = ColumnElement[bool] | Callable[[UnitOfWork], Awaitable[ColumnElement[bool]]]


def owned_by(
    column: ColumnElement[Any], get: Callable[[UnitOfWork, Key], Awaitable[RowMapping]], key: Key
) -> Condition:
    """The rows that belong to what `get` finds under a key, and refuses where there is none."""

    async def condition(uow: UnitOfWork) -> ColumnElement[bool]:
        owner = (await get(uow, key))["id"]
        owned: ColumnElement[bool] = column == owner
        return owned

    return condition


async def answer_list(
    units: UnitsOfWork,
    principal: Principal,
    listing: Listing,
    request: Request,
    *conditions: Condition,
    name: str,
    shape: Shape | None = None,
    ways: Sequence[ColumnElement[bool]] = (),
) -> Response:
    """What a list answers. `name` is of its files; `shape` makes a row an item, of the same keys for every row; `ways`:
    see `page`.
    """
    wanted = read_page(listing, request)
    if wanted.format != JSON:
        return await _export(units, principal, listing, request, wanted, conditions, name, shape, ways)
    async with units(scope_of(request, principal)) as uow:
        own = await _resolved(uow, conditions)
        found = await page(uow.connection, listing, wanted, *own, shape=shape, ways=ways)
        if wanted.fields is None:
            found["items"] = await add_can(request, principal, uow.connection, found["items"])
        return rows_response(found)


async def answer_file(
    units: UnitsOfWork,
    principal: Principal,
    request: Request,
    rows: Sequence[Mapping[str, Any]],
    columns: tuple[str, ...],
    *,
    format_name: str,
    name: str,
) -> Response:
    """Rows that are there already, as a file: like an exported list, it takes the permission and is audited.

    Whoever asks reads them in a scope that holds for `EXPORT_PERMISSION` too.
    """
    scope = scope_of(request, principal, EXPORT_PERMISSION)
    exports: Exports = request.app.state.exports
    clock: Clock = request.app.state.clock
    exports.check()
    kind = FORMATS[format_name]
    kind.check(len(rows))
    given = {key: ", ".join(values) for key, values in _given(request).items() if key != "format"}
    async with units(scope) as uow:
        organization = (await uow.connection.execute(_ORGANIZATION, {"id": scope.organization_id})).scalar_one()
        after = {"format": format_name, "path": request.url.path, "filters": sorted(given), "fields": None}
        uow.audit("system:list:export", "list", name, None, after)
    table = Table(name, columns, organization, clock.now(), tuple(given.items()))
    return ExportResponse(Export(units, scope, (), None, table, kind, rows), exports)


async def _resolved(uow: UnitOfWork, conditions: tuple[Condition, ...]) -> list[ColumnElement[bool]]:
    return [each if isinstance(each, ColumnElement) else await each(uow) for each in conditions]


async def _export(
    units: UnitsOfWork,
    principal: Principal,
    listing: Listing,
    request: Request,
    wanted: PageRequest,
    conditions: tuple[Condition, ...],
    name: str,
    shape: Shape | None,
    ways: Sequence[ColumnElement[bool]],
) -> Response:
    scope = scope_of(request, principal, EXPORT_PERMISSION)
    exports: Exports = request.app.state.exports
    clock: Clock = request.app.state.clock
    exports.check()
    kind = FORMATS[wanted.format]
    fields, columns = _columns(kind, listing, wanted, shape)
    async with units(scope) as uow:
        own = await _resolved(uow, conditions)
        rows: list[dict[str, Any]] | None = None
        queries: tuple[tuple[Select[Any], Select[Any]], ...] = ()
        asked = replace(wanted, fields=fields)
        if wanted.paged:
            rows = (await page(uow.connection, listing, asked, *own, shape=shape, ways=ways))["items"]
        else:
            limits = (*await settle(uow.connection, wanted.conditions), *own)
            if kind.max_rows is not None:
                query = listing.select(fields).where(*limits, *any_of(ways))
                kind.check(await _count(uow, query, kind.max_rows + 1))
            queries = whole_list(listing, asked, limits, ways, HEAD)
        organization = (await uow.connection.execute(_ORGANIZATION, {"id": scope.organization_id})).scalar_one()
        uow.audit("system:list:export", "list", name, None, _audited(request, wanted))
    table = Table(name, columns, organization, clock.now(), _asked(request, listing, wanted, columns))
    return ExportResponse(Export(units, scope, queries, shape, table, kind, rows), exports)


async def _count(uow: UnitOfWork, query: Select[Any], most: int) -> int:
    """How many rows there are, up to so many."""
    rows = query.with_only_columns(literal_column("1"), maintain_column_froms=True).limit(most).subquery()
    return int((await uow.connection.execute(select(func.count()).select_from(rows))).scalar_one())


def _columns(
    kind: Format, listing: Listing, wanted: PageRequest, shape: Shape | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is read, and what is shown of it: paper has room for a few fields only."""
    fields = wanted.fields or (listing.paper if kind is PDF else ()) or tuple(listing.columns)
    empty: dict[str, Any] = dict.fromkeys(fields)
    shown = tuple(empty if shape is None else shape(empty))
    if kind is not PDF:
        return fields, shown
    if wanted.fields is None and not listing.paper:
        return fields, shown[:USUAL_COLUMNS]
    if len(shown) > MAX_COLUMNS:
        raise InvalidPageError(f"a page of a pdf has room for {MAX_COLUMNS} fields, not for {len(shown)}")
    return fields, shown


def _given(request: Request) -> dict[str, list[str]]:
    given: dict[str, list[str]] = {}
    for key, value in request.query_params.multi_items():
        given.setdefault(key, []).append(value)
    return given


def _audited(request: Request, wanted: PageRequest) -> dict[str, Any]:
    """Which list, and by what it was narrowed; the values may be tokens or names of people."""
    filters = sorted(set(_given(request)) - RESERVED)
    paged = {"limit": wanted.limit} if wanted.paged else {}
    return {"format": wanted.format, "path": request.url.path, "filters": filters, "fields": wanted.fields, **paged}


def _asked(
    request: Request, listing: Listing, wanted: PageRequest, columns: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """What a printed list says of itself."""
    given = {name: ", ".join(values) for name, values in _given(request).items() if name not in RESERVED}
    order = {"sort": wanted.sort}
    paged = {"page": f"at most {wanted.limit} rows"} if wanted.paged else {}
    fields = {} if len(columns) == len(listing.columns) else {"fields": f"{len(columns)} of {len(listing.columns)}"}
    return tuple((given | order | fields | paged).items())
