# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""From facts to roll-ups: pure functions, so that a day worked out anew is the same however its facts came in.

A transaction's energy is spread over the time between the readings that tell of it, and rounded to whole Wh as a
running sum: all of its quarter hours together are what it took. An EVSE is in use from the beginning of a transaction
to its end; where two overlap, the time is that of the one which began last.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from csms.domain.transactions import CLOCK_SET, Register, energy_steps, usable_time
from csms.features.reports.slots import DAY_S, SLOT_S, SLOTS, add, day_of, number_of, second_of

MAX_RUNNING: Final = timedelta(days=62)
"""For so long a transaction counts, and what it takes later counts at the end of that time."""
LATE: Final = timedelta(days=1)
"""A status that comes later than that after its time is kept in the history, and moves no figure."""
_MICRO: Final = 1_000_000
_SLOT_US: Final = SLOT_S * _MICRO
Interval = tuple[int, int]
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Flow:
    """Energy between two instants, in microseconds since 1970."""

    since: int
    until: int
    milli_wh: int


@dataclass(frozen=True, slots=True)
class Session:
    """A transaction as it is rolled up, in seconds since 1970. `ended`: when its end counts; None: it is not over."""

    key: UUID
    evse_id: int
    id_tag: str | None
    began: int | None
    until: int
    ended: int | None
    flows: tuple[Flow, ...] = ()


@dataclass(slots=True)
class ChargingDay:
    """What was charged with a tag, by quarter hours."""

    energy_wh: list[int] = field(default_factory=lambda: [0] * SLOTS)
    in_use_s: list[int] = field(default_factory=lambda: [0] * SLOTS)
    started: list[int] = field(default_factory=lambda: [0] * SLOTS)
    ended: list[int] = field(default_factory=lambda: [0] * SLOTS)


@dataclass(frozen=True, slots=True)
class Told:
    """A status of a connector, or of the whole charger (EVSE 0)."""

    at: int
    received_at: int
    place: Place
    out_of_order: bool


@dataclass(frozen=True, slots=True)
class Being:
    """What is known of a charger's existence, in seconds since 1970; the EVSEs with the instant they were first met."""

    created: int
    retired: int | None
    evses: Mapping[int, int]
    first_connected: int | None
    connections: Sequence[Interval]
    statuses: Sequence[Told]


@dataclass(slots=True)
class AvailabilityDay:
    """How a charger was, in seconds of its EVSEs, by quarter hours."""

    time_s: list[int] = field(default_factory=lambda: [0] * SLOTS)
    watched_s: list[int] = field(default_factory=lambda: [0] * SLOTS)
    online_s: list[int] = field(default_factory=lambda: [0] * SLOTS)
    out_of_order_s: list[int] = field(default_factory=lambda: [0] * SLOTS)


# -- transactions


def _instant(at: datetime | None, told_at: datetime | None) -> datetime | None:
    if told_at is not None:
        return usable_time(at, told_at)
    return at if at is not None and at >= CLOCK_SET else None


def session_of(row: Mapping[str, Any], registers: Sequence[Register], now: datetime) -> Session:
    """A transaction with its registers, in the order in which they came."""
    began = _instant(row["start_timestamp"], row["start_received_at"])
    stopped = _instant(row["stop_timestamp"], row["stop_received_at"]) if row["status"] == "completed" else None
    named = (row["id"], row["evse_id"], row["id_tag"])
    if began is None:
        ended = None if stopped is None else second_of(stopped)
        return Session(*named, None, 0, ended)
    times = [at for each in registers if (at := _instant(each.at, each.told_at)) is not None]
    match row["status"]:
        case "completed":
            until = stopped or began
        case "active":
            until = now
        case _:  # nobody told of its end: it lasted as long as it was heard of
            until = max(times, default=began)
    until = min(max(until, began), began + MAX_RUNNING)
    ended = second_of(until) if row["status"] == "completed" else None
    return Session(*named, second_of(began), second_of(until), ended, _flows(row, registers, began, until))


def _flows(row: Mapping[str, Any], registers: Sequence[Register], began: datetime, until: datetime) -> tuple[Flow, ...]:
    """What it took, within its time. Of what is over, no more and no less than its energy."""
    completed = row["status"] == "completed"
    if completed and row["energy_wh"] is None:
        return ()
    stop = _register(row, "stop") if completed else None
    steps = energy_steps(start_of(row), registers, stop)
    low, high = _microsecond(began), _microsecond(until)
    if completed and sum(step.wh for step in steps) != row["energy_wh"]:
        return (Flow(low, high, int(row["energy_wh"] * 1000)),)  # its readings are gone, or some are
    found = []
    for step in steps:
        first, last = (_instant(each.at, each.told_at) or began for each in (step.first, step.last))
        since = min(max(_microsecond(first), low), high)
        found.append(Flow(since, min(max(_microsecond(last), since), high), int(step.wh * 1000)))
    return tuple(found)


def start_of(row: Mapping[str, Any]) -> Register | None:
    """The register with which a transaction began."""
    return _register(row, "start")


def _register(row: Mapping[str, Any], name: str) -> Register | None:
    wh = row[f"meter_{name}"]
    return None if wh is None else Register(row[f"{name}_timestamp"], wh, row[f"{name}_received_at"])


def _microsecond(at: datetime) -> int:
    return second_of(at) * _MICRO + at.microsecond


