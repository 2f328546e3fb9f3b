# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The stream of live events."""

from datetime import UTC, datetime
from uuid import uuid4

from csms.api.live import TOPICS, LiveHub
from csms.domain.events import EVENTS, StatusChanged
from csms.kit.bus.codec import EventCodec
from csms.kit.bus.memory import MemoryBus
from csms.kit.metrics import Metrics

ORGANIZATION = uuid4()
ALL = frozenset(kind for group in TOPICS.values() for kind in group)


async def _always() -> bool:
    return True


def _hub() -> LiveHub:
    return LiveHub(MemoryBus(EventCodec(EVENTS), Metrics(process=False)), "run")


def _status(connector: int) -> StatusChanged:
    return StatusChanged(
        organization_id=ORGANIZATION,
        charger_id="CP1",
        evse_id=connector,
        connector_id=connector,
        status="available",
        error_code=None,
        at=datetime(2026, 11, 23, tzinfo=UTC),
    )


async def test_an_event_between_the_greeting_and_the_replay_is_told_once() -> None:
    """A client that comes back gets each event once."""
    hub = _hub()
    await hub._hear(_status(1))
    stream = hub.stream(ORGANIZATION, ALL, "run-0", _always)
    assert await anext(stream) == b"retry: 2000\n\n"
    await hub._hear(_status(2))  # while the greeting is on its way
    frames = [await anext(stream), await anext(stream)]
    await hub._hear(_status(3))
    frames.append(await anext(stream))
    assert [frame.split(b"\n")[0] for frame in frames] == [b"id: run-1", b"id: run-2", b"id: run-3"]


async def test_a_strange_last_event_id_is_answered_by_resync() -> None:
    """Digits that are no number do not break the stream."""
    stream = _hub().stream(ORGANIZATION, ALL, "run-²", _always)
    assert await anext(stream) == b"retry: 2000\n\n"
    assert b"resync" in await anext(stream)
