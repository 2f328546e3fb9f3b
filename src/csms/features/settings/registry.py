# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The settings of all organizations in the memory of a process: asked often, read seldom."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from csms.features.settings import repository
from csms.features.settings.rules import SECTIONS, S, Section, read
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import Scope, UnitsOfWork


class SettingsStore:
    """What holds now; `reload` is called at the start and after every change, here or on another node."""

    def __init__(self, units: UnitsOfWork) -> None:
        self._units = units
        self._known: Mapping[tuple[UUID, str], Section] = {}

    def get(self, organization_id: UUID, section: type[S]) -> S:
        """A section of an organization; the installation's own for what is the installation's."""
        owner = DEFAULT_ORGANIZATION_ID if section.of_installation else organization_id
        found: Any = self._known.get((owner, section.name))
        return found if isinstance(found, section) else section()

    def known(self, section: type[S]) -> list[S]:
        """A section as organizations have set it; those that left it at its defaults are not among them."""
        return [each for each in self._known.values() if isinstance(each, section)]

    async def reload(self) -> None:
        """Read all anew; what is not set is not kept."""
        known: dict[tuple[UUID, str], Section] = {}
        for organization_id in await self._units.organizations():
            async with self._units(Scope.system(organization_id)) as uow:
                stored = await repository.stored(uow.connection)
            for name, row in stored.items():
                if name in SECTIONS:
                    known[organization_id, name] = read(SECTIONS[name], row["value"])
        self._known = known
