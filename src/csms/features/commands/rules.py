# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Rules of commands that need no database: what each needs to be allowed, the numbers that the CSMS draws."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from csms.domain import commands as domain
from csms.domain.commands import AnyCommand
from csms.domain.events import CommandIssued
from csms.features.accounts.permissions import Permission

_BY_PERMISSION: Final[Mapping[Permission, tuple[str, ...]]] = {
    Permission.TRANSACTION_CONTROL: (
        "start_transaction",
        "stop_transaction",
        "unlock",
        "reserve_now",
        "cancel_reservation",
        "use_priority_charging",
        "update_cost",
        "notify_web_payment_started",
        "request_battery_swap",
    ),
    Permission.CHARGER_RESET: ("reset", "change_availability"),
    Permission.CONFIGURATION_CHANGE: (
        "change_configuration",
        "set_variables",
        "set_network_profile",
        "set_monitors",
        "clear_monitors",
        "set_monitoring_base",
        "set_monitoring_level",
        "set_display_message",
        "clear_display_message",
        "adjust_event_stream",
    ),
    Permission.FIRMWARE_INSTALL: ("update_firmware", "publish_firmware", "unpublish_firmware"),
    Permission.PROFILE_SEND: (
        "set_charging_profile",
        "clear_charging_profile",
        "update_dynamic_schedule",
        "set_der_control",
        "clear_der_controls",
        "afrr_signal",
        "notify_allowed_energy_transfer",
    ),
    Permission.CERTIFICATE_INSTALL: ("install_certificate", "delete_certificate", "send_signed_certificate"),
    Permission.LOCAL_LIST_WRITE: ("send_local_list",),
    Permission.TARIFF_SEND: ("set_default_tariff", "clear_tariffs", "change_transaction_tariff"),
    Permission.LOG_REQUEST: ("get_log", "get_diagnostics"),
    # what it says of a customer, and whether it knows them at all
    Permission.PRIVACY_EXPORT: ("get_customer_information",),
    # what a vendor made of it can be anything: nothing here can say what it does
    Permission.COMMAND_RAW: ("call", "custom", "data_transfer"),
}
PERMISSION_OF: Final[Mapping[str, Permission]] = {
    kind: permission for permission, kinds in _BY_PERMISSION.items() for kind in kinds
}
"""What a type of command needs beside `charger:command:send`; those that only ask need no more."""


POWER_STEPS: Final = frozenset(
    {
        "start_transaction",
        "stop_transaction",
        "reset",
        "change_availability",
        "set_charging_profile",
        "clear_charging_profile",
        "update_dynamic_schedule",
        "set_der_control",
        "clear_der_controls",
        "afrr_signal",
        "use_priority_charging",
    }
)
"""Commands that change at once how much power a charger takes: of these only so many a minute go out."""


def permissions_for(body: Mapping[str, Any]) -> tuple[Permission, ...]:
    """What sending a command needs, by its type and by what it asks for: for one charger, for many, and again."""
    needed = PERMISSION_OF.get(body["type"])
    own = () if needed is None else (needed,)
    return (Permission.COMMAND_SEND, *own, *_by_parts(body))


def _by_parts(body: Mapping[str, Any]) -> Iterator[Permission]:
    if body.get("charging_profile") is not None:
        yield Permission.PROFILE_SEND  # a start with a profile sets a limit too
    if body["type"] in _BY_PERMISSION[Permission.LOG_REQUEST] and body.get("location") is not None:
        yield Permission.LOG_FORWARD  # to a server that whoever asks has named
    if body["type"] == "get_customer_information" and body.get("clear"):
        yield Permission.PRIVACY_ERASE


# Where a command's own number stands: its request, its reservation, or the part of it that is known by a number.
_OWN: Final = {
    domain.StartTransaction: "request_id",
    domain.GetBaseReport: "request_id",
    domain.GetReport: "request_id",
    domain.GetMonitoringReport: "request_id",
    domain.GetCustomerInformation: "request_id",
    domain.GetDisplayMessages: "request_id",
    domain.GetChargingProfiles: "request_id",
    domain.GetDerControls: "request_id",
    domain.GetLog: "request_id",
    domain.GetDiagnostics: "request_id",
    domain.UpdateFirmware: "request_id",
    domain.PublishFirmware: "request_id",
    domain.RequestBatterySwap: "request_id",
    domain.ReserveNow: "reservation_id",
    domain.SendLocalList: "version",
}
_PARTS: Final = {
    domain.SetChargingProfile: "profile",
    domain.StartTransaction: "charging_profile",
    domain.SetDisplayMessage: "message",
}


def _places(command: AnyCommand) -> list[tuple[Any, Callable[[int], AnyCommand]]]:
    """The numbers of a command as they are, each with how another is put in its place."""
    places: list[tuple[Any, Callable[[int], AnyCommand]]] = []
    own = _OWN.get(type(command))
    if own is not None:
        places.append((getattr(command, own), lambda number: msgspec.structs.replace(command, **{own: number})))
    name = _PARTS.get(type(command))
    part = None if name is None else getattr(command, name)
    if name is not None and part is not None:

        def put(number: int) -> AnyCommand:
            return msgspec.structs.replace(command, **{name: msgspec.structs.replace(part, id=number)})

        places.append((part.id, put))
    return places


def missing_numbers(command: AnyCommand) -> int:
    """How many numbers have to be drawn."""
    return sum(number is None for number, _ in _places(command))


def numbered(command: AnyCommand, numbers: Sequence[int]) -> AnyCommand:
    """The command with numbers in the places that have none."""
    left = list(numbers)
    for index in range(len(_places(command))):
        number, put = _places(command)[index]
        if number is None:
            command = put(left.pop(0))
    return command


def numbered_like(command: AnyCommand, other: AnyCommand) -> AnyCommand:
    """The command with the other's numbers where it has none: whether the two are the same can then be seen."""
    if type(command) is not type(other):
        return command
    theirs = [number for number, _ in _places(other)]
    if len(theirs) != len(_places(command)):
        return command
    own = [number for number, _ in _places(command)]
    return numbered(command, [there for here, there in zip(own, theirs, strict=True) if here is None])


def kind_of(command: AnyCommand) -> str:
    """Its type, as it is stored and shown."""
    return domain.tag_of(type(command))


def stored(command: AnyCommand) -> dict[str, Any]:
    """A command as it is stored and shown: what was left out is left out."""
    body: dict[str, Any] = _without_nothing(msgspec.to_builtins(command))
    return body


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nothing(item) for name, item in value.items() if item is not None}
    return [_without_nothing(item) for item in value] if isinstance(value, list | tuple) else value


def queued_again(organization_id: UUID, row: Mapping[str, Any]) -> CommandIssued:
    """The event of a stored command; what was stored had no secret."""
    return CommandIssued(
        organization_id=organization_id,
        charger_id=row["charger_id"],
        id=row["id"],
        command=msgspec.convert(row["body"], AnyCommand),
        expires_at=row["expires_at"],
        queued=True,
        at=row["created_at"],
    )
