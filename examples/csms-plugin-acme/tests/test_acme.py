# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The contract, and what is ACME's own."""

import asyncio

import pytest
from csms_plugin_acme import Light, doors, make, set_light

from csms.plugin.hooks import VendorAnswer, VendorAnswerStatus, VendorMessage
from csms.plugin.testing import CHARGER, PluginContract


class TestContract(PluginContract):
    """What every plug-in has to do."""

    plugin = make()
    arguments = {"set_light": {"colour": "green"}}  # noqa: RUF012  (read only)


@pytest.mark.parametrize("data", ['{"door": "front", "open": true}', {"door": "front", "open": True}])
def test_a_door_that_opens(data: object) -> None:
    """As OCPP 1.6 says it, and as 2.x does."""
    answer = asyncio.run(doors(CHARGER, VendorMessage("com.acme", "DoorState", data)))
    assert answer == VendorAnswer(VendorAnswerStatus.ACCEPTED, {"seen": "front"})


def test_a_light_that_cannot_be() -> None:
    """Said in words."""
    with pytest.raises(ValueError, match="no brightness"):
        set_light(Light("off", 50))
