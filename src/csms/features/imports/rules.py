# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What columns mean and how cells are read: pure functions, forgiving where the meaning is clear."""

import re
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

# What our own CSV export puts before a text that a spreadsheet program would run as a formula.
_GUARDED: Final = re.compile(r"'[=+\-@\t\r]")
_SHORTENED: Final = re.compile(r"[0-9][.,]?[0-9]*E\+[0-9]{1,3}")
_WORDS: Final = re.compile(r"[\W_]+")
_WHOLE: Final = re.compile(r"(-?[0-9]{1,15})(?:[.,]0+)?")
_SERIAL: Final = re.compile(r"[0-9]{5,7}(?:[.,][0-9]+)?")
_GERMAN: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ ,]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_PARTS: Final = re.compile(r"[,;|\s]+")
_NAMES: Final = re.compile(r"[;|\r\n]+")  # names may have blanks and commas in them
_SECRET: Final = (
    "pass",
    "pwd",
    "kennwort",
    "geheim",
    "schluessel",
    "secret",
    "contrasena",
    "auth_key",
    "authorization",
)
_YES: Final = frozenset({"yes", "y", "true", "t", "1", "on", "x", "ja", "j", "wahr", "oui", "vrai"})
_NO: Final = frozenset({"no", "n", "false", "f", "0", "off", "nein", "falsch", "non", "faux"})
_EPOCH_1900: Final = datetime(1899, 12, 30)  # noqa: DTZ001  (Excel's days know no zone; 1900 was no leap year)
_SERIALS: Final = range(20_000, 2_958_466)

Kind = Literal["text", "identifier", "integer", "yes_no", "choice", "list", "names", "instant"]


class CellError(ValueError):
    """A cell that cannot mean what it says."""


_KINDS: Final[Mapping[Any, Kind]] = {bool: "yes_no", int: "integer", datetime: "instant", AwareDatetime: "instant"}


@dataclass(frozen=True, slots=True)
class Column:
    """One field that a table can fill."""

    name: str
    kind: Kind
    required: bool = False
    description: str = ""
    aliases: tuple[str, ...] = ()
    values: tuple[str | int, ...] = ()
    secret: bool = False
    spellings: Mapping[str, str | int] = field(default_factory=dict)


def _bare(annotation: Any) -> tuple[Any, str]:
    """A type without Annotated and None, and what was said of it."""
    said = ""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *extra = get_args(annotation)
            said = said or next((each.description for each in extra if getattr(each, "description", None)), "")
        elif origin in (Union, types.UnionType) and len(some := _without_none(annotation)) == 1:
            annotation = some[0]
        else:
            return annotation, said


def _without_none(annotation: Any) -> list[Any]:
    return [each for each in get_args(annotation) if each is not type(None)]


def columns_of(
    body: type[BaseModel],
    *,
    identity: str,
    aliases: Mapping[str, Sequence[str]],
    spellings: Mapping[str, Mapping[str, str | int]],
    secrets: frozenset[str],
) -> tuple[Column, ...]:
    """The columns that fill a body: one for each of its fields, so that a new field is a new column by itself."""
    found = []
    for name, info in body.model_fields.items():
        bare, said = _bare(info.annotation)
        bare, also = _bare(get_args(bare)[0]) if (is_list := get_origin(bare) is list) else (bare, "")
        values = get_args(bare) if get_origin(bare) is Literal else ()
        kind: Kind = "list" if is_list else "choice" if values else _KINDS.get(bare, "text")
        found.append(
            Column(
                name,
                "identifier" if name == identity else kind,
                info.is_required(),
                info.description or said or also,
                tuple(aliases.get(name, ())),
                values,
                name in secrets,
                spellings.get(name, {}),
            )
        )
    return tuple(found)


def fold(header: str) -> str:
    """A column's name without what people write differently."""
    text = header.strip().casefold()
    for letter, plain in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("é", "e"), ("è", "e")):
        text = text.replace(letter, plain)
    return _WORDS.sub("_", text).strip("_")


def looks_secret(header: str) -> bool:
    """Whether cells under this header are better not shown, whatever it means."""
    word = fold(header)
    return any(part in word for part in _SECRET)


