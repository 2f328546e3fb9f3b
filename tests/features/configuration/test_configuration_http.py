# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Configuration of a charger over HTTP: what it reported, what it was set to."""

import secrets
from typing import Any

from csms.kit.ids import new_id
from tests.features.whole import Whole
from tests.support.charger import Charger
from tests.support.eventually import eventually

CONFIGURATION = "/api/v1/chargers/CP1/configuration"


def key(name: str, value: str | None = "1", *, readonly: bool = False) -> dict[str, Any]:
    """As GetConfiguration answers it."""
    return {"key": name, "readonly": readonly, **({} if value is None else {"value": value})}


async def read(whole: Whole, charger: Charger, *keys: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Ask the charger, wait until all of it is stored; what the API then shows."""
    charger.answers["GetConfiguration"] = {"configurationKey": list(keys)}
    assert (await whole.command({"type": "get_configuration"}))["status"] == "accepted"
    last = keys[-1]["key"]

    async def stored() -> bool:
        items = await whole.items(CONFIGURATION, key=last)
        return bool(items) and items[0]["value"] == keys[-1].get("value")

    await eventually(stored)
    return {item["key"]: item for item in await whole.items(CONFIGURATION)}


async def test_what_was_read_is_shown(whole: Whole, charger: Charger) -> None:
    """By key; a key without a value has none; read again, the newest value counts and the others stay."""
    assert await whole.items(CONFIGURATION) == []
    found = await read(whole, charger, key("B", "60"), key("A", None, readonly=True))
    assert list(found) == ["A", "B"]
    assert (found["A"]["value"], found["A"]["readonly"]) == (None, True)
    assert (found["B"]["value"], found["B"]["readonly"]) == ("60", False)
    again = await read(whole, charger, key("B", "61"))
    assert again["A"] == found["A"]
    assert again["B"]["value"] == "61"
    assert again["B"]["created_at"] == found["B"]["created_at"] < again["B"]["updated_at"]


async def test_what_was_set_is_shown(whole: Whole, charger: Charger) -> None:
    """Once the charger has taken it; what it refused changes nothing."""
    await read(whole, charger, key("A", "1"))
    charger.answers["ChangeConfiguration"] = {"status": "Rejected"}
    await whole.command({"type": "change_configuration", "key": "A", "value": "2"})
    charger.answers["ChangeConfiguration"] = {"status": "Accepted"}
    await whole.command({"type": "change_configuration", "key": "New", "value": "3"})

    async def stored() -> bool:
        return bool(await whole.items(CONFIGURATION, key="New"))

    await eventually(stored)
    items = await whole.items(CONFIGURATION)
    assert [(item["key"], item["value"]) for item in items] == [("A", "1"), ("New", "3")]


async def test_odd_reports_lose_nothing(whole: Whole, charger: Charger) -> None:
    """Longer than the specification allows, or told twice: kept, beside the rest."""
    found = await read(
        whole,
        charger,
        key("k" * 200, "v" * 50_000),
        key("Twice", "first"),
        key("Twice", "second"),
        key("Good", "1"),
    )
    assert found["Good"]["value"] == "1"
    assert found["Twice"]["value"] == "second"
    assert found["k" * 200]["value"] == "v" * 50_000
    assert len(found) == 3
    assert len(await whole.walk(CONFIGURATION, 1)) == 3


async def test_a_key_longer_than_an_index_holds(whole: Whole, charger: Charger) -> None:
    """Kept by its beginning, the same each time; it keeps neither the others nor the next report from being stored."""
    long = secrets.token_hex(10_000)
    found = await read(whole, charger, key(long, "1"), key("Good", "1"))
    (kept,) = set(found) - {"Good"}
    assert len(kept) == 255
    assert long.startswith(kept.partition("…")[0])
    assert set(await read(whole, charger, key(long, "2"), key("Good", "2"))) == {kept, "Good"}


async def test_lists_are_filtered_sorted_and_walked(whole: Whole, charger: Charger) -> None:
    """By key, by whether it can be changed; in both directions, each once."""
    names = [f"K{number}" for number in range(5)]
    await read(whole, charger, *(key(name, readonly=name in ("K1", "K3")) for name in names))
    assert [item["key"] for item in await whole.items(CONFIGURATION, readonly="true")] == ["K1", "K3"]
    assert [item["key"] for item in await whole.items(CONFIGURATION, key="K2")] == ["K2"]
    assert [item["key"] for item in await whole.walk(CONFIGURATION, 2)] == names
    assert [item["key"] for item in await whole.walk(CONFIGURATION, 2, sort="-key")] == names[::-1]
    assert await whole.items(CONFIGURATION, fields="key", key="K0") == [{"key": "K0"}]
    for query, code in (
        ({"value": "1"}, "invalid_filter"),
        ({"readonly": "perhaps"}, "invalid_filter"),
        ({"sort": "value"}, "invalid_page"),
        ({"limit": "0"}, "invalid_page"),
    ):
        assert await whole.refused("GET", CONFIGURATION, params=query) == (400, code)


async def test_of_this_charger_only(whole: Whole, charger: Charger) -> None:
    """Another charger has its own; one that is not there is 404; nobody reads without signing in."""
    await read(whole, charger, key("A"))
    await whole.csms.charger("CP2")
    assert await whole.items("/api/v1/chargers/CP2/configuration") == []
    assert len(await whole.items("/api/v1/chargers/cp1/configuration")) == 1
    assert await whole.refused("GET", "/api/v1/chargers/NOBODY/configuration") == (404, "charger_not_found")
    async with whole.as_nobody() as nobody:
        assert (await nobody.get(CONFIGURATION)).status_code == 401


async def test_configuration_of_others_is_not_there(whole: Whole, charger: Charger) -> None:
    """The database holds it to the organization."""
    await read(whole, charger, key("A"))
    other, sql = new_id(), whole.csms.sql
    await sql.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Rival')", other)
    await sql.execute("SET session_replication_role = replica")  # without foreign keys: its charger stays ours
    await sql.execute("UPDATE configurations SET organization_id = $1", other)
    assert await whole.items(CONFIGURATION) == []
