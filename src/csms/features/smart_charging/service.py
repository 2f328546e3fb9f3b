# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of charging profiles: the library, and giving its profiles to chargers."""

from typing import Any, ClassVar
from uuid import UUID

import msgspec
from pydantic import BaseModel
from sqlalchemy import RowMapping

from csms.domain.charging_profiles import ChargingProfile
from csms.domain.commands import SetChargingProfile
from csms.features.chargers.service import ChargerService
from csms.features.commands.service import CommandService
from csms.features.smart_charging import repository
from csms.features.smart_charging.schemas import Assignment, ChargingProfileCreate, ChargingProfileUpdate
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError
from csms.kit.ids import new_id


class ProfileNotFoundError(NotFoundError):
    """No such profile."""

    code: ClassVar[str] = "charging_profile_not_found"


class ProfileNameTakenError(ConflictError):
    """Two profiles of one name would be mistaken for each other."""

    code: ClassVar[str] = "charging_profile_name_taken"


def checked(body: BaseModel) -> dict[str, Any]:
    """A profile as it is stored. Raises InvalidError for what no charger could carry out."""
    plain = body.model_dump(mode="json", exclude_none=True, exclude={"id"})
    profile = msgspec.convert(plain, ChargingProfile)
    if profile.kind == "recurring" and profile.recurrency is None:
        raise InvalidError("a recurring profile needs its recurrency: daily or weekly")
    if profile.valid_from is not None and profile.valid_to is not None and profile.valid_from >= profile.valid_to:
        raise InvalidError("valid_from must be before valid_to")
    for schedule in profile.schedules:
        starts = [period.start_s for period in schedule.periods]
        if starts[0] != 0 or starts != sorted(set(starts)):
            raise InvalidError("the periods of a schedule start at 0 s and are in order, each start once")
    return plain


class SmartChargingService:
    """The library of charging profiles."""

    def __init__(self, chargers: ChargerService, commands: CommandService, clock: Clock) -> None:
        self._chargers = chargers
        self._commands = commands
        self._clock = clock

    async def get(self, uow: UnitOfWork, key: UUID, *, lock: bool = False) -> RowMapping:
        """One profile."""
        row = await repository.get(uow.connection, key, lock=lock)
        if row is None:
            raise ProfileNotFoundError(f"there is no charging profile {key}")
        return row

    async def create(self, uow: UnitOfWork, body: ChargingProfileCreate) -> RowMapping:
        """Put a profile into the library."""
        key, now = new_id(), self._clock.now()
        values = {
            "id": key,
            "organization_id": uow.scope.organization_id,
            "name": body.name,
            "description": body.description,
            "profile": checked(body.profile),
            "created_at": now,
            "updated_at": now,
        }
        if not await repository.add(uow.connection, values):
            raise ProfileNameTakenError(f"there is a charging profile {body.name!r} already")
        uow.audit("charging:profile:create", "charging_profile", str(key), None, {"name": body.name})
        return await self.get(uow, key)

    async def update(self, uow: UnitOfWork, key: UUID, body: ChargingProfileUpdate) -> RowMapping:
        """Change what is named; what chargers have stays as it is."""
        before = await self.get(uow, key, lock=True)
        changes: dict[str, Any] = body.model_dump(exclude_unset=True, exclude={"profile"})
        if body.profile is not None:
            changes["profile"] = checked(body.profile)
        if changes.get("name", "") is None:
            raise InvalidError("name cannot be empty: leave it out to keep it as it is")
        if not changes:
            return before
        if not await repository.change(uow.connection, key, {**changes, "updated_at": self._clock.now()}):
            raise ProfileNameTakenError(f"there is a charging profile {body.name!r} already")
        old = {name: before[name] for name in changes}
        uow.audit("charging:profile:update", "charging_profile", str(key), old, changes)
        return await self.get(uow, key)

    async def delete(self, uow: UnitOfWork, key: UUID) -> None:
        """Take a profile out of the library; what chargers have of it stays there."""
        row = await self.get(uow, key, lock=True)
        await repository.remove(uow.connection, key)
        uow.audit("charging:profile:delete", "charging_profile", str(key), {"name": row["name"]}, None)

    async def assign(self, uow: UnitOfWork, key: UUID, body: Assignment) -> list[dict[str, Any]]:
        """Give a profile to chargers: one command each, all or none of them are issued."""
        row = await self.get(uow, key)
        profile = msgspec.convert(row["profile"], ChargingProfile)
        if profile.purpose == "tx_profile":
            raise InvalidError("a tx_profile belongs to one transaction: send it with set_charging_profile")
        issued, rows = [], []
        for charger_id in dict.fromkeys(body.charger_ids):
            charger = await self._chargers.get(uow, charger_id)
            command = SetChargingProfile(evse_id=body.evse_id, profile=profile)
            issued.append(dict(await self._commands.issue_command(uow, charger["id"], command)))
            organization = uow.scope.organization_id
            rows.append({"command": issued[-1]["id"], "organization_id": organization, "charging_profile": key})
        await repository.assign(uow.connection, rows)
        return issued
