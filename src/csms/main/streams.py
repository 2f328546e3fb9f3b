# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Events to a message broker, where the settings name one."""

import asyncio
from typing import Any, Final

from csms.features.streams.handlers import Publishing
from csms.features.streams.rules import order_of, wanted
from csms.kit.brokers.address import read_url
from csms.kit.brokers.base import Place, connect_of, told
from csms.kit.brokers.link import Link
from csms.kit.config_broker import BrokerSettings
from csms.kit.db.outbox_consumer import Consumer
from csms.kit.db.outbox_parking import Delivery
from csms.kit.errors import CsmsError
from csms.kit.metrics import Metrics
from csms.main.doctor_local import Finding, judged

CONSUMER: Final = "event_stream"


def place_of(settings: BrokerSettings) -> Place | None:
    """Where events go; none where they go nowhere."""
    if settings.url is None:
        return None
    return Place(read_url(settings.url.get_secret_value()), settings.topic, settings.ca_file, settings.timeout_s)


def event_stream(settings: BrokerSettings, place: Place, metrics: Metrics, **common: Any) -> tuple[Consumer, Link]:
    """What publishes, and its connection. Raises InvalidError for settings that cannot work."""
    place.tls()
    link = Link(connect_of(place.address.kind), place, metrics.broker_connected.labels().set)
    publishing = Publishing(link.publish)

    async def handle(delivery: Delivery) -> None:
        await publishing(delivery.id, delivery.event)  # type: ignore[arg-type]

    consumer = Consumer(CONSUMER, handle, types=wanted(settings.events), order=order_of, metrics=metrics, **common)
    return consumer, link


async def broker_check(settings: BrokerSettings) -> Finding | None:
    """Whether it answers, and has a place for events; for `csms doctor`."""
    place = place_of(settings)
    if place is None:
        return None
    what, remedy = "message broker", "check CSMS_BROKER__URL, and what the broker needs: docs/howto/event-streams.md"
    try:
        wanted(settings.events)
        async with asyncio.timeout(place.timeout_s * 2):
            connection = await connect_of(place.address.kind)(place)
            try:
                said = await connection.about()
            finally:
                await connection.close()
    except CsmsError as error:
        return judged(what, False, f"{place.address.shown}: {error.detail}", remedy)
    except (OSError, TimeoutError) as error:
        return judged(what, False, f"{place.address.shown}: {told(error)}", remedy)
    return judged(what, True, f"{place.address.shown}: {said}")
