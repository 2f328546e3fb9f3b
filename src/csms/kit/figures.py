# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How one process does, in a few numbers for people; `csms.kit.metrics` has all of them for Prometheus."""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from csms.kit.clock import Clock
from csms.kit.metrics import Distribution, Family, LoopLagMonitor, Metrics, Value

_STATM: Final = Path("/proc/self/statm")
_P99: Final = 0.99
Counted = Callable[[], tuple[int, int]]
"""How many connections a pool may hold or holds, and how many of them are at work."""


class PoolFigures(msgspec.Struct, frozen=True):
    """Connections to the database of one purpose."""

    name: str
    size: int
    used: int


class Figures(msgspec.Struct, frozen=True):
    """Rates, shares and times are of the interval since they were last taken, the rest is of now.

    A time is None where nothing happened, the memory where the system does not tell it.
    """

    interval_s: float
    cpu_share: float  # of one core
    memory_bytes: int | None
    loop_lag_ms: float  # the longest
    bus_connected: bool
    pools: tuple[PoolFigures, ...]
    connections: int
    messages_per_s: float
    answer_p99_ms: float | None
    inbox_depth: int
    groups_per_s: float
    group_messages: float | None  # mean
    group_p99_ms: float | None
    requests_per_s: float
    request_p99_ms: float | None
    outbox_lag_s: float
    outbox_parked: int
    jobs_running: int


def quantile(bounds: Iterable[float], counts: Iterable[int], share: float) -> float | None:
    """What `share` of the observations is at most, between the bounds of its bucket; None of none.

    Beyond the last bound nothing is known: it is the last bound then.
    """
    counted = list(counts)
    wanted = share * sum(counted)
    if not wanted:
        return None
    below, reached = 0.0, 0.0
    for bound, count in zip(bounds, counted, strict=False):
        if reached + count >= wanted:
            return below + (bound - below) * (wanted - reached) / count
        below, reached = bound, reached + count
    return below


class _Since:
    """What a histogram, all its children together, counted since it was last asked."""

    def __init__(self, family: Family[Distribution]) -> None:
        self._family = family
        self._counts: list[int] = []
        self._sum = 0.0
        self.bounds: tuple[float, ...] = ()
        self.counts: list[int] = []
        self.sum = 0.0

    def take(self) -> None:
        children = [child for _, child in self._family.items()]
        counts = [sum(column) for column in zip(*(child.counts for child in children), strict=True)]
        total = sum(child.sum for child in children)
        before = self._counts or [0] * len(counts)
        self.bounds = tuple(children[0].bounds) if children else ()
        self.counts = [now - then for now, then in zip(counts, before, strict=True)]
        self.sum = total - self._sum
        self._counts, self._sum = counts, total

    @property
    def count(self) -> int:
        return sum(self.counts)

    @property
    def mean(self) -> float | None:
        return self.sum / self.count if self.count else None

    @property
    def p99_ms(self) -> float | None:
        found = quantile(self.bounds, self.counts, _P99)
        return None if found is None else found * 1000


class Sampler:
    """Takes the figures of this process; `pools` by name."""

    def __init__(self, metrics: Metrics, lag: LoopLagMonitor, pools: Mapping[str, Counted], clock: Clock) -> None:
        self._metrics = metrics
        self._lag = lag
        self._pools = pools
        self._clock = clock
        self._answers = _Since(metrics.message_seconds)
        self._sizes = _Since(metrics.group_commit_messages)
        self._groups = _Since(metrics.group_commit_seconds)
        self._requests = _Since(metrics.http_request_seconds)
        self._at_s = clock.monotonic()
        self._cpu_s = _cpu_s()

    def take(self) -> Figures:
        """The figures since the last time."""
        now_s, cpu_s = self._clock.monotonic(), _cpu_s()
        interval_s = max(now_s - self._at_s, 0.001)
        cpu_share = (cpu_s - self._cpu_s) / interval_s
        self._at_s, self._cpu_s = now_s, cpu_s
        for each in (self._answers, self._sizes, self._groups, self._requests):
            each.take()
        worst_s, self._lag.worst_s = self._lag.worst_s, 0.0
        metrics = self._metrics
        return Figures(
            interval_s=interval_s,
            cpu_share=cpu_share,
            memory_bytes=_resident(),
            loop_lag_ms=worst_s * 1000,
            bus_connected=bool(metrics.bus_connected.labels().value),
            pools=self._count_pools(),
            connections=int(_sum(metrics.gateway_connections)),
            messages_per_s=self._answers.count / interval_s,
            answer_p99_ms=self._answers.p99_ms,
            inbox_depth=int(_sum(metrics.inbox_depth)),
            groups_per_s=self._groups.count / interval_s,
            group_messages=self._sizes.mean,
            group_p99_ms=self._groups.p99_ms,
            requests_per_s=self._requests.count / interval_s,
            request_p99_ms=self._requests.p99_ms,
            outbox_lag_s=max((child.value for _, child in metrics.outbox_lag_seconds.items()), default=0.0),
            outbox_parked=int(_sum(metrics.outbox_parked)),
            jobs_running=int(_sum(metrics.jobs_running)),
        )

    def _count_pools(self) -> tuple[PoolFigures, ...]:
        found = []
        for name, count in self._pools.items():
            size, used = count()
            self._metrics.db_pool.labels(name, "used").set(used)
            self._metrics.db_pool.labels(name, "idle").set(size - used)
            found.append(PoolFigures(name, size, used))
        return tuple(found)


def _sum(family: Family[Value]) -> float:
    return sum(child.value for _, child in family.items())


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system


def _resident() -> int | None:
    """Memory in use, where the system tells it as Linux does."""
    try:
        pages = int(_STATM.read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
