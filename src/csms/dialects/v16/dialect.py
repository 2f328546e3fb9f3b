# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The tables of all blocks, put together, and what is not there yet with its reason."""

from typing import Final

from csms.dialects.base import Dialect, Inbound, Outbound
from csms.dialects.v16 import (
    authorization,
    configuration,
    control,
    data_transfer,
    firmware,
    local_list,
    metering,
    provisioning,
    reservation,
    security,
    smart_charging,
    transactions,
)
from csms.domain.commands import Command
from csms.ocpp.codec import Protocol

_INBOUND: Final[dict[type, Inbound]] = {
    **provisioning.INBOUND,
    **authorization.INBOUND,
    **transactions.INBOUND,
    **metering.INBOUND,
    **data_transfer.INBOUND,
    **firmware.INBOUND,
    **security.INBOUND,
}
_OUTBOUND: Final[dict[type[Command], Outbound]] = {
    **authorization.OUTBOUND,
    **transactions.OUTBOUND,
    **control.OUTBOUND,
    **configuration.OUTBOUND,
    **data_transfer.OUTBOUND,
    **firmware.OUTBOUND,
    **local_list.OUTBOUND,
    **reservation.OUTBOUND,
    **smart_charging.OUTBOUND,
    **security.OUTBOUND,
}


V16: Final = Dialect(
    protocol=Protocol.V16,
    inbound={wire.__name__: entry for wire, entry in _INBOUND.items()},
    outbound=_OUTBOUND,
    unsupported={},
    follows={
        "GetLog": "LogStatusNotification",
        "GetDiagnostics": "DiagnosticsStatusNotification",
        "UpdateFirmware": "FirmwareStatusNotification",
        "SignedUpdateFirmware": "SignedFirmwareStatusNotification",
    },
)
