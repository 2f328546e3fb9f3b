# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A change of settings takes effect on every node, without a restart."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from csms.domain.commands import Reset
from csms.domain.events import EVENTS
from csms.features.settings.rules import ChargerSettings, CommandSettings, OnboardingSettings
from csms.features.settings.service import SettingsService
from csms.gateway.settings import GatewaySettings
from csms.kit.bus.base import Bus
from csms.kit.bus.codec import EventCodec
from csms.kit.bus.memory import MemoryBus
from csms.kit.bus.redis import RedisBus
from csms.kit.clock import SystemClock
from csms.kit.db.engine import AppDatabase
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.outbox import Outbox
from csms.kit.db.uow import UnitsOfWork
from csms.kit.metrics import Metrics
from csms.main.runtime import Runtime
from tests.features.whole import Whole
from tests.support.charger import Charger, connected
from tests.support.csms import TESTER
from tests.support.eventually import eventually
from tests.support.postgres import Database
from tests.support.raw import knock
from tests.support.valkey import ValkeyServer

ORGANIZATION = DEFAULT_ORGANIZATION_ID


@asynccontextmanager
async def node(database: Database, redis: str | None, interval_s: float) -> AsyncIterator[tuple[Runtime, UnitsOfWork]]:
    """What one process keeps in memory."""
    clock, metrics, codec = SystemClock(), Metrics(process=False), EventCodec(EVENTS)
    bus: Bus = MemoryBus(codec, metrics) if redis is None else RedisBus(redis, codec, metrics)
    await bus.start()
    app_database = AppDatabase(database.app_url, pool_size=2)
    units = UnitsOfWork(app_database, Outbox(codec), bus, clock)
    runtime = Runtime(units, bus, clock, interval_s)
    await runtime.start()
    try:
        yield runtime, units
    finally:
        await runtime.stop()
        await app_database.close()
        await bus.stop()


async def test_a_lost_event_is_made_up_for(database: Database) -> None:
    """Two processes that do not hear each other: the second looks every few seconds; other organizations apart."""
    service = SettingsService(SystemClock())
    async with node(database, None, 1000) as (here, units), node(database, None, 0.1) as (there, _):
        async with units(TESTER) as uow:
            await service.change(uow, CommandSettings, {"send_within_s": 77})

        async def known(runtime: Runtime) -> bool:
            return runtime.limits(ORGANIZATION).send_within_s == 77

        await eventually(lambda: known(here), 2)
        await eventually(lambda: known(there), 2)
        assert there.limits(TESTER.organization_id).start_timeout_s == 300
        async with units(TESTER) as uow:
            await service.reset(uow, CommandSettings)

        async def default(runtime: Runtime) -> bool:
            return runtime.limits(ORGANIZATION) == CommandSettings()

        await eventually(lambda: default(there), 2)


async def test_over_redis_it_is_known_at_once(database: Database) -> None:
    """Nobody looks for a thousand seconds, and yet both know; what is rolled back is not told."""
    service = SettingsService(SystemClock())

    async def given_up(units: UnitsOfWork) -> None:
        async with units(TESTER) as uow:
            await service.change(uow, OnboardingSettings, {"mode": "closed"})
            raise ZeroDivisionError

    async with (
        ValkeyServer() as valkey,
        node(database, valkey.url, 1000) as (here, units),
        node(database, valkey.url, 1000) as (there, _),
    ):
        with pytest.raises(ZeroDivisionError):
            await given_up(units)
        async with units(TESTER) as uow:
            await service.change(uow, OnboardingSettings, {"mode": "approval"})
        for runtime in (here, there):
            tuning = runtime.tuning(GatewaySettings())

            async def approves(tuning: Any = tuning) -> bool:
                return bool(tuning.onboarding() == "approval")

            await eventually(approves, 5)


