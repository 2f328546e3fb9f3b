# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Puts users, roles, keys, organizations, sites and groups together."""

from collections.abc import Sequence

from fastapi import APIRouter

from csms.api.app import ApiDependencies
from csms.features.accounts.service import AccountService
from csms.features.api_keys import routes as api_key_routes
from csms.features.api_keys.service import actor_now
from csms.features.people import routes as people_routes
from csms.features.people.role_service import OrganizationService, RoleService
from csms.features.people.service import PeopleService
from csms.features.people.signed_in import PeopleSessions
from csms.features.sites import routes as site_routes
from csms.features.sites.service import GroupService, SiteService
from csms.kit.clock import Clock
from csms.kit.crypto import InstallationKeys
from csms.kit.db.uow import Actor, UnitOfWork, UnitsOfWork
from csms.kit.http.principal import Principal, Standing

LOCAL = "http://localhost:8080"


def people_service(
    accounts: AccountService, units: UnitsOfWork, keys: InstallationKeys, clock: Clock, public_url: str | None
) -> PeopleService:
    """Users, with links that lead to the public address."""
    return PeopleService(accounts, units, keys, clock, public_url or LOCAL)


def standing_at(clock: Clock) -> Standing:
    """Who somebody is by now in whose name a job works: a user, or a program with a key."""

    async def now(uow: UnitOfWork, actor: Actor) -> Principal | None:
        return None if actor.id is None else await actor_now(uow, actor.id, clock.now())

    return now


def people_routers(deps: ApiDependencies) -> Sequence[APIRouter]:
    """Their routes."""
    people = people_service(deps.accounts, deps.units, deps.keys, deps.clock, deps.public_url)
    return (
        people_routes.router(deps.units, people),
        people_routes.sessions_router(deps.units, PeopleSessions(people, deps.accounts, deps.clock)),
        people_routes.roles_router(deps.units, RoleService(people, deps.clock)),
        people_routes.organizations_router(deps.units, OrganizationService(people, deps.units, deps.clock)),
        api_key_routes.router(deps.units, deps.api_keys),
        site_routes.router(deps.units, SiteService(deps.clock)),
        site_routes.groups_router(deps.units, GroupService(deps.clock)),
    )
