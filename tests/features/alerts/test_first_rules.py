# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Organizations whose first rules were made by an older csms have what those of today begin with."""

import json
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg

from csms.features.alerts.bodies import SECURITY_EVENTS
from csms.kit.db import migrate
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from tests.api.support import product
from tests.features.alerts.support import RULES
from tests.support.postgres import Database

MIGRATION: Final = "20261129_alert_events"
OTHER: Final = UUID("0192f000-0000-7000-8000-0000000000aa")
_DOUBTS: Final = [
    "negative_register", "register_backwards", "register_reset", "implausible_jump", "implausible_stop", "no_register",
]  # fmt: skip
_EVENTS: Final = [
    "AttemptedReplayAttacks", "FailedToAuthenticateAtCentralSystem", "FailedToAuthenticateAtCsms",
    "CentralSystemFailedToAuthenticate", "CsmsFailedToAuthenticate", "SecurityLogWasCleared", "MemoryExhaustion",
    "TamperDetectionActivated", "InvalidFirmwareSignature", "InvalidFirmwareSigningCertificate",
    "InvalidCentralSystemCertificate", "InvalidCSMSCertificate", "InvalidChargePointCertificate",
    "InvalidChargingStationCertificate", "InvalidTLSVersion", "InvalidTLSCipherSuite", "wrong_secret",
]  # fmt: skip
# The first rules as they were when there first were some: name, severity, condition, what else is special.
_FIRST: Final[list[tuple[str, str, dict[str, Any], dict[str, Any]]]] = [
    ("Charger offline", "warning", {"kind": "offline", "after_s": 300, "never_connected": False}, {"group_over": 10}),
    ("Connector faulted", "warning", {"kind": "faulted", "after_s": 60}, {"group_over": 10}),
    ("Charger connects again and again", "warning", {"kind": "flapping", "connects": 5, "within_s": 600}, {"clear_after_s": 600}),
    ("No meter values", "warning", {"kind": "no_meter_values", "after_s": 900}, {}),
    ("Implausible meter values", "warning", {"kind": "implausible_meter", "flags": _DOUBTS}, {"clear_after_s": 604_800}),
    ("Certificate ends soon", "warning", {"kind": "certificate_expiry", "days": 21}, {}),
    ("Security event", "critical", {"kind": "security_event", "events": _EVENTS}, {"auto_resolve": False}),
    ("Older OCPP version than before", "warning", {"kind": "version_downgraded"}, {"auto_resolve": False}),
    ("Disk fills up", "critical", {"kind": "disk", "used_percent": 85}, {"clear_after_s": 600}),
    ("Background work failed", "warning", {"kind": "failed_jobs", "within_h": 48}, {}),
    ("Configuration differs from its template", "info", {"kind": "configuration_drift", "differences": 1}, {}),
    ("Wrong clock", "info", {"kind": "clock_offset", "offset_s": 120}, {"clear_after_s": 600}),
    ("Booted and may not work", "info", {"kind": "boot_rejected", "pending": True}, {}),
]  # fmt: skip
_OF_A_RULE: Final = (
    "name, kind, condition, scope, severity, quiet_hours, channels, enabled, auto_resolve, clear_after_s,"
    " renotify_after_s, notify_resolved, group_over, group_within_s"
)


async def _add(sql: asyncpg.Connection, name: str, severity: str, condition: dict[str, Any], **more: Any) -> None:
    columns = {"clear_after_s": 60, "group_over": None, "auto_resolve": True, **more}
    await sql.execute(
        "INSERT INTO alert_rules (id, organization_id, name, kind, condition, scope, severity, clear_after_s,"
        " group_over, group_within_s, auto_resolve) VALUES (gen_random_uuid(), $1, $2, $3, $4, '{}', $5, $6, $7, 120, $8)",
        OTHER, name, condition["kind"], json.dumps(condition), severity, *columns.values(),
    )  # fmt: skip


async def _rules(sql: asyncpg.Connection, organization: UUID) -> list[dict[str, Any]]:
    query = f"SELECT {_OF_A_RULE} FROM alert_rules WHERE organization_id = $1 ORDER BY name"
    return [{**row, "condition": json.loads(row["condition"])} for row in await sql.fetch(query, organization)]


async def _older(database: Database) -> asyncpg.Connection:
    """The schema before, with an organization that had its first rules."""
    await migrate.downgrade(database.owner_url, f"{MIGRATION}-1")
    sql = await database.connect()
    await sql.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Other')", OTHER)
    await sql.execute("INSERT INTO alert_states (organization_id, seeded_at) VALUES ($1, now())", OTHER)
    return sql


async def test_older_first_rules_are_those_of_today(database: Database, tmp_path: Path) -> None:
    """What a new organization begins with is given by a migration to those that have begun."""
    sql = await _older(database)
    try:
        for name, severity, condition, more in _FIRST:
            await _add(sql, name, severity, condition, **more)
        await migrate.upgrade(database.owner_url)
        async with product(database, tmp_path) as api:
            await api.items(RULES)
        new = await _rules(sql, DEFAULT_ORGANIZATION_ID)
        assert new
        assert await _rules(sql, OTHER) == new, (
            "write a migration for what is new in the first rules, or in their defaults"
        )
    finally:
        await sql.close()


async def test_what_somebody_chose_stays(database: Database) -> None:
    """Narrower rules, rules for all events, full rules; and back again."""
    sql = await _older(database)
    most = [*_EVENTS, *(f"own{number}" for number in range(100 - len(_EVENTS)))]
    kept = {
        "all": None,
        "full": most,
        "narrow": _EVENTS[1:],
        "one": ["wrong_secret"],
    }
    widened = {"first": _EVENTS, "wider": ["own", *_EVENTS]}
    try:
        for name, events in (kept | widened).items():
            await _add(sql, name, "info", {"kind": "security_event", "events": events})
        await _add(sql, "other kind", "info", {"kind": "offline", "events": _EVENTS})
        before = await _rules(sql, OTHER)
        await migrate.upgrade(database.owner_url)
        after = {rule["name"]: rule["condition"]["events"] for rule in await _rules(sql, OTHER)}
        assert after == {
            **kept,
            **{name: [*events, "tag_guessing"] for name, events in widened.items()},
            "other kind": _EVENTS,
        }
        assert after["first"] == list(SECURITY_EVENTS)
        await migrate.downgrade(database.owner_url, f"{MIGRATION}-1")
        assert await _rules(sql, OTHER) == before
    finally:
        await sql.close()
