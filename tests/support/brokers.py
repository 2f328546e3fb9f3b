# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Message brokers for tests, on loopback: started, killed, stopped in their tracks, and read out.

NATS is the server itself, from its wheel. RabbitMQ is Debian's, as a private node. For Kafka there is only what
librdkafka brings for its own tests: it speaks the protocol, and keeps nothing when it ends.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote

import aio_pika
import nats
import pytest
from aio_pika.abc import AbstractQueue, AbstractRobustConnection
from confluent_kafka import Consumer, Producer, TopicPartition
from nats.js.api import DiscardPolicy
from nats.js.errors import NotFoundError

from csms.kit.brokers.address import read_url
from csms.kit.brokers.base import Place
from tests.support.tls import Authority
from tests.support.valkey import dies_with_parent

RABBITMQ: Final = Path("/usr/lib/rabbitmq/bin")
TOPIC: Final = "test.events"
SECRET: Final = "p:ss/w@rd"
VIRTUAL_HOST: Final = "csms/test"
LIMIT: Final = 8_000
"""Bytes that NATS and RabbitMQ take here in one message; for Kafka it is the client's own megabyte."""


@dataclass(frozen=True)
class Got:
    """What a program at the other side of the broker sees."""

    id: str
    body: bytes
    where: str
    headers: dict[str, str] = field(default_factory=dict)


class Broker(Protocol):
    """What tests do with each of them."""

    @property
    def url(self) -> str: ...

    async def start(self) -> None: ...

    def kill(self) -> None: ...

    async def expect(self) -> None:
        """Keep from now on what is published."""

    async def received(self) -> list[Got]:
        """All of it, in the broker's order."""

    def close(self) -> None: ...


def place(broker: Broker, **more: Any) -> Place:
    """Where csms would publish to."""
    return Place(read_url(broker.url), TOPIC, **more)


def make(kind: str, authority: Authority | None = None) -> "NatsServer | RabbitServer":
    """One that can be killed and comes back with what it had."""
    if kind == "rabbitmq":
        if not os.environ.get("CSMS_TEST_BROKERS"):
            pytest.skip("needs Debian's rabbitmq-server: make test-brokers")
        return RabbitServer(authority)
    return NatsServer(authority)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _tell(process: "subprocess.Popen[bytes] | None", what: signal.Signals, *, group: bool = False) -> None:
    assert process is not None
    os.killpg(process.pid, what) if group else process.send_signal(what)
    if what is signal.SIGSTOP:  # its threads still run for a moment, and answer
        os.waitpid(process.pid, os.WUNTRACED)


class NatsServer:
    """nats-server with JetStream on disk, a user with a password, and TLS if there is an authority.

    A bare one has no JetStream, and a token instead of the user.
    """

    def __init__(self, authority: Authority | None = None, *, bare: bool = False) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="nats-")
        self._port = _free_port()
        self._scheme = "nats" if authority is None else "tls"
        self.authority = authority
        self._process: subprocess.Popen[bytes] | None = None
        tls = ""
        if authority is not None:
            own = authority.issue("nats")
            tls = f'tls {{ cert_file: "{own.certificate}", key_file: "{own.key}" }}'
        self._login, login = ("", f'token: "{SECRET}"') if bare else ("csms:", f'user: "csms", password: "{SECRET}"')
        keeps = "" if bare else f'jetstream {{ store_dir: "{self._path}/js" }}'
        (self._path / "nats.conf").write_text(
            f'listen: "127.0.0.1:{self._port}"\n{keeps}\nmax_payload: {LIMIT}\nauthorization {{ {login} }}\n{tls}\n'
        )

    @property
    def _path(self) -> Path:
        return Path(self._folder.name)

    @property
    def url(self) -> str:
        """With its password, as URLs spell it."""
        return f"{self._scheme}://{self._login}{quote(SECRET, safe='')}@127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Start, and wait until it answers."""
        program = Path(sys.executable).parent / "nats-server"
        self._process = subprocess.Popen(
            [str(program), "-c", str(self._path / "nats.conf")],
            stdout=subprocess.DEVNULL,
            stderr=(self._path / "log").open("ab"),
            preexec_fn=dies_with_parent(),  # noqa: PLW1509  (one call, and nothing else can set it in the child)
        )
        await _answers(self._port, self._process, self._path / "log")

    async def expect(self) -> None:
        """A stream for the subjects."""
        async with await self._client() as client:
            await client.jetstream().add_stream(name="EVENTS", subjects=[f"{TOPIC}.>"], allow_direct=True)

    async def received(self) -> list[Got]:
        """All that the stream has."""
        found = []
        async with await self._client() as client:
            stream = client.jetstream()
            try:
                last = (await stream.stream_info("EVENTS")).state.last_seq
            except NotFoundError:
                return []
            for number in range(1, last + 1):
                # Direct, for the client reads headers that are not ASCII only in what is sent to it as a message.
                message = await stream.get_msg("EVENTS", number, direct=True)
                headers = dict(message.headers or {})
                found.append(Got(headers["Nats-Msg-Id"], message.data or b"", message.subject or "", headers))
        return found

    @asynccontextmanager
    async def room_for_one(self, topic: str) -> AsyncIterator[Callable[[], Awaitable[object]]]:
        """A stream that is full after one message; what is given makes room."""
        async with await self._client() as client:
            stream, full = client.jetstream(), DiscardPolicy.NEW
            await stream.add_stream(name="FULL", subjects=[f"{topic}.>"], max_msgs=1, discard=full)
            yield lambda: stream.purge_stream("FULL")

    async def _client(self) -> Any:
        tls = None if self.authority is None else self.authority.client()
        return await nats.connect(f"{self._scheme}://127.0.0.1:{self._port}", user="csms", password=SECRET, tls=tls)

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Connections stay open, nothing is answered."""
        _tell(self._process, signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on."""
        _tell(self._process, signal.SIGCONT)

    def close(self) -> None:
        """Kill, and leave nothing."""
        self.kill()
        self._folder.cleanup()


