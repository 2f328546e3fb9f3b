# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Certificates of chargers, the authority that signs them, and the server's own."""

from fastapi import APIRouter

from csms.api.app import ApiDependencies
from csms.features.certificates import routes
from csms.features.commands.service import CommandService
from csms.kit.pki.authority import Authority
from csms.main.alerts import ServerPremises


def certificate_router(deps: ApiDependencies, commands: CommandService) -> APIRouter:
    """The routes."""

    def authority() -> Authority:
        return Authority.load_or_create(deps.data_dir, deps.clock.now())

    servers = ServerPremises(deps.data_dir, deps.certificates).certificates
    return routes.router(deps.units, commands, authority, servers, deps.clock)
