# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A fleet's figures in words: one line while it runs, a few at the end."""

from csms.simulator.statistics import Statistics


def live_line(statistics: Statistics, size: int, messages_per_s: float) -> str:
    """What goes on, in less than a terminal's width."""
    latency = statistics.latency
    return (
        f"{statistics.registered}/{size} up  {statistics.charging} charging  {messages_per_s:.0f} msg/s  "
        f"p50 {latency.quantile(0.5) * 1000:.0f} ms  p99 {latency.quantile(0.99) * 1000:.0f} ms  "
        f"{statistics.errors.total() + statistics.timeouts} errors"
    )


def summary(statistics: Statistics, seconds: float) -> str:
    """What happened, with what is worth a look."""
    latency = statistics.latency
    rate = statistics.messages / seconds if seconds > 0 else 0.0
    lines = [
        f"{statistics.connects} connections, {statistics.disconnects} ended; "
        f"{statistics.started} transactions started, {statistics.stopped} stopped, "
        f"{statistics.energy_wh / 1000:.1f} kWh",
        f"{statistics.messages} messages in {seconds:.0f} s ({rate:.0f}/s): "
        + ", ".join(f"{action} {count}" for action, count in statistics.sent.most_common()),
        f"answers after p50 {latency.quantile(0.5) * 1000:.1f} ms, p99 {latency.quantile(0.99) * 1000:.1f} ms, "
        f"max {latency.max_s * 1000:.1f} ms",
    ]
    if statistics.received:
        commands = ", ".join(f"{action} {count}" for action, count in statistics.received.most_common())
        lines.append(f"commands: {commands}")
    if statistics.timeouts or statistics.dropped:
        lines.append(f"{statistics.timeouts} calls not answered in time, {statistics.dropped} facts given up")
    lines += [f"error {name}: {count} times" for name, count in statistics.errors.most_common(8)]
    lines += [f"refused {count} times: {reason}" for reason, count in statistics.refusals.most_common(5)]
    return "\n".join(lines)
