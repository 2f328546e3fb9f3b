# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""From where somebody signs in."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from csms.kit.addresses import network_of
from csms.kit.db.uow import Actor, Scope

_LONGEST_AGENT: Final = 300


@dataclass(frozen=True, slots=True)
class Client:
    """Address and program of whoever asks."""

    address: str | None
    user_agent: str | None = None
    request_id: str | None = None

    @property
    def agent(self) -> str | None:
        """The program's name as it may be stored."""
        return self.user_agent.replace("\0", "")[:_LONGEST_AGENT] if self.user_agent else None

    @property
    def network(self) -> str:
        """What the address counts as."""
        return network_of(self.address)


def scope_for(organization_id: UUID, user_id: UUID, username: str, client: Client) -> Scope:
    """What somebody does for themselves."""
    return Scope(organization_id, Actor("user", str(user_id), username), client.address, client.request_id)
