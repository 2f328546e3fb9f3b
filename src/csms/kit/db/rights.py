# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How often what people and programs may do was changed, for each organization: what was remembered before is void.

This process tells its own changes right after the commit. What others change (another process, the command line) is
heard from the database where a `ChangeListener` runs.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from csms.kit.db.changes import Hearer

TABLES: Final = frozenset({"users", "roles", "role_assignments", "api_keys", "settings"})
"""What somebody may do is read from these. Each has the trigger `told`."""
_ACTIONS: Final = ("account:", "system:settings:")
_FREQUENT: Final = "account:session:"  # signing in and out takes nothing from anybody else

Mark = tuple[int, int]


class ChangedRights:
    """Counts changes; one per process."""

    def __init__(self) -> None:
        self._of: dict[UUID, int] = {}
        self._all = 0
        self.total = 0
        """Grows with every change, whoever's: for what is read before it is known whose it is."""

    def mark(self, organization_id: UUID) -> Mark:
        """What is remembered with an older mark is void."""
        return self._all, self._of.get(organization_id, 0)

    def changed(self, organization_id: UUID) -> None:
        """Something changed in an organization."""
        self._of[organization_id] = self._of.get(organization_id, 0) + 1
        self.total += 1

    def forget_all(self) -> None:
        """Changes may have gone by untold."""
        self._all += 1
        self.total += 1

    def own_change(self, organization_id: UUID, actions: Iterable[str]) -> None:
        """This process committed what was audited so."""
        if any(each.startswith(_ACTIONS) and not each.startswith(_FREQUENT) for each in actions):
            self.changed(organization_id)


class RightsHearer:
    """Hears of changes in the database: of rights for `ChangedRights`, and passes all on to `other`."""

    def __init__(self, rights: ChangedRights, other: Hearer) -> None:
        self._rights = rights
        self._other = other
        self.sure = other.sure
        self.unsure = other.unsure

    def changed(self, organization_id: UUID, table: str) -> None:
        """A table changed, for an organization."""
        if table in TABLES:
            self._rights.changed(organization_id)
        self._other.changed(organization_id, table)

    def forget_all(self) -> None:
        """Changes may have gone by untold."""
        self._rights.forget_all()
        self._other.forget_all()
