# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Billing-grade rules of a transaction: how energy is derived from the history of the register, and what is doubted.

The rule behind the rules: energy is what a register that only grows has grown by, as fast as physics allows. Whatever
does not fit is flagged and not counted, so that a driver is never billed for a faulty meter.
"""

import itertools
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

import msgspec

FLAG_UNKNOWN_TRANSACTION: Final = "unknown_transaction"
FLAG_FOREIGN_TRANSACTION: Final = "foreign_transaction"
FLAG_UNKNOWN_TOKEN: Final = "unknown_token"  # noqa: S105  (a flag, not a secret)
FLAG_NOT_ACCEPTED: Final = "token_not_accepted"
FLAG_STALE: Final = "stale"
FLAG_CLOCK_UNSET: Final = "clock_unset"
FLAG_FUTURE: Final = "future_timestamp"
FLAG_STOP_BEFORE_START: Final = "stop_before_start"
FLAG_NEGATIVE_REGISTER: Final = "negative_register"
FLAG_BEGIN_ZERO: Final = "begin_zero"
FLAG_REGISTER_BACKWARDS: Final = "register_backwards"
FLAG_REGISTER_RESET: Final = "register_reset"
FLAG_IMPLAUSIBLE_JUMP: Final = "implausible_jump"
FLAG_IMPLAUSIBLE_STOP: Final = "implausible_stop"
FLAG_NO_REGISTER: Final = "no_register"
FLAG_LATE_READINGS: Final = "late_readings"
FLAG_SECOND_STOP: Final = "second_stop"
FLAG_START_MISSING: Final = "start_missing"
FLAG_MISSING_EVENTS: Final = "missing_events"
FLAG_FOREIGN_STOP_TOKEN: Final = "stopped_by_other_token"  # noqa: S105  (a flag, not a secret)
FLAG_CLOSED_BY_HAND: Final = "closed_by_hand"
FLAG_END_CAME_LATE: Final = "end_came_late"

# Before this, a charger's clock was not set (MicroOcpp#311: 1970 until the first BootNotification answer).
CLOCK_SET: Final = datetime(2015, 1, 1, tzinfo=UTC)
FUTURE_TOLERANCE: Final = timedelta(minutes=15)
# The most that a passenger-car connector delivers today (500 A at 1,000 V) with a margin for coarse time stamps.
MAX_POWER_W: Final = Decimal(600_000)
# Without two usable instants: no single session takes more than this.
MAX_SESSION_WH: Final = Decimal(1_000_000)
JUMP_MARGIN_WH: Final = Decimal(1_000)
# A register that falls to less than this began anew; one that falls less far went backwards.
RESET_BELOW_WH: Final = Decimal(1_000)
# Registers of messages differ in their rounding: meterStop is whole Wh, a reading may have decimals.
ROUNDING_WH: Final = Decimal(1)
# A start of exactly 0 is no baseline where the first step from it is out of all proportion to those that follow. A
# fast charger that tapers between long samples falls to a tenth of its power; a lifetime register falls to a hundredth.
MAX_FROM_ZERO_WH: Final = Decimal(300_000)
SUSPICIOUS_FROM_ZERO_WH: Final = Decimal(20_000)
_OUT_OF_PROPORTION: Final = 20
_HOUR: Final = Decimal(3600)


class Register(msgspec.Struct, frozen=True):
    """One reading of the import register, in Wh, at the charger's time. `told_at`: when it came, where that matters."""

    at: datetime | None
    wh: Decimal
    told_at: datetime | None = None


class Step(msgspec.Struct, frozen=True):
    """What a register was believed to have grown by, from one reading to another."""

    first: Register
    last: Register
    wh: Decimal


class Energy(msgspec.Struct, frozen=True):
    """What a transaction took, in Wh; None where nothing can be believed. `flags` say what was doubted."""

    wh: Decimal | None
    flags: tuple[str, ...]


def time_flags(at: datetime | None, received_at: datetime) -> tuple[str, ...]:
    """What is wrong with a charger's time stamp. Advisory: nothing is refused for its time (steve#1960)."""
    if at is None or at < CLOCK_SET:
        return (FLAG_CLOCK_UNSET,)
    if at > received_at + FUTURE_TOLERANCE:
        return (FLAG_FUTURE,)
    return ()


def usable_time(at: datetime | None, received_at: datetime) -> datetime:
    """The charger's time where its clock was set, else when we heard of it."""
    return received_at if time_flags(at, received_at) else at or received_at


def allowed_growth(earlier: datetime | None, later: datetime | None) -> Decimal:
    """How many Wh a register can have grown by between two instants."""
    if earlier is None or later is None or min(earlier, later) < CLOCK_SET or later < earlier:
        return MAX_SESSION_WH
    seconds = Decimal(str((later - earlier).total_seconds()))
    return min(MAX_POWER_W * seconds / _HOUR + JUMP_MARGIN_WH, MAX_SESSION_WH)


