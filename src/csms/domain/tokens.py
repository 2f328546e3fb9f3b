# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tokens (id tags): normal form and the answer to "may this token charge?"."""

from datetime import datetime
from enum import StrEnum

import msgspec


class AuthorizationStatus(StrEnum):
    """The five answers of OCPP 1.6 (AuthorizationStatus, §7.2)."""

    ACCEPTED = "accepted"
    BLOCKED = "blocked"
    EXPIRED = "expired"
    INVALID = "invalid"
    CONCURRENT_TX = "concurrent_tx"


class Authorization(msgspec.Struct, frozen=True):
    """What a charger is told about a token."""

    status: AuthorizationStatus
    expires_at: datetime | None = None
    group: str | None = None


INVALID = Authorization(AuthorizationStatus.INVALID)
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
