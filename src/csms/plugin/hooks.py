# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What a plug-in is made of. These names stay; new ones have defaults."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import msgspec

from csms.domain.commands import Call, DataTransfer
from csms.domain.messages import VendorAnswer, VendorAnswerStatus, VendorMessage

__all__ = [
    "API_VERSION",
    "Charger",
    "CustomAction",
    "Plugin",
    "VendorAnswer",
    "VendorAnswerStatus",
    "VendorHandler",
    "VendorMessage",
]

API_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Charger:
    """Who sent a message: its identity, its organization, and the version of OCPP that it speaks."""

    id: str
    organization_id: str
    protocol: str


class VendorHandler(Protocol):
    """Understands the messages of a vendor (OCPP DataTransfer, from the charger)."""

    def __call__(self, charger: Charger, message: VendorMessage) -> Awaitable[VendorAnswer]:
        """The answer. It has 20 s; no database transaction waits for it, the charger's next message does.

        `message.data` is a text in OCPP 1.6 and anything in 2.x. The same message may come twice. What is raised, or
        takes longer, is logged, and the charger is told Rejected.
        """
        ...


@dataclass(frozen=True, slots=True)
class CustomAction:
    """A command of one's own: `{"type": "custom", "action": "PLUGIN.NAME", "arguments": {…}}`.

    `arguments` is a frozen msgspec.Struct: its bounds are checked before `write`, and shown to people as JSON schema.
    `write` makes of it what is sent, a DataTransfer or a raw Call; it is pure and may be called more than once. It
    raises ValueError, with a sentence, for what cannot be done.
    """

    name: str
    help: str
    arguments: type[msgspec.Struct]
    write: Callable[[Any], DataTransfer | Call]


@dataclass(frozen=True, slots=True)
class Plugin:
    """One plug-in: a name (letters, digits, `-`), its version, the vendors it understands, the commands it adds."""

    name: str
    version: str
    vendors: Mapping[str, VendorHandler] = field(default_factory=dict)  # by vendor id; letter case does not count
    actions: tuple[CustomAction, ...] = ()
    api_version: int = API_VERSION