def _ordered(readings: Iterable[Register]) -> list[Register]:
    """Readings by the charger's time (replayed queues arrive out of order); those without a clock keep their place."""
    items = list(readings)
    if any(item.at is None or item.at < CLOCK_SET for item in items):
        return items
    return sorted(items, key=lambda item: item.at or CLOCK_SET)


class _Growth:
    """Walks along a register and adds up what can be believed."""

    def __init__(self) -> None:
        self.total = Decimal(0)
        self.last: Register | None = None
        self.flags: dict[str, None] = {}
        self.steps: list[Step] = []

    def flag(self, name: str) -> None:
        self.flags[name] = None

    def take(self, reading: Register, later: Sequence[Register] = ()) -> bool:
        """Count a reading; False if it was doubted and left out. `later` decides whether a fall was a new beginning."""
        if reading.wh < 0:
            self.flag(FLAG_NEGATIVE_REGISTER)
            return False
        last = self.last
        if last is None:
            self.last = reading
            return True
        step = reading.wh - last.wh
        if -ROUNDING_WH <= step < 0:
            return True
        if step < 0:
            returns = any(item.wh >= last.wh - ROUNDING_WH for item in later)
            if reading.wh < RESET_BELOW_WH and last.wh >= RESET_BELOW_WH and not returns:
                self.flag(FLAG_REGISTER_RESET)
                self.last = reading
                return True
            self.flag(FLAG_REGISTER_BACKWARDS)
            return False
        if step > allowed_growth(last.at, reading.at):
            self.flag(FLAG_IMPLAUSIBLE_JUMP)
            return False
        self.total += step
        if step:
            self.steps.append(Step(last, reading, step))
        self.last = reading
        return True


def derive_energy(start: Register | None, readings: Sequence[Register], stop: Register | None) -> Energy:
    """Energy of a transaction from its register history.

    `start` is the StartTransaction's meter, `readings` the registers of its MeterValues in any order, `stop` the
    StopTransaction's meter (None while it runs). A start of 0 that the next reading cannot have grown from was no
    baseline (citrineos PR#1060: 910 kWh billed instead of 0.083).
    """
    return _derived(start, readings, stop)[0]


def energy_steps(start: Register | None, readings: Sequence[Register], stop: Register | None) -> tuple[Step, ...]:
    """What `derive_energy` adds up, step by step: when it was taken."""
    energy, steps = _derived(start, readings, stop)
    return () if energy.wh is None else steps


def _derived(
    start: Register | None, readings: Sequence[Register], stop: Register | None
) -> tuple[Energy, tuple[Step, ...]]:
    growth = _Growth()
    walk = [*_ordered(readings), *((stop,) if stop is not None else ())]
    if start is not None:
        if _is_no_baseline(start, [item for item in walk if item.wh >= 0]):
            growth.flag(FLAG_BEGIN_ZERO)
        else:
            growth.take(start, walk)
    history = walk if stop is None else walk[:-1]
    believed = sum([growth.take(item, walk[index + 1 :]) for index, item in enumerate(history)])
    known = True
    if growth.last is None:
        growth.flag(FLAG_NO_REGISTER)
        known = False
    elif stop is not None and not growth.take(stop):
        growth.flag(FLAG_IMPLAUSIBLE_STOP)
        known = believed > 0
    return Energy(growth.total if known else None, tuple(growth.flags)), tuple(growth.steps)


def last_believed(start: Register | None, readings: Sequence[Register]) -> Register | None:
    """The newest register that counts, of the start and of readings in any order; None where none does."""
    growth, walk = _Growth(), _ordered(readings)
    if start is not None and not _is_no_baseline(start, [item for item in walk if item.wh >= 0]):
        growth.take(start, walk)
    for index, item in enumerate(walk):
        growth.take(item, walk[index + 1 :])
    return growth.last


def _power(earlier: Register, later: Register) -> Decimal | None:
    """The mean power between two registers, in W; None where their times do not tell."""
    if earlier.at is None or later.at is None or earlier.at < CLOCK_SET or later.at <= earlier.at:
        return None
    return (later.wh - earlier.wh) * _HOUR / Decimal(str((later.at - earlier.at).total_seconds()))


def _is_no_baseline(start: Register, walk: Sequence[Register]) -> bool:
    """Whether a start of 0 was no reading at all: the register cannot have grown from there."""
    if start.wh != 0 or not walk:
        return False
    first = walk[0]
    if first.wh > min(MAX_FROM_ZERO_WH, allowed_growth(start.at, first.at)):
        return True
    if first.wh <= SUSPICIOUS_FROM_ZERO_WH:
        return False
    begin = _power(start, first) or Decimal(0)
    usual = max(
        (_power(earlier, later) or Decimal(0) for earlier, later in itertools.pairwise(walk)), default=Decimal(0)
    )
    return begin > _OUT_OF_PROPORTION * usual > 0
