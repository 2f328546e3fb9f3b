# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of commands: issue one, send it once, say what became of it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import RowMapping

from csms.domain.commands import AnyCommand, CommandRequest, Outcome, OutcomeStatus
from csms.domain.events import CommandClosed, CommandIssued
from csms.domain.ids import ChargerId, CommandId, OrganizationId
from csms.domain.secrets import mask_command
from csms.features.api_keys.service import scope_now
from csms.features.commands import repository
from csms.features.commands.bodies import to_domain
from csms.features.commands.ledger import Ledger, OpenUnitOfWork, Prepare
from csms.features.commands.rules import (
    POWER_STEPS,
    kind_of,
    missing_numbers,
    numbered,
    numbered_like,
    permissions_for,
    queued_again,
    stored,
)
from csms.features.commands.schemas import CommandBody
from csms.features.settings.rules import CommandSettings
from csms.kit.bus.base import Bus, BusError, TimedOut, Unreachable
from csms.kit.clock import Clock
from csms.kit.db.uow import SYSTEM, Scope, UnitOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError
from csms.kit.http.problems import ForbiddenError
from csms.kit.http.ratelimit import RateLimit
from csms.kit.ids import new_id
from csms.kit.metrics import Metrics
from csms.kit.together import Together, by

log = structlog.get_logger(__name__)

_MARGIN_S: Final = 5.0
_MAX_WAITING: Final = 10_000

Complete = Callable[[UnitOfWork, str, AnyCommand], Awaitable[AnyCommand]]
Limits = Callable[[UUID], CommandSettings]
ResolveTransaction = Callable[[UnitOfWork, int | UUID | str, str], Awaitable[tuple[int | None, str | None]]]


class CommandKeyReusedError(ConflictError):
    """The idempotency key belongs to another command."""

    code: ClassVar[str] = "idempotency_key_reused"


class ChargerUnknownError(NotFoundError):
    """There is no such charger, or it is retired."""

    code: ClassVar[str] = "charger_not_found"


class RawCommandsOffError(ConflictError):
    """The command `call` is switched off."""

    code: ClassVar[str] = "raw_commands_off"


class _StillAwayError(Exception):
    """The charger is not connected, and the command may wait."""


@dataclass(slots=True)
class _Asked:
    """What became of a command, for one who waited for it."""

    scope: Scope
    command_id: UUID
    row: RowMapping | None = None


def _seen_by(asked: _Asked) -> tuple[UUID, frozenset[UUID] | None]:
    return asked.scope.organization_id, asked.scope.places


