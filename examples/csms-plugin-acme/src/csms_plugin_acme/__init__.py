# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""ACME's chargers: doors that tell when they open, lights whose colour can be set."""

import logging
from typing import Annotated, Any, Literal

import msgspec

from csms.domain.commands import DataTransfer
from csms.plugin.hooks import Charger, CustomAction, Plugin, VendorAnswer, VendorAnswerStatus, VendorMessage

log = logging.getLogger(__name__)

VENDOR = "com.acme"


class Door(msgspec.Struct, frozen=True):
    """What a charger says of its door."""

    door: str
    open: bool


class Light(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person says of a light. Bounds here are checked, and shown in GET /api/v1/plugins."""

    colour: Literal["green", "red", "blue", "off"]
    brightness: Annotated[int, msgspec.Meta(ge=0, le=100)] = 100


async def doors(charger: Charger, message: VendorMessage) -> VendorAnswer:
    """DoorState: {"door": "front", "open": true}; a text with that in OCPP 1.6."""
    if message.message_id != "DoorState":
        return VendorAnswer(VendorAnswerStatus.UNKNOWN_MESSAGE_ID)
    try:
        state = _read(message.data)
    except msgspec.ValidationError as error:
        return VendorAnswer(VendorAnswerStatus.REJECTED, {"why": str(error)})
    except msgspec.DecodeError:
        return VendorAnswer(VendorAnswerStatus.REJECTED, {"why": "no JSON"})
    log.info("%s: the %s door is %s", charger.id, state.door, "open" if state.open else "closed")
    return VendorAnswer(VendorAnswerStatus.ACCEPTED, {"seen": state.door})


def _read(data: Any) -> Door:
    return msgspec.json.decode(data, type=Door) if isinstance(data, str) else msgspec.convert(data, Door)


def set_light(light: Light) -> DataTransfer:
    """A DataTransfer; OCPP 1.6 wants a text, so it is one for all."""
    if light.colour == "off" and light.brightness not in (0, 100):
        raise ValueError("a light that is off has no brightness: leave it out")
    return DataTransfer(VENDOR, "SetLight", msgspec.json.encode(light).decode())


def make() -> Plugin:
    """The entry point."""
    action = CustomAction("set_light", "Set the colour of the charger's lights.", Light, set_light)
    return Plugin("acme", "1.0.0", {VENDOR: doors}, (action,))
