# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The registers of a transaction, as few of them as its quarter hours need: of 360 in an hour, eight."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from csms.domain.transactions import (
    MAX_POWER_W,
    SUSPICIOUS_FROM_ZERO_WH,
    Register,
    allowed_growth,
    time_flags,
)
from csms.features.reports.slots import SLOT_S, second_of

_MICROSECOND: Final = timedelta(microseconds=1)
_HOUR_US: Final = timedelta(hours=1) // _MICROSECOND


class Registers:
    """Readings in the order in which they came. One whose neighbours are of the same quarter hour is left out.

    That is right as long as all of them count (`csms.domain.transactions`): each tells its time, none is before the
    one that came before it, and each has grown by what physics allows. Where one does not (`odd`), nothing more is left
    out; what was left out until then is missing (`incomplete`).
    """

    def __init__(self, start: Register | None, kept: Sequence[Register], until: datetime) -> None:
        self._start = start
        self._until = until
        self.kept = list(kept)
        self._settled: list[Register] | None = None
        self._last = self.kept[-1] if kept else None
        self._slots: list[int | None] = [_slot(each) for each in kept[-2:]]
        self._left_out = bool(kept)
        self.odd = bool(kept) and start is not None and not _begins(start, kept[0])

    @property
    def incomplete(self) -> bool:
        """Whether all readings are needed, and are not here."""
        return self.odd and self._left_out

    @property
    def settled(self) -> Sequence[Register]:
        """What there was before the first that came at `until` or later."""
        return self.kept if self._settled is None else self._settled

    def add(self, reading: Register) -> None:
        """The next one that came."""
        if self._settled is None and reading.told_at is not None and reading.told_at >= self._until:
            self._settled = list(self.kept)
        self.odd = self.odd or not self._counts(reading)
        self._last = reading
        slot = None if self.odd else _slot(reading)
        if slot is not None and self._slots == [slot, slot]:
            self.kept[-1] = reading
            self._left_out = True
        else:
            self.kept.append(reading)
            self._slots = [*self._slots[-1:], slot]

    def _counts(self, reading: Register) -> bool:
        if reading.told_at is None or reading.at is None or reading.wh < 0 or time_flags(reading.at, reading.told_at):
            return False
        last = self._last
        if last is None:
            return self._start is None or _begins(self._start, reading)
        assert last.at is not None  # otherwise it had been odd
        step, took = reading.wh - last.wh, (reading.at - last.at) // _MICROSECOND
        return took >= 0 and 0 <= step * _HOUR_US <= MAX_POWER_W * took


def _begins(start: Register, first: Register) -> bool:
    """Whether the start is a baseline, whatever the readings behind the first one are."""
    step = first.wh - start.wh
    if start.wh < 0 or not 0 <= step <= allowed_growth(start.at, first.at):
        return False
    return start.wh != 0 or first.wh <= SUSPICIOUS_FROM_ZERO_WH


def _slot(reading: Register) -> int:
    assert reading.at is not None
    return second_of(reading.at) // SLOT_S
