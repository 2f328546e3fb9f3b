# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A whole CSMS in the test's own process: gateway, worker and services on a test's own database."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
from pydantic import SecretStr, TypeAdapter
from sqlalchemy import RowMapping

from csms.features.commands.schemas import CommandBody
from csms.kit.config import (
    BrokerSettings,
    FileSettings,
    HttpSettings,
    Iso15118Settings,
    MailSettings,
    OcppSettings,
    RedisSettings,
    Settings,
    WebhookSettings,
)
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import Actor, Scope
from csms.kit.ids import new_id
from csms.main.application import Application, Role
from csms.plugin.registry import Plugins
from tests.support.postgres import Database

TESTER = Scope(DEFAULT_ORGANIZATION_ID, Actor("user", None, "tester"))
HOSTS = ("example.com", "example.org", "files.example.com")  # what commands of tests may name
_body: TypeAdapter[CommandBody] = TypeAdapter(CommandBody)


class Csms:
    """Handles for tests: provision, command, look."""

    def __init__(self, application: Application, database: Database) -> None:
        self.application = application
        self.database = database
        self.sql: asyncpg.Connection

    @property
    def url(self) -> str:
        """Where chargers connect."""
        gateway = self.application.gateway
        assert gateway is not None
        return f"ws://127.0.0.1:{gateway.port}/ocpp"

    @property
    def tls_url(self) -> str:
        """The same with TLS."""
        gateway = self.application.gateway
        assert gateway is not None
        return f"wss://127.0.0.1:{gateway.tls_port}/ocpp"

    async def charger(self, identity: str = "CP1", *, password: str | None = None, **columns: Any) -> str:
        """Provision a charger; without a password it has profile 0."""
        kit = self.application.kit
        assert kit is not None
        values = {
            "id": identity,
            "organization_id": DEFAULT_ORGANIZATION_ID,
            "security_profile": 0 if password is None else 1,
            "secret_hash": None if password is None else kit.keys.hash_secret(password.encode()),
            **columns,
        }
        names = ", ".join(values)
        places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
        await self.sql.execute(f"INSERT INTO chargers ({names}) VALUES ({places})", *values.values())
        return identity

    async def token(self, value: str = "TAG", status: str = "accepted", **columns: Any) -> None:
        """Provision a token."""
        values = {
            "id": new_id(),
            "organization_id": DEFAULT_ORGANIZATION_ID,
            "value": value,
            "normalized": value.upper(),
            "status": status,
            **columns,
        }
        names = ", ".join(f'"{name}"' for name in values)
        places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
        await self.sql.execute(f"INSERT INTO tokens ({names}) VALUES ({places})", *values.values())

    async def command(self, charger_id: str, body: dict[str, Any], *, wait_s: float = 10.0) -> RowMapping:
        """Issue a command as the API does and wait for its outcome."""
        kit, service = self.application.kit, self.application.commands
        assert kit is not None
        assert service is not None
        async with kit.units(TESTER) as uow:
            row = await service.issue(uow, charger_id, _body.validate_python(body), None)
            closed = service.expect(row["id"])
        await asyncio.wait_for(closed, wait_s)
        async with kit.units(TESTER) as uow:
            return await service.get(uow, charger_id, row["id"])

    async def told(self) -> list[tuple[str, str]]:
        """Kind and detail of the security events so far; what the gateway gathered is stored first."""
        assert self.application.gateway is not None
        await self.application.gateway._notices.flush()
        rows = await self.rows("SELECT kind, detail FROM security_events ORDER BY at")
        return [(row["kind"], row["detail"]) for row in rows]

    async def rows(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Look at the database as superuser."""
        return await self.sql.fetch(query, *arguments)

    async def row(self, query: str, *arguments: Any) -> asyncpg.Record:
        """The one row."""
        rows = await self.rows(query, *arguments)
        assert len(rows) == 1, rows
        return rows[0]

    async def transaction(self, number: int | None = None) -> asyncpg.Record:
        """The only transaction, or the one of that number."""
        if number is None:
            return await self.row("SELECT * FROM transactions")
        return await self.row("SELECT * FROM transactions WHERE transaction_id = $1", number)


@asynccontextmanager
async def running(
    database: Database,
    data_dir: Path,
    *,
    role: Role = Role.ALL,
    redis: str | None = None,
    iso15118: dict[str, Any] | None = None,
    files: dict[str, Any] | None = None,
    http: dict[str, Any] | None = None,
    webhooks: dict[str, Any] | None = None,
    mail: dict[str, Any] | None = None,
    broker: dict[str, Any] | None = None,
    plugins: Plugins | None = None,
    **ocpp: Any,
) -> AsyncIterator[Csms]:
    """Start it, hand it over, stop it."""
    settings = Settings(
        data_dir=data_dir,
        ocpp=OcppSettings(**{"port": 0, "retry_interval_s": 1, "unknown_tags_per_minute": 6_000, **ocpp}),
        iso15118=Iso15118Settings(**(iso15118 or {})),
        files=FileSettings(**{"public_url": "http://csms.test", "hosts": HOSTS, **(files or {})}),
        http=HttpSettings(**(http or {})),
        webhooks=WebhookSettings(**{"private_hosts": ("127.0.0.1",), "timeout_s": 1, **(webhooks or {})}),
        mail=MailSettings(**(mail or {})),
        broker=BrokerSettings(**(broker or {})),
        redis=RedisSettings(url=None if redis is None else SecretStr(redis)),
    )
    application = Application(settings, database.app_url, role, plugins=plugins or Plugins())
    await application.start()
    csms = Csms(application, database)
    csms.sql = await database.connect()
    await csms.sql.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    try:
        yield csms
    finally:
        await csms.sql.close()
        await application.stop()
