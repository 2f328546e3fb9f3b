# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A lean load of OCPP 1.6 chargers: raw sockets, frames encoded beforehand, one CALL in flight each.

`python -m bench.fleet --connections 2000 --rate 1000 --mix meter=70,heartbeat=20,status=10 --seconds 20 --url …`
keeps an open loop: CALLs are due at the rate whatever the answers do, and latency counts from when a CALL was due, so
a CSMS that stalls cannot hide it. `--rate 0` is a closed loop: every connection sends as soon as it is answered.
`python -m bench.fleet --self` measures the load generator itself against a server that only answers.

Identities are PREFIX1, PREFIX2, …; each boots, says Available and, with `--tag`, starts a transaction for its readings.
Longer than other modules on purpose: all that stands between the clock and the socket is read in one place.
"""

import argparse
import asyncio
import base64
import itertools
import json
import multiprocessing
import os
import random
import resource
import sys
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import uvloop

from csms.simulator.statistics import Histogram

ID_LENGTH = 10
PAUSE_S = 0.002
HANDSHAKE_S = 60.0
DEFAULT_MIX = "meter=70,heartbeat=20,status=10"
BOOT = b'{"chargePointVendor":"CSMS Lite","chargePointModel":"Bench"}'
READING = (
    '"meterValue":[{"timestamp":"%s","sampledValue":['
    '{"value":"%d","context":"Sample.Periodic","measurand":"Energy.Active.Import.Register","location":"Outlet","unit":"Wh"},'
    '{"value":"11042.3","context":"Sample.Periodic","measurand":"Power.Active.Import","location":"Outlet","unit":"W"},'
    '{"value":"16.02","context":"Sample.Periodic","measurand":"Current.Import","phase":"L1","location":"Outlet","unit":"A"},'
    '{"value":"15.97","context":"Sample.Periodic","measurand":"Current.Import","phase":"L2","location":"Outlet","unit":"A"},'
    '{"value":"16.01","context":"Sample.Periodic","measurand":"Current.Import","phase":"L3","location":"Outlet","unit":"A"},'
    '{"value":"229.8","context":"Sample.Periodic","measurand":"Voltage","phase":"L1-N","location":"Outlet","unit":"V"},'
    '{"value":"230.4","context":"Sample.Periodic","measurand":"Voltage","phase":"L2-N","location":"Outlet","unit":"V"},'
    '{"value":"57","context":"Sample.Periodic","measurand":"SoC","location":"EV","unit":"Percent"}]}]}]'
)


@dataclass(slots=True)
class Options:
    """One run."""

    url: str
    connections: int = 100
    rate: float = 0.0
    seconds: float = 10.0
    mix: str = DEFAULT_MIX
    prefix: str = "L"
    first: int = 1
    password: str | None = None
    tag: str | None = None
    ramp_per_s: float = 500.0
    warmup_s: float = 1.0
    workers: int = 1


@dataclass(slots=True)
class Figures:
    """What a run measured. Latencies in milliseconds."""

    connections: int = 0
    refused: int = 0
    lost: int = 0
    sent: int = 0
    answered: int = 0
    errors: int = 0
    unanswered: int = 0
    seconds: float = 0.0
    messages_per_s: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    p999_ms: float = 0.0
    max_ms: float = 0.0
    cpu_share: float = 0.0  # of one core, of the busiest worker
    error_samples: list[str] = field(default_factory=list)


def frame(payload: bytes) -> bytes:
    """A masked text frame. The mask is zero: legal on the wire (RFC 6455 §5.3), and the payload stays as it is."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, 0x80 | size)) + b"\0\0\0\0" + payload
    return b"\x81\xfe" + size.to_bytes(2, "big") + b"\0\0\0\0" + payload


