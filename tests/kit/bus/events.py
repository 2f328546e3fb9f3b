# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Event classes for tests of the kit, shaped like the domain's."""

from datetime import UTC, datetime
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

ORGANIZATION = UUID("00000000-0000-7000-8000-000000000001")


class Measured(msgspec.Struct, frozen=True, tag_field="type", tag="measured", kw_only=True):
    """A live event with a topic."""

    kind: ClassVar[Literal["live", "durable"]] = "live"
    organization_id: UUID = ORGANIZATION
    charger_id: str
    value: int

    @property
    def topic(self) -> str | None:
        """Per charger."""
        return self.charger_id


class FrameSeen(msgspec.Struct, frozen=True, tag_field="type", tag="frame_seen", kw_only=True):
    """A live event that supersedes nothing."""

    kind: ClassVar[Literal["live", "durable"]] = "live"
    organization_id: UUID = ORGANIZATION
    text: str

    @property
    def topic(self) -> str | None:
        """None: each stands for itself."""
        return None


class Ended(msgspec.Struct, frozen=True, tag_field="type", tag="ended", kw_only=True):
    """A durable event."""

    kind: ClassVar[Literal["live", "durable"]] = "durable"
    organization_id: UUID = ORGANIZATION
    charger_id: str
    number: int
    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    @property
    def key(self) -> str:
        """Per charger."""
        return self.charger_id

    @property
    def occurred_at(self) -> datetime:
        """When."""
        return self.at


class Unregistered(msgspec.Struct, frozen=True, tag_field="type", tag="unregistered", kw_only=True):
    """A live event that no codec knows."""

    kind: ClassVar[Literal["live", "durable"]] = "live"
    organization_id: UUID = ORGANIZATION

    @property
    def topic(self) -> str | None:
        """None."""
        return None


CLASSES = (Measured, FrameSeen, Ended)
