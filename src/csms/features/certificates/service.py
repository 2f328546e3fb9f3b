# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of certificates for people and programs."""

from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import RowMapping

from csms.domain.commands import SendSignedCertificate, TriggerMessage
from csms.domain.events import ChargerChanged
from csms.features.certificates import repository
from csms.features.commands.service import CommandService
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, NotFoundError

TRIGGERS: Final = {
    "charging_station": "sign_charging_station_certificate",
    "v2g": "sign_v2g_certificate",
    "v2g20": "sign_v2g20_certificate",
}
"""By which message a charger is asked for a request of a kind; those that are not here are not signed."""
_WAITS_S: Final = 86_400  # for a charger that is not connected


class CertificateNotFoundError(NotFoundError):
    """No such certificate."""

    code: ClassVar[str] = "certificate_not_found"


class CertificateNotSignedError(ConflictError):
    """What was never signed cannot be revoked."""

    code: ClassVar[str] = "certificate_not_signed"


class CertificateNotInUseError(ConflictError):
    """Only a certificate that the charger has is renewed."""

    code: ClassVar[str] = "certificate_not_in_use"


class CertificateOverError(ConflictError):
    """It was revoked, or its time is over."""

    code: ClassVar[str] = "certificate_over"


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


async def renew(uow: UnitOfWork, key: UUID, commands: CommandService, clock: Clock) -> RowMapping:
    """Ask the charger for a new request, as is done by itself before the end; what it sends then is signed."""
    row = await get(uow, key, lock=True)
    if not row["in_use"] or row["kind"] not in TRIGGERS:
        raise CertificateNotInUseError("the charger has no such certificate, or a newer one: there is nothing to renew")
    command: Any = TriggerMessage(TRIGGERS[row["kind"]])  # type: ignore[arg-type]
    sent = await commands.issue_command(uow, row["charger_id"], command, queue_s=_WAITS_S)
    await repository.change(uow.connection, key, {"renewal_asked_at": clock.now()})
    uow.audit("certificate:certificate:renew", "charger", row["charger_id"], None, {"serial": row["serial"]})
    return sent


async def send(uow: UnitOfWork, key: UUID, commands: CommandService, clock: Clock) -> RowMapping:
    """Bring a signed certificate to its charger once more: it was away, or refused it."""
    row = await get(uow, key, lock=True)
    if row["serial"] is None:
        raise CertificateNotSignedError(f"certificate {key} was never signed")
    now = clock.now()
    if row["status"] == "revoked" or row["not_after"] <= now:
        raise CertificateOverError("it was revoked, or its time is over: have the charger ask for a new one")
    found = await repository.to_send(uow.connection, key)
    command = SendSignedCertificate(found["chain"], found["kind"], found["request_id"])
    sent = await commands.issue_command(uow, found["charger_id"], command, queue_s=_WAITS_S)
    changes = {"status": "issued", "reason": None, "command": sent["id"], "updated_at": now}
    await repository.change(uow.connection, key, changes)
    uow.audit("certificate:certificate:send", "charger", row["charger_id"], None, {"serial": row["serial"]})
    return sent


async def horizon(uow: UnitOfWork, clock: Clock) -> dict[str, Any]:
    """What ends when."""
    return dict(await repository.horizon(uow.connection, clock.now(), (7, 30, 90)))
