# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Core profile: BootNotification (§4.2), Heartbeat (§4.6), StatusNotification (§4.9)."""

from collections.abc import Mapping
from typing import Final

from csms.dialects.base import Inbound
from csms.dialects.times import format_time, parse_time
from csms.dialects.v16.numbers import read_connector
from csms.domain.chargers import ChargingPhase, ConnectorState, RegistrationStatus
from csms.domain.messages import (
    Acknowledged,
    BootAnswer,
    BootReported,
    HeartbeatAnswer,
    HeartbeatReported,
    StatusReported,
)
from csms.ocpp import v16

_REGISTRATION: Final = {
    RegistrationStatus.ACCEPTED: "Accepted",
    RegistrationStatus.PENDING: "Pending",
    RegistrationStatus.REJECTED: "Rejected",
}
_OCCUPIED = ConnectorState.OCCUPIED
_STATUS: Final[Mapping[str, tuple[str, ConnectorState, ChargingPhase | None]]] = {
    "Available": ("available", ConnectorState.AVAILABLE, None),
    "Preparing": ("preparing", _OCCUPIED, ChargingPhase.PREPARING),
    "Charging": ("charging", _OCCUPIED, ChargingPhase.CHARGING),
    "SuspendedEV": ("suspended_ev", _OCCUPIED, ChargingPhase.SUSPENDED_EV),
    "SuspendedEVSE": ("suspended_evse", _OCCUPIED, ChargingPhase.SUSPENDED_EVSE),
    "Finishing": ("finishing", _OCCUPIED, ChargingPhase.FINISHING),
    "Reserved": ("reserved", ConnectorState.RESERVED, None),
    "Unavailable": ("unavailable", ConnectorState.UNAVAILABLE, None),
    "Faulted": ("faulted", ConnectorState.FAULTED, None),
}


def read_boot(wire: v16.BootNotification) -> BootReported:
    """What the charger is; the charge box serial number stands in for a missing charge point serial number."""
    details = {
        "iccid": wire.iccid,
        "imsi": wire.imsi,
        "meter_type": wire.meter_type,
        "meter_serial_number": wire.meter_serial_number,
        "charge_box_serial_number": wire.charge_box_serial_number,
    }
    return BootReported(
        vendor=wire.charge_point_vendor,
        model=wire.charge_point_model,
        serial_number=wire.charge_point_serial_number or wire.charge_box_serial_number,
        firmware_version=wire.firmware_version,
        details={key: value for key, value in details.items() if value},
    )


def answer_boot(answer: BootAnswer) -> v16.BootNotificationResponse:
    """Status, time, and the interval to the next heartbeat or boot."""
    return v16.BootNotificationResponse(
        status=_REGISTRATION[answer.status],  # type: ignore[arg-type]
        current_time=format_time(answer.now),
        interval=answer.interval_s,
    )


def read_heartbeat(_: v16.Heartbeat) -> HeartbeatReported:
    """Alive."""
    return HeartbeatReported()


def answer_heartbeat(answer: HeartbeatAnswer) -> v16.HeartbeatResponse:
    """The time."""
    return v16.HeartbeatResponse(current_time=format_time(answer.now))


def read_status(wire: v16.StatusNotification) -> StatusReported:
    """Connector n keeps its number and is its own EVSE; 0 is the charger itself. Unknown statuses are kept."""
    connector = read_connector(wire.connector_id)
    status, state, phase = _STATUS.get(wire.status, (wire.status, ConnectorState.UNKNOWN, None))
    return StatusReported(
        evse_id=connector,
        connector_id=connector,
        status=status,
        state=state,
        phase=phase,
        error_code=None if wire.error_code == "NoError" else wire.error_code,
        info=wire.info or None,
        vendor_id=wire.vendor_id or None,
        vendor_error_code=wire.vendor_error_code or None,
        at=parse_time(wire.timestamp),
    )


def answer_status(_: Acknowledged) -> v16.StatusNotificationResponse:
    """Stored."""
    return v16.StatusNotificationResponse()


INBOUND: Final[dict[type, Inbound]] = {
    v16.BootNotification: Inbound(read_boot, answer_boot),
    v16.Heartbeat: Inbound(read_heartbeat, answer_heartbeat),
    v16.StatusNotification: Inbound(read_status, answer_status),
}
