# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the ocpp_log feature under the application's role; the database holds each query to one organization."""

from typing import Any, Final

import msgspec
from sqlalchemy import String, cast

from csms.features.ocpp_log.tables import ocpp_messages
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_o = ocpp_messages.c
MESSAGES: Final = Listing(
    columns={
        "at": _o.at,
        "answered_at": _o.answered_at,
        "direction": _o.direction,
        "action": _o.action,
        "message_id": _o.message_id,
        "protocol": _o.protocol,
        "outcome": _o.outcome,
        "error_code": _o.error_code,
        "request": _o.request,
        "response": _o.response,
        "epoch": _o.epoch,
    },
    key=_o.direction + "/" + _o.message_id + "/" + cast(_o.received_at, String),
    sorts={"at": _o.at},
    default_sort="-at",
    filters={
        "direction": Filter(_o.direction, values=("in", "out")),
        "action": Filter(_o.action),
        "outcome": Filter(_o.outcome, values=("result", "error", "timeout")),
        "message_id": Filter(_o.message_id),
        "error_code": Filter(_o.error_code),
        "at": Filter(_o.at),
    },
    search=(_o.action, _o.message_id, _o.error_code, _o.request, _o.response),
    paper=("at", "direction", "action", "outcome", "error_code", "request", "response"),
)
OF_CHARGER: Final = _o.charger_id


def message_item(row: dict[str, Any]) -> dict[str, Any]:
    """Payloads as JSON where they are, as text where they are not."""
    for name in ("request", "response"):
        if row.get(name) is not None:
            row[name] = _json(row[name])
    return row


def _json(text: str) -> Any:
    if not text.startswith(("{", "[")):
        return text
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    return msgspec.Raw(text.encode())
