# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the configuration feature under the application's role; the database holds each query to one organization."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, RowMapping, String, and_, cast, delete, func, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.chargers.repository import charger_filter
from csms.features.chargers.tables import charger_connections, chargers
from csms.features.configuration.tables import (
    configuration_assignments,
    configuration_history,
    configuration_templates,
    configurations,
)
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_k = configurations.c
CONFIGURATION: Final = Listing(
    columns={
        "key": _k.key,
        "value": _k.value,
        "readonly": _k.readonly,
        "created_at": _k.created_at,
        "updated_at": _k.updated_at,
    },
    key=_k.id,
    sorts={"key": _k.key, "updated_at": _k.updated_at},
    default_sort="key",
    filters={"key": Filter(_k.key, fold=True), "readonly": Filter(_k.readonly), "updated_at": Filter(_k.updated_at)},
    search=(_k.key, _k.value),
)
OF_CHARGER: Final = _k.charger_id

_h = configuration_history.c
HISTORY: Final = Listing(
    columns={
        "id": _h.id,
        "key": _h.key,
        "old_value": _h.old_value,
        "new_value": _h.new_value,
        "actor_name": _h.actor_name,
        "command": _h.command,
        "at": _h.at,
    },
    key=_h.id,
    sorts={"at": _h.at},
    default_sort="-at",
    filters={
        "key": Filter(_h.key, fold=True),
        "actor_name": Filter(_h.actor_name, fold=True),
        "command": Filter(_h.command),
        "at": Filter(_h.at),
    },
    search=(_h.key, _h.old_value, _h.new_value, _h.actor_name),
)
HISTORY_OF_CHARGER: Final = _h.charger_id

_t, _a = configuration_templates.c, configuration_assignments.c
_CHARGERS: ColumnElement[int] = (
    select(func.count()).where(_a.template == _t.id).correlate(configuration_templates).scalar_subquery()
)
TEMPLATES: Final = Listing(
    columns={
        "id": _t.id,
        "name": _t.name,
        "description": _t.description,
        "values": _t["values"],
        "chargers": _CHARGERS,
        "created_at": _t.created_at,
        "updated_at": _t.updated_at,
    },
    key=_t.id,
    sorts={"name": _t.name, "created_at": _t.created_at},
    default_sort="name",
    filters={"name": Filter(_t.name, fold=True), "created_at": Filter(_t.created_at)},
    search=(_t.name, _t.description),
    paper=("name", "description", "chargers", "values", "updated_at"),
)
# Keys are compared as chargers do, in any letter case; the newest spelling counts. What a charger has never reported
# is not known to be so.
_DIFFERENT = """(SELECT count(*) FROM jsonb_each_text(configuration_templates."values") w
    LEFT JOIN LATERAL (SELECT k.value FROM configurations k WHERE k.charger_id = configuration_assignments.charger_id
        AND lower(k.key) = lower(w.key) ORDER BY k.updated_at DESC LIMIT 1) c ON true
    WHERE c.value IS DISTINCT FROM w.value)"""
_KEYS = """(SELECT coalesce(jsonb_agg(jsonb_build_object('key', w.key, 'wanted', w.value, 'actual', c.value,
        'state', CASE WHEN c.key IS NULL THEN 'unknown' WHEN c.readonly THEN 'readonly' ELSE 'different' END)
        ORDER BY w.key), '[]') FROM jsonb_each_text(configuration_templates."values") w
    LEFT JOIN LATERAL (SELECT k.key, k.value, k.readonly FROM configurations k
        WHERE k.charger_id = configuration_assignments.charger_id AND lower(k.key) = lower(w.key)
        ORDER BY k.updated_at DESC LIMIT 1) c ON true
    WHERE c.value IS DISTINCT FROM w.value)"""
