# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What may be allowed, in the grammar `source:subject:action` that the audit log uses too."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Permission(StrEnum):
    """One name per thing that `require()` guards."""

    CHARGER_READ = "charger:charger:read"
    CHARGER_CREATE = "charger:charger:create"
    CHARGER_UPDATE = "charger:charger:update"
    CHARGER_DELETE = "charger:charger:delete"
    COMMAND_SEND = "charger:command:send"
    MESSAGE_READ = "charger:message:read"
    CHARGER_SECRET_ROTATE = "charger:secret:rotate"  # noqa: S105
    TOKEN_READ = "token:token:read"  # noqa: S105
    TOKEN_CREATE = "token:token:create"  # noqa: S105
    TOKEN_UPDATE = "token:token:update"  # noqa: S105
    TOKEN_DELETE = "token:token:delete"  # noqa: S105
    PROFILE_READ = "charging:profile:read"
    PROFILE_WRITE = "charging:profile:write"
    CERTIFICATE_READ = "certificate:certificate:read"
    CERTIFICATE_REVOKE = "certificate:certificate:revoke"
    FIRMWARE_READ = "firmware:image:read"
    FIRMWARE_WRITE = "firmware:image:write"
    FILE_READ = "charger:file:read"
    FILE_DELETE = "charger:file:delete"
    TRANSACTION_READ = "transaction:transaction:read"
    SETTINGS_READ = "system:settings:read"
    SETTINGS_UPDATE = "system:settings:update"
    AUDIT_READ = "system:audit:read"
    JOB_READ = "system:job:read"
    JOB_CANCEL = "system:job:cancel"
    EVENT_READ = "system:event:read"
    ONBOARDING_READ = "onboarding:charger:read"
    ONBOARDING_APPROVE = "onboarding:charger:approve"


ROLE_PERMISSIONS: Final[Mapping[str, frozenset[str]]] = {"admin": frozenset(Permission)}


def permissions_of(role: str) -> frozenset[str]:
    """What a role may do; a role that is not known here may do nothing."""
    return ROLE_PERMISSIONS.get(role, frozenset())
