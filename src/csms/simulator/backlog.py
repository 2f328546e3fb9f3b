# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Facts that wait for the line."""

from collections import deque
from collections.abc import Iterator

from csms.simulator.device import Fact, Metered


class Backlog:
    """Facts that the CSMS has not acknowledged, oldest first. When it is full, the oldest reading goes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._facts: deque[Fact] = deque()

    def __len__(self) -> int:
        return len(self._facts)

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts)

    def add(self, fact: Fact) -> bool:
        """Keep a fact; False if a reading had to go for it. Starts and stops are never given up (§3.7.1)."""
        full = len(self._facts) >= self._limit
        if full:
            # The head may be on its way.
            oldest = next((old for old in list(self._facts)[1:] if isinstance(old, Metered)), None)
            if oldest is not None:
                self._facts.remove(oldest)
        self._facts.append(fact)
        return not full

    @property
    def head(self) -> Fact | None:
        """The fact that is next."""
        return self._facts[0] if self._facts else None

    def done(self) -> None:
        """The head is delivered or given up."""
        self._facts.popleft()
