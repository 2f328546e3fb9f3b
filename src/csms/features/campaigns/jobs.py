# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The job that carries a campaign out: looks at who is busy, judges what they told, sends it to the next.

All that it knows is in rows, so that another worker goes on where one died. It runs while chargers are busy; when
nobody is, the campaign says when it has to be looked at again, and `sweep` begins the next job then.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import structlog
from sqlalchemy import RowMapping

from csms.domain.commands import UpdateFirmware
from csms.domain.events import CampaignChanged
from csms.features.api_keys.service import scope_now
from csms.features.campaigns import rules, sets
from csms.features.campaigns.service import COMMAND, KIND, Work, command_of
from csms.features.commands.rules import permissions_for
from csms.features.commands.service import CommandService
from csms.kit.clock import Clock
from csms.kit.db.partitions import load_retention, months_before
from csms.kit.db.uow import Actor, Scope, UnitOfWork
from csms.kit.errors import CsmsError, UnavailableError
from csms.kit.http.problems import ForbiddenError, TooManyRequestsError
from csms.kit.jobs.base import JobKind, Jobs, RunningJob

log = structlog.get_logger(__name__)

OpenUnitOfWork = Callable[[Scope], AbstractAsyncContextManager[UnitOfWork]]
LOOK_S: Final = 1.0
_SLICE_S: Final = 300.0  # then others have their turn
_MISSED: Final = timedelta(seconds=30)
"""A campaign whose job died without a word is taken up again after this time."""
_SELDOM: Final = timedelta(minutes=10)
"""Of what nothing tells, as of a charger that went away while others were waited for, it is learned after this time."""
_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class _Turn:
    """What one look came to: to whom it is sent now, in whose name, and whether anybody is busy."""

    row: RowMapping
    chargers: Sequence[RowMapping]
    scope: Scope | None
    busy: bool
    over: int


