# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What a fleet did: counters, and a histogram of latencies that takes the same memory for ten or ten million."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

_PER_DOUBLING: Final = 16  # buckets: a quantile is off by at most 4.4 %
_SMALLEST_S: Final = 1e-5
_BUCKETS: Final = 24 * _PER_DOUBLING  # up to 168 s


class Histogram:
    """Durations in logarithmic buckets."""

    __slots__ = ("count", "counts", "max_s", "sum_s")

    def __init__(self) -> None:
        self.counts = [0] * _BUCKETS
        self.count = 0
        self.sum_s = 0.0
        self.max_s = 0.0

    def add(self, seconds: float) -> None:
        """Count one duration."""
        index = int(math.log2(seconds / _SMALLEST_S) * _PER_DOUBLING) if seconds > _SMALLEST_S else 0
        self.counts[min(index, _BUCKETS - 1)] += 1
        self.count += 1
        self.sum_s += seconds
        self.max_s = max(self.max_s, seconds)

    def merge(self, other: "Histogram") -> None:
        """Count all of another's too."""
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True)]
        self.count += other.count
        self.sum_s += other.sum_s
        self.max_s = max(self.max_s, other.max_s)

    def quantile(self, share: float) -> float:
        """The duration that this share of all stayed within (the upper edge of its bucket); 0 of nothing."""
        if not self.count:
            return 0.0
        wanted = max(1, math.ceil(share * self.count))
        seen = 0
        for index, count in enumerate(self.counts):
            seen += count
            if seen >= wanted:
                return min(self.max_s, _SMALLEST_S * 2 ** ((index + 1) / _PER_DOUBLING))
        return self.max_s


@dataclass(slots=True)
class Statistics:
    """Counters of one fleet (or one charger)."""

    connected: int = 0
    registered: int = 0
    connects: int = 0
    disconnects: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)
    answered: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    timeouts: int = 0
    started: int = 0
    stopped: int = 0
    charging: int = 0
    dropped: int = 0
    energy_wh: float = 0.0
    latency: Histogram = field(default_factory=Histogram)

    @property
    def messages(self) -> int:
        """CALLs sent and received."""
        return self.sent.total() + self.received.total()
