# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How a charger is and why: pure rules over facts.

What is known for certain comes before what is likely, and what is about this charger before what is about its place: a
refused password explains an absence, whatever was sent before it. The first cause that fits is the cause; all facts are
shown beside it as evidence, so that whoever reads can judge otherwise.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from csms.domain.chargers import (
    CLOSED_PROVISIONED,
    CLOSED_RESTART,
    CLOSED_SETTINGS,
    CLOSED_SILENT,
    ClosedBy,
)
from csms.features.health.facts import Certificate, Facts, Refused
from csms.features.health.words import Cause

TOGETHER: Final = timedelta(minutes=10)
"""Chargers of a site that went within so long of each other went for the same reason."""
AFTER_RESET: Final = timedelta(minutes=15)
AFTER_FIRMWARE: Final = timedelta(hours=2)
AFTER_CHANGE: Final = timedelta(minutes=30)
RECENT: Final = timedelta(days=7)
EXPIRES_SOON: Final = timedelta(days=21)
FLAPPING: Final = 6
"""So many connections in 24 hours are an unsteady line."""
MISSED: Final = 3
"""So many heartbeats in a row: it is connected, and says nothing."""

_RESETS: Final = frozenset({"reset"})
_FIRMWARE: Final = frozenset({"update_firmware"})
_CHANGES: Final = frozenset(
    {"change_configuration", "set_variables", "set_network_profile", "send_signed_certificate", "install_certificate",
        "delete_certificate", "change_availability"}
)  # fmt: skip
_INSTALLING: Final = frozenset({"downloading", "downloaded", "installing", "installrebooting", "installscheduled"})
_SILENT: Final = CLOSED_SILENT.partition("{")[0]
_OURS: Final = {
    CLOSED_RESTART: "csms_restarted",
    CLOSED_PROVISIONED: "settings_changed",
    CLOSED_SETTINGS: "settings_changed",
}
_REFUSALS: Final = {
    "wrong_secret": "wrong_secret",
    "no_credentials": "no_credentials",
    "wrong_certificate": "wrong_certificate",
    "insecure_connection": "insecure_connection",
    "no_common_version": "no_common_version",
    "second_connection": "second_connection",
}


def verdict_of(facts: Facts) -> tuple[str, str]:
    """The verdict and its severity: ok, info, warning or critical."""
    if facts.retired_at is not None:
        return "retired", "info"
    if facts.connected:
        return _of_connected(facts)
    if facts.connection is None:
        return "never_connected", "warning" if refusals_since(facts) else "info"
    return "offline", "warning" if _is_expected(facts) else "critical"


def _of_connected(facts: Facts) -> tuple[str, str]:
    if "rejected" in (facts.registration, facts.boot_status):
        return "rejected", "warning"
    if facts.registration == "pending" or facts.boot_status in ("pending", "none"):
        return "pending", "info"
    if facts.faults:
        whole = any(fault.connector_id == 0 for fault in facts.faults) or len(facts.faults) >= facts.connectors
        return "faulted", "critical" if whole else "warning"
    if next(_doubts(facts), None) is not None:
        return "degraded", "warning"
    return "healthy", "ok"


def _is_expected(facts: Facts) -> bool:
    """Away for a moment, for a reason that passes by itself."""
    gone_at = facts.gone_at
    cause = cause_of(facts)
    passing = {"reset", "csms_restarted", "settings_changed"}
    if cause is None or gone_at is None:
        return False
    if cause.code == "firmware_update":
        return facts.now - gone_at <= AFTER_FIRMWARE
    return cause.code in passing and facts.now - gone_at <= AFTER_RESET


def cause_of(facts: Facts) -> Cause | None:
    """The most probable cause; None where nothing is wrong."""
    verdict = verdict_of(facts)[0] if facts.connected or facts.retired_at is not None else None
    if verdict == "retired":
        return Cause("retired", {"at": facts.retired_at})
    if verdict is None:
        return next(_absences(facts))
    if verdict == "rejected":
        return Cause("registration_rejected", {})
    if verdict == "pending":
        return Cause("not_booted" if facts.boot_status == "none" else "registration_pending", {})
    if verdict == "faulted":
        first = facts.faults[0]
        words = first.vendor_error_code or first.error_code or first.info
        return Cause(
            "connector_faulted", {"connector_id": first.connector_id, "error_code": words, "count": len(facts.faults)}
        )
    return next(_doubts(facts), None)


def refusals_since(facts: Facts) -> tuple[Refused, ...]:
    """Handshakes that were refused since the charger was last let in; the newest first."""
    last = None if facts.connection is None else facts.connection.connected_at
    since = [each for each in facts.refusals if last is None or each.last_at > last]
    return tuple(sorted(since, key=lambda each: each.last_at, reverse=True))


