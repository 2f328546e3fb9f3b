# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tokens (id tags): normal form and the answer to "may this token charge?"."""

from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

import msgspec

# The types that OCPP 2.1 names (Appendix 7); a token without one is an RFID card to a 2.x charger.
TokenType = Literal[
    "central",
    "direct_payment",
    "e_maid",
    "evccid",
    "iso14443",
    "iso15693",
    "key_code",
    "local",
    "mac_address",
    "no_authorization",
    "vin",
]


class AuthorizationStatus(StrEnum):
    """The answers of OCPP 2.x (AuthorizationStatusEnumType); 1.6 knows the first five (§7.2)."""

    ACCEPTED = "accepted"
    BLOCKED = "blocked"
    EXPIRED = "expired"
    INVALID = "invalid"
    CONCURRENT_TX = "concurrent_tx"
    NO_CREDIT = "no_credit"
    NOT_ALLOWED_TYPE_EVSE = "not_allowed_type_evse"
    NOT_AT_THIS_LOCATION = "not_at_this_location"
    NOT_AT_THIS_TIME = "not_at_this_time"
    UNKNOWN = "unknown"


class Authorization(msgspec.Struct, frozen=True):
    """What a charger is told about a token."""

    status: AuthorizationStatus
    expires_at: datetime | None = None
    group: str | None = None
    known: bool = True


INVALID: Final = Authorization(AuthorizationStatus.INVALID, known=False)
_VENDOR_PREFIXES = ("VID:",)


def normalize(value: str) -> str:
    """The form in which tokens are compared: no surrounding blanks, upper case.

    Identifiers are case-insensitive (OCPP 1.6 §7.28 CiString20Type); readers differ in case (steve#1900, evs#1774).
    """
    return value.strip().upper()


def candidates(value: str) -> tuple[str, ...]:
    """Normal forms under which a reported token may be stored, the most exact first.

    KEBA appends `_serial`, Alpitronic puts `VID:` before an autocharge id (evcc#32916).
    """
    exact = normalize(value)
    found = [exact]
    found += [exact.removeprefix(prefix) for prefix in _VENDOR_PREFIXES if exact.startswith(prefix)]
    head, separator, _ = exact.partition("_")
    if separator and head:
        found.append(head)
    return tuple(dict.fromkeys(found))


def authorize(status: str, expires_at: datetime | None, group: str | None, now: datetime) -> Authorization:
    """The answer for a stored token: its own status, and expired once its time is over."""
    known = AuthorizationStatus(status)
    if known is AuthorizationStatus.ACCEPTED and expires_at is not None and expires_at <= now:
        known = AuthorizationStatus.EXPIRED
    return Authorization(known, expires_at, group)
