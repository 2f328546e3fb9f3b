# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What who watches is told of readings: all are stored, the newest is told."""

import asyncio

from csms.domain.events import MeterRecorded
from tests.support.charger import Charger
from tests.support.csms import Csms
from tests.support.eventually import eventually


async def test_the_newest_reading_is_told_once_a_second(csms: Csms, charger: Charger) -> None:
    """However often a charger meters: each look of people costs every node that shows it."""
    assert csms.application.kit is not None
    told: list[float] = []

    async def heard(event: MeterRecorded) -> None:
        told.extend(event.values.values())

    subscription = await csms.application.kit.bus.subscribe((MeterRecorded,), heard)
    loop = asyncio.get_running_loop()
    number = (await charger.start())["transactionId"]
    began, sent = loop.time(), 0
    while loop.time() - began < 2.5:
        sent += 1
        await charger.meter(number, 1_000 + sent)
        await asyncio.sleep(0.02)

    async def newest() -> bool:
        return told[-1:] == [1_000 + sent]

    assert await eventually(newest)
    assert told == sorted(set(told))
    assert 2 <= len(told) <= (loop.time() - began) + 2 < sent
    assert await csms.sql.fetchval("SELECT count(*) FROM meter_values") == sent
    await subscription.close()
