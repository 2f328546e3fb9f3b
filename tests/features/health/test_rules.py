# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The rules of verdicts: a test for each cause, and what holds for all facts."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.features.health.evidence import evidence_of
from csms.features.health.facts import (
    Boot,
    Certificate,
    Change,
    Commanded,
    Connection,
    Facts,
    Fault,
    Message,
    Neighbours,
    OpenAlert,
    Progress,
    Refused,
    Strays,
    Told,
    Waiting,
)
from csms.features.health.rules import FLAPPING, cause_of, verdict_of
from csms.features.health.schemas import ChargerHealth
from csms.features.health.service import shown
from csms.features.health.words import CAUSES, STEPS

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
GONE = NOW - timedelta(hours=1)
KEY = UUID(int=7)
SEVERITIES = ("ok", "info", "warning", "critical")


def connection(**more: Any) -> Connection:
    """One that broke an hour ago."""
    ended: dict[str, Any] = {
        "online": False,
        "connected_at": GONE - timedelta(days=2),
        "ended_at": GONE,
        "seen_at": GONE - timedelta(seconds=20),
        "close_code": 1006,
        "close_reason": "",
        "closed_by": "network",
    }
    return Connection(**{**ended, **more})


def away(**more: Any) -> Facts:
    """A charger that went an hour ago."""
    return Facts(**{"now": NOW, "connected": False, "connection": connection(), "connectors": 2, **more})


def here(**more: Any) -> Facts:
    """A charger that is connected and was heard of just now."""
    held = connection(online=True, ended_at=None, seen_at=NOW, closed_by=None, close_code=None)
    return Facts(**{"now": NOW, "connected": True, "connection": held, "connectors": 2, **more})


def refused(reason: str, at: datetime = NOW, count: int = 3) -> Refused:
    """Handshakes that were refused."""
    return Refused(reason, count, at - timedelta(minutes=5), at, "refused", "192.0.2.1")


def commanded(kind: str, minutes: float, status: str = "accepted") -> Commanded:
    """A command so long before it went."""
    return Commanded(KEY, kind, status, GONE - timedelta(minutes=minutes), "admin")


