# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Messages that a charger shows."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from csms.domain.device_model import Component
from csms.domain.numbers import Natural


class MessageContent(Struct, frozen=True, forbid_unknown_fields=True):
    """A text in a format and a language."""

    format: Literal["ascii", "html", "qrcode", "uri", "utf8"]
    content: Annotated[str, Meta(max_length=1024)]
    language: Annotated[str, Meta(max_length=8)] | None = None


class DisplayMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """A message with when and in which state it is shown."""

    priority: Literal["always_front", "in_front", "normal_cycle"]
    message: MessageContent
    id: Natural | None = None
    display: Component | None = None
    state: Literal["charging", "discharging", "faulted", "idle", "suspended", "unavailable"] | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None
    translations: Annotated[tuple[MessageContent, ...], Meta(min_length=1, max_length=4)] | None = None
