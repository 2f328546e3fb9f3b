# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Whoever has a network of addresses has no more tries than whoever has one (attacks 3, 32)."""

from datetime import UTC, datetime
from itertools import count

import pytest

from csms.gateway.auth import Throttle
from csms.kit.addresses import network_of
from csms.kit.clock import FakeClock
from csms.kit.http.limits import RequestLimits, TooFastError
from csms.kit.http.problems import TooManyRequestsError, UnauthorizedError
from tests.api.support import Product

OURS = "2001:db8:0:1::{:x}"
THEIRS = "2001:db8:0:2::1"


def test_what_counts_as_one() -> None:
    """64 bits of IPv6; one of IPv4, also where it is written as IPv6; what is no address is all the same."""
    assert network_of(OURS.format(1)) == network_of(OURS.format(0xFFFF)) == network_of("2001:db8:0:1:ffff::%eth0")
    assert network_of(THEIRS) != network_of(OURS.format(1))
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") != network_of("192.0.2.2")
    assert network_of(None) == network_of("") == network_of("somewhere") == "unknown"


async def test_a_household_counts_as_one(api: Product) -> None:
    """Another address for each try: counted together, at the API and at the door for chargers; others are not meant."""
    limits, numbers = RequestLimits(100, 10, 100), count(1)
    for _ in range(10):
        await limits.of_address(OURS.format(next(numbers)))
    with pytest.raises(TooFastError):
        await limits.of_address(OURS.format(next(numbers)))
    await limits.of_address(THEIRS)

    keys = api.app.state.api_keys
    for _ in range(60):
        with pytest.raises(UnauthorizedError):
            await keys.authenticate("no key", OURS.format(next(numbers)))
    with pytest.raises(TooManyRequestsError):
        await keys.authenticate("no key", OURS.format(next(numbers)))
    with pytest.raises(UnauthorizedError):
        await keys.authenticate("no key", THEIRS)

    throttle = Throttle(FakeClock(datetime(2026, 11, 28, tzinfo=UTC)))
    found = [throttle.failed(f"source:{network_of(OURS.format(next(numbers)))}")[0] for _ in range(11)]
    assert found == [False] * 10 + [True]
