# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What a virtual charger needs of an OCPP version. `v16` and `v2` implement it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from csms.ocpp import codec
from csms.simulator.connection import Words
from csms.simulator.device import Connector, Fact

if TYPE_CHECKING:
    from csms.simulator.charger import VirtualCharger

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
    tells_changes: bool  # of a transaction's state, as facts

    def boot(self, charger: "VirtualCharger") -> Words:
        """I have started."""
        ...

    def read_boot(self, response: Any) -> Registration:
        """May I?"""
        ...

    def heartbeat(self) -> Words:
        """I am alive."""
        ...

    def status_word(self, connector: Connector) -> str | None:
        """The state of a connector as this version spells it; number 0 is the charger itself. None: it has none."""
        ...

    def status(self, connector: Connector, at: datetime) -> Words:
        """The state of a connector."""
        ...

    def progress(self, kind: str, status: str, request_id: int | None) -> Words | None:
        """How far a transfer is: `kind` is firmware, log, diagnostics or publish_firmware."""
        ...

    def security_event(self, kind: str, info: str, at: datetime) -> Words:
        """Something that matters for security."""
        ...

    def sign(self, csr: str) -> Words:
        """Please sign this."""
        ...

    def reservation_ended(self, reservation_id: int, how: str) -> Words | None:
        """A reservation is over: expired or removed."""
        ...

    def new_ref(self) -> str | None:
        """The name of a new transaction, where the charger chooses it."""
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
