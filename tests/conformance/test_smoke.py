# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""One whole journey."""

from tests.support.charger import Charger
from tests.support.csms import Csms


async def test_journey(csms: Csms, charger: Charger) -> None:
    """Start, meter, stop; a command there and back."""
    charger.answers["Reset"] = {"status": "Accepted"}
    started = await charger.start()
    await charger.meter(started["transactionId"], 1500, "2026-11-23T10:10:00Z")
    await charger.stop(started["transactionId"], 3000, "2026-11-23T11:00:00Z")
    assert (await csms.transaction())["energy_wh"] == 2000
    row = await csms.command("CP1", {"type": "reset", "kind": "hard"})
    assert (row["status"], row["result"]) == ("accepted", {"status": "Accepted"})
