# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the smart charging feature under the application's role; the database holds each query to one organization."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, String, and_, any_, delete, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.chargers.repository import charger_filter
from csms.features.smart_charging.tables import (
    charging_profile_assignments,
    charging_profiles,
    installed_charging_profiles,
)
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_p, _i, _a = charging_profiles.c, installed_charging_profiles.c, charging_profile_assignments.c
PROFILES: Final = Listing(
    columns={
        "id": _p.id,
        "name": _p.name,
        "description": _p.description,
        "profile": _p.profile,
        "created_at": _p.created_at,
        "updated_at": _p.updated_at,
    },
    key=_p.id,
    sorts={"name": _p.name, "created_at": _p.created_at},
    default_sort="name",
    filters={"name": Filter(_p.name, fold=True), "created_at": Filter(_p.created_at)},
    search=(_p.name, _p.description),
    paper=("name", "description", "created_at", "updated_at"),
)
INSTALLED: Final = Listing(
    columns={
        "id": _i.id,
        "evse_id": _i.evse_id,
        "profile_id": _i.profile_id,
        "purpose": _i.purpose,
        "stack_level": _i.stack_level,
        "transaction_ref": _i.transaction_ref,
        "limit_source": _i.limit_source,
        "profile": _i.profile,
        "charging_profile": _i.charging_profile,
        "command": _i.command,
        "installed_at": _i.installed_at,
    },
    key=_i.id,
    sorts={"installed_at": _i.installed_at, "evse_id": _i.evse_id},
    default_sort="-installed_at",
    filters={
        "evse_id": Filter(_i.evse_id),
        "profile_id": Filter(_i.profile_id),
        "purpose": Filter(_i.purpose),
        "stack_level": Filter(_i.stack_level),
        "transaction_ref": Filter(_i.transaction_ref),
        "limit_source": Filter(_i.limit_source),
        "charging_profile": Filter(_i.charging_profile),
        "command": Filter(_i.command),
        "installed_at": Filter(_i.installed_at),
    },
    paper=("evse_id", "profile_id", "purpose", "stack_level", "transaction_ref", "limit_source", "installed_at"),
)
OF_CHARGER: Final = _i.charger_id
GIVEN: Final = Listing(
    columns={
        "id": _i.id,
        "charger_id": _i.charger_id,
        "evse_id": _i.evse_id,
        "profile_id": _i.profile_id,
        "stack_level": _i.stack_level,
        "profile": _i.profile,
        "command": _i.command,
        "installed_at": _i.installed_at,
    },
    key=_i.id,
    sorts={"installed_at": _i.installed_at, "charger_id": _i.charger_id},
    default_sort="-installed_at",
    filters={
        "charger_id": charger_filter(_i.charger_id),
        "evse_id": Filter(_i.evse_id),
        "installed_at": Filter(_i.installed_at),
    },
    search=(_i.charger_id,),
    paper=("charger_id", "evse_id", "profile_id", "stack_level", "installed_at"),
)
OF_PROFILE: Final = _i.charging_profile


async def get(connection: AsyncConnection, key: UUID, *, lock: bool = False) -> RowMapping | None:
    """One profile of the library."""
    query = PROFILES.select().where(_p.id == key)
    found = await connection.execute(query.with_for_update() if lock else query)
    row: RowMapping | None = found.mappings().first()
    return row


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> bool:
    """Insert a profile; False where the name is taken."""
    try:
        async with connection.begin_nested():
            await connection.execute(insert(charging_profiles).values(**values))
    except IntegrityError:
        return False
    return True


async def change(connection: AsyncConnection, key: UUID, values: Mapping[str, Any]) -> bool:
    """Set columns of a profile; False where the name is taken."""
    try:
        async with connection.begin_nested():
            await connection.execute(update(charging_profiles).where(_p.id == key).values(**values))
    except IntegrityError:
        return False
    return True


async def remove(connection: AsyncConnection, key: UUID) -> None:
    """Delete a profile; chargers keep what they have of it."""
    await connection.execute(delete(charging_profiles).where(_p.id == key))


async def assign(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Remember which commands carry a profile of the library."""
    if rows:
        await connection.execute(insert(charging_profile_assignments), [dict(row) for row in rows])


async def assigned_by(connection: AsyncConnection, command: UUID) -> UUID | None:
    """The profile of the library that a command carries."""
    found = await connection.execute(select(_a.charging_profile).where(_a.command == command))
    key: UUID | None = found.scalar()
    return key


async def install(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """A charger has a profile: those that it takes the place of are gone (1.6 §3.13.2, 2.x K01.FR.05)."""
    same_place = and_(
        _i.evse_id == values["evse_id"],
        _i.purpose == values["purpose"],
        _i.stack_level == values["stack_level"],
        _i.transaction_ref.is_not_distinct_from(values["transaction_ref"]),
    )
    await connection.execute(
        delete(installed_charging_profiles).where(
            _i.charger_id == values["charger_id"],
            or_(_i.profile_id == values["profile_id"], same_place),
            _i.installed_at <= values["installed_at"],
        )
    )
    await connection.execute(
        upsert(installed_charging_profiles)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["charger_id", "evse_id", "profile_id"])
    )


async def report(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """A charger says which profiles it has: what is known of where they come from stays."""
    for row in rows:
        statement = upsert(installed_charging_profiles).values(**row)
        told = ("purpose", "stack_level", "transaction_ref", "limit_source", "profile")
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=["charger_id", "evse_id", "profile_id"],
                set_={name: statement.excluded[name] for name in told},
            )
        )


async def clear(connection: AsyncConnection, charger_id: str, asked_at: Any, **matching: Any) -> None:
    """A charger has taken profiles away: those with an id, or all that match what is named."""
    conditions: list[ColumnElement[bool]] = [_i.charger_id == charger_id, _i.installed_at <= asked_at]
    conditions += [_i[name] == value for name, value in matching.items() if value is not None]
    await connection.execute(delete(installed_charging_profiles).where(*conditions))


async def with_transaction_profiles(connection: AsyncConnection, chargers: Collection[str]) -> set[str]:
    """Those of the chargers where any profile belongs to a transaction."""
    query = (
        select(_i.charger_id)
        .where(_i.charger_id == any_(literal(list(chargers), ARRAY(String))), _i.purpose == "tx_profile")
        .distinct()
    )
    return set((await connection.execute(query)).scalars())


async def end_transaction(connection: AsyncConnection, charger_id: str, names: Sequence[str]) -> None:
    """Profiles of a transaction end with it (1.6 §3.13.1)."""
    await connection.execute(
        delete(installed_charging_profiles).where(
            _i.charger_id == charger_id, _i.purpose == "tx_profile", _i.transaction_ref.in_(list(names))
        )
    )
