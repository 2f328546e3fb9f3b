# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Which answers are kept, and of which tables they are made.

Those are chosen that many ask for and few change, and that hold nothing personal; what takes no SQL is made anew as
quickly. Each table has the trigger `told` (migration `20261128_answers`); `tests/security/test_answers.py` compares the
tables with those that the routes read.
"""

from typing import Final

from csms.kit.clock import Clock
from csms.kit.config import Settings
from csms.kit.db.changes import ChangeListener
from csms.kit.db.rights import ChangedRights, RightsHearer
from csms.kit.http.answers import Answers
from csms.kit.metrics import Metrics

_SITES: Final = ("sites", "place_sums")
_GROUPS: Final = ("charger_groups", "charger_group_members", "chargers")
_ROLES: Final = ("roles", "users", "role_assignments", "settings")
_TEMPLATES: Final = ("configuration_templates", "configuration_assignments", "chargers")

KEPT: Final[dict[str, tuple[str, ...]]] = {
    "/api/v1/charger-groups": _GROUPS,
    "/api/v1/charger-groups/{group_id}": _GROUPS,
    "/api/v1/charging-profiles": ("charging_profiles",),
    "/api/v1/charging-profiles/{profile_id}": ("charging_profiles",),
    "/api/v1/configuration-templates": _TEMPLATES,
    "/api/v1/configuration-templates/{template_id}": _TEMPLATES,
    "/api/v1/feature-flags": ("feature_flags",),
    "/api/v1/feature-flags/{key}": ("feature_flags",),
    "/api/v1/firmware": ("firmware_images",),
    "/api/v1/firmware/{firmware_id}": ("firmware_images",),
    "/api/v1/notification-templates": ("notification_templates",),
    "/api/v1/notification-templates/{kind}": ("notification_templates",),
    "/api/v1/roles": _ROLES,
    "/api/v1/roles/{key}": _ROLES,
    "/api/v1/settings": ("settings", "settings_history"),
    "/api/v1/sites": _SITES,
    "/api/v1/sites/{site_id}": _SITES,
    "/api/v1/token-groups": ("token_group_sums",),
}
# Frequent, and changing none of these tables.
HARMLESS: Final = ("account:session:", "charger:command:", "system:list:", "system:job:", "view:", "dashboard:")


def answers_of(settings: Settings, metrics: Metrics) -> Answers:
    """What this process keeps. Behind PgBouncer nothing: in its transaction mode nobody hears of changes."""
    room = 0 if settings.database.pgbouncer else settings.http.kept_answers_mib * 1024 * 1024
    return Answers(KEPT, room, metrics, harmless=HARMLESS)


def listener_of(
    settings: Settings, url: str, answers: Answers, rights: ChangedRights, clock: Clock
) -> ChangeListener | None:
    """Who hears what changes, of which answers are made or on which rights stand; None where nobody could."""
    return None if settings.database.pgbouncer else ChangeListener(url, RightsHearer(rights, answers), clock)
