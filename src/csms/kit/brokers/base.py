# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What all brokers have in common: a message, a connection that publishes it, and the ways in which that fails."""

import importlib
import os
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from csms.kit.brokers.address import Address, Kind
from csms.kit.errors import HopelessError, InvalidError, UnavailableError


@dataclass(frozen=True, slots=True)
class Message:
    """What is published. Two of the same `order` are never under way at once."""

    id: str
    type: str
    at: datetime
    order: str
    subject: str
    headers: Mapping[str, str]
    body: bytes


class BrokerAwayError(UnavailableError):
    """The broker does not answer: the connection is given up, and a new one opened."""


class NotTakenError(UnavailableError):
    """The broker answers and does not take this message now: the connection is well."""


class RefusedMessageError(HopelessError):
    """The broker will never take this message."""


class Connection(Protocol):
    """One open connection."""

    async def publish(self, message: Message) -> None:
        """Return when the broker has it for good. Raises one of the errors above."""
        ...

    async def about(self) -> str:
        """In a few words where messages go. Raises one of the errors above where they would go nowhere."""
        ...

    async def close(self) -> None:
        """Give it up; does not fail."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where messages go: `topic` is the exchange of RabbitMQ, the topic of Kafka, what subjects begin with in NATS."""

    address: Address
    topic: str
    ca_file: Path | None = None
    timeout_s: float = 5.0

    def tls(self) -> ssl.SSLContext | None:
        """The context, where the URL asks for TLS. Raises InvalidError for a file that holds no authorities."""
        if not self.address.tls:
            return None
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError):
            raise InvalidError(f"CSMS_BROKER__CA_FILE: {self.ca_file} holds no certificates in PEM") from None


Connect = Callable[[Place], Awaitable[Connection]]

_LIBRARIES: Final[dict[Kind, str]] = {"rabbitmq": "aio_pika", "nats": "nats", "kafka": "aiokafka"}


def connect_of(kind: Kind) -> Connect:
    """How to connect. Raises InvalidError where the library is not installed."""
    try:
        importlib.import_module(_LIBRARIES[kind])
    except ImportError as error:
        raise InvalidError(
            f"CSMS_BROKER__URL needs the package {_LIBRARIES[kind]}, which is missing: pip install 'csms-lite[{kind}]'"
        ) from error
    connect: Connect = importlib.import_module(f"csms.kit.brokers.{kind}").connect
    return connect


def told(error: BaseException) -> str:
    """Why a connection failed; never in words that may repeat what was sent."""
    match error:
        case UnavailableError():
            return error.detail
        case TimeoutError():
            return "no answer in time"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted ({error.verify_message}): see CSMS_BROKER__CA_FILE"
        case ssl.SSLError():
            return "TLS fails: is it spoken on that port?"
        case OSError(errno=int(number)) if number > 0:
            return os.strerror(number)
        case ConnectionError() | RuntimeError():  # the libraries' own: what is closed, or was cut
            return "the connection was lost"
        case _:
            return type(error).__name__
