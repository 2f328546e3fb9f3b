# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Provisioning (B), availability (G): BootNotification, Heartbeat, StatusNotification, Reset, ChangeAvailability."""

from collections.abc import Mapping
from typing import Final

from csms.dialects.base import Inbound, NotExpressibleError, Outbound
from csms.dialects.numbers import read_evse
from csms.dialects.times import format_time, parse_time
from csms.dialects.v2.mirror import to_wire
from csms.dialects.v2.outcomes import read_status
from csms.domain.chargers import ConnectorState, RegistrationStatus
from csms.domain.commands import ChangeAvailability, Command, Reset, SetNetworkProfile
from csms.domain.messages import (
    Acknowledged,
    BootAnswer,
    BootReported,
    HeartbeatAnswer,
    HeartbeatReported,
    StatusReported,
)
from csms.ocpp import v21

_REGISTRATION: Final = {
    RegistrationStatus.ACCEPTED: "Accepted",
    RegistrationStatus.PENDING: "Pending",
    RegistrationStatus.REJECTED: "Rejected",
}
_STATES: Final[Mapping[str, ConnectorState]] = {
    "Available": ConnectorState.AVAILABLE,
    "Occupied": ConnectorState.OCCUPIED,
    "Reserved": ConnectorState.RESERVED,
    "Unavailable": ConnectorState.UNAVAILABLE,
    "Faulted": ConnectorState.FAULTED,
}
_RESETS: Final = {"soft": "OnIdle", "hard": "Immediate", "hard_and_resume": "ImmediateAndResume"}


def read_boot(wire: v21.BootNotification) -> BootReported:
    """What the charger is and why it boots."""
    station = wire.charging_station
    modem = station.modem
    details = {} if modem is None else {"iccid": modem.iccid, "imsi": modem.imsi}
    return BootReported(
        vendor=station.vendor_name,
        model=station.model,
        serial_number=station.serial_number,
        firmware_version=station.firmware_version,
        details={key: value for key, value in details.items() if value},
        reason=wire.reason,
    )


def answer_boot(answer: BootAnswer) -> v21.BootNotificationResponse:
    """Status, time, and the interval to the next heartbeat or boot."""
    return v21.BootNotificationResponse(
        current_time=format_time(answer.now),
        interval=answer.interval_s,
        status=_REGISTRATION[answer.status],  # type: ignore[arg-type]
    )


def read_heartbeat(_: v21.Heartbeat) -> HeartbeatReported:
    """Alive."""
    return HeartbeatReported()


def answer_heartbeat(answer: HeartbeatAnswer) -> v21.HeartbeatResponse:
    """The time."""
    return v21.HeartbeatResponse(current_time=format_time(answer.now))


def read_status_notification(wire: v21.StatusNotification) -> StatusReported:
    """The state of a connector; unknown states are kept as they are spelt."""
    state = _STATES.get(wire.connector_status, ConnectorState.UNKNOWN)
    return StatusReported(
        evse_id=read_evse(wire.evse_id, "evseId"),
        connector_id=read_evse(wire.connector_id, "connectorId"),
        status=wire.connector_status if state is ConnectorState.UNKNOWN else state.value,
        state=state,
        phase=None,
        at=parse_time(wire.timestamp),
    )


def answer_status_notification(_: Acknowledged) -> v21.StatusNotificationResponse:
    """Stored."""
    return v21.StatusNotificationResponse()


def write_reset(command: Reset) -> v21.Reset:
    """Restart the charger, or one EVSE."""
    return v21.Reset(type=_RESETS[command.kind], evse_id=command.evse_id)  # type: ignore[arg-type]


def write_change_availability(command: ChangeAvailability) -> v21.ChangeAvailability:
    """In or out of service: the charger, an EVSE, or a connector of it."""
    evse = None
    if command.evse_id:
        evse = v21.EVSEType(id=command.evse_id, connector_id=command.connector_id or None)
    elif command.connector_id:
        evse = v21.EVSEType(id=command.connector_id)  # 1.6 counts connectors over the charger, as 2.x counts EVSEs
    return v21.ChangeAvailability(operational_status="Operative" if command.operative else "Inoperative", evse=evse)


def write_network_profile(command: SetNetworkProfile) -> v21.SetNetworkProfile:
    """Where the charger may connect to."""
    if command.profile.security_profile == 0:
        raise NotExpressibleError("OCPP 2.x has no security profile 0")
    return to_wire(command, v21.SetNetworkProfile)


INBOUND: Final[dict[type, Inbound]] = {
    v21.BootNotification: Inbound(read_boot, answer_boot),
    v21.Heartbeat: Inbound(read_heartbeat, answer_heartbeat),
    v21.StatusNotification: Inbound(read_status_notification, answer_status_notification),
}
OUTBOUND: Final[dict[type[Command], Outbound]] = {
    Reset: Outbound("Reset", write_reset, read_status),
    ChangeAvailability: Outbound("ChangeAvailability", write_change_availability, read_status),
    SetNetworkProfile: Outbound("SetNetworkProfile", write_network_profile, read_status),
}
