# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Of whom a second factor is asked for: of an organization's people, by their roles, from a day on."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from csms.features.accounts import factor_repository
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError
from csms.kit.http.principal import SecondFactor


class OwnSecondFactorMissingError(ConflictError):
    """Who asks others for a second factor has one: else the last administrator might be held up by what they set."""

    code: ClassVar[str] = "own_second_factor_missing"


@dataclass(frozen=True, slots=True)
class Demand:
    """What the organization's settings say. `since`: before that, people are told and nothing else."""

    everybody: bool = False
    roles: frozenset[str] = frozenset()
    since: datetime | None = None

    @classmethod
    def of(cls, stored: Mapping[str, Any] | None) -> Self:
        """As it is stored; what is not understood asks for nothing, as everywhere in settings."""
        found = stored or {}
        since, roles = found.get("require_mfa_from"), found.get("require_mfa_roles")
        try:
            day = datetime.fromisoformat(since) if isinstance(since, str) else None
        except ValueError:
            day = None
        return cls(
            found.get("require_mfa") is True,
            frozenset(each for each in roles if isinstance(each, str)) if isinstance(roles, list) else frozenset(),
            day if day is None or day.tzinfo is not None else day.replace(tzinfo=UTC),
        )

    def concerns(self, roles: Collection[str], *, own: bool) -> bool:
        """Whether it asks somebody with these roles, or will. `own`: a role of the organization's own asks for it."""
        return self.everybody or own or not self.roles.isdisjoint(roles)

    def begun(self, now: datetime) -> bool:
        """Whether it holds already."""
        return self.since is None or self.since <= now


def state_of(*, demanded: bool, has_factor: bool, shown: bool) -> SecondFactor:
    """What a session lacks."""
    if not demanded or shown:
        return "fine"
    return "unshown" if has_factor else "missing"


async def check_own_factor(uow: UnitOfWork, now: datetime) -> None:
    """Refuse a demand of whoever has no second factor; of a program, where no administrator has one."""
    actor = uow.scope.actor
    user_id = UUID(actor.id) if actor.kind == "user" and actor.id is not None else None
    if not await factor_repository.can_show_factor(uow.connection, user_id, now):
        raise OwnSecondFactorMissingError(
            "set up a second factor of your own first: POST /api/v1/me/totp, or a passkey"
            if user_id is not None
            else "no administrator has a second factor yet: one of them has to set one up first"
        )
