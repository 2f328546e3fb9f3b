# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A charger's line to its CSMS: connect, boot, heartbeats, and facts that are kept until they are acknowledged."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any, Final

import structlog

from csms.ocpp.errors import RemoteProtocolError
from csms.ocpp.rpc import CallReceived
from csms.simulator.backlog import Backlog
from csms.simulator.connection import (
    CallRefused,
    CallTimedOut,
    ConnectFailed,
    Connection,
    Disconnected,
    Failure,
    Words,
    open_socket,
)
from csms.simulator.device import Connector, Fact, Started
from csms.simulator.simtime import Timer
from csms.simulator.speech import ACCEPTED, Registration

if TYPE_CHECKING:
    from csms.simulator.charger import VirtualCharger

log = structlog.get_logger(__name__)

_DEFAULT_HEARTBEAT_S: Final = 300
_DEFAULT_BOOT_RETRY_S: Final = 30


class Uplink:
    """The line of one charger."""

    def __init__(self, charger: "VirtualCharger", rng: Random) -> None:
        self._charger = charger
        self._config = charger.config
        self._runtime = charger.runtime
        self._speech = charger.speech
        self._rng = rng
        self.connection: Connection | None = None
        self.backlog = Backlog(charger.config.max_backlog)
        self.ready = False  # connected, and the boot is accepted
        self.registration: Registration | None = None
        self.failure: ConnectFailed | None = None
        self.boots = True  # automatically after connecting; scripts turn it off
        self._needs_boot = True
        self._stopping = False
        self._away_until_s = 0.0
        self._wake = asyncio.Event()
        self._boot_now = asyncio.Event()
        self._unsaid: set[int] = set()  # connectors whose status the CSMS has not heard
        self._beat: Timer | None = None
        self._pump: asyncio.Task[None] | None = None

    # -- connecting --------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Stay connected until `stop`."""
        failures = 0
        while not self._stopping:
            away_s = self._away_until_s - self._now_s()
            if away_s > 0:
                await self._pause(away_s)
                continue
            try:
                await self.open()
            except ConnectFailed:
                failures += 1
                await self._pause(self._backoff_s(failures))
                continue
            was_ready = await self.serve()
            failures = 0 if was_ready else failures + 1
            if self._away_until_s <= self._now_s():
                await self._pause(self._backoff_s(failures))

    async def open(self) -> Connection:
        """Connect. Raises ConnectFailed, which is kept in `failure` too."""
        config, runtime = self._config, self._runtime
        ping_s = self._charger.configuration.integer("WebSocketPingInterval")
        try:
            socket = await open_socket(
                runtime.http,
                config.url,
                config.identity,
                self._speech.protocol,
                password=self._charger.password,
                tls=config.tls,
                ping_interval_s=float(ping_s) if ping_s else None,
            )
        except ConnectFailed as failure:
            self.failure = failure
            runtime.statistics.refusals[failure.reason] += 1
            self._charger.changed()
            raise
        self.failure = None
        self.connection = Connection(
            socket,
            self._speech.protocol,
            runtime.clock,
            runtime.wheel,
            runtime.statistics,
            self._on_call,
            config.call_timeout_s,
        )
        runtime.statistics.connects += 1
        runtime.statistics.connected += 1
        return self.connection

    async def serve(self) -> bool:
        """Speak until the connection ends; whether the boot was accepted on it."""
        connection = self.connection
        if connection is None:
            raise Disconnected("not connected")
        if self._stopping:
            await connection.close()
        greeting = self._charger.spawn(self._greet(connection)) if self.boots else None
        try:
            await connection.run()
        finally:
            was_ready = self.ready
            self._down()
            if greeting is not None:
                greeting.cancel()
        return was_ready

    def _down(self) -> None:
        statistics = self._runtime.statistics
        self.connection = None
        statistics.connected -= 1
        statistics.disconnects += 1
        if self.ready:
            self.ready = False
            statistics.registered -= 1
        if self._beat is not None:
            self._beat.cancel()
        if self._pump is not None:
            self._pump.cancel()
        self._charger.changed()

    async def stop(self) -> None:
        """Hang up for good."""
        self._stopping = True
        self._wake.set()
        if self.connection is not None:
            await self.connection.close(1001, "the charger is switched off")

    def vanish(self, away_s: float, *, reboot: bool) -> None:
        """The line is dead at once; try again after so many (real) seconds."""
        self._needs_boot = self._needs_boot or reboot
        self._away_until_s = self._now_s() + away_s
        if self.connection is not None:
            self.connection.abort()

    async def hang_up(self, away_s: float, *, reboot: bool) -> None:
        """The same, with a goodbye."""
        self._needs_boot = self._needs_boot or reboot
        self._away_until_s = self._now_s() + away_s
        if self.connection is not None:
            await self.connection.close(1000, "restarting")

    def _now_s(self) -> float:
        return self._runtime.clock.monotonic()

    def _backoff_s(self, failures: int) -> float:
        shortest_s, longest_s = self._config.backoff_s
        return min(longest_s, shortest_s * 2.0 ** min(failures, 30)) * self._rng.uniform(0.5, 1.0)

    async def _pause(self, seconds: float) -> None:
        self._wake.clear()
        if self._stopping:
            return
        timer = self._runtime.wheel.after(seconds, self._wake.set)
        await self._wake.wait()
        timer.cancel()

    # -- boot and heartbeats -----------------------------------------------------------------------------------------

    async def _greet(self, connection: Connection) -> None:
        try:
            if self._needs_boot:
                await self._boot(connection)
        except Disconnected:
            return
        booted, self._needs_boot = self._needs_boot, False
        self.become_ready()
        for connector in self._charger.all_connectors:
            if booted or connector.number in self._unsaid:
                self.say_status(connector)

    def become_ready(self) -> None:
        """The boot is accepted: facts flow, the heart beats."""
        if not self.ready:
            self.ready = True
            self._runtime.statistics.registered += 1
            self._charger.note("connected, and accepted by the CSMS")
        self._beat_later()
        self._pump_soon()
        self._charger.changed()

    async def _boot(self, connection: Connection) -> None:
        while True:
            self._boot_now.clear()
            try:
                registration = await self.boot_once(connection)
            except (CallRefused, CallTimedOut) as failure:
                log.info("boot not answered", charger_id=self._config.identity, error=str(failure))
                registration = Registration("Rejected", _DEFAULT_BOOT_RETRY_S)
            if registration.status == ACCEPTED:
                return
            timer = self._runtime.wheel.after(registration.interval_s or _DEFAULT_BOOT_RETRY_S, self._boot_now.set)
            await self._boot_now.wait()
            timer.cancel()

    async def boot_once(self, connection: Connection) -> Registration:
        """One BootNotification."""
        registration = self._speech.read_boot(await connection.call(self._speech.boot(self._charger)))
        self._registered(registration)
        return registration

    def _registered(self, registration: Registration) -> None:
        self.registration = registration
        if registration.status == ACCEPTED:
            interval_s = registration.interval_s if registration.interval_s > 0 else _DEFAULT_HEARTBEAT_S
            self._charger.configuration.put("HeartbeatInterval", str(interval_s))
        self._charger.changed()

    def boot_again(self) -> None:
        """The CSMS asked for a BootNotification."""
        self._boot_now.set()
        if self.ready and self.connection is not None:
            self.connection.post(
                self._speech.boot(self._charger),
                self._booted_again,
            )

    def _booted_again(self, result: Any) -> None:
        if not isinstance(result, Failure):
            self._registered(self._speech.read_boot(result))

    def beat(self) -> None:
        """Send a heartbeat now."""
        if self.connection is not None:
            self.connection.post(self._speech.heartbeat(), lambda _: None)

    def _beat_later(self) -> None:
        if self._beat is not None:
            self._beat.cancel()
        interval_s = self._charger.configuration.integer("HeartbeatInterval")
        self._beat = self._runtime.wheel.after(interval_s, self._beat_due) if interval_s else None

    def _beat_due(self) -> None:
        self.beat()
        self._beat_later()

    def interval_changed(self) -> None:
        """The HeartbeatInterval has another value."""
        if self.ready:
            self._beat_later()

    # -- what is told ------------------------------------------------------------------------------------------------

    def say_status(self, connector: Connector) -> None:
        """Tell a connector's status now, or when the line is up again (§4.9: only what it is by then)."""
        number = connector.number
        if self._speech.status_word(connector) is None:
            return
        if not self.ready or self.connection is None:
            self._unsaid.add(number)
            return
        self._unsaid.discard(number)

        def told(result: object) -> None:
            if isinstance(result, Disconnected | CallTimedOut):
                self._unsaid.add(number)

        self.connection.post(self._speech.status(connector, self._runtime.time.stamp()), told)

    def say(self, words: Words | None) -> None:
        """Tell something that is not worth keeping if there is no line."""
        if words is not None and self.connection is not None:
            self.connection.post(words, lambda _: None)

    def say_progress(self, kind: str, status: str, request_id: int | None) -> None:
        """How far a transfer is."""
        self._charger.note(f"{kind}: {status}")
        self.say(self._speech.progress(kind, status, request_id))

    async def tell_progress(self, kind: str, status: str, request_id: int | None) -> None:
        """The same, waiting for the answer; without a line it is lost."""
        self._charger.note(f"{kind}: {status}")
        words = self._speech.progress(kind, status, request_id)
        if words is not None and self.connection is not None:
            with suppress(Failure):
                await self.connection.call(words)

    def say_security_event(self, kind: str, info: str) -> None:
        """Something that matters for security."""
        self._charger.note(f"security event {kind}: {info}")
        self.say(self._speech.security_event(kind, info, self._runtime.time.stamp()))

    def tell(self, fact: Fact) -> None:
        """Keep a fact until it is acknowledged."""
        fact.offline = not self.ready
        if not self.backlog.add(fact):
            self._runtime.statistics.dropped += 1
        self._pump_soon()

    async def call(self, make: Callable[[], Any]) -> Any:
        """Ask the CSMS something. Raises a Failure."""
        if not self.ready or self.connection is None:
            raise Disconnected("not connected")
        return await self.connection.call(make())

    def _pump_soon(self) -> None:
        if self.ready and len(self.backlog) and (self._pump is None or self._pump.done()):
            self._pump = self._charger.spawn(self._deliver())

    async def _deliver(self) -> None:
        """Send the backlog in order; each fact is tried as often as TransactionMessageAttempts says (§3.7.1)."""
        configuration = self._charger.configuration
        while self.ready and (fact := self.backlog.head) is not None and (connection := self.connection) is not None:
            try:
                response = await connection.call(self._speech.fact(fact))
            except Disconnected:
                return  # again after the reconnect
            except CallTimedOut:
                connection.abort()  # nobody is there; a fact is not given up for that
                return
            except CallRefused as refused:
                fact.attempts += 1
                if fact.attempts < max(1, configuration.integer("TransactionMessageAttempts")):
                    wait_s = configuration.integer("TransactionMessageRetryInterval") * fact.attempts
                    await self._runtime.wheel.sleep(wait_s)
                    continue
                log.warning("fact given up", charger_id=self._config.identity, error=str(refused))
                self._runtime.statistics.dropped += 1
                if isinstance(fact, Started):
                    fact.transaction.lost = True
                self.backlog.done()
                continue
            self.backlog.done()
            verdict = self._speech.read_fact(fact, response)
            if verdict is not None:
                self._charger.judged(fact, verdict)
            self._charger.changed()

    # -- what is heard -----------------------------------------------------------------------------------------------

    def _on_call(self, connection: Connection, call: CallReceived) -> None:
        expectation = self._charger.expectation
        if expectation is not None and expectation(connection, call):
            return
        try:
            obeyed = self._speech.obey(self._charger, call.action, call.payload)
        except RemoteProtocolError as error:
            connection.session.refuse(call.message_id, error.code, error.description)
            return
        connection.answer(call, obeyed.message)
        if obeyed.after is not None:
            after = obeyed.after
            self._charger.spawn(self._afterwards(connection, after))

    @staticmethod
    async def _afterwards(connection: Connection, act: Callable[[], None]) -> None:
        """The answer goes out before its consequences."""
        await connection.flushed()
        act()
