# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The two kinds of protocol error, and the error codes in each version's own spelling."""

from enum import StrEnum
from typing import Any, Final

MAX_DESCRIPTION: Final = 255  # errorDescription, OCPP-J 1.6 §4.2.3, 2.x Part 4 §4.2.3


class Protocol(StrEnum):
    """The OCPP versions, by the WebSocket subprotocol names they are agreed with."""

    V16 = "ocpp1.6"
    V201 = "ocpp2.0.1"
    V21 = "ocpp2.1"


class LocalProtocolError(Exception):
    """We tried something that the protocol forbids: a bug on our side."""


class RemoteProtocolError(Exception):
    """The peer sent something that the protocol forbids; it carries what the CALLERROR says.

    `code` is spelt as the peer's version spells it, `description` fits errorDescription, `details` is an object.
    """

    def __init__(self, code: str, description: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = cut_description(description)
        self.details: dict[str, Any] = {} if details is None else details


# OCPP-J 1.6 §4.2.3 with its two misspellings, which the errata (3.x 5.1, 5.2) keep.
_CODES_16: Final = frozenset(
    {
        "NotImplemented",
        "NotSupported",
        "InternalError",
        "ProtocolError",
        "SecurityError",
        "FormationViolation",
        "PropertyConstraintViolation",
        "OccurenceConstraintViolation",
        "TypeConstraintViolation",
        "GenericError",
    }
)
# OCPP 2.0.1 and 2.1 Part 4 §4.3.
_CODES_2: Final = frozenset(
    {
        "FormatViolation",
        "GenericError",
        "InternalError",
        "MessageTypeNotSupported",
        "NotImplemented",
        "NotSupported",
        "OccurrenceConstraintViolation",
        "PropertyConstraintViolation",
        "ProtocolError",
        "RpcFrameworkError",
        "SecurityError",
        "TypeConstraintViolation",
    }
)
ERROR_CODES: Final = {Protocol.V16: _CODES_16, Protocol.V201: _CODES_2, Protocol.V21: _CODES_2}

_SPELT_16: Final = {
    "FormatViolation": "FormationViolation",
    "OccurrenceConstraintViolation": "OccurenceConstraintViolation",
    "MessageTypeNotSupported": "NotSupported",
    "RpcFrameworkError": "FormationViolation",
}
_SPELT_2: Final = {
    "FormationViolation": "FormatViolation",
    "OccurenceConstraintViolation": "OccurrenceConstraintViolation",
}


def spell(protocol: Protocol, code: str) -> str:
    """An error code in the spelling of one version, whichever version's spelling it is given in.

    Raises LocalProtocolError where no version knows the code.
    """
    codes = ERROR_CODES[protocol]
    if code in codes:
        return code
    spelt = (_SPELT_16 if protocol is Protocol.V16 else _SPELT_2).get(code)
    if spelt is None:
        raise LocalProtocolError(f"{code!r} is no error code of {protocol}")
    return spelt


def cut_description(text: str) -> str:
    """A text that fits errorDescription and that PostgreSQL can store."""
    if len(text) > MAX_DESCRIPTION:
        text = text[: MAX_DESCRIPTION - 1] + "…"
    return text.encode("utf-8", "replace").decode().replace("\0", "�")
