# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Rules of the transactions feature that need no database: numbers that cannot be guessed, what to store of a start."""

from datetime import datetime
from typing import Final

from csms.domain.messages import TransactionReported
from csms.domain.tokens import Authorization, AuthorizationStatus
from csms.domain.transactions import FLAG_NEGATIVE_REGISTER, FLAG_NOT_ACCEPTED, FLAG_UNKNOWN_TOKEN, time_flags

_ROUNDS: Final = 4
_HALF: Final = 16
_MASK: Final = (1 << _HALF) - 1
MAX_NUMBER: Final = (1 << 31) - 1


def _permute(value: int, key: int) -> int:
    """A Feistel network over 32 bits: a bijection that the key decides."""
    left, right = value >> _HALF, value & _MASK
    for number in range(_ROUNDS):
        mixed = (right * 0x9E3779B1 + (key >> number * 8) + number * 0x85EBCA6B) & 0xFFFFFFFF
        mixed ^= mixed >> 15
        mixed = mixed * 0x2C1B3C6D & 0xFFFFFFFF
        left, right = right, left ^ (mixed >> 12 & _MASK)
    return left << _HALF | right


def transaction_number(sequence: int, key: int) -> int:
    """The number a charger is given for the n-th transaction: unique, positive, int32, not to be guessed from another.

    Walks the permutation until it lands inside 1 .. 2^31-1, which keeps it a bijection on that range
    (never 0: hsem#907; int32: evcc#15951; not guessable: SteVe #1296).
    """
    if not 0 < sequence <= MAX_NUMBER:
        raise ValueError(f"transaction sequence {sequence} is not within 1..{MAX_NUMBER}")
    value = _permute(sequence, key)
    while not 0 < value <= MAX_NUMBER:
        value = _permute(value, key)
    return value


def start_flags(
    report: TransactionReported, authorization: Authorization | None, received_at: datetime
) -> tuple[str, ...]:
    """What is doubted about a start; it is stored and answered all the same."""
    flags = list(time_flags(report.at, received_at))
    if report.register_wh is not None and report.register_wh < 0:
        flags.append(FLAG_NEGATIVE_REGISTER)
    if authorization is None or authorization.status is AuthorizationStatus.INVALID:
        flags.append(FLAG_UNKNOWN_TOKEN)
    elif authorization.status is not AuthorizationStatus.ACCEPTED:
        flags.append(FLAG_NOT_ACCEPTED)
    return tuple(flags)