def energy_by_slot(flows: Iterable[Flow]) -> dict[int, int]:
    """Whole Wh by quarter hours, counted from 1970."""
    milli: dict[int, int] = {}
    for flow in flows:
        first, length, before = flow.since // _SLOT_US, flow.until - flow.since, 0
        for slot in range(first, max(first, (flow.until - 1) // _SLOT_US) + 1):
            edge = min((slot + 1) * _SLOT_US, flow.until)
            share = flow.milli_wh * (edge - flow.since) // length if length else flow.milli_wh
            milli[slot] = milli.get(slot, 0) + share - before
            before = share
    found: dict[int, int] = {}
    total = counted = 0
    for slot in sorted(milli):
        total += milli[slot]
        whole = (total + 500) // 1000
        if whole != counted:
            found[slot] = whole - counted
        counted = whole
    return found


def _owned(sessions: Iterable[Session]) -> Iterator[tuple[Session, int, int]]:
    """Whose an EVSE was, and from when to when."""
    waiting = sorted(
        ((each.began, each.key, each) for each in sessions if each.began is not None and each.began < each.until),
        reverse=True,
    )
    points = sorted({point for began, _, each in waiting for point in (began, each.until)})
    here: list[Session] = []
    for left, right in pairwise(points):
        while waiting and waiting[-1][0] <= left:
            here.append(waiting.pop()[2])
        here = [each for each in here if each.until > left]
        if here:
            yield here[-1], left, right


def charging(
    sessions: Sequence[Session], first_day: date, last_day: date
) -> dict[tuple[date, str | None], ChargingDay]:
    """What was charged at one charger from one day to another, by day and tag."""
    low, high = number_of(first_day), number_of(last_day)
    found: dict[tuple[int, str | None], ChargingDay] = {}

    def at(day: int, tag: str | None) -> ChargingDay:
        return found.setdefault((day, tag), ChargingDay())

    for each in sessions:
        for slot, wh in energy_by_slot(each.flows).items():
            if low <= slot // SLOTS <= high:
                at(slot // SLOTS, each.id_tag).energy_wh[slot % SLOTS] += wh
        for name, instant in (("started", each.began), ("ended", each.ended)):
            if instant is not None and low <= instant // DAY_S <= high:
                getattr(at(instant // DAY_S, each.id_tag), name)[instant % DAY_S // SLOT_S] += 1
    for evse_id in {each.evse_id for each in sessions}:
        for owner, since, until in _owned(each for each in sessions if each.evse_id == evse_id):
            for day in range(max(low, since // DAY_S), min(high, (until - 1) // DAY_S) + 1):
                add(at(day, owner.id_tag).in_use_s, day, since, until)
    return {(day_of(day), tag): values for (day, tag), values in found.items()}


# -- availability


def availability(being: Being, day: date, now_s: int) -> AvailabilityDay | None:
    """How a charger was on a day; None where there is nothing to say."""
    number = number_of(day)
    begin = number * DAY_S
    end = min(begin + DAY_S, now_s, DAY_S + begin if being.retired is None else being.retired)
    if end <= begin:
        return None
    lines = _timelines(being.statuses, begin)
    evses = dict(being.evses) or {1: being.created}
    oldest = min(evses, key=lambda evse: (evses[evse], evse))
    evses[oldest] = being.created  # the first one came with the charger, whenever it said so
    found = AvailabilityDay()
    for evse_id, since in evses.items():
        there = _within([(max(since, begin), end)], begin, end)
        watched = [] if being.first_connected is None else _within(there, being.first_connected, end)
        online = [part for low, high in being.connections for part in _within(watched, low, high)]
        down = [part for low, high in _down(lines, evse_id, begin, end) for part in _within(online, low, high)]
        for values, parts in (
            (found.time_s, there),
            (found.watched_s, watched),
            (found.online_s, online),
            (found.out_of_order_s, down),
        ):
            for low, high in parts:
                add(values, number, low, high)
    return found if any(found.time_s) else None


def _within(parts: Iterable[Interval], low: int, high: int) -> list[Interval]:
    return [(max(a, low), min(b, high)) for a, b in parts if max(a, low) < min(b, high)]


def _timelines(statuses: Sequence[Told], begin: int) -> dict[Place, list[tuple[int, bool]]]:
    """The states of each connector in the order of their time; the first holds from the beginning.

    Of what came before the day by more than the lateness that is allowed, the last that came counts.
    """
    late = int(LATE.total_seconds())
    near, far = begin - late, begin + DAY_S + late
    lines: dict[Place, list[tuple[int, int, bool]]] = {}
    before: dict[Place, tuple[int, bool]] = {}
    for told in statuses:
        if told.received_at >= far or told.received_at - told.at > late:
            continue
        if told.received_at < near:
            last = before.get(told.place)
            if last is None or last[0] <= told.received_at:
                before[told.place] = (told.received_at, told.out_of_order)
        else:
            lines.setdefault(told.place, []).append((told.at, told.received_at, told.out_of_order))
    found: dict[Place, list[tuple[int, bool]]] = {}
    for place in lines.keys() | before.keys():
        line = sorted(lines.get(place, ()))
        first = [(0, before[place][1])] if place in before else []
        found[place] = first + [(at, out_of_order) for at, _, out_of_order in line]
    return found


def _down(lines: Mapping[Place, Sequence[tuple[int, bool]]], evse_id: int, begin: int, end: int) -> list[Interval]:
    """When an EVSE was out of order: the charger was, or each of its connectors that ever said how it is."""
    whole = lines.get((0, 0), ())
    own = [line for (evse, _), line in lines.items() if evse == evse_id]
    if not any(out_of_order for line in (whole, *own) for _, out_of_order in line):
        return []
    points = sorted({begin, end, *(at for line in (whole, *own) for at, _ in line if begin < at < end)})
    return [
        (low, high)
        for low, high in pairwise(points)
        if _state(whole, low) or (own and all(_state(line, low) for line in own))
    ]


def _state(line: Sequence[tuple[int, bool]], at: int) -> bool:
    state = False
    for since, out_of_order in line:
        if since > at:
            break
        state = out_of_order
    return state
