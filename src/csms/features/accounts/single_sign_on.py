# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Single sign-on: to the provider and back, and whose session that opens (OpenID Connect, code flow with PKCE)."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Final
from urllib.parse import urlencode
from uuid import UUID

import structlog
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from sqlalchemy import RowMapping

from csms.features.accounts import identity_repository, letter_repository, provider_repository, repository
from csms.features.accounts.addresses import Addresses
from csms.features.accounts.challenges import Challenges
from csms.features.accounts.clients import Client, scope_for
from csms.features.accounts.openid import Metadata, OpenId, OpenIdError
from csms.features.accounts.passwords import SSO_ONLY
from csms.features.accounts.providers import Providers, ProviderUnknownError
from csms.features.accounts.roles import ADMIN
from csms.features.accounts.sessions import Opened, Sessions
from csms.features.accounts.tokens import organization_of
from csms.kit.clock import Clock
from csms.kit.crypto import InstallationKeys
from csms.kit.db.uow import Scope, UnitOfWork, UnitsOfWork
from csms.kit.errors import ConflictError, InvalidError, UnavailableError
from csms.kit.http.problems import InvalidTokenError, UnauthorizedError
from csms.kit.http.ratelimit import Counters, RateLimit
from csms.kit.ids import new_id, new_secret

log = structlog.get_logger(__name__)

LIFE: Final = timedelta(minutes=10)
_SCOPES: Final = "openid profile email"
# A path of ours: neither `//host` nor `/\host`, which browsers take for another server.
_RETURN_TO: Final = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,500}")


class SsoRefusedError(UnauthorizedError):
    """What came back from the provider opens nothing here; the log says why."""

    code: ClassVar[str] = "sso_refused"


class SsoUnknownUserError(UnauthorizedError):
    """The provider vouches for somebody who has no account here."""

    code: ClassVar[str] = "sso_unknown_user"


class SsoNotHandedOverError(UnauthorizedError):
    """The account with this address has a password, a passkey or another identity: maybe somebody else's."""

    code: ClassVar[str] = "sso_not_handed_over"


class ReturnToError(InvalidError):
    """One comes back to a path of this server, nowhere else."""

    code: ClassVar[str] = "return_to_invalid"


class SsoUnavailableError(ConflictError):
    """Providers send people back to an address, and ours is not known."""

    code: ClassVar[str] = "sso_unavailable"


class ProviderUnavailableError(UnavailableError):
    """The provider does not answer as it should."""

    code: ClassVar[str] = "provider_unavailable"


@dataclass(frozen=True, slots=True)
class Leaving:
    """Where the browser is sent, and what it has to bring back."""

    url: str
    binding: str


