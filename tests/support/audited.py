# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Every change is audited: in every test, a unit of work of a person or program that writes must say so.

What the tests run is what is checked, by any route, job or command of the host. A unit of work that wrote rows in
somebody's name and has no audit line fails in the test, as an error 500 with the tables' names.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from weakref import WeakKeyDictionary

import pytest
from sqlalchemy import Connection, Engine, event

from csms.kit.db.uow import UnitOfWork, UnitsOfWork

# Tables that may be written without a line, each for its reason.
NOT_AUDITED: Final = {
    "outbox": "events about what was audited",
    "audit_log": "the lines themselves",
    "idempotency_keys": "that a request was made, and its answer",
    "import_rows": "what became of rows; the import and each thing that it makes or changes are audited",
    "imports": "how far it is, written with the rows; asking for it, running it and cancelling it are audited",
    "challenges": "a question that was put to whoever signs in; what comes of the answer is audited",
    "totp_seeds": "which step of a second factor was used last; making and taking it away are audited",
    "bulk_targets": "what became of a bulk command at a charger; the bulk command and each command are audited",
    "firmware_campaign_targets": "what became of a campaign at a charger; the campaign and each command are audited",
    "bulk_change_targets": "what became of a bulk change at one; the bulk change and each change are audited",
    "user_preferences": "how the app is set up for whoever writes it; it changes with each step and concerns nobody else",
}
_WRITE: Final = re.compile(r"\b(?:INSERT\s+INTO|DELETE\s+FROM|(?<!FOR )(?<!DO )UPDATE)\s+\"?(\w+)", re.IGNORECASE)


class UnauditedChangeError(AssertionError):
    """A person's or program's change that the audit log knows nothing of."""


def written(statement: str) -> set[str]:
    """The tables that a statement writes to."""
    return {name.lower() for name in _WRITE.findall(re.sub(r"\s+", " ", statement))} - NOT_AUDITED.keys()


@contextmanager
def watched() -> Iterator[None]:
    """Check every unit of work of this process."""
    writes: WeakKeyDictionary[Connection, list[str]] = WeakKeyDictionary()
    savepoints: WeakKeyDictionary[Connection, list[int]] = WeakKeyDictionary()
    original = UnitsOfWork._write

    def note(connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
        tables = written(statement)
        if tables and cursor.rowcount != 0:  # -1 where nobody counted
            writes.setdefault(connection, []).extend(tables)

    def begin(connection: Connection, _name: str | None) -> None:
        savepoints.setdefault(connection, []).append(len(writes.get(connection, [])))

    def keep(connection: Connection, _name: str, _: None) -> None:
        savepoints[connection].pop()

    def undo(connection: Connection, _name: str, _: None) -> None:
        del writes.get(connection, [])[savepoints[connection].pop() :]  # what was only tried is no change

    async def write(self: UnitsOfWork, unit: UnitOfWork) -> None:
        tables = set(writes.pop(unit.connection.sync_connection, [])) if unit.connection.sync_connection else set()
        if tables and not unit.audits and unit.scope.actor.kind != "system":
            raise UnauditedChangeError(f"{unit.scope.actor.kind} wrote to {sorted(tables)} without an audit line")
        await original(self, unit)

    patch = pytest.MonkeyPatch()
    heard = (
        ("after_cursor_execute", note),
        ("savepoint", begin),
        ("release_savepoint", keep),
        ("rollback_savepoint", undo),
    )
    for name, function in heard:
        event.listen(Engine, name, function)
    patch.setattr(UnitsOfWork, "_write", write)
    try:
        yield
    finally:
        patch.undo()
        for name, function in heard:
            event.remove(Engine, name, function)