DRIFT: Final = Listing(
    columns={
        "charger_id": _a.charger_id,
        "name": chargers.c.name,
        "vendor": chargers.c.vendor,
        "model": chargers.c.model,
        "protocol": charger_connections.c.protocol,
        "differences": literal_column(_DIFFERENT, type_=_k.id.type),
        "keys": literal_column(_KEYS, JSONB),
        "assigned_at": _a.assigned_at,
    },
    key=_a.charger_id,
    sorts={"charger_id": _a.charger_id},
    default_sort="charger_id",
    filters={
        "charger_id": charger_filter(_a.charger_id),
        "assigned_at": Filter(_a.assigned_at),
        "differences": Filter(literal_column(_DIFFERENT, type_=_k.id.type)),
    },
    source=configuration_assignments.join(configuration_templates, _t.id == _a.template)
    .join(chargers, and_(chargers.c.organization_id == _a.organization_id, chargers.c.id == _a.charger_id))
    .outerjoin(charger_connections, charger_connections.c.charger_id == _a.charger_id),
    search=(_a.charger_id, chargers.c.name),
    paper=("charger_id", "name", "vendor", "model", "protocol", "differences", "keys", "assigned_at"),
)
OF_TEMPLATE: Final = _a.template


async def template(connection: AsyncConnection, key: UUID, *, lock: bool = False) -> RowMapping | None:
    """One template."""
    query = TEMPLATES.select().where(_t.id == key)
    found = await connection.execute(query.with_for_update(of=configuration_templates) if lock else query)
    row: RowMapping | None = found.mappings().first()
    return row


async def add_template(connection: AsyncConnection, values: Mapping[str, Any]) -> bool:
    """Keep a template; False where another has its name."""
    try:
        async with connection.begin_nested():
            await connection.execute(insert(configuration_templates).values(**values))
    except IntegrityError:
        return False
    return True


async def change_template(connection: AsyncConnection, key: UUID, values: Mapping[str, Any]) -> bool:
    """Set columns of a template; False where another has its name."""
    try:
        async with connection.begin_nested():
            await connection.execute(update(configuration_templates).where(_t.id == key).values(**values))
    except IntegrityError:
        return False
    return True


async def remove_template(connection: AsyncConnection, key: UUID) -> None:
    """Forget a template; its chargers have none any more."""
    await connection.execute(delete(configuration_templates).where(_t.id == key))


async def assign(
    connection: AsyncConnection, organization_id: UUID, key: UUID, chargers: Sequence[str], now: datetime
) -> None:
    """Give chargers a template, in place of the one they had."""
    rows = [
        {"charger_id": charger, "organization_id": organization_id, "template": key, "assigned_at": now}
        for charger in chargers
    ]
    statement = insert(configuration_assignments)
    new = statement.excluded
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["charger_id"], set_={"template": new.template, "assigned_at": new.assigned_at}
        ),
        rows,
    )


async def unassign(connection: AsyncConnection, charger_id: str) -> None:
    """Take a charger's template away."""
    await connection.execute(delete(configuration_assignments).where(_a.charger_id == charger_id))


async def assigned(connection: AsyncConnection, charger_id: str) -> UUID | None:
    """The template of a charger."""
    found = await connection.execute(select(_a.template).where(_a.charger_id == charger_id))
    key: UUID | None = found.scalar()
    return key


async def having(connection: AsyncConnection, key: UUID) -> list[str]:
    """The chargers of a template."""
    found = await connection.execute(select(_a.charger_id).where(_a.template == key).order_by(_a.charger_id))
    return list(found.scalars())


# Each key of a template at chargers, as the lists above compare them.
_AT_CHARGERS = """
SELECT a.charger_id, w.key, w.value AS wanted, c.value AS actual,
    CASE WHEN c.value IS NOT DISTINCT FROM w.value THEN 'same' WHEN c.key IS NULL THEN 'unknown'
        WHEN c.readonly THEN 'readonly' ELSE 'different' END AS state
FROM {chargers} JOIN configuration_templates t ON t.id = :template
CROSS JOIN LATERAL jsonb_each_text(t."values") w
LEFT JOIN LATERAL (SELECT k.key, k.value, k.readonly FROM configurations k WHERE k.charger_id = a.charger_id
    AND lower(k.key) = lower(w.key) ORDER BY k.updated_at DESC LIMIT 1) c ON true
"""
_COMPARED = _AT_CHARGERS.format(
    chargers="(SELECT x.charger_id FROM configuration_assignments x WHERE x.template = :template) a"
)
_NAMED = _AT_CHARGERS.format(chargers="unnest(CAST(:chargers AS text[])) a(charger_id)")
_MODELS = 50


