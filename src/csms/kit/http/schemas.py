# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the API document says of answers, and words that several bodies have.

Answers are written from rows; these models describe them, tests compare.
"""

from typing import Annotated, Generic, TypeVar
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, Field

T = TypeVar("T")


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("a time zone such as Europe/Berlin")
    return name


Zone = Annotated[str, Field(max_length=64), AfterValidator(_zone)]


class PageOf(BaseModel, Generic[T]):
    """A page of a list. With `fields`, items have only those."""

    items: list[T]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last one.")
    total_estimate: int = Field(description="What the database expects in all, not a count.")
