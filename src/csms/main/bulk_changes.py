# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Changes to many: what can be changed, the routes, the job."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter

from csms.api.app import ApiDependencies
from csms.features.accounts.permissions import Permission
from csms.features.bulk_changes import routes
from csms.features.bulk_changes.jobs import BulkChangeRunner
from csms.features.bulk_changes.rules import Kind, Kinds
from csms.features.bulk_changes.service import BulkChangeService
from csms.features.chargers.repository import CHARGERS
from csms.features.chargers.schemas import ChargerUpdate
from csms.features.chargers.service import ChargerService
from csms.features.tokens.repository import TOKENS
from csms.features.tokens.schemas import TokenUpdate
from csms.features.tokens.service import TokenService
from csms.kit.clock import Clock
from csms.kit.crypto import InstallationKeys
from csms.kit.db.uow import UnitOfWork, UnitsOfWork
from csms.kit.http.principal import Standing
from csms.kit.http.spellings import Spelled
from csms.kit.jobs.base import JobKind
from csms.kit.jobs.pgqueuer import PgJobs


def kinds(keys: InstallationKeys, clock: Clock) -> Kinds:
    """What can be changed at many, by the services that change one."""
    chargers, tokens = ChargerService(keys.hash_secret, clock), TokenService(clock)

    async def charger(uow: UnitOfWork, key: Any) -> Any:
        return await chargers.get(uow, key, lock=True)

    async def token(uow: UnitOfWork, key: Any) -> Any:
        return await tokens.get(uow, key, lock=True)

    return {
        "chargers": Kind(
            "chargers",
            "charger",
            "charger_id",
            CHARGERS,
            "id",
            ChargerUpdate,
            Permission.CHARGER_READ,
            Permission.CHARGER_UPDATE,
            charger,
            chargers.update,
            lambda ids: Spelled(CHARGERS.key, "chargers.id", ids),
            str.lower,
        ),
        "tokens": Kind(
            "tokens",
            "token",
            "token_id",
            TOKENS,
            "value",
            TokenUpdate,
            Permission.TOKEN_READ,
            Permission.TOKEN_UPDATE,
            token,
            tokens.update,
            TOKENS.key.in_,
            lambda key: key,
        ),
    }


def bulk_change_routers(deps: ApiDependencies) -> Sequence[APIRouter]:
    """The routes."""
    service = BulkChangeService(kinds(deps.keys, deps.clock), PgJobs(deps.clock), deps.clock)
    return [routes.router(deps.units, service, kind) for kind in service.kinds]


def bulk_change_job(units: UnitsOfWork, keys: InstallationKeys, clock: Clock, standing: Standing) -> JobKind:
    """For the worker."""
    return BulkChangeRunner(units, kinds(keys, clock), clock, standing).kind()
