# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Everything that is known beside a verdict, as typed items with their times."""

from collections.abc import Iterator

from csms.features.health.facts import Facts
from csms.features.health.rules import missed_heartbeats, refusals_since
from csms.features.health.words import Evidence


def evidence_of(facts: Facts) -> list[Evidence]:
    """In the order in which one would ask."""
    return [
        *_of_connection(facts),
        *_of_the_door(facts),
        *_of_boots(facts),
        *_of_what_was_done(facts),
        *_of_state(facts),
        *_of_others(facts),
    ]


def _of_connection(facts: Facts) -> Iterator[Evidence]:
    connection = facts.connection
    if connection is not None and facts.connected:
        shown = {"protocol": connection.protocol, "address": connection.address, "at": connection.connected_at}
        yield Evidence("connected", connection.connected_at, shown)
    elif connection is not None and connection.online:
        yield Evidence("node_ended", facts.gone_at, {"at": facts.gone_at})
    elif connection is not None:
        ended = {
            "at": facts.gone_at,
            "close_code": connection.close_code,
            "close_reason": connection.close_reason,
            "closed_by": connection.closed_by,
            "connected_at": connection.connected_at,
            "protocol": connection.protocol,
        }
        yield Evidence("disconnected", facts.gone_at, ended)
    if facts.message is not None:
        age_s = max(0, int((facts.now - facts.message.at).total_seconds()))
        yield Evidence("last_message", facts.message.at, {"action": facts.message.action, "age_s": age_s})
    missed = missed_heartbeats(facts)
    if missed > 0:
        yield Evidence("missed_heartbeats", facts.heard_at, {"missed": missed, "interval_s": facts.interval_s})
    if facts.connections_24h > 1:
        yield Evidence("connections", None, {"count": facts.connections_24h})


def _of_the_door(facts: Facts) -> Iterator[Evidence]:
    for refused in refusals_since(facts):
        shown = {
            "reason": refused.reason,
            "count": refused.count,
            "first_at": refused.first_at,
            "detail": refused.detail,
            "address": refused.address,
        }
        yield Evidence("refused", refused.last_at, shown)
    if facts.waits_as is not None:
        yield Evidence("waits_as", facts.waits_as.last_seen_at, {"identity": facts.waits_as.identity})
    if facts.next_security_profile is not None:
        profiles = {
            "security_profile": facts.security_profile,
            "next_security_profile": facts.next_security_profile,
        }
        yield Evidence("profile_not_taken", None, profiles)
    if facts.certificate is not None:
        not_after = facts.certificate.not_after
        yield Evidence("certificate", not_after, {"certificate": facts.certificate.kind, "at": not_after})


def _of_boots(facts: Facts) -> Iterator[Evidence]:
    boot = facts.boot
    if boot is not None:
        shown = {"at": boot.at, "reason": boot.reason, "status": boot.status, "firmware_version": boot.firmware_version}
        yield Evidence("last_boot", boot.at, shown)
    if facts.boots_24h > 1:
        yield Evidence("boots", None, {"count": facts.boots_24h})


def _of_what_was_done(facts: Facts) -> Iterator[Evidence]:
    if facts.firmware is not None:
        yield Evidence("firmware", facts.firmware.at, {"status": facts.firmware.status})
    for change in facts.changes:
        yield Evidence("configuration_change", change.at, {"key": change.key, "actor": change.actor})
    for command in facts.commands:
        shown = {"id": command.id, "type": command.type, "status": command.status, "actor": command.actor}
        yield Evidence("command", command.at, shown)


def _of_state(facts: Facts) -> Iterator[Evidence]:
    for fault in facts.faults:
        shown = {
            "evse_id": fault.evse_id,
            "connector_id": fault.connector_id,
            "error_code": fault.vendor_error_code or fault.error_code,
            "info": fault.info,
        }
        yield Evidence("fault", fault.at, shown)
    if facts.downgraded is not None:
        yield Evidence("version_downgraded", facts.downgraded.at, {"detail": facts.downgraded.detail})
    strays = facts.strays
    if strays is not None:
        counted = {"count": strays.findings, "action": strays.action, "code": strays.code}
        yield Evidence("findings", strays.last_at, counted)


def _of_others(facts: Facts) -> Iterator[Evidence]:
    near = facts.neighbours
    if near is not None and near.total > 0:
        shown = {"site": near.site, "total": near.total, "offline": near.offline, "together": near.together}
        yield Evidence("neighbours", facts.gone_at, shown)
    for alert in facts.alerts:
        told = {"id": alert.id, "kind": alert.kind, "severity": alert.severity, "title": alert.title}
        yield Evidence("alert", alert.at, told)
