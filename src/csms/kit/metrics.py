# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Every Prometheus metric of the product, declared in one place.

Labels are bounded: a value outside the declared set is counted as `other`, and no label ever holds a charger, a token
or an organization. The three primitives below hold plain numbers and build their families only when somebody scrapes:
an increment on the hot path is one attribute addition without a lock. They belong to the event loop's thread.

Over 400 lines because all names are in one place.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Generic, Protocol, TypeVar

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

OTHER: Final = "other"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

LATENCY_BUCKETS_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SIZE_BUCKETS: Final = (1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0)

Allowed = frozenset[str]


class Value:
    """One number of a counter or a gauge."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0

    def inc(self, amount: float = 1.0) -> None:
        """Add."""
        self.value += amount

    def dec(self, amount: float = 1.0) -> None:
        """Subtract (gauges only)."""
        self.value -= amount

    def set(self, value: float) -> None:
        """Replace (gauges only)."""
        self.value = value


class Distribution:
    """One histogram: counts per bucket and the sum."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count one observation."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    @property
    def count(self) -> int:
        """Observations so far."""
        return sum(self.counts)


class _Bindable(Protocol): ...


C = TypeVar("C", bound=_Bindable)


class Family(Collector, Generic[C]):
    """A metric with bounded labels. `labels` returns the child to keep; hold on to it on hot paths."""

    def __init__(
        self,
        name: str,
        documentation: str,
        labels: Sequence[str],
        make: Callable[[], C],
        allowed: dict[str, Allowed] | None = None,
        *,
        max_series: int = 2000,
    ) -> None:
        self.name = name
        self.documentation = documentation
        self.label_names = tuple(labels)
        self._make = make
        self._allowed = tuple((allowed or {}).get(label) for label in labels)
        self._max_series = max_series
        self._children: dict[tuple[str, ...], C] = {}
        if not labels:
            self._children[()] = make()

    def labels(self, *values: str) -> C:
        """The child of these label values; unknown values, and all once the family is full, become `other`."""
        child = self._children.get(values)
        return self._admit(values) if child is None else child

    def _admit(self, values: tuple[str, ...]) -> C:
        if len(values) != len(self.label_names):
            raise ValueError(f"{self.name} takes the labels {self.label_names}")
        bounded = tuple(
            value if allowed is None or value in allowed else OTHER
            for value, allowed in zip(values, self._allowed, strict=True)
        )
        if bounded not in self._children and len(self._children) >= self._max_series:
            bounded = (OTHER,) * len(bounded)  # one series more, then no more
        return self._children.setdefault(bounded, self._make())

    def describe(self) -> Iterable[Metric]:
        """Nothing is promised before a scrape; the names are unique by construction."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Build the family for one scrape."""
        raise NotImplementedError

    def items(self) -> list[tuple[tuple[str, ...], C]]:
        """All children with their label values."""
        return list(self._children.items())


class Counter(Family[Value]):
    """Only ever rises."""

    def __init__(
        self,
        name: str,
        documentation: str,
        labels: Sequence[str] = (),
        allowed: dict[str, Allowed] | None = None,
        *,
        max_series: int = 2000,
    ) -> None:
        super().__init__(name, documentation, labels, Value, allowed, max_series=max_series)

    def collect(self) -> Iterable[Metric]:
        """Build the family for one scrape."""
        family = CounterMetricFamily(self.name, self.documentation, labels=self.label_names)
        for labels, child in self.items():
            family.add_metric(labels, child.value)
        yield family


class Gauge(Family[Value]):
    """Goes up and down; `read_from` computes it at scrape time instead."""

    def __init__(
        self, name: str, documentation: str, labels: Sequence[str] = (), allowed: dict[str, Allowed] | None = None
    ) -> None:
        super().__init__(name, documentation, labels, Value, allowed)
        self._readers: dict[tuple[str, ...], Callable[[], float]] = {}

    def read_from(self, reader: Callable[[], float], *values: str) -> None:
        """Ask `reader` for the value at every scrape."""
        self.labels(*values)
        self._readers[values] = reader

    def collect(self) -> Iterable[Metric]:
        """Build the family for one scrape."""
        family = GaugeMetricFamily(self.name, self.documentation, labels=self.label_names)
        for labels, child in self.items():
            reader = self._readers.get(labels)
            family.add_metric(labels, child.value if reader is None else reader())
        yield family


