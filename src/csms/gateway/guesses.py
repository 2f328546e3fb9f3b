# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Unknown tags shown at one charger after another: so many a minute are answered, known ones always at once.

Locking a charger would lock out its drivers. What is held back is the answer that a tag is unknown: the charger's next
message is heard after it, so whoever tries tags there comes no further than the rate, and others wait a few seconds.
"""

from collections import OrderedDict
from typing import Final

import structlog

from csms.domain.chargers import Provisioned
from csms.domain.messages import Answer, AuthorizationAnswer, TransactionAnswer
from csms.gateway.notices import Notices
from csms.kit.clock import Clock

log = structlog.get_logger(__name__)

KIND: Final = "tag_guessing"
_ABOUT_TAGS: Final = (AuthorizationAnswer, TransactionAnswer)
_LONGEST_S: Final = 10.0  # chargers wait 30 s and more for an answer
_SPELL_S: Final = 300.0
_MAX_TRACKED: Final = 10_000


class _Tries:
    """How many more are free at a charger, as of a moment; and when it was last told."""

    __slots__ = ("at_s", "free", "over_at_s")

    def __init__(self, free: float, at_s: float) -> None:
        self.free = free
        self.at_s = at_s
        self.over_at_s: float | None = None


class Guesses:
    """Counts by charger, whatever its connection: coming back makes nothing free again."""

    def __init__(self, per_minute: int, notices: Notices, clock: Clock) -> None:
        self._most = float(per_minute)
        self._per_s = per_minute / 60
        self._notices = notices
        self._clock = clock
        self._tries: OrderedDict[str, _Tries] = OrderedDict()

    def wait_s(self, answer: Answer | None, charger: Provisioned, address: str) -> float:
        """How long to hold an answer back: 0 for all but one more unknown tag than may be tried."""
        if not isinstance(answer, _ABOUT_TAGS):
            return 0.0
        authorization = answer.authorization
        return 0.0 if authorization is None or authorization.known else self._count(charger, address)

    def _count(self, charger: Provisioned, address: str) -> float:
        now = self._clock.monotonic()
        tries = self._tries.pop(charger.id, None) or _Tries(self._most, now)
        self._tries[charger.id] = tries
        if len(self._tries) > _MAX_TRACKED:
            self._tries.popitem(last=False)
        tries.free = max(-1.0, min(self._most, tries.free + (now - tries.at_s) * self._per_s) - 1)
        tries.at_s = now
        if tries.free >= 0:
            return 0.0
        if tries.over_at_s is None or now - tries.over_at_s > _SPELL_S:
            told = f"more than {self._most:.0f} unknown tags in a minute: their answers are held back"
            self._notices.note(charger, KIND, told, address)
        tries.over_at_s = now
        return min(_LONGEST_S, -tries.free / self._per_s)
