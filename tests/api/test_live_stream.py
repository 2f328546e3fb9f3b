# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The stream of live events."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from csms.api.live import PERMISSIONS, TOPICS, LiveHub, read_topics
from csms.domain.events import EVENTS, StatusChanged
from csms.features.accounts.permissions import Permission
from csms.kit.bus.codec import EventCodec
from csms.kit.bus.memory import MemoryBus
from csms.kit.metrics import Metrics

ORGANIZATION = uuid4()
ALL = frozenset(kind for group in TOPICS.values() for kind in group)


async def _always() -> tuple[bool, None]:
    return True, None


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


async def test_a_stream_is_held_to_the_chargers_that_are_seen() -> None:
    """Whose role holds at one site hears of its chargers, live and in what was missed."""
    hub = _hub()
    await hub._hear(_status(1))
    for seen, heard in ((frozenset({"CP1"}), 2), (frozenset({"CP2"}), 0), (None, 2)):
        stream = hub.stream(ORGANIZATION, ALL, "run-0", _always, seen)
        frames = [await anext(stream)]
        client = next(iter(hub._clients)) if hub._clients else None
        if heard:
            frames.append(await anext(stream))
            client = next(iter(hub._clients))
        await hub._hear(_status(heard + 2))
        if client is not None:
            assert len(client.frames) == (1 if heard else 0)
        assert len(frames) == (2 if heard else 1)
        await stream.aclose()
        hub._ring.pop()


@pytest.mark.parametrize(
    ("topics", "permissions", "expected"),
    [
        (None, set(PERMISSIONS.values()), set(TOPICS)),
        (None, {Permission.CHARGER_READ}, {"chargers", "status", "commands"}),
        ("status, files", set(), {"status", "files"}),
    ],
)
def test_topics_by_permission(topics: str | None, permissions: set[str], expected: set[str]) -> None:
    """Without a choice: all that may be heard; what is named is asked for, and refused where it may not."""
    assert set(TOPICS) == set(PERMISSIONS)
    assert set(read_topics(topics, permissions)) == expected
