# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Imports: what can be imported, where files wait, the jobs; and how far jobs are, told to those who watch."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from fastapi import APIRouter

from csms.api.app import ApiDependencies
from csms.domain.events import JobProgressed
from csms.features.accounts.identity import IdentityOptions
from csms.features.accounts.service import AccountService
from csms.features.chargers.service import ChargerService
from csms.features.drivers.service import DriverService
from csms.features.imports import routes
from csms.features.imports.importers import (
    Importer,
    Importers,
    charger_importer,
    driver_importer,
    token_importer,
)
from csms.features.imports.jobs import ImportRunner
from csms.features.imports.service import ImportService
from csms.features.imports.user_importer import user_importer
from csms.features.people.service import PeopleService
from csms.features.tokens.service import TokenService
from csms.kit.bus.base import Bus
from csms.kit.clock import Clock
from csms.kit.config import Settings
from csms.kit.crypto import InstallationKeys
from csms.kit.db.partitions import Retention
from csms.kit.db.uow import Scope, UnitsOfWork
from csms.kit.files import FileStore
from csms.kit.http.principal import Standing
from csms.kit.jobs.base import JobKind, JobNews, RunningJob, Schedule, TellJob
from csms.kit.jobs.pgqueuer import PgJobs
from csms.kit.secretbox import SecretBox
from csms.main.people import people_service


def importers(keys: InstallationKeys, clock: Clock, people: PeopleService) -> Importers:
    """All that can be imported: a new kind is one line here."""
    tokens = TokenService(clock)
    found: list[Importer[Any, Any]] = [
        charger_importer(ChargerService(keys.hash_secret, clock)),
        token_importer(tokens),
        driver_importer(DriverService(tokens, clock), tokens),
        user_importer(people),
    ]
    return {importer.kind: importer for importer in found}


def import_service(data_dir: Path, keys: InstallationKeys, clock: Clock, people: PeopleService) -> ImportService:
    """The use cases over a folder of their own: the other files are swept by their own rules."""
    store = FileStore(data_dir / "imports")
    return ImportService(importers(keys, clock, people), store, SecretBox(keys), PgJobs(clock), clock)


def import_router(deps: ApiDependencies) -> APIRouter:
    """The routes."""
    people = people_service(deps.accounts, deps.units, deps.keys, deps.clock, deps.public_url)
    service = import_service(deps.data_dir, deps.keys, deps.clock, people)
    return routes.router(deps.units, service, deps.files.max_import_bytes)


def import_jobs(
    units: UnitsOfWork,
    settings: Settings,
    options: IdentityOptions,
    keys: InstallationKeys,
    clock: Clock,
    standing: Standing,
    kept: Callable[[], Awaitable[Retention]],
) -> tuple[list[JobKind], list[Schedule]]:
    """The job of each import, and the one that forgets, every hour, what is older than is kept."""
    people = people_service(
        AccountService(units, keys, clock, options=options), units, keys, clock, settings.http.public_url
    )
    service = import_service(settings.data_dir, keys, clock, people)
    runner = ImportRunner(units, service.importers, service.store, SecretBox(keys), clock, standing)

    async def sweep(_: RunningJob) -> dict[str, int]:
        gone = 0
        retention = await kept()
        for organization_id in await units.organizations():
            async with units(Scope.system(organization_id)) as uow:
                gone += await service.sweep(uow, retention)
        return {"imports": gone}

    kinds = [runner.kind(), JobKind("imports", sweep, timeout_s=1800)]
    return kinds, [Schedule("imports", "27 * * * *", "imports")]


def tell_jobs(bus: Bus) -> TellJob:
    """Every job's progress as a live event."""

    def tell(news: JobNews) -> None:
        bus.publish(
            JobProgressed(
                organization_id=news.organization_id,
                id=news.id,
                of=news.kind,
                status=news.status.value,
                done=news.done,
                total=news.total,
            )
        )

    return tell
