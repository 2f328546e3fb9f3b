# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A charger that says nothing of use does not fill the disk with it."""

from datetime import UTC, datetime

from structlog.testing import capture_logs

from csms.gateway.useless import UselessFrames
from csms.kit.clock import FakeClock
from tests.support.charger import connected
from tests.support.csms import Csms
from tests.support.eventually import eventually


def test_a_line_a_minute() -> None:
    """With how many there were since; of each minute the first sixty are kept."""
    clock = FakeClock(datetime(2026, 11, 28, tzinfo=UTC))
    useless = UselessFrames("CP1", clock)
    with capture_logs() as told:
        for _ in range(1_000):
            useless.note("reply to nothing", kind="result")
        kept = sum(useless.is_kept() for _ in range(1_000))
        clock.advance(60)
        useless.note("malformed frame", code="FormationViolation")
        kept += sum(useless.is_kept() for _ in range(1_000))
    assert [(line["event"], line["frames"], line["charger_id"]) for line in told] == [
        ("reply to nothing", 1, "CP1"),
        ("malformed frame", 1_000, "CP1"),
    ]
    assert kept == 120


async def test_a_flood_of_it_leaves_few_lines(csms: Csms) -> None:
    """Replies to nothing and what is no JSON, hundreds of each: a line or two, and sixty rows."""
    await csms.charger("USELESS")
    with capture_logs() as told:
        async with connected(csms.url, "USELESS", boot=True) as charger:
            for _ in range(300):
                await charger.socket.send_str('[3,"zz",{}]')
                await charger.socket.send_str("nonsense")
            assert await charger.call("Heartbeat", {})
            lines = [line for line in told if line["event"] in ("reply to nothing", "malformed frame")]
            assert len(lines) == 1

            async def stored() -> bool:
                rows = await csms.rows("SELECT 1 FROM ocpp_messages WHERE outcome = 'error' AND charger_id = 'USELESS'")
                return len(rows) == 60

            await eventually(stored, 10)
