# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Firmware campaigns: the routes, and who carries them out."""

from fastapi import APIRouter

from csms.api.app import ApiDependencies
from csms.features.campaigns import routes
from csms.features.campaigns.jobs import CampaignRunner
from csms.features.campaigns.service import CampaignService
from csms.features.commands.service import CommandService
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitsOfWork
from csms.kit.jobs.pgqueuer import PgJobs


def campaign_router(deps: ApiDependencies, commands: CommandService) -> APIRouter:
    """The routes."""
    return routes.router(deps.units, CampaignService(commands, PgJobs(deps.clock), deps.clock))


def campaign_runner(units: UnitsOfWork, commands: CommandService, clock: Clock) -> CampaignRunner:
    """For the worker."""
    return CampaignRunner(units, commands, PgJobs(clock), clock)
