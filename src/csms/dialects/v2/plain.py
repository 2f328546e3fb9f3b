# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Commands whose structure is the wire's: written by name, answered by a status."""

from collections.abc import Callable
from typing import Any

import msgspec

from csms.dialects.base import Outbound
from csms.dialects.v2.mirror import to_wire
from csms.dialects.v2.outcomes import read_status
from csms.dialects.v2.transactions import transaction_id
from csms.domain.commands import OnTransaction, Outcome


def plain(wire: type[msgspec.Struct], read: Callable[[Any], Outcome] = read_status) -> Outbound:
    """A command that is written as it is."""

    def write(command: msgspec.Struct) -> msgspec.Struct:
        return to_wire(command, wire)

    return Outbound(wire.__name__, write, read)


def on_transaction(wire: type[msgspec.Struct], read: Callable[[Any], Outcome] = read_status) -> Outbound:
    """A command that is written as it is, with the charger's own name of the transaction."""

    def write(command: OnTransaction) -> msgspec.Struct:
        return to_wire(command, wire, transaction_id=transaction_id(command))

    return Outbound(wire.__name__, write, read)
