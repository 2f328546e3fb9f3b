# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""One process of CSMS Lite: plain constructor calls, one after the other, and the same backwards."""

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Any, Final

import asyncpg
import structlog

from csms.domain.events import EVENTS, CommandClosed, CommandIssued
from csms.features.bulk.jobs import BulkRunner
from csms.features.certificates.handlers import CertificateSigner
from csms.features.chargers.fleet import FleetKeeper
from csms.features.chargers.service import ChargerService
from csms.features.commands.service import CommandService
from csms.features.files.service import FileService
from csms.features.monitoring.service import ReportSweeper
from csms.features.transactions.service import names_of
from csms.gateway.server import Gateway
from csms.gateway.tls import TlsFilesError
from csms.kit.bus.base import Bus
from csms.kit.bus.codec import EventCodec
from csms.kit.bus.memory import MemoryBus
from csms.kit.bus.redis import RedisBus
from csms.kit.clock import Clock, SystemClock
from csms.kit.config import Settings
from csms.kit.crypto import InstallationKeys
from csms.kit.db import migrate
from csms.kit.db.engine import AppDatabase
from csms.kit.db.group_commit import is_from_connection
from csms.kit.db.ingest import as_it_is, open_pool
from csms.kit.db.lifeline import Lifeline
from csms.kit.db.migrate import SchemaState
from csms.kit.db.outbox import Outbox, leave
from csms.kit.db.outbox_consumer import Consumer
from csms.kit.db.outbox_parking import Delivery
from csms.kit.db.processes import ProcessRow
from csms.kit.db.uow import UnitsOfWork
from csms.kit.errors import InvalidError, UnavailableError
from csms.kit.figures import Counted, Sampler
from csms.kit.http.answers import Answers
from csms.kit.ids import new_id
from csms.kit.jobs.base import JobKind, Schedule
from csms.kit.jobs.worker import Worker
from csms.kit.metrics import LoopLagMonitor, Metrics
from csms.kit.pki.authority import Authority
from csms.main.alerts import alert_consumer, alert_sweeper
from csms.main.answers import answers_of
from csms.main.build_gateway import build_gateway
from csms.main.bulk_changes import bulk_change_job
from csms.main.campaigns import campaign_runner
from csms.main.files import file_jobs, file_service, files_url
from csms.main.imports import import_jobs, tell_jobs
from csms.main.keepers import Keepers, completion, preparation
from csms.main.outgoing import OutgoingWork, outgoing
from csms.main.people import standing_at
from csms.main.privacy import privacy_runner
from csms.main.reports import rollup_consumer, rollup_jobs
from csms.main.runtime import Runtime
from csms.main.sign_in import identity_options, letter_jobs
from csms.main.streams import CONSUMER, event_stream, place_of
from csms.main.version import VERSION
from csms.main.vocabulary import ACTION_NAMES, COMMAND_TYPES
from csms.plugin.registry import Plugins
from csms.plugin.registry import load as load_plugins
from csms.worker.door import Loop, WorkerDoor
from csms.worker.housekeeping import Housekeeping

log = structlog.get_logger(__name__)
_COMMANDS_REST_S: Final = 0.005
"""Somebody waits for what becomes of a command."""


class Role(StrEnum):
    """Which doors a process opens."""

    ALL = "all"
    GATEWAY = "gateway"
    API = "api"
    WORKER = "worker"

    def opens(self, door: "Role") -> bool:
        """Whether this role opens a door."""
        return self in {Role.ALL, door}


@dataclass(frozen=True, slots=True)
class Kit:
    """What every door stands on."""

    settings: Settings
    url: str
    keys: InstallationKeys
    clock: Clock
    metrics: Metrics
    codec: EventCodec
    outbox: Outbox
    bus: Bus
    database: AppDatabase
    units: UnitsOfWork
    node_id: str
    runtime: Runtime
    answers: Answers


