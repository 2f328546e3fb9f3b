# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Where events are published to."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from csms.kit.brokers.address import read_url


def _broker_url(url: SecretStr | None) -> SecretStr | None:
    if url is not None:
        read_url(url.get_secret_value())
    return url


class BrokerSettings(BaseModel):
    """Events to a message broker of yours; needs the extra `rabbitmq`, `nats` or `kafka`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[SecretStr | None, AfterValidator(_broker_url)] = Field(
        None, description="amqp(s)://…, nats://…, tls://… (NATS), kafka://… or kafka+ssl://…. Unset: none are sent."
    )
    topic: str = Field(
        "csms.events",
        max_length=100,
        pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$",
        description="RabbitMQ: the exchange. Kafka: the topic. NATS: what subjects begin with.",
    )
    events: tuple[str, ...] = Field(("*",), min_length=1, description="Names of the events that are sent.")
    ca_file: Path | None = Field(None, description="PEM file: the authority of its certificate.")
    timeout_s: float = Field(5.0, ge=1, le=60, description="How long it may take to connect, and for one event.")
