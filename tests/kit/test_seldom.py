# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What lasts is said at once, and then every so often."""

from datetime import UTC, datetime

from csms.kit.clock import FakeClock, Seldom


def test_it_is_said_at_once_then_every_so_often_and_at_once_when_it_begins_anew() -> None:
    """Not at every turn of the loop."""
    clock = FakeClock(datetime(2026, 11, 24, tzinfo=UTC))
    seldom = Seldom(clock, 30.0)
    said = []
    for _ in range(70):
        said.append(seldom.due())
        clock.advance(1)
    assert [second for second, due in enumerate(said) if due] == [0, 30, 60]
    seldom.over()
    assert seldom.due()
    assert not seldom.due()
