# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of users: invite, change, suspend, sign out, retire."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import RowMapping

from csms.features.accounts.permissions import Permission
from csms.features.accounts.provider_repository import hold_admins, unlink
from csms.features.accounts.roles import ADMIN, NO_ROLE, RoleUnknownError, check_within, permissions_of
from csms.features.accounts.rules import LIVES, Purpose
from csms.features.accounts.service import AccountService, UserExistsError, UserUnknownError
from csms.features.accounts.tokens import new_refresh_token, organization_of
from csms.features.people import repository
from csms.features.people.repository import UNUSABLE
from csms.features.people.schemas import ProfileUpdate, RoleAssignment, UserCreate, UserImport, UserUpdate
from csms.kit.clock import Clock
from csms.kit.crypto import InstallationKeys
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import SYSTEM, Scope, UnitOfWork, UnitsOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError
from csms.kit.http.principal import Principal
from csms.kit.http.problems import ForbiddenError
from csms.kit.http.ratelimit import RateLimit
from csms.kit.ids import new_id

INVITATION: Final = "invitation"
LINK_LIFETIME: Final = LIVES[INVITATION]


class LastAdminError(ConflictError):
    """Somebody has to be able to administrate."""

    code: ClassVar[str] = "last_admin"


class OwnAccountError(ForbiddenError):
    """Nobody changes their own role, or locks themselves out."""

    code: ClassVar[str] = "own_account"


class UserRetiredError(ConflictError):
    """A retired user is not changed."""

    code: ClassVar[str] = "user_retired"


class LinkInvalidError(InvalidError):
    """A link that was used, is over, or never was one."""

    code: ClassVar[str] = "link_invalid"


class NeverInvitedError(NotFoundError):
    """The user was given a password, or came by single sign-on: there is no invitation."""

    code: ClassVar[str] = "invitation_not_found"


@dataclass(frozen=True, slots=True)
class Invited:
    """How an invitation goes on: by mail, by the link that is shown this once, or both, each with a link of its own."""

    url: str | None
    mail: dict[str, Any] | None
    expires_at: datetime


