# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Everything that the API's lists can be asked, read from the OpenAPI document: a new list is in it by itself.

Filters are asked twice: with a value that many rows have and with one that few have, both looked up in the table that
a list is of. Ranges are asked from near either end.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import asyncpg

from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID

_NOT_ASKED: Final = (
    "/content",
    "/events",
    "/authority",
    "/invitation",
)  # files, a stream without an end, what admin lacks
_OWN: Final = frozenset({"limit", "cursor", "sort", "fields", "format", "q"})
_BRACKET: Final = re.compile(r"(\w+)\[(\w+)\]")
# Lists whose table or columns are called otherwise.
TABLES: Final = {
    "alert-groups": "alert_group_sums",
    "audit": "audit_log",
    "certificates": "charger_certificates",
    "configuration": "configurations",
    "files": "charger_files",
    "findings": "conformance_findings",
    "firmware": "firmware_images",
    "hardware": "charger_hardware",
    "history": "configuration_history",
    "messages": "ocpp_messages",
    "meter-values": "meter_values",
    "notices": "charger_notices",
    "progress": "charger_progress",
    "reports": "charger_reports",
    "results": "bulk_targets",
}
COLUMNS: Final = {
    "token": "id_tag",
    "variable": "key",
    "timestamp": "measured_at",
    "online": "NULL",
    "last_heartbeat": "(SELECT h.at FROM charger_heartbeats h WHERE h.charger_id = chargers.id)",
    "retired": "retired_at IS NOT NULL",
}
_SAMPLED: Final = 200_000
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """A question, by what it is called in the table of results, and its path."""

    name: str
    path: str
    stream: bool = False  # a file: its first bytes count
    whole: bool = False  # a file without first bytes: nothing of it is there before all of it is


@dataclass(frozen=True, slots=True)
class Values:
    """Of a column: what many rows have, what few have, and what lies near the ends."""

    frequent: str | None = None
    rare: str | None = None
    low: str | None = None
    high: str | None = None


