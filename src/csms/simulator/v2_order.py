# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What a 2.x charger is told, and the pieces its answers are made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from csms.dialects.times import format_time
from csms.simulator.connection import Words
from csms.simulator.speech import Obeyed

if TYPE_CHECKING:
    from csms.simulator.charger import VirtualCharger
    from csms.simulator.device import Connector, Transaction

_PER_PART: Final = 20


@dataclass(frozen=True, slots=True)
class Order:
    """A command: who is told, the version's messages, the request."""

    charger: "VirtualCharger"
    wire: Any
    request: Any

    @property
    def action(self) -> str:
        """Its name."""
        return type(self.request).__name__

    def answer(self, after: Callable[[], None] | None = None, **fields: Any) -> Obeyed:
        """The response of the action, with what is done once it is sent."""
        return Obeyed(getattr(self.wire, f"{self.action}Response")(**fields), after)

    def say(self, action: str, **fields: Any) -> None:
        """Tell something."""
        self.charger.uplink.say(Words(action, getattr(self.wire, action)(**fields)))

    def now(self) -> str:
        """The time stamp of now."""
        return format_time(self.charger.runtime.time.stamp())

    def in_parts(self, action: str, field: str, items: Sequence[Any], **fields: Any) -> None:
        """Tell a report in as many parts as it takes (NotifyReport and its like): `tbc` on all but the last."""
        pieces = [list(items[start : start + _PER_PART]) for start in range(0, len(items), _PER_PART)]
        for number, piece in enumerate(pieces):
            self.say(
                action,
                seq_no=number,
                tbc=number < len(pieces) - 1,
                generated_at=self.now(),
                request_id=self.request.request_id,
                **{field: piece},
                **fields,
            )

    def connector(self, evse: int | None) -> "Connector | None":
        """The connector of an EVSE; every EVSE here has one."""
        return None if evse is None else self.charger.connector(evse)

    def running(self, ref: str) -> "Transaction | None":
        """The transaction of that name, while it runs."""
        found = (each.transaction for each in self.charger.connectors)
        return next((each for each in found if each is not None and each.ref == ref), None)


Obey: TypeAlias = Callable[[Order], Obeyed]


def changed(structure: Any, **fields: Any) -> Any:
    """A structure of the wire with other values."""
    return msgspec.structs.replace(structure, **fields)
