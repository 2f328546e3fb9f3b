# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How much people may keep, and which screens there are to keep views of."""

from collections.abc import Mapping
from typing import Final

from csms.features.accounts.permissions import Permission

MAX_PREFERENCES_BYTES: Final = 64 * 1024
MAX_DISPLAY_BYTES: Final = 4 * 1024
MAX_WIDGET_BYTES: Final = 4 * 1024
MAX_DASHBOARD_BYTES: Final = 64 * 1024
MAX_FILTER_BYTES: Final = 16 * 1024
MAX_WIDGETS: Final = 40
MAX_VIEWS: Final = 200
MAX_DASHBOARDS: Final = 20
MAX_DEFAULTS: Final = 10

# A screen to what whoever sees a shared view of it may read, somewhere at least.
SCREENS: Final[Mapping[str, Permission]] = {
    "alert_rules": Permission.ALERT_RULE_READ,
    "alerts": Permission.ALERT_READ,
    "api_keys": Permission.API_KEY_READ,
    "audit": Permission.AUDIT_READ,
    "bulk_changes": Permission.CHARGER_READ,
    "bulk_commands": Permission.CHARGER_READ,
    "certificates": Permission.CERTIFICATE_READ,
    "charger_groups": Permission.GROUP_READ,
    "chargers": Permission.CHARGER_READ,
    "charging_profiles": Permission.PROFILE_READ,
    "commands": Permission.CHARGER_READ,
    "configuration_templates": Permission.CHARGER_READ,
    "drivers": Permission.DRIVER_READ,
    "files": Permission.FILE_READ,
    "firmware": Permission.FIRMWARE_READ,
    "imports": Permission.IMPORT_READ,
    "jobs": Permission.JOB_READ,
    "map": Permission.CHARGER_READ,
    "messages": Permission.MESSAGE_READ,
    "notifications": Permission.NOTIFICATION_READ,
    "pending_chargers": Permission.ONBOARDING_READ,
    "requests": Permission.REQUEST_READ,
    "reservations": Permission.CHARGER_READ,
    "roles": Permission.ROLE_READ,
    "sites": Permission.SITE_READ,
    "token_changes": Permission.TOKEN_READ,
    "token_groups": Permission.TOKEN_READ,
    "tokens": Permission.TOKEN_READ,
    "transactions": Permission.TRANSACTION_READ,
    "users": Permission.USER_READ,
    "webhooks": Permission.WEBHOOK_READ,
}


def readable(grants: Mapping[str, object]) -> list[str]:
    """The screens that somebody may read, somewhere at least."""
    return [screen for screen, permission in SCREENS.items() if permission in grants]
