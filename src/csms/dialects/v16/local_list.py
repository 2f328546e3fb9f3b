# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Local Auth List Management profile: SendLocalList (§5.15), GetLocalListVersion (§5.10)."""

from typing import Final

from csms.dialects.base import NotExpressibleError, Outbound
from csms.dialects.outcomes import known_outcome
from csms.dialects.v16.authorization import write_id_tag_info
from csms.domain.commands import Command, GetLocalListVersion, LocalListEntry, Outcome, OutcomeStatus, SendLocalList
from csms.domain.tokens import Authorization, AuthorizationStatus
from csms.ocpp import v16

_NONE: Final = -1


def _write_entry(entry: LocalListEntry) -> v16.AuthorizationData:
    info = None
    if entry.status is not None:
        status = AuthorizationStatus(entry.status)
        info = write_id_tag_info(Authorization(status, entry.expires_at, entry.group))
    return v16.AuthorizationData(id_tag=entry.token, id_tag_info=info)


def write_local_list(command: SendLocalList) -> v16.SendLocalList:
    """The whole list, or what changes in it."""
    if command.version is None:
        raise NotExpressibleError("the list needs a version")
    return v16.SendLocalList(
        list_version=command.version,
        local_authorization_list=[_write_entry(entry) for entry in command.entries] or None,
        update_type="Full" if command.update == "full" else "Differential",
    )


def write_list_version(_: GetLocalListVersion) -> v16.GetLocalListVersion:
    """Which version is there?"""
    return v16.GetLocalListVersion()


def read_local_list(wire: v16.SendLocalListResponse) -> Outcome:
    """Whether the charger took it."""
    return known_outcome(wire.status)


def read_list_version(wire: v16.GetLocalListVersionResponse) -> Outcome:
    """The version: 0 where the list is empty, -1 where the charger can have none."""
    if wire.list_version == _NONE:
        return Outcome(OutcomeStatus.NOT_SUPPORTED, reason="the charger has no local authorization list")
    return Outcome(OutcomeStatus.ACCEPTED, reason=f"version {wire.list_version}")


OUTBOUND: Final[dict[type[Command], Outbound]] = {
    SendLocalList: Outbound("SendLocalList", write_local_list, read_local_list),
    GetLocalListVersion: Outbound("GetLocalListVersion", write_list_version, read_list_version),
}
