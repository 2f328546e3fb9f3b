# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The commands of 2.0.1 and 2.1: network, monitoring, messages, firmware, logs, certificates."""

from functools import partial
from typing import Any, Final

from csms.dialects.times import parse_time
from csms.simulator.speech import Obeyed
from csms.simulator.transfers import Delivery, Update
from csms.simulator.v2_order import Obey, Order


def _network(order: Order) -> Obeyed:
    if order.request.configuration_slot not in (0, 1, 2):
        return order.answer(status="Rejected")  # B09.FR.02
    order.charger.memory.network[order.request.configuration_slot] = order.request.connection_data
    return order.answer(status="Accepted")


# -- monitoring --------------------------------------------------------------------------------------------------------


def _set_monitoring(order: Order) -> Obeyed:
    memory, model, results = order.charger.memory, order.charger.model, []
    for asked in order.request.set_monitoring_data:
        component = asked.component
        evse = None if component.evse is None else component.evse.id
        connector = None if component.evse is None else component.evse.connector_id
        number = asked.id
        if not model.component(component.name, evse, connector):
            status, number = "UnknownComponent", None
        elif model.find(component.name, asked.variable.name, evse, connector) is None:
            status, number = "UnknownVariable", None
        else:
            status = "Accepted"
            number = asked.id or max(memory.monitors, default=0) + 1
            memory.monitors[number] = asked
        results.append(
            order.wire.SetMonitoringResultType(
                id=number,
                status=status,
                type=asked.type,
                severity=asked.severity,
                component=component,
                variable=asked.variable,
            )
        )
    return order.answer(set_monitoring_result=results)


def _clear_monitoring(order: Order) -> Obeyed:
    memory = order.charger.memory
    results = [
        order.wire.ClearMonitoringResultType(
            id=number, status="Accepted" if memory.monitors.pop(number, None) is not None else "NotFound"
        )
        for number in order.request.id
    ]
    return order.answer(clear_monitoring_result=results)


def _monitoring_report(order: Order) -> Obeyed:
    wanted = order.request.component_variable
    found = {
        number: each
        for number, each in order.charger.memory.monitors.items()
        if not wanted
        or any(
            one.component.name == each.component.name
            and (one.variable is None or one.variable.name == each.variable.name)
            for one in wanted
        )
    }
    if not found:
        return order.answer(status="EmptyResultSet")
    return order.answer(partial(_tell_monitors, order, found), status="Accepted")


def _tell_monitors(order: Order, found: dict[int, Any]) -> None:
    v21 = {"event_notification_type": "CustomMonitor"} if hasattr(order.wire, "AFRRSignal") else {}
    items = [
        order.wire.MonitoringDataType(
            component=each.component,
            variable=each.variable,
            variable_monitoring=[
                order.wire.VariableMonitoringType(
                    id=number,
                    transaction=bool(each.transaction),
                    value=each.value,
                    type=each.type,
                    severity=each.severity,
                    **v21,
                )
            ],
        )
        for number, each in found.items()
    ]
    order.in_parts("NotifyMonitoringReport", "monitor", items)


def _monitoring_base(order: Order) -> Obeyed:
    if order.request.monitoring_base != "All":
        order.charger.memory.monitors.clear()
    return order.answer(status="Accepted")


def _accepted(order: Order) -> Obeyed:
    return order.answer(status="Accepted")


def _customer(order: Order) -> Obeyed:
    request, charger = order.request, order.charger
    tag = None if request.id_token is None else request.id_token.id_token
    if tag is None and request.customer_certificate is None and request.customer_identifier is None:
        return order.answer(status="Invalid")
    known = [] if tag is None else [f"{tag}: {charger.cache[tag]}"] if tag in charger.cache else []
    if request.clear and tag is not None:
        charger.cache.pop(tag, None)
        charger.memory.local_list.pop(tag.lower(), None)
    return order.answer(partial(_tell_customer, order, "\n".join(known)), status="Accepted")


def _tell_customer(order: Order, text: str) -> None:
    request_id, at = order.request.request_id, order.now()
    order.say("NotifyCustomerInformation", data=text[:512], tbc=False, seq_no=0, generated_at=at, request_id=request_id)


# -- display -----------------------------------------------------------------------------------------------------------


def _set_message(order: Order) -> Obeyed:
    message = order.request.message
    if message.transaction_id is not None and order.running(message.transaction_id) is None:
        return order.answer(status="UnknownTransaction")
    order.charger.memory.messages[message.id] = message
    return order.answer(status="Accepted")


