# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""One call between the link it came by and the group it is stored with."""

from typing import TYPE_CHECKING

from csms.dialects.base import Inbound
from csms.domain.messages import Answer, Received
from csms.ocpp.codec import Finding
from csms.ocpp.rpc import CallReceived, SendReceived

if TYPE_CHECKING:
    from csms.gateway.link import Link

Incoming = CallReceived | SendReceived


class Entry:
    """A call on its way to the database and back."""

    __slots__ = ("answer", "findings", "inbound", "link", "message_id", "received", "request", "response")

    def __init__(
        self, link: "Link", call: Incoming, received: Received, inbound: Inbound, findings: tuple[Finding, ...]
    ) -> None:
        self.link = link
        self.message_id = call.message_id
        self.request = call
        self.received = received
        self.inbound = inbound
        self.findings = findings
        self.answer: Answer | None = None
        self.response = b""

    @property
    def owner(self) -> tuple[str, int]:
        """Charger and epoch, as the fence knows them."""
        return self.link.charger.id, self.link.epoch or 0

    @property
    def silent(self) -> bool:
        """A SEND: stored, never answered."""
        return type(self.request) is SendReceived
