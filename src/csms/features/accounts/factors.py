# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Second factors to type in: codes of an authenticator app (RFC 6238), and recovery codes for when it is lost."""

import hmac
import secrets
from typing import ClassVar, Final
from uuid import UUID

import pyotp

from csms.features.accounts import factor_repository
from csms.features.accounts import identity_repository as repository
from csms.kit.clock import Clock
from csms.kit.crypto import InstallationKeys
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, InvalidError
from csms.kit.ids import new_id
from csms.kit.secretbox import SecretBox

ISSUER: Final = "CSMS Lite"
RECOVERY_CODES: Final = 10
_STEP_S: Final = 30
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else


class TotpEnabledError(ConflictError):
    """There is an authenticator already."""

    code: ClassVar[str] = "totp_enabled"


class TotpNotBegunError(ConflictError):
    """There is no seed to be confirmed."""

    code: ClassVar[str] = "totp_not_begun"


class WrongCodeError(InvalidError):
    """The code is wrong, over, or was used before."""

    code: ClassVar[str] = "wrong_code"


class NoSecondFactorError(ConflictError):
    """Recovery codes stand in for a second factor, and there is none."""

    code: ClassVar[str] = "no_second_factor"


class Factors:
    """Authenticator apps and recovery codes of users."""

    def __init__(self, keys: InstallationKeys, clock: Clock) -> None:
        self._keys = keys
        self._box = SecretBox(keys)
        self._clock = clock

    async def begin_totp(self, uow: UnitOfWork, user_id: UUID, username: str) -> tuple[str, str]:
        """A new seed, and the address that an app reads it from; it counts once a code of it is shown."""
        seed = pyotp.random_base32()
        row = {
            "user_id": user_id,
            "organization_id": uow.scope.organization_id,
            "seed": self._box.seal(seed.encode(), _context(user_id)),
            "created_at": self._clock.now(),
        }
        if not await repository.put_totp(uow.connection, row):
            raise TotpEnabledError("there is an authenticator already: remove it first")
        return seed, pyotp.TOTP(seed).provisioning_uri(name=username, issuer_name=ISSUER)

    async def confirm_totp(self, uow: UnitOfWork, user_id: UUID, code: str) -> list[str]:
        """The app shows the right codes: from here on one is asked for. The first recovery codes come with it."""
        found = await repository.get_totp(uow.connection, user_id)
        if found is None or found["confirmed_at"] is not None:
            raise TotpNotBegunError("there is no authenticator to be confirmed: begin with POST /api/v1/me/totp")
        if not await self._try(uow, user_id, found["seed"], code, confirm=True):
            raise WrongCodeError("the code is wrong; is the clock of the device right?")
        uow.audit("account:totp:create", "user", str(user_id), None, None)
        return await self.first_recovery_codes(uow, user_id)

    async def check_totp(self, uow: UnitOfWork, user_id: UUID, code: str) -> bool:
        """Whether it is a code of now, or of one step before or after; each is good once."""
        found = await repository.get_totp(uow.connection, user_id)
        if found is None or found["confirmed_at"] is None:
            return False
        return await self._try(uow, user_id, found["seed"], code, confirm=False)

    async def remove_totp(self, uow: UnitOfWork, user_id: UUID) -> None:
        """Ask for no more codes."""
        if not await repository.delete_totp(uow.connection, user_id):
            raise TotpNotBegunError("there is no authenticator")
        uow.audit("account:totp:delete", "user", str(user_id), None, None)
        await self.tidy(uow, user_id)

    async def tidy(self, uow: UnitOfWork, user_id: UUID) -> None:
        """Without a second factor nothing is left that could stand in for it."""
        found = await repository.account(uow.connection, user_id)
        if found is not None and not found["has_totp"] and not found["has_passkey"]:
            await repository.replace_recovery_codes(uow.connection, user_id, ())
            await factor_repository.forget_second_factor(uow.connection, user_id)

    async def first_recovery_codes(self, uow: UnitOfWork, user_id: UUID) -> list[str]:
        """Codes with the first second factor; none where there are some already."""
        if await repository.count_recovery_codes(uow.connection, user_id):
            return []
        return await self.new_recovery_codes(uow, user_id)

    async def new_recovery_codes(self, uow: UnitOfWork, user_id: UUID) -> list[str]:
        """Ten codes, each good once; older ones are not any more."""
        found = await repository.account(uow.connection, user_id)
        if found is None or not (found["has_totp"] or found["has_passkey"]):
            raise NoSecondFactorError("set up an authenticator or a passkey first")
        codes = [_new_code() for _ in range(RECOVERY_CODES)]
        rows = [
            {
                "id": new_id(),
                "organization_id": uow.scope.organization_id,
                "user_id": user_id,
                "code_hash": self._hash(user_id, code),
                "created_at": self._clock.now(),
            }
            for code in codes
        ]
        await repository.replace_recovery_codes(uow.connection, user_id, rows)
        uow.audit("account:recovery:create", "user", str(user_id), None, {"codes": len(codes)})
        return codes

    async def use_recovery_code(self, uow: UnitOfWork, user_id: UUID, code: str) -> bool:
        """Whether it is one that is left; from here on it is not."""
        used = await repository.use_recovery_code(uow.connection, user_id, self._hash(user_id, code), self._clock.now())
        if used:
            left = await repository.count_recovery_codes(uow.connection, user_id)
            uow.audit("account:recovery:use", "user", str(user_id), None, {"left": left})
        return used

    async def _try(self, uow: UnitOfWork, user_id: UUID, sealed: bytes, code: str, *, confirm: bool) -> bool:
        totp = pyotp.TOTP(self._box.open(sealed, _context(user_id)).decode())
        now = self._clock.now()
        current = int(now.timestamp()) // _STEP_S
        typed = code.replace(" ", "").encode()
        fitting = [
            step
            for step in (current - 1, current, current + 1)
            if hmac.compare_digest(totp.generate_otp(step).encode(), typed)
        ]
        return bool(fitting) and await repository.use_step(uow.connection, user_id, fitting[-1], now, confirm=confirm)

    def _hash(self, user_id: UUID, code: str) -> bytes:
        plain = "".join(each for each in code.lower() if each.isalnum())
        return self._keys.hash_secret(b"recovery:" + user_id.bytes + plain.encode())


def _context(user_id: UUID) -> str:
    return f"totp_seeds.seed:{user_id}"


def _new_code() -> str:
    letters = [secrets.choice(_ALPHABET) for _ in range(12)]
    return "-".join("".join(letters[start : start + 4]) for start in (0, 4, 8))
