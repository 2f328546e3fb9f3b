# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Who waits is spread over time."""

from csms.kit.retries import spread


def test_waiting_chargers_come_back_one_after_the_other() -> None:
    """Never sooner than asked, at most a fifth later, and not all at once."""
    told = {spread(60) for _ in range(2_000)}
    assert (min(told), max(told)) == (60, 72)
    assert len(told) == 13
    assert {spread(1) for _ in range(100)} == {1}
