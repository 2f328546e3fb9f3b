# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of configuration templates: what chargers are to have, how far they are from it, and setting it."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import RowMapping

from csms.domain.commands import ChangeConfiguration
from csms.domain.secrets import is_secret_key
from csms.features.chargers.repository import concerned, pairs_of
from csms.features.chargers.service import ChargerService
from csms.features.commands.service import CommandService
from csms.features.configuration import repository
from csms.features.configuration.schemas import (
    TemplateApplication,
    TemplateAssignment,
    TemplateCreate,
    TemplateUpdate,
)
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError
from csms.kit.ids import new_id

_MOST_COMMANDS = 2_000
_MOST_COUNTED = 100_000
_MOST_NAMED = 50_000
_SHOWN = 100
_AUDITED = 500


class TemplateNotFoundError(NotFoundError):
    """No such template."""

    code: ClassVar[str] = "configuration_template_not_found"


class TemplateNameTakenError(ConflictError):
    """Two templates of one name would be mistaken for each other."""

    code: ClassVar[str] = "configuration_template_name_taken"


class NotOfTemplateError(ConflictError):
    """The charger has another template, or none."""

    code: ClassVar[str] = "not_of_template"


def checked(values: Mapping[str, str]) -> dict[str, str]:
    """Values that may be kept. Raises InvalidError."""
    folded = [key.lower() for key in values]
    twice = sorted({key for key in values if folded.count(key.lower()) > 1})
    if twice:
        raise InvalidError(f"the same key twice: {', '.join(twice)}")
    if secret := sorted(key for key in values if is_secret_key(key)):
        raise InvalidError(
            f"{', '.join(secret)}: secrets are each charger's own: POST /api/v1/chargers/ID/rotate-secret"
        )
    return dict(values)


def state_of(row: RowMapping) -> str:
    """same, different, readonly or unknown."""
    if not row["known"]:
        return "unknown"
    if row["wanted"] == row["actual"]:
        return "same"
    return "readonly" if row["readonly"] else "different"


