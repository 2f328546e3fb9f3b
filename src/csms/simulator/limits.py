# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Charging profiles as a virtual charger applies them, and the schedule they add up to (OCPP 1.6 §3.13, 2.x K01)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from csms.simulator.physics import MAINS_V

TX: Final = "TxProfile"
TX_DEFAULT: Final = "TxDefaultProfile"
_STATION: Final = frozenset(
    {"ChargePointMaxProfile", "ChargingStationMaxProfile", "ChargingStationExternalConstraints"}
)
_STEP_S: Final = 60
_PERIODS: Final = {"Daily": timedelta(days=1), "Weekly": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Profile:
    """One charging profile. `wire` is the structure as it came; `periods` are (start in s, limit, phases)."""

    id: int
    evse: int
    stack_level: int
    purpose: str
    kind: str
    recurrency: str | None
    valid_from: datetime | None
    valid_to: datetime | None
    transaction: int | str | None
    start_at: datetime | None
    duration_s: int | None
    unit: str
    periods: tuple[tuple[float, float, int | None], ...]
    wire: Any

    def limit_w(self, at: datetime, began_at: datetime | None, phases: int) -> float | None:
        """What it allows at an instant; None where it says nothing. Amperes are per phase; direct current as three."""
        if (self.valid_from and at < self.valid_from) or (self.valid_to and at >= self.valid_to):
            return None
        start = began_at if self.kind == "Relative" else self.start_at
        if start is None:
            start = began_at
        if start is None:
            return None
        into = at - start
        if self.kind == "Recurring" and (period := _PERIODS.get(self.recurrency or "")) is not None:
            into %= period
        into_s = into.total_seconds()
        if into_s < 0 or (self.duration_s is not None and into_s >= self.duration_s):
            return None
        found: float | None = None
        for start_s, limit, used in self.periods:
            if start_s <= into_s:
                found = limit if self.unit == "W" else limit * MAINS_V * (used or phases or 3)
        return found


def limit_w(
    profiles: Iterable[Profile],
    evse: int,
    at: datetime,
    *,
    began_at: datetime | None,
    ref: int | str | None,
    phases: int,
    sharing: int = 1,
) -> float | None:
    """The power that an EVSE may draw; None: as much as it can.

    Of one purpose the highest stack level that says something counts, a profile of the transaction goes before the
    default, and what holds for the charger is shared by the EVSEs.
    """
    best: dict[str, tuple[int, float]] = {}
    for profile in profiles:
        if profile.evse not in (0, evse):
            continue
        if profile.purpose == TX and (began_at is None or profile.transaction not in (None, ref)):
            continue
        limit = profile.limit_w(at, began_at, phases)
        if limit is None:
            continue
        if profile.evse == 0:
            limit /= sharing if profile.purpose in _STATION else 1
        if profile.purpose not in best or best[profile.purpose][0] < profile.stack_level:
            best[profile.purpose] = (profile.stack_level, limit)
    own = best.pop(TX, None) or best.pop(TX_DEFAULT, None)
    best.pop(TX_DEFAULT, None)
    limits = [limit for _, limit in best.values()] + ([own[1]] if own else [])
    return min(limits, default=None)


def composite(
    profiles: Sequence[Profile],
    evse: int,
    at: datetime,
    seconds: int,
    *,
    full_w: float,
    began_at: datetime | None,
    ref: int | str | None,
    phases: int,
    sharing: int = 1,
) -> list[tuple[int, float]]:
    """Periods of (start in s, limit in W): one where the limit changes, looked at every minute."""
    found: list[tuple[int, float]] = []
    for start_s in range(0, max(seconds, 1), _STEP_S):
        when = at + timedelta(seconds=start_s)
        limit = limit_w(profiles, evse, when, began_at=began_at, ref=ref, phases=phases, sharing=sharing)
        shown = full_w if limit is None else min(limit, full_w)
        if not found or found[-1][1] != shown:
            found.append((start_s, shown))
    return found
