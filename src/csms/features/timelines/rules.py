# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The order of a timeline, and the place in it that a cursor stands for."""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from csms.kit.errors import InvalidError

MAX_CURSOR = 1024


class InvalidTimelineCursorError(InvalidError):
    """A cursor that no answer of ours held."""

    code: ClassVar[str] = "invalid_cursor"


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """An event's place: the newest first, then by kind and key."""

    at: datetime
    kind: str
    key: str

    @property
    def rank(self) -> tuple[float, str, str]:
        """What is sorted by."""
        return -self.at.timestamp(), self.kind, self.key


def write_cursor(place: Place) -> str:
    """A place as a text that means nothing to others."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def read_cursor(raw: str) -> Place:
    """The place back. Raises InvalidTimelineCursorError."""
    try:
        if len(raw) > MAX_CURSOR:
            raise ValueError("not one of ours")
        padded = raw.encode("ascii") + b"=" * (-len(raw) % 4)
        place = msgspec.json.decode(base64.b64decode(padded, altchars=b"-_", validate=True), type=Place)
        if place.at.tzinfo is None or "\0" in place.key + place.kind:
            raise ValueError("not one of ours")
        return place
    except (ValueError, binascii.Error, msgspec.MsgspecError) as error:
        raise InvalidTimelineCursorError("this cursor is not from a timeline; start again without it") from error


def behind(kind: str, place: Place | None, at: str, key: str) -> str:
    """The rows of one source that come behind a place, as SQL over `:at` and `:key`."""
    if place is None:
        return "true"
    if kind > place.kind:
        return f"{at} <= :at"
    if kind < place.kind:
        return f"{at} < :at"
    return f'({at} < :at OR ({at} = :at AND ({key}) COLLATE "C" > :key))'


def merged(rows: Iterable[Mapping[str, Any]], limit: int) -> tuple[list[Mapping[str, Any]], Place | None]:
    """The first rows of all sources together, and the place of the last one where there are more."""

    def place(row: Mapping[str, Any]) -> Place:
        return Place(row["at"], row["kind"], row["key"])

    ordered: Sequence[Mapping[str, Any]] = sorted(rows, key=lambda row: place(row).rank)
    shown = list(ordered[:limit])
    return shown, place(shown[-1]) if len(ordered) > limit else None
