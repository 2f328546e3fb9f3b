# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Core profile: Reset (§5.14), UnlockConnector (§5.18), ChangeAvailability (§5.2); TriggerMessage (§5.17)."""

from typing import Final

from csms.dialects.base import NotExpressibleError, Outbound
from csms.dialects.v16.numbers import connector_of
from csms.domain.commands import ChangeAvailability, Command, Outcome, OutcomeStatus, Reset, TriggerMessage, Unlock
from csms.ocpp import v16

_TRIGGERS: Final[dict[str, str]] = {
    "boot_notification": "BootNotification",
    "diagnostics_status_notification": "DiagnosticsStatusNotification",
    "firmware_status_notification": "FirmwareStatusNotification",
    "heartbeat": "Heartbeat",
    "meter_values": "MeterValues",
    "status_notification": "StatusNotification",
}
# Only the security extension has these, with a message of its own.
_EXTENDED: Final[dict[str, str]] = {
    "log_status_notification": "LogStatusNotification",
    "sign_charging_station_certificate": "SignChargePointCertificate",
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
    if command.evse_id is not None:
        raise NotExpressibleError("OCPP 1.6 restarts the whole charger, not one EVSE")
    if command.kind == "hard_and_resume":
        raise NotExpressibleError("OCPP 1.6 cannot resume transactions after a restart")
    return v16.Reset(type="Hard" if command.kind == "hard" else "Soft")


def write_unlock(command: Unlock) -> v16.UnlockConnector:
    """Release the cable."""
    connector = connector_of(command.evse_id, command.connector_id)
    return v16.UnlockConnector(connector_id=connector or command.connector_id)


def write_change_availability(command: ChangeAvailability) -> v16.ChangeAvailability:
    """In or out of service."""
    return v16.ChangeAvailability(
        connector_id=connector_of(command.evse_id, command.connector_id or None) or 0,
        type="Operative" if command.operative else "Inoperative",
    )


def write_trigger(command: TriggerMessage) -> v16.TriggerMessage | v16.ExtendedTriggerMessage:
    """Send that message now."""
    connector = connector_of(command.evse_id, command.connector_id)
    extended = _EXTENDED.get(command.message)
    if extended is not None:
        return v16.ExtendedTriggerMessage(requested_message=extended, connector_id=connector)  # type: ignore[arg-type]
    known = _TRIGGERS.get(command.message)
    if known is None:
        raise NotExpressibleError(
            f"OCPP 1.6 cannot ask for {command.message!r}, only for {', '.join([*_TRIGGERS, *_EXTENDED])}"
        )
    return v16.TriggerMessage(requested_message=known, connector_id=connector)  # type: ignore[arg-type]


def read_outcome(
    wire: v16.ResetResponse
    | v16.UnlockConnectorResponse
    | v16.ChangeAvailabilityResponse
    | v16.TriggerMessageResponse
    | v16.ExtendedTriggerMessageResponse,
) -> Outcome:
    """The outcome that the answer's status stands for; a status of the vendor is reported as an error."""
    unknown = Outcome(OutcomeStatus.ERROR, reason=f"unknown status {wire.status!r}")
    return _OUTCOMES.get(wire.status, unknown)


OUTBOUND: Final[dict[type[Command], Outbound]] = {
    Reset: Outbound("Reset", write_reset, read_outcome),
    Unlock: Outbound("UnlockConnector", write_unlock, read_outcome),
    ChangeAvailability: Outbound("ChangeAvailability", write_change_availability, read_outcome),
    TriggerMessage: Outbound("TriggerMessage", write_trigger, read_outcome, also=("ExtendedTriggerMessage",)),
}
