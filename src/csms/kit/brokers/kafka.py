# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Kafka: records with a key, acknowledged by all replicas that are in step."""

from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    IllegalStateError,
    KafkaConnectionError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from csms.kit.brokers.base import BrokerAwayError, Message, NotTakenError, Place, RefusedMessageError, told


async def connect(place: Place) -> "Kafka":
    """Whichever of its servers answers tells where the others are."""
    address = place.address
    signs_in = address.username is not None
    security = ("SASL_" if signs_in else "") + ("SSL" if address.tls else "PLAINTEXT")
    producer = AIOKafkaProducer(
        bootstrap_servers=[f"{f'[{host}]' if ':' in host else host}:{port}" for host, port in address.servers],
        client_id="csms",
        acks="all",
        # A batch that the broker refuses fails for all that is in it: one message each, and it is clear which.
        max_batch_size=1,
        request_timeout_ms=int(place.timeout_s * 1000),
        security_protocol=security,
        ssl_context=place.tls(),
        **({"sasl_mechanism": address.mechanism} if signs_in else {}),
        sasl_plain_username=address.username,
        sasl_plain_password=address.password,
    )
    try:
        await producer.start()
    except BaseException as error:
        await producer.stop()
        if isinstance(error, SaslAuthenticationFailed):
            raise BrokerAwayError("it refuses the login") from None  # its words may repeat what was sent
        if isinstance(error, KafkaConnectionError):
            raise BrokerAwayError("none of its servers answers") from None
        if isinstance(error, (OSError, KafkaError)):
            raise BrokerAwayError(told(error)) from None
        raise
    return Kafka(producer, place.topic)


class Kafka:
    """One producer; it knows the brokers of the cluster, and goes to the leader of each partition."""

    def __init__(self, producer: Any, topic: str) -> None:
        self._producer = producer
        self._topic = topic

    async def publish(self, message: Message) -> None:
        """Acknowledged by all replicas in step. The key decides on the partition, and so on the order."""
        headers = {"content-type": "application/json", **message.headers}
        try:
            await self._producer.send_and_wait(
                self._topic,
                message.body,
                key=message.order.encode(),
                timestamp_ms=int(message.at.timestamp() * 1000),
                headers=[(name, value.encode()) for name, value in headers.items()],
            )
        except (MessageSizeTooLargeError, RecordListTooLargeError) as error:
            raise RefusedMessageError(f"Kafka refuses it, {len(message.body)} bytes: {error}") from error
        except (UnknownTopicOrPartitionError, TopicAuthorizationFailedError) as error:
            raise NotTakenError(f"no topic {self._topic}, or no right to write to it") from error
        except (OSError, KafkaError, IllegalStateError) as error:
            raise BrokerAwayError(told(error)) from error

    async def about(self) -> str:
        """How many partitions there are."""
        try:
            partitions = await self._producer.partitions_for(self._topic)
        except (UnknownTopicOrPartitionError, TopicAuthorizationFailedError):
            raise NotTakenError(f"it answers, and there is no topic {self._topic}: make it") from None
        except (OSError, KafkaError) as error:
            raise BrokerAwayError(told(error)) from error
        return f"topic {self._topic}, {len(partitions)} partitions"

    async def close(self) -> None:
        """What is under way ends within the request's time-out."""
        try:
            await self._producer.stop()
        except (OSError, KafkaError):
            return  # it was lost already
