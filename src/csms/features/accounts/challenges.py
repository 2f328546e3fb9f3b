# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""One-time secrets of minutes: what was begun at a sign-in, and may be finished once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal
from uuid import UUID

from csms.features.accounts import identity_repository as repository
from csms.features.accounts.tokens import new_refresh_token
from csms.kit.clock import Clock
from csms.kit.crypto import InstallationKeys
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import UnavailableError
from csms.kit.ids import new_id

Kind = Literal["second_factor", "passkey_new", "passkey_second", "passkey_sign_in", "oidc"]
ATTEMPTS: Final = 5
_MOST_OF_ALL: Final = 10_000
_MOST_OF_ONE: Final = 20


@dataclass(frozen=True, slots=True)
class Challenge:
    """What was begun, and by whom, if that was known."""

    user_id: UUID | None
    data: Mapping[str, Any]


class Challenges:
    """Made, tried, taken. Only hashes are stored."""

    def __init__(self, keys: InstallationKeys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def token(
        self, uow: UnitOfWork, kind: Kind, life: timedelta, user_id: UUID | None, data: Mapping[str, Any]
    ) -> str:
        """A new one as text that carries its organization."""
        token = new_refresh_token(uow.scope.organization_id)
        await self.remember(uow, kind, token.encode(), life, user_id, data)
        return token

    async def remember(
        self,
        uow: UnitOfWork,
        kind: Kind,
        secret: bytes,
        life: timedelta,
        user_id: UUID | None,
        data: Mapping[str, Any],
    ) -> None:
        """Store one. Strangers cannot fill the table: there is a bound for each user, and one for what has none."""
        now = self._clock.now()
        most = _MOST_OF_ALL if user_id is None else _MOST_OF_ONE
        if await repository.count_challenges(uow.connection, kind, user_id, now) >= most:
            raise UnavailableError("too many sign-ins were begun and not finished; try again in a few minutes")
        row = {
            "id": new_id(),
            "organization_id": uow.scope.organization_id,
            "user_id": user_id,
            "kind": kind,
            "secret_hash": self._hash(kind, secret),
            "data": dict(data),
            "expires_at": now + life,
            "created_at": now,
        }
        await repository.add_challenge(uow.connection, row, now)

    async def attempt(self, uow: UnitOfWork, kind: Kind, secret: bytes) -> Challenge | None:
        """One that is open. It stays so, for some attempts."""
        found = await repository.try_challenge(
            uow.connection, kind, self._hash(kind, secret), self._clock.now(), ATTEMPTS
        )
        return None if found is None else Challenge(found["user_id"], found["data"])

    async def take(self, uow: UnitOfWork, kind: Kind, secret: bytes) -> Challenge | None:
        """One that is open; from here on it is not."""
        found = await repository.take_challenge(uow.connection, kind, self._hash(kind, secret), self._clock.now())
        return None if found is None else Challenge(found["user_id"], found["data"])

    def _hash(self, kind: Kind, secret: bytes) -> bytes:
        return self._keys.hash_secret(f"challenge:{kind}:".encode() + secret)
