# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Reports put together: the worker's part, and the routes."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter

from csms.api.app import ApiDependencies
from csms.features.chargers.service import ChargerService
from csms.features.reports import routes
from csms.features.reports.handlers import HEARD, RollupMarker
from csms.features.reports.jobs import RollupRunner
from csms.features.reports.overview import OverviewService
from csms.features.reports.service import ReportService
from csms.features.sites.service import GroupService, SiteService
from csms.kit.clock import Clock
from csms.kit.db.outbox_consumer import Consumer
from csms.kit.db.partitions import Retention
from csms.kit.db.uow import UnitsOfWork
from csms.kit.jobs.base import JobKind, Schedule


def rollup_jobs(
    units: UnitsOfWork, clock: Clock, kept: Callable[[], Awaitable[Retention]]
) -> tuple[list[JobKind], list[Schedule]]:
    """What the worker does every few minutes."""
    return RollupRunner(units, clock, kept).jobs()


def rollup_consumer(units: UnitsOfWork, **common: Any) -> Consumer:
    """Hears of transactions that are over."""
    return Consumer("rollups", RollupMarker(units), types=HEARD, concurrency=500, **common)


def report_routers(deps: ApiDependencies) -> list[APIRouter]:
    """The routes over their services."""
    sites = SiteService(deps.clock)
    chargers = ChargerService(deps.keys.hash_secret, deps.clock)
    reports = ReportService(deps.clock, sites, GroupService(deps.clock), chargers)
    return [
        routes.router(deps.units, reports),
        routes.overview_router(deps.units, OverviewService(deps.clock, sites, reports)),
    ]
