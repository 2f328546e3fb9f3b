# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Seeing everything as somebody with a role would."""

from dataclasses import replace

from sqlalchemy import select

from csms.features.accounts.permissions import Permission
from csms.features.accounts.roles import BUILT_IN, NO_ROLE, RoleUnknownError, narrowed, permissions_of
from csms.features.accounts.tables import roles
from csms.kit.db.uow import Scope, UnitsOfWork
from csms.kit.http.principal import Principal
from csms.kit.http.require import Preview


def preview(units: UnitsOfWork) -> Preview:
    """Who asks, with what they may do and a role allows: never more than without it."""

    async def seen_as(principal: Principal, role: str) -> Principal:
        principal.need(Permission.ROLE_READ)
        own = None
        if role not in BUILT_IN and role != NO_ROLE:
            async with units(Scope.system(principal.organization_id)) as uow:
                query = select(roles.c.permissions).where(roles.c.key == role)
                own = (await uow.connection.execute(query)).scalar()
            if own is None:
                raise RoleUnknownError(f"there is no role {role!r}")
        bound = dict.fromkeys(permissions_of(role, own))
        return replace(principal, role=role, grants=narrowed(principal.grants, bound))

    return seen_as