ABSENCES: list[tuple[str, Facts]] = [
    ("wrong_secret", away(refusals=(refused("wrong_secret"),))),
    ("no_credentials", away(refusals=(refused("no_credentials"),))),
    ("wrong_certificate", away(refusals=(refused("wrong_certificate"),))),
    ("insecure_connection", away(refusals=(refused("insecure_connection"),))),
    ("no_common_version", away(refusals=(refused("no_common_version"),))),
    ("second_connection", away(refusals=(refused("second_connection"),))),
    # the newest tells what is wrong now
    ("wrong_secret", away(refusals=(refused("insecure_connection", GONE), refused("wrong_secret")))),
    # refused before it was let in: over
    ("connection_lost", away(refusals=(refused("wrong_secret", GONE - timedelta(days=3)),))),
    (
        "certificate_expired",
        away(refusals=(refused("wrong_certificate"),), certificate=Certificate("charging_station", GONE)),
    ),
    (
        "wrong_certificate",
        away(
            refusals=(refused("wrong_certificate"),),
            certificate=Certificate("charging_station", NOW + timedelta(days=9)),
        ),
    ),
    ("certificate_expired", away(security_profile=3, certificate=Certificate("charging_station", GONE))),
    ("connection_lost", away(security_profile=1, certificate=Certificate("charging_station", GONE))),
    ("waits_under_another_identity", away(waits_as=Waiting("CP-NEW", NOW))),
    ("never_seen", away(connection=None)),
    ("wrong_secret", away(connection=None, refusals=(refused("wrong_secret"),))),
    ("node_ended", away(connection=connection(online=True), node_ended_at=GONE)),
    ("node_ended", away(connection=connection(closed_by="node"))),
    ("csms_restarted", away(connection=connection(closed_by="csms", close_reason="the CSMS is restarting"))),
    ("settings_changed", away(connection=connection(closed_by="csms", close_reason="provisioned anew"))),
    (
        "settings_changed",
        away(connection=connection(closed_by="csms", close_reason="the charger's settings were changed")),
    ),
    ("reset", away(commands=(commanded("reset", 2),))),
    ("reset", away(commands=(commanded("reset", 2, "timed_out"),))),
    ("connection_lost", away(commands=(commanded("reset", 2, "rejected"),))),
    ("connection_lost", away(commands=(commanded("reset", 16),))),
    ("connection_lost", away(commands=(commanded("reset", -1),))),
    ("firmware_update", away(commands=(commanded("update_firmware", 100),))),
    ("firmware_update", away(firmware=Progress("Installing", GONE - timedelta(minutes=3)))),
    ("connection_lost", away(firmware=Progress("Installed", GONE - timedelta(minutes=3)))),
    ("configuration_changed", away(commands=(commanded("set_network_profile", 20),))),
    ("configuration_changed", away(changes=(Change("HeartbeatInterval", GONE - timedelta(minutes=9), "admin"),))),
    ("connection_lost", away(changes=(Change("HeartbeatInterval", GONE - timedelta(minutes=31), "admin"),))),
    ("site_offline", away(neighbours=Neighbours("Depot", 3, 3, 2))),
    ("site_offline", away(neighbours=Neighbours("Depot", 1, 1, 1))),
    ("connection_lost", away(neighbours=Neighbours("Depot", 9, 9, 4))),
    ("connection_lost", away(neighbours=Neighbours("Depot", 0, 0, 0))),
    ("unsteady_connection", away(connections_24h=FLAPPING)),
    ("connection_lost", away(connections_24h=FLAPPING - 1)),
    ("connection_lost", away(connection=connection(closed_by="csms", close_reason="answered none of 3 pings"))),
    ("closed_by_charger", away(connection=connection(closed_by="charger", close_code=1001, close_reason="bye"))),
    ("closed_by_csms", away(connection=connection(closed_by="csms", close_code=1003, close_reason="text frames"))),
    ("unknown", away(connection=connection(closed_by=None, close_code=None))),
]


@pytest.mark.parametrize(("code", "facts"), ABSENCES)
def test_the_cause_of_an_absence(code: str, facts: Facts) -> None:
    """The first that fits, in words too."""
    cause = cause_of(facts)
    assert cause is not None
    assert cause.code == code
    assert verdict_of(facts)[0] == ("never_connected" if facts.connection is None else "offline")
    answer = shown(facts, "CP1")
    assert answer["cause"]["text"]
    assert answer["step"]["text"]


PRESENT: list[tuple[str, str, str | None, Facts]] = [
    ("healthy", "ok", None, here()),
    ("rejected", "warning", "registration_rejected", here(registration="rejected")),
    ("rejected", "warning", "registration_rejected", here(boot_status="rejected")),
    ("pending", "info", "registration_pending", here(registration="pending")),
    ("pending", "info", "not_booted", here(boot_status="none")),
    ("faulted", "warning", "connector_faulted", here(faults=(Fault(1, 1, NOW, "GroundFailure"),))),
    ("faulted", "critical", "connector_faulted", here(faults=(Fault(0, 0, NOW, "InternalError"),))),
    ("faulted", "critical", "connector_faulted", here(faults=(Fault(1, 1, NOW), Fault(2, 1, NOW)))),
    ("degraded", "warning", "silent", here(connection=connection(online=True, seen_at=NOW - timedelta(seconds=900)))),
    ("healthy", "ok", None, here(connection=connection(online=True, seen_at=NOW - timedelta(seconds=899)))),
    (
        "healthy",
        "ok",
        None,
        here(
            connection=connection(online=True, seen_at=NOW - timedelta(seconds=900)),
            message=Message(NOW - timedelta(seconds=9), "MeterValues"),
        ),
    ),
    ("degraded", "warning", "unsteady_connection", here(connections_24h=FLAPPING)),
    (
        "degraded",
        "warning",
        "certificate_expires",
        here(certificate=Certificate("charging_station", NOW + timedelta(days=20))),
    ),
    ("healthy", "ok", None, here(certificate=Certificate("charging_station", NOW + timedelta(days=22)))),
    ("degraded", "warning", "version_downgraded", here(downgraded=Told(NOW - timedelta(days=6), "2.0.1 to 1.6"))),
    ("healthy", "ok", None, here(downgraded=Told(NOW - timedelta(days=8), "2.0.1 to 1.6"))),
    ("degraded", "warning", "profile_not_taken", here(next_security_profile=2)),
    ("degraded", "warning", "refused_beside", here(refusals=(refused("wrong_secret"),))),
    ("degraded", "warning", "open_alerts", here(alerts=(OpenAlert(KEY, "clock_offset", "warning", "Clock", NOW),))),
    ("healthy", "ok", None, here(alerts=(OpenAlert(KEY, "clock_offset", "info", "Clock", NOW),))),
    ("healthy", "ok", None, here(strays=Strays(4, NOW, "MeterValues", "unknown_field"))),
    ("retired", "info", "retired", here(retired_at=NOW)),
    ("retired", "info", "retired", away(retired_at=NOW)),
]


