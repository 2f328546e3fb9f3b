# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A whole CSMS in one process, from the HTTP request to the charger's socket and back."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from csms.api.app import ApiDependencies
from csms.api.installation import ChargerAddress
from csms.features.accounts.passwords import Passwords
from csms.features.accounts.service import AccountService
from csms.main.api import PASSWORD_FILE, assemble, new_hub
from csms.main.sign_in import identity_options
from tests.api.contract import Contract
from tests.api.support import HttpSide
from tests.features.accounts.support import CHEAP, PASSWORD
from tests.support.csms import Csms, running
from tests.support.postgres import Database


@dataclass
class Whole(HttpSide):
    """The HTTP side, and `csms` with the gateway and the worker behind it; the charger CP1 is provisioned."""

    csms: Csms

    async def command(self, body: dict[str, Any], charger_id: str = "CP1", **headers: str) -> dict[str, Any]:
        """Send a command and wait for its outcome."""
        path = f"/api/v1/chargers/{charger_id}/commands"
        answer = await self.client.post(path, json=body, params={"wait": 30}, headers=headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def walk(self, path: str, limit: int, **query: Any) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            params = {**query, "limit": limit, **({} if cursor is None else {"cursor": cursor})}
            answer = await self.client.get(path, params=params)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            assert 0 < len(page["items"]) <= limit or not found
            found += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    async def errors(self, method: str, path: str, **options: Any) -> Sequence[dict[str, str]]:
        """Where a body does not fit, as the 422 tells it."""
        answer = await self.client.request(method, path, **options)
        assert answer.status_code == 422, answer.text
        found: Sequence[dict[str, str]] = answer.json()["errors"]
        return found


@asynccontextmanager
async def whole(database: Database, folder: Path, **ocpp: Any) -> AsyncIterator[Whole]:
    """Everything that `csms serve` opens, on the system's clock; the client is signed in as administrator."""
    async with running(database, folder, **ocpp) as csms:
        kit, commands = csms.application.kit, csms.application.commands
        assert kit is not None
        assert commands is not None
        accounts = AccountService(
            kit.units,
            kit.keys,
            kit.clock,
            initial_password_file=folder / PASSWORD_FILE,
            options=identity_options(kit.settings),
            passwords=Passwords(CHEAP),
        )
        await accounts.ensure_first_admin(PASSWORD)
        hub = new_hub(kit.bus)
        await hub.start()
        deps = ApiDependencies(
            units=kit.units,
            keys=kit.keys,
            clock=kit.clock,
            metrics=kit.metrics,
            bus=kit.bus,
            accounts=accounts,
            ready=csms.application.ready,
            version="1.2.3",
            charger_addresses=[ChargerAddress(url="ws://localhost:9000/ocpp/{identity}", security_profiles=[0, 1])],
            data_dir=folder,
            public_url=kit.settings.http.public_url,
            files=kit.settings.files,
            webhooks=kit.settings.webhooks,
            mail=kit.settings.mail,
            plugins=csms.application.plugins,
        )
        app = assemble(deps, commands, hub)
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app),
            base_url="http://csms.test",
            timeout=60,
            event_hooks={"response": [Contract(app)]},
        )
        try:
            answer = await client.post("/api/v1/auth/login", json={"username": "admin", "password": PASSWORD})
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            await csms.charger("CP1")
            yield Whole(app, client, csms)
        finally:
            await client.aclose()
            await hub.stop()
