# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""From a CALL to its answer: dialect, group commit, log. Acknowledged means stored."""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Coroutine, Hashable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import msgspec
import structlog

from csms.domain.chargers import RegistrationStatus
from csms.domain.events import Event
from csms.domain.messages import Answer, BootAnswer, HeartbeatAnswer, HeartbeatReported, Received, Report
from csms.gateway.entry import Entry, Incoming
from csms.gateway.guesses import Guesses
from csms.gateway.log_rows import answered_row, exchanged_row, finding_rows, malformed_row, refused_row
from csms.gateway.ports import BatchHandler, Consultant, Fence, FindingRow, Findings, LogRow, MessageLog, Outbox
from csms.kit.clock import Clock, Seldom
from csms.kit.db.group_commit import GroupCommit, is_away
from csms.kit.db.ingest import Unit
from csms.kit.errors import UnavailableError
from csms.kit.metrics import Distribution, Metrics
from csms.ocpp.errors import RemoteProtocolError
from csms.ocpp.rpc import CallReceived, ErrorReceived, OutboundCall, ResultReceived, SendReceived

if TYPE_CHECKING:
    from csms.gateway.link import Link

log = structlog.get_logger(__name__)

_MAX_BUFFERED_ROWS: Final = 20_000
# A charger waits 30 s and more for an answer; the others do not wait for this one.
_CONSULT_S: Final = 25.0
_TURN_S: Final = 0.5
_TELL_TURNS: Final = 2  # who watches is told of a connector's readings once a second


