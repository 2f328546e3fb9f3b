# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the API document says of answers, and words that several bodies have.

Answers are written from rows; these models describe them, tests compare.
"""

from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar
from zoneinfo import available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

T = TypeVar("T")


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("a time zone such as Europe/Berlin")
    return name


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("a text has no NUL character")
    return text


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("an instant within the years 1 to 9999 of UTC") from error


Zone = Annotated[str, Field(max_length=64), AfterValidator(_zone)]
Text = Annotated[str, AfterValidator(_storable)]
"""What PostgreSQL can keep, and can be asked for."""
Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class PageOf(BaseModel, Generic[T]):
    """A page of a list. With `fields`, items have only those."""

    items: list[T]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last one.")
    total_estimate: int = Field(description="What the database expects in all, not a count.")
