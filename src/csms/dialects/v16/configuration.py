# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Core profile: GetConfiguration (§5.8) and ChangeConfiguration (§5.3)."""

from typing import Final

from csms.dialects.base import Outbound
from csms.domain.commands import ChangeConfiguration, Command, GetConfiguration, Outcome, OutcomeStatus, Variable
from csms.ocpp import v16

_CHANGED: Final = {
    "Accepted": Outcome(OutcomeStatus.ACCEPTED),
    "RebootRequired": Outcome(OutcomeStatus.ACCEPTED, reason="takes effect after a restart of the charger"),
    "Rejected": Outcome(OutcomeStatus.REJECTED),
    "NotSupported": Outcome(OutcomeStatus.NOT_SUPPORTED, reason="the charger does not know this key"),
}


def write_get(command: GetConfiguration) -> v16.GetConfiguration:
    """All keys, or the named ones."""
    return v16.GetConfiguration(key=list(command.keys) or None)


def read_get(wire: v16.GetConfigurationResponse) -> Outcome:
    """The values; keys that the charger does not know are named."""
    variables = tuple(Variable(item.key, item.value, item.readonly) for item in wire.configuration_key or ())
    unknown = tuple(wire.unknown_key or ())
    if unknown and not variables:
        return Outcome(OutcomeStatus.NOT_SUPPORTED, reason=f"unknown to the charger: {', '.join(unknown)}")
    reason = f"unknown to the charger: {', '.join(unknown)}" if unknown else None
    return Outcome(OutcomeStatus.ACCEPTED, reason=reason, variables=variables)


def write_change(command: ChangeConfiguration) -> v16.ChangeConfiguration:
    """One key."""
    return v16.ChangeConfiguration(key=command.key, value=command.value)


def read_change(wire: v16.ChangeConfigurationResponse) -> Outcome:
    """Accepted (perhaps only after a restart), Rejected or NotSupported."""
    return _CHANGED.get(wire.status, Outcome(OutcomeStatus.ERROR, reason=f"unknown status {wire.status!r}"))


OUTBOUND: Final[dict[type[Command], Outbound]] = {
    GetConfiguration: Outbound("GetConfiguration", write_get, read_get),
    ChangeConfiguration: Outbound("ChangeConfiguration", write_change, read_change),
}
