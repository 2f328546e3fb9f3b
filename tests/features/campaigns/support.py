# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A fleet of scripted chargers, and what a campaign has come to."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx2

from tests.features.accounts.support import PASSWORD
from tests.features.whole import Whole
from tests.support.charger import Charger, connected
from tests.support.eventually import eventually

CAMPAIGNS = "/api/v1/firmware-campaigns"
OLD, NEW = "1.0", "2.0"
BOOT = {"chargePointVendor": "ACME", "chargePointModel": "One"}


@asynccontextmanager
async def fleet(whole: Whole, count: int) -> AsyncIterator[list[Charger]]:
    """F1, F2, … of the vendor ACME, connected, with the old version; they take every update and tell nothing."""
    async with AsyncExitStack() as stack:
        chargers = []
        for number in range(1, count + 1):
            identity = await whole.csms.charger(f"F{number}")
            charger = await stack.enter_async_context(connected(whole.csms.url, identity))
            await boot(charger, OLD)
            charger.answers["UpdateFirmware"] = {}
            chargers.append(charger)
        yield chargers


async def boot(charger: Charger, version: str) -> None:
    """It restarts, and tells its version."""
    await charger.call("BootNotification", {**BOOT, "firmwareVersion": version})


async def tells(charger: Charger, *words: str) -> None:
    """How far it is."""
    for word in words:
        await charger.call("FirmwareStatusNotification", {"status": word})


async def installs(charger: Charger, version: str = NEW) -> None:
    """Fetches, installs, restarts."""
    await charger.heard_action("UpdateFirmware", 30)
    await tells(charger, "Downloading", "Downloaded", "Installing")
    await boot(charger, version)
    await tells(charger, "Installed")


async def add_image(whole: Whole, name: str = "fw.bin", content: bytes = b"firmware", **words: str) -> dict[str, Any]:
    """An image in the library."""
    query = {"name": name, "version": NEW, **words}
    answer = await whole.client.post("/api/v1/firmware", params=query, content=content)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def draft(whole: Whole, **body: Any) -> dict[str, Any]:
    """A campaign for the fleet, tried once, that nobody has started."""
    if "firmware" not in body:
        body["firmware"] = (await add_image(whole))["id"]
    given = {"name": "Spring", "filter": {"vendor": "ACME"}, "retries": 0, **body}
    given = {name: value for name, value in given.items() if name != "filter" or "ids" not in body}
    answer = await whole.client.post(CAMPAIGNS, json=given)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{CAMPAIGNS}/{found['id']}"
    return found


async def act(whole: Whole, campaign: dict[str, Any], what: str, **body: Any) -> dict[str, Any]:
    """Start, pause, resume, abort or retry it."""
    answer = await whole.client.post(f"{CAMPAIGNS}/{campaign['id']}/{what}", **({"json": body} if body else {}))
    assert answer.status_code in (200, 202), answer.text
    found: dict[str, Any] = answer.json()
    return found


async def now(whole: Whole, campaign: dict[str, Any]) -> dict[str, Any]:
    """The campaign as it is now."""
    found: dict[str, Any] = (await whole.client.get(f"{CAMPAIGNS}/{campaign['id']}")).json()
    return found


async def until(
    whole: Whole, campaign: dict[str, Any], status: str | None = None, counts: dict[str, int] | None = None
) -> dict[str, Any]:
    """The campaign, once it has a status and its chargers have come so far."""

    async def look() -> dict[str, Any] | None:
        found = await now(whole, campaign)
        fits = status in (None, found["status"]) and counts in (None, found["counts"])
        return found if fits else None

    try:
        found: dict[str, Any] | None = await eventually(look, 30)
    except AssertionError as error:
        there = await whole.items(f"{CAMPAIGNS}/{campaign['id']}/chargers")
        raise AssertionError(f"{await now(whole, campaign)}: {there}") from error
    assert found is not None
    return found


async def results(whole: Whole, campaign: dict[str, Any], **query: Any) -> dict[str, dict[str, Any]]:
    """What became of it at each charger."""
    found = await whole.items(f"{CAMPAIGNS}/{campaign['id']}/chargers", **query)
    return {each["charger_id"]: each for each in found}


async def signed_in(whole: Whole, username: str, **body: Any) -> httpx2.AsyncClient:
    """A client of a new user."""
    made = await whole.client.post("/api/v1/users", json={"username": username, **body})
    assert made.status_code == 201, made.text
    client = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=whole.app),
        base_url="http://csms.test",
        event_hooks=whole.client.event_hooks,
        timeout=60,
    )
    token = made.json()["invitation_url"].partition("#")[2]
    answer = await client.post("/api/v1/auth/accept-invitation", json={"token": token, "password": PASSWORD})
    assert answer.json() == {"username": username}
    answer = await client.post("/api/v1/auth/login", json={"username": username, "password": PASSWORD})
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return client
