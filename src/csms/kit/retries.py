# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""When what failed is tried again: ever more seldom, and never all at the same moment."""

import random
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Patience:
    """Between `first_s` and twice that after the first failure, doubled each time up to `most_s`; given up after
    `total`.

    The delay is drawn from the whole range (full jitter): a receiver that comes back is not met by everybody at once.
    """

    first_s: float = 5.0
    most_s: float = 12 * 3600.0
    total: timedelta = timedelta(days=3)

    def delay(self, failures: int, asked_s: float | None = None) -> timedelta:
        """How long to wait after so many failures in a row; at least as long as the other side asked for."""
        ceiling_s = min(self.most_s, self.first_s * 2 ** min(failures, 40))
        drawn_s = random.uniform(min(self.first_s, ceiling_s), ceiling_s)  # noqa: S311  (spreads load, guards nothing)
        return timedelta(seconds=max(drawn_s, min(asked_s or 0.0, self.most_s)))


def spread(interval_s: int) -> int:
    """What one of many who wait is told: up to a fifth longer, so that they do not come back at the same moment."""
    return interval_s + random.randrange(interval_s // 5 + 1)  # noqa: S311  (spreads load, guards nothing)
