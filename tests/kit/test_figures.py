# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How one process does, in a few numbers."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.kit import figures
from csms.kit.clock import FakeClock
from csms.kit.figures import PoolFigures, Sampler, quantile
from csms.kit.metrics import LATENCY_BUCKETS_S, Distribution, LoopLagMonitor, Metrics

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def _sampler() -> tuple[Metrics, LoopLagMonitor, FakeClock, Sampler]:
    metrics, clock = Metrics(process=False, actions=frozenset({"Heartbeat"})), FakeClock(NOW)
    lag = LoopLagMonitor(metrics)
    return metrics, lag, clock, Sampler(metrics, lag, {"application": lambda: (5, 2)}, clock)


def test_nothing_happened() -> None:
    """Times are unknown, rates are zero, and what is of now is there."""
    _, _, clock, sampler = _sampler()
    clock.advance(10)
    found = sampler.take()
    assert found.interval_s == pytest.approx(10)
    assert (found.messages_per_s, found.answer_p99_ms, found.group_messages, found.outbox_lag_s) == (0, None, None, 0)
    assert found.pools == (PoolFigures("application", 5, 2),)
    assert found.memory_bytes is None or found.memory_bytes > 1_000_000


def test_rates_and_times_are_of_the_interval_only() -> None:
    """What was counted before is not counted again; a histogram's children count together."""
    metrics, lag, clock, sampler = _sampler()
    first = metrics.message_seconds.labels("ocpp1.6", "Heartbeat")
    for _ in range(50):
        first.observe(0.004)
    lag.worst_s = 0.25
    clock.advance(10)
    before = sampler.take()
    assert (before.messages_per_s, before.loop_lag_ms) == (5, 250)
    assert before.answer_p99_ms is not None
    assert 2.5 < before.answer_p99_ms <= 5
    first.observe(0.3)
    metrics.message_seconds.labels("ocpp2.0.1", "Heartbeat").observe(0.3)
    metrics.group_commit_messages.labels().observe(4)
    metrics.group_commit_messages.labels().observe(2)
    metrics.gateway_connections.labels("ocpp1.6").set(3)
    metrics.gateway_connections.labels("ocpp2.0.1").set(4)
    metrics.outbox_lag_seconds.labels("alerts").set(2)
    metrics.outbox_lag_seconds.labels("webhooks").set(9)
    clock.advance(4)
    after = sampler.take()
    assert (after.messages_per_s, after.loop_lag_ms, after.group_messages) == (0.5, 0, 3)
    assert after.answer_p99_ms is not None
    assert 250 < after.answer_p99_ms <= 500
    assert (after.connections, after.outbox_lag_s) == (7, 9)


def test_pools_are_metrics_too() -> None:
    """What Prometheus scrapes is what was last counted."""
    metrics, _, _, sampler = _sampler()
    sampler.take()
    assert b'csms_db_pool_connections{pool="application",state="used"} 2.0' in metrics.render()
    assert b'csms_db_pool_connections{pool="application",state="idle"} 3.0' in metrics.render()


def test_a_system_that_does_not_tell_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not zero, but unknown."""
    monkeypatch.setattr(figures, "_STATM", Path("/nowhere/statm"))
    assert _sampler()[3].take().memory_bytes is None


@given(st.lists(st.floats(0, 29.9), min_size=1, max_size=200), st.floats(0.01, 1))
def test_a_quantile_lies_in_the_bucket_of_the_true_one(values: list[float], share: float) -> None:
    """It cannot be nearer than its bucket, and is no further."""
    counted = Distribution(LATENCY_BUCKETS_S)
    for value in values:
        counted.observe(value)
    found = quantile(counted.bounds, counted.counts, share)
    assert found is not None
    ordered = sorted(values)
    true = next(value for number, value in enumerate(ordered, 1) if number >= share * len(ordered) * (1 - 1e-12))
    above = next(bound for bound in LATENCY_BUCKETS_S if bound >= true)
    below = max((bound for bound in LATENCY_BUCKETS_S if bound < above), default=0.0)
    assert below - 1e-9 <= found <= above + 1e-9


def test_beyond_the_last_bound() -> None:
    """Nothing is known of it but that it is longer."""
    assert quantile((1.0, 2.0), (0, 0, 5), 0.99) == 2.0
    assert quantile((1.0, 2.0), (0, 0, 0), 0.99) is None
