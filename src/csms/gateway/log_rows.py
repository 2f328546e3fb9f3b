# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What was said on a link, as rows of the OCPP log and of the conformance findings."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from csms.domain.secrets import mask_message
from csms.gateway.ports import FindingRow, LogRow
from csms.ocpp.codec import Finding
from csms.ocpp.rpc import CallReceived, ErrorReceived, OutboundCall, ResultReceived, SendReceived

if TYPE_CHECKING:
    from csms.gateway.link import Link

_MAX_MALFORMED: Final = 4_096
_MAX_MESSAGE_ID: Final = 36


def answered_row(
    link: "Link", call: CallReceived | SendReceived, received_at: datetime, at: datetime, response: bytes
) -> LogRow:
    """A call of the charger and our CALLRESULT."""
    return _inbound(link, call, received_at, at, bytes(call.payload).decode(), response.decode(), "result", None)


def refused_row(
    link: "Link", call: CallReceived | SendReceived, received_at: datetime, at: datetime, code: str, description: str
) -> LogRow:
    """A call of the charger and our CALLERROR; the payload may be anything."""
    return _inbound(
        link,
        call,
        received_at,
        at,
        _storable(bytes(call.payload).decode("utf-8", "backslashreplace")),
        description,
        "error",
        code,
    )


def malformed_row(link: "Link", at: datetime, data: str, code: str, description: str, message_id: str | None) -> LogRow:
    """A frame that could not be understood."""
    shown = _storable(data[:_MAX_MALFORMED].encode("utf-8", "backslashreplace").decode())
    return (
        link.organization,
        link.charger.id,
        at,
        at,
        link.epoch or 0,
        "in",
        (message_id or "-1")[:_MAX_MESSAGE_ID].replace("\0", ""),
        "",
        link.dialect.protocol.value,
        shown,
        description,
        "error",
        code,
    )


def exchanged_row(
    link: "Link",
    call: OutboundCall,
    event: ResultReceived | ErrorReceived | TimeoutError | None,
    sent_at: datetime,
    at: datetime,
) -> tuple[str, LogRow]:
    """A call of ours with what came of it: `result`, `error` or `timeout`, and the row, without secrets."""
    response: str | None = None
    kind, code = "timeout", None
    if isinstance(event, ResultReceived):
        response, kind = mask_message(bytes(event.payload).decode("utf-8", "replace")), "result"
    elif isinstance(event, ErrorReceived):
        response, kind, code = event.description, "error", event.code
    return kind, (
        link.organization,
        link.charger.id,
        sent_at,
        at if event is not None else None,
        link.epoch or 0,
        "out",
        call.message_id,
        call.action,
        link.dialect.protocol.value,
        mask_message(bytes(call.payload).decode()),
        None if response is None else response.replace("\0", ""),
        kind,
        code,
    )


def finding_rows(link: "Link", action: str, findings: Sequence[Finding]) -> list[FindingRow]:
    """What was forgiven in a message."""
    return [
        (link.charger.id, link.charger.organization_id, action, item.code, item.path, item.detail) for item in findings
    ]


def _storable(text: str) -> str:
    return text[:_MAX_MALFORMED].replace("\0", "\\u0000")


def _inbound(
    link: "Link",
    call: CallReceived | SendReceived,
    received_at: datetime,
    at: datetime,
    request: str,
    response: str,
    outcome: str,
    code: str | None,
) -> LogRow:
    return (
        link.organization,
        link.charger.id,
        received_at,
        at,
        link.epoch or 0,
        "in",
        call.message_id,
        call.action,
        link.dialect.protocol.value,
        request,
        response,
        outcome,
        code,
    )
