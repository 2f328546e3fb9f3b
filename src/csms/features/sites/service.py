# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of sites and groups of chargers."""

from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import RowMapping

from csms.features.sites import repository
from csms.features.sites.schemas import GroupCreate, GroupUpdate, Members, SiteCreate, SiteUpdate
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError
from csms.kit.ids import new_id

MAX_DEPTH = 8


class SiteNotFoundError(NotFoundError):
    """No such site."""

    code: ClassVar[str] = "site_not_found"


class SiteInUseError(ConflictError):
    """Chargers or other sites are there still."""

    code: ClassVar[str] = "site_in_use"


class SiteTreeError(InvalidError):
    """The site above does not exist, lies inside, or is too deep."""

    code: ClassVar[str] = "site_tree"


class GroupNotFoundError(NotFoundError):
    """No such group."""

    code: ClassVar[str] = "group_not_found"


class GroupTakenError(ConflictError):
    """The name is taken."""

    code: ClassVar[str] = "group_taken"


class ChargersUnknownError(NotFoundError):
    """Some of the chargers are not there."""

    code: ClassVar[str] = "charger_not_found"


class SiteService:
    """Where chargers are."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def get(self, uow: UnitOfWork, site_id: UUID, *, lock: bool = False) -> RowMapping:
        """One site."""
        row = await repository.get_site(uow.connection, site_id, lock=lock)
        if row is None:
            raise SiteNotFoundError(f"there is no site {site_id}")
        return row

    async def create(self, uow: UnitOfWork, body: SiteCreate) -> RowMapping:
        """Make a site."""
        await self._check_above(uow, body.parent_id)
        now, site_id = self._clock.now(), new_id()
        shown = body.model_dump(mode="json")
        values = {
            **body.model_dump(exclude={"opening_hours"}),
            "opening_hours": shown["opening_hours"],
            "id": site_id,
            "organization_id": uow.scope.organization_id,
            "created_at": now,
            "updated_at": now,
        }
        if not await repository.add_site(uow.connection, values):
            raise SiteTreeError("the site above does not exist")
        uow.audit("site:site:create", "site", str(site_id), None, shown)
        return await self.get(uow, site_id)

    async def update(self, uow: UnitOfWork, site_id: UUID, body: SiteUpdate) -> RowMapping:
        """Change what is named in the body; a moved site takes along what lies in it."""
        before = await self.get(uow, site_id, lock=True)
        changes: dict[str, Any] = body.model_dump(exclude_unset=True)
        shown = body.model_dump(mode="json", exclude_unset=True)
        if "opening_hours" in changes:
            changes["opening_hours"] = shown["opening_hours"]
        if "name" in changes and changes["name"] is None:
            raise InvalidError("name cannot be empty: leave it out to keep it as it is")
        if not changes:
            return before
        if changes.get("parent_id") is not None:
            await self._check_above(uow, changes["parent_id"])
        if not await repository.change_site(uow.connection, site_id, {**changes, "updated_at": self._clock.now()}):
            raise SiteTreeError("the site above does not exist, or lies inside this one")
        old = {name: before[name] for name in changes}
        uow.audit("site:site:update", "site", str(site_id), old, shown)
        return await self.get(uow, site_id)

    async def delete(self, uow: UnitOfWork, site_id: UUID) -> None:
        """Delete an empty site; roles that held there end."""
        row = await self.get(uow, site_id, lock=True)
        if not await repository.remove_site(uow.connection, site_id):
            raise SiteInUseError(f"there are chargers or sites in {row['name']!r}: move them first")
        uow.audit("site:site:delete", "site", str(site_id), {"name": row["name"]}, None)

    async def _check_above(self, uow: UnitOfWork, parent_id: UUID | None) -> None:
        if parent_id is None:
            return
        above = await repository.get_site(uow.connection, parent_id)
        if above is None:
            raise SiteTreeError("the site above does not exist")
        if len(above["path"]) >= MAX_DEPTH:
            raise SiteTreeError(f"sites lie at most {MAX_DEPTH} deep in each other")


class GroupService:
    """Which chargers belong together, wherever they are."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def get(self, uow: UnitOfWork, group_id: UUID, *, lock: bool = False) -> RowMapping:
        """One group."""
        row = await repository.get_group(uow.connection, group_id, lock=lock)
        if row is None:
            raise GroupNotFoundError(f"there is no group {group_id}")
        return row

    async def create(self, uow: UnitOfWork, body: GroupCreate) -> RowMapping:
        """Make an empty group."""
        now, group_id = self._clock.now(), new_id()
        values = {
            **body.model_dump(),
            "id": group_id,
            "organization_id": uow.scope.organization_id,
            "created_at": now,
            "updated_at": now,
        }
        if not await repository.add_group(uow.connection, values):
            raise GroupTakenError(f"there is a group {body.name!r} already")
        uow.audit("charger:group:create", "charger_group", str(group_id), None, body.model_dump())
        return await self.get(uow, group_id)

    async def update(self, uow: UnitOfWork, group_id: UUID, body: GroupUpdate) -> RowMapping:
        """Change what is named in the body."""
        before = await self.get(uow, group_id, lock=True)
        changes = body.model_dump(exclude_unset=True)
        if "name" in changes and changes["name"] is None:
            raise InvalidError("name cannot be empty: leave it out to keep it as it is")
        if changes:
            values = {**changes, "updated_at": self._clock.now()}
            if not await repository.change_group(uow.connection, group_id, values):
                raise GroupTakenError(f"there is a group {body.name!r} already")
            old = {name: before[name] for name in changes}
            uow.audit("charger:group:update", "charger_group", str(group_id), old, changes)
        return await self.get(uow, group_id)

    async def change_members(self, uow: UnitOfWork, group_id: UUID, body: Members) -> RowMapping:
        """Put chargers in and take them out; all of it or nothing."""
        await self.get(uow, group_id, lock=True)
        known = await repository.known(uow.connection, [*body.add, *body.remove])
        missing = [each for each in (*body.add, *body.remove) if each.lower() not in known]
        if missing:
            raise ChargersUnknownError(f"there is no charger {missing[0]!r}" + _more(len(missing) - 1))
        added = [known[each.lower()] for each in body.add]
        removed = [known[each.lower()] for each in body.remove]
        await repository.remove_members(uow.connection, group_id, removed)
        await repository.add_members(uow.connection, uow.scope.organization_id, group_id, added)
        after = {"added": added, "removed": removed}
        uow.audit("charger:group:members", "charger_group", str(group_id), None, after)
        return await self.get(uow, group_id)

    async def delete(self, uow: UnitOfWork, group_id: UUID) -> None:
        """Delete a group; its chargers stay, roles that held there end."""
        row = await self.get(uow, group_id, lock=True)
        await repository.remove_group(uow.connection, group_id)
        uow.audit("charger:group:delete", "charger_group", str(group_id), {"name": row["name"]}, None)


def _more(count: int) -> str:
    return f", and {count} more of them are not there" if count else ""