class TemplateService:
    """Templates of configuration."""

    def __init__(self, chargers: ChargerService, commands: CommandService, clock: Clock) -> None:
        self._chargers = chargers
        self._commands = commands
        self._clock = clock

    async def get(self, uow: UnitOfWork, key: UUID, *, lock: bool = False) -> RowMapping:
        """One template."""
        row = await repository.template(uow.connection, key, lock=lock)
        if row is None:
            raise TemplateNotFoundError(f"there is no configuration template {key}")
        return row

    async def create(self, uow: UnitOfWork, body: TemplateCreate) -> RowMapping:
        """Keep a template."""
        key, now = new_id(), self._clock.now()
        values = {
            "id": key,
            "organization_id": uow.scope.organization_id,
            "name": body.name,
            "description": body.description,
            "values": checked(body.values),
            "created_at": now,
            "updated_at": now,
        }
        if not await repository.add_template(uow.connection, values):
            raise TemplateNameTakenError(f"there is a configuration template {body.name!r} already")
        after = {"name": body.name, "values": values["values"]}
        uow.audit("charger:configuration_template:create", "configuration_template", str(key), None, after)
        return await self.get(uow, key)

    async def update(self, uow: UnitOfWork, key: UUID, body: TemplateUpdate) -> RowMapping:
        """Change what is named; chargers keep what they have until it is applied."""
        before = await self.get(uow, key, lock=True)
        changes: dict[str, Any] = body.model_dump(exclude_unset=True)
        for name in ("name", "values"):
            if changes.get(name, "") is None:
                raise InvalidError(f"{name} cannot be empty: leave it out to keep it as it is")
        if "values" in changes:
            changes["values"] = checked(changes["values"])
        if not changes:
            return before
        if not await repository.change_template(uow.connection, key, {**changes, "updated_at": self._clock.now()}):
            raise TemplateNameTakenError(f"there is a configuration template {body.name!r} already")
        old = {name: before[name] for name in changes}
        uow.audit("charger:configuration_template:update", "configuration_template", str(key), old, changes)
        return await self.get(uow, key)

    async def delete(self, uow: UnitOfWork, key: UUID) -> None:
        """Forget a template; chargers keep their configuration."""
        row = await self.get(uow, key, lock=True)
        await repository.remove_template(uow.connection, key)
        before = {"name": row["name"], "values": row["values"]}
        uow.audit("charger:configuration_template:delete", "configuration_template", str(key), before, None)

    async def assign(self, uow: UnitOfWork, key: UUID, body: TemplateAssignment) -> RowMapping:
        """Give chargers a template, in place of the one they had. Nothing is sent."""
        await self.get(uow, key)
        chargers = await self._named(uow, body)
        if not chargers:
            raise InvalidError("no charger fits the filter: nothing is changed")
        await self._give(uow, key, chargers)
        return await self.get(uow, key)

    async def unassign(self, uow: UnitOfWork, charger_id: str) -> None:
        """Take a charger's template away; its configuration stays."""
        row = await self._chargers.get(uow, charger_id)
        before = await repository.assigned(uow.connection, row["id"])
        await repository.unassign(uow.connection, row["id"])
        if before is not None:
            gone = {"template": str(before)}
            uow.audit("charger:configuration_template:unassign", "charger", row["id"], gone, None)

    async def drift(self, uow: UnitOfWork, charger_id: str) -> dict[str, Any]:
        """How far a charger is from its template."""
        row = await self._chargers.get(uow, charger_id)
        key = await repository.assigned(uow.connection, row["id"])
        if key is None:
            return {"template": None, "in_sync": None, "items": []}
        wanted = (await self.get(uow, key))["values"]
        items = [
            {"key": each["key"], "wanted": each["wanted"], "actual": each["actual"], "state": state_of(each)}
            for each in await repository.compared(uow.connection, row["id"], wanted)
        ]
        return {"template": key, "in_sync": all(each["state"] == "same" for each in items), "items": items}

    async def summary(self, uow: UnitOfWork, key: UUID) -> dict[str, Any]:
        """How far all chargers of a template are from it, key by key."""
        row = await self.get(uow, key)
        return {
            "chargers": row["chargers"],
            "drifted": await repository.drifted(uow.connection, key),
            "keys": [dict(each) for each in await repository.summed_up(uow.connection, key)],
            "models": [dict(each) for each in await repository.models(uow.connection, key)],
        }

    async def preview(self, uow: UnitOfWork, key: UUID, body: TemplateApplication) -> dict[str, Any]:
        """What applying it would set."""
        named, new = await self._concerned(uow, key, body)
        wanted = await repository.to_set(uow.connection, key, named, _MOST_COUNTED)
        return {
            "named": len(named),
            "assigned": len(new),
            "replaced": await repository.others_among(uow.connection, key, new) if new else 0,
            "chargers": len({each["charger_id"] for each in wanted}),
            "changes": len(wanted),
            "first": [dict(each) for each in wanted[:_SHOWN]],
        }

    async def apply(self, uow: UnitOfWork, key: UUID, body: TemplateApplication) -> list[dict[str, Any]]:
        """Set what differs: a change_configuration command for each key, all or none of them are issued."""
        named, new = await self._concerned(uow, key, body)
        if new:
            await self._give(uow, key, new)
        wanted = await repository.to_set(uow.connection, key, named, _MOST_COUNTED)
        if len(wanted) > _MOST_COMMANDS:
            raise InvalidError(f"that would be {len(wanted)} commands; name fewer chargers at a time")
        issued = []
        for each in wanted:
            charger, command = each["charger_id"], ChangeConfiguration(each["key"], each["wanted"])
            issued.append(dict(await self._commands.issue_command(uow, charger, command, None, body.queue_s)))
        if issued:
            after = {"chargers": len({each["charger_id"] for each in wanted}), "changes": len(issued)}
            uow.audit("charger:configuration_template:apply", "configuration_template", str(key), None, after)
        return issued

    async def _give(self, uow: UnitOfWork, key: UUID, chargers: list[str]) -> None:
        own = uow.scope.organization_id
        await repository.assign(uow.connection, own, key, sorted(set(chargers)), self._clock.now())
        after = {"chargers": chargers[:_AUDITED], "count": len(chargers)}
        uow.audit("charger:configuration_template:assign", "configuration_template", str(key), None, after)

    async def _concerned(self, uow: UnitOfWork, key: UUID, body: TemplateApplication) -> tuple[list[str], list[str]]:
        """Whom it is for, and which of them do not have the template yet."""
        await self.get(uow, key)
        having = await repository.having(uow.connection, key)
        if body.filter is None and body.charger_ids is None:
            return having, []
        named, known = await self._named(uow, body), set(having)
        others = [each for each in named if each not in known]
        if body.assign:
            return named, others
        if others and body.charger_ids is not None:
            raise NotOfTemplateError(f"{', '.join(sorted(others)[:5])}: not of this template; assign it first")
        return [each for each in named if each in known], []

    async def _named(self, uow: UnitOfWork, body: TemplateAssignment | TemplateApplication) -> list[str]:
        """The chargers of a body, as their identities are spelled."""
        if body.filter is None:
            named = dict.fromkeys(body.charger_ids or ())
            return list(dict.fromkeys([(await self._chargers.get(uow, each))["id"] for each in named]))
        found = await concerned(uow.connection, pairs_of(body.filter), _MOST_NAMED + 1)
        if len(found) > _MOST_NAMED:
            raise InvalidError(f"the filter names more than {_MOST_NAMED} chargers: name fewer at a time")
        return found
