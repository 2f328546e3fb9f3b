# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Reports and events about certificates."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, Final, cast

import structlog

from csms.domain.commands import Command, OutcomeStatus, SendSignedCertificate, TriggerMessage
from csms.domain.events import CertificateRequestReceived, CommandFinished, SecurityEventRaised
from csms.domain.messages import Answer, CertificateRequested, DecisionAnswer, Received
from csms.features.certificates import ingest, repository
from csms.features.certificates.service import TRIGGERS
from csms.features.commands.service import CommandService
from csms.kit.clock import Clock
from csms.kit.db.ingest import Unit
from csms.kit.db.uow import Scope, UnitOfWork
from csms.kit.ids import new_id
from csms.kit.pki.authority import Authority
from csms.kit.pki.requests import CsrError, read_csr

log = structlog.get_logger(__name__)

_ASK_AGAIN: Final = timedelta(days=1)
KeepSecurityEvents = Callable[[Any, Sequence[tuple[Any, ...]]], Awaitable[None]]


class CertificateRequestHandler:
    """Judges requests; those that may be signed are signed by the worker. `keep` stores security events."""

    def __init__(self, keep: KeepSecurityEvents) -> None:
        self._keep = keep

    async def __call__(self, unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
        """One answer each: whether it will be signed (2.x A02, 1.6 white paper)."""
        rows, answers, events = [], [], []
        for item in items:
            report, source = cast("CertificateRequested", item.report), item.source
            reason = _judge(report, source.charger_id)
            key = new_id()
            rows.append(
                (
                    key,
                    source.organization_id,
                    source.charger_id,
                    report.kind,
                    "requested" if reason is None else "refused",
                    report.csr[:10_000],
                    report.request_id,
                    reason,
                )
            )
            answers.append(DecisionAnswer(accepted=reason is None, reason=reason))
            if reason is not None:
                events.append((source.organization_id, source.charger_id, "InvalidCsr", reason, None, unit.now))
        new = await ingest.add(unit, rows)
        for key, organization, charger, _, status, _, _, reason in rows:
            if key not in new:
                continue
            common: dict[str, Any] = {"organization_id": organization, "charger_id": charger, "at": unit.now}
            if status == "requested":
                unit.record(CertificateRequestReceived(**common, id=key))
            else:
                unit.record(SecurityEventRaised(**common, name="InvalidCsr", info=reason))
        if events:
            await self._keep(unit.connection, events)
        return answers


def _judge(report: CertificateRequested, charger_id: str) -> str | None:
    """Why it is not signed. A vehicle-facing certificate may have another name than the charger's identity."""
    try:
        read_csr(report.csr, charger_id if report.kind == "charging_station" else None)
    except CsrError as error:
        return str(error)
    return None if report.kind in TRIGGERS else f"certificates of kind {report.kind!r} are not signed here"


class CertificateSigner:
    """Consumes CertificateRequestReceived and CommandFinished; asks for renewal in time."""

    def __init__(
        self,
        open_uow: Callable[[Scope], AbstractAsyncContextManager[UnitOfWork]],
        authority: Callable[[], Authority],
        commands: CommandService,
        clock: Clock,
        *,
        life: timedelta,
        renew_before: timedelta,
    ) -> None:
        self._open_uow = open_uow
        self._authority = authority
        self._commands = commands
        self._clock = clock
        self._life = life
        self._renew_before = renew_before

    async def requested(self, event: CertificateRequestReceived) -> None:
        """Sign and send; the same event twice signs once."""
        async with self._open_uow(Scope.system(event.organization_id)) as uow:
            row = await repository.to_sign(uow.connection, event.id)
            if row is None:
                return
            now = self._clock.now()
            csr = read_csr(row["csr"], None)
            issued = await asyncio.to_thread(lambda: self._authority().sign(csr, now, self._life))
            command = SendSignedCertificate(issued.chain, row["kind"], row["request_id"])
            sent = await self._commands.issue_command(uow, row["charger_id"], command)
            values = {
                "status": "issued",
                "command": sent["id"],
                "serial": issued.serial,
                "subject": issued.subject,
                "chain": issued.chain,
                "not_before": issued.not_before,
                "not_after": issued.not_after,
                "updated_at": now,
            }
            await repository.change(uow.connection, event.id, values)
            uow.audit("certificate:certificate:sign", "charger", row["charger_id"], None, {"serial": issued.serial})

    async def finished(self, event: CommandFinished) -> None:
        """Whether the charger took it."""
        if not isinstance(event.command, SendSignedCertificate):
            return
        outcome = event.outcome
        status = "accepted" if outcome.status is OutcomeStatus.ACCEPTED else "rejected"
        async with self._open_uow(Scope.system(event.organization_id)) as uow:
            await repository.taken(uow.connection, event.id, status, outcome.reason, self._clock.now())

    async def sweep(self, organization_id: Any) -> None:
        """Ask chargers whose certificate ends soon for a new request, once a day."""
        now = self._clock.now()
        async with self._open_uow(Scope.system(organization_id)) as uow:
            rows = await repository.expiring(uow.connection, now + self._renew_before, now - _ASK_AGAIN)
            for row in rows:
                command: Command = TriggerMessage(TRIGGERS[row["kind"]])  # type: ignore[arg-type]
                await self._commands.issue_command(uow, row["charger_id"], command)  # type: ignore[arg-type]
                await repository.change(uow.connection, row["id"], {"renewal_asked_at": now})
        if rows:
            log.info("certificates end soon, new ones asked for", count=len(rows))
