# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of users: invite, change, suspend, sign out, retire."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import RowMapping

from csms.features.accounts.permissions import Permission
from csms.features.accounts.provider_repository import hold_admins
from csms.features.accounts.roles import ADMIN, NO_ROLE, check_within, permissions_of
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
from csms.kit.ids import new_id

LINK_LIFETIME: Final = timedelta(days=7)
INVITATION: Final = "invitation"


class RoleUnknownError(NotFoundError):
    """There is no such role."""

    code: ClassVar[str] = "role_not_found"


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

    async def get(self, uow: UnitOfWork, user_id: UUID, *, lock: bool = False) -> RowMapping:
        """One user."""
        row = await repository.get(uow.connection, user_id, lock=lock)
        if row is None:
            raise UserUnknownError(f"there is no user {user_id}")
        return row

    async def create(self, uow: UnitOfWork, principal: Principal, body: UserCreate) -> tuple[RowMapping, str | None]:
        """Make a user; without a password also the link by which they choose one."""
        await self._check_given(uow, principal, body.role, body.assignments)
        return await self._create(uow, body)

    async def create_imported(
        self, uow: UnitOfWork, principal: Principal, body: UserImport
    ) -> tuple[RowMapping, str | None]:
        """Make a user who was one elsewhere: with their password, or with the link by which they choose one."""
        await self._check_given(uow, principal, body.role, body.assignments)
        return await self._create(uow, body)

    async def by_username(self, uow: UnitOfWork, username: str) -> RowMapping | None:
        """The user of this name in any letter case, if the organization has one."""
        return await repository.by_username(uow.connection, username)

    async def create_first(self, uow: UnitOfWork, body: UserCreate) -> str:
        """The first administrator of a new organization; the link for them."""
        _, url = await self._create(uow, body)
        return url or ""

    async def _create(self, uow: UnitOfWork, body: UserCreate | UserImport) -> tuple[RowMapping, str | None]:
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
            raise UserExistsError("the user name or the mail address is taken")
        await repository.assign(uow.connection, uow.scope.organization_id, user_id, body.assignments)
        after = body.model_dump(mode="json", exclude={"password", "password_hash"})
        uow.audit("account:user:create", "user", str(user_id), None, {**after, "invited": hashed is None})
        url = await self.link(uow, user_id, INVITATION) if hashed is None else None
        return await self.get(uow, user_id), url

    async def update(self, uow: UnitOfWork, principal: Principal, user_id: UUID, body: UserUpdate) -> RowMapping:
        """Change what is named in the body."""
        before = await self._touchable(uow, principal, user_id)
        changes: dict[str, Any] = body.model_dump(exclude_unset=True, exclude={"assignments"})
        for name in ("username", "role"):
            if name in changes and changes[name] is None:
                raise InvalidError(f"{name} cannot be empty: leave it out to keep it as it is")
        rights = body.model_fields_set & {"role", "assignments"}
        if "email" in body.model_fields_set and body.email != before["email"]:
            _not_oneself(principal, user_id, "another administrator changes your mail address")
        if rights:
            _not_oneself(principal, user_id, "another administrator changes your role")
            role = before["role"] if body.role is None else body.role
            await self._check_given(uow, principal, role, body.assignments or [])
        if changes and not await repository.change(
            uow.connection, user_id, {**changes, "updated_at": self._clock.now()}
        ):
            raise UserExistsError("the user name or the mail address is taken")
        if "assignments" in body.model_fields_set:
            await repository.assign(uow.connection, uow.scope.organization_id, user_id, body.assignments or [])
        if rights:
            await self._keep_an_admin(uow)
            self._accounts.forget(user_id)
        after = body.model_dump(mode="json", exclude_unset=True)
        old = {name: before[name] for name in after}
        uow.audit("account:user:update", "user", str(user_id), old, after)
        return await self.get(uow, user_id)

    async def suspend(self, uow: UnitOfWork, principal: Principal, user_id: UUID, *, active: bool) -> RowMapping:
        """Keep somebody out, at once and everywhere, or let them in again."""
        before = await self._touchable(uow, principal, user_id)
        _not_oneself(principal, user_id, "another administrator suspends you")
        await repository.change(uow.connection, user_id, {"is_active": active, "updated_at": self._clock.now()})
        if not active:
            await self._accounts.end_sessions(uow, user_id)
            await repository.drop_links(uow.connection, user_id)
            await self._keep_an_admin(uow)
        action = "account:user:reactivate" if active else "account:user:suspend"
        uow.audit(action, "user", str(user_id), {"status": before["status"]}, None)
        return await self.get(uow, user_id)

    async def sign_out(self, uow: UnitOfWork, principal: Principal, user_id: UUID) -> None:
        """End all sessions of a user."""
        await self._touchable(uow, principal, user_id)
        await self._accounts.end_sessions(uow, user_id)
        uow.audit("account:session:revoke", "user", str(user_id), None, {"everywhere": True})

    async def retire(self, uow: UnitOfWork, principal: Principal, user_id: UUID) -> None:
        """They never sign in again; what they did stays theirs in the audit log. The name becomes free."""
        before = await self._touchable(uow, principal, user_id)
        _not_oneself(principal, user_id, "another administrator retires you")
        now = self._clock.now()
        values = {
            "username": f"{before['username'][:100]}~{str(user_id)[-12:]}",
            "email": None,
            "role": NO_ROLE,
            "is_active": False,
            "password_hash": UNUSABLE,
            "retired_at": now,
            "updated_at": now,
        }
        await repository.change(uow.connection, user_id, values)
        await repository.assign(uow.connection, uow.scope.organization_id, user_id, [])
        await repository.drop_links(uow.connection, user_id)
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

    # -- links -----------------------------------------------------------------------------------------------------

    async def new_link(self, uow: UnitOfWork, principal: Principal, user_id: UUID) -> str:
        """A link by which somebody chooses a password: their invitation again, or instead of one forgotten."""
        await self._touchable(uow, principal, user_id)
        _not_oneself(principal, user_id, "change your own password by POST /api/v1/auth/change-password")
        url = await self.link(uow, user_id, INVITATION)
        uow.audit("account:user:invite", "user", str(user_id), None, None)
        return url

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
            found = await repository.take_link(uow.connection, self._hash(token), INVITATION, self._clock.now())
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
            await self._accounts.end_sessions(uow, found["id"])
            uow.audit("account:password:set", "user", str(found["id"]), None, {"by": "link"})
        name: str = found["username"]
        return name

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

    async def _touchable(self, uow: UnitOfWork, principal: Principal, user_id: UUID) -> RowMapping:
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
