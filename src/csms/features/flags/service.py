# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of feature flags. They are the installation's: its own organization keeps them, for all."""

from typing import ClassVar

from sqlalchemy import RowMapping

from csms.domain.events import SettingsChanged
from csms.features.flags import repository
from csms.features.flags.rules import KNOWN, Context, Evaluation, Flag, evaluate, flag_of
from csms.features.flags.schemas import FlagCreate, FlagRule, FlagUpdate, check_flag
from csms.kit.clock import Clock
from csms.kit.db import revision
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError
from csms.kit.http.etag import check_if_match, etag_of
from csms.kit.http.problems import ForbiddenError
from csms.kit.ids import new_id

_SHOWN = ("key", "description", "type", "enabled", "variants", "default_variant", "rules")


class FlagUnknownError(NotFoundError):
    """No such flag."""

    code: ClassVar[str] = "flag_not_found"


class FlagTakenError(ConflictError):
    """There is a flag of that key."""

    code: ClassVar[str] = "flag_taken"


class FlagContradictsError(InvalidError):
    """The parts of a flag do not fit together."""

    code: ClassVar[str] = "flag_contradicts_itself"


class FlagsOfInstallationError(ForbiddenError):
    """Another organization has no flags of its own."""

    code: ClassVar[str] = "flags_of_installation"


def keeper(uow: UnitOfWork) -> UnitOfWork:
    """The same, if it is in the name of the installation's own organization."""
    if uow.scope.organization_id != DEFAULT_ORGANIZATION_ID:
        raise FlagsOfInstallationError("feature flags are kept by the installation's own organization")
    return uow


def tag(row: RowMapping) -> str:
    """The entity tag of a flag."""
    return etag_of({name: row[name] for name in _SHOWN})


class FlagService:
    """Keeps flags; changes are serialized with those of settings, and told in the same way."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def get(self, uow: UnitOfWork, key: str) -> RowMapping:
        """One flag."""
        row = await repository.get(uow.connection, key)
        if row is None:
            raise FlagUnknownError(f"there is no flag {key!r}")
        return row

    async def known(self, uow: UnitOfWork, key: str) -> None:
        """Whether there is such a flag, or was. Raises FlagUnknownError."""
        if not await repository.has_history(uow.connection, key):
            raise FlagUnknownError(f"there is no flag {key!r}, and there was none")

    async def create(self, uow: UnitOfWork, body: FlagCreate) -> RowMapping:
        """Keep a new flag."""
        await revision.lock(keeper(uow).connection)
        known = KNOWN.get(body.key)
        if known is not None and known != body.type:
            raise FlagContradictsError(f"csms asks for {body.key!r} as a {known}")
        now = self._clock.now()
        values = {
            **body.model_dump(mode="json"),
            "id": new_id(),
            "organization_id": uow.scope.organization_id,
            "created_at": now,
            "updated_at": now,
        }
        if not await repository.add(uow.connection, values):
            raise FlagTakenError(f"there is a flag {body.key!r} already")
        row = await self.get(uow, body.key)
        await self._changed(uow, body.key, "create", None, row)
        return row

    async def update(self, uow: UnitOfWork, key: str, body: FlagUpdate, if_match: str | None) -> RowMapping:
        """Change what is named."""
        await revision.lock(keeper(uow).connection)
        before = await self.get(uow, key)
        check_if_match(if_match, tag(before))
        changes = body.model_dump(mode="json", exclude_unset=True)
        empty = sorted(name for name, value in changes.items() if value is None and name != "description")
        if empty:
            raise FlagContradictsError(f"{empty[0]} cannot be empty: leave it out to keep it as it is")
        if not changes:
            return before
        after = {**before, **changes}
        rules = [FlagRule.model_validate(rule) for rule in after["rules"]]
        try:
            check_flag(before["type"], after["variants"], after["default_variant"], rules)
        except ValueError as error:
            raise FlagContradictsError(str(error)) from error
        await repository.change(uow.connection, key, {**changes, "updated_at": self._clock.now()})
        row = await self.get(uow, key)
        await self._changed(uow, key, "update", before, row)
        return row

    async def delete(self, uow: UnitOfWork, key: str, if_match: str | None) -> None:
        """Forget a flag: the default of whoever asks for it holds."""
        await revision.lock(keeper(uow).connection)
        before = await self.get(uow, key)
        check_if_match(if_match, tag(before))
        await repository.remove(uow.connection, key)
        await self._changed(uow, key, "delete", before, None)

    async def evaluate(self, uow: UnitOfWork, key: str, context: Context) -> tuple[Flag, Evaluation]:
        """What would hold for whom."""
        flag = flag_of(await self.get(uow, key))
        return flag, evaluate(flag, context)

    async def _changed(
        self, uow: UnitOfWork, key: str, what: str, before: RowMapping | None, after: RowMapping | None
    ) -> None:
        old, new = (None if row is None else {name: row[name] for name in _SHOWN} for row in (before, after))
        scope = uow.scope
        entry = {
            "id": new_id(),
            "organization_id": scope.organization_id,
            "key": key,
            "before": old,
            "after": new,
            "actor_kind": scope.actor.kind,
            "actor_id": scope.actor.id,
            "actor_name": scope.actor.name,
            "at": self._clock.now(),
        }
        await revision.bump(uow.connection)
        await repository.remember(uow.connection, entry)
        uow.audit(f"system:flag:{what}", "feature_flag", key, old, new)
        uow.record(SettingsChanged(organization_id=scope.organization_id, section=f"flag {key}"))
