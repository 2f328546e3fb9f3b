# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""All SQL of the flags feature under the application's role."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, delete, exists, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.flags.tables import feature_flag_history, feature_flags
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_f, _h = feature_flags.c, feature_flag_history.c
FLAGS: Final = Listing(
    columns={
        "id": _f.id,
        "key": _f.key,
        "description": _f.description,
        "type": _f.type,
        "enabled": _f.enabled,
        "variants": _f.variants,
        "default_variant": _f.default_variant,
        "rules": _f.rules,
        "created_at": _f.created_at,
        "updated_at": _f.updated_at,
    },
    key=_f.id,
    sorts={"key": _f.key, "updated_at": _f.updated_at},
    default_sort="key",
    filters={"key": Filter(_f.key), "type": Filter(_f.type), "enabled": Filter(_f.enabled)},
    search=(_f.key, _f.description),
)
HISTORY: Final = Listing(
    columns={
        "id": _h.id,
        "key": _h.key,
        "before": _h.before,
        "after": _h.after,
        "actor_kind": _h.actor_kind,
        "actor_id": _h.actor_id,
        "actor_name": _h.actor_name,
        "at": _h.at,
    },
    key=_h.id,
    sorts={"at": _h.at},
    default_sort="-at",
    filters={"actor_name": Filter(_h.actor_name, fold=True), "at": Filter(_h.at)},
    search=(_h.actor_name,),
)


def of_one(key: str) -> ColumnElement[bool]:
    """The history of one flag."""
    return _h.key == key


async def get(connection: AsyncConnection, key: str) -> RowMapping | None:
    """One flag."""
    row: RowMapping | None = (await connection.execute(FLAGS.select().where(_f.key == key))).mappings().first()
    return row


async def everything(connection: AsyncConnection) -> list[RowMapping]:
    """What is needed to evaluate all flags."""
    columns = (_f.key, _f.type, _f.enabled, _f.variants, _f.default_variant, _f.rules)
    return list((await connection.execute(select(*columns))).mappings())


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> bool:
    """Keep a new flag; False where there is one of that key."""
    added = upsert(feature_flags).values(**values).on_conflict_do_nothing()
    return bool((await connection.execute(added)).rowcount)


async def change(connection: AsyncConnection, key: str, values: Mapping[str, Any]) -> None:
    """Set columns of a flag."""
    await connection.execute(update(feature_flags).where(_f.key == key).values(**values))


async def remove(connection: AsyncConnection, key: str) -> None:
    """Forget a flag."""
    await connection.execute(delete(feature_flags).where(_f.key == key))


async def has_history(connection: AsyncConnection, key: str) -> bool:
    """Whether a flag of that key was ever kept."""
    return bool(await connection.scalar(select(exists().where(of_one(key)))))


async def remember(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Add to the history."""
    await connection.execute(insert(feature_flag_history).values(**values))