class Pipeline:
    """Takes calls of all links, stores their facts in groups, answers them after the commit."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        handlers: Mapping[type[Report], BatchHandler],
        consultants: Mapping[type[Report], Consultant],
        message_log: MessageLog,
        findings: Findings,
        outbox: Outbox,
        fence: Fence,
        publish: Callable[[Event], None],
        ring: Callable[[], None],
        claim: Callable[["Link"], Any],
        booted: Callable[[str, RegistrationStatus], None],
        guesses: Guesses,
        metrics: Metrics,
        clock: Clock,
        *,
        max_group: int,
        lanes: int,
        rest_s: Callable[[], float],
    ) -> None:
        self._pool = pool
        self._handlers = handlers
        self._consultants = consultants
        self._message_log = message_log
        self._findings = findings
        self._outbox = outbox
        self._fence = fence
        self._publish = publish
        self._ring = ring
        self._claim = claim
        self._booted = booted
        self._clock, self._metrics, self._guesses = clock, metrics, guesses
        self._frames: dict[tuple[str, str, str, str], Any] = {}
        self._durations: dict[str, Distribution] = {}
        self._paused = metrics.inbox_paused.labels()
        self._group = GroupCommit(self._commit, self._failed, metrics, max_items=max_group, lanes=lanes, rest_s=rest_s)
        self._partitions: set[str] = set()
        self._rows: deque[LogRow] = deque(maxlen=_MAX_BUFFERED_ROWS)
        self._forgiven: deque[FindingRow] = deque(maxlen=_MAX_BUFFERED_ROWS)
        self._latest: dict[Hashable, Callable[[], Event]] = {}
        self._ticker: asyncio.Task[None] | None = None
        self._seldom = Seldom(clock)
        self._slow: set[asyncio.Task[None]] = set()
        self.heartbeats: dict[tuple[str, int], datetime] = {}
        self.calling: set[Link] = set()  # who owes us an answer

    @property
    def depth(self) -> int:
        """Calls that wait for a group."""
        return self._group.depth

    def start(self) -> None:
        """Begin to store."""
        self._group.start()
        self._ticker = asyncio.create_task(self._tick(), name="pipeline-tick")

    async def stop(self, timeout_s: float) -> None:
        """Store and answer what was received, then end."""
        await self._group.drain(timeout_s)
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
        await self._group.stop()
        try:
            await self._write_rows()
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("the rest of the OCPP log is lost, the database is away", rows=len(self._rows))

    # -- one call in -------------------------------------------------------------------------------------------------

    def accept(self, link: "Link", call: Incoming, received_at: datetime) -> Entry | None:
        """Read a call. None if it was answered at once; else the entry that will be completed after its commit."""
        action = call.action
        if (type(call) is SendReceived) != (action in link.dialect.sends):
            self._refuse(link, call, received_at, "NotSupported", f"{action} does not travel in a frame of that type")
            return None
        try:
            report, inbound, findings = link.dialect.read(action, bytes(call.payload), link.validation)
        except RemoteProtocolError as error:
            self._refuse(link, call, received_at, error.code, error.description)
            return None
        except Exception:
            # Whatever a message does to us, it must not end the connection or the process.
            log.exception("cannot read a message", charger_id=link.charger.id, action=action)
            self._refuse(link, call, received_at, "InternalError", "the message could not be read")
            return None
        if not link.may_report(action):
            self._refuse(link, call, received_at, "SecurityError", "send BootNotification first and wait for Accepted")
            return None
        if type(report) is HeartbeatReported:
            now = self._clock.now()
            payload = link.dialect.answer(inbound, HeartbeatAnswer(now))
            link.session.answer(call.message_id, payload)
            if link.epoch is not None:
                self.heartbeats[link.charger.id, link.epoch] = now
            if findings:
                self._forgiven += finding_rows(link, action, findings)
            self._rows.append(answered_row(link, call, received_at, now, payload))
            self._count("in", link, action, "result")
            return None
        report = link.understand(report)
        entry = Entry(link, call, Received(link.source, report, received_at), inbound, findings)
        consultant = self._consultants.get(type(report))
        if consultant is not None and consultant.wants(report):
            self._run(self._consult(entry, consultant))
        else:
            self._group.submit(entry)
        return entry

    async def _consult(self, entry: Entry, consultant: Consultant) -> None:
        """Ask outside, then store what came of it with the group; the charger's next call waits for this one."""
        received = entry.received
        try:
            async with asyncio.timeout(_CONSULT_S):
                found = await consultant(received.source, received.report)
        except Exception as error:
            # Whatever goes wrong out there must not leave a charger without an answer, nor end its connection.
            log.exception("a question could not be asked outside", charger_id=received.source.charger_id)
            self._failed(entry, error)
            await entry.link.flush()
            return
        if isinstance(found, Answer):
            entry.answer = found
        else:
            entry.received = msgspec.structs.replace(received, report=found)
        self._group.submit(entry)

    def malformed(self, link: "Link", data: str, code: str, description: str, message_id: str | None) -> None:
        """Keep what could not be understood, cut and made harmless for a text column; of a flood of it not all."""
        if link.useless.is_kept():
            self._rows.append(malformed_row(link, self._clock.now(), data, code, description, message_id))
        self._count("in", link, "", "error")

    def exchanged(
        self,
        link: "Link",
        call: OutboundCall,
        event: ResultReceived | ErrorReceived | TimeoutError | None,
        sent_at: datetime,
    ) -> None:
        """Keep a call of ours with its answer."""
        kind, row = exchanged_row(link, call, event, sent_at, self._clock.now())
        self._rows.append(row)
        self._count("out", link, call.action, kind)

    async def claim(self, link: "Link") -> None:
        """Claim a link that was let in while the database was away."""
        await self._claim(link)

    def paused(self) -> None:
        """A link stopped reading because its inbox is full."""
        self._paused.inc()

    def _refuse(self, link: "Link", call: Incoming, received_at: datetime, code: str, description: str) -> None:
        if type(call) is CallReceived:
            link.session.refuse(call.message_id, code, description)
        self._rows.append(refused_row(link, call, received_at, self._clock.now(), code, description))
        self._count("in", link, call.action, "error")

    def _count(self, direction: str, link: "Link", action: str, outcome: str) -> None:
        key = (direction, link.dialect.protocol.value, action, outcome)
        child = self._frames.get(key)
        if child is None:
            child = self._frames[key] = self._metrics.frames.labels(*key)
            if len(self._frames) > 1000:
                self._frames.clear()
        child.inc()

    def _seconds(self, link: "Link", action: str) -> Distribution:
        child = self._durations.get(action)
        if child is None:
            child = self._durations[action] = self._metrics.message_seconds.labels(link.dialect.protocol.value, action)
        return child

    # -- one group -------------------------------------------------------------------------------------------------

    async def _commit(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            link = entry.link
            if link.epoch is None and link.active:
                await self._claim(link)
        buffered, forgiven = self._take_buffered()
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                unit = Unit(connection, self._clock.now(), self._partitions)
                # As they are now: what the fence does not hold is not stored, whatever an epoch is meanwhile.
                owners = [entry.owner for entry in entries]
                stale = await self._fence(unit, sorted(set(owners)))
                fenced = zip(entries, owners, strict=True)
                current = [entry for entry, owner in fenced if owner not in stale] if stale else entries
                await self._handle(unit, current)
                await self._keep(unit, current, buffered, forgiven)
                await self._outbox(unit)
        except BaseException:
            self._give_back(buffered, forgiven)
            raise
        for entry, owner in zip(entries, owners, strict=True) if stale else ():
            if owner in stale:
                entry.link.abort("replaced by a newer connection")
        await self._answer(current, unit)

    async def _handle(self, unit: Unit, entries: Sequence[Entry]) -> None:
        by_kind: dict[type[Report], list[Entry]] = {}
        for entry in entries:
            if entry.answer is not None and type(entry.received.report) in self._consultants:
                entry.response = entry.link.dialect.answer(entry.inbound, entry.answer)
                continue
            by_kind.setdefault(type(entry.received.report), []).append(entry)
        for kind, group in by_kind.items():
            answers = await self._handlers[kind](unit, [entry.received for entry in group])
            said: tuple[object, object] | None = None
            response = b""
            for entry, answer in zip(group, answers, strict=True):
                entry.answer = answer
                if entry.silent:
                    continue
                if said is None or said[0] is not answer or said[1] is not entry.inbound:
                    said, response = (answer, entry.inbound), entry.link.dialect.answer(entry.inbound, answer)
                entry.response = response

    async def _keep(
        self, unit: Unit, entries: Sequence[Entry], buffered: list[LogRow], forgiven: list[FindingRow]
    ) -> None:
        rows, findings = buffered.copy(), forgiven.copy()
        for entry in entries:
            link = entry.link
            rows.append(answered_row(link, entry.request, entry.received.received_at, unit.now, entry.response))
            if entry.findings:
                findings += finding_rows(link, entry.request.action, entry.findings)
        await self._write(unit, rows, findings)

    async def _write(self, unit: Unit, rows: list[LogRow], findings: list[FindingRow]) -> None:
        await self._message_log.write(unit, rows)
        if findings:
            await self._findings.write(unit, findings)

    def _take_buffered(self) -> tuple[list[LogRow], list[FindingRow]]:
        taken = list(self._rows), list(self._forgiven)
        self._rows.clear()
        self._forgiven.clear()
        return taken

    def _give_back(self, rows: list[LogRow], findings: list[FindingRow]) -> None:
        self._rows.extendleft(reversed(rows))
        self._forgiven.extendleft(reversed(findings))

    async def _answer(self, entries: Sequence[Entry], unit: Unit) -> None:
        """Tell what is stored. Nothing here may fail the group: it is committed, and would be stored again."""
        try:
            self._latest.update(unit.latest)
            self._tell(unit.events)
        except Exception:
            log.exception("events of a group not told")
        done = self._clock.now()
        for entry in entries:
            link, answer = entry.link, entry.answer
            wait_s = self._guesses.wait_s(answer, link.charger, link.address)
            if wait_s:  # the charger's next call waits for this one; nobody else does
                self._run(self._answer_later(entry, done, wait_s))
                continue
            try:
                if self._answer_one(entry, done) and not link.write():
                    await link.flush()
            except Exception as error:  # noqa: BLE001  (the others of its group are to be answered)
                _give_up(entry, error)

    async def _answer_later(self, entry: Entry, done: datetime, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        try:
            if self._answer_one(entry, done):
                await entry.link.flush()
        except Exception as error:  # noqa: BLE001  (told, and nobody waits for this task)
            _give_up(entry, error)

    def _answer_one(self, entry: Entry, done: datetime) -> bool:
        """Hand the answer to the link; whether it is to be flushed."""
        link, action = entry.link, entry.request.action
        if not entry.silent:
            link.session.answer(entry.message_id, entry.response)
        self._count("in", link, action, "result")
        self._seconds(link, action).observe((done - entry.received.received_at).total_seconds())
        if isinstance(entry.answer, BootAnswer):
            self._booted(link.charger.id, entry.answer.status)
        link.completed(entry, entry.answer)
        if link.active and link.congested:
            self._run(link.flush())  # a peer that does not read must not hold up the others of its group
            return False
        return link.active

    def _tell(self, events: Sequence[Event]) -> None:
        durable = False
        for event in events:
            if event.kind == "live":
                self._publish(event)
            else:
                durable = True
        if durable:
            self._ring()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._slow.add(task)
        task.add_done_callback(self._slow.discard)

    def _failed(self, entry: Entry, error: Exception) -> None:
        link = entry.link
        if isinstance(error, UnavailableError):
            # Not stored, so not answered: the charger keeps the message and sends it again.
            log.warning("left unanswered", charger_id=link.charger.id, action=entry.request.action, reason=str(error))
            link.completed(entry, None)
            return
        log.error("a message cannot be stored", charger_id=link.charger.id, action=entry.request.action, exc_info=error)
        self._refuse(link, entry.request, entry.received.received_at, "InternalError", "the message cannot be stored")
        link.completed(entry, None)
        self._run(link.flush())

    # -- time ------------------------------------------------------------------------------------------------------

    async def _tick(self) -> None:
        for turn in itertools.count():
            await asyncio.sleep(_TURN_S)
            try:
                if turn % _TELL_TURNS == 0:
                    self._tell_latest()
                await self._write_rows()
                self._seldom.over()
            except Exception as error:  # noqa: BLE001  (rows are kept in memory and tried again at the next tick)
                if self._seldom.due():
                    log.warning("the OCPP log could not be written", error=repr(error), waiting=len(self._rows))

    def _tell_latest(self) -> None:
        latest, self._latest = self._latest, {}
        for make in latest.values():
            self._publish(make())

    async def _write_rows(self) -> None:
        rows, findings = self._take_buffered()
        if not rows and not findings:
            return
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                await self._write(Unit(connection, self._clock.now(), self._partitions), rows, findings)
        except BaseException:
            self._give_back(rows, findings)
            raise


def _give_up(entry: Entry, error: Exception) -> None:
    link, action = entry.link, entry.request.action
    log.error("an answer could not be given", charger_id=link.charger.id, action=action, exc_info=error)
    link.abort("an answer could not be given")
