# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Which commands are sent, by whom, and what became of them. What comes while a transaction is under way shares one."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from csms.domain.commands import AnyCommand, Outcome, OutcomeStatus, StartTransaction
from csms.domain.events import CommandClosed, CommandFinished, CommandIssued
from csms.domain.secrets import mask_command, mask_outcome
from csms.features.commands import repository
from csms.features.commands.rules import kind_of
from csms.kit.clock import Clock
from csms.kit.db.uow import Scope, UnitOfWork
from csms.kit.errors import CsmsError
from csms.kit.metrics import Metrics
from csms.kit.together import Together, by

# An answer that was lost says nothing of what the charger does.
_MAY_HAVE_EFFECT: Final = frozenset({OutcomeStatus.ACCEPTED, OutcomeStatus.TIMED_OUT})
_MOST: Final = 100

OpenUnitOfWork = Callable[[Scope], AbstractAsyncContextManager[UnitOfWork]]
Prepare = Callable[[UnitOfWork, CommandIssued], Awaitable[AnyCommand]]


@dataclass(slots=True)
class _Claim:
    """One that is to be sent: what goes out, or why nothing does."""

    event: CommandIssued
    command: AnyCommand | None = None
    refusal: Outcome | None = None


@dataclass(frozen=True, slots=True)
class _Close:
    """One that has its outcome."""

    event: CommandIssued
    outcome: Outcome


class Ledger:
    """Claims commands, and closes them."""

    def __init__(self, open_uow: OpenUnitOfWork, clock: Clock, metrics: Metrics, prepare: Prepare | None) -> None:
        self._open_uow = open_uow
        self._clock = clock
        self._metrics = metrics
        self._prepare = prepare
        self._claims = Together(self._claim_all, _MOST)
        self._closes = Together(self._close_all, _MOST)

    async def claim(self, event: CommandIssued) -> AnyCommand | None:
        """What is to be sent, which nobody else will send from now on; None where it was closed instead, or claimed."""
        if self._clock.now() >= event.expires_at:
            await self.close(event, Outcome(OutcomeStatus.EXPIRED, reason="it expired before it could be sent"))
            return None
        claim = _Claim(event)
        await self._claims(claim)
        if claim.refusal is not None:
            await self.close(event, claim.refusal)
        return claim.command

    async def close(self, event: CommandIssued, outcome: Outcome) -> None:
        """Store what became of a command and tell it, unless it was closed before."""
        await self._closes(_Close(event, mask_outcome(outcome)))

    async def _claim_all(self, claims: Sequence[_Claim]) -> None:
        for organization_id, group in by(claims, _organization).items():
            async with self._open_uow(Scope.system(organization_id)) as uow:
                # Before it is sent, so that a start that comes faster than the answer finds who asked for it.
                rows = [
                    (each.event.id, "awaited" if isinstance(each.event.command, StartTransaction) else None)
                    for each in group
                ]
                ours = await repository.mark_sent(uow.connection, rows, self._clock.now())
                firsts = {each.event.id: each for each in reversed(group) if each.event.id in ours}
                ready = [(each, *await self._ready(uow, each.event)) for each in firsts.values()]
            for each, command, refusal in ready:  # what was not committed is nobody's to send
                each.command, each.refusal = command, refusal

    async def _ready(self, uow: UnitOfWork, event: CommandIssued) -> tuple[AnyCommand | None, Outcome | None]:
        try:
            return (event.command if self._prepare is None else await self._prepare(uow, event)), None
        except CsmsError as error:
            return None, Outcome(OutcomeStatus.ERROR, reason=error.detail)

    async def _close_all(self, closes: Sequence[_Close]) -> None:
        for organization_id, group in by(closes, _organization).items():
            now = self._clock.now()
            firsts = {each.event.id: each for each in reversed(group)}  # of two that close the same, the first does
            async with self._open_uow(Scope.system(organization_id)) as uow:
                rows = [(key, each.outcome, each.outcome.status in _MAY_HAVE_EFFECT) for key, each in firsts.items()]
                closed = await repository.finish(uow.connection, rows, now)
                told = [each for key, each in firsts.items() if key in closed]
                for each in told:
                    self._tell(uow, each, now)
            for each in told:
                kind = kind_of(each.event.command)
                self._metrics.commands.labels(kind, each.outcome.status.value).inc()
                self._metrics.command_seconds.labels(kind).observe((now - each.event.at).total_seconds())

    @staticmethod
    def _tell(uow: UnitOfWork, close: _Close, now: Any) -> None:
        event, outcome = close.event, close.outcome
        common: dict[str, Any] = {
            "organization_id": event.organization_id,
            "charger_id": event.charger_id,
            "id": event.id,
            "at": now,
        }
        command = mask_command(event.command)
        uow.record(CommandFinished(**common, command=command, outcome=outcome, issued_at=event.at))
        uow.record(CommandClosed(**common, command=kind_of(event.command), status=outcome.status.value))


def _organization(item: _Claim | _Close) -> UUID:
    return item.event.organization_id
