# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The real application over a test's database, as an HTTP client sees it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from fastapi import APIRouter, FastAPI
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from csms.api.app import ApiDependencies, build_app
from csms.api.installation import ChargerAddress
from csms.domain.events import EVENTS
from csms.features.accounts.identity import IdentityOptions
from csms.features.accounts.passwords import Passwords
from csms.features.accounts.routes import router as accounts_router
from csms.features.accounts.service import AccountService
from csms.features.audit.routes import router as audit_router
from csms.features.audit.service import AuditService
from csms.kit.bus.codec import EventCodec
from csms.kit.bus.memory import MemoryBus
from csms.kit.clock import FakeClock
from csms.kit.crypto import InstallationKeys
from csms.kit.db.engine import AppDatabase
from csms.kit.db.outbox import Outbox
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.answers import Answers
from csms.kit.metrics import Metrics
from tests.support.postgres import Database

PASSWORD = "a horse with a battery"
# Each sign-in takes half a millisecond instead of fifty.
CHEAP = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


@dataclass
class Site:
    """A running API and what is behind it."""

    app: FastAPI
    client: httpx2.AsyncClient
    accounts: AccountService
    keys: InstallationKeys
    clock: FakeClock
    metrics: Metrics
    database: Database
    folder: Path

    async def login(self, username: str = "admin", password: str = PASSWORD, **options: Any) -> httpx2.Response:
        """Sign in."""
        return await self.client.post(
            "/api/v1/auth/login", json={"username": username, "password": password}, **options
        )

    async def bearer(self, username: str = "admin", password: str = PASSWORD) -> dict[str, str]:
        """The header of somebody who signed in."""
        answer = await self.login(username, password)
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def client_from(self, address: str) -> httpx2.AsyncClient:
        """A client at another address."""
        transport = httpx2.ASGITransport(app=self.app, client=(address, 40_000))
        return httpx2.AsyncClient(transport=transport, base_url="http://csms.test")


async def _ready() -> dict[str, Any]:
    return {"database": "ok", "schema": "ok"}


@asynccontextmanager
async def site(
    database: Database,
    folder: Path,
    routers: Sequence[APIRouter] = (),
    ready: Callable[[], Awaitable[dict[str, Any]]] = _ready,
    identity: IdentityOptions | None = None,
    answers: Answers | None = None,
    **options: Any,
) -> AsyncIterator[Site]:
    """An API on a clock that stands."""
    clock = FakeClock(datetime(2026, 11, 23, 12, tzinfo=UTC))
    metrics = Metrics(process=False)
    codec = EventCodec(EVENTS)
    bus = MemoryBus(codec, metrics, node_id="test")
    await bus.start()
    app_database = AppDatabase(database.app_url, pool_size=5)
    try:
        changed = None if answers is None else answers.own_change
        units = UnitsOfWork(app_database, Outbox(codec), bus, clock, changed)
        keys = InstallationKeys.load_or_create(folder)
        accounts = AccountService(
            units,
            keys,
            clock,
            initial_password_file=folder / "initial-password",
            options=identity,
            passwords=Passwords(CHEAP),
        )
        deps = ApiDependencies(
            units=units,
            keys=keys,
            clock=clock,
            metrics=metrics,
            bus=bus,
            accounts=accounts,
            ready=ready,
            version="1.2.3",
            charger_addresses=[ChargerAddress(url="ws://localhost:9000/ocpp/{identity}", security_profiles=[0, 1])],
            data_dir=folder,
            answers=answers,
            **options,
        )
        app = build_app(deps, [accounts_router, audit_router(units, AuditService()), *routers])
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://csms.test") as client:
            yield Site(app, client, accounts, keys, clock, metrics, database, folder)
    finally:
        await accounts.identity.later.drain()
        await app_database.close()
        await bus.stop()
