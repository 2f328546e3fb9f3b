# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Local lists over HTTP."""

from typing import Any

from tests.features.whole import Whole
from tests.support.charger import Charger, connected
from tests.support.eventually import eventually

HERE = "/api/v1/chargers/CP1/local-list"
ACCEPTED = {"status": "Accepted"}
BOOT = {"chargingStation": {"vendorName": "Acme", "model": "Two"}, "reason": "PowerUp"}


async def known(whole: Whole, version: int) -> dict[str, Any]:
    """The list, once it has that version."""

    async def look() -> dict[str, Any] | None:
        answer = await whole.client.get(HERE)
        found: dict[str, Any] | None = answer.json() if answer.status_code == 200 else None
        return found if found is not None and found["version"] == version else None

    found = await eventually(look)
    assert found is not None
    return found


async def test_all_tokens_become_the_list(whole: Whole, charger: Charger) -> None:
    """One call sends who may charge; the blocked and the expired are left out."""
    assert await whole.refused("GET", HERE) == (404, "local_list_unknown")
    assert await whole.refused("GET", "/api/v1/chargers/NOBODY/local-list") == (404, "charger_not_found")
    charger.answers["SendLocalList"] = ACCEPTED
    await whole.csms.token("B", group="FAMILY")
    await whole.csms.token("A")
    await whole.csms.token("LOST", status="blocked")
    await whole.csms.sql.execute("UPDATE tokens SET expires_at = now() - interval '1 h' WHERE value = 'A'")
    answer = await whole.client.put(HERE, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 202
    assert answer.headers["location"].endswith(answer.json()["id"])
    again = await whole.client.put(HERE, headers={"Idempotency-Key": "k"})
    assert again.json()["id"] == answer.json()["id"]
    sent = await charger.heard_action("SendLocalList")
    assert sent["listVersion"] == 1
    assert sent["localAuthorizationList"] == [
        {"idTag": "B", "idTagInfo": {"status": "Accepted", "parentIdTag": "FAMILY"}}
    ]
    found = await known(whole, 1)
    assert [entry["token"] for entry in found["entries"]] == ["B"]


async def test_which_lists_a_token_is_on(whole: Whole, charger: Charger) -> None:
    """Each list that names it, in another letter case too; none when it was taken off, or is no token at all."""
    charger.answers["SendLocalList"] = ACCEPTED
    here, there = [(await whole.create("/api/v1/tokens", value=value))["id"] for value in ("Card1", "OTHER")]
    entries = [{"token": "CARD1", "status": "accepted"}]
    await whole.command({"type": "send_local_list", "update": "full", "entries": entries})
    # what the charger took is noted after the command is told to be done
    listed = await eventually(lambda: whole.items(f"/api/v1/tokens/{here}/local-lists"))
    assert [(each["charger_id"], each["version"]) for each in listed] == [("CP1", 1)]
    assert await whole.items(f"/api/v1/tokens/{there}/local-lists") == []
    await whole.command({"type": "send_local_list", "update": "differential", "entries": [{"token": "CARD1"}]})
    await known(whole, 2)
    assert await whole.items(f"/api/v1/tokens/{here}/local-lists") == []
    assert await whole.refused("GET", "/api/v1/tokens/0192f000-0000-7000-8000-000000000000/local-lists") == (
        404,
        "token_not_found",
    )


async def test_a_list_from_elsewhere_is_told_as_such(whole: Whole) -> None:
    """A version that is not ours: its entries are not known, and the next list has the version after it."""
    async with connected(whole.csms.url, "CP1", protocols=("ocpp2.0.1",)) as two:
        await two.call("BootNotification", BOOT)
        two.answers |= {"GetLocalListVersion": {"versionNumber": 41}, "SendLocalList": ACCEPTED}
        assert (await whole.command({"type": "get_local_list_version"}))["reason"] == "version 41"
        assert (await known(whole, 41))["entries"] is None
        changes = [{"token": "A", "status": "accepted", "token_type": "iso14443"}]
        sent = {"type": "send_local_list", "update": "differential", "entries": changes}
        assert (await whole.command(sent))["body"]["version"] == 42
        assert (await known(whole, 42))["entries"] is None
        assert (await whole.command(sent | {"update": "full"}))["body"]["version"] == 43
        assert (await known(whole, 43))["entries"] == [{"token": "A", "token_type": "iso14443", "status": "accepted"}]
        assert (await whole.command({"type": "get_local_list_version"}))["status"] == "accepted"
        assert (await known(whole, 41))["entries"] is None
