# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What a virtual charger keeps for its CSMS: local list, reservations, profiles, messages, monitors, tariffs."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from csms.simulator.keys import Keyring
from csms.simulator.limits import Profile


@dataclass(frozen=True, slots=True)
class Reservation:
    """A promise; `connector` 0 means any."""

    id: int
    connector: int
    tag: str
    group: str | None
    until: datetime

    def allows(self, tag: str, group: str | None = None) -> bool:
        """Whether a tag may use it: its own, or one of its group."""
        return tag.lower() == self.tag.lower() or (self.group is not None and group == self.group)


@dataclass(slots=True)
class Memory:
    """Structures of the wire are kept as they came: they are told back in the same version's words."""

    list_version: int = 0
    local_list: dict[str, str] = field(default_factory=dict)  # tag in lower case: status
    reservations: dict[int, Reservation] = field(default_factory=dict)
    profiles: dict[int, Profile] = field(default_factory=dict)
    messages: dict[int, Any] = field(default_factory=dict)
    monitors: dict[int, Any] = field(default_factory=dict)
    network: dict[int, Any] = field(default_factory=dict)
    tariffs: dict[tuple[int, str], Any] = field(default_factory=dict)  # (EVSE, id)
    der: dict[str, Any] = field(default_factory=dict)  # id: SetDERControl
    published: dict[str, str] = field(default_factory=dict)  # checksum: location
    keys: Keyring = field(default_factory=Keyring)
    costs: dict[str, float] = field(default_factory=dict)  # transaction: total
    lines: list[str] = field(default_factory=list)  # what diagnostics tell

    def note(self, at: datetime, text: str) -> None:
        """A line for the diagnostics; the oldest of a thousand goes."""
        self.lines.append(f"{at.isoformat()} {text}")
        del self.lines[:-1000]

    def put_profile(self, profile: Profile) -> None:
        """Keep a profile; one of the same EVSE, purpose and stack level gives way (1.6 §5.16, 2.x K01.FR.05)."""
        place = (profile.evse, profile.purpose, profile.stack_level, profile.transaction)
        for key, other in list(self.profiles.items()):
            if (other.evse, other.purpose, other.stack_level, other.transaction) == place:
                del self.profiles[key]
        self.profiles[profile.id] = profile

    def clear_profiles(
        self, *, key: int | None = None, evse: int | None = None, purpose: str | None = None, level: int | None = None
    ) -> int:
        """Forget the profiles that fit all that is named; how many."""
        gone = [
            each.id
            for each in self.profiles.values()
            if (key is None or each.id == key)
            and (evse is None or each.evse == evse)
            and (purpose is None or each.purpose == purpose)
            and (level is None or each.stack_level == level)
        ]
        for each in gone:
            del self.profiles[each]
        return len(gone)

    def update_list(self, version: int, entries: dict[str, str | None], *, full: bool) -> bool:
        """Take a list, or changes of it (a status of None takes a tag off); False for an older version."""
        if not full and version <= self.list_version:
            return False
        if full:
            self.local_list = {}
        for tag, status in entries.items():
            if status is None:
                self.local_list.pop(tag.lower(), None)
            else:
                self.local_list[tag.lower()] = status
        self.list_version = version
        return True
