# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""One grammar for the filters of all lists.

`field=value` (repeated: any of them), `field[gte]=`, `[gt]`, `[lte]`, `[lt]` for numbers and instants, `[prefix]` for
texts, `[contains_any]` for arrays (repeated: any of them), `q=` for a part of any text that a list is searched by. A
field that a list does not declare is refused, so that a typing error never means "everything".
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ColumnElement, SmallInteger, String, and_, cast, func, or_, true
from sqlalchemy.dialects.postgresql import array

from csms.kit.errors import InvalidError
from csms.kit.http.spellings import Searched, Spelled, Texts, Whole, parts_of, trigrams_of

RESERVED: Final = frozenset({"limit", "cursor", "sort", "fields", "format"})
SEARCH: Final = "q"
_MAX_SEARCH: Final = 100
_MAX_VALUES: Final = 100
_MAX_TEXT: Final = 500
_NAME: Final = re.compile(r"([a-z][a-z0-9_]*)(?:\[([a-z_]+)\])?")
_TRIGRAM: Final = re.compile(r"[^\W_]{3}")
_UNPLUSSED: Final = re.compile(r" (\d\d:?\d\d)$")
_COMPARE: Final[Mapping[str, Callable[[Any, Any], ColumnElement[bool]]]] = {
    "gte": lambda column, value: column >= value,
    "gt": lambda column, value: column > value,
    "lte": lambda column, value: column <= value,
    "lt": lambda column, value: column < value,
}


class InvalidFilterError(InvalidError):
    """A filter that the list does not have, or a value that does not fit it."""

    code: ClassVar[str] = "invalid_filter"


def parse_text(raw: str) -> str:
    """A text that PostgreSQL can hold."""
    if "\0" in raw or len(raw) > _MAX_TEXT:
        raise ValueError(f"a text of at most {_MAX_TEXT} characters, without NUL")
    raw.encode()
    return raw


def parse_bool(raw: str) -> bool:
    """true or false."""
    if raw not in ("true", "false"):
        raise ValueError("true or false")
    return raw == "true"


def parse_instant(raw: str) -> datetime:
    """ISO 8601 with an offset. A plus sign that came as a space (it does in query strings) is understood."""
    try:
        found = datetime.fromisoformat(_UNPLUSSED.sub(r"+\1", raw))
        if found.tzinfo is None:
            raise ValueError("no offset")
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("an instant with an offset, such as 2026-01-31T12:00:00Z") from error


def parse_id(raw: str) -> UUID:
    """A UUID in its canonical form."""
    if len(raw) != 36:
        raise ValueError("a UUID")
    try:
        return UUID(raw)
    except ValueError as error:
        raise ValueError("a UUID") from error


def parse_decimal(raw: str) -> Decimal:
    """A number."""
    try:
        found = Decimal(raw)
    except InvalidOperation as error:
        raise ValueError("a number") from error
    if not found.is_finite() or abs(found.adjusted()) > 30:
        raise ValueError("a number")
    return found


def parse_int(bits: int) -> Callable[[str], int]:
    """A whole number that fits the column."""
    bound = 2 ** (bits - 1)

    def parse(raw: str) -> int:
        if re.fullmatch(r"-?[0-9]{1,19}", raw) is None or not -bound <= int(raw) < bound:
            raise ValueError(f"a whole number from {-bound} to {bound - 1}")
        return int(raw)

    return parse


def parser_of(column: ColumnElement[Any]) -> Callable[[str], Any]:
    """How values of a column are read from text."""
    kind = column.type
    if isinstance(kind, ARRAY):
        kind = kind.item_type
    python_type = kind.python_type
    if python_type is int:
        return parse_int(16 if isinstance(kind, SmallInteger) else 64 if isinstance(kind, BigInteger) else 32)
    return {bool: parse_bool, datetime: parse_instant, UUID: parse_id, Decimal: parse_decimal}.get(
        python_type, parse_text
    )


