# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of roles and organizations."""

from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import RowMapping

from csms.features.accounts.demands import Demand, check_own_factor
from csms.features.accounts.permissions import Permission
from csms.features.accounts.provider_repository import hold_admins
from csms.features.accounts.repository import demands
from csms.features.accounts.roles import ADMIN, BUILT_IN, NO_ROLE, RoleUnknownError, check_within
from csms.features.people import repository
from csms.features.people.schemas import OrganizationCreate, OrganizationUpdate, RoleCreate, RoleUpdate, UserCreate
from csms.features.people.service import Invited, PeopleService
from csms.kit.clock import Clock
from csms.kit.db.uow import Actor, Scope, UnitOfWork, UnitsOfWork
from csms.kit.errors import ConflictError, InvalidError
from csms.kit.http.principal import Principal
from csms.kit.ids import new_id


class RoleTakenError(ConflictError):
    """There is a role of that key."""

    code: ClassVar[str] = "role_taken"


class RoleInUseError(ConflictError):
    """Somebody has the role."""

    code: ClassVar[str] = "role_in_use"


class BuiltInRoleError(ConflictError):
    """Built-in roles are the same everywhere."""

    code: ClassVar[str] = "built_in_role"


class RoleService:
    """Own roles beside the built-in ones."""

    def __init__(self, people: PeopleService, clock: Clock) -> None:
        self._people = people
        self._clock = clock

    async def all(self, uow: UnitOfWork) -> list[dict[str, Any]]:
        """The built-in ones first."""
        demand = Demand.of(await demands(uow.connection))
        found = [
            {
                "key": role.key,
                "name": role.name,
                "description": role.description,
                "built_in": True,
                "permissions": sorted(role.permissions),
                "require_mfa": demand.concerns((role.key,), own=False),
                "users": await repository.bearers(uow.connection, role.key),
            }
            for role in BUILT_IN.values()
        ]
        return found + [await self._item(uow, row) for row in await repository.own_roles(uow.connection)]

    async def create(self, uow: UnitOfWork, principal: Principal, body: RoleCreate) -> dict[str, Any]:
        """Make a role; it allows nothing that its maker may not do."""
        if body.key in BUILT_IN or body.key == NO_ROLE:
            raise RoleTakenError(f"{body.key!r} is a built-in role: choose another key")
        if body.permissions is None and body.like is None:
            raise InvalidError("say which permissions it has, or which role it is like")
        permissions: list[str] = list(body.permissions or ())
        if body.permissions is None:
            permissions = sorted(await self._people.role_permissions(uow, body.like or ""))
        check_within(principal.grants, permissions)
        if body.require_mfa:
            await check_own_factor(uow, self._clock.now())
        now = self._clock.now()
        row = {
            "id": new_id(),
            "organization_id": uow.scope.organization_id,
            "key": body.key,
            "name": body.name,
            "description": body.description,
            "permissions": sorted(set(permissions)),
            "require_mfa": body.require_mfa,
            "created_at": now,
            "updated_at": now,
        }
        if not await repository.add_role(uow.connection, row):
            raise RoleTakenError(f"there is a role {body.key!r} already")
        after = {"name": body.name, "permissions": row["permissions"], "require_mfa": body.require_mfa}
        uow.audit("account:role:create", "role", body.key, None, after)
        return await self.get(uow, body.key)

    async def get(self, uow: UnitOfWork, key: str) -> dict[str, Any]:
        """One role."""
        for role in await self.all(uow):
            if role["key"] == key:
                return role
        raise RoleUnknownError(f"there is no role {key!r}")

    async def update(self, uow: UnitOfWork, principal: Principal, key: str, body: RoleUpdate) -> dict[str, Any]:
        """Change what is named in the body; it holds at once for everybody who has the role."""
        before = await self._own(uow, key)
        check_within(principal.grants, before["permissions"])
        changes = body.model_dump(exclude_unset=True)
        for name in ("name", "require_mfa"):
            if name in changes and changes[name] is None:
                raise InvalidError(f"{name} cannot be empty: leave it out to keep it as it is")
        if changes.get("require_mfa") and not before["require_mfa"]:
            await check_own_factor(uow, self._clock.now())
        if "permissions" in changes:
            check_within(principal.grants, changes["permissions"] or ())
            changes["permissions"] = sorted(set(changes["permissions"] or ()))
        if changes:
            await repository.change_role(uow.connection, key, {**changes, "updated_at": self._clock.now()})
            old = {name: before[name] for name in changes}
            uow.audit("account:role:update", "role", key, old, changes)
        return await self.get(uow, key)

    async def delete(self, uow: UnitOfWork, key: str) -> None:
        """Delete a role that nobody has."""
        before = await self._own(uow, key)
        await hold_admins(uow.connection)
        if users := await repository.bearers(uow.connection, key):
            raise RoleInUseError(f"{users} users have the role {key!r}: give them another first")
        await repository.remove_role(uow.connection, key)
        uow.audit("account:role:delete", "role", key, {"permissions": before["permissions"]}, None)

    async def _own(self, uow: UnitOfWork, key: str) -> RowMapping:
        if key in BUILT_IN:
            raise BuiltInRoleError(f"{key!r} is built in: make a role of your own that is like it")
        row = await repository.get_role(uow.connection, key, lock=True)
        if row is None:
            raise RoleUnknownError(f"there is no role {key!r}")
        return row

    async def _item(self, uow: UnitOfWork, row: RowMapping) -> dict[str, Any]:
        return {
            "key": row["key"],
            "name": row["name"],
            "description": row["description"],
            "built_in": False,
            "permissions": sorted(set(row["permissions"]) & frozenset(Permission)),
            "require_mfa": row["require_mfa"],
            "users": await repository.bearers(uow.connection, row["key"]),
        }


class OrganizationService:
    """The own organization, and the others of the installation."""

    def __init__(self, people: PeopleService, units: UnitsOfWork, clock: Clock) -> None:
        self._people = people
        self._units = units
        self._clock = clock

    async def own(self, uow: UnitOfWork, *, lock: bool = False) -> RowMapping:
        """The organization of whoever asks."""
        row = await repository.organization(uow.connection, lock=lock)
        if row is None:
            raise InvalidError("this organization is gone")
        return row

    async def update(self, uow: UnitOfWork, body: OrganizationUpdate) -> RowMapping:
        """Change what is named in the body."""
        before = await self.own(uow, lock=True)
        changes = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value is not None}
        if changes:
            await repository.change_organization(uow.connection, {**changes, "updated_at": self._clock.now()})
            old = {name: before[name] for name in changes}
            uow.audit("account:organization:update", "organization", str(before["id"]), old, changes)
        return await self.own(uow)

    async def create(self, actor: Actor, body: OrganizationCreate) -> tuple[UUID, Invited]:
        """A further organization with its first administrator, and how they are invited."""
        key = new_id()
        async with self._units(Scope(key, actor)) as uow:
            await repository.add_organization(uow.connection, key, body.name, body.time_zone)
            first = UserCreate(username=body.admin, email=body.admin_email, role=ADMIN, show_link=body.show_link)
            _, invited = await self._people.make(uow, first)
            uow.audit("system:organization:create", "organization", str(key), None, {"name": body.name})
        assert invited is not None  # nobody gave them a password
        return key, invited
