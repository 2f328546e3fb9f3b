# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What may change while csms runs, in the memory of this process: settings and feature flags."""

from dataclasses import replace
from uuid import UUID

from openfeature.evaluation_context import EvaluationContext

from csms.domain.commands import AnyCommand, Call
from csms.domain.events import SettingsChanged
from csms.features.commands.service import RawCommandsOffError
from csms.features.flags.registry import FlagStore, close_client, open_client
from csms.features.flags.rules import RAW_COMMANDS
from csms.features.settings.registry import SettingsStore
from csms.features.settings.rules import ChargerSettings, CommandSettings, OnboardingSettings
from csms.gateway.settings import GatewaySettings, LinkSettings, Tuning
from csms.kit.bus.base import Bus, Subscription
from csms.kit.clock import Clock
from csms.kit.db.revision import INTERVAL_S, RevisionWatch
from csms.kit.db.uow import Scope, UnitsOfWork
from csms.kit.ids import new_id


class Runtime:
    """Settings of all organizations, current within moments of a change on any node."""

    def __init__(self, units: UnitsOfWork, bus: Bus, clock: Clock, interval_s: float = INTERVAL_S) -> None:
        self.settings = SettingsStore(units)
        self._bus = bus
        self.flags = FlagStore(units)
        self._domain = new_id().hex
        self.openfeature = open_client(self.flags, self._domain)
        self._watch = RevisionWatch(units.unscoped, [self.settings.reload, self.flags.reload], clock, interval_s)
        self._subscription: Subscription | None = None

    async def start(self) -> None:
        """Read all, and listen for changes."""
        self._subscription = await self._bus.subscribe((SettingsChanged,), self._watch.heard)
        await self._watch.start()

    async def stop(self) -> None:
        """Listen no more."""
        if self._subscription is not None:
            await self._subscription.close()
        await self._watch.stop()
        close_client(self._domain)

    def limits(self, organization_id: UUID) -> CommandSettings:
        """How long an organization's commands are good for."""
        return self.settings.get(organization_id, CommandSettings)

    def permit(self, scope: Scope, command: AnyCommand) -> None:
        """Refuse what is switched off by a flag. Raises RawCommandsOffError."""
        if not isinstance(command, Call):
            return
        asked = {"organization": str(scope.organization_id), "user": scope.actor.id or scope.actor.kind}
        if not self.openfeature.get_boolean_value(RAW_COMMANDS, True, EvaluationContext(scope.actor.id, asked)):
            raise RawCommandsOffError("raw OCPP messages are switched off by the feature flag commands.raw")

    def tuning(self, settings: GatewaySettings) -> Tuning:
        """The gateway's view: what is set at run time, else what was set at the start."""
        return _StoredTuning(settings, self.settings)


class _StoredTuning(Tuning):
    def __init__(self, settings: GatewaySettings, store: SettingsStore) -> None:
        super().__init__(settings)
        self._store = store
        self._links: dict[float, LinkSettings] = {}

    def _onboarding(self) -> OnboardingSettings:
        return self._store.get(UUID(int=0), OnboardingSettings)  # of the installation: whoever asks

    def onboarding(self) -> str:
        return self._onboarding().mode or super().onboarding()

    def retry_interval_s(self) -> int:
        return self._onboarding().retry_interval_s or super().retry_interval_s()

    def heartbeat_interval_s(self, organization_id: UUID) -> int:
        stored = self._store.get(organization_id, ChargerSettings).heartbeat_interval_s
        return stored or super().heartbeat_interval_s(organization_id)

    def link(self, organization_id: UUID) -> LinkSettings:
        usual = super().link(organization_id)
        asks = self._store.get(organization_id, ChargerSettings).ask_status_after_s
        if asks is None or asks == usual.ask_status_after_s:
            return usual
        if asks not in self._links:  # one for thousands of connections
            self._links = {asks: replace(usual, ask_status_after_s=asks)}
        return self._links[asks]
