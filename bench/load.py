# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A load generator that costs little: many OCPP 1.6 chargers in one process, bytes in and bytes out.

Each charger has one call outstanding, as OCPP-J demands. Frames are masked with zeros, which is a mask (RFC 6455 §5.3)
and saves the generator a pass over the data; the servers unmask as ever.
"""

import asyncio
import base64
import json
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bench.codec import SAMPLES

TAG = "BENCH-TAG"
SECRET = "bench-secret-0123456789"
_TEXT, _CLOSE, _PING = 0x1, 0x8, 0x9
_MASKED = b"\x00\x00\x00\x00"


def identity(number: int) -> str:
    """The name of the n-th charger."""
    return f"BENCH-{number:05d}"


def _meter_values() -> bytes:
    """A template of 1.2 kB: message id, transaction, time, register."""
    samples = [
        {
            "value": "%d.5" if measurand.startswith("Energy") else value,
            "context": "Sample.Periodic",
            "format": "Raw",
            "measurand": measurand,
            **({"phase": phase} if phase else {}),
            "location": "EV" if measurand == "SoC" else "Outlet",
            "unit": unit,
        }
        for measurand, unit, phase, value in SAMPLES
    ]
    # The PyPI library and some chargers write JSON with spaces; most do not.
    payload = {
        "connectorId": 1,
        "transactionId": "@",
        "meterValue": [{"timestamp": "%s", "sampledValue": samples}],
    }
    body = json.dumps(payload, separators=(",", ":")).replace('"@"', "%d")
    return b'[2,"%s","MeterValues",' + body.encode() + b"]"


METER_VALUES = _meter_values()
HEARTBEAT = b'[2,"%s","Heartbeat",{}]'
STATUS = b'[2,"%s","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"%s","timestamp":"%s"}]'
AUTHORIZE = b'[2,"%s","Authorize",{"idTag":"' + TAG.encode() + b'"}]'
START = (
    b'[2,"%s","StartTransaction",{"connectorId":1,"idTag":"' + TAG.encode() + b'","meterStart":%d,"timestamp":"%s"}]'
)
STOP = (
    b'[2,"%s","StopTransaction",{"transactionId":%d,"idTag":"'
    + TAG.encode()
    + b'","meterStop":%d,"timestamp":"%s","reason":"EVDisconnected"}]'
)
BOOT = b'[2,"%s","BootNotification",{"chargePointVendor":"Bench","chargePointModel":"One","firmwareVersion":"1.0"}]'
BOOT_2 = b'[2,"%s","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"Bench","model":"Two"}}]'
_times: dict[int, bytes] = {}


def _transaction_event() -> bytes:
    """2.x: message id, kind, time, reason, number, what only this kind has, transaction, its facts, time, register."""
    samples = [
        {
            "value": "@" if measurand.startswith("Energy") else float(value),
            "context": "Sample.Periodic",
            "measurand": measurand,
            **({"phase": phase} if phase else {}),
            "location": "EV" if measurand == "SoC" else "Outlet",
            "unitOfMeasure": {"unit": unit},
        }
        for measurand, unit, phase, value in SAMPLES
    ]
    readings = json.dumps(samples, separators=(",", ":")).replace('"@"', "%d.5")
    return (
        b'[2,"%s","TransactionEvent",{"eventType":"%s","timestamp":"%s","triggerReason":"%s","seqNo":%d,%s'
        b'"transactionInfo":{"transactionId":"%s"%s},"evse":{"id":1,"connectorId":1},'
        b'"meterValue":[{"timestamp":"%s","sampledValue":' + readings.encode() + b"}]}]"
    )


TRANSACTION_EVENT = _transaction_event()
_ID_TOKEN = b'"idToken":{"idToken":"' + TAG.encode() + b'","type":"ISO14443"},'
# What is said of a transaction of 2.x: kind, reason, what only this kind has, further facts of it.
_EVENTS = (
    (b"Started", b"Authorized", _ID_TOKEN, b',"chargingState":"Charging"'),
    (b"Updated", b"MeterValuePeriodic", b"", b',"chargingState":"Charging"'),
    (b"Ended", b"EVDeparted", b"", b',"stoppedReason":"EVDisconnected"'),
)


def timestamp() -> bytes:
    """Now, to the second, as chargers write it."""
    second = int(time.time())
    if (text := _times.get(second)) is None:
        _times.clear()
        text = _times[second] = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    return text


class Station(asyncio.Protocol):
    """One charger: sends a call, hears its answer, tells `answered` of it."""

    def __init__(self, number: int, target: str, headers: bytes) -> None:
        self.name = identity(number)
        self._request = b"GET %s/%s HTTP/1.1\r\n%s\r\n" % (target.encode(), self.name.encode(), headers)
        self._prefix = b"%08x-5eed-4bed-8bed-" % number
        self._ids = 0
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting: bytes | None = None
        self.answered: Callable[[Station, bytes], None] | None = None
        self.answers: dict[str, bytes] = {}
        self.transaction = 0
        self._first_session = int(time.time() * 1000)  # of 2.x, whose names no later life of this charger may have
        self.register_wh = 1_000_000
        self.sent_at = 0.0
        self.step = 0
        self.lost = False
        self.due: deque[float] = deque()

    # -- words

    def message_id(self) -> bytes:
        """36 characters, as a UUID has."""
        self._ids += 1
        return self._prefix + b"%012x" % self._ids

    def call(self, template: bytes, *fields: Any) -> None:
        """Send a call made of a template."""
        if self._transport is None or self.waiting is not None:
            raise RuntimeError(f"{self.name} cannot call now")
        self.waiting = message_id = self.message_id()
        self.sent_at = time.perf_counter()
        self.write(template % (message_id, *fields))

    def write(self, payload: bytes, opcode: int = _TEXT) -> None:
        """One frame."""
        size = len(payload)
        if size < 126:
            head = bytes((0x80 | opcode, 0x80 | size))
        else:
            head = bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2, "big")
        assert self._transport is not None
        self._transport.write(head + _MASKED + payload)

    def heartbeat(self) -> None:
        self.call(HEARTBEAT)

    def meter_values(self) -> None:
        self.register_wh += 30
        self.call(METER_VALUES, self.transaction, timestamp(), self.register_wh)

    def boot(self) -> None:
        self.call(BOOT)

    def start(self) -> None:
        self.call(START, self.register_wh, timestamp())

    def stop(self) -> None:
        self.call(STOP, self.transaction, self.register_wh, timestamp())

    def start_or_stop(self) -> None:
        """The next word of a life of short sessions."""
        if self.transaction:
            self.register_wh += 30
            self.stop()
            self.transaction = 0
        else:
            self.start()

    def boot_2(self) -> None:
        self.call(BOOT_2)

    def transaction_event(self) -> None:
        """Started, Updated, Ended, and again."""
        session, number = divmod(self.step, len(_EVENTS))
        self.step += 1
        self.register_wh += 30
        kind, reason, own, facts = _EVENTS[number]
        now = timestamp()
        name = b"%s%012x" % (self._prefix, self._first_session + session)
        self.call(TRANSACTION_EVENT, kind, now, reason, number, own, name, facts, now, self.register_wh)

    def authorize(self) -> None:
        self.call(AUTHORIZE)

    def preparing(self) -> None:
        self.call(STATUS, b"Preparing", timestamp())

    def charging(self) -> None:
        self.call(STATUS, b"Charging", timestamp())

    def available(self) -> None:
        self.call(STATUS, b"Available", timestamp())

    def learn(self, answer: bytes) -> None:
        """What a transaction of 1.6 is called by the server."""
        if b'"transactionId"' in answer:
            self.transaction = json.loads(answer)[2]["transactionId"]

    def hang_up(self) -> None:
        """Close without a word; a close handshake of thousands would be measured too."""
        if self._transport is not None:
            self.lost = True
            self._transport.abort()

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._transport.write(self._request)  # type: ignore[union-attr]

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(f"{self.name} was not let in"))
        if not self.lost:
            self.lost = True

    def data_received(self, data: bytes) -> None:
        if self._buffer:
            data = self._buffer + data
        if not self.ready.done():
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._buffer = data
                return
            if not data.startswith(b"HTTP/1.1 101"):
                self.ready.set_exception(ConnectionError(data[:200].decode("latin-1")))
                return
            self.ready.set_result(None)
            data = data[end + 4 :]
        position, total = 0, len(data)
        while total - position >= 2:
            size, start = data[position + 1], position + 2
            if size == 126:
                if total - start < 2:
                    break
                size, start = int.from_bytes(data[start : start + 2], "big"), start + 2
            elif size == 127:
                if total - start < 8:
                    break
                size, start = int.from_bytes(data[start : start + 8], "big"), start + 8
            if total - start < size:
                break
            self._frame(data[position] & 0x0F, data[start : start + size])
            position = start + size
        self._buffer = data[position:]

    def _frame(self, opcode: int, payload: bytes) -> None:
        if opcode == _TEXT:
            if payload[1:2] == b"2":
                self._obey(payload)
                return
            waiting, self.waiting = self.waiting, None
            # Some peers write a space after the comma.
            if waiting is None or waiting not in payload[:42]:
                raise RuntimeError(f"{self.name} got {payload[:100]!r} and waits for {waiting!r}")
            if self.answered is not None:
                self.answered(self, payload)
        elif opcode == _PING:
            self.write(payload, 0xA)
        elif opcode == _CLOSE:
            self.lost = True

    def _obey(self, payload: bytes) -> None:
        _, message_id, action, _ = json.loads(payload)
        answer = self.answers.get(action, b'{"status":"Accepted"}')
        self.write(b'[3,"%s",%s]' % (message_id.encode(), answer))


class Fleet:
    """Chargers connected to one server."""

    def __init__(
        self, port: int, *, secret: str | None = None, path: str = "/ocpp", first: int = 0, protocol: str = "ocpp1.6"
    ) -> None:
        self._port = port
        self._protocol = protocol.encode()
        self._path = path
        self._secret = secret
        self._first = first
        self.stations: list[Station] = []
        self.total = 0

    async def connect(self, count: int) -> float:
        """Connect, a hundred at a time; the seconds it took."""
        began = time.perf_counter()
        waiting: set[asyncio.Task[Station]] = set()
        for number in range(self._first, self._first + count):
            if len(waiting) >= 100:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                self.stations += [task.result() for task in done]
            waiting.add(asyncio.create_task(self._connect(number)))
        self.stations += await asyncio.gather(*waiting)
        return time.perf_counter() - began

    @classmethod
    def of(cls, stations: list[Station]) -> "Fleet":
        """A part of a fleet."""
        part = cls(0)
        part.stations = stations
        return part

    async def connect_one(self, number: int) -> Station:
        """One charger more."""
        station = await self._connect(number)
        self.stations.append(station)
        return station

    async def _connect(self, number: int) -> Station:
        authorization = b""
        if self._secret is not None:
            pair = f"{identity(number)}:{self._secret}".encode()
            authorization = b"Authorization: Basic " + base64.b64encode(pair) + b"\r\n"
        headers = (
            b"Host: 127.0.0.1:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Protocol: %s\r\n%s"
            % (self._port, self._protocol, authorization)
        )
        loop = asyncio.get_running_loop()
        _, station = await loop.create_connection(lambda: Station(number, self._path, headers), "127.0.0.1", self._port)
        await station.ready
        return station

    async def everyone(self, word: Callable[[Station], None], timeout_s: float = 60) -> list[float]:
        """All say one thing at once; the seconds each waited for its answer."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        waited: list[float] = []

        def answered(station: Station, payload: bytes) -> None:
            _refuse_errors(payload)
            waited.append(time.perf_counter() - station.sent_at)
            station.learn(payload)
            if len(waited) == len(self.stations):
                done.set_result(None)

        for station in self.stations:
            station.answered = answered
            word(station)
        async with asyncio.timeout(timeout_s):
            await done
        return waited

    async def flood(self, word: Callable[[Station], None], warm_up_s: float, measured_s: float) -> tuple[int, float]:
        """Everyone repeats one thing as soon as it is answered. Answers within the measured time, and that time."""
        loop = asyncio.get_running_loop()
        count, active, idle = 0, True, asyncio.Event()
        silent = len(self.stations)

        def answered(station: Station, payload: bytes) -> None:
            nonlocal count, silent
            _refuse_errors(payload)
            station.learn(payload)
            count += 1
            if active:
                word(station)
            else:
                silent += 1
                if silent == len(self.stations):
                    idle.set()

        for station in self.stations:
            station.answered = answered
            silent -= 1
            word(station)
        await asyncio.sleep(warm_up_s)
        before, began = count, loop.time()
        await asyncio.sleep(measured_s)
        answers, elapsed = count - before, loop.time() - began
        active = False
        async with asyncio.timeout(60):
            await idle.wait()
        self.total = count
        self.refuse_losses()
        return answers, elapsed

    async def steady(
        self, script: "list[Callable[[Station], None]]", rate: float, measured_s: float
    ) -> tuple[list[float], float]:
        """Each charger goes through the script, all together at a rate. Seconds from due to answered, and the rate.

        Time counts from when a message was due, so a server that stalls cannot hide it by holding back the next ones.
        """
        waited: list[float] = []

        def say(station: Station) -> None:
            word = script[station.step % len(script)]
            station.step += 1
            word(station)

        def answered(station: Station, payload: bytes) -> None:
            _refuse_errors(payload)
            station.learn(payload)
            waited.append(time.perf_counter() - station.due.popleft())
            if station.due:
                say(station)

        for station in self.stations:
            station.answered = answered
        began = time.perf_counter()
        said, total = 0, int(rate * measured_s)
        while said < total:
            now = time.perf_counter()
            while said < total and began + said / rate <= now:
                station = self.stations[said % len(self.stations)]
                station.due.append(began + said / rate)
                if station.waiting is None:
                    say(station)
                said += 1
            await asyncio.sleep(0.001)
        async with asyncio.timeout(60):
            while len(waited) < total:
                await asyncio.sleep(0.01)
        elapsed = time.perf_counter() - began
        self.refuse_losses()
        return waited, total / elapsed

    def refuse_losses(self) -> None:
        """A charger that lost its connection would not be in the figures."""
        lost = sum(station.lost for station in self.stations)
        if lost:
            raise RuntimeError(f"{lost} of {len(self.stations)} chargers lost their connection")

    async def hang_up(self) -> None:
        """Everybody goes."""
        for station in self.stations:
            station.hang_up()
        self.stations = []
        await asyncio.sleep(0)


def _refuse_errors(payload: bytes) -> None:
    if payload[1:2] != b"3":
        raise RuntimeError(f"refused: {payload[:300].decode()}")