class CommandService:
    """Issues, dispatches and closes commands."""

    def __init__(
        self,
        open_uow: OpenUnitOfWork,
        bus: Bus,
        clock: Clock,
        metrics: Metrics,
        resolve_transaction: ResolveTransaction,
        complete: Complete,
        *,
        call_timeout_s: float,
        prepare: Prepare | None = None,
        power_steps_per_minute: int = 600,
        limits: Limits = lambda _: CommandSettings(),
        permit: Callable[[Scope, AnyCommand], None] = lambda *_: None,
    ) -> None:
        """`complete` fills in what another feature knows of a charger; numbers that are left out then are drawn.

        `prepare` puts in what is sent and never stored: links that are as good as a password. `limits` are those of an
        organization; `permit` refuses what is switched off.
        """
        self._open_uow = open_uow
        self._bus = bus
        self._clock = clock
        self._resolve_transaction = resolve_transaction
        self._complete = complete
        self._call_timeout_s = call_timeout_s
        self._ledger = Ledger(open_uow, clock, metrics, prepare)
        self._power_steps = RateLimit("power-steps", f"{power_steps_per_minute}/minute")
        self._limits = limits
        self._permit = permit
        self._tasks: set[asyncio.Task[None]] = set()
        self._resuming: set[str] = set()
        self._outcomes = Together(self._read_outcomes)
        self._waiters: dict[UUID, list[asyncio.Future[None]]] = {}

    # -- API door --------------------------------------------------------------------------------------------------

    async def issue(
        self, uow: UnitOfWork, charger_id: str, body: CommandBody, key: str | None, queue_s: int = 0
    ) -> RowMapping:
        """Store a command as pending, with the event that sends it. The same key gives the same command again.

        With `queue_s` it waits that long for a charger that is not connected.
        """
        connection = uow.connection
        identity = await repository.charger_exists(connection, charger_id)
        if identity is None:
            raise ChargerUnknownError(f"there is no charger {charger_id!r}")
        named = getattr(body, "transaction_id", None)
        names = (None, None) if named is None else await self._resolve_transaction(uow, named, identity)
        return await self.issue_command(uow, identity, to_domain(body, *names), key, queue_s)

    async def issue_command(
        self, uow: UnitOfWork, identity: str, command: AnyCommand, key: str | None = None, queue_s: int = 0
    ) -> RowMapping:
        """The same for a command of the domain; numbers that it leaves out are drawn. `identity` is as it is stored."""
        connection = uow.connection
        self._permit(uow.scope, command)
        if key is not None and (earlier := await self._issued(uow, key, identity, command)) is not None:
            return earlier
        if queue_s and mask_command(command) != command:
            raise InvalidError("a command with a secret is not kept until the charger comes: send it without queue")
        if kind_of(command) in POWER_STEPS:
            # a thousand chargers that begin or end at once are felt in the grid: whoever asks has to spread them
            await self._power_steps.hit(str(uow.scope.organization_id))
        command = await self._complete(uow, identity, command)
        missing = missing_numbers(command)
        if missing:
            command = numbered(command, await repository.draw_numbers(connection, missing))
        now, limits = self._clock.now(), self._limits(uow.scope.organization_id)
        event = CommandIssued(
            organization_id=uow.scope.organization_id,
            charger_id=identity,
            id=new_id(),
            command=command,
            expires_at=now + timedelta(seconds=max(limits.send_within_s, queue_s)),
            queued=queue_s > 0,
            at=now,
        )
        row = await self._store(uow, event, kind_of(command), key)
        if row is None:
            winner = None if key is None else await self._issued(uow, key, identity, command)
            if winner is not None:
                return winner
            raise CommandKeyReusedError("another request with this Idempotency-Key is under way: ask again")
        uow.record(event)
        uow.audit("charger:command:send", "charger", identity, None, stored(mask_command(command)))
        return row

    async def check(self, uow: UnitOfWork, identity: str, command: AnyCommand) -> None:
        """Refuse what `issue_command` would refuse; nothing is sent or kept."""
        self._permit(uow.scope, command)
        await self._complete(uow, identity, command)

    async def _store(self, uow: UnitOfWork, event: CommandIssued, kind: str, key: str | None) -> RowMapping | None:
        """Add the row; None when one with that key was added first."""
        return await repository.add(
            uow.connection,
            {
                "id": event.id,
                "organization_id": event.organization_id,
                "charger_id": event.charger_id,
                "type": kind,
                "body": stored(mask_command(event.command)),
                "actor_id": uow.scope.actor.id,
                "actor_name": uow.scope.actor.name,
                "idempotency_key": key,
                "queued": event.queued,
                "created_at": event.at,
                "expires_at": event.expires_at,
            },
        )

    async def _issued(self, uow: UnitOfWork, key: str, charger_id: str, command: AnyCommand) -> RowMapping | None:
        """The command that was issued with that key before."""
        earlier = await repository.by_idempotency_key(uow.connection, key)
        if earlier is None:
            return None
        sent = msgspec.convert(earlier["body"], AnyCommand)
        command = numbered_like(command, sent)
        masked = mask_command(command)
        if earlier["charger_id"] != charger_id or earlier["body"] != stored(masked):
            raise CommandKeyReusedError("this Idempotency-Key was used for another command: take a new one")
        if masked != command:
            raise CommandKeyReusedError(
                "this Idempotency-Key was used for a command whose secret is not kept, so the two cannot be compared:"
                f" see what became of command {earlier['id']}, or take a new key"
            )
        return earlier

    async def outcome(self, scope: Scope, command_id: UUID) -> RowMapping:
        """What became of a command that was waited for; those who see the same ask together."""
        asked = _Asked(scope, command_id)
        await self._outcomes(asked)
        if asked.row is None:
            raise NotFoundError(f"there is no command {command_id} any more")
        return asked.row

    async def _read_outcomes(self, asked: Sequence[_Asked]) -> None:
        for (organization_id, places), group in by(asked, _seen_by).items():
            scope = Scope(organization_id, SYSTEM, places=places)
            async with self._open_uow(scope) as uow:
                rows = await repository.some(uow.connection, {each.command_id for each in group})
            for each in group:
                each.row = rows.get(each.command_id)

    async def get(self, uow: UnitOfWork, charger_id: str, command_id: UUID) -> RowMapping:
        """One command of a charger."""
        row = await repository.get(uow.connection, command_id)
        if row is None or row["charger_id"].lower() != charger_id.lower():
            raise NotFoundError(f"charger {charger_id!r} has no command {command_id}")
        return row

    def expect(self, command_id: UUID) -> "asyncio.Future[None]":
        """A future that is done when the command is closed; ask for it before the command is committed."""
        if len(self._waiters) >= _MAX_WAITING:
            self._waiters.pop(next(iter(self._waiters)))
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(command_id, []).append(future)
        return future

    def forget(self, command_id: UUID, future: "asyncio.Future[None]") -> None:
        """Whoever asked by that future waits no more; others may."""
        waiting = self._waiters.get(command_id, [])
        if future in waiting:
            waiting.remove(future)
        if not waiting:
            self._waiters.pop(command_id, None)

    async def closed(self, event: CommandClosed) -> None:
        """A command was closed, here or on another node."""
        for future in self._waiters.pop(event.id, ()):
            if not future.done():
                future.set_result(None)

    # -- worker door -----------------------------------------------------------------------------------------------

    async def dispatch(self, event: CommandIssued) -> None:
        """Claim a command, and send it in a task of its own: one slow charger never holds up the others.

        What could not be claimed, because the database is away or has too much to do, is told again by the outbox.
        """
        command = await self._ledger.claim(event)
        if command is not None:
            task = asyncio.create_task(self._carry_out(event, command), name=f"command-{event.id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def resume(self, organization_id: UUID) -> None:
        """Send what waits for chargers that are there, of each charger in the order in which it was given.

        Asked for every few seconds: a storm of reconnects costs one query, not one for each charger.
        """
        async with self._open_uow(Scope.system(organization_id)) as uow:
            rows = await repository.waiting(uow.connection, self._clock.now())
        refused = await self._refused(organization_id, rows)
        of_charger: dict[str, list[CommandIssued]] = {}
        for row in rows:
            event = queued_again(organization_id, dict(row))
            if row["id"] in refused:
                await self._ledger.close(event, Outcome(OutcomeStatus.EXPIRED, reason=refused[row["id"]]))
            else:
                of_charger.setdefault(row["charger_id"], []).append(event)
        for charger, events in of_charger.items():
            if charger in self._resuming:
                continue
            self._resuming.add(charger)
            task = asyncio.create_task(self._send_all(events), name=f"queue-{charger}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _refused(self, organization_id: UUID, rows: Sequence[RowMapping]) -> dict[UUID, str]:
        """Commands that waited and are not sent after all: whoever gave them may not any more, or not there."""
        asked: dict[tuple[str, tuple[str, ...]], list[RowMapping]] = {}
        for row in rows:
            if row["actor_id"] is not None:
                asked.setdefault((row["actor_id"], permissions_for(row["body"])), []).append(row)
        refused: dict[UUID, str] = {}
        for (actor_id, needed), given in asked.items():
            try:
                async with self._open_uow(Scope.system(organization_id)) as uow:
                    scope = await scope_now(uow, actor_id, needed, self._clock.now())
                async with self._open_uow(scope) as uow:
                    seen = await repository.chargers_seen(uow.connection, {row["charger_id"] for row in given})
                gone = "whoever asked for this may not any more at this charger"
                refused |= {row["id"]: gone for row in given if row["charger_id"] not in seen}
            except ForbiddenError as error:
                refused |= {row["id"]: error.detail for row in given}
        return refused

    async def _send_all(self, events: list[CommandIssued]) -> None:
        try:
            for event in events:
                command = await self._ledger.claim(event)
                if command is not None:
                    await self._carry_out(event, command)
        except Exception:  # those wait on, in their order
            log.exception("commands that waited could not be claimed", charger_id=events[0].charger_id)
        finally:
            self._resuming.discard(events[0].charger_id)

    async def drain(self, timeout_s: float) -> None:
        """Wait for commands that are out."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout_s)

    async def sweep(self, organization_id: UUID) -> None:
        """Close what was left open by a process that died."""
        grace = timedelta(seconds=self._call_timeout_s + 2 * _MARGIN_S)
        start_timeout = timedelta(seconds=self._limits(organization_id).start_timeout_s)
        async with self._open_uow(Scope.system(organization_id)) as uow:
            closed = await repository.sweep(uow.connection, self._clock.now(), grace, start_timeout)
        if closed:
            log.warning("commands closed by the sweeper", count=closed)

    async def _carry_out(self, event: CommandIssued, command: AnyCommand) -> None:
        try:
            await self._ledger.close(event, await self._request(event, command))
        except _StillAwayError:
            async with self._open_uow(Scope.system(event.organization_id)) as uow:
                await repository.put_back(uow.connection, event.id, "waits until the charger is connected")
        except Exception:
            # The row stays pending; the sweeper closes it. Never swallowed: an operator sees this line.
            log.exception("a command could not be carried out", command_id=str(event.id), charger_id=event.charger_id)

    async def _request(self, event: CommandIssued, command: AnyCommand) -> Outcome:
        request = CommandRequest(
            id=CommandId(event.id),
            organization_id=OrganizationId(event.organization_id),
            charger_id=ChargerId(event.charger_id),
            command=command,
            expires_at=event.expires_at,
        )
        patience_s = (event.expires_at - self._clock.now()).total_seconds() + self._call_timeout_s + _MARGIN_S
        try:
            reply = await self._bus.request(f"charger.{event.charger_id}", msgspec.json.encode(request), patience_s)
        except Unreachable as error:
            if event.queued:
                raise _StillAwayError from error
            return Outcome(OutcomeStatus.UNREACHABLE, reason="the charger is not connected")
        except TimedOut:
            return Outcome(OutcomeStatus.TIMED_OUT, reason="the node that holds the charger did not answer")
        except BusError as error:
            return Outcome(OutcomeStatus.ERROR, reason=str(error) or type(error).__name__)
        return msgspec.json.decode(reply, type=Outcome)
