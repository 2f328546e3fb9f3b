# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Events to bytes and back."""

from typing import ClassVar, Literal
from uuid import UUID

import msgspec
import pytest

from csms.kit.bus.codec import EventCodec
from tests.kit.bus.events import CLASSES, ORGANIZATION, Ended, Measured, Unregistered


def test_an_event_survives_the_round_trip_with_its_class() -> None:
    """The tag decides the class; times, ids and numbers come back as they were."""
    codec = EventCodec(CLASSES)
    for event in (Measured(charger_id="A", value=1), Ended(charger_id="A", number=2)):
        data = codec.encode(event)
        assert msgspec.json.decode(data)["type"] == codec.tag(type(event))
        assert codec.decode(data) == event
        assert codec.event_class(codec.tag(type(event))) is type(event)


def test_unknown_classes_and_tags_are_refused() -> None:
    """The codec knows what it was built with."""
    codec = EventCodec(CLASSES)
    with pytest.raises(TypeError, match="Unregistered"):
        codec.encode(Unregistered())
    with pytest.raises(TypeError, match="nothing"):
        codec.event_class("nothing")
    with pytest.raises(msgspec.ValidationError):
        codec.decode(b'{"type": "unregistered"}')
    with pytest.raises(TypeError, match="no event classes"):
        EventCodec(()).decode(b"{}")


def test_two_classes_with_one_tag_are_refused() -> None:
    """Otherwise a decoder would have to guess."""

    class Twin(msgspec.Struct, frozen=True, tag_field="type", tag="measured"):
        kind: ClassVar[Literal["live", "durable"]] = "live"
        organization_id: UUID = ORGANIZATION

        @property
        def topic(self) -> str | None:
            return None

    with pytest.raises(TypeError, match="share the tag"):
        EventCodec((Measured, Twin))


def test_a_class_of_the_wrong_shape_is_refused() -> None:
    """Mutable, untagged, or of no kind."""

    class Mutable(msgspec.Struct, tag_field="type", tag="mutable"):
        kind: ClassVar[Literal["live", "durable"]] = "live"
        organization_id: UUID = ORGANIZATION

    class Untagged(msgspec.Struct, frozen=True):
        kind: ClassVar[Literal["live", "durable"]] = "live"
        organization_id: UUID = ORGANIZATION

    class Kindless(msgspec.Struct, frozen=True, tag_field="type"):
        kind: ClassVar[str] = "neither"
        organization_id: UUID = ORGANIZATION

    for wrong in (Mutable, Untagged):
        with pytest.raises(TypeError, match="frozen"):
            EventCodec((wrong,))
    with pytest.raises(TypeError, match="kind"):
        EventCodec((Kindless,))  # type: ignore[arg-type]