@dataclass(frozen=True)
class Listed:
    """A list of the document."""

    template: str
    parameters: Mapping[str, Mapping[str, Any]]
    fields: tuple[str, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """What it is probably a list of."""
        last = self.template.rpartition("/")[2]
        return TABLES.get(last, last.replace("-", "_"))

    def enumeration(self, name: str) -> Sequence[str]:
        """The values of a filter that the document names."""
        schema = self.parameters[name].get("schema", {})
        found: Sequence[str] = schema.get("items", schema).get("enum", ())
        return found


def lists_of(document: Document) -> list[Listed]:
    """Every route that answers pages."""
    found = []
    for template, operations in sorted(document["paths"].items()):
        parameters = {each["name"]: each for each in operations.get("get", {}).get("parameters", ())}
        if "limit" not in parameters or "cursor" not in parameters:
            continue
        filters: dict[str, list[str]] = {}
        for name, each in parameters.items():
            bracket = _BRACKET.fullmatch(name)
            if each["in"] == "query" and name not in _OWN:
                filters.setdefault(bracket[1] if bracket else name, []).append(bracket[2] if bracket else "")
        words = parameters.get("fields", {}).get("description", "")
        fields = tuple(re.findall(r"\w+", words.partition("comma-separated:")[2]))
        found.append(Listed(template, parameters, fields, {name: tuple(each) for name, each in filters.items()}))
    return found


def items_of(document: Document) -> list[str]:
    """Every other route that is read: items, and what a charger has one of."""
    lists = {each.template for each in lists_of(document)}
    return [
        template
        for template, operations in sorted(document["paths"].items())
        if template.startswith("/api/v1/")
        and "get" in operations
        and template not in lists
        and not template.endswith(_NOT_ASKED)
    ]


async def values_of(connection: asyncpg.Connection, table: str, column: str) -> Values | None:
    """Samples of a column; None where the table does not have it, or nothing is in it."""
    expression = COLUMNS.get(column, f'"{column}"')
    source = f"(SELECT {expression} AS v FROM {table} WHERE organization_id = $1) s"
    try:
        kind = await connection.fetchval(f"SELECT pg_typeof(({expression}))::text FROM {table} LIMIT 1")
        if kind is None or kind == "unknown":
            return None
        if kind.endswith("[]"):
            source = f'(SELECT unnest("{column}") AS v FROM {table} WHERE organization_id = $1) s'
        counted = await connection.fetch(
            f"SELECT v, count(*) AS n FROM (SELECT v FROM {source} LIMIT {_SAMPLED * 10}) l WHERE v IS NOT NULL"
            " GROUP BY v ORDER BY n DESC, v",
            DEFAULT_ORGANIZATION_ID,
        )
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.InvalidColumnReferenceError):
        return None
    if not counted:
        return None
    ordered = sorted(row["v"] for row in counted)
    low, high = ordered[len(ordered) // 50], ordered[-1 - len(ordered) // 1000]
    return Values(*(_spelled(each) for each in (counted[0]["v"], counted[-1]["v"], low, high)))


def _spelled(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


def questions(listed: Listed, path: str, samples: Mapping[str, Values]) -> Iterator[Query]:
    """Everything one list can be asked; `path` is its template with the gaps filled."""
    name = listed.template.removeprefix("/api/v1")
    yield Query(f"{name}", path)
    for sort in listed.parameters.get("sort", {}).get("schema", {}).get("enum", ()):
        yield Query(f"{name} sort={sort}", f"{path}?sort={sort}")
    if listed.fields:
        yield Query(f"{name} fields", f"{path}?fields={','.join(listed.fields[:3])}")
    for each, operators in listed.filters.items():
        for operator, kind, value in _asked(listed, each, operators, samples.get(each)):
            key = f"{each}[{operator}]" if operator else each
            yield Query(f"{name} {key} {kind}", f"{path}?{key}={quote(value, safe='')}")
    if "q" in listed.parameters:
        for kind, text in _searched(samples):
            yield Query(f"{name} q {kind}", f"{path}?q={quote(text, safe='')}")
    for each in listed.enumeration("format") if "format" in listed.parameters else ():
        if each == "pdf":
            yield Query(f"{name} a page as pdf", f"{path}?format=pdf&limit=50", stream=True)
        if each != "json":
            yield Query(f"{name} format={each}", f"{path}?format={each}", stream=True, whole=each == "pdf")


def _asked(listed: Listed, name: str, operators: Sequence[str], found: Values | None) -> Iterator[tuple[str, str, str]]:
    """Operator, kind and value of every question that a filter allows."""
    if found is None:
        named = listed.enumeration(name) or ("true", "false") if name in ("online", "retired", "queued") else ()
        yield from (("", each, each) for each in named)
        return
    for operator in operators:
        match operator:
            case "" | "contains_any":
                yield from ((operator, kind, value) for kind, value in
                            (("frequent", found.frequent), ("rare", found.rare)) if value is not None)  # fmt: skip
            case "prefix" if found.frequent and found.rare:
                yield operator, "frequent", found.frequent[: max(1, len(found.frequent) // 4)]
                yield operator, "rare", found.rare[: max(1, len(found.rare) - 1)]
            case "gte" | "lt" if found.low is not None and found.high is not None:
                yield operator, "most" if operator == "gte" else "few", found.low
                yield operator, "few" if operator == "gte" else "most", found.high


def _searched(samples: Mapping[str, Values]) -> Iterator[tuple[str, str]]:
    """A part of a text that many have, the whole of one that few have, and one that nobody has."""
    texts = [each for name, each in samples.items() if name in ("name", "id", "value", "id_tag", "charger_id")]
    for each in texts[:1]:
        if each.frequent and each.rare:
            yield "frequent", each.frequent[:2]
            yield "rare", each.rare.lower()
    yield "absent", "nobody has this"
