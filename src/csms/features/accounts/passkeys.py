# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Passkeys (WebAuthn level 2): made, listed, and signed in with, after a password or instead of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit
from uuid import UUID

import cbor2
import webauthn
from sqlalchemy import RowMapping
from webauthn.helpers import base64url_to_bytes, generate_challenge, options_to_json_dict, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from csms.features.accounts import factor_repository
from csms.features.accounts import identity_repository as repository
from csms.features.accounts.challenges import Challenges, Kind
from csms.kit.clock import Clock
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import Scope, UnitOfWork, UnitsOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError
from csms.kit.http.problems import UnauthorizedError
from csms.kit.ids import new_id

LIFE: Final = timedelta(minutes=5)
MOST: Final = 20
_NAME: Final = "CSMS Lite"
_TRANSPORTS: Final = frozenset(each.value for each in AuthenticatorTransport)
# What a browser says is untrusted: the library raises its own errors, and what it meets in broken bytes.
_BROKEN: Final = (WebAuthnException, cbor2.CBORDecodeError, ValueError, TypeError, KeyError, IndexError, AttributeError)


class PasskeyRefusedError(UnauthorizedError):
    """This passkey opens nothing here."""

    code: ClassVar[str] = "passkey_refused"


class PasskeyInvalidError(InvalidError):
    """What the browser made is no passkey for this server."""

    code: ClassVar[str] = "passkey_invalid"


class PasskeyUnknownError(NotFoundError):
    """There is no such passkey of the user."""

    code: ClassVar[str] = "passkey_not_found"


class PasskeysUnavailableError(ConflictError):
    """Passkeys belong to an address, and ours is not known."""

    code: ClassVar[str] = "passkeys_unavailable"


class TooManyPasskeysError(ConflictError):
    """A user has a bounded number of them."""

    code: ClassVar[str] = "too_many_passkeys"


@dataclass(frozen=True, slots=True)
class Verified:
    """Whose passkey it was."""

    organization_id: UUID
    user_id: UUID


