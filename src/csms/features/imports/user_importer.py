# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Users of another system, with roles and where these hold."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final
from uuid import UUID

from csms.features.accounts.permissions import Permission
from csms.features.accounts.roles import BUILT_IN, NO_ROLE
from csms.features.imports.importers import Created, Existing, Importer, place_named
from csms.features.imports.rules import Column, columns_of
from csms.features.people.repository import own_roles
from csms.features.people.schemas import RoleAssignment, UserImport, UserUpdate
from csms.features.people.service import PeopleService
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import InvalidError
from csms.kit.http.principal import Principal

BY_MAIL: Final = "invited by mail"
_FIELDS: Final = ("username", "display_name", "email")
_ALIASES: Final = {
    "username": ("user", "user_name", "login", "login_name", "benutzer", "benutzername", "anmeldename"),
    "display_name": ("name", "full_name", "real_name", "anzeigename"),
    "email": ("e_mail", "mail", "email_address", "mailadresse"),
    "password_hash": ("hash", "bcrypt", "argon2", "encrypted_password", "password_digest", "passwort_hash"),
}
_PLACED: Final = (
    Column(
        "roles",
        "names",
        description="Keys or names of roles. For the whole organization, of which there is one; or, where the row names"
        " sites or groups, there and nowhere else. Several are parted by ; or |.",
        aliases=("role", "rolle", "rollen"),
    ),
    Column(
        "sites",
        "names",
        description="Names or ids of the sites where the roles hold, parted by ; or |.",
        aliases=("site", "location", "locations", "standort", "standorte"),
    ),
    Column(
        "groups",
        "names",
        description="Names or ids of the groups of chargers for which the roles hold, parted by ; or |.",
        aliases=("group", "charger_group", "charger_groups", "gruppe", "gruppen"),
    ),
)


class RolesUnclearError(InvalidError):
    """A row names a role that there is not, places without a role, or several roles for the whole organization."""

    code: ClassVar[str] = "roles_unclear"


def user_importer(people: PeopleService) -> Importer[UserImport, UserUpdate]:
    """Users, by their names in any letter case. Nobody gives more than they have."""

    async def find(uow: UnitOfWork, username: str) -> Existing | None:
        row = await people.by_username(uow, username)
        if row is None:
            return None
        return {**row, "assignments": _ordered([RoleAssignment.model_validate(each) for each in row["assignments"]])}

    async def create(uow: UnitOfWork, principal: Principal, body: UserImport) -> Created:
        row, invited = await people.create_imported(uow, principal, body)
        if invited is None:
            return Created(str(row["id"]))
        return Created(str(row["id"]), invited.url, None if invited.mail is None else BY_MAIL)

    async def update(uow: UnitOfWork, principal: Principal, existing: Existing, body: UserUpdate) -> str:
        row = await people.update(uow, principal, existing["id"], body)
        return str(row["id"])

    found = columns_of(
        UserImport, identity="username", aliases=_ALIASES, spellings={}, secrets=frozenset({"password_hash"})
    )
    own = {column.name: column for column in found}
    return Importer(
        "users",
        "username",
        (*(own[name] for name in _FIELDS), *_PLACED, own["password_hash"]),
        UserImport,
        UserUpdate,
        Permission.USER_WRITE,
        Permission.USER_WRITE,
        str.lower,
        find,
        create,
        update,
        _placed,
        "invitation_url",
        ("username", "email"),
    )


async def _placed(uow: UnitOfWork, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Roles and places as users have them. What a row does not say stays as it is."""
    kept = {name: value for name, value in values.items() if name not in ("roles", "sites", "groups")}
    names = values.get("roles", [])
    sites = [await place_named(uow, "site", name, "sites") for name in values.get("sites", [])]
    groups = [await place_named(uow, "group", name, "groups") for name in values.get("groups", [])]
    if not names:
        if sites or groups:
            raise RolesUnclearError("say in `roles` which role holds at these places", field="roles")
        return kept
    roles = [await _role(uow, name) for name in names]
    if not sites and not groups:
        if len(roles) > 1:
            raise RolesUnclearError(
                "one role holds for the whole organization: name sites or groups for several", field="roles"
            )
        return {**kept, "role": roles[0]}
    return {**kept, "role": NO_ROLE, "assignments": _assigned(roles, sites, groups)}


def _assigned(roles: list[str], sites: list[UUID], groups: list[UUID]) -> list[RoleAssignment]:
    at_sites = [RoleAssignment(role=role, site_id=site) for role in roles for site in sites]
    return _ordered([*at_sites, *(RoleAssignment(role=role, group_id=group) for role in roles for group in groups)])


def _ordered(assignments: list[RoleAssignment]) -> list[RoleAssignment]:
    """In one order, each once, so that two lists can be compared."""
    keyed = {(each.role, str(each.site_id), str(each.group_id)): each for each in assignments}
    return [keyed[key] for key in sorted(keyed)]


async def _role(uow: UnitOfWork, named: str) -> str:
    """The key of a role, by that or by its name in any letter case."""
    wanted = named.casefold()
    if wanted == NO_ROLE:
        return NO_ROLE
    known = [(role.key, role.name) for role in BUILT_IN.values()]
    known += [(row["key"], row["name"]) for row in await own_roles(uow.connection)]
    found = {key for key, _ in known if key == wanted} or {key for key, name in known if name.casefold() == wanted}
    if len(found) != 1:
        many = f"several roles have the name {named[:100]!r}: give the key of one"
        raise RolesUnclearError(many if found else f"there is no role {named[:100]!r}", field="roles")
    return found.pop()
