# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What every broker has to do for us. NATS is real; RabbitMQ too, under `make test-brokers`; Kafka is a stand-in."""

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from csms.kit.brokers.address import read_url
from csms.kit.brokers.base import (
    BrokerAwayError,
    Connection,
    Message,
    NotTakenError,
    Place,
    RefusedMessageError,
    connect_of,
)
from csms.kit.brokers.link import Link
from csms.kit.errors import InvalidError, UnavailableError
from csms.kit.ids import new_id
from csms.kit.retries import Patience
from tests.support.brokers import (
    LIMIT,
    SECRET,
    TOPIC,
    Broker,
    Got,
    KafkaStandIn,
    NatsServer,
    RabbitServer,
    make,
    place,
)
from tests.support.tls import Authority

AT = datetime(2026, 11, 30, 12, 0, 0, 250_000, tzinfo=UTC)


@pytest.fixture(scope="module", params=["nats", "kafka", "rabbitmq"])
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    """One of each kind for all tests, keeping what it gets."""
    server: Broker = KafkaStandIn() if request.param == "kafka" else make(request.param)
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(server.start())
        loop.run_until_complete(server.expect())
        yield server
    finally:
        server.close()
        loop.close()


@pytest.fixture
async def connection(broker: Broker) -> AsyncIterator[Connection]:
    """What publishes to it."""
    there = place(broker)
    opened = await connect_of(there.address.kind)(there)
    yield opened
    await opened.close()


def message(order: str = "CP1", body: bytes = b"{}") -> Message:
    """A message of its own."""
    key = f"evt_{new_id().hex}"
    headers = {"csms-event-id": key, "csms-charger-id": order}
    return Message(key, "transaction.ended", AT, order, f"org.transaction.ended.{order}", headers, body)


async def received(broker: Broker, *wanted: Message) -> list[Got]:
    """Those of them that are there, in the broker's order."""
    ids = {each.id for each in wanted}
    return [got for got in await broker.received() if got.id in ids]


async def test_a_message_arrives_whole(broker: Broker, connection: Connection) -> None:
    """Body byte for byte, headers, and what it is sorted by; also with letters that are not ASCII."""
    sent = message("Säule%201", json.dumps({"data": "ü\u2028"}).encode())
    await connection.publish(sent)
    (got,) = await received(broker, sent)
    assert got.body == sent.body
    assert (got.headers["csms-event-id"], got.headers["csms-charger-id"]) == (sent.id, sent.order)
    kind = place(broker).address.kind
    assert got.where == {
        "kafka": sent.order, "nats": f"{TOPIC}.{sent.subject}", "rabbitmq": sent.subject
    }[kind]  # fmt: skip


async def test_one_after_the_other_keeps_the_order_beside_others(broker: Broker, connection: Connection) -> None:
    """Twenty chargers at once, twenty events each."""
    chargers = {f"C{number}": [message(f"C{number}") for _ in range(20)] for number in range(20)}

    async def lane(events: list[Message]) -> None:
        for event in events:
            await connection.publish(event)

    await asyncio.gather(*(lane(events) for events in chargers.values()))
    got = [each.id for each in await received(broker, *(event for events in chargers.values() for event in events))]
    assert len(got) == 400
    for events in chargers.values():
        ids = [event.id for event in events]
        assert [each for each in got if each in set(ids)] == ids


async def test_what_is_too_large_is_refused_and_nothing_beside_it(broker: Broker, connection: Connection) -> None:
    """The others that are under way arrive, and so does the next one."""
    size = 2 * 1024 * 1024 if place(broker).address.kind == "kafka" else LIMIT + 1
    poison, others = message(body=b"x" * size), [message(f"C{number}") for number in range(20)]
    told = await asyncio.gather(
        *(connection.publish(each) for each in (*others[:10], poison, *others[10:])), return_exceptions=True
    )
    assert [type(each) for each in told if each is not None] == [RefusedMessageError]
    await connection.publish(after := message())
    assert len(await received(broker, poison, *others, after)) == 21


async def test_it_says_where_messages_go(broker: Broker, connection: Connection) -> None:
    """For `csms doctor`."""
    assert (await connection.about()).partition(",")[0] in {"stream EVENTS", f"exchange {TOPIC}", f"topic {TOPIC}"}


async def test_one_of_several_servers_is_enough(broker: Broker) -> None:
    """Whichever of them is asked first."""
    there = place(broker)
    address = replace(there.address, servers=(("127.0.0.1", 1), *there.address.servers))
    for _ in range(5):
        opened = await connect_of(address.kind)(replace(there, address=address))
        await opened.publish(sent := message())
        await opened.close()
        assert await received(broker, sent)


async def test_a_repeat_has_the_id_of_the_first(broker: Broker, connection: Connection) -> None:
    """NATS keeps it once, by itself."""
    sent = message()
    await connection.publish(sent)
    await connection.publish(sent)
    assert len(await received(broker, sent)) == (1 if place(broker).address.kind == "nats" else 2)


@pytest.mark.parametrize("broker", ["nats", "rabbitmq"], indirect=True)
async def test_a_full_one_takes_it_when_there_is_room(broker: NatsServer | RabbitServer) -> None:
    """It is not taken now, which says nothing about the event, and the connection is well."""
    there = replace(place(broker), topic="full")
    opened = await connect_of(there.address.kind)(there)
    async with broker.room_for_one(there.topic) as make_room:
        await opened.publish(message())
        with pytest.raises(NotTakenError):
            await opened.publish(late := message())
        await make_room()
        await opened.publish(late)
    await opened.close()


@pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
async def test_an_exchange_of_yours_shares_the_chargers_out(broker: RabbitServer) -> None:
    """By the header that names the charger, each in order, as docs/howto/event-streams.md says."""
    there = replace(place(broker), topic="shared")
    chargers = [[message(f"C{number}") for _ in range(3)] for number in range(40)]
    async with broker.shared_by(there.topic, "csms-charger-id", queues=2) as read:
        opened = await connect_of(there.address.kind)(there)
        for events in zip(*chargers, strict=True):
            await asyncio.gather(*(opened.publish(event) for event in events))
        await opened.close()
        queues = await read()
    assert all(queues)
    ids = [{event.id for event in events} for events in chargers]
    got = [[each for each in queue if each in mine] for mine in ids for queue in queues]
    assert sorted(filter(None, got)) == sorted([event.id for event in events] for events in chargers)


@pytest.mark.parametrize("kind", ["nats", "kafka", "rabbitmq"])
async def test_nobody_there(kind: str) -> None:
    """Which is not waited for longer than needed, and told in plain words."""
    there = Place(
        read_url(f"{'amqp' if kind == 'rabbitmq' else kind}://user:{quote(SECRET, safe='')}@127.0.0.1:1"), TOPIC
    )
    with pytest.raises(BrokerAwayError) as caught:
        await connect_of(there.address.kind)(there)
    assert caught.value.detail == ("none of its servers answers" if kind == "kafka" else "Connection refused")


@pytest.mark.parametrize("kind", ["nats", "rabbitmq"])
async def test_a_wrong_password_and_no_authority(kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Both are told as what they are; neither password is in any word or log. With both right it works, by TLS."""
    caplog.set_level(logging.DEBUG)
    authority = Authority(tmp_path)
    server = make(kind, authority)
    try:
        await server.start()
        there = place(server, ca_file=authority.file)
        with pytest.raises(BrokerAwayError) as caught:
            await connect_of(there.address.kind)(replace(there, address=replace(there.address, password="wr0ng")))
        assert "refuses the login" in caught.value.detail
        with pytest.raises(BrokerAwayError, match="CSMS_BROKER__CA_FILE"):
            await connect_of(there.address.kind)(replace(there, ca_file=None))
        connection = await connect_of(there.address.kind)(there)
        if kind == "nats":
            await server.expect()
        await connection.publish(message())
        await connection.close()
    finally:
        server.close()
    words = [
        *(record.getMessage() for record in caplog.records),
        caplog.text,
        str(there),
        str(server.url in caplog.text),
    ]
    assert not [each for each in words if SECRET in each or "p%3Ass" in each or "wr0ng" in each]


async def test_nats_without_a_stream_waits_for_one() -> None:
    """Nothing would keep the event: it is not sent into the void, and the connection is not given up."""
    server = make("nats")
    try:
        await server.start()
        there = place(server)
        connection = await connect_of("nats")(there)
        for attempt in (connection.about, lambda: connection.publish(message())):
            with pytest.raises(NotTakenError, match="no stream keeps"):
                await attempt()
        await server.expect()
        await connection.publish(sent := message())
        assert await received(server, sent)
        await connection.close()
    finally:
        server.close()


async def test_nats_without_jetstream_is_told() -> None:
    """As what it is, to the doctor too, and the connection is not given up. The way in is a token."""
    server = NatsServer(bare=True)
    try:
        await server.start()
        there = place(server)
        with pytest.raises(BrokerAwayError, match="refuses the login"):
            await connect_of("nats")(replace(there, address=replace(there.address, username="wr0ng")))
        connection = await connect_of("nats")(there)
        with pytest.raises(NotTakenError, match="JetStream does not"):
            await connection.about()
        with pytest.raises(NotTakenError, match="no stream keeps"):
            await connection.publish(message())
        await connection.close()
    finally:
        server.close()


@pytest.mark.parametrize("kind", ["nats", "rabbitmq"])
async def test_frozen_killed_and_back(kind: str) -> None:
    """A link tells that its broker is away, and finds it again by itself."""
    server, connected = make(kind), [-1.0]
    try:
        await server.start()
        await server.expect()
        there = place(server, timeout_s=2.0)
        link = Link(connect_of(there.address.kind), there, connected.append, Patience(first_s=0.05, most_s=0.2))
        await _goes_through(link)
        assert connected[-1] == 1
        server.freeze()
        with pytest.raises(UnavailableError, match="no answer in time"):
            await link.publish(message())
        assert connected[-1] == 0
        server.thaw()
        await _goes_through(link)
        server.kill()
        with pytest.raises(UnavailableError):
            await link.publish(message())
        await server.start()
        sent = await _goes_through(link)
        assert await received(server, sent)
        await link.close()
        assert connected[-1] == 0
    finally:
        server.close()


async def _goes_through(link: Link) -> Message:
    sent = message()
    async with asyncio.timeout(120):
        while True:
            try:
                await link.publish(sent)
            except UnavailableError:
                continue
            return sent


def test_a_missing_library_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """As pip knows it."""
    monkeypatch.setitem(__import__("sys").modules, "aio_pika", None)
    with pytest.raises(InvalidError, match=r"pip install 'csms-lite\[rabbitmq\]'"):
        connect_of("rabbitmq")


def test_a_file_of_authorities_that_is_none(tmp_path: Path) -> None:
    """Found at the start; without TLS it does not matter."""
    file = tmp_path / "ca.pem"
    file.write_text("no certificate")
    there = Place(read_url("tls://broker"), TOPIC, file)
    with pytest.raises(InvalidError, match="CSMS_BROKER__CA_FILE"):
        there.tls()
    assert replace(there, address=read_url("nats://broker")).tls() is None
    context: Any = replace(there, ca_file=None).tls()
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
