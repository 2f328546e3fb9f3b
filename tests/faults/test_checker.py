# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The checker finds what it is there for: each thing that must not be is planted, and named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from tests.faults.checker import Kind, Violation, check, stuck
from tests.faults.history import STATUS, Fact, Heard, History, Issued, Session
from tests.faults.stored import Command, MeterRow, Stored, Transaction
from tests.faults.words import V16, V201, Words

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
WORDS = pytest.mark.parametrize("words", [V16(), V201()], ids=["1.6", "2.0.1"])


def _told(words: Words) -> tuple[History, Stored]:
    """A session and a command, told and stored as they should be."""
    rng = Random(1)
    session = words.session("CP1", 1, AT, 1_000, rng)
    facts = [words.boot("CP1"), words.status("CP1", 1, "Preparing", AT), words.start(session)]
    session.number = None if session.ref else 4711
    for minute in (1, 2):
        session.readings.append((AT + timedelta(minutes=minute), 1_000 + minute * 10))
        facts.append(words.meter(session))
    session.ended_at, session.meter_stop = AT + timedelta(minutes=3), 1_030
    facts.append(words.stop(session, rng))
    for number, fact in enumerate(facts):
        fact.ids, fact.sent, fact.answer = [f"m{number}"], 1, {}
    heard = [Heard("CP1", "c1", AT, 1.0, answered=True)]
    history = History(facts, heard=heard, issued=[Issued("CP1", "c1", "id1")])
    return history, _stored(facts, session)


def _stored(facts: list[Fact], session: Session) -> Stored:
    row = Transaction(
        session.name,
        "CP1",
        1,
        session.number or 1,
        "completed",
        "accepted",
        session.meter_start,
        session.meter_stop,
        session.energy_wh,
        session.begun_at,
        session.ended_at,
        "Local",
        (),
    )
    statuses = [fact for fact in facts if fact.kind == STATUS]
    return Stored(
        transactions=[row],
        readings=[
            MeterRow(session.name, each.at, each.energy_wh, each.context, 1, ())
            for fact in facts
            for each in fact.readings
        ],
        statuses={(fact.charger, fact.connector, fact.status or "", fact.at or AT) for fact in statuses},
        connectors={(fact.charger, fact.connector): fact.status or "" for fact in statuses},
        logged={(fact.charger, fact.ids[0], fact.action) for fact in facts},
        commands=[Command("id1", "CP1", "c1", "accepted", AT + timedelta(seconds=5))],
    )


def _found(history: History, stored: Stored, *, whole: bool = True, unknown_commits: int = 0) -> list[Kind]:
    return [each.kind for each in check(history, stored, whole=whole, unknown_commits=unknown_commits)]


@WORDS
@pytest.mark.parametrize("whole", [True, False])
def test_what_is_right_is_right(words: Words, whole: bool) -> None:
    """Nothing is found where nothing is wrong."""
    assert _found(*_told(words), whole=whole) == []


@WORDS
def test_every_message_that_is_lost_is_missed(words: Words) -> None:
    """A transaction, each reading, a state, an end, a line of the log: acknowledged, and not there."""
    history, stored = _told(words)
    assert _found(history, replace(stored, transactions=[])) == [Kind.LOST]
    for place in range(len(stored.readings)):
        left = stored.readings[:place] + stored.readings[place + 1 :]
        assert _found(history, replace(stored, readings=left)) == [Kind.LOST]
    assert _found(history, replace(stored, statuses=set())) == [Kind.LOST]
    for line in stored.logged:
        assert _found(history, replace(stored, logged=stored.logged - {line})) == [Kind.LOST]
    (row,) = stored.transactions
    active = replace(row, status="active", meter_stop=None, energy_wh=None, stopped_at=None, reason=None)
    assert _found(history, replace(stored, transactions=[active])) == [Kind.LOST]


@WORDS
def test_what_is_not_acknowledged_is_not_missed(words: Words) -> None:
    """A message without an answer is the charger's to send again."""
    history, stored = _told(words)
    history.in_hand = [history.facts.pop()]
    stored.logged = {line for line in stored.logged if line[1] != history.in_hand[0].ids[0]}
    assert _found(history, stored, whole=False) == []


