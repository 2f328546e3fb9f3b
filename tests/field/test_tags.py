# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tags as readers spell them: matched in one normal form, kept as they came."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.charger import Charger
from tests.support.csms import Csms


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("04a1b2c3", "04A1B2C3"),
        ("04A1B2C3", "04a1b2c3"),
        ("04A1B2C3", " 04A1B2C3 "),
        ("ABCDEF", "abcdef_12345"),
        ("001122334455", "VID:001122334455"),
        ("vid:001122334455", "VID:001122334455"),
        ("under_score", "UNDER_SCORE"),
        ("Grüße-7", "GRÜßE-7"),
        ("A" * 36, "a" * 36),
    ],
    ids=["steve#1900", "evs#1774", "blanks", "KEBA", "Alpitronic evcc#32916", "VID stored", "exact", "ß", "over-long"],
)
async def test_one_tag_in_many_spellings(csms: Csms, charger: Charger, stored: str, shown: str) -> None:
    """Authorize, Start and Stop agree; the transaction keeps what the charger said."""
    await csms.token(stored, normalized=stored.strip().upper())
    accepted = {"idTagInfo": {"status": "Accepted"}}
    assert await charger.call("Authorize", {"idTag": shown}) == accepted
    started = await charger.start(shown)
    assert started["idTagInfo"] == accepted["idTagInfo"]
    assert await charger.stop(started["transactionId"], 1500, "2026-11-23T11:00:00Z", idTag=shown) == accepted
    row = await csms.transaction()
    assert (row["id_tag"], row["authorization"], row["flags"]) == (shown, "accepted", [])


async def test_a_tag_of_another_case_stops_its_own(csms: Csms, charger: Charger) -> None:
    """steve#1900: started in capitals, stopped in small letters: not another tag."""
    number = (await charger.start("TAG"))["transactionId"]
    await charger.stop(number, 1500, "2026-11-23T11:00:00Z", idTag="tag")
    assert (await csms.transaction())["flags"] == []


async def test_the_more_exact_form_is_meant(csms: Csms, charger: Charger) -> None:
    """A blocked tag is not let in by the accepted one that its beginning names."""
    await csms.token("TAG_9", "blocked")
    assert (await charger.call("Authorize", {"idTag": "tag_9"}))["idTagInfo"] == {"status": "Blocked"}
    assert (await charger.call("Authorize", {"idTag": "tag_8"}))["idTagInfo"] == {"status": "Accepted"}


@pytest.mark.parametrize(
    ("status", "told"),
    [("accepted", "Accepted"), ("blocked", "Blocked"), ("expired", "Expired"), ("invalid", "Invalid")],
)
async def test_a_tag_is_answered_as_it_is_stored(csms: Csms, charger: Charger, status: str, told: str) -> None:
    """citrineos#215: a blocked tag was answered Invalid. Authorize, Start and Stop say the same."""
    await csms.token("OTHER", status)
    assert (await charger.call("Authorize", {"idTag": "OTHER"}))["idTagInfo"] == {"status": told}
    started = await charger.start("OTHER")
    assert started["idTagInfo"] == {"status": told}
    assert started["transactionId"] > 0
    stopped = await charger.stop(started["transactionId"], 1500, "2026-11-23T11:00:00Z", idTag="OTHER")
    assert stopped["idTagInfo"] == {"status": told}
    row = await csms.transaction()
    assert row["authorization"] == status
    assert bool(row["flags"]) == (status != "accepted")


async def test_expiry_and_group_are_told(csms: Csms, charger: Charger) -> None:
    """A date to come is told with the status; a group longer than an idToken is left out rather than cut."""
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    await csms.token("SOON", expires_at=until, group="FLEET")
    info = (await charger.call("Authorize", {"idTag": "SOON"}))["idTagInfo"]
    assert info == {"expiryDate": f"{until:%Y-%m-%dT%H:%M:%S}.000Z", "parentIdTag": "FLEET", "status": "Accepted"}
    await csms.token("LONG", group="G" * 21)
    assert (await charger.call("Authorize", {"idTag": "LONG"}))["idTagInfo"] == {"status": "Accepted"}


@pytest.mark.parametrize("tag", ["", " ", "'; DROP TABLE tokens; --", "%", "_", "*", "\\", "🚗"])
async def test_odd_tags_are_just_unknown(csms: Csms, charger: Charger, tag: str) -> None:
    """No pattern, no SQL, no exception: Invalid. A Start with it is stored with what was said."""
    assert (await charger.call("Authorize", {"idTag": tag}))["idTagInfo"] == {"status": "Invalid"}
    started = await charger.start(tag)
    assert started["idTagInfo"] == {"status": "Invalid"}
    assert (await csms.transaction())["id_tag"] == tag


async def test_a_tag_longer_than_an_index_holds(csms: Csms, charger: Charger) -> None:
    """Kilobytes of a tag: Start and Stop are answered by a result all the same, and told again they are the same."""
    tag = secrets.token_hex(10_000)
    refused = {"status": "Invalid"}
    assert (await charger.call("Authorize", {"idTag": tag}))["idTagInfo"] == refused
    started = await charger.start(tag)
    assert started["idTagInfo"] == refused
    assert await charger.start(tag) == started
    await charger.stop(started["transactionId"], 1500, "2026-11-23T11:00:00Z", idTag=tag)
    row = await csms.transaction()
    assert (len(row["id_tag"]), row["id_tag"], row["status"]) == (255, row["stop_id_tag"], "completed")
    for _ in range(2):
        await charger.stop(77, 1500, "2026-11-23T11:00:00Z", idTag=tag)
    assert len(await csms.rows("SELECT 1 FROM transactions")) == 2