async def summed_up(connection: AsyncConnection, key: UUID) -> list[RowMapping]:
    """At how many chargers of a template each of its keys is how."""
    query = f"""SELECT key, min(wanted) AS wanted, count(*) FILTER (WHERE state = 'same') AS same,
        count(*) FILTER (WHERE state = 'different') AS different,
        count(*) FILTER (WHERE state = 'readonly') AS readonly,
        count(*) FILTER (WHERE state = 'unknown') AS unknown
        FROM ({_COMPARED}) d GROUP BY key ORDER BY key"""  # noqa: S608  (constants)
    return list((await connection.execute(text(query), {"template": key})).mappings())


async def drifted(connection: AsyncConnection, key: UUID) -> int:
    """How many chargers of a template are not as they should be, or are not known to be."""
    query = f"SELECT count(DISTINCT charger_id) FROM ({_COMPARED}) d WHERE state <> 'same'"  # noqa: S608  (constants)
    return int((await connection.execute(text(query), {"template": key})).scalar_one())


async def models(connection: AsyncConnection, key: UUID) -> list[RowMapping]:
    """Of which models the chargers of a template are, the most frequent first."""
    query = f"""SELECT c.vendor, c.model, l.protocol, count(*) AS chargers,
            count(*) FILTER (WHERE d.away > 0) AS drifted
        FROM (SELECT charger_id, count(*) FILTER (WHERE state <> 'same') AS away FROM ({_COMPARED}) e
            GROUP BY charger_id) d
        JOIN chargers c ON c.id = d.charger_id LEFT JOIN charger_connections l ON l.charger_id = d.charger_id
        GROUP BY c.vendor, c.model, l.protocol ORDER BY count(*) DESC, c.vendor, c.model, l.protocol
        LIMIT :most"""  # noqa: S608  (constants)
    return list((await connection.execute(text(query), {"template": key, "most": _MODELS})).mappings())


async def others_among(connection: AsyncConnection, key: UUID, named: Sequence[str]) -> int:
    """How many of these chargers have another template."""
    found = await connection.execute(
        select(func.count()).where(_a.template != key, _a.charger_id == func.any(cast(list(named), ARRAY(String))))
    )
    return int(found.scalar_one())


async def to_set(connection: AsyncConnection, key: UUID, named: Sequence[str], most: int) -> list[RowMapping]:
    """What would be set at chargers by a template; at most so many."""
    query = f"""{_NAMED} WHERE c.value IS DISTINCT FROM w.value
        AND (c.key IS NULL OR c.readonly IS NOT TRUE) ORDER BY a.charger_id, w.key LIMIT :most"""
    given = {"template": key, "chargers": list(named), "most": most}
    return list((await connection.execute(text(query), given)).mappings())


async def compared(connection: AsyncConnection, charger_id: str, values: Mapping[str, str]) -> list[RowMapping]:
    """Each key of a template beside what the charger has."""
    rows = await connection.execute(
        text(
            """SELECT w.key, w.value AS wanted, c.value AS actual, c.readonly, c.key IS NOT NULL AS known
            FROM jsonb_each_text(CAST(:wanted AS jsonb)) w
            LEFT JOIN LATERAL (SELECT * FROM configurations k WHERE k.charger_id = :charger
                AND lower(k.key) = lower(w.key) ORDER BY k.updated_at DESC LIMIT 1) c ON true ORDER BY w.key"""
        ),
        {"charger": charger_id, "wanted": _json(values)},
    )
    return list(rows.mappings())


def _json(values: Mapping[str, str]) -> str:
    return msgspec.json.encode(dict(values)).decode()
