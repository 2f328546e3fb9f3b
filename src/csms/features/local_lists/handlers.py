# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Events about local lists."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from csms.domain.commands import GetLocalListVersion, OutcomeStatus, SendLocalList
from csms.domain.events import CommandFinished
from csms.features.local_lists import service
from csms.kit.clock import Clock
from csms.kit.db.uow import Scope, UnitOfWork

_NAMES = ("listVersion", "versionNumber")  # 1.6, 2.x


class LocalListKeeper:
    """Consumes CommandFinished: lists that chargers took, versions that they told."""

    def __init__(self, open_uow: Callable[[Scope], AbstractAsyncContextManager[UnitOfWork]], clock: Clock) -> None:
        self._open_uow = open_uow
        self._clock = clock

    async def __call__(self, event: CommandFinished) -> None:
        """The same event twice changes nothing."""
        command, now = event.command, self._clock.now()
        if isinstance(command, SendLocalList) and event.outcome.status is OutcomeStatus.ACCEPTED:
            async with self._open_uow(Scope.system(event.organization_id)) as uow:
                await service.remember(uow, event.organization_id, event.charger_id, command, now)
        elif isinstance(command, GetLocalListVersion) and isinstance(event.outcome.result, dict):
            told = (event.outcome.result.get(name) for name in _NAMES)
            version = next((number for number in told if isinstance(number, int)), None)
            if version is not None and abs(version) < 2**31:
                async with self._open_uow(Scope.system(event.organization_id)) as uow:
                    await service.remember_version(uow, event.organization_id, event.charger_id, version, now)
