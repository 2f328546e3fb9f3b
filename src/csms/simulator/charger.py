# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A virtual charger: connectors and meters on one side, the line to the CSMS on the other.

Drivers (`story`), commands (`orders`) and scripts move it by the same methods: plug, start, stop, fault, …
Over 400 lines because it is one machine, whose parts move together.
"""

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import aiohttp
import structlog

from csms.kit.clock import Clock
from csms.ocpp import v21, v201
from csms.ocpp.codec import Protocol
from csms.ocpp.rpc import CallReceived
from csms.simulator.configuration import Configuration
from csms.simulator.connection import Connection, Failure
from csms.simulator.device import Changed, Connector, Fact, Metered, Started, Status, Stopped, StopReason, Transaction
from csms.simulator.dice import dice
from csms.simulator.limits import TX, limit_w
from csms.simulator.memory import Memory
from csms.simulator.model import DeviceModel
from csms.simulator.physics import Outlet, Vehicle
from csms.simulator.simtime import SimTime, Timer, Wheel
from csms.simulator.speech import ACCEPTED, Speech
from csms.simulator.statistics import Statistics
from csms.simulator.transfers import Transfers
from csms.simulator.uplink import Uplink
from csms.simulator.v2 import V2
from csms.simulator.v16 import V16

log = structlog.get_logger(__name__)

SPEECHES: Final[dict[Protocol, Speech]] = {
    Protocol.V16: V16(),
    Protocol.V201: V2(Protocol.V201, v201),
    Protocol.V21: V2(Protocol.V21, v21),
}
_SETTLE_S: Final = 60  # simulated seconds between two looks at the battery when no samples are wanted
_DRAIN_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class ChargerConfig:
    """What one charger is. Times here are real seconds, but for the sample interval, which is simulated."""

    identity: str
    url: str  # without the identity
    password: str | None = None
    protocol: Protocol = Protocol.V16
    outlets: tuple[Outlet, ...] = (Outlet(11_000.0),)
    vendor: str = "CSMS Lite"
    model: str = "Virtual AC"
    serial: str | None = None
    firmware: str = "1.0.0"
    sample_interval_s: int = 60
    min_sample_interval_s: float = 1.0  # whatever the speed
    call_timeout_s: float = 30.0
    backoff_s: tuple[float, float] = (1.0, 60.0)
    reboot_s: float = 2.0
    max_backlog: int = 1_000
    tls: ssl.SSLContext | bool = True


@dataclass(slots=True)
class Runtime:
    """What all chargers of a process share."""

    http: aiohttp.ClientSession
    clock: Clock
    wheel: Wheel
    time: SimTime
    statistics: Statistics = field(default_factory=Statistics)


def _security_profile(config: ChargerConfig) -> str:
    """0 to 3, by how it connects (security whitepaper §2.1)."""
    encrypted = config.url.startswith("wss")
    if config.password is None:
        return "3" if encrypted and isinstance(config.tls, ssl.SSLContext) else "0"
    return "2" if encrypted else "1"


class VirtualCharger:
    """One charger. `run` keeps it connected; everything else may be called whether it is or not."""

    def __init__(self, config: ChargerConfig, runtime: Runtime, rng: Random) -> None:
        self.config = config
        self.runtime = runtime
        self.speech = SPEECHES[config.protocol]
        self.configuration = Configuration(len(config.outlets), config.sample_interval_s)
        self.main = Connector(0, Outlet(sum(outlet.max_power_w for outlet in config.outlets)))
        self.connectors = [
            Connector(number, outlet, float(rng.randrange(20_000, 9_000_000)))
            for number, outlet in enumerate(config.outlets, start=1)
        ]
        self.on_remote_start: Callable[[Connector], None] | None = None  # somebody stands there with a cable
        self.expectation: Callable[[Connection, CallReceived], bool] | None = None  # a script takes a command
        self.cache: dict[str, str] = {}
        self.memory = Memory()
        self.model = DeviceModel(self)
        self.transfers = Transfers(self)
        self.firmware = config.firmware
        self.password = config.password
        self.boot_reason = "PowerUp"
        self.configuration.put("SecurityProfile", _security_profile(config))
        self._noise = dice(rng.getrandbits(64))
        self._samplers: dict[int, Timer] = {}
        self._aligned: Timer | None = None
        self.stopping = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self._drivers: list[asyncio.Task[None]] = []
        self._waiters: list[asyncio.Future[None]] = []
        self.uplink = Uplink(self, dice(rng.getrandbits(64)))

    def __repr__(self) -> str:
        return f"<VirtualCharger {self.config.identity}>"

    # -- the machine -------------------------------------------------------------------------------------------------

    @property
    def all_connectors(self) -> list[Connector]:
        """The charger itself, then its connectors."""
        return [self.main, *self.connectors]

    @property
    def ready(self) -> bool:
        """Whether it is connected and accepted."""
        return self.uplink.ready

    def connector(self, number: int) -> Connector | None:
        """A connector by its number, from 1."""
        return self.connectors[number - 1] if 0 < number <= len(self.connectors) else None

    async def run(self) -> None:
        """Work until `stop`."""
        self.align()
        await self.uplink.run()

    async def stop(self, *, finish: bool = True) -> None:
        """Switch off; with `finish`, running transactions are ended and told before."""
        self.stopping = True
        for driver in self._drivers:
            driver.cancel()
        if finish:
            for connector in self.connectors:
                self.stop_transaction(connector, StopReason.LOCAL)
            if self.ready:
                await self.drained(_DRAIN_S)
        for timer in self._samplers.values():
            timer.cancel()
        if self._aligned is not None:
            self._aligned.cancel()
        await self.uplink.stop()
        self.runtime.statistics.dropped += len(self.uplink.backlog)  # kept in memory only
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def accompany(self, work: Coroutine[Any, Any, None]) -> None:
        """Let somebody use the charger until it is switched off."""
        self._drivers.append(self.spawn(work))

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something meanwhile; a failure is logged, not lost."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.runtime.statistics.errors[f"simulator: {type(error).__name__}"] += 1
            log.error("the virtual charger failed", charger_id=self.config.identity, exc_info=error)

    def changed(self) -> None:
        """Something happened: whoever waits looks again."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def until(self, predicate: Callable[[], bool], timeout_s: float | None = None) -> bool:
        """Wait (real seconds) for something to be so; whether it is."""
        late = False

        def give_up() -> None:
            nonlocal late
            late = True
            self.changed()

        timer = None if timeout_s is None else self.runtime.wheel.after(timeout_s, give_up)
        try:
            while not predicate():
                if late:
                    return False
                waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiters.append(waiter)
                await waiter
        finally:
            if timer is not None:
                timer.cancel()
        return True

    async def until_sim(self, predicate: Callable[[], bool], sim_s: float) -> bool:
        """The same in simulated seconds."""
        time = self.runtime.time
        delay_s = time.instant(time.now_s() + sim_s) - self.runtime.clock.monotonic()
        return await self.until(predicate, delay_s)

    def log_name(self, kind: str) -> str:
        """The name of the file that a log is sent as."""
        plain = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in self.config.identity)
        return f"{plain[:100]}-{kind}.log"

    def note(self, text: str) -> None:
        """A line for the diagnostics."""
        self.memory.note(self.runtime.time.stamp(), text)

    async def drained(self, timeout_s: float) -> bool:
        """Wait until every fact is acknowledged."""
        return await self.until(lambda: not len(self.uplink.backlog), timeout_s)

    # -- what a driver does ------------------------------------------------------------------------------------------

    def plug(self, connector: Connector, vehicle: Vehicle) -> None:
        """Connect a car."""
        connector.plug(vehicle)
        self.refresh(connector)

    def unplug(self, connector: Connector) -> None:
        """Disconnect it; a running transaction ends (or is suspended, where the configuration says so)."""
        if connector.transaction is not None:
            self._count(connector)
            connector.unplug()
            if self.configuration.boolean("StopTransactionOnEVSideDisconnect"):
                self.stop_transaction(connector, StopReason.EV_DISCONNECTED)
                return
        connector.unplug()
        connector.expects = None
        self.refresh(connector)

    async def authorize(self, tag: str) -> str:
        """Present a tag: `ACCEPTED`, or why not. Offline, cache and configuration decide (§3.4)."""
        listed = self.memory.local_list.get(tag.lower())
        if listed is not None and self.configuration.boolean("LocalAuthListEnabled"):
            return listed
        cached = self.cache.get(tag) if self.configuration.boolean("AuthorizationCacheEnabled") else None
        if cached == ACCEPTED and self.configuration.boolean("LocalPreAuthorize"):
            return cached
        try:
            response = await self.uplink.call(lambda: self.speech.authorize(tag))
        except Failure:
            if cached is not None and self.configuration.boolean("LocalAuthorizeOffline"):
                return cached
            return ACCEPTED if self.configuration.boolean("AllowOfflineTxForUnknownId") else "Invalid"
        verdict = self.speech.read_authorize(response)
        self.cache[tag] = verdict
        return verdict

    # -- transactions ------------------------------------------------------------------------------------------------

    def start_transaction(self, connector: Connector, tag: str, *, remote_start_id: int | None = None) -> Transaction:
        """Begin: told to the CSMS now or when the line is up again."""
        if connector.transaction is not None:
            raise ValueError(f"connector {connector.number} has a transaction")
        time = self.runtime.time
        connector.advance(time.now_s(), time.energy_factor)
        ref = self.speech.new_ref()
        transaction = Transaction(connector.number, tag, time.stamp(), connector.meter_wh, ref, remote_start_id)
        if connector.reservation is not None and connector.reservation.allows(tag):
            transaction.reservation_id = connector.reservation.id
            self.memory.reservations.pop(connector.reservation.id, None)
            connector.reservation = None
        connector.transaction = transaction
        connector.expects = None
        self.runtime.statistics.started += 1
        self.runtime.statistics.charging += 1
        self.note(f"transaction on connector {connector.number} began")
        self.uplink.tell(Started(transaction.started_at, connector.number, transaction))
        self._limit(connector)
        self.refresh(connector)
        self._sample_later(connector)
        return transaction

    def stop_transaction(self, connector: Connector, reason: StopReason, tag: str | None = None) -> Transaction | None:
        """End: told to the CSMS now or when the line is up again."""
        transaction = connector.transaction
        if transaction is None:
            return None
        self._count(connector)
        self._samplers.pop(connector.number).cancel()
        samples = connector.read(self.configuration.listed("StopTxnSampledData"), self._wobble())
        connector.transaction = None
        transaction.stopped = True
        statistics = self.runtime.statistics
        statistics.stopped += 1
        statistics.charging -= 1
        statistics.energy_wh += connector.meter_wh - transaction.meter_start_wh
        at = self.runtime.time.stamp()
        self.note(f"transaction on connector {connector.number} ended: {reason}")
        self.memory.clear_profiles(purpose=TX, evse=connector.number)
        self.uplink.tell(Stopped(at, connector.number, transaction, connector.meter_wh, reason, tag, samples))
        if connector.becomes_operative is not None:
            connector.operative, connector.becomes_operative = connector.becomes_operative, None
        self.refresh(connector, finishing=True)
        return transaction

    def judged(self, fact: Fact, verdict: str) -> None:
        """The CSMS said what it thinks of a fact's tag."""
        if isinstance(fact, Started):
            transaction = fact.transaction
            self.cache[transaction.tag] = verdict
            connector = self.connector(transaction.connector)
            if verdict == ACCEPTED or connector is None or connector.transaction is not transaction:
                return
            if self.configuration.boolean("StopTransactionOnInvalidId"):
                self.stop_transaction(connector, StopReason.DE_AUTHORIZED)
            else:
                self._count(connector)
                connector.status = Status.SUSPENDED_EVSE
                self.uplink.say_status(connector)

    # -- what goes wrong ---------------------------------------------------------------------------------------------

    def fault(self, connector: Connector, error_code: str, info: str | None = None) -> None:
        """Something breaks; a transaction is suspended by it."""
        self._count(connector)
        connector.error_code = error_code
        connector.info = info
        self.refresh(connector)

    def recover(self, connector: Connector) -> None:
        """It works again."""
        self._count(connector)
        connector.error_code = "NoError"
        connector.info = None
        if connector.status is Status.FAULTED and connector.transaction is not None:
            connector.status = Status.CHARGING
        self.refresh(connector)

    def go_offline(self, seconds: float) -> None:
        """The network is gone for so many (real) seconds; charging goes on."""
        self.uplink.vanish(seconds, reboot=False)

    def lose_power(self, seconds: float) -> None:
        """Dark for so many (real) seconds; transactions have ended by it, which is told after the boot."""
        self.boot_reason = "PowerUp"
        for connector in self.connectors:
            self.stop_transaction(connector, StopReason.POWER_LOSS)
            connector.expects = None
        self.uplink.vanish(seconds, reboot=True)

    async def restart(self, reason: StopReason) -> None:
        """Reset: a soft one tells the CSMS of the ended transactions first. A reboot is that of new firmware."""
        self.boot_reason = "FirmwareUpdate" if reason is StopReason.REBOOT else "RemoteReset"
        for connector in self.connectors:
            self.stop_transaction(connector, reason)
            connector.expects = None
        if reason is StopReason.SOFT_RESET:
            await self.drained(_DRAIN_S)
        await self.uplink.hang_up(self.config.reboot_s, reboot=True)

    # -- meters and statuses -----------------------------------------------------------------------------------------

    def refresh(self, connector: Connector, *, finishing: bool = False) -> None:
        """Work out a connector's status and tell it if it is another."""
        if connector.transaction is not None:
            status = connector.active_status()
        else:
            status = connector.resting_status()
            if status is Status.PREPARING and (finishing or connector.status is Status.FINISHING):
                # A car that has charged does not prepare again until it is replugged, or somebody else pays.
                status = Status.PREPARING if connector.expects is not None else Status.FINISHING
        told_fault = connector.told_error
        if status is not connector.status or told_fault != connector.error_code:
            before = self.speech.status_word(connector)
            connector.status = status
            connector.told_error = connector.error_code
            if told_fault != connector.error_code or before != self.speech.status_word(connector):
                self.note(f"connector {connector.number}: {status} {connector.error_code}")
                self.uplink.say_status(connector)
            if connector.transaction is not None and connector.transaction.ref is not None:
                self._changed(connector, connector.transaction)
        self.changed()

    def _changed(self, connector: Connector, transaction: Transaction) -> None:
        if self.speech.tells_changes and not self._just_begun(transaction):
            self.uplink.tell(Changed(self.runtime.time.stamp(), connector.number, transaction, connector.status))

    def _just_begun(self, transaction: Transaction) -> bool:
        """Its start says so itself."""
        return any(isinstance(fact, Started) and fact.transaction is transaction for fact in self.uplink.backlog)

    def limits_changed(self) -> None:
        """Charging profiles came or went."""
        for connector in self.connectors:
            self._count(connector)
            self.refresh(connector)

    def _limit(self, connector: Connector) -> None:
        """Hold the car to what charging profiles allow now."""
        if connector.charge is not None:
            running = connector.transaction
            connector.charge.limit_w = limit_w(
                self.memory.profiles.values(),
                connector.number,
                self.runtime.time.stamp(),
                began_at=None if running is None else running.started_at,
                ref=None if running is None else running.ref,
                phases=connector.charge.phases,
                sharing=len(self.connectors),
            )

    def _count(self, connector: Connector) -> None:
        time = self.runtime.time
        connector.advance(time.now_s(), time.energy_factor)
        self._limit(connector)

    def _wobble(self) -> float:
        return self._noise.uniform(-1.0, 1.0)

    def _sample_later(self, connector: Connector) -> None:
        runtime = self.runtime
        interval_s = self.configuration.integer("MeterValueSampleInterval") or _SETTLE_S
        when_s = max(
            runtime.time.instant(runtime.time.now_s() + interval_s),
            runtime.clock.monotonic() + self.config.min_sample_interval_s,
        )
        self._samplers[connector.number] = runtime.wheel.at(when_s, lambda: self._sample_due(connector))

    def _sample_due(self, connector: Connector) -> None:
        if connector.transaction is None:
            return
        if self.configuration.integer("MeterValueSampleInterval"):
            self.meter(connector, "Sample.Periodic")
        self._count(connector)
        self.refresh(connector)
        self._sample_later(connector)

    def meter(self, connector: Connector, context: str, measurands: tuple[str, ...] | None = None) -> None:
        """Read a connector's meter and tell it."""
        self._count(connector)
        if connector is self.main:
            self.main.register_wh = sum(each.register_wh for each in self.connectors)
        wanted = self.configuration.listed("MeterValuesSampledData") if measurands is None else measurands
        samples = connector.read(wanted, self._wobble())
        if samples:
            at = self.runtime.time.stamp()
            self.uplink.tell(Metered(at, connector.number, connector.transaction, context, samples))

    def align(self) -> None:
        """Arm the clock-aligned readings (§3.16.1); they follow the wall clock and no speed."""
        if self._aligned is not None:
            self._aligned.cancel()
            self._aligned = None
        interval_s = self.configuration.integer("ClockAlignedDataInterval")
        if interval_s:
            into_s = self.runtime.clock.now().timestamp() % interval_s
            self._aligned = self.runtime.wheel.after(interval_s - into_s, self._aligned_due)

    def _aligned_due(self) -> None:
        measurands = self.configuration.listed("MeterValuesAlignedData")
        for connector in self.connectors:
            self.meter(connector, "Sample.Clock", measurands)
        self.align()
