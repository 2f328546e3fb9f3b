# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Who remembers what chargers hold: consumers of durable events, a name each."""

from typing import Any

from csms.domain.commands import AnyCommand, Custom, OutcomeStatus, UpdateCost
from csms.domain.events import (
    CertificateRequestReceived,
    CommandFinished,
    CommandIssued,
    ReportCompleted,
    TransactionEnded,
)
from csms.features.certificates.handlers import CertificateSigner
from csms.features.chargers.handlers import SecretKeeper
from csms.features.chargers.service import ChargerService
from csms.features.commands.ledger import Prepare
from csms.features.commands.service import Complete
from csms.features.configuration.handlers import ConfigurationKeeper
from csms.features.files.service import FileService
from csms.features.local_lists.handlers import LocalListKeeper
from csms.features.local_lists.service import with_version
from csms.features.monitoring import service as monitoring
from csms.features.reservations.handlers import ReservationKeeper
from csms.features.smart_charging.handlers import ProfileKeeper
from csms.features.transactions.service import names_of, remember_cost
from csms.kit.clock import Clock
from csms.kit.db.outbox_consumer import Consumer
from csms.kit.db.outbox_parking import Delivery
from csms.kit.db.uow import Scope, UnitOfWork, UnitsOfWork
from csms.plugin.registry import Plugins


def completion(chargers: ChargerService, files: FileService, plugins: Plugins) -> Complete:
    """What features have to do with a command before it goes out: versions of lists, passwords to be let in by."""

    async def complete(uow: UnitOfWork, charger_id: str, command: AnyCommand) -> AnyCommand:
        await files.check(uow, plugins.write(command) if isinstance(command, Custom) else command)
        return await chargers.told(uow, charger_id, await with_version(uow, charger_id, command))

    return complete


def preparation(files: FileService, plugins: Plugins) -> Prepare:
    """What is put in just before a command goes out, and stored nowhere; a plug-in's command becomes what is sent."""

    async def prepare(uow: UnitOfWork, event: CommandIssued) -> AnyCommand:
        if isinstance(event.command, Custom):
            return plugins.write(event.command)
        return await files.prepare(uow, event)

    return prepare


class Keepers:
    """Configuration, reservations, local lists, charging profiles."""

    def __init__(self, units: UnitsOfWork, clock: Clock) -> None:
        self._units = units
        self.configuration = ConfigurationKeeper(units, clock)
        self.reservations = ReservationKeeper(units, clock)
        self.local_lists = LocalListKeeper(units, clock)
        self.signer: CertificateSigner | None = None
        self.secrets = SecretKeeper(units)
        self.profiles = ProfileKeeper(units, monitoring.report, names_of)

    def sign_with(self, signer: CertificateSigner) -> None:
        """Who signs certificates; the worker only has one."""
        self.signer = signer

    def consumers(self, **common: Any) -> list[Consumer]:
        """One for configuration (a name that installations have), one for the rest."""
        holdings = (CommandFinished, ReportCompleted, TransactionEnded, CertificateRequestReceived)
        return [
            Consumer("configuration", self._configuration, types=(CommandFinished,), **common),
            Consumer("holdings", self._holdings, types=holdings, **common),
        ]

    async def _configuration(self, delivery: Delivery) -> None:
        if isinstance(delivery.event, CommandFinished):
            await self.configuration(delivery.event)

    async def _holdings(self, delivery: Delivery) -> None:
        event = delivery.event
        if isinstance(event, CommandFinished):
            await self.secrets(event)
            await self.reservations(event)
            await self.local_lists(event)
            await self.profiles.finished(event)
            await self._cost(event)
            if self.signer is not None:
                await self.signer.finished(event)
        elif isinstance(event, CertificateRequestReceived) and self.signer is not None:
            await self.signer.requested(event)
        elif isinstance(event, ReportCompleted):
            await self.profiles.reported(event)
        elif isinstance(event, TransactionEnded):
            await self.profiles.ended(event)

    async def _cost(self, event: CommandFinished) -> None:
        if isinstance(event.command, UpdateCost) and event.outcome.status is OutcomeStatus.ACCEPTED:
            async with self._units(Scope.system(event.organization_id)) as uow:
                await remember_cost(uow, event.charger_id, event.command)
