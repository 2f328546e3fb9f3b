# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Events to bytes and back: JSON objects with the class's tag under `type`."""

from collections.abc import Iterable
from typing import Any, Union

import msgspec

from csms.kit.bus.base import DURABLE, LIVE, Event


class EventCodec:
    """Knows the event classes it was built with, and no others."""

    def __init__(self, classes: Iterable[type[Event]]) -> None:
        self.classes = tuple(classes)
        self._tags: dict[type, str] = {}
        self._by_tag: dict[str, type[Event]] = {}
        for event_class in self.classes:
            tag = _checked_tag(event_class)
            if tag in self._by_tag:
                raise TypeError(f"{event_class.__name__} and {self._by_tag[tag].__name__} share the tag {tag!r}")
            self._tags[event_class] = tag
            self._by_tag[tag] = event_class
        self._encoder = msgspec.json.Encoder()
        self._decoder: msgspec.json.Decoder[Any] | None = (
            # Union[...] over a tuple built at run time has no other spelling
            msgspec.json.Decoder(Union[self.classes]) if self.classes else None  # noqa: UP007
        )

    def tag(self, event_class: type) -> str:
        """The `type` of a class; TypeError when it was not registered."""
        try:
            return self._tags[event_class]
        except KeyError:
            raise TypeError(f"{event_class.__name__} is not among the codec's event classes") from None

    def event_class(self, tag: str) -> type[Event]:
        """The class of a `type`; TypeError when it was not registered."""
        try:
            return self._by_tag[tag]
        except KeyError:
            raise TypeError(f"no event class has the tag {tag!r}") from None

    def encode(self, event: Event) -> bytes:
        """JSON. TypeError for a class that was not registered."""
        self.tag(type(event))
        return self._encoder.encode(event)

    def decode(self, data: bytes | str) -> Event:
        """The event. `msgspec.ValidationError` when it does not fit its class."""
        if self._decoder is None:
            raise TypeError("the codec knows no event classes")
        event: Event = self._decoder.decode(data)
        return event


def _checked_tag(event_class: type[Event]) -> str:
    config = getattr(event_class, "__struct_config__", None)
    if config is None or not config.frozen or config.tag_field != "type" or not isinstance(config.tag, str):
        raise TypeError(f'{event_class.__name__} must be a frozen msgspec.Struct with tag_field="type"')
    if event_class.kind not in (LIVE, DURABLE):
        raise TypeError(f"{event_class.__name__}.kind must be 'live' or 'durable'")
    tag: str = config.tag
    return tag
