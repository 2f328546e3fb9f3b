# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Transactions (E), remote control (F): TransactionEvent, RequestStart, RequestStop, Unlock, Trigger, status."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from csms.dialects.base import Inbound, NotExpressibleError, Outbound
from csms.dialects.numbers import int32_or_none, read_evse
from csms.dialects.times import parse_time
from csms.dialects.v2.authorization import read_token_type, write_id_token_info, write_token
from csms.dialects.v2.metering import read_readings
from csms.dialects.v2.mirror import to_wire, to_words
from csms.dialects.v2.outcomes import read_status
from csms.domain.chargers import ChargingPhase
from csms.domain.commands import (
    Command,
    GetTransactionStatus,
    OnTransaction,
    Outcome,
    OutcomeStatus,
    StartTransaction,
    StopTransaction,
    TriggerMessage,
    Unlock,
)
from csms.domain.messages import TransactionAnswer, TransactionReported, TransactionStage
from csms.domain.metering import Reading, context_code
from csms.domain.texts import bounded
from csms.ocpp import v21

_STAGES: Final = {
    "Started": TransactionStage.STARTED,
    "Updated": TransactionStage.UPDATED,
    "Ended": TransactionStage.ENDED,
}
_PHASES: Final[Mapping[str, ChargingPhase]] = {
    "EVConnected": ChargingPhase.PREPARING,
    "Charging": ChargingPhase.CHARGING,
    "SuspendedEV": ChargingPhase.SUSPENDED_EV,
    "SuspendedEVSE": ChargingPhase.SUSPENDED_EVSE,
    "Idle": ChargingPhase.FINISHING,
}
_TRIGGERS: Final = {
    "boot_notification": "BootNotification",
    "custom_trigger": "CustomTrigger",
    "firmware_status_notification": "FirmwareStatusNotification",
    "heartbeat": "Heartbeat",
    "log_status_notification": "LogStatusNotification",
    "diagnostics_status_notification": "LogStatusNotification",
    "meter_values": "MeterValues",
    "publish_firmware_status_notification": "PublishFirmwareStatusNotification",
    "sign_charging_station_certificate": "SignChargingStationCertificate",
    "sign_combined_certificate": "SignCombinedCertificate",
    "sign_v2g20_certificate": "SignV2G20Certificate",
    "sign_v2g_certificate": "SignV2GCertificate",
    "status_notification": "StatusNotification",
    "transaction_event": "TransactionEvent",
}
_BEGIN: Final = context_code("Transaction.Begin")
_END: Final = context_code("Transaction.End")
_NOBODY: Final = "NoAuthorization"
_ALWAYS_READ: Final = (
    "event_type",
    "meter_value",
    "timestamp",
    "seq_no",
    "offline",
    "trigger_reason",
    "reservation_id",
    "evse",
    "id_token",
)


def read_transaction_event(wire: v21.TransactionEvent) -> TransactionReported:
    """A numbered event of a transaction that the charger named."""
    info, token, evse = wire.transaction_info, wire.id_token, wire.evse
    stage = _STAGES[wire.event_type]
    readings = read_readings(wire.meter_value or ())
    details = to_words(wire, *_ALWAYS_READ, "transaction_info")
    details |= to_words(info, "transaction_id", "charging_state", "stopped_reason", "remote_start_id")
    state = info.charging_state
    if state is not None and state not in _PHASES:
        details["charging_state"] = state
    reason = None
    if stage is TransactionStage.ENDED:
        reason = info.stopped_reason or "Local"
    return TransactionReported(
        stage=stage,
        at=parse_time(wire.timestamp),
        evse_id=0 if evse is None else read_evse(evse.id, "evse.id"),
        connector_id=0 if evse is None else read_evse(evse.connector_id or 0, "evse.connectorId"),
        # A session that nobody authorized has an empty token of its own type (C02).
        token=None if token is None or token.type == _NOBODY else bounded(token.id_token),
        token_type=None if token is None else read_token_type(token.type),
        register_wh=_register(stage, readings),
        reason=reason,
        reservation_id=int32_or_none(wire.reservation_id),
        readings=readings,
        charger_ref=info.transaction_id,
        seq_no=wire.seq_no,
        trigger=wire.trigger_reason,
        phase=None if state is None else _PHASES.get(state),
        offline=bool(wire.offline),
        remote_start_id=int32_or_none(info.remote_start_id),
        details=details,
    )


