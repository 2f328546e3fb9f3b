# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""NATS with JetStream: a stream of the server's keeps each message before it counts as sent."""

import asyncio
import logging
from typing import Final

from nats.aio.client import Client
from nats.errors import BadSubjectError, Error, MaxPayloadError
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError, ServiceUnavailableError

from csms.kit.brokers.base import BrokerAwayError, Message, NotTakenError, Place, RefusedMessageError, told

log = logging.getLogger(__name__)

_TOO_LARGE: Final = 10054
"""JetStream's code for a message over the stream's own limit."""


async def connect(place: Place) -> "Nats":
    """One of its servers; one attempt, who wants it calls again."""
    address, client = place.address, Client()
    last: list[Exception] = []

    async def failed(error: Exception) -> None:
        last.append(error)
        log.debug("NATS: %r", error)

    scheme = "tls" if address.tls else "nats"
    token = address.username if address.password is None else None  # as the URLs of other clients have it
    try:
        await client.connect(
            [f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}" for host, port in address.servers],
            error_cb=failed,
            name="csms",
            allow_reconnect=False,
            connect_timeout=max(1, int(place.timeout_s)),
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            ping_interval=10,
            tls=place.tls(),
            user=None if token else address.username,
            password=address.password,
            token=token,
        )
    except (OSError, Error, TimeoutError) as error:
        cause = last[-1] if last else error
        refused = "authorization" in str(cause).lower()  # the library has no class for it while it connects
        raise BrokerAwayError("it refuses the login" if refused else told(cause)) from error
    return Nats(client, place)


class Nats:
    """One connection. It is not opened anew by itself: what was lost with it has to be seen."""

    def __init__(self, client: Client, place: Place) -> None:
        self._client = client
        self._stream = client.jetstream(timeout=place.timeout_s)
        self._topic = place.topic

    async def publish(self, message: Message) -> None:
        """Kept by a stream. `Nats-Msg-Id` lets the stream throw away what comes twice."""
        subject = f"{self._topic}.{message.subject}"
        headers = {"Nats-Msg-Id": message.id, "Content-Type": "application/json", **message.headers}
        try:
            await self._stream.publish(subject, message.body, headers=headers)
        except NoStreamResponseError as error:
            raise NotTakenError(f"no stream keeps the subject {subject}: add one, with {self._topic}.>") from error
        except (MaxPayloadError, BadSubjectError) as error:
            raise RefusedMessageError(f"NATS refuses it, {len(message.body)} bytes: {error}") from error
        except APIError as error:
            if error.err_code == _TOO_LARGE:
                raise RefusedMessageError(f"JetStream refuses it, {len(message.body)} bytes: {error}") from error
            raise NotTakenError(f"the stream does not take it: {error.description}") from error
        except (OSError, Error, TimeoutError) as error:
            raise BrokerAwayError(told(error)) from error

    async def about(self) -> str:
        """Which stream keeps what is sent."""
        subjects = f"{self._topic}.>"
        try:
            return f"stream {await self._stream.find_stream_name_by_subject(subjects)}"
        except NotFoundError:
            raise NotTakenError(f"it answers, and no stream keeps {subjects}: add one") from None
        except ServiceUnavailableError:
            raise NotTakenError("it answers, and JetStream does not: nothing would be kept") from None
        except (OSError, Error, TimeoutError) as error:
            raise BrokerAwayError(told(error)) from error

    async def close(self) -> None:
        """Say good-bye, if anybody listens."""
        try:
            async with asyncio.timeout(2):
                await self._client.close()
        except (OSError, Error, TimeoutError):
            return  # it was lost already