@WORDS
def test_a_session_that_is_there_twice_is_found(words: Words) -> None:
    """By its name, by its place and time, by an event told twice, by a number given twice."""
    history, stored = _told(words)
    (row,) = stored.transactions
    assert Kind.DOUBLED in _found(history, replace(stored, transactions=[row, row]), whole=False)
    other = replace(row, name="4712", number=4712)
    assert Kind.DOUBLED in _found(history, replace(stored, transactions=[row, other]), whole=False)
    late = replace(other, started_at=AT + timedelta(hours=1))
    assert _found(history, replace(stored, transactions=[row, late])) == [Kind.DOUBLED]
    assert _found(history, replace(stored, told_twice=["transaction_ended 4711"])) == [Kind.DOUBLED]


def test_a_number_that_is_given_twice_is_found() -> None:
    """Two sessions that were told the same number are one bill."""
    history, stored = _told(V16())
    again, _ = _told(V16())
    history.facts += again.facts
    assert Kind.DOUBLED in _found(history, stored, whole=False)


def test_a_reading_may_be_there_as_often_as_it_was_sent() -> None:
    """Of 1.6; those of numbered events are there once, however often they were sent."""
    history, stored = _told(V16())
    stored.readings[0] = replace(stored.readings[0], count=2)
    assert _found(history, stored) == [Kind.DOUBLED]
    assert _found(history, stored, unknown_commits=1) == []
    history.facts[3].sent = 2
    assert _found(history, stored) == []
    history, stored = _told(V201())
    for fact in history.facts:
        fact.sent = 2
    stored.readings[0] = replace(stored.readings[0], count=2)
    assert _found(history, stored, unknown_commits=1) == [Kind.DOUBLED]


def test_a_late_command_is_found() -> None:
    """After its expiry, and more than the way to the charger takes; where the line held it up nobody can say."""
    history, stored = _told(V16())
    for late_s, allowance_s, found in ((0.9, 1.0, []), (1.1, 1.0, [Kind.LATE]), (60, None, []), (1.1, 2.0, [])):
        at = AT + timedelta(seconds=5 + late_s)
        history.heard = [Heard("CP1", "c1", at, allowance_s, answered=True)]
        assert _found(history, stored) == found


def test_commands_that_are_not_what_they_are_called_are_found() -> None:
    """Delivered twice, lost by the API, never closed, accepted by nobody, accepted without an answer, given by nobody."""
    history, stored = _told(V16())
    (heard,), (row,) = history.heard, stored.commands
    assert _found(replace(history, heard=[heard, heard]), stored) == [Kind.DOUBLED]
    assert Kind.LOST in _found(history, replace(stored, commands=[]))
    assert _found(history, replace(stored, commands=[replace(row, status="pending")])) == [Kind.STUCK]
    assert _found(replace(history, heard=[]), stored) == [Kind.WRONG]
    assert _found(replace(history, heard=[replace(heard, answered=False)]), stored) == [Kind.WRONG]
    assert _found(replace(history, heard=[heard, replace(heard, key="c2")]), stored) == [Kind.WRONG]
    assert Kind.DOUBLED in _found(history, replace(stored, commands=[row, replace(row, id="id2")]))


def test_a_charger_that_stands_still_is_found() -> None:
    """One that is not answered, and one that no command reaches."""
    assert [each.kind for each in stuck(["CP1"], ["CP2"], 60)] == [Kind.STUCK, Kind.STUCK]
    assert stuck([], [], 60) == []


@WORDS
def test_what_is_wrong_is_named(words: Words) -> None:
    """Another energy, a flag that nobody deserved, a reading that is doubted, a state that is not the last."""
    history, stored = _told(words)
    (row,) = stored.transactions
    assert _found(history, replace(stored, transactions=[replace(row, energy_wh=31)])) == [Kind.WRONG]
    flagged = replace(stored, transactions=[replace(row, flags=("clock",))])
    assert Kind.WRONG in _found(history, flagged)
    assert _found(replace(history, doubtful=[(AT, AT)]), flagged) == []
    doubted = [replace(stored.readings[0], flags=("future",)), *stored.readings[1:]]
    assert _found(history, replace(stored, readings=doubted)) == [Kind.WRONG]
    assert _found(history, replace(stored, connectors={})) == [Kind.WRONG]
    assert _found(replace(history, errors=["CP1 MeterValues: InternalError"]), stored) == [Kind.WRONG]
    assert _found(history, replace(stored, refused=["MeterValues"])) == [Kind.WRONG]


def test_a_violation_says_its_kind_first() -> None:
    """So that they can be counted from a file."""
    assert str(Violation(Kind.LOST, "reading")) == "lost: reading"
