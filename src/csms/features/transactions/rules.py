# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Rules of the transactions feature that need no database: numbers that cannot be guessed, what to store of a start."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec

from csms.domain.messages import TransactionReported
from csms.domain.tokens import Authorization, AuthorizationStatus
from csms.domain.transactions import (
    FLAG_NEGATIVE_REGISTER,
    FLAG_NOT_ACCEPTED,
    FLAG_UNKNOWN_TOKEN,
    Register,
    last_believed,
    time_flags,
)

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


STOP_PATIENCE: Final = timedelta(minutes=5)
"""So long after a charger accepted to stop a transaction its end is waited for."""
_REFUSED: Final = frozenset({"rejected", "not_supported"})


class Closing(msgspec.Struct, frozen=True):
    """Whether the record of an open transaction may be closed by hand: on which ground, or why not."""

    ground: str | None
    refusal: str | None = None
    words: str | None = None


def may_close(status: str, online: bool, stop: Mapping[Any, Any] | None, now: datetime) -> Closing:
    """Only where nobody else will end it: `stop` is the newest command that asked its charger to."""
    if not online:
        return Closing("charger_offline")
    if status == "suspect":
        return Closing("connector_free")
    if stop is None:
        words = "the charger is connected: ask it to stop the transaction first"
        return Closing(None, "charger_online", words)
    if stop["status"] == "pending":
        return Closing(None, "stop_under_way", "the charger is being asked to stop it: wait for its answer")
    if stop["status"] in _REFUSED:
        return Closing("stop_refused")
    if stop["status"] != "accepted":
        return Closing("stop_not_answered")
    if now - stop["finished_at"] < STOP_PATIENCE:
        minutes = STOP_PATIENCE.total_seconds() / 60
        words = f"the charger accepted to stop it: its end is waited for, {minutes:.0f} minutes at most"
        return Closing(None, "stop_under_way", words)
    return Closing("end_did_not_come")


def asks_to_stop(body: Mapping[str, Any], number: int | None, charger_ref: str | None) -> bool:
    """Whether a stored command is about that transaction."""
    named = body.get("charger_ref")
    if named is not None:
        return bool(named == charger_ref)
    return number is not None and body.get("ref") == number


class Proposal(msgspec.Struct, frozen=True):
    """The end of a transaction as far as it is known; `basis` is what the time is taken from."""

    meter_stop: Decimal | None
    stopped_at: datetime
    basis: str


def propose_end(
    start: Register | None,
    began_at: datetime,
    readings: Sequence[Register],
    free_at: datetime | None,
    gone_at: datetime | None,
    now: datetime,
) -> Proposal:
    """The newest register that counts, at its time; without any, when the connector was free or the charger gone.

    Never before the beginning and never in the future: in doubt the earlier end, so that nobody pays for silence.
    """
    last = last_believed(start, readings)
    if last == start:  # a beginning alone says nothing
        last = None
    meter, read_at = (None, None) if last is None else (last.wh, last.at)
    known = (("last_reading", read_at), ("connector_free", free_at), ("charger_offline", gone_at))
    for basis, at in known:
        if at is not None and began_at <= at <= now:
            return Proposal(meter, at, basis)
    return Proposal(meter, min(began_at, now), "start")
