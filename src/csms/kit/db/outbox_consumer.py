# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Reads the outbox for one consumer: at least once, in order per key, one process at a time.

The pool must see every organization's rows (`csms_app` with no organization set). Handlers open their own
transactions and must be idempotent: what was in flight when a process died is told again.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from operator import itemgetter
from typing import Any, Final

import asyncpg
import msgspec
from sqlalchemy.exc import DBAPIError

from csms.kit.bus.base import Bus, DurableEvent
from csms.kit.bus.codec import EventCodec
from csms.kit.clock import Seldom, SystemClock
from csms.kit.db.group_commit import is_away
from csms.kit.db.lifeline import Lifeline
from csms.kit.db.outbox import BELL, OLDEST_WRITER
from csms.kit.db.outbox_lease import Cursor, Lease, LeaseLostError
from csms.kit.db.outbox_parking import Delivery, Handler, HandlerOfMany, Parking
from csms.kit.errors import HopelessError, UnavailableError
from csms.kit.metrics import Metrics

log = logging.getLogger(__name__)

__all__ = ["Consumer", "Delivery", "Handler"]

SOON_S: Final = 0.01
"""How long to wait for a transaction that holds a window open, at first and at most."""
MAX_SOON_S: Final = 0.25
REST_S: Final = 0.05
"""How long to leave the database alone after a look: events that come one by one are then read together."""
IDLE_WRITE_S: Final = 30.0
"""How often an idle consumer writes its cursor, so that what concerns only others can be cleaned."""

_TOGETHER: Final = 200

_WINDOW: Final = 1_000
_READ: Final = f"""
WITH writers AS MATERIALIZED (SELECT greatest({OLDEST_WRITER}, $1::bigint) AS oldest),
bound AS MATERIALIZED (
    SELECT oldest, CASE WHEN $1::bigint = $2::bigint THEN least(oldest, (
        SELECT greatest(transaction_number, $1 + 1) FROM outbox WHERE transaction_number >= $1
        ORDER BY transaction_number OFFSET {_WINDOW} LIMIT 1)) ELSE $2 END AS high
    FROM writers
), ahead AS MATERIALIZED (
    SELECT oldest, high, coalesce((SELECT max(transaction_number) FROM outbox) >= high, false) AS is_more FROM bound
)
SELECT ahead.high, is_more AND high < oldest AS goes_on, is_more AND high >= oldest AS held_open, o.*
FROM ahead LEFT JOIN LATERAL (
    SELECT id, organization_id, type, key, payload::text AS payload, occurred_at FROM outbox
    WHERE transaction_number >= $1 AND transaction_number < ahead.high AND id + 0 > $3
        AND ($4::text[] IS NULL OR type = ANY($4))
    ORDER BY id + 0 LIMIT $5) o ON true
ORDER BY o.id
"""  # noqa: S608  (constants)
"""One way to the database for a look: where the window ends, whether rows lie behind it, and its rows, or NULLs.

A window has some thousand rows, those of whole transactions: each look sorts all of it, and whoever is far behind has
many looks to take. The highest number is looked up in the index; EXISTS would read the whole table where there is no
such row. So would the index of `id`, from the first event that is kept: it serves no `id + 0`.
"""


@dataclass(slots=True)
class _Slot:
    """One event on its way."""

    row: Any
    after: Cursor
    done: bool = False


