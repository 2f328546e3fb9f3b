# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Core profile: StartTransaction (§4.8) and StopTransaction (§4.10); RemoteStart and RemoteStop (§5.11, §5.12).

Start and Stop are always answered by a result: a CSMS cannot refuse them, only say so in idTagInfo.
"""

from typing import Final

from csms.dialects.base import Inbound, NotExpressibleError, Outbound
from csms.dialects.times import parse_time
from csms.dialects.v16.authorization import write_id_tag_info
from csms.dialects.v16.metering import read_readings
from csms.dialects.v16.numbers import connector_of, read_connector, read_register, read_reservation
from csms.dialects.v16.smart_charging import write_profile
from csms.domain.commands import Command, Outcome, OutcomeStatus, StartTransaction, StopTransaction
from csms.domain.messages import TransactionAnswer, TransactionReported, TransactionStage
from csms.domain.texts import bounded
from csms.domain.tokens import INVALID
from csms.ocpp import v16


def read_start(wire: v16.StartTransaction) -> TransactionReported:
    """A transaction began; its number is ours to give."""
    connector = read_connector(wire.connector_id)
    return TransactionReported(
        stage=TransactionStage.STARTED,
        at=parse_time(wire.timestamp),
        evse_id=connector,
        connector_id=connector,
        token=bounded(wire.id_tag),
        register_wh=read_register(wire.meter_start),
        reservation_id=read_reservation(wire.reservation_id),
    )


def answer_start(answer: TransactionAnswer) -> v16.StartTransactionResponse:
    """The number, and whether the tag may charge."""
    return v16.StartTransactionResponse(
        id_tag_info=write_id_tag_info(answer.authorization or INVALID), transaction_id=answer.ref
    )


def read_stop(wire: v16.StopTransaction) -> TransactionReported:
    """A transaction is over; an absent reason means Local (§6.45)."""
    return TransactionReported(
        stage=TransactionStage.ENDED,
        at=parse_time(wire.timestamp),
        ref=wire.transaction_id,
        token=bounded(wire.id_tag) if wire.id_tag else None,
        register_wh=read_register(wire.meter_stop),
        reason=wire.reason or "Local",
        readings=read_readings(wire.transaction_data or ()),
    )


def answer_stop(answer: TransactionAnswer) -> v16.StopTransactionResponse:
    """Stored; idTagInfo only if a tag was shown."""
    info = None if answer.authorization is None else write_id_tag_info(answer.authorization)
    return v16.StopTransactionResponse(id_tag_info=info)


def write_remote_start(command: StartTransaction) -> v16.RemoteStartTransaction:
    """Start charging for a tag."""
    profile = command.charging_profile
    return v16.RemoteStartTransaction(
        connector_id=connector_of(command.evse_id, command.connector_id),
        id_tag=command.token,
        charging_profile=None if profile is None else write_profile(profile),
    )


def write_remote_stop(command: StopTransaction) -> v16.RemoteStopTransaction:
    """Stop a transaction by its number."""
    if command.ref is None:
        raise NotExpressibleError("OCPP 1.6 names transactions by the number that the CSMS issued")
    return v16.RemoteStopTransaction(transaction_id=command.ref)


def read_remote(wire: v16.RemoteStartTransactionResponse | v16.RemoteStopTransactionResponse) -> Outcome:
    """Accepted or Rejected."""
    return Outcome(OutcomeStatus.ACCEPTED if wire.status == "Accepted" else OutcomeStatus.REJECTED)


INBOUND: Final[dict[type, Inbound]] = {
    v16.StartTransaction: Inbound(read_start, answer_start),
    v16.StopTransaction: Inbound(read_stop, answer_stop),
}
OUTBOUND: Final[dict[type[Command], Outbound]] = {
    StartTransaction: Outbound("RemoteStartTransaction", write_remote_start, read_remote),
    StopTransaction: Outbound("RemoteStopTransaction", write_remote_stop, read_remote),
}
