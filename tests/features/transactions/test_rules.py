# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Rules of transactions that need no database: their numbers, and what is doubted about a start."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.messages import TransactionReported, TransactionStage
from csms.domain.tokens import INVALID, Authorization, AuthorizationStatus
from csms.features.transactions.rules import MAX_NUMBER, start_flags, transaction_number

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACCEPTED = Authorization(AuthorizationStatus.ACCEPTED)
KEY = 0x0123_4567_89AB_CDEF


def start(at: datetime | None = NOW, register_wh: Decimal | None = Decimal(100)) -> TransactionReported:
    """A start without anything to doubt, unless asked for."""
    return TransactionReported(stage=TransactionStage.STARTED, at=at, token="TAG", register_wh=register_wh)


@given(sequence=st.integers(1, MAX_NUMBER), key=st.integers(0, 2**63 - 1))
def test_numbers_are_positive_int32(sequence: int, key: int) -> None:
    """A charger keeps them in an int32; 0 means none to many of them."""
    assert 0 < transaction_number(sequence, key) <= 2**31 - 1


@pytest.mark.parametrize("key", [0, 1, KEY, 2**63 - 1])
def test_numbers_do_not_repeat(key: int) -> None:
    """A permutation: one number for each place in the sequence, at both ends of it."""
    sequences = [*range(1, 20_001), *range(MAX_NUMBER - 20_000, MAX_NUMBER + 1)]
    assert len({transaction_number(sequence, key) for sequence in sequences}) == len(sequences)


@pytest.mark.parametrize(
    ("sequence", "key", "number"),
    [
        (1, 0, 723_097_943),
        (2, 0, 1_147_794_238),
        (1, KEY, 1_984_069_649),
        (2, KEY, 1_911_835_639),
        (MAX_NUMBER, KEY, 548_813_864),
        (123_456_789, 2**63 - 1, 1_149_872_519),
    ],
)
def test_numbers_stay_what_they_were(sequence: int, key: int, number: int) -> None:
    """A changed permutation would issue numbers again that chargers already hold."""
    assert transaction_number(sequence, key) == number


def test_one_number_does_not_tell_the_next() -> None:
    """Neighbours in the sequence lie apart, never by the same step, and differently under another key."""
    numbers = [transaction_number(sequence, KEY) for sequence in range(1, 1001)]
    steps = {later - earlier for earlier, later in pairwise(numbers)}
    assert len(steps) > 990
    assert min(abs(step) for step in steps) > 1000
    others = [transaction_number(sequence, KEY + 1) for sequence in range(1, 1001)]
    assert not set(zip(range(1000), numbers, strict=True)) & set(zip(range(1000), others, strict=True))


def test_every_byte_of_the_key_counts() -> None:
    """Keys that differ in one of the bytes that the rounds use give other numbers."""
    usual = [transaction_number(sequence, KEY) for sequence in range(1, 50)]
    for byte in range(4):
        changed = [transaction_number(sequence, KEY ^ 0x55 << 8 * byte) for sequence in range(1, 50)]
        assert changed != usual


@pytest.mark.parametrize("sequence", [0, -1, MAX_NUMBER + 1])
def test_a_sequence_that_ran_out_is_refused(sequence: int) -> None:
    """Rather no number than one that was given before."""
    with pytest.raises(ValueError, match=f"^transaction sequence {sequence} is not within 1..{MAX_NUMBER}$"):
        transaction_number(sequence, KEY)


def test_a_good_start_is_not_doubted() -> None:
    """An accepted token, a clock that is set, a register that may be zero."""
    assert start_flags(start(), ACCEPTED, NOW) == ()
    assert start_flags(start(register_wh=Decimal(0)), ACCEPTED, NOW) == ()
    assert start_flags(start(register_wh=None), ACCEPTED, NOW) == ()


@pytest.mark.parametrize(
    ("report", "authorization", "flags"),
    [
        (start(), None, ("unknown_token",)),
        (start(), INVALID, ("unknown_token",)),
        (start(), Authorization(AuthorizationStatus.BLOCKED), ("token_not_accepted",)),
        (start(), Authorization(AuthorizationStatus.EXPIRED), ("token_not_accepted",)),
        (start(register_wh=Decimal(-1)), ACCEPTED, ("negative_register",)),
        (start(at=None), ACCEPTED, ("clock_unset",)),
        (start(at=datetime(1970, 1, 1, tzinfo=UTC)), ACCEPTED, ("clock_unset",)),
        (start(at=NOW + timedelta(hours=1)), ACCEPTED, ("future_timestamp",)),
        (start(at=None, register_wh=Decimal(-1)), None, ("clock_unset", "negative_register", "unknown_token")),
    ],
)
def test_what_is_doubted_about_a_start(
    report: TransactionReported, authorization: Authorization | None, flags: tuple[str, ...]
) -> None:
    """It is stored and answered all the same; the flags say why somebody should look."""
    assert start_flags(report, authorization, NOW) == flags