@pytest.mark.parametrize(("verdict", "severity", "code", "facts"), PRESENT)
def test_the_verdict_on_one_that_is_there(verdict: str, severity: str, code: str | None, facts: Facts) -> None:
    """Verdict, severity and cause."""
    cause = cause_of(facts)
    assert (*verdict_of(facts), cause and cause.code) == (verdict, severity, code)


def test_what_passes_by_itself_is_no_alarm() -> None:
    """Right after a reset or a restart an absence is expected; later it is not."""
    reset = away(commands=(commanded("reset", 1),))
    assert verdict_of(reset) == ("offline", "critical")
    soon = {"now": GONE + timedelta(minutes=3), "connected": False, "connection": connection()}
    assert verdict_of(Facts(**soon, commands=(commanded("reset", 1),))) == ("offline", "warning")
    assert verdict_of(Facts(**soon)) == ("offline", "critical")
    updating = Facts(**{**soon, "now": GONE + timedelta(minutes=90)}, commands=(commanded("update_firmware", 1),))
    assert verdict_of(updating) == ("offline", "warning")
    assert verdict_of(away(connection=None)) == ("never_connected", "info")
    assert verdict_of(away(connection=None, refusals=(refused("wrong_secret"),))) == ("never_connected", "warning")


def test_every_cause_is_tested_and_said() -> None:
    """A cause without words or without a test would be one that nobody has looked at."""
    tested = {code for code, _ in ABSENCES} | {code for *_, code, _ in PRESENT if code}
    assert tested == CAUSES.keys()
    assert {step for _, step in CAUSES.values() if step} == STEPS.keys()


def test_words_of_others_do_no_harm() -> None:
    """Templates, control characters and endless texts of a charger are shown, bounded, and nothing more."""
    facts = away(
        connection=connection(closed_by="csms", close_code=1003, close_reason="{count} {0} \x1b[31m" + "x" * 5000)
    )
    text = shown(facts, "CP1")["cause"]["text"]
    assert "{count} {0}" in text
    assert "\x1b" not in text
    assert len(text) < 300


