# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What 2.1 added: tariffs, distributed energy resources, batteries, event streams (blocks I, R, S, N)."""

from functools import partial
from typing import Any, Final

from csms.simulator.speech import Obeyed
from csms.simulator.v2_order import Obey, Order

# Which field of SetDERControl holds the setting of a control type; all others are curves (2.1 R04).
_DER_FIELDS: Final = {
    "EnterService": "enter_service",
    "FixedPFAbsorb": "fixed_pf_absorb",
    "FixedPFInject": "fixed_pf_inject",
    "FixedVar": "fixed_var",
    "FreqDroop": "freq_droop",
    "Gradients": "gradient",
    "LimitMaxDischarge": "limit_max_discharge",
}


def _default_tariff(order: Order) -> Obeyed:
    evse, tariff = order.request.evse_id, order.request.tariff
    if evse and order.connector(evse) is None:
        return order.answer(status="Rejected")
    tariffs = order.charger.memory.tariffs
    for key in [key for key in tariffs if key[0] == evse]:
        del tariffs[key]
    tariffs[evse, tariff.tariff_id] = tariff
    return order.answer(status="Accepted")


def _get_tariffs(order: Order) -> Obeyed:
    evse, tariffs = order.request.evse_id, order.charger.memory.tariffs
    found = [
        order.wire.TariffAssignmentType(
            tariff_id=name, tariff_kind="DefaultTariff", evse_ids=[at], valid_from=tariff.valid_from
        )
        for (at, name), tariff in tariffs.items()
        if evse in (0, at)
    ]
    return order.answer(status="Accepted" if found else "NoTariff", tariff_assignments=found or None)


def _clear_tariffs(order: Order) -> Obeyed:
    request, tariffs = order.request, order.charger.memory.tariffs
    gone = [
        key
        for key in tariffs
        if (not request.tariff_ids or key[1] in request.tariff_ids) and request.evse_id in (None, key[0])
    ]
    result = order.wire.ClearTariffsResultType
    results = [result(tariff_id=key[1], status="Accepted") for key in gone]
    missing = set(request.tariff_ids or ()) - {key[1] for key in gone}
    results += [result(tariff_id=name, status="NoTariff") for name in sorted(missing)]
    for key in gone:
        del tariffs[key]
    return order.answer(clear_tariffs_result=results or [result(status="NoTariff")])


def _change_tariff(order: Order) -> Obeyed:
    running = order.running(order.request.transaction_id)
    return order.answer(status="TxNotFound" if running is None else "Accepted")


def _set_der(order: Order) -> Obeyed:
    request, der = order.request, order.charger.memory.der
    same = [key for key, each in der.items() if each.control_type == request.control_type and key != request.control_id]
    superseded = [key for key in same if der[key].is_default == request.is_default]
    for key in superseded:
        del der[key]
    der[request.control_id] = request
    return order.answer(status="Accepted", superseded_ids=superseded or None)


def _fitting_der(order: Order) -> dict[str, Any]:
    request = order.request
    return {
        key: each
        for key, each in order.charger.memory.der.items()
        if request.control_id in (None, key)
        and request.control_type in (None, each.control_type)
        and request.is_default in (None, each.is_default)
    }


def _get_der(order: Order) -> Obeyed:
    found = _fitting_der(order)
    if not found:
        return order.answer(status="NotFound")
    return order.answer(partial(_tell_der, order, found), status="Accepted")


def _tell_der(order: Order, found: dict[str, Any]) -> None:
    wire, last = order.wire, list(found)[-1]
    for key, each in found.items():
        field = _DER_FIELDS.get(each.control_type, "curve")
        setting = getattr(each, field)
        head = {"id": key, "is_default": each.is_default, "is_superseded": False}
        shown: Any
        match field:
            case "curve":
                shown = wire.DERCurveGetType(curve=setting, curve_type=each.control_type, **head)
            case "enter_service":
                shown = wire.EnterServiceGetType(enter_service=setting, id=key)
            case "gradient":
                shown = wire.GradientGetType(gradient=setting, id=key)
            case "fixed_pf_absorb" | "fixed_pf_inject":
                shown = wire.FixedPFGetType(fixed_pf=setting, **head)
            case "fixed_var":
                shown = wire.FixedVarGetType(fixed_var=setting, **head)
            case "freq_droop":
                shown = wire.FreqDroopGetType(freq_droop=setting, **head)
            case _:
                shown = wire.LimitMaxDischargeGetType(limit_max_discharge=setting, **head)
        order.say("ReportDERControl", request_id=order.request.request_id, tbc=key != last, **{field: [shown]})


def _clear_der(order: Order) -> Obeyed:
    found = _fitting_der(order)
    for key in found:
        del order.charger.memory.der[key]
    return order.answer(status="Accepted" if found else "NotFound")


def _energy_transfer(order: Order) -> Obeyed:
    return order.answer(status="Rejected" if order.running(order.request.transaction_id) is None else "Accepted")


def _swap(order: Order) -> Obeyed:
    return order.answer(partial(_tell_swap, order), status="Accepted")


def _tell_swap(order: Order) -> None:
    for number, (event, soc) in enumerate((("BatteryIn", 12.0), ("BatteryOut", 96.0)), start=1):
        battery = order.wire.BatteryDataType(evse_id=1, serial_number=f"BAT-{number}", soc=soc, soh=98.0)
        order.say(
            "BatterySwap",
            battery_data=[battery],
            event_type=event,
            id_token=order.request.id_token,
            request_id=order.request.request_id,
        )


def _rejected(order: Order) -> Obeyed:
    return order.answer(status="Rejected")


def _nothing(order: Order) -> Obeyed:
    return order.answer()


def _accepted(order: Order) -> Obeyed:
    return order.answer(status="Accepted")


COMMANDS: Final[dict[str, Obey]] = {
    "SetDefaultTariff": _default_tariff,
    "GetTariffs": _get_tariffs,
    "ClearTariffs": _clear_tariffs,
    "ChangeTransactionTariff": _change_tariff,
    "SetDERControl": _set_der,
    "GetDERControl": _get_der,
    "ClearDERControl": _clear_der,
    "AFRRSignal": _accepted,
    "NotifyAllowedEnergyTransfer": _energy_transfer,
    "RequestBatterySwap": _swap,
    "GetPeriodicEventStream": _nothing,
    "AdjustPeriodicEventStream": _rejected,  # no stream is ever opened
    "NotifyWebPaymentStarted": _nothing,
}