class Words:
    """What all connections say at this second; made anew when the second changes, so that time stamps are fresh."""

    def __init__(self, mix: str) -> None:
        weights = {name: int(share) for name, _, share in (part.partition("=") for part in mix.split(","))}
        unknown = set(weights) - {"meter", "heartbeat", "status"}
        if unknown:
            raise SystemExit(f"--mix knows meter, heartbeat and status, not {', '.join(sorted(unknown))}")
        kinds = [kind for kind, weight in weights.items() for _ in range(weight)]
        random.Random(1).shuffle(kinds)
        self.turns: Iterator[str] = itertools.cycle(kinds)
        self.tails: dict[str, bytes] = {}
        self._began = time.time()
        self.refresh()

    def refresh(self) -> None:
        """Another second."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        register = 1000 + int((time.time() - self._began) * 3)
        self.now = now
        self.tails = {
            "meter": (READING % (now, register)).encode(),
            "heartbeat": b'","Heartbeat",{}]',
            "status": (
                f'","StatusNotification",{{"connectorId":1,"errorCode":"NoError","status":"Charging","timestamp":"{now}"}}]'
            ).encode(),
        }


class Charger(asyncio.Protocol):
    """One connection: a handshake, then one CALL at a time."""

    __slots__ = ("_buffer", "_count", "_load", "_request", "_transport", "due_at", "meter_head", "ready", "waiting")

    def __init__(self, load: "Load", request: bytes) -> None:
        self._load = load
        self._request = request
        self._buffer = b""
        self._count = 0
        self._transport: asyncio.Transport | None = None
        self.due_at = 0.0
        self.ready: asyncio.Future[bytes] = load.loop.create_future()
        self.waiting: asyncio.Future[bytes] | None = None
        self.meter_head = b'","MeterValues",{"connectorId":1,'

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        transport.write(self._request)  # type: ignore[attr-defined]

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("hung up in the handshake"))
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(ConnectionError("hung up"))
        self._load.lost(self)

    def data_received(self, data: bytes) -> None:
        if self._buffer:
            data = self._buffer + data
        if not self.ready.done():
            head, end, rest = data.partition(b"\r\n\r\n")
            if not end:
                self._buffer = data
                return
            self._buffer = b""
            if not head.startswith(b"HTTP/1.1 101"):
                self.ready.set_exception(ConnectionError(head.split(b"\r\n", 1)[0].decode("latin-1")))
                self.close()
                return
            self.ready.set_result(head)
            data = rest
        at, size = 0, len(data)
        while size - at >= 2:
            length, body = data[at + 1], at + 2
            if length == 126:
                if size - at < 4:
                    break
                length, body = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            elif length == 127:
                if size - at < 10:
                    break
                length, body = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            if size - body < length:
                break
            self._received(data[at] & 0x0F, data[body : body + length])
            at = body + length
        self._buffer = data[at:]

    def _received(self, opcode: int, payload: bytes) -> None:
        if opcode == 1:
            if payload[:3] == b"[2,":
                self._obey(payload)
            elif self.waiting is not None:
                if not self.waiting.done():
                    self.waiting.set_result(payload)
            else:
                self._load.answered(self, payload)
        elif opcode == 9:
            self._write(bytes((0x8A, 0x80 | len(payload))) + b"\0\0\0\0" + payload)
        elif opcode == 8:
            self.close()

    def _obey(self, payload: bytes) -> None:
        message_id = json.loads(payload)[1]
        self._write(frame(json.dumps([4, message_id, "NotSupported", "a load has no commands", {}]).encode()))

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    def send(self, kind: str, words: Words, due_at: float) -> None:
        """One CALL of the mix; latency counts from `due_at`."""
        self._count += 1
        self.due_at = due_at
        head = b'[2,"%010x' % self._count
        tail = words.tails[kind]
        self._write(frame(head + self.meter_head + tail if kind == "meter" else head + tail))

    async def ask(self, action: str, payload: bytes) -> Any:
        """A CALL before the load begins; its payload."""
        self._count += 1
        self.waiting = self._load.loop.create_future()
        self._write(frame(b'[2,"%010x","%b",%b]' % (self._count, action.encode(), payload)))
        async with asyncio.timeout(HANDSHAKE_S):
            answer = json.loads(await self.waiting)
        self.waiting = None
        if answer[0] != 3:
            raise ConnectionError(f"{action}: {answer[2:4]}")
        return answer[2]


class Load:
    """The connections of one process, and the pace."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.loop = asyncio.get_running_loop()
        self.words = Words(options.mix)
        self.histogram = Histogram()
        self.figures = Figures()
        self.chargers: list[Charger] = []
        self._free: deque[Charger] = deque()
        self._due: deque[float] = deque()
        self._measured_from = float("inf")
        self._closed_loop = options.rate <= 0
        self._running = False

    async def connect(self) -> None:
        """All connections: handshake, boot, status, perhaps a transaction."""
        options, began = self.options, time.monotonic()
        tasks = []
        for number in range(options.connections):
            wait_s = began + number / options.ramp_per_s - time.monotonic()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            tasks.append(asyncio.create_task(self._begin(f"{options.prefix}{options.first + number}")))
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Charger):
                self.chargers.append(result)
            elif isinstance(result, (ConnectionError, OSError, TimeoutError)):
                self.figures.refused += 1
                self._note(str(result) or type(result).__name__)
            elif isinstance(result, BaseException):
                raise result
        self.figures.connections = len(self.chargers)

    async def _begin(self, identity: str) -> Charger:
        parts = urlsplit(self.options.url)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {parts.path.rstrip('/')}/{quote(identity, safe='')} HTTP/1.1",
            f"Host: {parts.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: ocpp1.6",
        ]
        if self.options.password is not None:
            secret = base64.b64encode(f"{identity}:{self.options.password}".encode()).decode()
            lines.append(f"Authorization: Basic {secret}")
        request = "\r\n".join([*lines, "", ""]).encode()
        port = parts.port or (443 if parts.scheme == "wss" else 80)
        _, charger = await self.loop.create_connection(
            lambda: Charger(self, request), parts.hostname or "", port, ssl=True if parts.scheme == "wss" else None
        )
        async with asyncio.timeout(HANDSHAKE_S):
            await charger.ready
        boot = await charger.ask("BootNotification", BOOT)
        if boot["status"] != "Accepted":
            charger.close()
            raise ConnectionError(f"the boot was {boot['status']}")
        status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
        await charger.ask("StatusNotification", json.dumps(status).encode())
        if self.options.tag is not None:
            start = {"connectorId": 1, "idTag": self.options.tag, "meterStart": 1000, "timestamp": self.words.now}
            number = (await charger.ask("StartTransaction", json.dumps(start).encode()))["transactionId"]
            charger.meter_head += b'"transactionId":%d,' % number
        return charger

    async def run(self) -> Figures:
        """Load for the given time, after a warm-up that is not counted."""
        options, figures = self.options, self.figures
        self._free = deque(self.chargers)
        self._running = True
        began = time.monotonic()
        self._measured_from = began + options.warmup_s
        ends = self._measured_from + options.seconds
        cpu = 0.0
        if self._closed_loop:
            while self._free:
                self._free.popleft().send(next(self.words.turns), self.words, time.monotonic())
        issued, second = 0, 0
        while (now := time.monotonic()) < ends and self.chargers:
            if not cpu and now >= self._measured_from:
                cpu = time.process_time()
            if int(now) != second:
                second = int(now)
                self.words.refresh()
            if not self._closed_loop:
                issued = self._issue(began, issued, now)
            await asyncio.sleep(PAUSE_S if not self._closed_loop else 0.05)
        self._running = False
        figures.seconds = time.monotonic() - self._measured_from
        figures.cpu_share = (time.process_time() - cpu) / figures.seconds
        figures.unanswered = len(self.chargers) - len(self._free) if not self._closed_loop else 0
        figures.unanswered += len(self._due)
        for charger in list(self.chargers):
            charger.close()
        return figures

    def _issue(self, began: float, issued: int, now: float) -> int:
        """Send what is due; what finds no free connection waits, and its waiting counts."""
        due = int((now - began) * self.options.rate)
        for number in range(issued, due):
            self._due.append(began + number / self.options.rate)
        while self._due and self._free:
            self._free.popleft().send(next(self.words.turns), self.words, self._due.popleft())
        return due

    def answered(self, charger: Charger, payload: bytes) -> None:
        """A reply came: count it, and let the connection go on."""
        now = time.monotonic()
        figures = self.figures
        if charger.due_at >= self._measured_from and self._running:
            figures.answered += 1
            self.histogram.add(now - charger.due_at)
            if payload[:3] != b"[3,":
                figures.errors += 1
                self._note(payload.decode("utf-8", "replace"))
        if not self._running:
            return
        if self._closed_loop:
            charger.send(next(self.words.turns), self.words, now)
        elif self._due:
            charger.send(next(self.words.turns), self.words, self._due.popleft())
        else:
            self._free.append(charger)

    def lost(self, charger: Charger) -> None:
        """A connection ended."""
        if self._running and charger in self.chargers:
            self.chargers.remove(charger)
            self.figures.lost += 1

    def _note(self, words: str) -> None:
        if len(self.figures.error_samples) < 5 and words not in self.figures.error_samples:
            self.figures.error_samples.append(words)


