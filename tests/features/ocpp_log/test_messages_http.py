# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The OCPP log of a charger over HTTP: what was said on the wire, each request with its answer."""

from datetime import datetime
from typing import Any

import pytest

from csms.kit.ids import new_id
from tests.features.whole import Whole
from tests.support.charger import CallError, Charger, connected
from tests.support.eventually import eventually

MESSAGES = "/api/v1/chargers/CP1/messages"


async def logged(whole: Whole, action: str, **query: Any) -> dict[str, Any]:
    """The newest exchange of an action, as soon as it is stored."""
    items = await eventually(lambda: whole.items(MESSAGES, action=action, **query))
    found: dict[str, Any] = items[0]
    return found


async def test_both_directions_are_shown(whole: Whole, charger: Charger) -> None:
    """A call of the charger with our answer, a call of ours with the charger's."""
    await charger.call("Authorize", {"idTag": "Nobody"}, message_id="a-1")
    found = await logged(whole, "Authorize")
    assert found["direction"] == "in"
    assert (found["message_id"], found["protocol"], found["outcome"]) == ("a-1", "ocpp1.6", "result")
    assert (found["request"], found["response"]) == ({"idTag": "Nobody"}, {"idTagInfo": {"status": "Invalid"}})
    assert found["error_code"] is None
    assert found["at"] <= found["answered_at"]

    charger.answers["ClearCache"] = {"status": "Accepted"}
    await whole.command({"type": "clear_cache"})
    found = await logged(whole, "ClearCache")
    assert (found["direction"], found["outcome"]) == ("out", "result")
    assert (found["request"], found["response"]) == ({}, {"status": "Accepted"})


async def test_errors_are_shown(whole: Whole, charger: Charger) -> None:
    """A CALLERROR of ours, one of the charger's, and a frame that is no message at all."""
    with pytest.raises(CallError, match="NotImplemented"):
        await charger.call("Fly", {"to": "moon"})
    found = await logged(whole, "Fly")
    assert (found["outcome"], found["error_code"], found["request"]) == ("error", "NotImplemented", {"to": "moon"})

    charger.answers["ClearCache"] = CallError("InternalError", "no memory", {})
    await whole.command({"type": "clear_cache"})
    found = await logged(whole, "ClearCache")
    assert (found["outcome"], found["error_code"], found["response"]) == ("error", "InternalError", "no memory")

    await charger.send('{"not": "a frame"} <script>\0')
    await charger.call("Heartbeat")
    items = await eventually(lambda: whole.items(MESSAGES, message_id="-1"))
    assert items[0]["outcome"] == "error"
    assert "<script>" in items[0]["request"]


async def test_connections_are_told_apart(whole: Whole) -> None:
    """By epoch: a charger that comes back begins another."""
    for _ in range(2):
        async with connected(whole.csms.url, "CP1", boot=True):
            pass

    async def both() -> list[dict[str, Any]] | None:
        items: list[dict[str, Any]] = await whole.items(MESSAGES, action="BootNotification")
        return items if len(items) == 2 else None

    newest, oldest = await eventually(both) or []
    assert newest["epoch"] > oldest["epoch"]


async def test_lists_are_filtered_sorted_and_walked(whole: Whole, charger: Charger) -> None:
    """Newest first; by direction, action, outcome, id and time; each once, also those of one moment."""
    for number in range(5):
        await charger.call("Authorize", {"idTag": f"T{number}"}, message_id=f"m{number}")

    async def all_there() -> bool:
        return len(await whole.items(MESSAGES, action="Authorize")) == 5

    await eventually(all_there)
    ids = [item["message_id"] for item in await whole.items(MESSAGES, action="Authorize")]
    assert ids == [f"m{number}" for number in (4, 3, 2, 1, 0)]
    for limit in (1, 2, 5):
        walked = await whole.walk(MESSAGES, limit, action="Authorize")
        assert [item["message_id"] for item in walked] == ids
        walked = await whole.walk(MESSAGES, limit, action="Authorize", sort="at")
        assert [item["message_id"] for item in walked] == ids[::-1]
    (boot,) = await whole.items(MESSAGES, action="BootNotification")
    third = (await whole.items(MESSAGES, message_id="m3"))[0]
    for query, expected in (
        ({"direction": "out"}, []),
        ({"action": ["BootNotification", "Heartbeat"]}, [boot["message_id"]]),
        ({"outcome": "error"}, []),
        ({"at[gte]": third["at"], "action": "Authorize"}, ["m4", "m3"]),
        ({"at[lt]": third["at"], "action": "Authorize"}, ["m2", "m1", "m0"]),
    ):
        assert [item["message_id"] for item in await whole.items(MESSAGES, **query)] == expected, query
    assert await whole.items(MESSAGES, message_id="m3", fields="action") == [{"action": "Authorize"}]
    assert datetime.fromisoformat(third["at"]).tzinfo is not None


async def test_queries_that_are_refused(whole: Whole) -> None:
    """400 names what it did not understand."""
    for query, code, word in (
        ({"request": "x"}, "invalid_filter", "request"),
        ({"direction": "sideways"}, "invalid_filter", "direction"),
        ({"at": "yesterday"}, "invalid_filter", "at"),
        ({"sort": "action"}, "invalid_page", "at"),
        ({"limit": "501"}, "invalid_page", "limit"),
        ({"cursor": "e30"}, "invalid_cursor", "cursor"),
    ):
        answer = await whole.client.get(MESSAGES, params=query)
        assert (answer.status_code, answer.json()["code"]) == (400, code), query
        assert word in answer.json()["detail"], query


async def test_of_this_charger_and_organization_only(whole: Whole, charger: Charger) -> None:
    """Another charger has its own log, 404 where there is none, 401 for nobody, nothing of other organizations."""
    await logged(whole, "BootNotification")
    await whole.csms.charger("CP2")
    assert await whole.items("/api/v1/chargers/CP2/messages") == []
    assert await whole.items("/api/v1/chargers/cp1/messages") != []
    assert await whole.refused("GET", "/api/v1/chargers/NOBODY/messages") == (404, "charger_not_found")
    async with whole.as_nobody() as nobody:
        assert (await nobody.get(MESSAGES)).status_code == 401
    other, sql = new_id(), whole.csms.sql
    await sql.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Rival')", other)
    await sql.execute("UPDATE ocpp_messages SET organization_id = $1", other)
    assert await whole.items(MESSAGES) == []
