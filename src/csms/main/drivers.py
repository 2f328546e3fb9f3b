# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Drivers put together: the people who charge, their tokens, and what they charged."""

from fastapi import APIRouter

from csms.api.app import ApiDependencies
from csms.features.drivers import routes
from csms.features.drivers.service import DriverService
from csms.features.tokens.service import TokenService
from csms.features.transactions import routes as transaction_routes


def driver_routers(deps: ApiDependencies, tokens: TokenService) -> list[APIRouter]:
    """The routes."""
    drivers = DriverService(tokens, deps.clock)
    return [routes.router(deps.units, drivers), transaction_routes.drivers_router(deps.units, drivers)]
