# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What a virtual charger needs of an OCPP version. One module a version implements it (`v16`); 2.x would be another."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from csms.ocpp import codec
from csms.simulator.connection import Words
from csms.simulator.device import Connector, Fact

if TYPE_CHECKING:
    from csms.simulator.charger import ChargerConfig, VirtualCharger

ACCEPTED = "Accepted"


@dataclass(frozen=True, slots=True)
class Registration:
    """The answer to a boot: Accepted, Pending or Rejected, and the interval to the next heartbeat or boot."""

    status: str
    interval_s: int


@dataclass(frozen=True, slots=True)
class Obeyed:
    """The answer to a command, and what the charger does once it is sent."""

    message: msgspec.Struct
    after: Callable[[], None] | None = None


class Speech(Protocol):
    """The words of one version. Reading methods get the decoded response message."""

    protocol: codec.Protocol

    def boot(self, config: "ChargerConfig") -> Words:
        """I have started."""
        ...

    def read_boot(self, response: Any) -> Registration:
        """May I?"""
        ...

    def heartbeat(self) -> Words:
        """I am alive."""
        ...

    def status(self, connector: Connector, at: datetime) -> Words:
        """The state of a connector; number 0 is the charger itself."""
        ...

    def authorize(self, tag: str) -> Words:
        """May this tag charge?"""
        ...

    def read_authorize(self, response: Any) -> str:
        """`ACCEPTED`, or why not."""
        ...

    def fact(self, fact: Fact) -> Words:
        """A transaction-related message."""
        ...

    def read_fact(self, fact: Fact, response: Any) -> str | None:
        """Keep what the answer brings (the transaction's number); the tag's status where it says one."""
        ...

    def obey(self, charger: "VirtualCharger", action: str, payload: bytes) -> Obeyed:
        """Carry out a command. Raises RemoteProtocolError for what cannot be understood."""
        ...