class Passkeys:
    """`origin` is how browsers name us: passkeys are made for it, and good nowhere else."""

    def __init__(self, units: UnitsOfWork, challenges: Challenges, clock: Clock, origin: str | None) -> None:
        self._units = units
        self._challenges = challenges
        self._clock = clock
        self._origin = origin

    @property
    def available(self) -> bool:
        """Whether our own address is known."""
        return self._origin is not None

    async def begin(self, uow: UnitOfWork, user_id: UUID, username: str) -> dict[str, Any]:
        """What `navigator.credentials.create` is to be asked."""
        _, rp_id = self._own()
        known = await repository.list_passkeys(uow.connection, user_id)
        if len(known) >= MOST:
            raise TooManyPasskeysError(f"{MOST} passkeys are enough: remove one first")
        challenge = generate_challenge()
        await self._challenges.remember(uow, "passkey_new", challenge, LIFE, user_id, {})
        options = webauthn.generate_registration_options(
            rp_id=rp_id,
            rp_name=_NAME,
            user_name=username,
            user_id=uow.scope.organization_id.bytes + user_id.bytes,
            challenge=challenge,
            exclude_credentials=_described(known),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
            ),
        )
        return options_to_json_dict(options)

    async def add(self, uow: UnitOfWork, user_id: UUID, name: str, credential: Mapping[str, Any]) -> UUID:
        """Store what the browser made."""
        origin, rp_id = self._own()
        try:
            challenge = _challenge_of(credential)
        except _BROKEN as error:
            raise PasskeyInvalidError("this is no answer of navigator.credentials.create") from error
        begun = await self._challenges.take(uow, "passkey_new", challenge)
        if begun is None or begun.user_id != user_id:
            raise PasskeyInvalidError("this was not begun here, or more than five minutes ago: try again")
        try:
            made = webauthn.verify_registration_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=rp_id,
                expected_origin=origin,
            )
        except _BROKEN as error:
            raise PasskeyInvalidError("the passkey was not made for this server, or is damaged") from error
        offered = credential.get("response", {}).get("transports")
        passkey_id = new_id()
        row = {
            "id": passkey_id,
            "organization_id": uow.scope.organization_id,
            "user_id": user_id,
            "credential_id": made.credential_id,
            "public_key": made.credential_public_key,
            "sign_count": made.sign_count,
            "name": name,
            "transports": sorted(_TRANSPORTS.intersection(offered if isinstance(offered, list) else ())),
            "backed_up": made.credential_backed_up,
            "created_at": self._clock.now(),
        }
        if not await repository.add_passkey(uow.connection, row):
            raise PasskeyInvalidError("this passkey is known already")
        uow.audit("account:passkey:create", "user", str(user_id), None, {"name": name})
        return passkey_id

    async def remove(self, uow: UnitOfWork, user_id: UUID, passkey_id: UUID) -> None:
        """Forget one."""
        name = await repository.delete_passkey(uow.connection, user_id, passkey_id)
        if name is None:
            raise PasskeyUnknownError(f"there is no passkey {passkey_id} of yours")
        uow.audit("account:passkey:delete", "user", str(user_id), {"name": name}, None)

    async def rename(self, uow: UnitOfWork, user_id: UUID, passkey_id: UUID, name: str) -> None:
        """Call one otherwise."""
        before = await factor_repository.rename_passkey(uow.connection, user_id, passkey_id, name)
        if before is None:
            raise PasskeyUnknownError(f"there is no passkey {passkey_id} of yours")
        uow.audit("account:passkey:update", "user", str(user_id), {"name": before}, {"name": name})

    async def ask(self, uow: UnitOfWork, user_id: UUID) -> dict[str, Any]:
        """What `navigator.credentials.get` is to be asked of a user who gave their password."""
        known = await repository.list_passkeys(uow.connection, user_id)
        return await self._options(uow, "passkey_second", user_id, known, UserVerificationRequirement.PREFERRED)

    async def ask_anybody(self) -> dict[str, Any]:
        """The same of somebody who has said nothing yet: their device names them, and has to check that it is they."""
        async with self._units(Scope.system(DEFAULT_ORGANIZATION_ID)) as uow:
            return await self._options(uow, "passkey_sign_in", None, (), UserVerificationRequirement.REQUIRED)

    async def verify(self, uow: UnitOfWork, user_id: UUID, credential: Mapping[str, Any]) -> bool:
        """Whether the user has shown a passkey of theirs, for a question of ours."""
        self._own()
        try:
            challenge = _challenge_of(credential)
        except _BROKEN:
            return False
        begun = await self._challenges.take(uow, "passkey_second", challenge)
        if begun is None or begun.user_id != user_id:
            return False
        return await self._check(uow, user_id, credential, challenge, need_verification=False)

    async def verify_anybody(self, credential: Mapping[str, Any]) -> Verified:
        """Who has shown a passkey; PasskeyRefusedError where it is none of ours, whatever the reason."""
        self._own()
        refused = PasskeyRefusedError("this passkey opens nothing here")
        try:
            challenge = _challenge_of(credential)
            handle = base64url_to_bytes(credential["response"]["userHandle"])
            organization_id, user_id = UUID(bytes=handle[:16]), UUID(bytes=handle[16:])
        except _BROKEN as error:
            raise refused from error
        # what was asked of nobody in particular is remembered with the installation's first organization
        async with self._units(Scope.system(DEFAULT_ORGANIZATION_ID)) as uow:
            begun = await self._challenges.take(uow, "passkey_sign_in", challenge)
        if begun is None:
            raise refused
        async with self._units(Scope.system(organization_id)) as uow:
            if not await self._check(uow, user_id, credential, challenge, need_verification=True):
                raise refused
        return Verified(organization_id, user_id)

    async def _options(
        self,
        uow: UnitOfWork,
        kind: Kind,
        user_id: UUID | None,
        known: Sequence[RowMapping],
        verification: UserVerificationRequirement,
    ) -> dict[str, Any]:
        _, rp_id = self._own()
        challenge = generate_challenge()
        await self._challenges.remember(uow, kind, challenge, LIFE, user_id, {})
        options = webauthn.generate_authentication_options(
            rp_id=rp_id, challenge=challenge, allow_credentials=_described(known), user_verification=verification
        )
        return options_to_json_dict(options)

    async def _check(
        self,
        uow: UnitOfWork,
        user_id: UUID,
        credential: Mapping[str, Any],
        challenge: bytes,
        *,
        need_verification: bool,
    ) -> bool:
        origin, rp_id = self._own()
        try:
            credential_id = base64url_to_bytes(credential["rawId"])
        except _BROKEN:
            return False
        found = await repository.find_passkey(uow.connection, user_id, credential_id)
        if found is None:
            return False
        try:
            shown = webauthn.verify_authentication_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=rp_id,
                expected_origin=origin,
                credential_public_key=found["public_key"],
                credential_current_sign_count=found["sign_count"],
                require_user_verification=need_verification,
            )
        except _BROKEN:
            return False
        await repository.use_passkey(
            uow.connection,
            found["id"],
            shown.new_sign_count,
            self._clock.now(),
            backed_up=shown.credential_backed_up,
        )
        return True

    def _own(self) -> tuple[str, str]:
        """Our origin, and the host that passkeys are made for."""
        host = urlsplit(self._origin).hostname if self._origin else None
        if self._origin is None or host is None:
            raise PasskeysUnavailableError("passkeys need CSMS_HTTP__PUBLIC_URL: they are made for one address")
        return self._origin, host


def _described(known: Sequence[RowMapping]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=row["credential_id"], transports=[AuthenticatorTransport(each) for each in row["transports"]] or None
        )
        for row in known
    ]


def _challenge_of(credential: Mapping[str, Any]) -> bytes:
    """The question that a browser says it answers."""
    data = base64url_to_bytes(credential["response"]["clientDataJSON"])
    return parse_client_data_json(data).challenge
