# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What may be allowed, in the grammar `source:subject:action` that the audit log uses too."""

from enum import StrEnum
from typing import Final


class Permission(StrEnum):
    """One name per thing that `require()` guards."""

    CHARGER_READ = "charger:charger:read"
    CHARGER_CREATE = "charger:charger:create"
    CHARGER_UPDATE = "charger:charger:update"
    CHARGER_DELETE = "charger:charger:delete"
    CHARGER_RESET = "charger:charger:reset"
    COMMAND_SEND = "charger:command:send"
    COMMAND_RAW = "charger:command:raw"
    CONFIGURATION_CHANGE = "charger:configuration:change"
    FIRMWARE_INSTALL = "charger:firmware:install"
    LOCAL_LIST_WRITE = "charger:local_list:write"
    LOG_REQUEST = "charger:log:request"
    LOG_FORWARD = "charger:log:forward"
    MESSAGE_READ = "charger:message:read"
    CHARGER_SECRET_ROTATE = "charger:secret:rotate"  # noqa: S105
    TARIFF_SEND = "charger:tariff:send"
    FILE_READ = "charger:file:read"
    FILE_DELETE = "charger:file:delete"
    GROUP_READ = "charger:group:read"
    GROUP_WRITE = "charger:group:write"
    SITE_READ = "site:site:read"
    SITE_WRITE = "site:site:write"
    TOKEN_READ = "token:token:read"  # noqa: S105
    TOKEN_CREATE = "token:token:create"  # noqa: S105
    TOKEN_UPDATE = "token:token:update"  # noqa: S105
    TOKEN_DELETE = "token:token:delete"  # noqa: S105
    DRIVER_READ = "driver:driver:read"
    DRIVER_WRITE = "driver:driver:write"
    PROFILE_READ = "charging:profile:read"
    PROFILE_WRITE = "charging:profile:write"
    PROFILE_SEND = "charging:profile:send"
    TEMPLATE_WRITE = "charger:template:write"
    CERTIFICATE_READ = "certificate:certificate:read"
    CERTIFICATE_INSTALL = "certificate:certificate:install"
    CERTIFICATE_REVOKE = "certificate:certificate:revoke"
    FIRMWARE_READ = "firmware:image:read"
    FIRMWARE_WRITE = "firmware:image:write"
    TRANSACTION_READ = "transaction:transaction:read"
    TRANSACTION_CONTROL = "transaction:transaction:control"
    TRANSACTION_CLOSE = "transaction:transaction:close"
    USER_READ = "account:user:read"
    USER_WRITE = "account:user:write"
    ROLE_READ = "account:role:read"
    ROLE_WRITE = "account:role:write"
    API_KEY_READ = "account:api_key:read"
    API_KEY_WRITE = "account:api_key:write"
    ORGANIZATION_UPDATE = "account:organization:update"
    INSTALLATION_MANAGE = "system:installation:manage"
    SETTINGS_READ = "system:settings:read"
    SETTINGS_UPDATE = "system:settings:update"
    FLAG_READ = "system:flag:read"
    FLAG_WRITE = "system:flag:write"
    AUDIT_READ = "system:audit:read"
    REPORT_READ = "report:report:read"
    REQUEST_READ = "system:request:read"
    PRIVACY_EXPORT = "privacy:person:export"
    PRIVACY_ERASE = "privacy:person:erase"
    JOB_READ = "system:job:read"
    JOB_CANCEL = "system:job:cancel"
    EVENT_READ = "system:event:read"
    DATA_EXPORT = "data:list:export"
    IDENTITY_PROVIDER_READ = "account:provider:read"
    IDENTITY_PROVIDER_WRITE = "account:provider:write"
    ALERT_READ = "alert:alert:read"
    ALERT_HANDLE = "alert:alert:handle"
    ALERT_RULE_READ = "alert:rule:read"
    ALERT_RULE_WRITE = "alert:rule:write"
    IMPORT_READ = "data:import:read"
    IMPORT_RUN = "data:import:run"
    ONBOARDING_READ = "onboarding:charger:read"
    WEBHOOK_READ = "webhook:webhook:read"
    WEBHOOK_WRITE = "webhook:webhook:write"
    NOTIFICATION_READ = "notification:channel:read"
    NOTIFICATION_WRITE = "notification:channel:write"
    ONBOARDING_APPROVE = "onboarding:charger:approve"
    VIEW_SHARE = "view:view:share"
    DASHBOARD_DEFAULT = "dashboard:default:change"


# What a role that is given for a site or a group of chargers brings there. The rest concerns an organization as a
# whole: a role that is given for a part of it does not bring it.
PLACE_BOUND: Final = frozenset(
    {
        Permission.CHARGER_READ,
        Permission.CHARGER_CREATE,
        Permission.CHARGER_UPDATE,
        Permission.CHARGER_DELETE,
        Permission.CHARGER_RESET,
        Permission.COMMAND_SEND,
        Permission.COMMAND_RAW,
        Permission.CONFIGURATION_CHANGE,
        Permission.FIRMWARE_INSTALL,
        Permission.LOG_REQUEST,
        Permission.LOG_FORWARD,
        Permission.MESSAGE_READ,
        Permission.CHARGER_SECRET_ROTATE,
        Permission.FILE_READ,
        Permission.FILE_DELETE,
        Permission.GROUP_READ,
        Permission.SITE_READ,
        Permission.PROFILE_READ,
        Permission.PROFILE_SEND,
        Permission.CERTIFICATE_READ,
        Permission.CERTIFICATE_INSTALL,
        Permission.CERTIFICATE_REVOKE,
        Permission.FIRMWARE_READ,
        Permission.TRANSACTION_READ,
        Permission.TRANSACTION_CONTROL,
        Permission.TRANSACTION_CLOSE,
        Permission.EVENT_READ,
        Permission.DATA_EXPORT,
        Permission.ALERT_READ,
        Permission.ALERT_HANDLE,
        Permission.REPORT_READ,
    }
)