class Application:
    """Opens the doors of a role and closes them again."""

    def __init__(
        self,
        settings: Settings,
        url: str,
        role: Role = Role.ALL,
        *,
        embedded: bool = False,
        plugins: Plugins | None = None,
    ) -> None:
        """`plugins` are those that are installed, unless others are given. Raises InvalidError for a broken one."""
        if role is not Role.ALL and settings.redis.url is None:
            raise InvalidError(
                f"--role {role} splits the work over processes, which find each other through Redis or Valkey: "
                "set CSMS_REDIS__URL, or run --role all"
            )
        self._settings = settings
        self._url = url
        self._role = role
        self._embedded = embedded
        self._stack = AsyncExitStack()
        self._pools: dict[str, Counted] = {}
        self.plugins = plugins if plugins is not None else load_plugins(settings.plugins.disabled)
        self.kit: Kit | None = None
        self.gateway: Gateway | None = None
        self.worker: WorkerDoor | None = None
        self.commands: CommandService | None = None

    async def start(self, extra_jobs: Callable[[Kit], tuple[list[JobKind], list[Schedule]]] | None = None) -> None:
        """Open everything; what was opened before a failure is closed again."""
        try:
            await self._open(extra_jobs)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close everything, the last opened first."""
        await self._stack.aclose()

    async def ready(self) -> dict[str, Any]:
        """What `/readyz` answers: every check with its word; ready when all are `ok`."""
        checks: dict[str, Any] = {"database": "ok", "schema": "ok"}
        try:
            async with asyncio.timeout(5):
                state = await migrate.state(self._url)
            if state is not SchemaState.CURRENT:
                checks["schema"] = f"the schema is {state}: run csms migrate"
        except Exception as error:  # noqa: BLE001  (told to whoever asks)
            checks["database"] = f"not reachable: {type(error).__name__}"
            checks["schema"] = "unknown"
        if self.gateway is not None:
            checks["gateway"] = "ok" if self.gateway.listening else "not listening"
        if self.kit is not None:
            checks["bus"] = "ok" if self.kit.bus.connected else "not connected"
        return checks

    async def _open(self, extra_jobs: Callable[[Kit], tuple[list[JobKind], list[Schedule]]] | None) -> None:
        kit = self.kit = await self._open_kit()
        settings = self._settings
        files = file_service(settings.data_dir, kit.keys, kit.clock, settings.files, files_url(settings))
        commands = self.commands = CommandService(
            kit.units,
            kit.bus,
            kit.clock,
            kit.metrics,
            names_of,
            completion(ChargerService(kit.keys.hash_secret, kit.clock), files, self.plugins),
            prepare=preparation(files, self.plugins),
            call_timeout_s=self._settings.ocpp.call_timeout_s,
            power_steps_per_minute=self._settings.commands.power_steps_per_minute,
            limits=kit.runtime.limits,
            permit=kit.runtime.permit,
        )
        closed = await kit.bus.subscribe((CommandClosed,), commands.closed)
        self._stack.push_async_callback(closed.close)
        lag = LoopLagMonitor(kit.metrics)
        await lag.start()
        self._stack.push_async_callback(lag.stop)
        if self._role.opens(Role.WORKER):
            await self._open_worker(kit, commands, files, extra_jobs)
        if self._role.opens(Role.GATEWAY):
            await self._open_gateway(kit)
        sampler = Sampler(kit.metrics, lag, self._pools, kit.clock)
        row = ProcessRow(kit.units.unscoped, kit.node_id, self._role, VERSION, sampler, kit.clock)
        await row.start()
        self._stack.push_async_callback(row.stop)

    async def _open_kit(self) -> Kit:
        settings = self._settings
        clock = SystemClock()
        metrics = Metrics(version=VERSION, role=self._role, actions=ACTION_NAMES, command_types=COMMAND_TYPES)
        codec = EventCodec(EVENTS)
        outbox = Outbox(codec)
        node_id = new_id().hex
        bus: Bus
        if settings.redis.url is None:
            bus = MemoryBus(codec, metrics, node_id=node_id)
        else:
            bus = RedisBus(settings.redis.url.get_secret_value(), codec, metrics, node_id=node_id)
        await bus.start()
        self._stack.push_async_callback(bus.stop)
        database = AppDatabase(self._url, pool_size=settings.database.app_pool, pgbouncer=settings.database.pgbouncer)
        self._stack.push_async_callback(database.close)
        self._pools["application"] = database.count
        keys = InstallationKeys.load_or_create(settings.data_dir)
        answers = answers_of(settings, metrics)
        units = UnitsOfWork(database, outbox, bus, clock, answers.own_change)
        runtime = Runtime(units, bus, clock)
        await runtime.start()
        self._stack.push_async_callback(runtime.stop)
        return Kit(
            settings, self._url, keys, clock, metrics, codec, outbox, bus, database, units, node_id, runtime, answers
        )

    # Over 50 lines because it is one list of all that the worker does.
    async def _open_worker(
        self,
        kit: Kit,
        commands: CommandService,
        files: FileService,
        extra_jobs: Callable[[Kit], tuple[list[JobKind], list[Schedule]]] | None,
    ) -> None:
        pool = await _worker_pool(kit.url)
        self._stack.push_async_callback(_close_pool, pool)
        self._pools["worker"] = partial(_count, pool)
        housekeeping = Housekeeping(pool, kit.clock, self._settings.data_dir if self._embedded else None)
        found = [(housekeeping.kinds(), housekeeping.schedules()), file_jobs(kit.units, files, housekeeping.kept)]
        standing = standing_at(kit.clock)
        options = identity_options(self._settings)
        self._stack.push_async_callback(options.counters.close)
        found.append(import_jobs(kit.units, self._settings, options, kit.keys, kit.clock, standing, housekeeping.kept))
        found.append(([BulkRunner(kit.units, commands, kit.clock).kind()], []))
        found.append(([bulk_change_job(kit.units, kit.keys, kit.clock, standing)], []))
        campaigns = campaign_runner(kit.units, commands, kit.clock)
        found.append(([campaigns.kind()], []))
        found.append(privacy_runner(kit.units, self._settings.data_dir, kit.clock).jobs())
        found.append(rollup_jobs(kit.units, kit.clock, housekeeping.kept))
        ways = outgoing(kit.keys, kit.clock, self._settings.webhooks, self._settings.mail)
        out = OutgoingWork(kit.units, ways, kit.clock, kit.metrics, kit.bus)
        found.append(out.jobs(housekeeping.kept))
        found.append(letter_jobs(kit.units, kit.keys, kit.clock, self._settings, ways.mailer))
        found += [extra_jobs(kit)] if extra_jobs is not None else []
        keepers = Keepers(kit.units, kit.clock)

        async def dispatch(delivery: Delivery) -> None:
            if isinstance(delivery.event, CommandIssued):
                await commands.dispatch(delivery.event)

        certificates = self._settings.certificates
        signer = CertificateSigner(
            kit.units,
            lambda: Authority.load_or_create(self._settings.data_dir, kit.clock.now()),
            commands,
            kit.clock,
            life=timedelta(days=certificates.validity_days),
            renew_before=timedelta(days=certificates.renew_before_days),
        )
        keepers.sign_with(signer)
        reports, fleet = ReportSweeper(kit.units, kit.clock), FleetKeeper(kit.units)

        async def sweep() -> None:
            for organization_id in await kit.units.organizations():
                await commands.sweep(organization_id)
                await commands.resume(organization_id)
                await reports.sweep(organization_id)
                await keepers.reservations.sweep(organization_id)
                await signer.sweep(organization_id)
                await campaigns.sweep(organization_id)
                await fleet.sweep(organization_id)

        alerts = alert_sweeper(kit.units, kit.clock, kit.metrics, self._settings, notifier=ways.notifications)
        lifeline = Lifeline(kit.url)
        self._stack.push_async_callback(lifeline.close)
        common: dict[str, Any] = {
            "pool": pool, "lifeline": lifeline, "codec": kit.codec, "bus": kit.bus, "metrics": kit.metrics
        }  # fmt: skip
        loops: list[Loop] = [
            Consumer("commands", dispatch, types=(CommandIssued,), rest_s=_COMMANDS_REST_S, **common),
            *keepers.consumers(**common),
            alert_consumer(kit.units, kit.clock, **common),
            rollup_consumer(kit.units, **common),
            *out.consumers(**common),
            *out.lanes(),
            *await self._event_stream(**common),
        ]
        jobs = Worker(
            pool,
            kit.metrics,
            [each for kinds, _ in found for each in kinds],
            [each for _, times in found for each in times],
            tell=tell_jobs(kit.bus),
        )
        self.worker = WorkerDoor(loops, jobs, (sweep, alerts))
        await self.worker.start()
        self._stack.push_async_callback(commands.drain, 5.0)
        self._stack.push_async_callback(self.worker.stop)
        self._stack.callback(alerts.stop)
        self._stack.callback(campaigns.stop)

    async def _event_stream(self, pool: asyncpg.Pool, **common: Any) -> list[Loop]:
        """Publishes events to a broker, where there is one; else its place in the outbox is given up."""
        settings = self._settings.broker
        place = place_of(settings)
        if place is None:
            if await leave(pool, CONSUMER):
                log.warning("events are published no longer: CSMS_BROKER__URL is not set")
            return []
        consumer, link = event_stream(settings, place, pool=pool, **common)
        self._stack.push_async_callback(link.close)
        return [consumer]

    async def _open_gateway(self, kit: Kit) -> None:
        pool = await open_pool(kit.url, size=self._settings.database.ingest_pool, application_name="csms-gateway")
        self._stack.push_async_callback(_close_pool, pool)
        self._pools["gateway"] = partial(_count, pool)
        self.gateway = await build_gateway(
            self._settings.ocpp,
            self._settings.iso15118,
            self.plugins,
            pool,
            kit.bus,
            kit.outbox,
            kit.node_id,
            kit.keys.hash_secret,
            kit.keys.verify_secret,
            kit.metrics,
            kit.clock,
            kit.runtime.tuning,
        )
        self._stack.push_async_callback(self.gateway.stop)
        try:
            await self.gateway.start()
        except TlsFilesError as error:
            names = "CSMS_OCPP__TLS_CERT, CSMS_OCPP__TLS_KEY, CSMS_OCPP__TLS_CLIENT_CA"
            raise InvalidError(f"{error}: see {names}") from error
        except OSError as error:
            if is_from_connection(error):
                raise
            settings = self._settings.ocpp
            raise UnavailableError(
                f"cannot listen on {settings.host}:{settings.port} for chargers: {_reason(error)}. "
                "Stop what uses it, or choose another with CSMS_OCPP__HOST and CSMS_OCPP__PORT"
            ) from error


def _reason(error: OSError) -> str:
    """asyncio's own words repeat the address."""
    if isinstance(error, socket.gaierror) or error.errno is None:
        return str(error)
    return os.strerror(error.errno)


async def _worker_pool(url: str) -> asyncpg.Pool:
    """Connections that may see all organizations, one at a time."""
    return await asyncpg.create_pool(
        migrate.driver(url),
        min_size=1,
        max_size=8,
        reset=as_it_is,
        timeout=10,
        server_settings={
            "role": "csms_app",
            "application_name": "csms-worker",
            "csms.worker": "on",
            "lock_timeout": "10000",
            "idle_in_transaction_session_timeout": "60000",
        },
    )


def _count(pool: asyncpg.Pool) -> tuple[int, int]:
    return pool.get_size(), pool.get_size() - pool.get_idle_size()


async def _close_pool(pool: asyncpg.Pool) -> None:
    """Close in order, or cut what will not close."""
    try:
        async with asyncio.timeout(5):
            await pool.close()
    except TimeoutError:
        pool.terminate()