class _Flow:
    """What one reign of this process over the consumer holds in memory."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor  # read up to here
        self.passed = cursor  # everything before is done
        self.written = cursor  # what the database knows of it
        self.written_s = 0.0
        self.dirty = False
        self.soon_s = SOON_S
        self.parked_s = 0.0
        self.slots: deque[_Slot] = deque()
        self.lanes: dict[str, deque[_Slot]] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.progress = asyncio.Event()
        self.broken: BaseException | None = None

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run beside the pump; its end is progress."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self.tasks.discard(task)
        self.progress.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            self.broken = error


class Consumer:
    """`run()` until cancelled, or until `stop()` has let the handlers that run finish."""

    def __init__(
        self,
        name: str,
        handler: Handler,
        *,
        pool: asyncpg.Pool,
        lifeline: Lifeline,
        codec: EventCodec,
        bus: Bus,
        metrics: Metrics,
        types: Sequence[type[DurableEvent]] | None = None,
        order: Callable[[Any], str] = itemgetter("key"),
        together: HandlerOfMany | None = None,
        concurrency: int = 32,
        read_ahead: int = 500,
        attempts: int = 5,
        backoff_s: tuple[float, float] = (0.2, 5.0),
        poll_s: float = 1.0,
        rest_s: float = REST_S,
        lease_s: float = 15.0,
    ) -> None:
        """`order` gives what of a row keeps its order: its key, or something coarser. `rest_s`: between two looks.

        `together` handles several of one order that wait, all or none of them; `handler` each where that fails.
        """
        self.name = name
        self._handler = handler
        self._order = order
        self._together = together
        self._parking = Parking(name, handler, pool, codec, metrics)
        self._pool = pool
        self._bus = bus
        self._types = None if types is None else [codec.tag(event_class) for event_class in types]
        self._read_ahead = read_ahead
        self._attempts = attempts
        self._backoff_s = backoff_s
        self._poll_s = poll_s
        self._rest_s = rest_s
        self._lease = Lease(name, pool, lifeline, lease_s)
        self._bell = f"{BELL}/{name}"
        self._room = asyncio.Semaphore(concurrency)
        self._stopping = asyncio.Event()
        self._idle = asyncio.Event()
        self._seldom = Seldom(SystemClock())
        self._lag = metrics.outbox_lag_seconds.labels(name)
        self._handled = metrics.outbox_events.labels(name, "handled")
        self._retried = metrics.outbox_events.labels(name, "retried")

    # -- life

    async def run(self) -> None:
        """Take the consumer when it is free, and serve it as long as it is ours."""
        self._idle.clear()
        try:
            while not self._stopping.is_set():
                try:
                    cursor = await self._lease.take()
                    if cursor is not None:
                        await self._reign(cursor)
                except LeaseLostError:
                    log.warning("outbox consumer %s: another process has taken over, or may have", self.name)
                except Exception as error:  # whatever it was, the events wait for the next attempt
                    level, is_ours = (logging.WARNING, False) if is_away(error) else (logging.ERROR, True)
                    log.log(level, "outbox consumer %s starts again: %r", self.name, error, exc_info=is_ours)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_s):
                        await self._stopping.wait()
        finally:
            self._idle.set()

    async def stop(self) -> None:
        """Read no more, let running handlers finish, and give the consumer to whoever wants it."""
        self._stopping.set()
        self._bus.wake(self._bell)
        await self._idle.wait()

    async def _reign(self, cursor: Cursor) -> None:
        flow = _Flow(cursor)
        renewal = asyncio.create_task(self._lease.keep(), name=f"outbox-lease-{self.name}")
        try:
            await self._pump(flow, renewal)
        finally:
            renewal.cancel()
            for task in flow.tasks:
                task.cancel()
            await asyncio.gather(renewal, *flow.tasks, return_exceptions=True)
        await self._lease.give_back()

    # -- reading

    async def _pump(self, flow: _Flow, renewal: "asyncio.Task[None]") -> None:
        """Read, hand out, remember how far everything before is done; until stopped."""
        bell = asyncio.create_task(self._wait())
        try:
            while True:
                if flow.broken is not None:  # begin again at the cursor
                    raise flow.broken
                pause_s = self._poll_s
                if not self._stopping.is_set() and len(flow.slots) <= self._read_ahead // 2:  # a look for a few is dear
                    pause_s = await self._read(flow)
                    self._look_at_parked(flow)
                while flow.slots and flow.slots[0].done:
                    flow.passed = flow.slots.popleft().after
                    flow.dirty = True
                self._measure(flow)
                await self._write(flow)
                is_over = not flow.tasks and not (flow.slots and flow.slots[0].done)  # that while it was written
                if self._stopping.is_set() and is_over:
                    return
                if pause_s:
                    await asyncio.wait({renewal}, timeout=self._rest_s)
                progress = asyncio.create_task(flow.progress.wait())
                await asyncio.wait({bell, progress, renewal}, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
                progress.cancel()
                flow.progress.clear()
                if renewal.done():
                    await renewal
                if bell.done():
                    bell = asyncio.create_task(self._wait())
        finally:
            bell.cancel()

    async def _wait(self) -> None:
        while not await self._bus.wait_woken(self._bell, 60.0):
            pass

    async def _read(self, flow: _Flow) -> float:
        """Take what is readable; how long to wait before the next look."""
        limit = self._read_ahead - len(flow.slots)
        cursor = flow.cursor
        found = await self._pool.fetch(_READ, cursor.low, cursor.high, cursor.position, self._types, limit)
        cursor = replace(cursor, high=found[0]["high"])
        rows = [row for row in found if row["id"] is not None]
        for row in rows:
            cursor = replace(cursor, position=row["id"])
            self._hand_out(flow, _Slot(row, cursor))
        if len(rows) < limit:  # the window is read out; the next one begins where it ended
            cursor = Cursor(cursor.high, cursor.high, 0)
            if flow.slots:
                flow.slots[-1].after = cursor
            else:
                flow.passed = cursor
        flow.cursor = cursor
        if cursor.low != cursor.high or found[0]["goes_on"]:
            return 0.0
        flow.soon_s = min(flow.soon_s * 2, MAX_SOON_S) if found[0]["held_open"] else SOON_S
        return flow.soon_s if found[0]["held_open"] else self._poll_s

    def _measure(self, flow: _Flow) -> None:
        oldest = next((slot for slot in flow.slots if not slot.done), None)
        self._lag.set(0.0 if oldest is None else (datetime.now(UTC) - oldest.row["occurred_at"]).total_seconds())

    async def _write(self, flow: _Flow) -> None:
        """Tell the database how far we are: at once after events, now and then when idle."""
        now_s = asyncio.get_running_loop().time()
        if flow.passed == flow.written or not (flow.dirty or now_s - flow.written_s > IDLE_WRITE_S):
            return
        await self._lease.write(flow.passed)
        flow.written, flow.written_s, flow.dirty = flow.passed, now_s, False

    # -- handling

    def _hand_out(self, flow: _Flow, slot: _Slot) -> None:
        """Queue behind the other events of its key."""
        flow.slots.append(slot)
        key = self._order(slot.row)
        lane = flow.lanes.get(key)
        if lane is not None:
            lane.append(slot)
            return
        flow.lanes[key] = deque((slot,))
        flow.start(self._run_lane(flow, key))

    async def _run_lane(self, flow: _Flow, key: str) -> None:
        lane = flow.lanes[key]
        try:
            while lane:
                async with self._room:
                    if len(lane) > 1 and self._together is not None and await self._delivered(lane, self._together):
                        flow.progress.set()
                        continue
                    if self._stopping.is_set() or not await self._deliver(lane[0].row):
                        return  # not done: told again by whoever takes over
                lane.popleft().done = True
                flow.progress.set()
        finally:
            del flow.lanes[key]

    async def _delivered(self, lane: deque[_Slot], together: HandlerOfMany) -> bool:
        """Handle the first of a lane together; False where that cannot be: one by one it is said of each what it is."""
        slots = list(islice(lane, _TOGETHER))
        self._lease.check()
        if self._stopping.is_set():
            return False
        try:
            await together([self._parking.delivery(slot.row, 1) for slot in slots])
        except Exception as error:  # noqa: BLE001  (told again one by one, where it is logged)
            log.debug("outbox consumer %s: %d events, one by one: %r", self.name, len(slots), error)
            return False
        for _ in slots:
            lane.popleft().done = True
        self._handled.inc(len(slots))
        return True

    async def _deliver(self, row: Any) -> bool:
        """Handle one event, or park it after the last attempt; False when stopped in between."""
        attempt = 0
        while True:
            attempt += 1
            self._lease.check()
            try:
                await self._handler(self._parking.delivery(row, attempt))
            except Exception as error:  # whatever a handler does, the others go on
                patient = _needs_patience(error)
                if patient:
                    attempt -= 1  # says nothing about the event
                elif attempt >= self._attempts or isinstance(error, (msgspec.MsgspecError, HopelessError)):
                    log.exception("outbox consumer %s parks event %d", self.name, row["id"])
                    await self._parking.park(row, attempt, error)
                    return True
                if not patient or self._seldom.due():
                    log.warning("outbox consumer %s: event %d, attempt %d: %r", self.name, row["id"], attempt, error)
                self._retried.inc()
                if await self._stopped_within(min(self._backoff_s[0] * 2**attempt, self._backoff_s[1])):
                    return False
            else:
                self._handled.inc()
                return True

    async def _stopped_within(self, delay_s: float) -> bool:
        try:
            async with asyncio.timeout(delay_s):
                await self._stopping.wait()
        except TimeoutError:
            return False
        return True

    def _look_at_parked(self, flow: _Flow) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s >= flow.parked_s:
            flow.parked_s = now_s + max(self._poll_s, 1.0)
            flow.start(self._parking.retry())


def _needs_patience(error: Exception) -> bool:
    """The database is away, or something the handler needs: no reason to give up on the event."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated
    return isinstance(
        error,
        (
            UnavailableError,
            asyncpg.PostgresConnectionError,
            asyncpg.InterfaceError,
            asyncpg.OperatorInterventionError,
            asyncpg.InternalClientError,  # the driver's word for a connection that was cut at the wrong moment
        ),
    )
