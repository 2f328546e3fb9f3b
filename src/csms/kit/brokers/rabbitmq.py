# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""RabbitMQ (AMQP 0-9-1): persistent messages to an exchange, each confirmed by the broker."""

import asyncio
import random
from typing import Final

from aio_pika import DeliveryMode, ExchangeType
from aio_pika import Message as AmqpMessage
from aio_pika import connect as open_connection
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange
from aio_pika.exceptions import (
    AMQPError,
    AuthenticationError,
    ChannelNotFoundEntity,
    ChannelPreconditionFailed,
    DeliveryError,
    ProbableAuthenticationError,
)

from csms.kit.brokers.base import BrokerAwayError, NotTakenError, Place, RefusedMessageError, told
from csms.kit.brokers.base import Message as OurMessage

_HEARTBEAT_S: Final = 20


async def connect(place: Place) -> "RabbitMq":
    """The first of its servers that answers, in any order. The exchange is made where there is none of that name."""
    address = place.address
    last: Exception = BrokerAwayError("no server is named")
    for host, port in random.sample(address.servers, len(address.servers)):
        try:
            connection = await open_connection(
                host=host,
                port=port,
                login=address.username or "guest",
                password=address.password if address.password is not None else "guest",
                virtualhost=address.virtual_host,
                ssl=address.tls,
                ssl_context=place.tls(),
                client_properties={"connection_name": "csms"},
                heartbeat=_HEARTBEAT_S,
            )
        except (AuthenticationError, ProbableAuthenticationError):
            last = BrokerAwayError("it refuses the login")
        except (OSError, AMQPError) as error:
            last = BrokerAwayError(told(error.__cause__ or error))
        else:
            broker = RabbitMq(connection, place.topic)
            try:
                await broker.open()
            except BaseException:
                await broker.close()
                raise
            return broker
    raise last


class RabbitMq:
    """One connection, and a channel for each message that is under way.

    A message too large for the broker costs its channel, and whatever else is under way on it: not told apart, one such
    would take the others with it again and again.
    """

    def __init__(self, connection: AbstractConnection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._idle: list[tuple[AbstractChannel, AbstractExchange]] = []

    async def open(self) -> None:
        """See to the exchange."""
        try:
            self._idle.append(await self._find())
        except (OSError, AMQPError, RuntimeError) as error:  # the library's own for what is closed is a RuntimeError
            raise BrokerAwayError(f"no exchange {self._name}: {told(error)}") from error

    async def publish(self, message: OurMessage) -> None:
        """Confirmed: by the queues that it was routed to, or because no queue wants it."""
        try:
            channel, exchange = self._idle.pop() if self._idle else await self._another()
            try:
                await self._send(exchange, message)
            except DeliveryError as error:
                raise NotTakenError("a queue is full, or has no majority") from error
            finally:
                if not channel.is_closed:
                    self._idle.append((channel, exchange))
        except ChannelPreconditionFailed as error:
            raise RefusedMessageError(f"RabbitMQ refuses it, {len(message.body)} bytes: {error}") from error
        except (OSError, AMQPError, RuntimeError) as error:
            raise BrokerAwayError(told(error)) from error

    async def about(self) -> str:
        """The exchange was there, or was made when this was opened."""
        return f"exchange {self._name}"

    async def close(self) -> None:
        """Say good-bye, if anybody listens."""
        try:
            async with asyncio.timeout(2):
                await self._connection.close()
        except (OSError, AMQPError, TimeoutError, RuntimeError):
            return  # it was lost already

    async def _find(self) -> tuple[AbstractChannel, AbstractExchange]:
        channel = await self._connection.channel()
        try:
            return channel, await channel.get_exchange(self._name)  # of whatever type its owner wanted
        except ChannelNotFoundEntity:
            channel = await self._connection.channel()
            return channel, await channel.declare_exchange(self._name, ExchangeType.TOPIC, durable=True)

    async def _another(self) -> tuple[AbstractChannel, AbstractExchange]:
        channel = await self._connection.channel()
        return channel, await channel.get_exchange(self._name, ensure=False)

    @staticmethod
    async def _send(exchange: AbstractExchange, message: OurMessage) -> None:
        body = AmqpMessage(
            message.body,
            headers=dict(message.headers),
            content_type="application/json",
            delivery_mode=DeliveryMode.PERSISTENT,
            message_id=message.id,
            timestamp=message.at,
            type=message.type,
            app_id="csms",
        )
        await exchange.publish(body, message.subject, mandatory=False)