def _register(stage: TransactionStage, readings: Sequence[Reading]) -> Decimal | None:
    """The register at the transaction's beginning or end, by the context that says so.

    Chargers leave the context out: then the first reading of a beginning, the last of an end.
    """
    if stage is TransactionStage.UPDATED:
        return None
    context = _BEGIN if stage is TransactionStage.STARTED else _END
    known = [item for item in readings if item.energy_wh is not None]
    meant = [item for item in known if item.context == context] or known[
        : 1 if stage is TransactionStage.STARTED else None
    ]
    return meant[-1].energy_wh if meant else None


def answer_transaction_event(answer: TransactionAnswer) -> v21.TransactionEventResponse:
    """Stored; what is known of the token if one was shown, and the cost so far if there is one."""
    info = None if answer.authorization is None else write_id_token_info(answer.authorization)
    cost = None if answer.total_cost is None else float(answer.total_cost)
    return v21.TransactionEventResponse(id_token_info=info, total_cost=cost)


def transaction_id(command: OnTransaction) -> str:
    """The charger's own name of a transaction. Raises NotExpressibleError where it has none."""
    if command.charger_ref is None:
        raise NotExpressibleError("the charger did not name this transaction: it was started under OCPP 1.6")
    return command.charger_ref


def write_start(command: StartTransaction) -> v21.RequestStartTransaction:
    """Start charging for a token."""
    if command.request_id is None:
        raise NotExpressibleError("the start needs a request id")
    profile = command.charging_profile
    return v21.RequestStartTransaction(
        id_token=write_token(command.token, command.token_type),
        remote_start_id=command.request_id,
        evse_id=command.evse_id or command.connector_id,
        group_id_token=None if command.group is None else write_token(command.group, "central"),
        charging_profile=None if profile is None else to_wire(profile, v21.ChargingProfileType),
    )


def write_stop(command: StopTransaction) -> v21.RequestStopTransaction:
    """Stop a transaction."""
    return v21.RequestStopTransaction(transaction_id=transaction_id(command))


def write_transaction_status(command: GetTransactionStatus) -> v21.GetTransactionStatus:
    """Does it go on, do messages wait?"""
    named = command.ref is not None or command.charger_ref is not None
    return v21.GetTransactionStatus(transaction_id=transaction_id(command) if named else None)


def read_transaction_status(wire: v21.GetTransactionStatusResponse) -> Outcome:
    """In words; the raw answer has both facts."""
    words = [] if wire.ongoing_indicator is None else ["it goes on" if wire.ongoing_indicator else "it has ended"]
    words.append("messages wait to be sent" if wire.messages_in_queue else "no messages wait")
    return Outcome(OutcomeStatus.ACCEPTED, reason=", ".join(words))


def write_unlock(command: Unlock) -> v21.UnlockConnector:
    """Release the cable; a connector without an EVSE is counted over the charger, as 1.6 does."""
    if command.evse_id is None:
        return v21.UnlockConnector(evse_id=command.connector_id, connector_id=1)
    return v21.UnlockConnector(evse_id=command.evse_id, connector_id=command.connector_id)


def write_trigger(command: TriggerMessage) -> v21.TriggerMessage:
    """Send that message now."""
    evse = None
    if command.evse_id is not None:
        evse = v21.EVSEType(id=command.evse_id, connector_id=command.connector_id)
    elif command.connector_id is not None:
        named = command.message == "status_notification"  # F06.FR.12: for this one the connector has to be named
        evse = v21.EVSEType(id=command.connector_id, connector_id=1 if named else None)
    return v21.TriggerMessage(
        requested_message=_TRIGGERS[command.message],  # type: ignore[arg-type]
        evse=evse,
        custom_trigger=command.custom_trigger,
    )


INBOUND: Final[dict[type, Inbound]] = {
    v21.TransactionEvent: Inbound(read_transaction_event, answer_transaction_event),
}
OUTBOUND: Final[dict[type[Command], Outbound]] = {
    StartTransaction: Outbound("RequestStartTransaction", write_start, read_status),
    StopTransaction: Outbound("RequestStopTransaction", write_stop, read_status),
    GetTransactionStatus: Outbound("GetTransactionStatus", write_transaction_status, read_transaction_status),
    Unlock: Outbound("UnlockConnector", write_unlock, read_status),
    TriggerMessage: Outbound("TriggerMessage", write_trigger, read_status),
}
