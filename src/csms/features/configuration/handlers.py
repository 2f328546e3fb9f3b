# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Events about configuration: what a charger reported or was set to is remembered."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from csms.domain.commands import ChangeConfiguration, OutcomeStatus, SetVariables, Variable
from csms.domain.device_model import path_of
from csms.domain.events import CommandFinished
from csms.features.configuration import ingest
from csms.kit.clock import Clock
from csms.kit.db.uow import Scope, UnitOfWork


class ConfigurationKeeper:
    """Consumes CommandFinished: answers to GetConfiguration, and keys that were changed."""

    def __init__(self, open_uow: Callable[[Scope], AbstractAsyncContextManager[UnitOfWork]], clock: Clock) -> None:
        self._open_uow = open_uow
        self._clock = clock

    async def __call__(self, event: CommandFinished) -> None:
        """Store what the event tells; the same event twice changes nothing."""
        variables = event.outcome.variables
        setter = None if variables else event.id  # what is read was found so, whoever asked
        command = event.command
        if isinstance(command, ChangeConfiguration) and event.outcome.status is OutcomeStatus.ACCEPTED:
            variables = (Variable(command.key, command.value, readonly=False),)
        if isinstance(command, SetVariables) and event.outcome.status is OutcomeStatus.ACCEPTED:
            variables = tuple(
                Variable(path_of(item.component, item.variable, item.attribute), item.value, readonly=False)
                for item in command.variables
            )
        if not variables:
            return
        async with self._open_uow(Scope.system(event.organization_id)) as uow:
            own = (event.organization_id, event.charger_id)
            await ingest.remember(uow.connection, *own, variables, setter, self._clock.now())
