# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The commands of 2.0.1 and 2.1: remote control, availability, device model, tokens, reservations."""

from functools import partial
from typing import Any, Final

from csms.dialects.times import parse_time
from csms.simulator import orders
from csms.simulator.device import StopReason
from csms.simulator.limits import TX
from csms.simulator.memory import Reservation
from csms.simulator.model import PASSWORD, Variable
from csms.simulator.speech import Obeyed
from csms.simulator.v2_grid import COMMANDS as GRID
from csms.simulator.v2_more import COMMANDS as MORE
from csms.simulator.v2_order import Obey, Order
from csms.simulator.v2_smart import COMMANDS as SMART
from csms.simulator.v2_smart import profile_of

_ECHO_VENDOR: Final = "csms-lite"


def _start(order: Order) -> Obeyed:
    request, charger = order.request, order.charger
    profile = request.charging_profile
    if profile is not None and profile.charging_profile_purpose != TX:
        return order.answer(status="Rejected")  # F01.FR.09
    tag = request.id_token.id_token
    after = orders.remote_start(charger, request.evse_id, tag, request.remote_start_id)
    if after is not None and profile is not None and request.evse_id is not None:
        charger.memory.put_profile(profile_of(request.evse_id, profile))
    return order.answer(after, status="Accepted" if after else "Rejected")


def _stop(order: Order) -> Obeyed:
    after = orders.remote_stop(order.charger, order.request.transaction_id)
    return order.answer(after, status="Accepted" if after else "Rejected")


def _transaction_status(order: Order) -> Obeyed:
    ref = order.request.transaction_id
    waiting = list(order.charger.uplink.backlog)
    if ref is None:
        return order.answer(messages_in_queue=bool(waiting))
    queued = any(str(getattr(getattr(fact, "transaction", None), "ref", None)) == ref for fact in waiting)
    return order.answer(ongoing_indicator=order.running(ref) is not None, messages_in_queue=queued)


def _reset(order: Order) -> Obeyed:
    request, charger = order.request, order.charger
    if request.evse_id is not None:
        connector = order.connector(request.evse_id)
        if connector is None:
            return order.answer(status="Rejected")
        return order.answer(partial(_reset_evse, order), status="Accepted")
    busy = any(each.transaction is not None for each in charger.connectors)
    if request.type == "OnIdle" and busy:
        return order.answer(partial(_reset_later, order), status="Scheduled")
    return order.answer(orders.reset(charger, hard=request.type != "OnIdle"), status="Accepted")


def _reset_later(order: Order) -> None:
    order.charger.spawn(_when_idle(order))


async def _when_idle(order: Order) -> None:
    charger = order.charger
    await charger.until(lambda: all(each.transaction is None for each in charger.connectors))
    await charger.restart(StopReason.SOFT_RESET)


def _reset_evse(order: Order) -> None:
    connector = order.connector(order.request.evse_id)
    if connector is not None:
        order.charger.stop_transaction(connector, StopReason.HARD_RESET)
        order.charger.uplink.say_status(connector)


def _unlock(order: Order) -> Obeyed:
    connector = order.connector(order.request.evse_id)
    if connector is None or order.request.connector_id != 1:
        return order.answer(status="UnknownConnector")
    if connector.transaction is not None:
        return order.answer(status="OngoingAuthorizedTransaction")  # F05.FR.02
    status, after = orders.unlock(order.charger, connector.number)
    return order.answer(after, status="Unlocked" if status == "Unlocked" else "UnlockFailed")


def _availability(order: Order) -> Obeyed:
    evse = order.request.evse
    operative = order.request.operational_status == "Operative"
    status, after = orders.change_availability(order.charger, 0 if evse is None else evse.id, operative=operative)
    return order.answer(after, status=status)


