# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Data transfer (P): messages outside of the specification, both directions."""

from typing import Final

from csms.dialects.base import Inbound, Outbound
from csms.dialects.v2.outcomes import read_status
from csms.domain.commands import Command, DataTransfer
from csms.domain.messages import VendorAnswer, VendorAnswerStatus, VendorMessage
from csms.ocpp import v21

_STATUS: Final = {
    VendorAnswerStatus.ACCEPTED: "Accepted",
    VendorAnswerStatus.REJECTED: "Rejected",
    VendorAnswerStatus.UNKNOWN_MESSAGE_ID: "UnknownMessageId",
    VendorAnswerStatus.UNKNOWN_VENDOR_ID: "UnknownVendorId",
}


def read_data_transfer(wire: v21.DataTransfer) -> VendorMessage:
    """A message of a vendor."""
    return VendorMessage(vendor_id=wire.vendor_id, message_id=wire.message_id, data=wire.data)


def answer_data_transfer(answer: VendorAnswer) -> v21.DataTransferResponse:
    """What became of it."""
    return v21.DataTransferResponse(status=_STATUS[answer.status], data=answer.data)  # type: ignore[arg-type]


def write_data_transfer(command: DataTransfer) -> v21.DataTransfer:
    """A message to the vendor's charger."""
    return v21.DataTransfer(vendor_id=command.vendor_id, message_id=command.message_id, data=command.data)


INBOUND: Final[dict[type, Inbound]] = {v21.DataTransfer: Inbound(read_data_transfer, answer_data_transfer)}
OUTBOUND: Final[dict[type[Command], Outbound]] = {
    DataTransfer: Outbound("DataTransfer", write_data_transfer, read_status),
}