async def test_while_the_database_is_away_what_is_known_stays(database: Database, monkeypatch: Any) -> None:
    """And it is read anew afterwards."""
    service = SettingsService(SystemClock())
    async with node(database, None, 0.05) as (runtime, units):
        reload, asked = runtime.settings.reload, []

        async def away() -> None:
            asked.append(1)
            raise OperationalError("", {}, Exception("away"))

        runtime._watch._reload = [away]
        async with units(TESTER) as uow:
            await service.change(uow, CommandSettings, {"send_within_s": 99})

        async def tried() -> bool:
            return len(asked) > 1

        await eventually(tried, 3)
        assert runtime.limits(ORGANIZATION).send_within_s == 60
        runtime._watch._reload = [reload]

        async def known() -> bool:
            return runtime.limits(ORGANIZATION).send_within_s == 99

        await eventually(known, 3)


async def test_the_gateway_and_commands_go_by_it(whole: Whole, charger: Charger) -> None:
    """Heartbeats, onboarding, new chargers, silent ones, commands: one request each, no restart."""

    async def change(section: str, **values: Any) -> None:
        answer = await whole.client.patch(f"/api/v1/settings/{section}", json=values)
        assert answer.status_code == 200, answer.text

    async def booted() -> int:
        interval: int = (await charger.boot())["interval"]
        return interval

    kit, gateway = whole.csms.application.kit, whole.csms.application.gateway
    assert kit is not None
    assert gateway is not None
    assert await booted() == 300
    await change("chargers", heartbeat_interval_s=47, ask_status_after_s=0.5, validation="strict")

    async def told() -> bool:
        return await booted() == 47

    await eventually(told)
    links = [gateway._tuning.link(ORGANIZATION) for _ in range(2)]
    assert links[0].ask_status_after_s == 0.5
    assert links[0] is links[1], "thousands of connections share one"
    created = await whole.create("/api/v1/chargers", id="NEW")
    assert created["validation"] == "strict"
    assert (await whole.create("/api/v1/chargers", id="NEW2", validation="advisory"))["validation"] == "advisory"

    assert (await knock(whole.csms.url, "/ocpp/STRANGER")).status == 401
    await change("onboarding", mode="approval", retry_interval_s=11)

    async def approving() -> bool:
        return kit.runtime.settings.get(ORGANIZATION, OnboardingSettings).mode == "approval"

    await eventually(approving)
    async with connected(whole.csms.url, "STRANGER", password="a long secret of its own") as stranger:
        answer = await stranger.boot()
        assert answer["status"] == "Pending"
        assert answer["interval"] in {11, 12, 13}  # up to a fifth longer
        approved = await whole.client.post("/api/v1/pending-chargers/STRANGER/approve", json={})
        assert approved.status_code in {200, 201}, approved.text
        assert approved.json()["validation"] == "strict"
    await change("onboarding", mode=None)

    await change("commands", send_within_s=7)

    async def known() -> bool:
        return kit.runtime.limits(ORGANIZATION).send_within_s == 7

    await eventually(known)
    commands = whole.csms.application.commands
    assert commands is not None
    async with kit.units(TESTER) as uow:
        row = await commands.issue_command(uow, "CP1", Reset())
    assert (row["expires_at"] - row["created_at"]).total_seconds() == 7
    assert kit.runtime.settings.get(ORGANIZATION, ChargerSettings).heartbeat_interval_s == 47


async def test_a_charger_that_comes_back_in_silence_is_asked_sooner(database: Database, tmp_path: Path) -> None:
    """The setting counts for connections from now on."""
    from tests.features.whole import whole as open_whole

    async with open_whole(database, tmp_path) as whole:
        async with connected(whole.csms.url, "CP1", boot=True):
            pass
        answer = await whole.client.patch("/api/v1/settings/chargers", json={"ask_status_after_s": 0.2})
        assert answer.status_code == 200
        gateway = whole.csms.application.gateway
        assert gateway is not None

        async def known() -> bool:
            return gateway._tuning.link(ORGANIZATION).ask_status_after_s == 0.2

        await eventually(known)
        async with connected(whole.csms.url, "CP1") as charger:
            charger.answers["TriggerMessage"] = {"status": "Accepted"}
            assert (await charger.heard_action("TriggerMessage"))["requestedMessage"] == "StatusNotification"
