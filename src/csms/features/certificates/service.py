# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of certificates for people and programs."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import RowMapping

from csms.domain.events import ChargerChanged
from csms.features.certificates import repository
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, NotFoundError


class CertificateNotFoundError(NotFoundError):
    """No such certificate."""

    code: ClassVar[str] = "certificate_not_found"


class CertificateNotSignedError(ConflictError):
    """What was never signed cannot be revoked."""

    code: ClassVar[str] = "certificate_not_signed"


async def get(uow: UnitOfWork, key: UUID, *, lock: bool = False) -> RowMapping:
    """One certificate."""
    row = await repository.get(uow.connection, key, lock=lock)
    if row is None:
        raise CertificateNotFoundError(f"there is no certificate {key}")
    return row


async def revoke(uow: UnitOfWork, key: UUID, clock: Clock) -> RowMapping:
    """Let nobody in by it any more; the charger is disconnected."""
    row = await get(uow, key, lock=True)
    if row["serial"] is None:
        raise CertificateNotSignedError(f"certificate {key} was never signed")
    if row["status"] != "revoked":
        await repository.change(uow.connection, key, {"status": "revoked", "updated_at": clock.now()})
        uow.audit("certificate:certificate:revoke", "charger", row["charger_id"], None, {"serial": row["serial"]})
        uow.record(ChargerChanged(organization_id=uow.scope.organization_id, charger_id=row["charger_id"]))
    return await get(uow, key)
