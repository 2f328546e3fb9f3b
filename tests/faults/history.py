# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the chargers lived through, and what they and their operator were told of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

BOOT, STATUS, START, METER, STOP = "boot", "status", "start", "meter", "stop"


@dataclass(eq=False)
class Session:
    """A charging session as it was at the charger. 1.6: `number` is what the CSMS called it; 2.x: `ref` is its name."""

    charger: str
    connector: int
    begun_at: datetime
    meter_start: int
    readings: list[tuple[datetime, int]] = field(default_factory=list)
    ended_at: datetime | None = None
    meter_stop: int | None = None
    number: int | None = None
    ref: str | None = None
    seq_no: int = 0

    @property
    def name(self) -> str | None:
        """What charger and CSMS both call it."""
        return self.ref if self.ref is not None else None if self.number is None else str(self.number)

    @property
    def energy_wh(self) -> int | None:
        """What was charged; None before its end."""
        return None if self.meter_stop is None else self.meter_stop - self.meter_start


@dataclass(frozen=True)
class Reading:
    """A register that a message tells of. `once`: a repeat of its message stores nothing more."""

    at: datetime
    energy_wh: int
    context: str
    once: bool = False


@dataclass(eq=False)
class Fact:
    """A message of a charger: what it says, how often it was sent, what was answered, and when (of the loop's time)."""

    charger: str
    kind: str
    action: str
    payload: dict[str, Any]
    session: Session | None = None
    connector: int = 0
    status: str | None = None
    at: datetime | None = None
    readings: tuple[Reading, ...] = ()
    ids: list[str] = field(default_factory=list)
    sent: int = 0
    first_sent_s: float = 0.0
    answer: dict[str, Any] | None = None
    answered_at_s: float = 0.0

    def words(self) -> dict[str, Any]:
        """The payload; a transaction of 1.6 gets its number by the answer to its start."""
        if self.session is None or self.session.ref is not None or self.kind == START:
            return self.payload
        assert self.session.number is not None
        return {**self.payload, "transactionId": self.session.number}

    @property
    def waited_s(self) -> float:
        """From the first attempt to the answer."""
        return self.answered_at_s - self.first_sent_s


@dataclass(frozen=True)
class Heard:
    """A command that came to a charger. `on_time_by`: how much later than its expiry it may have come, where the line
    between (which is not the CSMS) held it up; None: that cannot be said."""

    charger: str
    key: str
    at: datetime
    allowance_s: float | None
    answered: bool


@dataclass(frozen=True)
class Issued:
    """A command that the API said it took."""

    charger: str
    key: str
    id: str


@dataclass
class History:
    """All of it, or what came since a moment."""

    facts: list[Fact] = field(default_factory=list)  # acknowledged
    in_hand: list[Fact] = field(default_factory=list)  # sent, not answered
    heard: list[Heard] = field(default_factory=list)
    issued: list[Issued] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)  # what no charger should ever have heard
    doubtful: list[tuple[datetime, datetime]] = field(default_factory=list)  # a clock of csms was wrong meanwhile

    def is_doubtful(self, session: Session) -> bool:
        """Whether some of it was told while a clock of csms was wrong: then it is flagged, and rightly."""
        return any(
            session.begun_at <= until and (session.ended_at is None or session.ended_at >= since)
            for since, until in self.doubtful
        )
