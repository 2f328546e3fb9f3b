# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Core profile: DataTransfer, both directions (§4.3, §5.6)."""

from typing import Any, Final

import msgspec

from csms.dialects.base import Inbound, Outbound
from csms.domain.commands import Command, DataTransfer, Outcome, OutcomeStatus
from csms.domain.messages import VendorAnswer, VendorAnswerStatus, VendorMessage
from csms.ocpp import v16

_STATUS: Final = {
    VendorAnswerStatus.ACCEPTED: "Accepted",
    VendorAnswerStatus.REJECTED: "Rejected",
    VendorAnswerStatus.UNKNOWN_MESSAGE_ID: "UnknownMessageId",
    VendorAnswerStatus.UNKNOWN_VENDOR_ID: "UnknownVendorId",
}


def read_data_transfer(wire: v16.DataTransfer) -> VendorMessage:
    """A message of a vendor."""
    return VendorMessage(vendor_id=wire.vendor_id, message_id=wire.message_id, data=wire.data)


def answer_data_transfer(answer: VendorAnswer) -> v16.DataTransferResponse:
    """What became of it."""
    return v16.DataTransferResponse(status=_STATUS[answer.status], data=_text(answer.data))  # type: ignore[arg-type]


def _text(data: Any) -> str | None:
    """`data` is a text here (§5.6); what is none goes as JSON."""
    return data if data is None or isinstance(data, str) else msgspec.json.encode(data).decode()


def write_data_transfer(command: DataTransfer) -> v16.DataTransfer:
    """A message to the vendor's charger."""
    return v16.DataTransfer(vendor_id=command.vendor_id, message_id=command.message_id, data=command.data)


def read_data_transfer_response(wire: v16.DataTransferResponse) -> Outcome:
    """Accepted, or refused with the charger's word for why."""
    if wire.status == "Accepted":
        return Outcome(OutcomeStatus.ACCEPTED)
    return Outcome(OutcomeStatus.REJECTED, reason=wire.status)


INBOUND: Final[dict[type, Inbound]] = {v16.DataTransfer: Inbound(read_data_transfer, answer_data_transfer)}
OUTBOUND: Final[dict[type[Command], Outbound]] = {
    DataTransfer: Outbound("DataTransfer", write_data_transfer, read_data_transfer_response),
}
