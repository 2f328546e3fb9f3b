# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A virtual charger obeys every command of its version: none is refused as unknown, every answer fits the schema."""

from typing import Any

import msgspec
import pytest

from csms.ocpp.codec import ACTIONS, Protocol, encode_checked
from csms.simulator.charger import SPEECHES
from tests.simulator.conftest import CAR, NewCharger
from tests.support.samples import sample

COMMANDS = [(protocol, name) for protocol in Protocol for name, action in ACTIONS[protocol].items() if action.from_csms]


@pytest.mark.parametrize(("protocol", "action"), COMMANDS, ids=str)
async def test_every_command_is_obeyed(new_charger: NewCharger, protocol: Protocol, action: str) -> None:
    """The least and the most that it can say, to a charger that charges; what follows goes well too."""
    charger = await new_charger(protocol=protocol, run=False)
    charger.plug(charger.connectors[0], CAR)
    charger.start_transaction(charger.connectors[0], "TAG")
    for full in (False, True):
        payload: Any = sample(ACTIONS[protocol][action].request, full=full)
        obeyed = SPEECHES[protocol].obey(charger, action, msgspec.json.encode(payload))
        assert type(obeyed.message) is ACTIONS[protocol][action].response
        encode_checked(obeyed.message)
        if obeyed.after is not None:
            obeyed.after()
    await charger.stop(finish=False)