class Histogram(Family[Distribution]):
    """Counts observations in buckets."""

    def __init__(
        self,
        name: str,
        documentation: str,
        labels: Sequence[str] = (),
        allowed: dict[str, Allowed] | None = None,
        buckets: Sequence[float] = LATENCY_BUCKETS_S,
    ) -> None:
        super().__init__(name, documentation, labels, lambda: Distribution(buckets), allowed)

    def collect(self) -> Iterable[Metric]:
        """Build the family for one scrape."""
        family = HistogramMetricFamily(self.name, self.documentation, labels=self.label_names)
        for labels, child in self.items():
            running = 0
            buckets: list[tuple[str, float]] = []
            for bound, count in zip((*map(str, child.bounds), "+Inf"), child.counts, strict=True):
                running += count
                buckets.append((bound, float(running)))
            family.add_metric(labels, buckets, sum_value=child.sum)
        yield family


PROTOCOLS: Final[Allowed] = frozenset({"ocpp1.6", "ocpp2.0.1", "ocpp2.1"})
DIRECTIONS: Final[Allowed] = frozenset({"in", "out"})
FRAME_OUTCOMES: Final[Allowed] = frozenset({"result", "error", "timeout"})
HANDSHAKE_REFUSALS: Final[Allowed] = frozenset(
    {"malformed", "unauthorized", "throttled", "duplicate", "subprotocol", "draining", "unavailable", "hung_up"}
)
COMMAND_OUTCOMES: Final[Allowed] = frozenset(
    {"accepted", "rejected", "not_supported", "timed_out", "unreachable", "expired", "error"}
)
METHODS: Final[Allowed] = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """All metrics of one process, in a registry of their own, built by the constructor.

    `actions`, `command_types` and `routes` bound the labels of those names; main passes the sets it knows.
    """

    def __init__(
        self,
        *,
        version: str = "0",
        role: str = "all",
        actions: Allowed = frozenset(),
        command_types: Allowed = frozenset(),
        job_kinds: Allowed | None = None,
        process: bool = True,
    ) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        if process:
            ProcessCollector(registry=self.registry)
        self._build = self._add(Gauge("csms_build_info", "What is running.", ("version", "role")))
        self._build.labels(version, role).set(1)
        self._declare_gateway(actions, command_types)
        self._declare_bus()
        self._declare_work(job_kinds)
        self._declare_outgoing()
        self._declare_process()

    def _declare_gateway(self, actions: Allowed, command_types: Allowed) -> None:
        by_action = {"direction": DIRECTIONS, "protocol": PROTOCOLS, "action": actions, "outcome": FRAME_OUTCOMES}
        self.gateway_connections = self._add(
            Gauge("csms_gateway_connections", "Chargers connected now.", ("protocol",), by_action)
        )
        self.frames = self._add(
            Counter("csms_frames", "OCPP calls answered.", ("direction", "protocol", "action", "outcome"), by_action)
        )
        self.message_seconds = self._add(
            Histogram("csms_message_seconds", "From a charger's call to our answer.", ("protocol", "action"), by_action)
        )
        self.group_commit_messages = self._add(
            Histogram("csms_group_commit_messages", "Reports in one transaction.", buckets=SIZE_BUCKETS)
        )
        self.group_commit_seconds = self._add(Histogram("csms_group_commit_seconds", "Duration of one transaction."))
        self.group_commit_replays = self._add(
            Counter("csms_group_commit_replays", "Groups that failed and were replayed one report at a time.")
        )
        self.handshake_refusals = self._add(
            Counter("csms_handshake_refusals", "Connections refused.", ("reason",), {"reason": HANDSHAKE_REFUSALS})
        )
        self.inbox_depth = self._add(Gauge("csms_inbox_depth", "Frames of all chargers waiting to be handled."))
        self.inbox_paused = self._add(Counter("csms_inbox_paused", "Times a charger was paused by a full inbox."))
        bounded = {"type": command_types, "outcome": COMMAND_OUTCOMES}
        self.commands = self._add(Counter("csms_commands", "Commands closed.", ("type", "outcome"), bounded))
        self.command_seconds = self._add(
            Histogram("csms_command_seconds", "From issued to closed.", ("type",), bounded)
        )

    def _declare_bus(self) -> None:
        directions = {"direction": DIRECTIONS}
        self.bus_connected = self._add(Gauge("csms_bus_connected", "1 while the bus reaches the other nodes."))
        self.bus_reconnects = self._add(Counter("csms_bus_reconnects", "Times the bus connected again."))
        self.bus_events = self._add(Counter("csms_bus_events", "Live events.", ("direction",), directions))
        self.bus_dropped = self._add(
            Counter(
                "csms_bus_dropped",
                "Live events dropped.",
                ("reason",),
                {"reason": frozenset({"subscriber_full", "outgoing_full", "disconnected", "undecodable"})},
            )
        )
        self.bus_subscriber_errors = self._add(
            Counter("csms_bus_subscriber_errors", "Exceptions raised by subscribers.")
        )
        self.bus_requests = self._add(
            Counter(
                "csms_bus_requests",
                "Requests made over the bus.",
                ("outcome",),
                {"outcome": frozenset({"ok", "unreachable", "timed_out", "failed"})},
            )
        )
        self.bus_request_seconds = self._add(Histogram("csms_bus_request_seconds", "Duration of a request."))

    def _declare_work(self, job_kinds: Allowed | None) -> None:
        self.outbox_lag_seconds = self._add(
            Gauge("csms_outbox_lag_seconds", "Age of the oldest event a consumer has not handled.", ("consumer",))
        )
        self.outbox_events = self._add(
            Counter(
                "csms_outbox_events",
                "Events handled.",
                ("consumer", "outcome"),
                {"outcome": frozenset({"handled", "retried", "parked"})},
            )
        )
        self.outbox_parked = self._add(Gauge("csms_outbox_parked", "Events set aside.", ("consumer",)))
        kinds = {} if job_kinds is None else {"kind": job_kinds}
        self.jobs = self._add(
            Counter(
                "csms_jobs",
                "Background jobs ended.",
                ("kind", "outcome"),
                {**kinds, "outcome": frozenset({"succeeded", "failed", "retried", "cancelled"})},
            )
        )
        self.job_seconds = self._add(Histogram("csms_job_seconds", "Duration of a job.", ("kind",), kinds))
        self.jobs_running = self._add(Gauge("csms_jobs_running", "Jobs running in this process."))

        self.alerts_open = self._add(
            Gauge(
                "csms_alerts_open",
                "Alerts that are not resolved, as this worker last saw.",
                ("severity",),
                {"severity": frozenset({"info", "warning", "critical"})},
            )
        )

    def _declare_outgoing(self) -> None:
        outcomes = {"outcome": frozenset({"delivered", "failed", "dead"})}
        self.webhook_deliveries = self._add(
            Counter("csms_webhook_deliveries", "Attempts to send an event to a receiver.", ("outcome",), outcomes)
        )
        self.webhook_seconds = self._add(Histogram("csms_webhook_seconds", "Duration of such an attempt."))
        self.broker_connected = self._add(
            Gauge("csms_broker_connected", "1 while this process publishes events to a message broker.")
        )
        self.notifications = self._add(
            Counter(
                "csms_notifications",
                "Attempts to send a notification.",
                ("kind", "outcome"),
                {"kind": frozenset({"email", "webhook", "apprise"}), **outcomes},
            )
        )

    def _declare_process(self) -> None:
        self.db_pool = self._add(
            Gauge("csms_db_pool_connections", "Connections of a pool by state.", ("pool", "state"))
        )
        self.http_requests = self._add(
            Counter(
                "csms_http_requests",
                "HTTP requests by route template.",
                ("route", "method", "status"),
                {"method": METHODS},
            )
        )
        self.http_request_seconds = self._add(
            Histogram("csms_http_request_seconds", "Duration of a request.", ("route", "method"), {"method": METHODS})
        )
        outcomes = {"outcome": frozenset({"kept", "made", "unchanged", "unsure"})}
        noted = {"outcome": frozenset({"stored", "dropped", "failed"})}
        self.request_log = self._add(Counter("csms_request_log", "Lines of the request log.", ("outcome",), noted))
        self.answers = self._add(
            Counter(
                "csms_http_answers", "Answers that may be kept: given from memory, made anew.", ("outcome",), outcomes
            )
        )
        self.answers_bytes = self._add(Gauge("csms_http_answers_bytes", "Memory that kept answers take."))
        self.loop_lag_seconds = self._add(Histogram("csms_loop_lag_seconds", "How late the event loop runs timers."))

    _F = TypeVar("_F", bound=Collector)

    def _add(self, family: _F) -> _F:
        self.registry.register(family)
        return family

    def render(self) -> bytes:
        """The text exposition of everything."""
        return generate_latest(self.registry)


class LoopLagMonitor:
    """Measures how late the event loop wakes a sleeping task, in seconds."""

    def __init__(self, metrics: Metrics, interval_s: float = 0.5) -> None:
        self._lag = metrics.loop_lag_seconds.labels()
        self._interval_s = interval_s
        self._task: asyncio.Task[None] | None = None
        self.worst_s = 0.0

    async def start(self) -> None:
        """Begin measuring."""
        self._task = asyncio.create_task(self._run(), name="loop-lag")

    async def stop(self) -> None:
        """End measuring."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + self._interval_s
            await asyncio.sleep(self._interval_s)
            late_s = max(0.0, loop.time() - due)
            self.worst_s = max(self.worst_s, late_s)
            self._lag.observe(late_s)
