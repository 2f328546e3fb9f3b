# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Roles: sets of permissions, and what somebody may do with those they were given, and where."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from csms.features.accounts.permissions import PLACE_BOUND, Permission
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.errors import NotFoundError
from csms.kit.http.problems import ForbiddenError

Grants = Mapping[str, frozenset[UUID] | None]
"""Permission to the sites and groups where it holds; None: everywhere in the organization."""

NO_ROLE: Final = "none"
ADMIN: Final = "admin"


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A role that every organization has and nobody changes."""

    key: str
    name: str
    description: str
    permissions: frozenset[str]


_P = Permission
_READ: Final = frozenset(
    {
        _P.CHARGER_READ,
        _P.GROUP_READ,
        _P.SITE_READ,
        _P.TRANSACTION_READ,
        _P.PROFILE_READ,
        _P.CERTIFICATE_READ,
        _P.FIRMWARE_READ,
        _P.EVENT_READ,
        _P.ALERT_READ,
        _P.REPORT_READ,
    }
)
_ON_SITE: Final = frozenset(
    {
        _P.COMMAND_SEND,
        _P.CHARGER_RESET,
        _P.TRANSACTION_CONTROL,
        _P.LOG_REQUEST,
        _P.MESSAGE_READ,
        _P.FILE_READ,
        _P.ALERT_HANDLE,
    }
)
_TECHNICAL: Final = frozenset(
    {
        _P.CHARGER_UPDATE,
        _P.CONFIGURATION_CHANGE,
        _P.TEMPLATE_WRITE,
        _P.PROFILE_SEND,
        _P.FIRMWARE_INSTALL,
        _P.LOG_FORWARD,
        _P.CHARGER_SECRET_ROTATE,
        _P.CERTIFICATE_INSTALL,
        _P.FILE_DELETE,
        _P.ONBOARDING_READ,
        _P.ONBOARDING_APPROVE,
    }
)
_TOKENS: Final = frozenset({_P.TOKEN_READ, _P.TOKEN_CREATE, _P.TOKEN_UPDATE, _P.DRIVER_READ, _P.DRIVER_WRITE})
_PEOPLE_AND_SYSTEM: Final = frozenset(
    {
        _P.USER_READ,
        _P.USER_WRITE,
        _P.ROLE_READ,
        _P.ROLE_WRITE,
        _P.API_KEY_READ,
        _P.API_KEY_WRITE,
        _P.IDENTITY_PROVIDER_READ,
        _P.IDENTITY_PROVIDER_WRITE,
        _P.ORGANIZATION_UPDATE,
        _P.INSTALLATION_MANAGE,
        _P.SETTINGS_UPDATE,
        _P.FLAG_WRITE,
        _P.AUDIT_READ,
        _P.REQUEST_READ,
        _P.WEBHOOK_WRITE,
        _P.COMMAND_RAW,
        _P.PRIVACY_EXPORT,
        _P.PRIVACY_ERASE,
        _P.DASHBOARD_DEFAULT,
    }
)

BUILT_IN: Final[Mapping[str, BuiltIn]] = {
    role.key: role
    for role in (
        BuiltIn(ADMIN, "Admin", "Everything, people and settings included.", frozenset(_P)),
        BuiltIn(
            "operator",
            "Operator",
            "Runs the chargers: everything but people, keys, the audit log and settings of the organization.",
            frozenset(_P) - _PEOPLE_AND_SYSTEM,
        ),
        BuiltIn(
            "technician",
            "Technician",
            "Looks after chargers: commands, configuration, firmware, logs. No tokens, no deleting.",
            _READ | _ON_SITE | _TECHNICAL,
        ),
        BuiltIn(
            "finance",
            "Finance",
            "Reads and exports transactions, drivers, tokens and reports.",
            frozenset(
                {
                    _P.CHARGER_READ,
                    _P.SITE_READ,
                    _P.GROUP_READ,
                    _P.TRANSACTION_READ,
                    _P.TOKEN_READ,
                    _P.DRIVER_READ,
                    _P.DATA_EXPORT,
                    _P.REPORT_READ,
                }
            ),
        ),
        BuiltIn(
            "support",
            "Support",
            "Helps drivers: starts, stops, unlocks, restarts, closes stuck records, and keeps drivers and tokens.",
            _READ | _ON_SITE | _TOKENS | {_P.TRANSACTION_CLOSE},
        ),
        BuiltIn("viewer", "Viewer", "Sees chargers, transactions and reports, changes nothing.", _READ),
    )
}


@dataclass(frozen=True, slots=True)
class Assignment:
    """A role somebody has: what it allows, and at which site or group; None: in the whole organization."""

    permissions: frozenset[str]
    place: UUID | None


def permissions_of(role: str, own: Iterable[str] | None) -> frozenset[str]:
    """What a role allows: a built-in one by its key, else `own` as it is stored; unknown names allow nothing."""
    built_in = BUILT_IN.get(role)
    known = frozenset(Permission)
    return built_in.permissions if built_in is not None else known.intersection(own or ())


def grants_of(assignments: Iterable[Assignment], organization_id: UUID) -> Grants:
    """All that somebody may do, and where. The installation is managed from its first organization only."""
    grants: dict[str, frozenset[UUID] | None] = {}
    for given in assignments:
        for permission in given.permissions:
            if given.place is None:
                grants[permission] = None
            elif permission in PLACE_BOUND and grants.get(permission, frozenset()) is not None:
                grants[permission] = (grants.get(permission) or frozenset()) | {given.place}
    if organization_id != DEFAULT_ORGANIZATION_ID:
        grants.pop(Permission.INSTALLATION_MANAGE, None)
    return grants


def narrowed(grants: Grants, bound: Grants) -> Grants:
    """What both allow, where both do."""
    found: dict[str, frozenset[UUID] | None] = {}
    for permission in grants.keys() & bound.keys():
        own, most = grants[permission], bound[permission]
        places = most if own is None else own if most is None else own & most
        if places is None or places:
            found[permission] = places
    return found


class BeyondOwnRightsError(ForbiddenError):
    """Whoever does this would give, or have power over, more than they may do themselves."""

    code: ClassVar[str] = "beyond_own_rights"


class RoleUnknownError(NotFoundError):
    """There is no such role."""

    code: ClassVar[str] = "role_not_found"


def check_within(grants: Grants, permissions: Iterable[str], *, placed: bool = False) -> None:
    """Refuse permissions that somebody does not have everywhere. `placed`: only those count that a place brings."""
    wanted = PLACE_BOUND.intersection(permissions) if placed else permissions
    missing = sorted(str(name) for name in wanted if grants.get(name, frozenset()) is not None)
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise BeyondOwnRightsError(f"that goes beyond what you may do yourself: {', '.join(missing[:3])}{more}")
