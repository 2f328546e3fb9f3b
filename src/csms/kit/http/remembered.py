# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Who somebody is that showed a credential a moment ago, so that not every request asks the database.

Given for 5 s at most, and not after a change of what people of the organization may do. Where changes of other
processes are not heard, the 5 s are how long these take.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

from csms.kit.clock import Clock
from csms.kit.db.rights import ChangedRights, Mark
from csms.kit.http.principal import Principal

REMEMBER_S: Final = 5.0
_MOST: Final = 10_000
K = TypeVar("K", bound=Hashable)


class Remembered(Generic[K]):
    """Principals by what they showed."""

    def __init__(self, rights: ChangedRights, clock: Clock) -> None:
        self._rights = rights
        self._clock = clock
        self._entries: OrderedDict[K, tuple[float, Mark, Principal]] = OrderedDict()

    def find(self, key: K) -> Principal | None:
        """Who it was, if that is still known."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        since_s, mark, principal = entry
        if self._clock.monotonic() - since_s < REMEMBER_S and mark == self._rights.mark(principal.organization_id):
            return principal
        del self._entries[key]
        return None

    def before(self) -> int:
        """To be asked before anything is read, and given to `keep`."""
        return self._rights.total

    def keep(self, key: K, principal: Principal, before: int) -> None:
        """Remember it, unless something changed while it was read: it may be what was before."""
        if before != self._rights.total:
            return
        self._entries[key] = (self._clock.monotonic(), self._rights.mark(principal.organization_id), principal)
        if len(self._entries) > _MOST:
            self._entries.popitem(last=False)

    def forget(self, those: Callable[[K], bool]) -> None:
        """Ask anew for some of them."""
        for key in [key for key in self._entries if those(key)]:
            del self._entries[key]
