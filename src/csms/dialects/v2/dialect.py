# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The tables of all blocks, put together for each of the two versions."""

from typing import Final

from csms.dialects.base import Dialect, Inbound, Outbound
from csms.dialects.v2 import (
    authorization,
    configuration,
    data_transfer,
    maintenance,
    metering,
    monitoring,
    provisioning,
    smart_charging,
    transactions,
)
from csms.dialects.v2.lift import lift
from csms.domain.commands import Command
from csms.ocpp.codec import ACTIONS, Protocol

_BLOCKS: Final = (
    provisioning,
    authorization,
    transactions,
    metering,
    configuration,
    smart_charging,
    maintenance,
    monitoring,
    data_transfer,
)
_INBOUND: Final[dict[type, Inbound]] = {
    wire: entry for block in _BLOCKS for wire, entry in getattr(block, "INBOUND", {}).items()
}
_OUTBOUND: Final[dict[type[Command], Outbound]] = {
    kind: entry for block in _BLOCKS for kind, entry in getattr(block, "OUTBOUND", {}).items()
}


_FOLLOWS: Final = {
    "GetBaseReport": "NotifyReport",
    "GetReport": "NotifyReport",
    "GetMonitoringReport": "NotifyMonitoringReport",
    "CustomerInformation": "NotifyCustomerInformation",
    "GetDisplayMessages": "NotifyDisplayMessages",
    "GetChargingProfiles": "ReportChargingProfiles",
    "GetLog": "LogStatusNotification",
    "UpdateFirmware": "FirmwareStatusNotification",
    "PublishFirmware": "PublishFirmwareStatusNotification",
    "GetDERControl": "ReportDERControl",
}


def _dialect(protocol: Protocol) -> Dialect:
    """What of the tables a version knows."""
    actions = ACTIONS[protocol]
    known = {wire.__name__: entry for wire, entry in _INBOUND.items() if wire.__name__ in actions}
    return Dialect(
        protocol=protocol,
        inbound=known,
        outbound={kind: entry for kind, entry in _OUTBOUND.items() if entry.action in actions},
        unsupported={},
        sends=frozenset(name for name, action in actions.items() if action.response is None),
        follows=_FOLLOWS,
        lift=lift if protocol is Protocol.V201 else None,
    )


V201: Final = _dialect(Protocol.V201)
V21: Final = _dialect(Protocol.V21)