class CampaignRunner:
    """Sends firmware like any person would, a few chargers at a time."""

    def __init__(self, open_uow: OpenUnitOfWork, commands: CommandService, jobs: Jobs, clock: Clock) -> None:
        self._open_uow = open_uow
        self._commands = commands
        self._jobs = jobs
        self._clock = clock
        self._stopping = asyncio.Event()

    def kind(self) -> JobKind:
        """For the worker."""
        return JobKind(KIND, self.run, max_attempts=20, concurrency=_AT_ONCE)

    async def sweep(self, organization_id: UUID) -> None:
        """Begin a job for each campaign that has to be looked at; one that is at work already has no second."""
        async with self._open_uow(Scope.system(organization_id)) as uow:
            for key in await sets.due(uow.connection, self._clock.now()):
                await self._jobs.enqueue(
                    uow.connection, KIND, Work(key), organization_id=organization_id, dedupe_key=str(key)
                )

    async def run(self, job: RunningJob) -> dict[str, int]:
        """As long as somebody is busy."""
        key = msgspec.json.decode(job.payload, type=Work).campaign
        ends_s = self._clock.monotonic() + _SLICE_S
        busy = True
        while busy and not self._stopping.is_set() and self._clock.monotonic() < ends_s:
            busy = await self._turn(job, key)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S if busy else 0):
                    await self._stopping.wait()
        async with self._open_uow(Scope.system(job.organization_id)) as uow:
            if busy:  # the next job goes on at once
                await sets.look_soon(uow.connection, key, self._clock.now())
            return await sets.counts(uow.connection, key)

    def stop(self) -> None:
        """Jobs end after the look that they are at; whoever works next goes on."""
        self._stopping.set()

    async def _turn(self, job: RunningJob, key: UUID) -> bool:
        """Look, and send to those whose turn it is; whether anybody is busy then."""
        async with self._open_uow(Scope.system(job.organization_id)) as uow:
            turn = await self._look(uow, key)
        if turn is None:
            return False
        await job.progress(turn.over, turn.row["total"])
        for charger in turn.chargers:
            await self._send(turn, charger)
        return turn.busy or bool(turn.chargers)

    async def _look(self, uow: UnitOfWork, key: UUID) -> _Turn | None:
        row = await sets.hold(uow.connection, key)
        if row is None or row["next_at"] is None:
            return None
        now = self._clock.now()
        if row["status"] == "scheduled":
            if row["starts_at"] is not None and row["starts_at"] > now:
                return None
            row = await self._begin_wave(uow, row, 1, now)
        await self._settle(uow, row, now)
        if row["status"] == "running":
            return await self._go_on(uow, row, now)
        return await self._watch(uow, row, now)

    # -- those that are busy ---------------------------------------------------------------------------------------

    async def _settle(self, uow: UnitOfWork, row: RowMapping, now: datetime) -> None:
        """Write what busy chargers have come to."""
        wanted = rules.Patience(row["version"], row["install_at"], timedelta(seconds=row["timeout_s"]))
        for each in await sets.busy(uow.connection, row["id"]):
            seen = rules.Seen(
                status=each["status"],
                command=each["command"],
                command_reason=each["command_reason"],
                sent_at=each["sent_at"],
                word=each["word"],
                info=each["info"],
                told_at=each["told_at"],
                version=each["version"],
                boot_at=each["boot_at"],
            )
            status, reason = rules.judge(seen, wanted, now)
            values = {"status": status, "reason": reason, "progress": each["word"], "progress_at": each["told_at"]}
            if status == "failed" and each["attempts"] <= row["retries"] and row["status"] in ("running", "paused"):
                values |= {"status": "waiting", "retry_at": now + timedelta(seconds=row["retry_after_s"])}
            elif status in rules.ENDED:
                values["finished_at"] = now
            if any(values[name] != each[name] for name in ("status", "reason", "progress", "progress_at")):
                await sets.write(uow.connection, row["id"], each["charger_id"], values)
                self._tell(uow, row, values["status"], each["charger_id"])

    async def _watch(self, uow: UnitOfWork, row: RowMapping, now: datetime) -> _Turn:
        """Paused or stopped: nothing is sent any more, what was sent goes on."""
        tally = await sets.tally(uow.connection, row["id"], row["wave"], now)
        values: dict[str, Any] = {"next_at": now + _MISSED if tally["busy"] else None, "open_zones": []}
        if not tally["busy"] and row["status"] == "stopped":
            values["counts"] = await sets.counts(uow.connection, row["id"])
        await sets.change(uow.connection, row["id"], values)
        return _Turn(row, (), None, tally["busy"] > 0, tally["over"])

    # -- a campaign that runs --------------------------------------------------------------------------------------

    async def _go_on(self, uow: UnitOfWork, row: RowMapping, now: datetime) -> _Turn:
        over = row["ends_at"] is not None and row["ends_at"] <= now
        for charger in await sets.expire(uow.connection, row["id"], row["wave"], now, over=over):
            self._tell(uow, row, "expired", charger)
        tally = await sets.tally(uow.connection, row["id"], row["wave"], now)
        if rules.too_many_failed(row["stop_on_failure_percent"], tally["failed"], tally["begun"]):
            percent = row["stop_on_failure_percent"]
            reason = f"{tally['failed']} of {tally['begun']} chargers failed: more than {percent} %"
            return await self._stop(uow, row, reason, now)
        if not tally["waiting"] and not tally["busy"]:
            return await self._end(uow, row, tally, now)
        last = row["wave"] >= len(row["sizes"])
        if not last and not tally["busy"] and not tally["here"] and tally["ended"]:
            return await self._after_wave(uow, row, tally, now)
        return await self._pick(uow, row, tally, now)

    async def _pick(self, uow: UnitOfWork, row: RowMapping, tally: RowMapping, now: datetime) -> _Turn:
        """Whose turn it is, in the name of whoever began it and may do it still."""
        edges = [tally["retry_at"], tally["expires_at"], row["ends_at"], now + _SELDOM]
        open_zones = await self._zones(uow, row, edges, now)
        await sets.change(uow.connection, row["id"], {"open_zones": open_zones})
        chargers, skipped = [], 0
        for each in await sets.ready(uow.connection, row["id"], now, max(row["at_once"] - tally["busy"], 0)):
            if row["version"] is not None and each["firmware_version"] == row["version"]:
                done = {"status": "skipped", "reason": f"it has {row['version']} already", "finished_at": now}
                await sets.write(uow.connection, row["id"], each["charger_id"], done)
                self._tell(uow, row, "skipped", each["charger_id"])
                skipped += 1  # that may have been the last: it is looked at again
            else:
                chargers.append(each)
        scope = await self._scope(uow, row) if chargers else None
        if isinstance(scope, str):
            return await self._stop(uow, row, scope, now)
        busy = tally["busy"] > 0 or bool(chargers) or skipped > 0
        soonest = min(each for each in edges if each is not None)
        await sets.change(uow.connection, row["id"], {"next_at": now + _MISSED if busy else max(soonest, now)})
        return _Turn(row, chargers, scope, busy, tally["over"])

    async def _zones(
        self, uow: UnitOfWork, row: RowMapping, edges: list[datetime | None], now: datetime
    ) -> Sequence[str]:
        """Where it is time now; when that changes is added to the edges."""
        window = rules.read_window(row["maintenance_window"])
        if window is None:
            return []
        found = await sets.zones(uow.connection, row["id"], row["wave"])
        edges += [rules.next_change(window, ZoneInfo(zone), now) for zone in found]
        return [zone for zone in found if rules.is_open(window, ZoneInfo(zone), now)]

    async def _after_wave(self, uow: UnitOfWork, row: RowMapping, tally: RowMapping, now: datetime) -> _Turn:
        """The wave is over but for those that are away: they are taken when they come."""
        since = row["wave_over_at"]
        pause, by_hand = rules.between(row["waves"], row["wave"])
        by_hand = by_hand or not tally["reached"]  # a trial that nobody took part in says nothing
        if by_hand and since is None:
            none = "" if tally["reached"] else ", and none of its chargers was reached"
            reason = f"wave {row['wave']} of {len(row['sizes'])} is over{none}: resume it, and the next one begins"
            values = {"status": "paused", "reason": reason, "wave_over_at": now, "next_at": None, "open_zones": []}
            await self._change(uow, row, values, now)
            uow.audit("charger:firmware_campaign:pause", "firmware_campaign", str(row["id"]), None, {"reason": reason})
            return _Turn(row, (), None, False, tally["over"])
        since = since or now
        if by_hand or since + pause <= now:
            return await self._go_on(uow, await self._begin_wave(uow, row, row["wave"] + 1, now), now)
        if row["wave_over_at"] is None:
            await self._change(uow, row, {"wave_over_at": since}, now)
        edges = [tally["expires_at"], row["ends_at"], since + pause]
        soonest = min(each for each in edges if each is not None)
        await sets.change(uow.connection, row["id"], {"next_at": max(soonest, now)})
        return _Turn(row, (), None, False, tally["over"])

    async def _begin_wave(self, uow: UnitOfWork, row: RowMapping, wave: int, now: datetime) -> RowMapping:
        until = now + timedelta(seconds=row["wait_s"])
        await sets.begin_wave(uow.connection, row["id"], wave, until)
        values: dict[str, Any] = {"status": "running", "wave": wave, "wave_over_at": None, "reason": None}
        if wave == 1:
            values["started_at"] = now
        await self._change(uow, row, values, now)
        held = await sets.hold(uow.connection, row["id"])
        assert held is not None  # it is locked
        return held

    async def _stop(self, uow: UnitOfWork, row: RowMapping, reason: str, now: datetime) -> _Turn:
        """Nobody else gets it; what was sent goes on."""
        await sets.cancel(uow.connection, row["id"], reason, now)
        await self._change(uow, row, {"status": "stopped", "reason": reason, "finished_at": now}, now)
        uow.audit("charger:firmware_campaign:stop", "firmware_campaign", str(row["id"]), None, {"reason": reason})
        log.warning("a firmware campaign stops", campaign=str(row["id"]), why=reason)
        held = await sets.hold(uow.connection, row["id"])
        assert held is not None  # it is locked
        return await self._watch(uow, held, now)

    async def _end(self, uow: UnitOfWork, row: RowMapping, tally: RowMapping, now: datetime) -> _Turn:
        values = {
            "status": "done",
            "finished_at": now,
            "next_at": None,
            "open_zones": [],
            "counts": await sets.counts(uow.connection, row["id"]),
        }
        await self._change(uow, row, values, now)
        kept = await load_retention(uow.connection)
        await sets.forget(uow.connection, months_before(now, kept.status_history_months))
        return _Turn(row, (), None, False, tally["over"])

    async def _change(self, uow: UnitOfWork, row: RowMapping, values: dict[str, Any], now: datetime) -> None:
        await sets.change(uow.connection, row["id"], {**values, "updated_at": now})
        if "status" in values:
            self._tell(uow, row, values["status"])

    @staticmethod
    def _tell(uow: UnitOfWork, row: RowMapping, status: str, charger_id: str = "") -> None:
        organization_id = uow.scope.organization_id
        uow.record(CampaignChanged(organization_id=organization_id, charger_id=charger_id, id=row["id"], status=status))

    # -- sending ---------------------------------------------------------------------------------------------------

    async def _scope(self, uow: UnitOfWork, row: RowMapping) -> Scope | str:
        """In whose name it goes on, where they may do it by now; or why not any more."""
        if row["actor_id"] is None:
            return Scope(uow.scope.organization_id, Actor(row["actor_kind"], None, row["actor_name"]))
        try:
            return await scope_now(uow, row["actor_id"], permissions_for(COMMAND), self._clock.now())
        except ForbiddenError as error:
            return f"{row['actor_name']}: {error.detail}; somebody who may do it can retry the rest"

    async def _send(self, turn: _Turn, charger: RowMapping) -> None:
        """One command; what this charger cannot be asked is its own failure and nobody else's."""
        assert turn.scope is not None  # there are chargers
        row, identity, attempt = turn.row, charger["charger_id"], charger["attempts"] + 1
        refusal: str | None = None
        try:
            async with self._open_uow(turn.scope) as uow:
                if await sets.take(uow.connection, row["id"], identity):
                    once = f"campaign-{row['id']}-{row['round']}-{attempt}-{identity}"[:200]
                    sent = await self._commands.issue_command(uow, identity, self._command(row), once)
                    values = {"status": "sent", "reason": None, "command": sent["id"], "attempts": attempt}
                    anew = dict.fromkeys(("progress", "progress_at", "retry_at"))
                    await sets.write(uow.connection, row["id"], identity, values | anew)
                    self._tell(uow, row, "sent", identity)
                    return
        except (UnavailableError, TooManyRequestsError):
            raise  # the database is away, or it is too early: the job is started again
        except CsmsError as error:
            refusal = error.detail
        await self._refuse(turn, identity, attempt, refusal)

    def _command(self, row: RowMapping) -> UpdateFirmware:
        return command_of(dict(row), self._clock.now())

    async def _refuse(self, turn: _Turn, identity: str, attempt: int, refusal: str | None) -> None:
        """It could not be asked; unless the campaign was paused meanwhile, and it keeps its turn."""
        async with self._open_uow(Scope.system(turn.row["organization_id"])) as uow:
            if not await sets.take(uow.connection, turn.row["id"], identity):
                return
            reason = refusal or "it is beyond the sites and groups where whoever asked may do this"
            values = {"status": "failed", "reason": reason, "attempts": attempt, "finished_at": self._clock.now()}
            await sets.write(uow.connection, turn.row["id"], identity, values)
            self._tell(uow, turn.row, "failed", identity)