def _trigger(order: Order) -> Obeyed:
    request, charger = order.request, order.charger
    evse = None if request.evse is None else request.evse.id
    after: orders.After | None
    match request.requested_message:
        case "BootNotification":
            after = charger.uplink.boot_again
        case "Heartbeat":
            after = charger.uplink.beat
        case "StatusNotification":
            after = orders.trigger_status(charger, evse)
        case "MeterValues":
            after = orders.trigger_meter(charger, evse)
        case "TransactionEvent":
            busy = [each.number for each in charger.connectors if each.transaction and evse in (None, each.number)]
            after = partial(_meters, order, busy) if busy else None
        case "LogStatusNotification":
            after = partial(charger.transfers.again, "log")
        case "FirmwareStatusNotification":
            after = partial(charger.transfers.again, "firmware")
        case "PublishFirmwareStatusNotification":
            after = partial(charger.transfers.again, "publish_firmware")
        case "SignChargingStationCertificate" | "SignCombinedCertificate":
            after = orders.sign_request(charger)
        case _:
            return order.answer(status="NotImplemented")
    return order.answer(after, status="Accepted" if after else "Rejected")


def _meters(order: Order, numbers: list[int]) -> None:
    for number in numbers:
        connector = order.charger.connector(number)
        if connector is not None:
            order.charger.meter(connector, "Trigger")


def _data_transfer(order: Order) -> Obeyed:
    if order.request.vendor_id != _ECHO_VENDOR:
        return order.answer(status="UnknownVendorId")
    return order.answer(status="Accepted", data=order.request.data)


# -- device model ------------------------------------------------------------------------------------------------------


def _named(order: Order, asked: Any) -> tuple[str, Variable | None]:
    """The status of a variable that is named, and the variable."""
    component, model = asked.component, order.charger.model
    evse = None if component.evse is None else component.evse.id
    connector = None if component.evse is None else component.evse.connector_id
    if component.instance is not None or not model.component(component.name, evse, connector):
        return "UnknownComponent", None
    found = model.find(component.name, asked.variable.name, evse, connector)
    if found is None or asked.variable.instance is not None:
        return "UnknownVariable", None
    if getattr(asked, "attribute_type", None) not in (None, "Actual"):
        return "NotSupportedAttributeType", None
    return "Accepted", found


def _get_variables(order: Order) -> Obeyed:
    results = []
    for asked in order.request.get_variable_data:
        status, found = _named(order, asked)
        if found is not None and found.read is None:
            status = "Rejected"  # write only: B06.FR.09
        results.append(
            order.wire.GetVariableResultType(
                attribute_status=status,
                attribute_type=asked.attribute_type,
                attribute_value=found.read() if found is not None and found.read is not None else None,
                component=asked.component,
                variable=asked.variable,
            )
        )
    return order.answer(get_variable_result=results)


def _set_variables(order: Order) -> Obeyed:
    results, changes = [], []
    for asked in order.request.set_variable_data:
        status, found = _named(order, asked)
        if found is not None:
            status = order.charger.model.write(found, asked.attribute_value)
            if status == "Accepted":
                changes.append((found, asked.attribute_value))
        results.append(
            order.wire.SetVariableResultType(
                attribute_status=status,
                attribute_type=asked.attribute_type,
                component=asked.component,
                variable=asked.variable,
            )
        )
    return order.answer(partial(_changed, order, changes), set_variable_result=results)


def _changed(order: Order, changes: list[tuple[Variable, str]]) -> None:
    for variable, value in changes:
        if (variable.component, variable.name) == PASSWORD:
            orders.new_password(order.charger, value)
        elif variable.key is not None:
            orders.configuration_changed(order.charger, variable.key)


def _component(order: Order, variable: Variable) -> Any:
    wire = order.wire
    evse = None if variable.evse is None else wire.EVSEType(id=variable.evse, connector_id=variable.connector)
    return wire.ComponentType(name=variable.component, evse=evse)


