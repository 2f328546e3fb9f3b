# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""One virtual charger: connects, boots, beats, obeys, and delivers what it noted while it was offline."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

import aiohttp
import msgspec
import structlog

from csms.dialects.times import format_time
from csms.kit.clock import Clock
from csms.ocpp import v16
from csms.simulator.basic.configuration import Configuration
from csms.simulator.basic.connector import Connector
from csms.simulator.basic.wire import CallRefusedError, HandshakeError, NotConnectedError, Wire

log = structlog.get_logger(__name__)

_ATTEMPTS: Final = 5
_BACKOFF_S: Final = (1.0, 30.0)
ECHO_VENDOR: Final = "csms-lite"


@dataclass(slots=True)
class Profile:
    """What a charger is and how it behaves. Times in simulated seconds; `speed` of them pass in a second."""

    identity: str
    url: str
    password: str | None = None
    tokens: tuple[str, ...] = ("DEMO0001",)
    connectors: int = 1
    vendor: str = "CSMS Lite"
    model: str = "Virtual AC 22"
    firmware: str = "1.0.0"
    speed: float = 1.0
    meter_interval_s: float = 30.0
    fault_rate: float = 0.05
    offline_rate: float = 0.08
    idle_s: tuple[float, float] = (60.0, 900.0)


@dataclass(slots=True)
class Statistics:
    """What a fleet did."""

    connected: int = 0
    calls: int = 0
    errors: int = 0
    sessions: int = 0
    energy_wh: float = 0.0
    refused: dict[str, int] = field(default_factory=dict)
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=20_000))

    def answered(self, _: str, seconds: float) -> None:
        """A call got its answer."""
        self.calls += 1
        self.latencies.append(seconds)


@dataclass(slots=True)
class Noted:
    """A transaction message that must reach the CSMS, however long that takes."""

    make: Callable[[], msgspec.Struct]
    done: Callable[[Any], None]
    attempts: int = 0