def _get_messages(order: Order) -> Obeyed:
    request = order.request
    found = [
        each
        for each in order.charger.memory.messages.values()
        if (not request.id or each.id in request.id)
        and request.priority in (None, each.priority)
        and request.state in (None, each.state)
    ]
    if not found:
        return order.answer(status="Unknown")
    tell = partial(order.say, "NotifyDisplayMessages", message_info=found, request_id=request.request_id, tbc=False)
    return order.answer(tell, status="Accepted")


def _clear_message(order: Order) -> Obeyed:
    gone = order.charger.memory.messages.pop(order.request.id, None)
    return order.answer(status="Unknown" if gone is None else "Accepted")


def _cost(order: Order) -> Obeyed:
    order.charger.memory.costs[order.request.transaction_id] = float(order.request.total_cost)
    return order.answer()


# -- firmware and logs -------------------------------------------------------------------------------------------------


def _update_firmware(order: Order) -> Obeyed:
    request, firmware = order.request, order.request.firmware
    update = Update(
        firmware.location,
        request.request_id,
        parse_time(firmware.retrieve_date_time),
        parse_time(firmware.install_date_time),
        firmware.signing_certificate,
        firmware.signature,
        request.retries or 0,
        request.retry_interval or 10,
    )
    return order.answer(status="AcceptedCanceled" if order.charger.transfers.update(update) else "Accepted")


def _publish(order: Order) -> Obeyed:
    request = order.request
    retries, interval_s = request.retries or 0, request.retry_interval or 10
    order.charger.transfers.publish(request.location, request.checksum, request.request_id, retries, interval_s)
    return order.answer(status="Accepted")


def _unpublish(order: Order) -> Obeyed:
    gone = order.charger.memory.published.pop(order.request.checksum.lower(), None)
    return order.answer(status="NoFirmware" if gone is None else "Unpublished")


def _log(order: Order) -> Obeyed:
    request, charger = order.request, order.charger
    name = charger.log_name("security" if request.log_type == "SecurityLog" else "diagnostics")
    delivery = Delivery(
        "log",
        request.log.remote_location,
        request.request_id,
        name,
        request.retries or 0,
        request.retry_interval or 10,
    )
    replaced = charger.transfers.deliver(delivery)
    return order.answer(status="AcceptedCanceled" if replaced else "Accepted", filename=name)


# -- certificates ------------------------------------------------------------------------------------------------------


def _install(order: Order) -> Obeyed:
    taken = order.charger.memory.keys.install(order.request.certificate_type, order.request.certificate)
    return order.answer(status="Accepted" if taken else "Rejected")


def _delete(order: Order) -> Obeyed:
    named = order.request.certificate_hash_data
    gone = order.charger.memory.keys.delete(named.issuer_name_hash, named.issuer_key_hash, named.serial_number)
    return order.answer(status="Accepted" if gone else "NotFound")


def _installed(order: Order) -> Obeyed:
    wire = order.wire
    found = [
        wire.CertificateHashDataChainType(
            certificate_type=each.kind,
            certificate_hash_data=wire.CertificateHashDataType(
                hash_algorithm="SHA256",
                issuer_name_hash=each.issuer_name_hash,
                issuer_key_hash=each.issuer_key_hash,
                serial_number=each.serial_number,
            ),
        )
        for each in order.charger.memory.keys.listed(order.request.certificate_type)
    ]
    return order.answer(status="Accepted" if found else "NotFound", certificate_hash_data_chain=found or None)


def _signed(order: Order) -> Obeyed:
    if order.charger.memory.keys.accept(order.request.certificate_chain):
        return order.answer(status="Accepted")
    reason = "not of the key that asked"
    told = partial(order.charger.uplink.say_security_event, "InvalidChargingStationCertificate", reason)
    return order.answer(told, status="Rejected")


COMMANDS: Final[dict[str, Obey]] = {
    "SetNetworkProfile": _network,
    "SetVariableMonitoring": _set_monitoring,
    "ClearVariableMonitoring": _clear_monitoring,
    "GetMonitoringReport": _monitoring_report,
    "SetMonitoringBase": _monitoring_base,
    "SetMonitoringLevel": _accepted,
    "CustomerInformation": _customer,
    "SetDisplayMessage": _set_message,
    "GetDisplayMessages": _get_messages,
    "ClearDisplayMessage": _clear_message,
    "CostUpdated": _cost,
    "UpdateFirmware": _update_firmware,
    "PublishFirmware": _publish,
    "UnpublishFirmware": _unpublish,
    "GetLog": _log,
    "InstallCertificate": _install,
    "DeleteCertificate": _delete,
    "GetInstalledCertificateIds": _installed,
    "CertificateSigned": _signed,
}
