# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What a writer is given."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Item = Mapping[str, Any]
Batches = AsyncIterator[Sequence[Item]]


@dataclass(frozen=True, slots=True)
class Table:
    """A list as a file tells of it. `columns` are the names of an item, in their order; `asked`: filters and order."""

    name: str
    columns: tuple[str, ...]
    organization: str
    made_at: datetime
    asked: tuple[tuple[str, str], ...] = ()


# The first piece comes when the first rows are there, so that what fails before it is still refused in words. It may be
# empty: the file is under way.
Writer = Callable[[Table, Batches], AsyncIterator[bytes]]
