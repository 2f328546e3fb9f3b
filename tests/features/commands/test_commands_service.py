# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Commands: told twice, lost, or without an outcome."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Never

import pytest
from pydantic import TypeAdapter
from sqlalchemy import text

from csms.domain.commands import AnyCommand, ClearCache, Outcome, OutcomeStatus, Reset, StartTransaction
from csms.domain.events import CommandClosed, CommandIssued
from csms.features.commands import repository
from csms.features.commands.ledger import Ledger
from csms.features.commands.rules import kind_of
from csms.features.commands.schemas import CommandBody
from csms.features.commands.service import CommandKeyReusedError
from csms.kit.clock import SystemClock
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import Scope, UnitOfWork
from csms.kit.errors import CrowdedError, NotFoundError
from csms.kit.ids import new_id
from tests.support.charger import Charger, connected
from tests.support.csms import TESTER, Csms, running
from tests.support.postgres import Database

_body: TypeAdapter[CommandBody] = TypeAdapter(CommandBody)


@pytest.fixture
async def csms(database: Database, tmp_path: Path) -> AsyncIterator[Csms]:
    """A whole CSMS with one charger of profile 0 and one accepted token."""
    async with running(database, tmp_path) as whole:
        await whole.charger("CP1")
        await whole.token("TAG")
        yield whole


@pytest.fixture
async def charger(csms: Csms) -> AsyncIterator[Charger]:
    """CP1, booted."""
    async with connected(csms.url, "CP1", boot=True) as booted:
        yield booted


async def test_the_same_key_twice_at_once_is_one_command(csms: Csms, charger: Charger) -> None:
    """The key is for exactly this: two requests at the same time, one command, no error."""
    kit, service = csms.application.kit, csms.application.commands
    assert kit is not None
    assert service is not None
    body = _body.validate_python({"type": "clear_cache"})
    both_looked = asyncio.Barrier(2)

    async def issue() -> object:
        async with kit.units(TESTER) as uow:
            await both_looked.wait()
            row = await service.issue(uow, "CP1", body, "key-1")
        return row["id"]

    first, second = await asyncio.gather(issue(), issue())
    assert first == second
    assert len(await csms.rows("SELECT 1 FROM commands")) == 1
    assert len(await csms.rows("SELECT 1 FROM outbox WHERE type = 'command_issued'")) == 1


async def test_a_key_belongs_to_one_command(csms: Csms, charger: Charger) -> None:
    """The same key with another body is a mistake that is told, and nothing is sent."""
    kit, service = csms.application.kit, csms.application.commands
    assert kit is not None
    assert service is not None
    async with kit.units(TESTER) as uow:
        await service.issue(uow, "CP1", _body.validate_python({"type": "clear_cache"}), "key-1")
    with pytest.raises(CommandKeyReusedError):
        async with kit.units(TESTER) as uow:
            await service.issue(uow, "CP1", _body.validate_python({"type": "reset"}), "key-1")
    assert len(await csms.rows("SELECT 1 FROM commands")) == 1


