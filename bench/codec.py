# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Frames a second through RpcSession and codec, beside PyPI `ocpp` doing the same, in interleaved rounds.

One frame: a 1.6 MeterValues of 1.2 kB comes in, is taken apart, decoded and validated, and its answer is written.
Beside it, what counting a frame costs, against a counter of prometheus_client (which locks).
`python -m bench.codec` prints the medians; the ratio has to stay above FLOOR.
"""

import asyncio
import gc
import json
import time
from statistics import median
from typing import Any

from prometheus_client import CollectorRegistry, Counter

from csms.kit.metrics import Metrics
from csms.ocpp import v16
from csms.ocpp.codec import Protocol, decode_request, encode, encode_checked
from csms.ocpp.rpc import CallReceived, RpcSession
from ocpp import messages as peer

FLOOR = 50.0
ROUNDS = 9
OURS_PER_ROUND = 20_000
PEER_PER_ROUND = 200
COUNTS_PER_ROUND = 100_000
SAMPLES = (
    ("Energy.Active.Import.Register", "Wh", None, "1523846.7"),
    ("Power.Active.Import", "W", None, "11042.3"),
    ("Current.Import", "A", "L1", "16.02"),
    ("Current.Import", "A", "L2", "15.97"),
    ("Current.Import", "A", "L3", "16.01"),
    ("Voltage", "V", "L1-N", "229.8"),
    ("Voltage", "V", "L2-N", "230.4"),
    ("SoC", "Percent", None, "57"),
)


def meter_values_frame() -> str:
    """The CALL that both sides get."""
    samples = [
        v16.SampledValue(
            value=value, context="Sample.Periodic", format="Raw", measurand=measurand, phase=phase, unit=unit,
            location="EV" if measurand == "SoC" else "Outlet",
        )
        for measurand, unit, phase, value in SAMPLES
    ]  # fmt: skip
    message = v16.MeterValues(
        connector_id=1,
        transaction_id=470118,
        meter_value=[v16.MeterValue(timestamp="2026-11-23T10:00:00.000Z", sampled_value=samples)],
    )
    return f'[2,"3f1c7a52-8c1f-4f5a-9d5e-6b1f0a2c4d11","MeterValues",{encode_checked(message).decode()}]'


def ours(frame: str, count: int) -> float:
    """Seconds for `count` frames through our session and codec."""
    session = RpcSession(Protocol.V16)
    started = time.perf_counter()
    for _ in range(count):
        event = session.receive(frame, 0.0)
        assert isinstance(event, CallReceived)
        decode_request(Protocol.V16, event.action, event.payload)
        session.answer(event.message_id, encode(v16.MeterValuesResponse()))
        (answer,) = session.data_to_send()
    elapsed = time.perf_counter() - started
    assert json.loads(answer) == [3, "3f1c7a52-8c1f-4f5a-9d5e-6b1f0a2c4d11", {}]
    return elapsed


async def theirs(frame: str, count: int) -> float:
    """Seconds for `count` frames through PyPI `ocpp`, without its hop to a thread (which would cost it more)."""
    peer.ASYNC_VALIDATION = False
    started = time.perf_counter()
    for _ in range(count):
        call: Any = peer.unpack(frame)
        await peer.validate_payload(call, "1.6")
        answer = call.create_call_result({}).to_json()
    elapsed = time.perf_counter() - started
    assert json.loads(answer) == [3, "3f1c7a52-8c1f-4f5a-9d5e-6b1f0a2c4d11", {}]
    return elapsed


def counting(counter: Any) -> float:
    """Seconds to count that often."""
    started = time.perf_counter()
    for _ in range(COUNTS_PER_ROUND):
        counter.inc()
    return time.perf_counter() - started


def run() -> dict[str, float]:
    """The medians over the rounds."""
    frame = meter_values_frame()
    ours(frame, 1_000)
    asyncio.run(theirs(frame, 10))
    mine, other, ratios, counts = [], [], [], []
    labels = ("in", "ocpp1.6", "MeterValues", "result")
    our_counter = Metrics(process=False).frames.labels(*labels)
    their_counter = Counter("frames", "frames", ("a", "b", "c", "d"), registry=CollectorRegistry()).labels(*labels)
    gc.disable()
    try:
        for _ in range(ROUNDS):
            mine.append(ours(frame, OURS_PER_ROUND) / OURS_PER_ROUND)
            other.append(asyncio.run(theirs(frame, PEER_PER_ROUND)) / PEER_PER_ROUND)
            ratios.append(other[-1] / mine[-1])
            counts.append(counting(their_counter) / counting(our_counter))
    finally:
        gc.enable()
    return {
        "frame_bytes": float(len(frame)),
        "csms_frames_per_s": 1 / median(mine),
        "csms_us_per_frame": median(mine) * 1e6,
        "pypi_ocpp_frames_per_s": 1 / median(other),
        "pypi_ocpp_us_per_frame": median(other) * 1e6,
        "counter_ratio": median(counts),
        "ratio": median(ratios),
        "floor": FLOOR,
    }


if __name__ == "__main__":
    figures = run()
    for name, value in figures.items():
        print(f"{name:24} {value:14,.1f}")
    raise SystemExit(0 if figures["ratio"] >= FLOOR else 1)
