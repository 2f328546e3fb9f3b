# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The load generator counts what it sends."""

import pytest
from bench.fleet import Figures, Options, frame, measure_self, run_load

from tests.simulator.csms16 import RefusalError, ScriptedCsms


@pytest.mark.parametrize("size", [0, 125, 126, 1_000, 65_535])
def test_frames_are_masked_by_nothing(size: int) -> None:
    """FIN and text, the mask bit, the length as RFC 6455 §5.2 wants it, a zero mask."""
    data = frame(b"x" * size)
    assert data[0] == 0x81
    assert data[1] & 0x80
    length = data[1] & 0x7F
    at = 2
    if length == 126:
        length, at = int.from_bytes(data[2:4], "big"), 4
    assert length == size
    assert data[at : at + 4] == b"\0\0\0\0"
    assert data[at + 4 :] == b"x" * size


async def test_an_open_loop_keeps_its_rate(csms: ScriptedCsms) -> None:
    """200 a second over ten connections, all of them valid 1.6, in the mix that was asked for."""
    options = Options(csms.url, connections=10, rate=200, seconds=1.5, warmup_s=0.2, mix="meter=50,status=50", tag="T")
    figures = await run_load(options)
    assert (figures.connections, figures.refused, figures.errors, figures.lost) == (10, 0, 0, 0)
    assert 150 < figures.messages_per_s <= 210
    assert figures.p50_ms <= figures.p99_ms <= figures.p999_ms <= figures.max_ms
    readings = csms.of("MeterValues")
    assert abs(len(readings) - len(csms.of("StatusNotification"))) < 60
    assert {p["transactionId"] for p in readings} <= set(range(1, 11))


async def test_a_closed_loop_counts_errors(csms: ScriptedCsms) -> None:
    """A CALLERROR is an answer and an error; the first ones are kept to look at."""

    def broken(_: object) -> object:
        raise RefusalError("InternalError")

    csms.answers["Heartbeat"] = broken
    figures = await run_load(Options(csms.url, connections=2, seconds=0.3, warmup_s=0, mix="heartbeat=1"))
    assert figures.errors == figures.answered > 0
    assert "InternalError" in figures.error_samples[0]


async def test_refused_connections_are_counted(csms: ScriptedCsms) -> None:
    """With the status line as the reason."""
    csms.refuse_with = 404
    figures = await run_load(Options(csms.url, connections=3, seconds=0.1, warmup_s=0))
    assert (figures.connections, figures.refused) == (0, 3)
    assert "404" in figures.error_samples[0]


async def test_it_measures_itself() -> None:
    """Against the server that only answers; the figure is for people, the sign of life for the test."""
    figures: Figures = await measure_self(connections=10, seconds=0.3)
    assert figures.answered > 300
    assert not figures.errors