def _reported(order: Order, variable: Variable) -> Any:
    wire = order.wire
    return wire.ReportDataType(
        component=_component(order, variable),
        variable=wire.VariableType(name=variable.name),
        variable_attribute=[
            wire.VariableAttributeType(
                type="Actual",
                value=None if variable.read is None else variable.read(),
                mutability=variable.mutability,
                persistent=variable.writable,
            )
        ],
        variable_characteristics=wire.VariableCharacteristicsType(
            unit=variable.unit, data_type=variable.data_type, supports_monitoring=variable.data_type == "decimal"
        ),
    )


def _base_report(order: Order) -> Obeyed:
    variables = list(order.charger.model)
    if order.request.report_base == "ConfigurationInventory":
        variables = [each for each in variables if each.writable]
    elif order.request.report_base == "SummaryInventory":
        variables = [each for each in variables if each.name in ("AvailabilityState", "Problem")]
    return order.answer(partial(_report, order, variables), status="Accepted")


def _get_report(order: Order) -> Obeyed:
    wanted, criteria = order.request.component_variable, frozenset(order.request.component_criteria or ())
    variables = [each for each in order.charger.model if not wanted or any(_fits(each, one) for one in wanted)]
    if criteria and not criteria & {"Active", "Available", "Enabled"}:
        faulted = {each.number for each in order.charger.connectors if each.faulted}
        variables = [each for each in variables if each.evse in faulted]
    if not variables:
        return order.answer(status="EmptyResultSet")
    return order.answer(partial(_report, order, variables), status="Accepted")


def _fits(variable: Variable, asked: Any) -> bool:
    component = asked.component
    if variable.component.lower() != component.name.lower():
        return False
    if component.evse is not None and variable.evse != component.evse.id:
        return False
    return asked.variable is None or asked.variable.name.lower() == variable.name.lower()


def _report(order: Order, variables: list[Variable]) -> None:
    order.in_parts("NotifyReport", "report_data", [_reported(order, each) for each in variables])


# -- tokens and reservations -------------------------------------------------------------------------------------------


def _clear_cache(order: Order) -> Obeyed:
    if not order.charger.configuration.boolean("AuthorizationCacheEnabled"):
        return order.answer(status="Rejected")
    order.charger.cache.clear()
    return order.answer(status="Accepted")


def _send_list(order: Order) -> Obeyed:
    request = order.request
    entries = {
        each.id_token.id_token: None if each.id_token_info is None else each.id_token_info.status
        for each in request.local_authorization_list or ()
    }
    full = request.update_type == "Full"
    taken = order.charger.memory.update_list(request.version_number, entries, full=full)
    return order.answer(status="Accepted" if taken else "VersionMismatch")


def _list_version(order: Order) -> Obeyed:
    return order.answer(version_number=order.charger.memory.list_version)


def _reserve(order: Order) -> Obeyed:
    request = order.request
    until = parse_time(request.expiry_date_time)
    if until is None:
        return order.answer(status="Rejected")
    group = None if request.group_id_token is None else request.group_id_token.id_token
    reservation = Reservation(request.id, request.evse_id or 0, request.id_token.id_token, group, until)
    status, after = orders.reserve(order.charger, reservation)
    return order.answer(after, status=status)


def _cancel(order: Order) -> Obeyed:
    given_up = orders.cancel_reservation(order.charger, order.request.reservation_id)
    return order.answer(status="Accepted" if given_up else "Rejected")


COMMANDS: Final[dict[str, Obey]] = {
    "RequestStartTransaction": _start,
    "RequestStopTransaction": _stop,
    "GetTransactionStatus": _transaction_status,
    "Reset": _reset,
    "UnlockConnector": _unlock,
    "ChangeAvailability": _availability,
    "TriggerMessage": _trigger,
    "DataTransfer": _data_transfer,
    "GetVariables": _get_variables,
    "SetVariables": _set_variables,
    "GetBaseReport": _base_report,
    "GetReport": _get_report,
    "ClearCache": _clear_cache,
    "SendLocalList": _send_list,
    "GetLocalListVersion": _list_version,
    "ReserveNow": _reserve,
    "CancelReservation": _cancel,
    **SMART,
    **MORE,
    **GRID,
}
