# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Core profile: Reset (§5.14), UnlockConnector (§5.18), ChangeAvailability (§5.2); TriggerMessage (§5.17)."""

from typing import Final

from csms.dialects.base import Outbound
from csms.domain.chargers import Capability
from csms.domain.commands import ChangeAvailability, Command, Outcome, OutcomeStatus, Reset, TriggerMessage, Unlock
from csms.ocpp import v16

_TRIGGERS: Final = {
    "boot_notification": "BootNotification",
    "diagnostics_status_notification": "DiagnosticsStatusNotification",
    "firmware_status_notification": "FirmwareStatusNotification",
    "heartbeat": "Heartbeat",
    "meter_values": "MeterValues",
    "status_notification": "StatusNotification",
}
_OUTCOMES: Final = {
    "Accepted": Outcome(OutcomeStatus.ACCEPTED),
    "Rejected": Outcome(OutcomeStatus.REJECTED),
    "Scheduled": Outcome(OutcomeStatus.ACCEPTED, reason="scheduled: it happens when the transaction ends"),
    "Unlocked": Outcome(OutcomeStatus.ACCEPTED),
    "UnlockFailed": Outcome(OutcomeStatus.REJECTED, reason="the connector could not be unlocked"),
    "NotSupported": Outcome(OutcomeStatus.NOT_SUPPORTED, reason="the charger has no such connector lock"),
    "NotImplemented": Outcome(OutcomeStatus.NOT_SUPPORTED, reason="the charger cannot be asked for that message"),
}


def write_reset(command: Reset) -> v16.Reset:
    """Restart."""
    return v16.Reset(type="Hard" if command.kind == "hard" else "Soft")


def write_unlock(command: Unlock) -> v16.UnlockConnector:
    """Release the cable."""
    return v16.UnlockConnector(connector_id=command.connector_id)


def write_change_availability(command: ChangeAvailability) -> v16.ChangeAvailability:
    """In or out of service."""
    return v16.ChangeAvailability(
        connector_id=command.connector_id, type="Operative" if command.operative else "Inoperative"
    )


def write_trigger(command: TriggerMessage) -> v16.TriggerMessage:
    """Send that message now."""
    return v16.TriggerMessage(
        requested_message=_TRIGGERS[command.message],  # type: ignore[arg-type]
        connector_id=command.connector_id,
    )


def read_outcome(
    wire: v16.ResetResponse | v16.UnlockConnectorResponse | v16.ChangeAvailabilityResponse | v16.TriggerMessageResponse,
) -> Outcome:
    """The outcome that the answer's status stands for; a status of the vendor is reported as an error."""
    unknown = Outcome(OutcomeStatus.ERROR, reason=f"unknown status {wire.status!r}")
    return _OUTCOMES.get(wire.status, unknown)


OUTBOUND: Final[dict[type[Command], Outbound]] = {
    Reset: Outbound("Reset", write_reset, read_outcome, Capability.RESET),
    Unlock: Outbound("UnlockConnector", write_unlock, read_outcome, Capability.UNLOCK),
    ChangeAvailability: Outbound(
        "ChangeAvailability", write_change_availability, read_outcome, Capability.CHANGE_AVAILABILITY
    ),
    TriggerMessage: Outbound("TriggerMessage", write_trigger, read_outcome, Capability.TRIGGER_MESSAGE),
}
