# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Identity providers of an organization: added, changed, removed."""

from typing import Any, ClassVar, Final
from uuid import UUID

from csms.features.accounts import provider_repository as repository
from csms.features.accounts.identity_schemas import ProviderCreate, ProviderUpdate
from csms.features.accounts.permissions import Permission
from csms.features.accounts.roles import ADMIN, BUILT_IN, Grants, check_within, permissions_of
from csms.kit.clock import Clock
from csms.kit.crypto import InstallationKeys
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError
from csms.kit.ids import new_id
from csms.kit.secretbox import SecretBox

_NULLABLE: Final = frozenset({"client_secret", "role_claim", "default_role"})


class ProviderUnknownError(NotFoundError):
    """There is no such identity provider."""

    code: ClassVar[str] = "provider_not_found"


class ProviderExistsError(ConflictError):
    """This issuer and client are there already."""

    code: ClassVar[str] = "provider_exists"


class ProviderInvalidError(InvalidError):
    """What was said of the provider does not go together."""

    code: ClassVar[str] = "provider_invalid"


class Providers:
    """Changes are audited; a secret is sealed, and never told."""

    def __init__(self, keys: InstallationKeys, clock: Clock) -> None:
        self._box = SecretBox(keys)
        self._clock = clock

    async def get(self, uow: UnitOfWork, provider_id: UUID, *, lock: bool = False) -> dict[str, Any]:
        """One."""
        found = await repository.get_provider(uow.connection, provider_id, lock=lock)
        if found is None:
            raise ProviderUnknownError(f"there is no identity provider {provider_id}")
        return dict(found)

    async def create(self, uow: UnitOfWork, body: ProviderCreate, grants: Grants) -> dict[str, Any]:
        """Add one. It gives no role that goes beyond what whoever adds it may do."""
        provider_id, now = new_id(), self._clock.now()
        values = body.model_dump()
        _check(values)
        await _check_roles(uow, values, grants)
        row = {
            **values,
            "id": provider_id,
            "organization_id": uow.scope.organization_id,
            "client_secret": self._sealed(provider_id, body.client_secret),
            "created_at": now,
            "updated_at": now,
        }
        if not await repository.add_provider(uow.connection, row):
            raise ProviderExistsError(f"there is a provider with issuer {body.issuer} and this client already")
        made = await self.get(uow, provider_id)
        uow.audit("account:provider:create", "identity_provider", str(provider_id), None, _told(made))
        return made

    async def update(self, uow: UnitOfWork, provider_id: UUID, body: ProviderUpdate, grants: Grants) -> dict[str, Any]:
        """Change what is named. Whoever it makes somebody of is bounded by what who changes it may do."""
        before = await self.get(uow, provider_id)
        values = {
            name: value
            for name, value in body.model_dump(exclude_unset=True).items()
            if value is not None or name in _NULLABLE
        }
        after = {**before, **values}
        _check(after)
        await _check_roles(uow, after, grants)
        if await repository.is_taken(uow.connection, provider_id, after["issuer"], after["client_id"]):
            raise ProviderExistsError(f"there is a provider with issuer {after['issuer']} and this client already")
        if "client_secret" in values:
            values["client_secret"] = self._sealed(provider_id, values["client_secret"])
        elif "issuer" in values and values["issuer"] != before["issuer"]:
            # a secret is told to none but the provider that it was entered for
            values["client_secret"] = None
        await repository.change_provider(uow.connection, provider_id, {**values, "updated_at": self._clock.now()})
        changed = await self.get(uow, provider_id)
        uow.audit("account:provider:update", "identity_provider", str(provider_id), _told(before), _told(changed))
        return changed

    async def to_test(self, uow: UnitOfWork, provider_id: UUID) -> str:
        """The issuer that is asked in a test."""
        found = await self.get(uow, provider_id)
        uow.audit("account:provider:test", "identity_provider", str(provider_id), None, None)
        return str(found["issuer"])

    async def delete(self, uow: UnitOfWork, provider_id: UUID) -> None:
        """Forget one; users who came from there stay, and need another way in."""
        before = await self.get(uow, provider_id)
        await repository.delete_provider(uow.connection, provider_id)
        uow.audit("account:provider:delete", "identity_provider", str(provider_id), _told(before), None)

    def secret_of(self, row: Any) -> str | None:
        """The secret, to be shown to the provider."""
        if row["client_secret"] is None:
            return None
        return self._box.open(row["client_secret"], _context(row["id"])).decode()

    def _sealed(self, provider_id: UUID, secret: str | None) -> bytes | None:
        return None if secret is None else self._box.seal(secret.encode(), _context(provider_id))


def _context(provider_id: UUID) -> str:
    return f"identity_providers.client_secret:{provider_id}"


def _check(values: dict[str, Any]) -> None:
    if values["auto_create"] and not values["domains"]:
        raise ProviderInvalidError("auto_create needs domains: else anybody with an account there would get in")
    if values["auto_create"] and not _roles(values):
        raise ProviderInvalidError("auto_create needs default_role, or a role_map: new users have some role")
    if values["role_map"] and not values["role_claim"]:
        raise ProviderInvalidError("role_map needs role_claim: the claim whose values it maps")


def _roles(values: dict[str, Any]) -> set[str]:
    return {*values["role_map"].values(), *([values["default_role"]] if values["default_role"] else [])}


async def _check_roles(uow: UnitOfWork, values: dict[str, Any], grants: Grants) -> None:
    # a provider says who somebody is, administrators too: whoever sets one up could come in as any of them
    check_within(grants, BUILT_IN[ADMIN].permissions - {Permission.INSTALLATION_MANAGE})
    roles = _roles(values)
    own = await repository.role_permissions(uow.connection, roles)
    if unknown := sorted(roles - set(BUILT_IN) - set(own)):
        raise ProviderInvalidError(f"there is no role {unknown[0]!r}")
    for role in roles:
        check_within(grants, permissions_of(role, own.get(role)))


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in {"id", "created_at", "updated_at"}}