class RabbitServer:
    """A private node of Debian's rabbitmq-server: its own data, cookie, port mapper and ports, all on loopback."""

    def __init__(self, authority: Authority | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="rabbitmq-")
        self._port, self._tls_port, self._epmd_port, dist = (_free_port() for _ in range(4))
        self.authority = authority
        self._process: subprocess.Popen[bytes] | None = None
        self._mapper: subprocess.Popen[bytes] | None = None
        path = Path(self._folder.name)
        lines = [
            f"listeners.tcp.1 = 127.0.0.1:{self._port}",
            f"default_vhost = {VIRTUAL_HOST}",
            "default_user = csms",
            f"default_pass = {SECRET}",
            f"max_message_size = {LIMIT}",
            "vm_memory_high_watermark.absolute = 512MB",
            "disk_free_limit.absolute = 1MB",
            "log.file.level = warning",
        ]
        if authority is not None:
            own = authority.issue("rabbitmq")
            lines += [
                f"listeners.ssl.1 = 127.0.0.1:{self._tls_port}",
                f"ssl_options.cacertfile = {authority.file}",
                f"ssl_options.certfile = {own.certificate}",
                f"ssl_options.keyfile = {own.key}",
            ]
        (path / "rabbitmq.conf").write_text("\n".join(lines) + "\n")
        (path / "plugins").write_text("[rabbitmq_consistent_hash_exchange].\n")
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(path),  # the cookie is made there
            "LANG": "C.UTF-8",
            "RUNNING_UNDER_SYSTEMD": "true",  # the node instead of a shell that waits for it, which dies before the node
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "RABBITMQ_NODENAME": f"csms-test-{self._port}@localhost",
            "RABBITMQ_DIST_PORT": str(dist),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(path / "rabbitmq"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(path / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(path / "data"),
            "RABBITMQ_LOG_BASE": str(path / "log"),
        }

    @property
    def url(self) -> str:
        """With its password, as URLs spell it."""
        scheme, port = ("amqp", self._port) if self.authority is None else ("amqps", self._tls_port)
        return f"{scheme}://csms:p%3Ass%2Fw%40rd@127.0.0.1:{port}/{quote(VIRTUAL_HOST, safe='')}"

    async def start(self) -> None:
        """Start, and wait until it answers."""
        if self._mapper is None:
            command = ["epmd", "-port", str(self._epmd_port), "-address", "127.0.0.1"]
            self._mapper = subprocess.Popen(
                command,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                preexec_fn=dies_with_parent(),  # noqa: PLW1509  (as above)
            )
            await _answers(self._epmd_port, self._mapper)
        self._process = subprocess.Popen(
            [str(RABBITMQ / "rabbitmq-server")],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=(Path(self._folder.name) / "out").open("ab"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=dies_with_parent(),  # noqa: PLW1509  (as above)
        )
        port = self._port if self.authority is None else self._tls_port
        await _answers(port, self._process, Path(self._folder.name) / "out")

    async def expect(self) -> None:
        """The exchange as csms would make it, and a durable queue that wants everything."""
        async with await self._client() as client:
            channel = await client.channel()
            exchange = await channel.declare_exchange(TOPIC, aio_pika.ExchangeType.TOPIC, durable=True)
            queue = await channel.declare_queue("all", durable=True)
            await queue.bind(exchange, "#")

    async def received(self) -> list[Got]:
        """All that the queue has; it is put back."""
        found = []
        async with await self._client() as client:
            channel = await client.channel()
            queue = await channel.declare_queue("all", passive=True)
            while (message := await queue.get(fail=False)) is not None:
                headers = {name: str(value) for name, value in message.headers.items()}
                found.append(Got(message.message_id or "", message.body, message.routing_key or "", headers))
        return found

    @asynccontextmanager
    async def room_for_one(self, topic: str) -> AsyncIterator[Callable[[], Awaitable[object]]]:
        """A queue that is full after one message; what is given makes room."""
        async with await self._client() as client:
            channel = await client.channel()
            full = {"x-max-length": 1, "x-overflow": "reject-publish"}
            queue = await channel.declare_queue("full", arguments=full)
            await queue.bind(topic, "#")
            yield queue.purge

    @asynccontextmanager
    async def shared_by(self, topic: str, header: str, queues: int) -> AsyncIterator[Callable[[], Awaitable[Any]]]:
        """An exchange that shares out to queues by a hash of the header; what is given reads their ids out."""
        async with await self._client() as client:
            channel = await client.channel()
            by = {"hash-header": header}
            exchange = await channel.declare_exchange(topic, "x-consistent-hash", durable=True, arguments=by)
            sharers = [await channel.declare_queue(f"{topic}-{number}") for number in range(queues)]
            for queue in sharers:
                await queue.bind(exchange, "10")
            yield lambda: asyncio.gather(*map(_ids, sharers))

    async def _client(self) -> AbstractRobustConnection:
        return await aio_pika.connect_robust(
            host="127.0.0.1",
            port=self._port,
            login="csms",
            password=SECRET,
            virtualhost=VIRTUAL_HOST,
            fail_fast="1",
        )

    def kill(self) -> None:
        """kill -9 to all that the node is made of."""
        if self._process is not None:
            _tell(self._process, signal.SIGKILL, group=True)
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Connections stay open, nothing is answered."""
        _tell(self._process, signal.SIGSTOP, group=True)

    def thaw(self) -> None:
        """Go on."""
        _tell(self._process, signal.SIGCONT, group=True)

    def close(self) -> None:
        """Kill, and leave nothing."""
        self.kill()
        if self._mapper is not None:
            self._mapper.kill()
            self._mapper.wait()
        self._folder.cleanup()


class KafkaStandIn:
    """librdkafka's own broker for tests. It makes every topic that is asked for."""

    def __init__(self) -> None:
        self._keeper: Any = None
        self._port = _free_port()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"kafka://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """It lives as long as the client that it belongs to."""
        self._keeper = Producer({"test.mock.num.brokers": 1, "log_level": 0})
        found = await asyncio.to_thread(self._keeper.list_topics, timeout=10)
        self._port = next(iter(found.brokers.values())).port

    async def expect(self) -> None:
        """A topic keeps what it gets."""

    async def received(self) -> list[Got]:
        """All partitions, one after the other."""
        return await asyncio.to_thread(self._read)

    def _read(self) -> list[Got]:
        reader = Consumer({"bootstrap.servers": f"127.0.0.1:{self._port}", "group.id": "t", "log_level": 0})
        found = []
        try:
            for partition in reader.list_topics(TOPIC, timeout=10).topics[TOPIC].partitions:
                end = reader.get_watermark_offsets(TopicPartition(TOPIC, partition), timeout=10)[1]
                reader.assign([TopicPartition(TOPIC, partition, 0)])
                while end:
                    message = reader.poll(10)
                    assert message is not None
                    assert message.error() is None, message.error()
                    headers = {name: value.decode() for name, value in message.headers() or []}
                    where = (message.key() or b"").decode()
                    found.append(Got(headers["csms-event-id"], message.value() or b"", where, headers))
                    if message.offset() + 1 >= end:
                        break
        finally:
            reader.close()
        return found

    def kill(self) -> None:
        """It ends, with all that it had."""
        self._keeper = None

    def close(self) -> None:
        """The same."""
        self.kill()


async def _ids(queue: AbstractQueue) -> list[str | None]:
    found = []
    while (message := await queue.get(fail=False)) is not None:
        found.append(message.message_id)
    return found


async def _answers(port: int, process: "subprocess.Popen[bytes]", log: Path | None = None) -> None:
    """Wait for it; if it does not come, what it wrote is told."""
    try:
        async with asyncio.timeout(240):  # RabbitMQ is seconds of a core, which a busy machine may not have
            while process.poll() is None:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    return
            why = f"ended with {process.returncode}"
    except TimeoutError:
        why = "does not answer"
    wrote = "" if log is None else log.read_text(errors="replace")[-2_000:]
    raise RuntimeError(f"{process.args!r} {why}: {wrote}")
