# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of run-time settings: read, change, go back."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from pydantic import ValidationError

from csms.domain.events import SettingsChanged
from csms.features.accounts.demands import check_own_factor
from csms.features.settings import repository
from csms.features.settings.rules import (
    SECTIONS,
    S,
    Section,
    SignInPageSettings,
    SignInSettings,
    read,
    without_defaults,
)
from csms.kit.clock import Clock
from csms.kit.db import revision
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, NotFoundError
from csms.kit.http.etag import check_if_match, etag_of
from csms.kit.ids import new_id


class SectionUnknownError(NotFoundError):
    """No such section, or it is the installation's and not this organization's."""

    code: ClassVar[str] = "settings_section_not_found"


class HistoryUnknownError(NotFoundError):
    """No such entry."""

    code: ClassVar[str] = "settings_history_not_found"


class NoLongerValidError(ConflictError):
    """What once was set would be refused today."""

    code: ClassVar[str] = "settings_no_longer_valid"


class OrganizationUnknownError(NotFoundError):
    """The setting names an organization that is not there."""

    code: ClassVar[str] = "organization_not_found"


def section_of(uow: UnitOfWork, name: str) -> type[Section]:
    """The section of that name, if the caller's organization has it."""
    section = SECTIONS.get(name)
    if section is None or (section.of_installation and uow.scope.organization_id != DEFAULT_ORGANIZATION_ID):
        raise SectionUnknownError(f"there is no section {name!r}: GET /api/v1/settings lists them")
    return section


async def load(uow: UnitOfWork, section: type[S]) -> S:
    """A section as it stands in the database now."""
    return read(section, await repository.of_section(uow.connection, section.name))


def tag(values: Section) -> str:
    """The entity tag of a section."""
    return etag_of(values.model_dump())


async def _check_shown(uow: UnitOfWork, values: SignInPageSettings) -> None:
    wanted = values.organization_id
    if wanted is not None and not await repository.has_organization(uow.connection, wanted):
        raise OrganizationUnknownError(f"there is no organization {wanted}: GET /api/v1/organizations lists them")


class SettingsService:
    """Changes are serialized over the whole installation: they are few, and each node reads them in one order."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def all(self, uow: UnitOfWork) -> list[dict[str, Any]]:
        """Every section that the organization has."""
        stored, changed = await repository.stored(uow.connection), await repository.last_changes(uow.connection)
        items = []
        for name, section in SECTIONS.items():
            if section.of_installation and uow.scope.organization_id != DEFAULT_ORGANIZATION_ID:
                continue
            row = stored.get(name)
            values = read(section, {} if row is None else row["value"]).model_dump()
            items.append(
                {
                    "section": name,
                    "description": (section.__doc__ or "").strip(),
                    "values": values,
                    "defaults": section().model_dump(),
                    "changed": sorted(without_defaults(section, values)),
                    "updated_at": changed.get(name) or (None if row is None else row["updated_at"]),
                }
            )
        return items

    async def change(
        self, uow: UnitOfWork, section: type[S], changes: Mapping[str, Any], if_match: str | None = None
    ) -> S:
        """Set what is named; None is the default."""
        await revision.lock(uow.connection)
        before = await load(uow, section)
        check_if_match(if_match, tag(before))
        default = section().model_dump()
        named = {name: default[name] if value is None else value for name, value in changes.items()}
        return await self._store(uow, section, before, section.model_validate({**before.model_dump(), **named}))

    async def reset(self, uow: UnitOfWork, section: type[S], if_match: str | None = None) -> S:
        """Everything to its default."""
        await revision.lock(uow.connection)
        before = await load(uow, section)
        check_if_match(if_match, tag(before))
        return await self._store(uow, section, before, section())

    async def revert(self, uow: UnitOfWork, section: type[S], entry_id: UUID, if_match: str | None = None) -> S:
        """What it was after an entry of its history."""
        await revision.lock(uow.connection)
        entry = await repository.entry(uow.connection, section.name, entry_id)
        if entry is None:
            raise HistoryUnknownError(f"the history of {section.name} has no entry {entry_id}")
        before = await load(uow, section)
        check_if_match(if_match, tag(before))
        try:
            after = section.model_validate(entry["after"])
        except ValidationError as error:
            names = ", ".join(sorted({str(item["loc"][0]) for item in error.errors()}))
            raise NoLongerValidError(f"it was valid once and is not today ({names}): set what you want anew") from error
        return await self._store(uow, section, before, after)

    async def _store(self, uow: UnitOfWork, section: type[S], before: S, after: S) -> S:
        if before == after:
            return after
        if isinstance(after, SignInSettings) and isinstance(before, SignInSettings) and after.asks_more_than(before):
            await check_own_factor(uow, self._clock.now())
        if isinstance(after, SignInPageSettings):
            await _check_shown(uow, after)
        await revision.bump(uow.connection)
        now, scope = self._clock.now(), uow.scope
        old, new = (without_defaults(section, each.model_dump()) for each in (before, after))
        await repository.keep(uow.connection, scope.organization_id, section.name, new, now)
        entry = {
            "id": new_id(),
            "organization_id": scope.organization_id,
            "section": section.name,
            "before": old,
            "after": new,
            "actor_kind": scope.actor.kind,
            "actor_id": scope.actor.id,
            "actor_name": scope.actor.name,
            "at": now,
        }
        await repository.remember(uow.connection, entry)
        uow.audit("system:settings:update", "setting", section.name, before.model_dump(), after.model_dump())
        uow.record(SettingsChanged(organization_id=scope.organization_id, section=section.name))
        return after