class SingleSignOn:
    """Begins at us, goes on at the provider, ends at us."""

    def __init__(
        self,
        units: UnitsOfWork,
        keys: InstallationKeys,
        clock: Clock,
        sessions: Sessions,
        challenges: Challenges,
        providers: Providers,
        openid: OpenId,
        addresses: Addresses,
        counters: Counters,
        origin: str | None,
    ) -> None:
        self._units = units
        self._keys = keys
        self._clock = clock
        self._sessions = sessions
        self._challenges = challenges
        self._providers = providers
        self._openid = openid
        self._addresses = addresses
        self._origin = origin
        self._per_address = RateLimit("sso-address", "30/minute", counters)

    async def offered(self) -> Sequence[RowMapping]:
        """Where one may sign in."""
        if self._origin is None:
            return ()
        async with self._units.unscoped() as connection:
            return await provider_repository.sign_in_providers(connection)

    async def probe(self, issuer: str) -> dict[str, Any]:
        """Whether a provider answers as it should, asked now; outside of any transaction."""
        try:
            return {"ok": True, "error": None, "keys": await self._openid.probe(issuer)}
        except OpenIdError as error:
            return {"ok": False, "error": str(error), "keys": 0}

    async def start(self, provider_id: UUID, return_to: str, client: Client) -> Leaving:
        """Send a browser to the provider."""
        await self._per_address.hit(client.network)
        if not _RETURN_TO.fullmatch(return_to):
            raise ReturnToError("return_to is a path of this server, beginning with one /")
        organization_id = next(
            (row["organization_id"] for row in await self.offered() if row["id"] == provider_id), None
        )
        redirect_uri = self._redirect_uri(provider_id)
        if organization_id is None:
            raise ProviderUnknownError(f"there is no identity provider {provider_id}")
        async with self._units(Scope.system(organization_id)) as uow:
            row = await provider_repository.get_enabled(uow.connection, provider_id)
        if row is None:
            raise ProviderUnknownError(f"there is no identity provider {provider_id}")
        metadata = await self._metadata(row)
        binding = new_secret(32)
        data = {"provider": str(provider_id), "return_to": return_to, "binding": _digest(binding)}
        async with self._units(Scope.system(organization_id)) as uow:
            state = await self._challenges.token(uow, "oidc", LIFE, None, data)
        query = urlencode(
            {
                "response_type": "code",
                "client_id": row["client_id"],
                "redirect_uri": redirect_uri,
                "scope": _SCOPES,
                "state": state,
                "nonce": self._derived("nonce", state),
                "code_challenge": create_s256_code_challenge(self._derived("verifier", state)),
                "code_challenge_method": "S256",
            }
        )
        separator = "&" if "?" in metadata.authorization_endpoint else "?"
        return Leaving(f"{metadata.authorization_endpoint}{separator}{query}", binding)

    async def finish(
        self, provider_id: UUID, answer: Mapping[str, str], binding: str | None, client: Client
    ) -> tuple[Opened, str]:
        """A browser comes back. A new session, and where in our pages it goes on."""
        await self._per_address.hit(client.network)
        state = answer.get("state", "")
        try:
            scope = Scope.system(organization_of(state))
        except InvalidTokenError as error:
            raise _refused("the state is none of ours") from error
        async with self._units(scope) as uow:
            begun = await self._challenges.take(uow, "oidc", state.encode())
            row = await provider_repository.get_enabled(uow.connection, provider_id)
        if begun is None or row is None or begun.data["provider"] != str(provider_id):
            raise _refused("the state was used, is over, or is of another provider")
        if binding is None or not hmac.compare_digest(_digest(binding), begun.data["binding"]):
            raise _refused("this browser did not begin the sign-in")
        metadata = await self._metadata(row)
        claims = await self._claims(row, metadata, state, answer)
        async with self._units(Scope(scope.organization_id, scope.actor, client.address, client.request_id)) as uow:
            account = await self._account(uow, row, claims)
        own = scope_for(scope.organization_id, account["id"], account["username"], client)
        async with self._units(own) as uow:
            if not await identity_repository.note_sign_in(uow.connection, account["id"], self._clock.now()):
                raise _refused("the user is locked")
            opened = await self._sessions.open(
                uow,
                "cookie",
                account["id"],
                client,
                must_change=account["must_change_password"],
                method=f"sso:{row['label']}",
                second_factor=_showed_more(row, claims),
            )
        return opened, begun.data["return_to"]

    async def _claims(
        self, row: RowMapping, metadata: Metadata, state: str, answer: Mapping[str, str]
    ) -> Mapping[str, Any]:
        issuer = answer.get("iss")  # RFC 9207: an answer of another provider is not for this one
        if issuer is None and metadata.authorization_response_iss_parameter_supported:
            raise _refused("the answer does not say whose it is")
        if issuer is not None and issuer != metadata.issuer:
            raise _refused("the answer is of another issuer")
        code = answer.get("code")
        if "error" in answer or not code:
            raise _refused(f"the provider refused: {answer.get('error', 'no code')[:100]!r}")
        try:
            id_token = await self._openid.exchange(
                metadata,
                row["client_id"],
                self._providers.secret_of(row),
                code,
                self._derived("verifier", state),
                self._redirect_uri(row["id"]),
            )
            return await self._openid.claims(metadata, row["client_id"], id_token, self._derived("nonce", state))
        except OpenIdError as error:
            raise _refused(str(error)) from error

    async def _account(self, uow: UnitOfWork, row: RowMapping, claims: Mapping[str, Any]) -> RowMapping:
        """Whose account it is: known from before, by an e-mail address that may be believed, or a new one."""
        now = self._clock.now()
        issuer, subject = row["issuer"], claims["sub"]
        role = _role(row, claims)
        user_id = await provider_repository.find_linked(uow.connection, issuer, subject)
        if user_id is None:
            email = _believed_email(row, claims)
            if email is None:
                raise SsoUnknownUserError("you have no account here, or your e-mail address is not verified")
            user_id = await provider_repository.find_by_email(uow.connection, email)
            if user_id is None:
                user_id = await self._create(uow, row, email, role)
            elif await provider_repository.has_other_ways(uow.connection, user_id, email):
                # Whoever keeps users may have put this address on an account of their own, before or just now.
                log.warning("an account is not linked: it has a way in of its own", user=str(user_id), email=email)
                raise SsoNotHandedOverError(
                    "the account with your e-mail address has a password or passkey: ask an administrator to hand it"
                    " over to single sign-on"
                )
            link = {
                "id": new_id(),
                "organization_id": uow.scope.organization_id,
                "user_id": user_id,
                "provider_id": row["id"],
                "issuer": issuer,
                "subject": subject,
                "email": email,
                "created_at": now,
            }
            await provider_repository.link(uow.connection, link)
            await provider_repository.settle(uow.connection, user_id, SSO_ONLY, now)
            await provider_repository.drop_links(uow.connection, user_id)
            await letter_repository.drop(uow.connection, user_id)
            await identity_repository.drop_challenges(uow.connection, user_id)
            uow.audit("account:identity:link", "user", str(user_id), None, {"issuer": issuer, "email": email})
        await provider_repository.note_link(uow.connection, issuer, subject, now)
        await self._give_role(uow, row, user_id, role)
        if (believed := _believed_email(row, claims)) is not None:
            await self._addresses.verified(uow, user_id, believed)
        account = await identity_repository.account(uow.connection, user_id)
        if account is None or not account["is_active"]:
            raise _refused("the user is locked")
        return account

    async def _give_role(self, uow: UnitOfWork, row: RowMapping, user_id: UUID, role: str | None) -> None:
        """Where the provider says who may do what, it says so at each sign-in."""
        if not row["role_map"]:
            return
        if role is None:
            raise SsoUnknownUserError("the identity provider gives you no role here")
        before = await provider_repository.get_role(uow.connection, user_id)
        if before == ADMIN and role != ADMIN and not await provider_repository.has_other_admin(uow.connection, user_id):
            log.warning("the last administrator stays one, whatever the identity provider says", user=str(user_id))
        elif before != role:
            await provider_repository.set_role(uow.connection, user_id, role, self._clock.now())
            uow.audit("account:user:update", "user", str(user_id), {"role": before}, {"role": role})

    async def _create(self, uow: UnitOfWork, row: RowMapping, email: str, role: str | None) -> UUID:
        if not row["auto_create"] or role is None:
            raise SsoUnknownUserError("you have no account here: ask an administrator for one")
        user_id = new_id()
        made = await repository.add_user(
            uow.connection,
            {
                "id": user_id,
                "organization_id": uow.scope.organization_id,
                "username": email,
                "email": email,
                "password_hash": SSO_ONLY,
                "role": role,
            },
        )
        if not made:
            raise SsoUnknownUserError("your e-mail address belongs to an account that the provider may not open")
        uow.audit("account:user:create", "user", str(user_id), None, {"username": email, "role": role})
        return user_id

    async def _metadata(self, row: RowMapping) -> Metadata:
        try:
            return await self._openid.metadata(row["issuer"])
        except OpenIdError as error:
            log.warning("an identity provider cannot be used", issuer=row["issuer"], error=str(error))
            raise ProviderUnavailableError("the identity provider does not answer as it should") from error

    def _redirect_uri(self, provider_id: UUID) -> str:
        if self._origin is None:
            raise SsoUnavailableError("single sign-on needs CSMS_HTTP__PUBLIC_URL: providers send people back there")
        return f"{self._origin}/api/v1/auth/oidc/{provider_id}/callback"

    def _derived(self, what: str, state: str) -> str:
        """The nonce and the verifier of a sign-in: nobody who reads the database has them."""
        return base64.urlsafe_b64encode(self._keys.hash_secret(f"oidc-{what}:{state}".encode())).decode().rstrip("=")


def _refused(why: str) -> SsoRefusedError:
    log.warning("single sign-on refused", why=why)
    return SsoRefusedError("this sign-in cannot be finished: begin again")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _believed_email(row: RowMapping, claims: Mapping[str, Any]) -> str | None:
    """The e-mail address, if the provider has checked it and is one that may speak for its domain."""
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str) or len(email) > 254:
        return None
    name, at, domain = email.rpartition("@")
    if not at or not name or not email.isprintable() or " " in email or domain.lower() not in row["domains"]:
        return None
    return email


def _showed_more(row: RowMapping, claims: Mapping[str, Any]) -> bool:
    """Whether the provider asked for more than one factor (RFC 8176), if it is one that is believed in this."""
    amr = claims.get("amr")
    return bool(row["trust_mfa"]) and isinstance(amr, list) and "mfa" in amr


def _role(row: RowMapping, claims: Mapping[str, Any]) -> str | None:
    """The first role of the mapping that fits, else the default."""
    value = claims.get(row["role_claim"]) if row["role_claim"] else None
    values = set(value if isinstance(value, list) else [value]) if isinstance(value, str | list) else set()
    fitting = (role for name, role in row["role_map"].items() if name in values)
    default: str | None = row["default_role"]
    return next(fitting, default)