async def test_a_command_that_could_not_be_claimed_is_told_again(csms: Csms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database was away, or had too much to do: its event is not done, and the outbox brings it again."""
    service = csms.application.commands
    assert service is not None
    now = SystemClock().now()
    event = CommandIssued(
        organization_id=DEFAULT_ORGANIZATION_ID,
        charger_id="CP1",
        id=new_id(),
        command=ClearCache(),
        expires_at=now + timedelta(seconds=60),
        at=now,
    )

    def away(_: Scope) -> Never:
        raise CrowdedError("too much at once")

    monkeypatch.setattr(service._ledger, "_open_uow", away)
    with pytest.raises(CrowdedError):
        await service.dispatch(event)


async def test_what_is_claimed_and_closed_at_once_is_so_once(csms: Csms) -> None:
    """Commands that share a transaction share no fate: told twice is sent once, and what is refused is refused alone."""
    kit, service = csms.application.kit, csms.application.commands
    assert kit is not None
    assert service is not None
    now = SystemClock().now()
    bodies = [ClearCache(), Reset("soft"), ClearCache(), StartTransaction("TAG", connector_id=1)]
    events = [
        CommandIssued(
            organization_id=DEFAULT_ORGANIZATION_ID,
            charger_id="CP1",
            id=new_id(),
            command=body,
            expires_at=now + timedelta(seconds=60),
            at=now,
        )
        for body in bodies
    ]

    async def prepare(_: UnitOfWork, event: CommandIssued) -> AnyCommand:
        if isinstance(event.command, Reset):
            raise NotFoundError("no such thing")
        return event.command

    ledger = Ledger(kit.units, kit.clock, kit.metrics, prepare)
    async with kit.units(TESTER) as uow:
        for event in events:
            await service._store(uow, event, kind_of(event.command), None)
        uow.audit("test:command:send", "charger", "CP1", None, None)
    claimed = await asyncio.gather(*(ledger.claim(event) for event in [*events, *events]))
    assert sorted(type(each).__name__ for each in claimed) == [
        "ClearCache", "ClearCache", *["NoneType"] * 5, "StartTransaction",
    ]  # fmt: skip
    outcomes = [
        Outcome(OutcomeStatus.ACCEPTED, result={"nothing": "\0"}),
        Outcome(OutcomeStatus.ACCEPTED),
        Outcome(OutcomeStatus.REJECTED, reason="no\0"),
        Outcome(OutcomeStatus.TIMED_OUT),
    ]
    pairs = list(zip(events, outcomes, strict=True))
    await asyncio.gather(*(ledger.close(event, outcome) for event, outcome in [*pairs, *pairs]))
    rows = await csms.rows("SELECT status, reason, result::text, effect FROM commands ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("accepted", None, '{"nothing": "\ufffd"}', None),
        ("error", "no such thing", None, None),
        ("rejected", "no\ufffd", None, None),
        ("timed_out", None, None, "awaited"),
    ]
    told = await csms.rows("SELECT payload->>'id' AS id FROM outbox WHERE type = 'command_finished' ORDER BY 1")
    assert [row["id"] for row in told] == sorted(str(event.id) for event in events)


async def test_a_charger_is_found_by_its_key(csms: Csms) -> None:
    """In its own spelling or another, never by a look at all that an organization has."""
    kit = csms.application.kit
    assert kit is not None
    async with kit.units(TESTER) as uow:
        assert [await repository.charger_exists(uow.connection, name) for name in ("CP1", "cp1", "CP2")] == [
            "CP1", "CP1", None,
        ]  # fmt: skip
        plan = await uow.connection.execute(text(f"EXPLAIN {repository._NAMED.text}"), {"id": "CP1"})
        lines = [row[0].strip() for row in plan]
    assert "pk_chargers" in lines[0]
    assert lines[1].startswith("Index Cond: ((id)::text =")


async def test_two_who_wait_for_one_command_are_both_told(csms: Csms, charger: Charger) -> None:
    """One of them gives up: the other still waits."""
    service = csms.application.commands
    assert service is not None
    command_id = new_id()
    first, second = service.expect(command_id), service.expect(command_id)
    service.forget(command_id, first)
    event = CommandClosed(
        organization_id=DEFAULT_ORGANIZATION_ID,
        charger_id="CP1",
        id=command_id,
        command="reset",
        status="accepted",
        at=SystemClock().now(),
    )
    await service.closed(event)
    assert (first.done(), second.done()) == (False, True)
    service.forget(command_id, second)


async def test_a_start_right_behind_the_answer_serves_its_command(csms: Csms, charger: Charger) -> None:
    """The transaction and the outcome commit at the same moment, and each start serves its own command."""
    for number in range(30):
        charger.answers["RemoteStartTransaction"] = {"status": "Accepted"}
        issued = asyncio.create_task(csms.command("CP1", {"type": "start_transaction", "token": "TAG"}))
        await charger.heard_action("RemoteStartTransaction")
        charger.heard.clear()
        await charger.start("TAG", meter=number)
        await issued
    rows = await csms.rows(
        "SELECT c.effect, t.meter_start FROM commands c LEFT JOIN transactions t ON t.id = c.transaction_id"
        " ORDER BY c.created_at"
    )
    assert [tuple(row) for row in rows] == [("started", number) for number in range(30)]


async def test_a_refused_start_has_no_effect(csms: Csms, charger: Charger) -> None:
    """The driver started by themselves a moment later: that is not what was asked for."""
    charger.answers["RemoteStartTransaction"] = {"status": "Rejected"}
    row = await csms.command("CP1", {"type": "start_transaction", "token": "TAG"})
    await charger.start("TAG")
    found = await csms.row("SELECT status, effect, transaction_id FROM commands WHERE id = $1", row["id"])
    assert tuple(found) == ("rejected", None, None)


async def test_a_transaction_is_stopped_only_through_its_own_charger(csms: Csms, charger: Charger) -> None:
    """Naming a transaction of CP1 in a command to CP2 is a mistake that is told, not sent."""
    await csms.charger("CP2")
    number = (await charger.start("TAG"))["transactionId"]
    uid = str((await csms.transaction(number))["id"])
    async with connected(csms.url, "CP2", boot=True) as other:
        other.answers["RemoteStopTransaction"] = {"status": "Rejected"}
        with pytest.raises(NotFoundError, match="charger 'CP2' has no transaction"):
            await csms.command("CP2", {"type": "stop_transaction", "transaction_id": uid})
        assert other.heard == []
