# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the chargers were told, beside what is stored: everything that is lost, there twice, late or wrong.

Knows neither sockets nor SQL, so that it can be shown what it has to find (`test_checker.py`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from tests.faults.history import START, STOP, Fact, History, Session
from tests.faults.stored import Stored, Transaction


class Kind(StrEnum):
    """What is wrong."""

    LOST = "lost"
    DOUBLED = "doubled"
    LATE = "late"
    STUCK = "stuck"
    WRONG = "wrong"


@dataclass(frozen=True)
class Violation:
    """One thing that must not be."""

    kind: Kind
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"

    @classmethod
    def stuck(cls, what: str) -> "Violation":
        """Something does not go on."""
        return cls(Kind.STUCK, what)

    @classmethod
    def wrong(cls, what: str) -> "Violation":
        """Something else."""
        return cls(Kind.WRONG, what)


def check(history: History, stored: Stored, *, whole: bool, unknown_commits: int = 0) -> list[Violation]:
    """Everything that is wrong. `whole`: all of a history whose chargers have told all they had to tell.

    `unknown_commits`: how often the database may have died between a commit and telling of it. Then the gateway commits
    again: transactions are the same as before, readings are rows twice, which whoever reads them takes for one.
    """
    found = [
        *_transactions(history, stored),
        *_readings(history, stored, unknown_commits, whole),
        *_statuses(history, stored),
        *_messages(history, stored),
        *_commands(history, stored, whole),
        *(Violation(Kind.DOUBLED, f"an event told twice: {what}") for what in stored.told_twice),
        *(Violation(Kind.WRONG, what) for what in history.errors),
    ]
    if whole:
        found += [*_untold(history, stored), *_commands_left(history, stored)]
        found += [Violation(Kind.WRONG, f"refused: {what}") for what in stored.refused]
    return found


def stuck(standing: Iterable[str], unheard: Iterable[str], waited_s: float) -> list[Violation]:
    """Chargers that were not answered any more, or not reached by a command, once everything works again."""
    return [
        *(Violation(Kind.STUCK, f"{name} was not answered for {waited_s:.0f} s") for name in sorted(standing)),
        *(Violation(Kind.STUCK, f"{name} was not reached for {waited_s:.0f} s") for name in sorted(unheard)),
    ]


# -- transactions


def _transactions(history: History, stored: Stored) -> Iterator[Violation]:
    rows: dict[str | None, Transaction] = {}
    for row in stored.transactions:
        if row.name in rows:
            yield Violation(Kind.DOUBLED, f"a name twice: {row}")
        rows[row.name] = row
    yield from _same_session_twice(stored)
    sessions = {id(fact.session): fact.session for fact in history.facts if fact.session}
    started = {id(fact.session) for fact in history.facts if fact.kind == START}
    stopped = {id(fact.session) for fact in history.facts if fact.kind == STOP}
    names = Counter(session.name for session in sessions.values())
    for name, count in names.items():
        if count > 1:
            yield Violation(Kind.DOUBLED, f"the number {name} was given to {count} transactions")
    for key, session in sessions.items():
        found = rows.get(session.name)
        if found is None:
            yield Violation(Kind.LOST, f"transaction {session}")
            continue
        flags = found.flags if history.is_doubtful(session) else ()
        if key in started:
            yield from _compared(found, _begun(session) | {"flags": flags})
        if key in stopped:
            yield from _compared(found, _ended(session) | {"flags": flags})


def _same_session_twice(stored: Stored) -> Iterator[Violation]:
    """A session is known by its place, time and register: two rows with these are one session, billed twice."""
    seen = Counter(
        (row.charger, row.connector, row.started_at, row.meter_start)
        for row in stored.transactions
        if row.started_at is not None
    )
    for key, count in seen.items():
        if count > 1:
            yield Violation(Kind.DOUBLED, f"{count} transactions of one session: {key}")


def _begun(session: Session) -> dict[str, Any]:
    return {
        "charger": session.charger,
        "connector": session.connector,
        "meter_start": session.meter_start,
        "started_at": session.begun_at,
        "authorization": "accepted",
    }


def _ended(session: Session) -> dict[str, Any]:
    return {
        "status": "completed",
        "meter_stop": session.meter_stop,
        "stopped_at": session.ended_at,
        "energy_wh": session.energy_wh,
        "reason": "Local",
    }


def _compared(row: Transaction, expected: dict[str, Any]) -> Iterator[Violation]:
    found = {name: getattr(row, name) for name in expected}
    wrong = {name: (found[name], expected[name]) for name in expected if found[name] != expected[name]}
    if wrong:
        kind = Kind.LOST if "status" in wrong or None in found.values() else Kind.WRONG
        yield Violation(kind, f"transaction {row.name} of {row.charger}: is, should be {wrong}")


# -- readings, states, the log

ReadingKey = tuple[str | None, datetime, int, str]


def _readings(history: History, stored: Stored, unknown_commits: int, whole: bool) -> Iterator[Violation]:
    """A reading that was sent again may be there again (the API shows it once); one that was not, may not."""
    expected: dict[ReadingKey, tuple[int, Session]] = {}
    for fact in history.facts:
        for reading in fact.readings:
            assert fact.session is not None
            most = 1 if reading.once else fact.sent + unknown_commits
            expected[fact.session.name, reading.at, reading.energy_wh, reading.context] = (most, fact.session)
    missing = set(expected)
    for row in stored.readings:
        key = (row.name, row.at, row.energy_wh, row.context)
        missing.discard(key)
        most, session = expected.get(key, (0, None))
        if row.count > most and (whole or session is not None):
            yield Violation(Kind.DOUBLED, f"a reading {row.count} times, at most {most} are right: {row}")
        if row.flags and session is not None and not history.is_doubtful(session):
            yield Violation(Kind.WRONG, f"a doubted reading: {row}")
    for key in missing:
        yield Violation(Kind.LOST, f"reading {key}")


def _statuses(history: History, stored: Stored) -> Iterator[Violation]:
    for fact in history.facts:
        if fact.status is not None and _status(fact) not in stored.statuses:
            yield Violation(Kind.LOST, f"status {_status(fact)}")


def _status(fact: Fact) -> tuple[str, int, str, datetime]:
    assert fact.status is not None
    assert fact.at is not None
    return fact.charger, fact.connector, fact.status, fact.at


def _messages(history: History, stored: Stored) -> Iterator[Violation]:
    """The OCPP log is of the same transaction as the fact: so it has the very message that was answered."""
    for fact in history.facts:
        if not any((fact.charger, name, fact.action) in stored.logged for name in fact.ids):
            yield Violation(Kind.LOST, f"not in the OCPP log: {fact.charger} {fact.action} {fact.ids}")


def _untold(history: History, stored: Stored) -> Iterator[Violation]:
    """What is stored though nobody said it, and what connectors are in the end."""
    sessions = {fact.session.name for fact in history.facts if fact.session}
    for row in stored.transactions:
        if row.name not in sessions:
            yield Violation(Kind.DOUBLED, f"nobody was told of {row}")
    statuses = [fact for fact in history.facts if fact.status is not None]
    for key in stored.statuses - {_status(fact) for fact in statuses}:
        yield Violation(Kind.DOUBLED, f"nobody was told of the status {key}")
    last = {(fact.charger, fact.connector): fact.status for fact in statuses}
    for connector, status in last.items():
        if stored.connectors.get(connector) != status:
            yield Violation(Kind.WRONG, f"{connector} is {stored.connectors.get(connector)}, not {status}")


# -- commands


def _commands(history: History, stored: Stored, whole: bool) -> Iterator[Violation]:
    rows = {command.key: command for command in stored.commands}
    ids = {command.id for command in stored.commands}
    for issued in history.issued:
        if issued.id not in ids:
            yield Violation(Kind.LOST, f"the API took it: {issued}")
    if len(ids) != len(rows):
        twice = [key for key, count in Counter(command.key for command in stored.commands).items() if count > 1]
        yield Violation(Kind.DOUBLED, f"commands stored twice in spite of their key: {twice}")
    for key, count in Counter(heard.key for heard in history.heard).items():
        if count > 1:
            yield Violation(Kind.DOUBLED, f"the command {key} came {count} times")
    for heard in history.heard:
        row = rows.get(heard.key)
        if row is None:
            yield Violation(Kind.WRONG, f"nobody gave the command {heard}")
            continue
        late_s = (heard.at - row.expires_at).total_seconds()
        if heard.allowance_s is not None and late_s > heard.allowance_s:
            yield Violation(Kind.LATE, f"{late_s:.1f} s after its expiry: {heard}")
        if row.status == "accepted" and not heard.answered:
            yield Violation(Kind.WRONG, f"accepted, says the CSMS; it was not answered: {heard}")


def _commands_left(history: History, stored: Stored) -> Iterator[Violation]:
    heard = {each.key for each in history.heard}
    for row in stored.commands:
        if row.status == "pending":
            yield Violation(Kind.STUCK, f"never closed: {row}")
        if row.status == "accepted" and row.key not in heard:
            yield Violation(Kind.WRONG, f"accepted by nobody: {row}")
