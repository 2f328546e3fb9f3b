# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How the configuration of a charger changed."""

from typing import Any

from tests.features.whole import Whole
from tests.support.charger import Charger
from tests.support.eventually import eventually

HISTORY = "/api/v1/chargers/CP1/configuration/history"
CURRENT = "/api/v1/chargers/CP1/configuration"


async def _changes(whole: Whole, count: int) -> list[tuple[Any, ...]]:
    async def look() -> list[dict[str, Any]] | None:
        found = await whole.items(HISTORY, sort="at")
        return found if len(found) == count else None

    found = await eventually(look)
    assert found is not None
    return [(one["key"], one["old_value"], one["new_value"], one["actor_name"]) for one in found]


async def test_who_changed_what(whole: Whole, charger: Charger) -> None:
    """Seen first is no change; set here has who set it; found changed is the charger's own doing; secrets stay masked."""

    def answers(value: str) -> dict[str, Any]:
        keys = [{"key": "A", "readonly": False, "value": value}, {"key": "B", "readonly": True, "value": "x"}]
        return {"configurationKey": keys}

    charger.answers |= {"GetConfiguration": answers("1"), "ChangeConfiguration": {"status": "Accepted"}}
    await whole.command({"type": "get_configuration"})

    async def known() -> bool:
        return len(await whole.items(CURRENT)) == 2

    await eventually(known)
    command = await whole.command({"type": "change_configuration", "key": "A", "value": "2"})
    assert await _changes(whole, 1) == [("A", "1", "2", "admin")]
    (change,) = await whole.items(HISTORY, key="A")
    assert change["command"] == command["id"]
    charger.answers["GetConfiguration"] = answers("3")
    await whole.command({"type": "get_configuration"})
    assert await _changes(whole, 2) == [("A", "1", "2", "admin"), ("A", "2", "3", "charger")]
    for password in ("the first password", "the other password"):
        await whole.command({"type": "change_configuration", "key": "AuthorizationKey", "value": password})
    assert await whole.refused("GET", "/api/v1/chargers/NOBODY/configuration/history") == (404, "charger_not_found")
    stored = str(await whole.csms.rows("SELECT * FROM configuration_history"))
    assert "password" not in stored
