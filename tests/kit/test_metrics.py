# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Every metric, with bounded labels."""

import asyncio
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from csms.kit.metrics import SIZE_BUCKETS, Counter, Family, LoopLagMonitor, Metrics


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """What a scrape reads."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
    }


def test_counters_gauges_and_histograms_read_back_as_prometheus_parses_them() -> None:
    """The exposition is what the official parser understands, with cumulative buckets."""
    metrics = Metrics(version="1.2", role="gateway", actions=frozenset({"MeterValues"}), process=False)
    metrics.gateway_connections.labels("ocpp1.6").set(7)
    metrics.frames.labels("in", "ocpp1.6", "MeterValues", "result").inc(3)
    metrics.db_pool.read_from(lambda: 4.0, "app", "used")
    for size in (1, 3, 10_000):
        metrics.group_commit_messages.labels().observe(size)
    found = samples(metrics)
    assert found["csms_build_info", (("role", "gateway"), ("version", "1.2"))] == 1
    assert found["csms_gateway_connections", (("protocol", "ocpp1.6"),)] == 7
    labels = (("action", "MeterValues"), ("direction", "in"), ("outcome", "result"), ("protocol", "ocpp1.6"))
    assert found["csms_frames_total", labels] == 3
    assert found["csms_db_pool_connections", (("pool", "app"), ("state", "used"))] == 4
    assert found["csms_group_commit_messages_bucket", (("le", "1.0"),)] == 1
    assert found["csms_group_commit_messages_bucket", (("le", "5.0"),)] == 2
    assert found["csms_group_commit_messages_bucket", (("le", str(SIZE_BUCKETS[-1])),)] == 2
    assert found["csms_group_commit_messages_bucket", (("le", "+Inf"),)] == 3
    assert found["csms_group_commit_messages_count", ()] == 3
    assert found["csms_group_commit_messages_sum", ()] == 10_004


def test_a_label_outside_its_set_is_counted_as_other() -> None:
    """A charger that invents actions cannot make series."""
    metrics = Metrics(actions=frozenset({"MeterValues"}), process=False)
    for n in range(100):
        metrics.frames.labels("in", "ocpp1.6", f"Invented{n}", "result").inc()
    assert [(labels, child.value) for labels, child in metrics.frames.items()] == [
        (("in", "ocpp1.6", "other", "result"), 100)
    ]


def test_a_family_without_a_declared_set_still_ends_somewhere() -> None:
    """The series are capped; what comes later is `other`, and the first ones go on counting."""
    counter = Counter("csms_test", "Test.", ("route",), max_series=3)
    for n in range(10):
        counter.labels(f"/{n}").inc()
    counter.labels("/0").inc()
    assert {labels[0]: child.value for labels, child in counter.items()} == {"/0": 2, "/1": 1, "/2": 1, "other": 7}


def test_the_wrong_number_of_labels_is_refused() -> None:
    """A forgotten label would make a malformed scrape."""
    with pytest.raises(ValueError, match="route"):
        Counter("csms_test", "Test.", ("route", "method")).labels("/")


def test_no_metric_has_a_label_that_names_a_charger_or_a_person() -> None:
    """Cardinality and privacy: the declared names are the whole list."""
    metrics = Metrics(process=False)
    families = [value for value in vars(metrics).values() if isinstance(value, Family)]
    names = {label for family in families for label in family.label_names}
    assert len(families) > 25
    assert names == {
        "protocol", "direction", "action", "outcome", "reason", "type", "consumer", "kind", "pool", "state", "route",
        "method", "status", "version", "role", "severity",
    }  # fmt: skip


def test_two_sets_of_metrics_do_not_share_anything() -> None:
    """No global registry: two processes' worth live side by side in a test."""
    one, two = Metrics(process=False), Metrics(process=False)
    one.bus_reconnects.labels().inc()
    assert two.bus_reconnects.labels().value == 0


async def test_the_loop_monitor_sees_a_blocked_loop() -> None:
    """A handler that does not yield shows up as lag."""
    metrics = Metrics(process=False)
    monitor = LoopLagMonitor(metrics, interval_s=0.01)
    await monitor.start()
    await asyncio.sleep(0)
    time.sleep(0.1)  # the fault under test
    async with asyncio.timeout(5):
        while monitor.worst_s < 0.05:
            await asyncio.sleep(0.01)
    await monitor.stop()
    assert metrics.loop_lag_seconds.labels().count >= 1