def _finish(figures: Figures, histogram: Histogram) -> Figures:
    figures.messages_per_s = figures.answered / figures.seconds if figures.seconds else 0.0
    figures.sent = figures.answered + figures.unanswered
    figures.p50_ms = histogram.quantile(0.5) * 1000
    figures.p99_ms = histogram.quantile(0.99) * 1000
    figures.p999_ms = histogram.quantile(0.999) * 1000
    figures.max_ms = histogram.max_s * 1000
    return figures


async def _one(options: Options) -> tuple[Figures, Histogram]:
    load = Load(options)
    await load.connect()
    return await load.run(), load.histogram


def _work(options: Options) -> tuple[Figures, Histogram]:
    _allow_many_files()
    return uvloop.run(_one(options))


def _allow_many_files() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def run_load(options: Options) -> Figures:
    """Run a load, in this process or in several; its figures."""
    if options.workers <= 1:
        return _finish(*await _one(options))
    share, rest = divmod(options.connections, options.workers)
    parts, first = [], options.first
    for worker in range(options.workers):
        count = share + (worker < rest)
        parts.append(
            Options(
                **{
                    **asdict(options),
                    "connections": count,
                    "first": first,
                    "rate": options.rate * count / options.connections,
                    "ramp_per_s": options.ramp_per_s / options.workers,
                }
            )
        )
        first += count
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(options.workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        results = await asyncio.gather(*(loop.run_in_executor(pool, _work, part) for part in parts))
    total, histogram = results[0]
    for figures, other in results[1:]:
        histogram.merge(other)
        for name in ("connections", "refused", "lost", "answered", "errors", "unanswered"):
            setattr(total, name, getattr(total, name) + getattr(figures, name))
        total.seconds = max(total.seconds, figures.seconds)
        total.cpu_share = max(total.cpu_share, figures.cpu_share)
        total.error_samples = list(dict.fromkeys([*total.error_samples, *figures.error_samples]))[:5]
    return _finish(total, histogram)


class Echo(asyncio.Protocol):
    """A server that answers every CALL and knows nothing: what is left is the load generator."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._open = False

    def data_received(self, data: bytes) -> None:
        if not self._open:
            self._open = True
            self._transport.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
            )
            return
        start = data.find(b'[2,"') + 4  # one CALL in flight, so one frame at a time
        extra = b'"status":"Accepted"' if b'"Boot' in data[:40] else b""
        body = b'[3,"%b",{%b}]' % (data[start : start + ID_LENGTH], extra)
        self._transport.write(bytes((0x81, len(body))) + body)


async def _echo(port: Any) -> None:
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0)
    port.send(server.sockets[0].getsockname()[1])
    await asyncio.Event().wait()


def _serve_echo(port: Any) -> None:
    _allow_many_files()
    uvloop.run(_echo(port))


async def measure_self(connections: int = 200, seconds: float = 5.0, mix: str = DEFAULT_MIX) -> Figures:
    """What one worker can do: closed loop against a server of its own process that only answers."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve_echo, args=(theirs,), daemon=True)
    server.start()
    try:
        port = await asyncio.get_running_loop().run_in_executor(None, ours.recv)
        url = f"ws://127.0.0.1:{port}/ocpp"
        return await run_load(Options(url, connections=connections, seconds=seconds, mix=mix))
    finally:
        server.kill()


def _options(arguments: argparse.Namespace) -> Options:
    names = Options.__slots__
    return Options(**{name: getattr(arguments, name) for name in names if name != "first"}, first=arguments.first)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="ws://127.0.0.1:9000/ocpp")
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--rate", type=float, default=0.0, help="CALLs a second, all together; 0: closed loop")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--warmup", dest="warmup_s", type=float, default=1.0)
    parser.add_argument("--mix", default=DEFAULT_MIX)
    parser.add_argument("--prefix", default="L")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--password")
    parser.add_argument("--tag", help="start a transaction with this tag on every connection")
    parser.add_argument("--ramp", dest="ramp_per_s", type=float, default=500.0, help="new connections a second")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--self", action="store_true", help="measure the load generator itself")
    arguments = parser.parse_args()
    _allow_many_files()
    if arguments.self:
        figures = uvloop.run(measure_self(arguments.connections, arguments.seconds, arguments.mix))
    else:
        figures = uvloop.run(run_load(_options(arguments)))
    if arguments.json:
        json.dump(asdict(figures), sys.stdout)
        print()
    else:
        for name, value in asdict(figures).items():
            print(f"{name:16} {value:>14,.2f}" if isinstance(value, float) else f"{name:16} {value!s:>14}")
    return 0 if figures.answered and not figures.errors else 1


if __name__ == "__main__":
    raise SystemExit(main())
