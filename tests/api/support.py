# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The application as main puts it together, over a test's database, with somebody signed in."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
from fastapi import FastAPI

from csms.api.app import ApiDependencies
from csms.api.live import LiveHub
from csms.features.commands.service import CommandService
from csms.features.local_lists.service import with_version
from csms.features.transactions.service import names_of
from csms.kit.bus.base import Bus
from csms.kit.clock import FakeClock
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import UnitsOfWork
from csms.kit.ids import new_id
from csms.main.api import assemble, new_hub
from tests.api.contract import Contract
from tests.features.accounts.support import PASSWORD, Site, site
from tests.support.postgres import Database


@dataclass
class HttpSide:
    """What somebody who is signed in can do."""

    app: FastAPI
    client: httpx2.AsyncClient

    async def create(self, path: str, **body: Any) -> dict[str, Any]:
        """POST that has to succeed."""
        answer = await self.client.post(path, json=body)
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    async def items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """The items of a list."""
        answer = await self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def refused(self, method: str, path: str, **options: Any) -> tuple[int, str]:
        """Status and code of a refusal."""
        answer = await self.client.request(method, path, **options)
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        return answer.status_code, answer.json()["code"]

    def as_nobody(self) -> httpx2.AsyncClient:
        """A client that did not sign in."""
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.app), base_url="http://csms.test")


@dataclass
class Product(HttpSide):
    """The whole HTTP side; `sql` looks behind it as superuser."""

    site: Site
    units: UnitsOfWork
    hub: LiveHub
    bus: Bus
    clock: FakeClock
    sql: asyncpg.Connection
    commands: CommandService

    async def insert(self, table: str, **columns: Any) -> None:
        """Put a row there, of the default organization unless it says otherwise."""
        row = {"organization_id": DEFAULT_ORGANIZATION_ID, **columns}
        names = ", ".join(f'"{name}"' for name in row)
        places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
        await self.sql.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", *row.values())

    async def transaction(self, charger_id: str, **columns: Any) -> UUID:
        """A transaction as the gateway would have stored it; open unless it says otherwise."""
        row: dict[str, Any] = {
            "id": new_id(),
            "charger_id": charger_id,
            "evse_id": 1,
            "connector_id": 1,
            "id_tag": "TAG",
            "authorization": "accepted",
            "meter_start": 1000,
            "start_timestamp": self.clock.now(),
            "start_received_at": self.clock.now(),
            "status": "active",
            **columns,
        }
        await self.insert("transactions", **row)
        key: UUID = row["id"]
        return key

    async def reading(
        self, charger_id: str, transaction: UUID | None, at: datetime, energy_wh: float | None, **columns: Any
    ) -> None:
        """A row of meter values, stored into its partition as the gateway does."""
        await self.sql.execute("SELECT csms_make_partitions($1)", columns.get("received_at", at))
        row: dict[str, Any] = {
            "charger_id": charger_id,
            "evse_id": 1,
            "connector_id": 1,
            "transaction": transaction,
            "received_at": at,
            "measured_at": at,
            "context": 0,
            "energy_wh": energy_wh,
            "codes": [],
            "values": [],
            **columns,
        }
        await self.insert("meter_values", **row)


@asynccontextmanager
async def product(database: Database, folder: Path, **options: Any) -> AsyncIterator[Product]:
    """All routes on a clock that stands; the client is signed in as administrator."""
    async with site(database, folder, **options) as under:
        await under.accounts.ensure_first_admin(PASSWORD)
        deps = ApiDependencies(
            **{name: getattr(under.app.state, name) for name in ApiDependencies.__dataclass_fields__}
        )
        hub = new_hub(deps.bus)
        await hub.start()
        commands = CommandService(
            deps.units, deps.bus, deps.clock, deps.metrics, names_of, with_version, call_timeout_s=5
        )
        app = assemble(deps, commands, hub)
        sql = await database.connect()
        await sql.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
        try:
            transport = httpx2.ASGITransport(app=app)
            headers = await under.bearer()
            hooks = {"response": [Contract(app)]}
            async with httpx2.AsyncClient(
                transport=transport, base_url="http://csms.test", headers=headers, event_hooks=hooks
            ) as client:
                yield Product(app, client, under, deps.units, hub, deps.bus, under.clock, sql, commands)
        finally:
            await sql.close()
            await hub.stop()