class VirtualCharger:
    """Runs until it is cancelled."""

    def __init__(self, profile: Profile, rng: Random, clock: Clock, statistics: Statistics) -> None:
        self.profile = profile
        self.rng = rng
        self.clock = clock
        self.statistics = statistics
        self.configuration = Configuration(profile.connectors)
        self.connectors = [Connector(self, number) for number in range(1, profile.connectors + 1)]
        self.wire = self._new_wire()
        self.online = asyncio.Event()
        self.gave_up: str | None = None
        self._noted: deque[Noted] = deque()
        self._news = asyncio.Event()
        self._away_until_s = 0.0
        self._failures = 0
        self._boot_again = True
        self._background: set[asyncio.Task[None]] = set()

    # -- life --------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect, stay connected, live through sessions."""
        async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as group:
            group.create_task(self._deliver())
            for connector in self.connectors:
                group.create_task(connector.live())
            while True:
                await self._once(http)
                await self._pause()

    async def _once(self, http: aiohttp.ClientSession) -> None:
        profile = self.profile
        self.wire = self._new_wire()
        try:
            await self.wire.open(http, profile.url, profile.identity, profile.password)
        except (HandshakeError, NotConnectedError) as error:
            self._failures += 1
            words = str(error)
            self.statistics.refused[words] = self.statistics.refused.get(words, 0) + 1
            self.gave_up = words
            return
        self.gave_up = None
        self._failures = 0
        self.statistics.connected += 1
        reader = asyncio.create_task(self.wire.read())
        beats = asyncio.create_task(self._beat())
        try:
            await reader
        finally:
            self.online.clear()
            self.statistics.connected -= 1
            beats.cancel()
            reader.cancel()
            await asyncio.gather(beats, reader, return_exceptions=True)
            await self.wire.close()

    async def _beat(self) -> None:
        """Boot if that is due, then report the connectors, then beat."""
        try:
            interval_s = 300.0
            if self._boot_again:
                interval_s = await self._boot()
                self._boot_again = False
            await self._report(0, "Available")
            for connector in self.connectors:
                await self._report(connector.number, connector.status)
            self.online.set()
            self._news.set()
            while True:
                await asyncio.sleep(max(1.0, interval_s) * self.rng.uniform(0.9, 1.0))
                await self.wire.call(v16.Heartbeat())
        except (NotConnectedError, TimeoutError):
            await self.wire.close()
        except CallRefusedError as error:
            log.info("refused", identity=self.profile.identity, error=str(error))
            self.statistics.errors += 1

    async def _boot(self) -> float:
        while True:
            profile = self.profile
            answer: v16.BootNotificationResponse = await self.wire.call(
                v16.BootNotification(
                    charge_point_vendor=profile.vendor,
                    charge_point_model=profile.model,
                    charge_point_serial_number=f"SN-{profile.identity}"[:25],
                    firmware_version=profile.firmware,
                )
            )
            interval_s = float(answer.interval or 60)
            if answer.status == "Accepted":
                self.configuration.set("HeartbeatInterval", str(int(interval_s)))
                return interval_s
            await asyncio.sleep(interval_s)

    async def _pause(self) -> None:
        """Wait before the next attempt: as long as the story wants it away, else longer after each failure."""
        away_s = self._away_until_s - self.clock.monotonic()
        if away_s > 0:
            await asyncio.sleep(away_s)
            return
        backoff_s = min(_BACKOFF_S[1], _BACKOFF_S[0] * 2.0 ** min(self._failures, 6))
        await asyncio.sleep(backoff_s * self.rng.uniform(0.5, 1.0))

    async def lose_network(self, seconds: float) -> None:
        """Be offline for a while; what happens meanwhile is noted and delivered later."""
        self._away_until_s = self.clock.monotonic() + seconds
        await self.wire.close()

    async def restart(self, *, hard: bool) -> None:
        """Reset: transactions end first when soft, end as they are when hard; then a cold boot."""
        for connector in self.connectors:
            connector.interrupt("HardReset" if hard else "SoftReset")
        if not hard:
            await asyncio.sleep(0.2)
        self._boot_again = True
        await self.lose_network(1.0)

    # -- what connectors use -----------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The charger's clock."""
        return self.clock.now().astimezone(UTC)

    def stamp(self) -> str:
        """The charger's clock on the wire."""
        return format_time(self.now())

    async def sleep(self, simulated_s: float) -> None:
        """Let simulated time pass."""
        await asyncio.sleep(simulated_s / self.profile.speed)

    def note(self, make: Callable[[], msgspec.Struct], done: Callable[[Any], None] = lambda _: None) -> None:
        """Queue a transaction message; it is delivered in order, once there is a connection."""
        self._noted.append(Noted(make, done))
        self._news.set()

    async def report(self, connector: int, status: str, error_code: str = "NoError") -> None:
        """Tell a status now, or not at all: it is told anew at the next connection."""
        try:
            await self._report(connector, status, error_code)
        except (NotConnectedError, TimeoutError, CallRefusedError):
            self.statistics.errors += self.online.is_set()

    async def _report(self, connector: int, status: str, error_code: str = "NoError") -> None:
        await self.wire.call(
            v16.StatusNotification(
                connector_id=connector,
                error_code=error_code,  # type: ignore[arg-type]
                status=status,  # type: ignore[arg-type]
                timestamp=self.stamp(),
            )
        )

    async def authorize(self, token: str) -> bool:
        """Ask whether a token may charge; offline, trust it (AllowOfflineTxForUnknownId)."""
        try:
            answer: v16.AuthorizeResponse = await self.wire.call(v16.Authorize(id_tag=token))
        except (NotConnectedError, TimeoutError):
            return True
        except CallRefusedError:
            self.statistics.errors += 1
            return False
        return answer.id_tag_info.status == "Accepted"

    async def _deliver(self) -> None:
        """Transaction messages in order: each until it is answered (§3.7.1: TransactionMessageAttempts)."""
        while True:
            if not self._noted:
                self._news.clear()
                await self._news.wait()
                continue
            await self.online.wait()
            noted = self._noted[0]
            try:
                answer = await self.wire.call(noted.make())
            except (NotConnectedError, TimeoutError):
                await asyncio.sleep(0.5)
                continue
            except CallRefusedError as error:
                self.statistics.errors += 1
                noted.attempts += 1
                if noted.attempts < _ATTEMPTS:
                    await asyncio.sleep(float(self.configuration.number("TransactionMessageRetryInterval")))
                    continue
                log.warning("given up", identity=self.profile.identity, error=str(error))
                self._noted.popleft()
                continue
            self._noted.popleft()
            noted.done(answer)

    # -- commands ----------------------------------------------------------------------------------------------------

    def _new_wire(self) -> Wire:
        return Wire(
            {
                "RemoteStartTransaction": self._remote_start,
                "RemoteStopTransaction": self._remote_stop,
                "Reset": self._reset,
                "UnlockConnector": self._unlock,
                "ChangeAvailability": self._change_availability,
                "GetConfiguration": self._get_configuration,
                "ChangeConfiguration": self._change_configuration,
                "ClearCache": self._clear_cache,
                "DataTransfer": self._data_transfer,
                "TriggerMessage": self._trigger,
            },
            self.statistics.answered,
        )

    def _connector(self, number: int | None) -> Connector | None:
        if number is None:
            return next((one for one in self.connectors if one.free), None)
        return next((one for one in self.connectors if one.number == number), None)

    def _later(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _remote_start(self, request: v16.RemoteStartTransaction) -> v16.RemoteStartTransactionResponse:
        connector = self._connector(request.connector_id)
        accepted = connector is not None and connector.start_remotely(request.id_tag)
        return v16.RemoteStartTransactionResponse(status="Accepted" if accepted else "Rejected")

    async def _remote_stop(self, request: v16.RemoteStopTransaction) -> v16.RemoteStopTransactionResponse:
        for connector in self.connectors:
            if connector.transaction_id == request.transaction_id and connector.charging:
                connector.interrupt("Remote")
                return v16.RemoteStopTransactionResponse(status="Accepted")
        return v16.RemoteStopTransactionResponse(status="Rejected")

    async def _reset(self, request: v16.Reset) -> v16.ResetResponse:
        async def soon() -> None:
            await asyncio.sleep(0.1)
            await self.restart(hard=request.type == "Hard")

        self._later(soon())
        return v16.ResetResponse(status="Accepted")

    async def _unlock(self, request: v16.UnlockConnector) -> v16.UnlockConnectorResponse:
        connector = self._connector(request.connector_id)
        if connector is None:
            return v16.UnlockConnectorResponse(status="NotSupported")
        connector.interrupt("UnlockCommand")
        return v16.UnlockConnectorResponse(status="Unlocked")

    async def _change_availability(self, request: v16.ChangeAvailability) -> v16.ChangeAvailabilityResponse:
        chosen = [one for one in self.connectors if request.connector_id in {0, one.number}]
        if not chosen:
            return v16.ChangeAvailabilityResponse(status="Rejected")
        busy = [one.set_operative(request.type == "Operative") for one in chosen]
        return v16.ChangeAvailabilityResponse(status="Scheduled" if any(busy) else "Accepted")

    async def _get_configuration(self, request: v16.GetConfiguration) -> v16.GetConfigurationResponse:
        return self.configuration.get(request)

    async def _change_configuration(self, request: v16.ChangeConfiguration) -> v16.ChangeConfigurationResponse:
        return self.configuration.change(request)

    async def _clear_cache(self, _: v16.ClearCache) -> v16.ClearCacheResponse:
        return v16.ClearCacheResponse(status="Accepted")

    async def _data_transfer(self, request: v16.DataTransfer) -> v16.DataTransferResponse:
        if request.vendor_id == ECHO_VENDOR:
            return v16.DataTransferResponse(status="Accepted", data=request.data)
        return v16.DataTransferResponse(status="UnknownVendorId")

    async def _trigger(self, request: v16.TriggerMessage) -> v16.TriggerMessageResponse:
        connector = self._connector(request.connector_id) if request.connector_id else None
        work: Callable[[], Awaitable[Any]] | None = {
            "BootNotification": self._boot,
            "Heartbeat": lambda: self.wire.call(v16.Heartbeat()),
            "StatusNotification": lambda: self._report_all(connector),
            "MeterValues": lambda: self._meter_now(connector),
        }.get(request.requested_message)
        if work is None:
            return v16.TriggerMessageResponse(status="NotImplemented")
        if request.connector_id and connector is None:
            return v16.TriggerMessageResponse(status="Rejected")

        async def soon() -> None:
            await asyncio.sleep(0.05)
            try:
                await work()
            except (NotConnectedError, TimeoutError, CallRefusedError) as error:
                log.info("triggered message lost", identity=self.profile.identity, error=str(error))

        self._later(soon())
        return v16.TriggerMessageResponse(status="Accepted")

    async def _report_all(self, only: Connector | None) -> None:
        for connector in self.connectors if only is None else [only]:
            await self._report(connector.number, connector.status)

    async def _meter_now(self, only: Connector | None) -> None:
        for connector in self.connectors if only is None else [only]:
            await self.wire.call(connector.meter_values("Trigger"))
