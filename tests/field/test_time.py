# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Clocks: unset, wrong, in another zone; both times are kept, and no fact is refused for its time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.charger import Charger
from tests.support.csms import Csms


def wire(at: datetime) -> str:
    """A time as chargers write it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def _session(csms: Csms, charger: Charger, begin: str, end: str) -> Any:
    number = (await charger.start(timestamp=begin))["transactionId"]
    await charger.stop(number, 1500, end)
    return await csms.transaction(number)


async def test_a_clock_that_was_never_set(csms: Csms, charger: Charger) -> None:
    """MicroOcpp#311, #354: 1970 until the first boot answer. Stored as told, with our own time beside it."""
    before = datetime.now(UTC)
    row = await _session(csms, charger, "1970-01-01T00:00:10Z", "1970-01-01T01:00:00Z")
    assert row["start_timestamp"] == datetime(1970, 1, 1, 0, 0, 10, tzinfo=UTC)
    assert before <= row["start_received_at"] <= row["stop_received_at"] <= datetime.now(UTC)
    assert (row["status"], row["energy_wh"], row["flags"]) == ("completed", 500, ["clock_unset"])


async def test_a_clock_that_was_set_in_the_middle(csms: Csms, charger: Charger) -> None:
    """Start in 1970, stop today: no stop before its start, and the energy is the register's."""
    row = await _session(csms, charger, "1970-01-01T00:00:10Z", "2026-11-23T11:00:00Z")
    assert (row["energy_wh"], row["flags"]) == (500, ["clock_unset"])


async def test_local_time_sent_as_utc(csms: Csms, charger: Charger) -> None:
    """steve#136: two hours ahead until the clock is corrected; the stop lies before the start, and is believed."""
    now = datetime.now(UTC)
    row = await _session(csms, charger, wire(now + timedelta(hours=2)), wire(now))
    assert (row["status"], row["energy_wh"], row["flags"]) == ("completed", 500, ["future_timestamp"])


async def test_a_stop_before_its_start(csms: Csms, charger: Charger) -> None:
    """steve#1960, #1992: time checks are advisory."""
    row = await _session(csms, charger, "2026-11-23T11:00:00Z", "2026-11-23T10:00:00Z")
    assert (row["status"], row["energy_wh"], row["flags"]) == ("completed", 500, ["stop_before_start"])


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T10:00:00Z",
        "2026-11-23T10:00:00.000Z",
        "2026-11-23T10:00:00.0000001Z",
        "2026-11-23T10:00:00+00:00",
        "2026-11-23T12:00:00+02:00",
        "2026-11-23T10:00:00",
        "2026-11-23t10:00:00z",
        " 2026-11-23T10:00:00Z ",
        "2026-11-23 10:00:00Z",
    ],
)
async def test_one_instant_in_many_spellings(csms: Csms, charger: Charger, text: str) -> None:
    """steve#96, steve#1371, steve#2006: zones, fractions of any length, and none of them."""
    await charger.status("Available", timestamp=text)
    row = await csms.row("SELECT status_at FROM connectors")
    assert row["status_at"] == datetime(2026, 11, 23, 10, tzinfo=UTC)


async def test_what_is_no_time_at_all(csms: Csms, charger: Charger) -> None:
    """A Start is answered with a number whatever its time is; the doubt is on record."""
    started = await charger.start(timestamp="yesterday")
    assert started["idTagInfo"] == {"status": "Accepted"}
    row = await csms.transaction(started["transactionId"])
    assert (row["start_timestamp"], row["flags"]) == (None, ["clock_unset"])
    again = await charger.start(timestamp="yesterday")
    assert again["transactionId"] == started["transactionId"]


@pytest.mark.parametrize(
    "text",
    [
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "2026-06-30T23:59:60Z",
        "2026-11-28T24:00:00Z",
        "2027-02-29T12:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-03-29T02:30:00+99:99",
        "-0044-03-15T12:00:00Z",
    ],
)
async def test_times_at_the_edges(csms: Csms, charger: Charger, text: str) -> None:
    """Beyond what a calendar holds, leap seconds, days that there are not: answered, flagged, and never billed by."""
    started = await charger.start(timestamp=text)
    assert await charger.stop(started["transactionId"], 1_500, timestamp=text) == {}
    row = await csms.transaction(started["transactionId"])
    assert set(row["flags"]) & {"clock_unset", "future_timestamp"}, row["flags"]
    assert row["status"] == "completed"


async def test_our_times_end_with_z(charger: Charger) -> None:
    """steve#96: UTC, three digits, and the Z."""
    text = (await charger.call("Heartbeat"))["currentTime"]
    assert (text[-1], text[-5], len(text)) == ("Z", ".", 24)


async def test_a_replayed_status_does_not_overwrite_a_newer_one(csms: Csms, charger: Charger) -> None:
    """lbb#361: a queue is emptied after the line came back. The history has both, the state is the newer."""
    now = datetime.now(UTC)
    await charger.status("Charging", timestamp=wire(now))
    await charger.status("Preparing", timestamp=wire(now - timedelta(hours=1)))
    assert (await csms.row("SELECT status FROM connectors"))["status"] == "charging"
    rows = await csms.rows("SELECT status FROM status_history ORDER BY received_at")
    assert [row["status"] for row in rows] == ["charging", "preparing"]


@pytest.mark.parametrize("extra", [{"timestamp": "1970-01-01T00:00:00Z"}, {}], ids=["unset", "absent"])
async def test_a_status_without_a_usable_time_counts(csms: Csms, charger: Charger, extra: dict[str, Any]) -> None:
    """MicroOcpp#354: the clock is gone after a power cut; what arrives last is what is."""
    await charger.status("Charging", timestamp=wire(datetime.now(UTC)))
    await charger.status("Available", **extra)
    assert (await csms.row("SELECT status FROM connectors"))["status"] == "available"


async def test_a_clock_that_ran_ahead_does_not_freeze_the_state(csms: Csms, charger: Charger) -> None:
    """A status from tomorrow, then the clock is corrected: the state follows the charger."""
    now = datetime.now(UTC)
    await charger.status("Charging", timestamp=wire(now + timedelta(days=1)))
    await charger.status("Available", timestamp=wire(now))
    assert (await csms.row("SELECT status FROM connectors"))["status"] == "available"