class PeopleService:
    """Users of an organization. `principal` is who asks: nobody has power over somebody who may do more."""

    def __init__(
        self, accounts: AccountService, units: UnitsOfWork, keys: InstallationKeys, clock: Clock, public_url: str
    ) -> None:
        self._accounts = accounts
        self._units = units
        self._keys = keys
        self._clock = clock
        self._public_url = public_url.rstrip("/")
        self._elsewhere = RateLimit("users-elsewhere", "20/hour")

    async def get(self, uow: UnitOfWork, user_id: UUID, *, lock: bool = False) -> RowMapping:
        """One user."""
        row = await repository.get(uow.connection, user_id, lock=lock)
        if row is None:
            raise UserUnknownError(f"there is no user {user_id}")
        return row

    async def create(
        self, uow: UnitOfWork, principal: Principal, body: UserCreate
    ) -> tuple[RowMapping, Invited | None]:
        """Make a user; without a password they are also invited to choose one."""
        await self._check_given(uow, principal, body.role, body.assignments)
        return await self.make(uow, body)

    async def create_imported(
        self, uow: UnitOfWork, principal: Principal, body: UserImport
    ) -> tuple[RowMapping, Invited | None]:
        """Make a user who was one elsewhere: with their password, or invited to choose one."""
        await self._check_given(uow, principal, body.role, body.assignments)
        return await self.make(uow, body)

    async def by_username(self, uow: UnitOfWork, username: str) -> RowMapping | None:
        """The user of this name in any letter case, if the organization has one."""
        return await repository.by_username(uow.connection, username)

    async def make(self, uow: UnitOfWork, body: UserCreate | UserImport) -> tuple[RowMapping, Invited | None]:
        """The same for whoever may give every role: to the first administrator of a new organization."""
        password = body.password if isinstance(body, UserCreate) else None
        hashed = body.password_hash if isinstance(body, UserImport) else None
        if password is not None:
            hashed = await self._accounts.hash_new(password, body.username)
        user_id, now = new_id(), self._clock.now()
        row = {
            "id": user_id,
            "organization_id": uow.scope.organization_id,
            "username": body.username,
            "display_name": body.display_name,
            "email": body.email,
            "password_hash": hashed or UNUSABLE,
            "role": body.role,
            "must_change_password": password is not None,
            "password_changed_at": None if password is None else now,
            "invited_at": now if hashed is None else None,
            "created_at": now,
            "updated_at": now,
        }
        if not await repository.add(uow.connection, row):
            raise await self._taken(uow, body.username, body.email)
        await repository.assign(uow.connection, uow.scope.organization_id, user_id, body.assignments)
        after = body.model_dump(mode="json", exclude={"password", "password_hash", "show_link"})
        uow.audit("account:user:create", "user", str(user_id), None, {**after, "invited": hashed is None})
        invited = None
        if hashed is None:
            invited = await self._invite(uow, user_id, body.email, show=isinstance(body, UserCreate) and body.show_link)
        elif body.email is not None and self._accounts.identity.letters.possible:
            await self._accounts.identity.addresses.ask(uow, user_id)
        return await self.get(uow, user_id), invited

    async def update(self, uow: UnitOfWork, principal: Principal, user_id: UUID, body: UserUpdate) -> RowMapping:
        """Change what is named in the body."""
        before = await self.touchable(uow, principal, user_id)
        changes: dict[str, Any] = body.model_dump(exclude_unset=True, exclude={"assignments"})
        for name in ("username", "role"):
            if name in changes and changes[name] is None:
                raise InvalidError(f"{name} cannot be empty: leave it out to keep it as it is")
        rights = body.model_fields_set & {"role", "assignments"}
        if "email" in body.model_fields_set and body.email != before["email"]:
            _not_oneself(principal, user_id, "ask for another mail address by POST /api/v1/me/email-change")
        if rights:
            _not_oneself(principal, user_id, "another administrator changes your role")
            role = before["role"] if body.role is None else body.role
            await self._check_given(uow, principal, role, body.assignments or [])
        moved = "email" in changes and changes["email"] != before["email"]
        columns = changes | ({"email_verified_at": None} if moved else {})
        if columns and not await repository.change(
            uow.connection, user_id, {**columns, "updated_at": self._clock.now()}
        ):
            raise await self._taken(uow, body.username, body.email)
        if moved:
            await self._moved(uow, before, changes["email"])
        if "assignments" in body.model_fields_set:
            await repository.assign(uow.connection, uow.scope.organization_id, user_id, body.assignments or [])
        if rights:
            await self._keep_an_admin(uow)
            self._accounts.forget(user_id)
        after = body.model_dump(mode="json", exclude_unset=True)
        old = {name: before[name] for name in after}
        uow.audit("account:user:update", "user", str(user_id), old, after)
        return await self.get(uow, user_id)

    async def _taken(self, uow: UnitOfWork, username: str | None, email: str | None) -> UserExistsError:
        """Names and addresses are one's own over all organizations: whoever looks for those of others is slowed."""
        if not await repository.is_here(uow.connection, username, email):
            await self._elsewhere.hit(str(uow.scope.organization_id))
        return UserExistsError("the user name or the mail address is taken")

    async def suspend(self, uow: UnitOfWork, principal: Principal, user_id: UUID, *, active: bool) -> RowMapping:
        """Keep somebody out, at once and everywhere, or let them in again."""
        before = await self.touchable(uow, principal, user_id)
        _not_oneself(principal, user_id, "another administrator suspends you")
        await repository.change(uow.connection, user_id, {"is_active": active, "updated_at": self._clock.now()})
        if not active:
            await self._accounts.end_sessions(uow, user_id)
            await self._drop_links(uow, user_id)
            await self._keep_an_admin(uow)
        action = "account:user:reactivate" if active else "account:user:suspend"
        uow.audit(action, "user", str(user_id), {"status": before["status"]}, None)
        return await self.get(uow, user_id)

    async def sign_out(self, uow: UnitOfWork, principal: Principal, user_id: UUID) -> None:
        """End all sessions of a user."""
        await self.touchable(uow, principal, user_id)
        await self._accounts.end_sessions(uow, user_id)
        uow.audit("account:session:revoke", "user", str(user_id), None, {"everywhere": True})

    async def hand_over(self, uow: UnitOfWork, principal: Principal, user_id: UUID) -> RowMapping:
        """From now on an identity provider vouches for them: nothing else that opens the account is left."""
        before = await self.touchable(uow, principal, user_id)
        _not_oneself(principal, user_id, "another administrator hands you over to single sign-on")
        if before["email"] is None:
            raise InvalidError("single sign-on goes by the mail address: this user has none")
        values = {"password_hash": UNUSABLE, "must_change_password": False, "updated_at": self._clock.now()}
        await repository.change(uow.connection, user_id, values)
        await self._accounts.identity.reset_factors(uow, user_id)
        await unlink(uow.connection, user_id)
        await self._drop_links(uow, user_id)
        await self._accounts.end_sessions(uow, user_id)
        await self._keep_an_admin(uow)
        uow.audit("account:user:hand_over", "user", str(user_id), {"status": before["status"]}, None)
        return await self.get(uow, user_id)

    async def retire(self, uow: UnitOfWork, principal: Principal, user_id: UUID) -> None:
        """They never sign in again; what they did stays theirs in the audit log. The name becomes free."""
        before = await self.touchable(uow, principal, user_id)
        _not_oneself(principal, user_id, "another administrator retires you")
        now = self._clock.now()
        values = {
            "username": f"{before['username'][:100]}~{str(user_id)[-12:]}",
            "email": None,
            "email_verified_at": None,
            "role": NO_ROLE,
            "is_active": False,
            "password_hash": UNUSABLE,
            "retired_at": now,
            "updated_at": now,
        }
        await repository.change(uow.connection, user_id, values)
        await repository.assign(uow.connection, uow.scope.organization_id, user_id, [])
        await self._drop_links(uow, user_id)
        await self._accounts.end_sessions(uow, user_id)
        await self._keep_an_admin(uow)
        uow.audit("account:user:retire", "user", str(user_id), {"username": before["username"]}, None)

    async def update_profile(self, uow: UnitOfWork, principal: Principal, body: ProfileUpdate) -> None:
        """Change one's own name."""
        before = await self.get(uow, principal.user_id, lock=True)
        changes = body.model_dump(exclude_unset=True)
        if changes and not await repository.change(
            uow.connection, principal.user_id, {**changes, "updated_at": self._clock.now()}
        ):
            raise UserExistsError("the mail address is taken")
        old = {name: before[name] for name in changes}
        uow.audit("account:profile:update", "user", str(principal.user_id), old, changes)

    async def ask_verification(self, uow: UnitOfWork, principal: Principal, user_id: UUID) -> dict[str, Any]:
        """Have somebody show that their mail address is theirs."""
        await self.touchable(uow, principal, user_id)
        return dict(await self._accounts.identity.addresses.ask(uow, user_id))

    async def _moved(self, uow: UnitOfWork, before: RowMapping, email: str | None) -> None:
        """What went to the old address opens nothing any more; the new one is asked whose it is."""
        letters = self._accounts.identity.letters
        await letters.drop(uow, before["id"])
        if email is not None and before["status"] == "active" and letters.possible:
            await self._accounts.identity.addresses.ask(uow, before["id"])

    # -- links -----------------------------------------------------------------------------------------------------

    async def invite(self, uow: UnitOfWork, principal: Principal, user_id: UUID, *, show: bool) -> Invited:
        """A link by which somebody chooses a password: their invitation again, or instead of one forgotten."""
        row = await self.touchable(uow, principal, user_id)
        _not_oneself(principal, user_id, "change your own password by POST /api/v1/auth/change-password")
        invited = await self._invite(uow, user_id, row["email"], show=show)
        after = {"mail": invited.mail is not None, "link_shown": invited.url is not None}
        uow.audit("account:user:invite", "user", str(user_id), None, after)
        return invited

    async def invitation(self, uow: UnitOfWork, user_id: UUID) -> dict[str, Any]:
        """How far a user's invitation is, and the mail with it."""
        row = await self.get(uow, user_id)
        letter = await self._accounts.identity.letters.last(uow, user_id, INVITATION)
        link = await repository.last_link(uow.connection, user_id, INVITATION)
        if link is None and letter is None:
            raise NeverInvitedError(f"no link to choose a password was ever made for {row['username']!r}")
        ways = [each for each in (link, letter) if each is not None]
        used = [each["used_at"] for each in ways if each["used_at"] is not None]
        return {
            "user_id": user_id,
            "created_at": max(each["created_at"] for each in ways),
            "expires_at": max(each["expires_at"] for each in ways),
            "accepted_at": max(used, default=None),
            "mail": None if letter is None else dict(letter),
        }

    async def _invite(self, uow: UnitOfWork, user_id: UUID, email: str | None, *, show: bool) -> Invited:
        """By mail where there is an address and a mail server. Who is shown a link has not read the address's mail."""
        letters = self._accounts.identity.letters
        await self._drop_links(uow, user_id, INVITATION)
        mail = None
        if email is not None and letters.possible:
            mail = dict(await letters.post(uow, user_id, INVITATION, email))
        url = await self.link(uow, user_id, INVITATION) if show or mail is None else None
        return Invited(url, mail, self._clock.now() + LINK_LIFETIME)

    async def _drop_links(self, uow: UnitOfWork, user_id: UUID, purpose: Purpose | None = None) -> None:
        await repository.drop_links(uow.connection, user_id, purpose)
        await self._accounts.identity.letters.drop(uow, user_id, *(() if purpose is None else (purpose,)))

    async def link(self, uow: UnitOfWork, user_id: UUID, purpose: str) -> str:
        """The token stands behind the #: browsers send it to nobody, and no log has it."""
        token = new_refresh_token(uow.scope.organization_id)
        row = {
            "id": new_id(),
            "organization_id": uow.scope.organization_id,
            "user_id": user_id,
            "purpose": purpose,
            "token_hash": self._hash(token),
            "expires_at": self._clock.now() + LINK_LIFETIME,
            "created_at": self._clock.now(),
        }
        await repository.add_link(uow.connection, row)
        return f"{self._public_url}/invitation#{token}"

    async def accept(self, token: str, password: str, address: str | None) -> str:
        """Choose a password by a link; all sessions end. The user name to sign in with."""
        scope = Scope(organization_of(token), SYSTEM, address)
        async with self._units(scope) as uow:
            found, address = await self._accepted(uow, token)
            if found is None or found["status"] not in ("active", "invited"):
                raise LinkInvalidError("this link was used already, or is over: ask for a new one")
            hashed = await self._accounts.hash_new(password, found["username"])
            now = self._clock.now()
            values = {
                "password_hash": hashed,
                "must_change_password": False,
                "password_changed_at": now,
                "updated_at": now,
            }
            await repository.change(uow.connection, found["id"], values)
            if address is not None:
                await self._accounts.identity.addresses.verified(uow, found["id"], address)
            await self._drop_links(uow, found["id"], INVITATION)
            await self._accounts.end_sessions(uow, found["id"])
            uow.audit("account:password:set", "user", str(found["id"]), None, {"by": "link"})
        name: str = found["username"]
        return name

    async def _accepted(self, uow: UnitOfWork, token: str) -> tuple[RowMapping | None, str | None]:
        """Whose link it is, and the address that it went to: a link that was shown proves none. It is used now."""
        shown = await repository.take_link(uow.connection, self._hash(token), INVITATION, self._clock.now())
        opened = None if shown is not None else await self._accounts.identity.letters.open(uow, token, INVITATION)
        if opened is None:
            return shown, None
        return await repository.get(uow.connection, opened.user_id, lock=True), opened.recipient

    # -- inside ----------------------------------------------------------------------------------------------------

    async def role_permissions(self, uow: UnitOfWork, role: str) -> frozenset[str]:
        """What a role allows. Raises RoleUnknownError."""
        own = await repository.get_role(uow.connection, role)
        found = permissions_of(role, None if own is None else own["permissions"])
        if own is None and not found and role != NO_ROLE:
            raise RoleUnknownError(f"there is no role {role!r}")
        if uow.scope.organization_id != DEFAULT_ORGANIZATION_ID:
            found -= {Permission.INSTALLATION_MANAGE}  # it brings nothing there
        return found

    async def _check_given(
        self, uow: UnitOfWork, principal: Principal, role: str, assignments: Sequence[RoleAssignment]
    ) -> None:
        check_within(principal.grants, await self.role_permissions(uow, role))
        for each in assignments:
            check_within(principal.grants, await self.role_permissions(uow, each.role), placed=True)

    async def touchable(self, uow: UnitOfWork, principal: Principal, user_id: UUID) -> RowMapping:
        """The user, locked, if the principal may do all that they may."""
        await hold_admins(uow.connection)
        row = await self.get(uow, user_id, lock=True)
        if row["retired_at"] is not None:
            raise UserRetiredError(f"the user {row['username']!r} is retired")
        if user_id != principal.user_id:
            check_within(principal.grants, await self.role_permissions(uow, row["role"]))
            for each in row["assignments"]:
                check_within(principal.grants, await self.role_permissions(uow, each["role"]), placed=True)
        return row

    async def _keep_an_admin(self, uow: UnitOfWork) -> None:
        if not await repository.admins(uow.connection):
            raise LastAdminError(f"nobody would be left with the role {ADMIN}: give it to somebody else first")

    def _hash(self, token: str) -> bytes:
        return self._keys.hash_secret(b"link:" + token.encode())


def _not_oneself(principal: Principal, user_id: UUID, why: str) -> None:
    if principal.kind == "user" and principal.user_id == user_id:
        raise OwnAccountError(why)