TIMES = st.timedeltas(min_value=timedelta(days=-400), max_value=timedelta(days=1)).map(lambda each: NOW + each)
WORDS = st.text(max_size=20)
CONNECTIONS = st.builds(
    Connection,
    online=st.booleans(),
    connected_at=st.none() | TIMES,
    ended_at=st.none() | TIMES,
    seen_at=st.none() | TIMES,
    close_code=st.none() | st.integers(0, 4999),
    close_reason=st.none() | WORDS | st.sampled_from(["the CSMS is restarting", "answered none of 3 pings"]),
    closed_by=st.none() | st.sampled_from(["charger", "csms", "network", "node"]),
    protocol=st.none() | st.just("ocpp1.6"),
    address=st.none() | WORDS,
)
REASONS = st.sampled_from(["wrong_secret", "no_credentials", "wrong_certificate", "retired", "whatever comes next"])
FACTS = st.builds(
    Facts,
    now=st.just(NOW),
    connected=st.booleans(),
    registration=st.sampled_from(["accepted", "pending", "rejected"]),
    boot_status=st.sampled_from(["none", "accepted", "pending", "rejected"]),
    retired_at=st.none() | TIMES,
    security_profile=st.integers(0, 3),
    next_security_profile=st.none() | st.integers(0, 3),
    interval_s=st.integers(10, 86_400),
    connectors=st.integers(0, 4),
    connection=st.none() | CONNECTIONS,
    node_ended_at=st.none() | TIMES,
    message=st.none() | st.builds(Message, TIMES, WORDS),
    heartbeat_at=st.none() | TIMES,
    refusals=st.lists(st.builds(Refused, REASONS, st.integers(1, 9), TIMES, TIMES, WORDS, WORDS), max_size=3).map(
        tuple
    ),
    connections_24h=st.integers(0, 1000),
    boot=st.none() | st.builds(Boot, TIMES, st.none() | WORDS, WORDS, st.none() | WORDS),
    boots_24h=st.integers(0, 1000),
    neighbours=st.none()
    | st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)).map(
        lambda n: Neighbours("Depot", max(n), sorted(n)[1], min(n))
    ),
    certificate=st.none() | st.builds(Certificate, WORDS, TIMES),
    firmware=st.none() | st.builds(Progress, WORDS | st.just("Installing"), TIMES),
    changes=st.lists(st.builds(Change, WORDS, TIMES, WORDS), max_size=2).map(tuple),
    commands=st.lists(
        st.builds(
            Commanded,
            st.just(KEY),
            st.sampled_from(["reset", "update_firmware", "set_variables", "unlock"]),
            st.sampled_from(["accepted", "rejected", "pending"]),
            TIMES,
            WORDS,
        ),
        max_size=3,
    ).map(tuple),
    faults=st.lists(
        st.builds(Fault, st.integers(0, 2), st.integers(0, 2), TIMES, st.none() | WORDS, st.none() | WORDS), max_size=2
    ).map(tuple),
    downgraded=st.none() | st.builds(Told, TIMES, WORDS),
    strays=st.none() | st.builds(Strays, st.integers(1, 99), TIMES, WORDS, WORDS),
    alerts=st.lists(
        st.builds(OpenAlert, st.just(KEY), WORDS, st.sampled_from(["info", "warning", "critical"]), WORDS, TIMES),
        max_size=2,
    ).map(tuple),
    waits_as=st.none() | st.builds(Waiting, WORDS, TIMES),
)


@given(FACTS)
def test_whatever_is_known_there_is_a_verdict(facts: Facts) -> None:
    """One of the verdicts, a cause unless it is healthy, words for all of it, and what the API document promises."""
    answer = shown(facts, "CP1")
    ChargerHealth.model_validate(answer)
    verdict, severity = answer["verdict"], answer["severity"]
    assert verdict in get_args(ChargerHealth.model_fields["verdict"].annotation)
    assert severity in SEVERITIES
    assert (verdict == "healthy") == (answer["cause"] is None) == (severity == "ok")
    assert (verdict in ("offline", "never_connected")) == (not facts.connected and facts.retired_at is None)
    assert (answer["since"] is None) or not facts.connected
    assert len(answer["evidence"]) == len(evidence_of(facts))


@given(FACTS)
def test_a_connected_charger_is_never_called_offline(facts: Facts) -> None:
    """And one that is away is never called healthy."""
    verdict, _ = verdict_of(facts)
    if facts.connected:
        assert verdict not in ("offline", "never_connected")
    else:
        assert verdict in ("offline", "never_connected", "retired")