class MappingError(ValueError):
    """Columns that cannot be told apart, or are missing."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def map_columns(
    columns: Sequence[Column], headers: Sequence[str], wanted: Mapping[str, str | None]
) -> dict[str, tuple[int, str]]:
    """Field by field its column: index and header. What `wanted` names comes first; None leaves a column out."""
    by_word = {fold(word): column.name for column in columns for word in (column.name, *column.aliases)}
    chosen = {fold(header): name for header, name in wanted.items()}
    named = set(chosen.values())
    found: dict[str, tuple[int, str]] = {}
    for index, header in enumerate(headers):
        word = fold(header)
        name = chosen[word] if word in chosen else by_word.get(word)
        if name is None or (word not in chosen and name in named):
            continue
        if name in found:
            other = found[name][1]
            raise MappingError("column_twice", f"the columns {other!r} and {header!r} both mean {name}: leave one out")
        found[name] = (index, header)
    words = {fold(header) for header in headers}
    if missing := [header for header in wanted if fold(header) not in words]:
        names = ", ".join(repr(header[:50]) for header in headers[:20])
        raise MappingError("unknown_column", f"the file has no column {missing[0][:100]!r}; it has: {names}")
    for column in columns:
        if column.required and column.name not in found:
            known = ", ".join((column.name, *column.aliases))
            raise MappingError(
                "missing_column",
                f"no column is {column.name}: call one so ({known}), or say in mapping which one it is",
            )
    return found


def _unguarded(text: str) -> str:
    return text[1:] if _GUARDED.match(text) else text


def read_secret(text: str) -> str:
    """To the letter; blanks around it are nobody's intention."""
    if text != text.strip():
        raise CellError("there are blanks around it: take them away")
    return text


def read_text(text: str) -> str:
    """Without blanks around, and without the guard that our export puts before formulas."""
    return _unguarded(text.strip()).strip()


def read_cell(column: Column, text: str, zone: tzinfo) -> Any:
    """What a cell says; where that is not clear, its text, which the body then refuses in its own words."""
    if column.secret:
        return read_secret(text)
    text = read_text(text)
    match column.kind:
        case "identifier":
            return _unshortened(text)
        case "integer":
            return int(whole[1]) if (whole := _WHOLE.fullmatch(text)) else text
        case "yes_no":
            word = text.casefold()
            return True if word in _YES else False if word in _NO else text
        case "choice":
            return _choice(column, text)
        case "list":
            return [_choice(column, _unshortened(part)) for part in _PARTS.split(text) if part]
        case "names":
            return [name for part in _NAMES.split(text) if (name := part.strip())]
        case "instant":
            return read_instant(text, zone)
        case _:
            return text


def _unshortened(text: str) -> str:
    if _SHORTENED.fullmatch(text.upper()):
        raise CellError("a spreadsheet program has shortened this number: format the column as text")
    return text


def _choice(column: Column, text: str) -> str | int:
    known: dict[str, str | int] = {fold(str(value)): value for value in column.values}
    known |= {fold(word): value for word, value in column.spellings.items()}
    whole = _WHOLE.fullmatch(text)
    return known.get(whole[1] if whole else fold(text), text)


def read_instant(text: str, zone: tzinfo) -> datetime:
    """ISO 8601, 31.12.2027 23:59, or Excel's days since 1900; without an offset by the clock of the organization."""
    try:
        if found := _GERMAN.fullmatch(text):
            day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
            return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
        if _SERIAL.fullmatch(text):
            days = float(text.replace(",", "."))
            if int(days) in _SERIALS:
                return _minutes(_EPOCH_1900 + timedelta(days=days)).replace(tzinfo=zone).astimezone(UTC)
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise CellError("no date that can be understood: write 2027-12-31, or 2027-12-31T23:59:00+01:00") from error


def _minutes(at: datetime) -> datetime:
    """Days as fractions miss the second by a hair."""
    return (at + timedelta(milliseconds=500)).replace(microsecond=0)


def spelled(errors: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What pydantic says of a body, field by field, without the values."""
    found = []
    for error in errors:
        location = error["loc"]
        message = str(error["msg"]).removeprefix("Value error, ")
        found.append({"field": str(location[0]) if location else None, "code": error["type"], "message": message})
    return found