def missed_heartbeats(facts: Facts) -> int:
    """How many heartbeats did not come, since anything was heard last."""
    heard_at = facts.heard_at
    if heard_at is None:
        return 0
    return max(0, int((facts.now - heard_at).total_seconds() // facts.interval_s))


def is_over(certificate: Certificate | None, at: datetime) -> bool:
    """Whether a certificate had ended by then."""
    return certificate is not None and certificate.not_after <= at


# -- why it is away ------------------------------------------------------------------------------------------------


def _absences(facts: Facts) -> Iterator[Cause]:
    """Causes of an absence, the most certain first; the last one always fits."""
    yield from _at_the_door(facts)
    if facts.waits_as is not None:
        yield Cause("waits_under_another_identity", {"identity": facts.waits_as.identity})
    if facts.connection is None:
        yield Cause("never_seen", {})
    yield from _by_the_csms(facts)
    yield from _after_commands(facts)
    yield from _of_the_site(facts)
    if facts.security_profile == 3 and is_over(facts.certificate, facts.now):
        yield _expired(facts)
    if facts.connections_24h >= FLAPPING:
        yield Cause("unsteady_connection", {"count": facts.connections_24h})
    yield from _by_its_end(facts)
    yield Cause("unknown", {})


def _expired(facts: Facts) -> Cause:
    return Cause("certificate_expired", {"not_after": facts.certificate and facts.certificate.not_after})


def _at_the_door(facts: Facts) -> Iterator[Cause]:
    for refused in refusals_since(facts):
        code = _REFUSALS.get(refused.reason)
        if code == "wrong_certificate" and is_over(facts.certificate, refused.last_at):
            yield _expired(facts)
        if code is not None:
            yield Cause(
                code, {"count": refused.count, "at": refused.last_at, "security_profile": facts.security_profile}
            )


def _by_the_csms(facts: Facts) -> Iterator[Cause]:
    connection = facts.connection
    if connection is None:
        return
    if connection.online or connection.closed_by == ClosedBy.NODE:  # it was not ended, its process was
        yield Cause("node_ended", {"at": facts.gone_at})
    elif connection.closed_by == ClosedBy.CSMS and (code := _OURS.get(connection.close_reason or "")) is not None:
        yield Cause(code, {"at": facts.gone_at})


def _after_commands(facts: Facts) -> Iterator[Cause]:
    gone_at = facts.gone_at
    if gone_at is None:
        return
    done = [each for each in facts.commands if each.status in ("accepted", "pending", "timed_out")]

    def within(at: datetime, window: timedelta) -> bool:
        return timedelta() <= gone_at - at <= window

    for command in done:
        if command.type in _RESETS and within(command.at, AFTER_RESET):
            yield Cause("reset", {"at": command.at, "actor": command.actor})
    progress = facts.firmware
    installs = progress is not None and progress.status.lower() in _INSTALLING
    if progress is not None and installs and within(progress.at, AFTER_FIRMWARE):
        yield Cause("firmware_update", {"at": progress.at, "status": progress.status})
    for command in done:
        if command.type in _FIRMWARE and within(command.at, AFTER_FIRMWARE):
            yield Cause("firmware_update", {"at": command.at, "status": command.status})
    for change in facts.changes:
        if within(change.at, AFTER_CHANGE):
            yield Cause("configuration_changed", {"key": change.key, "at": change.at, "actor": change.actor})
    for command in done:
        if command.type in _CHANGES and within(command.at, AFTER_CHANGE):
            yield Cause("configuration_changed", {"key": command.type, "at": command.at, "actor": command.actor})


def _of_the_site(facts: Facts) -> Iterator[Cause]:
    near = facts.neighbours
    if near is not None and near.together > 0 and 2 * near.together >= near.total:
        # the charger itself is one of them
        yield Cause("site_offline", {"offline": near.together + 1, "total": near.total + 1, "site": near.site})


def _by_its_end(facts: Facts) -> Iterator[Cause]:
    connection = facts.connection
    if connection is None or connection.closed_by is None:
        return
    reason, code = connection.close_reason or "", connection.close_code
    if connection.closed_by == ClosedBy.CHARGER:
        yield Cause("closed_by_charger", {"close_code": code, "close_reason": reason})
    elif connection.closed_by == ClosedBy.NETWORK or reason.startswith(_SILENT):
        fault = next(iter(facts.faults), None)
        yield Cause("connection_lost", {"error_code": fault and (fault.vendor_error_code or fault.error_code)})
    elif connection.closed_by == ClosedBy.CSMS:
        yield Cause("closed_by_csms", {"close_code": code, "close_reason": reason})


# -- what is doubtful while it is connected ------------------------------------------------------------------------


def _doubts(facts: Facts) -> Iterator[Cause]:
    missed = missed_heartbeats(facts)
    if missed >= MISSED:
        yield Cause("silent", {"missed": missed, "interval_s": facts.interval_s})
    if facts.connections_24h >= FLAPPING:
        yield Cause("unsteady_connection", {"count": facts.connections_24h})
    certificate = facts.certificate
    if certificate is not None and certificate.not_after - facts.now <= EXPIRES_SOON:
        yield Cause("certificate_expires", {"not_after": certificate.not_after})
    down = facts.downgraded
    if down is not None and facts.now - down.at <= RECENT:
        yield Cause("version_downgraded", {"at": down.at, "detail": down.detail})
    if facts.next_security_profile is not None:
        yield Cause("profile_not_taken", {"security_profile": facts.next_security_profile})
    beside = next((each for each in refusals_since(facts) if each.reason != "second_connection"), None)
    if beside is not None:
        yield Cause("refused_beside", {"count": beside.count, "reason": beside.reason, "address": beside.address})
    serious = [each for each in facts.alerts if each.severity != "info"]
    if serious:
        yield Cause("open_alerts", {"count": len(serious), "title": serious[0].title})