@dataclass(frozen=True, slots=True)
class Filter:
    """What a field compares. `values`: the only ones there are. `fold`: letter case does not matter (texts).

    Row-level security lets no index serve `lower(column)`, so in tables that grow `fold` reads them whole. There either
    `folded` is a column with the texts in one letter case, which `fold_by` brings values into; or `spelled` names the
    column whose spellings are looked up first (see `csms.kit.http.spellings`). `truths`: of a computed truth, the
    conditions for true and for false that indices serve.
    """

    column: ColumnElement[Any]
    values: tuple[str, ...] | None = None
    fold: bool = False
    spelled: str | None = None
    folded: ColumnElement[Any] | None = None
    fold_by: Callable[[str], str] = str.lower
    truths: tuple[ColumnElement[bool], ColumnElement[bool]] | None = None

    @property
    def operators(self) -> tuple[str, ...]:
        """What may stand in brackets."""
        kind = self.column.type
        if isinstance(kind, ARRAY):
            return ("contains_any",)
        if kind.python_type in (int, Decimal, datetime):
            return tuple(_COMPARE)
        if isinstance(kind, String) and self.values is None:
            return ("prefix",)
        return ()

    def parse(self, name: str, raw: str) -> Any:
        """A value from its text."""
        if self.values is not None and raw not in self.values:
            raise InvalidFilterError(f"{name} is one of {', '.join(self.values)}")
        try:
            return parser_of(self.column)(raw)
        except ValueError as error:
            raise InvalidFilterError(f"{name} must be {error}") from error

    def condition(self, name: str, operator: str | None, raw: Sequence[str]) -> ColumnElement[bool]:
        """The SQL of it; values are bound, never written into the text."""
        if operator is not None and operator not in self.operators:
            known = ", ".join(f"{name}[{each}]" for each in self.operators) or f"{name}= only"
            raise InvalidFilterError(f"{name} has no [{operator}]; it has {known}")
        if len(raw) > _MAX_VALUES:
            raise InvalidFilterError(f"{name} was given {len(raw)} values; at most {_MAX_VALUES} are allowed")
        values = [self.parse(name, each) for each in raw]
        if isinstance(self.column.type, ARRAY):
            return self._overlapping(values)
        if operator in (None, "prefix"):
            return self._same(values, prefix=operator == "prefix")
        if len(values) != 1:
            raise InvalidFilterError(f"{name}[{operator}] is given once")
        return _COMPARE[operator](self.column, values[0])

    def _overlapping(self, values: list[Any]) -> ColumnElement[bool]:
        """One of the values is among those of the array."""
        overlap: ColumnElement[bool] = self.column.op("&&", is_comparison=True)(cast(array(values), self.column.type))
        # said twice for the planner: an index of the rows that have any serves it
        return and_(self.column != cast(array([]), self.column.type), overlap)

    def _same(self, values: list[Any], *, prefix: bool) -> ColumnElement[bool]:
        """Equal to one of the values, or beginning with one."""
        column: Any = self.column
        if self.truths is not None:
            return or_(*(self.truths[not value] for value in values))
        if self.spelled is not None:
            return Spelled(column, self.spelled, [str(value) for value in values], prefix=prefix)
        if self.folded is not None:
            column, values = self.folded, [self.fold_by(value) for value in values]
        elif self.fold:
            column, values = func.lower(column), [func.lower(value) for value in values]
        if prefix:
            return or_(*(func.starts_with(column, value) for value in values))
        equal: ColumnElement[bool] = column == values[0] if len(values) == 1 else column.in_(values)
        return equal


def searched(texts: Texts, raw: Sequence[str]) -> ColumnElement[bool]:
    """Rows that have a text somewhere in one of the columns, in any letter case; nothing in it is a wildcard."""
    if len(raw) != 1:
        raise InvalidFilterError(f"{SEARCH} is given once")
    if len(raw[0]) > _MAX_SEARCH:
        raise InvalidFilterError(f"{SEARCH} has at most {_MAX_SEARCH} characters")
    try:
        wanted = re.sub(r"([\\%_])", r"\\\1", parse_text(raw[0]))
    except ValueError as error:
        raise InvalidFilterError(f"{SEARCH} must be {error}") from error
    if not wanted:
        return true()
    columns = parts_of(texts)
    found = Searched(columns, f"%{wanted}%", [each.column == raw[0] for each in texts if isinstance(each, Whole)])
    # what has no three letters or digits in a row has no trigram
    return found if trigrams_of(columns) is not None and _TRIGRAM.search(wanted) else found.plain


def read_filters(
    filters: Mapping[str, Filter], query: Sequence[tuple[str, str]], search: Texts = ()
) -> tuple[ColumnElement[bool], ...]:
    """The conditions of a query string; whatever it does not know it refuses, naming what there is."""
    given: dict[tuple[str, str | None], list[str]] = {}
    for key, raw in query:
        found = _NAME.fullmatch(key)
        if found is None or not (found[1] in filters or (search and key == SEARCH)):
            names = ", ".join(sorted([*filters, *([SEARCH] if search else [])])) or "none"
            raise InvalidFilterError(f"there is no filter {key[:60]!r}; there are: {names}")
        given.setdefault((found[1], found[2]), []).append(raw)
    sought = given.pop((SEARCH, None), None) if search else None
    conditions = tuple(filters[name].condition(name, operator, raw) for (name, operator), raw in given.items())
    return conditions if sought is None else (*conditions, searched(search, sought))


def filter_parameters(
    filters: Mapping[str, Filter], search: Texts = (), names: Mapping[int, str] = MappingProxyType({})
) -> list[dict[str, Any]]:
    """The filters and the search as OpenAPI parameters; `names`: what columns are shown by, by their ids."""
    found: list[dict[str, Any]] = []
    if search:
        parts = [names.get(id(each), each.key) for each in parts_of(search)]
        wholes = [names.get(id(each.column), each.column.key) for each in search if isinstance(each, Whole)]
        meaning = f"A part of one of these, in any letter case: {', '.join(map(str, parts))}."
        if wholes:
            meaning += f" Or all of {', '.join(map(str, wholes))}, as it is written."
        schema: dict[str, Any] = {"type": "string", "maxLength": _MAX_SEARCH}
        found.append({"name": SEARCH, "in": "query", "required": False, "schema": schema, "description": meaning})
    for name, each in filters.items():
        schema = {"type": "string"}
        if each.values is not None:
            schema["enum"] = list(each.values)
        plain = {"name": name, "in": "query", "required": False, "schema": {"type": "array", "items": schema}}
        found.append(plain | {"description": "Repeat it for any of several values."})
        found += [
            {"name": f"{name}[{operator}]", "in": "query", "required": False, "schema": schema}
            for operator in each.operators
        ]
    return found
