# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Device model (B05-B08): variables read, set and reported."""

from typing import Final

from csms.dialects.base import Inbound, NotExpressibleError, Outbound
from csms.dialects.numbers import read_int32
from csms.dialects.times import parse_time
from csms.dialects.v2.mirror import to_domain, to_wire, to_words, word
from csms.dialects.v2.outcomes import outcome_of, read_all, read_status
from csms.domain.commands import (
    ChangeConfiguration,
    Command,
    GetBaseReport,
    GetConfiguration,
    GetReport,
    GetVariables,
    Outcome,
    OutcomeStatus,
    SetVariables,
    Variable,
    VariableQuery,
    VariableSetting,
)
from csms.domain.device_model import Component, VariableName, path_of, read_path
from csms.domain.messages import Acknowledged, ReportPartReported
from csms.ocpp import v21


def key_of(component: v21.ComponentType, variable: v21.VariableType, attribute: str | None) -> str:
    """The key under which an attribute of a variable is kept."""
    return path_of(
        to_domain(component, Component), to_domain(variable, VariableName), word(attribute) if attribute else "actual"
    )


def _query(key: str) -> tuple[Component, VariableName, str]:
    found = read_path(key)
    if found is None:
        raise NotExpressibleError(
            f"{key!r} names no variable: write Component.Variable, as in OCPPCommCtrlr.HeartbeatInterval"
        )
    return found


def write_get_keys(command: GetConfiguration) -> v21.GetVariables:
    """The actual values of the named variables."""
    if not command.keys:
        raise NotExpressibleError("OCPP 2.x reads named variables only: name keys, or use get_base_report")
    queries = tuple(VariableQuery(*_query(key)) for key in command.keys)  # type: ignore[arg-type]
    return write_get(GetVariables(queries))


def write_get(command: GetVariables) -> v21.GetVariables:
    """Attributes of variables."""
    return to_wire(command, v21.GetVariables)


def read_get(wire: v21.GetVariablesResponse) -> Outcome:
    """The values, and what could not be read and why."""
    results = wire.get_variable_result
    known = [item for item in results if item.attribute_status == "Accepted"]
    variables = tuple(Variable(_key(item), item.attribute_value) for item in known)
    unknown = tuple(_key(item) for item in results if item.attribute_status.startswith("Unknown"))
    outcome = read_all(_key, results, "attribute_status")
    if variables and outcome.status is not OutcomeStatus.ACCEPTED:
        outcome = Outcome(OutcomeStatus.ACCEPTED, reason=outcome.reason)  # what can be read was read
    return Outcome(outcome.status, outcome.reason, variables=variables, unknown=unknown)


def _key(item: v21.GetVariableResultType | v21.SetVariableResultType) -> str:
    return key_of(item.component, item.variable, item.attribute_type)


def write_set_key(command: ChangeConfiguration) -> v21.SetVariables:
    """One variable."""
    component, variable, attribute = _query(command.key)
    setting = VariableSetting(component, variable, command.value, attribute)  # type: ignore[arg-type]
    return write_set(SetVariables((setting,)))


def write_set(command: SetVariables) -> v21.SetVariables:
    """Variables to set."""
    return to_wire(command, v21.SetVariables)


def read_set(wire: v21.SetVariablesResponse) -> Outcome:
    """Accepted if each of them was."""
    if len(wire.set_variable_result) == 1:
        only = wire.set_variable_result[0]
        return outcome_of(only.attribute_status, only.attribute_status_info)
    return read_all(_key, wire.set_variable_result, "attribute_status")


def write_base_report(command: GetBaseReport) -> v21.GetBaseReport:
    """A report that the charger defines."""
    return to_wire(command, v21.GetBaseReport)


def write_report(command: GetReport) -> v21.GetReport:
    """A report of what is named."""
    return to_wire(command, v21.GetReport)


def read_report(wire: v21.NotifyReport) -> ReportPartReported:
    """A part of the device model."""
    variables = []
    for item in wire.report_data or ():
        characteristics = item.variable_characteristics
        shared = {} if characteristics is None else to_words(characteristics)
        for attribute in item.variable_attribute:
            details = shared | to_words(attribute, "type", "value")
            variables.append(
                Variable(
                    key_of(item.component, item.variable, attribute.type),
                    attribute.value,
                    readonly=attribute.mutability == "ReadOnly" if attribute.mutability else None,
                    details=details,
                )
            )
    return ReportPartReported(
        kind="device_model",
        request_id=read_int32(wire.request_id, "requestId"),
        seq_no=read_int32(wire.seq_no, "seqNo"),
        last=not wire.tbc,
        items=tuple(to_words(item) for item in wire.report_data or ()),
        variables=tuple(variables),
        at=parse_time(wire.generated_at),
    )


def answer_report(_: Acknowledged) -> v21.NotifyReportResponse:
    """Stored."""
    return v21.NotifyReportResponse()


INBOUND: Final[dict[type, Inbound]] = {v21.NotifyReport: Inbound(read_report, answer_report)}
OUTBOUND: Final[dict[type[Command], Outbound]] = {
    GetConfiguration: Outbound("GetVariables", write_get_keys, read_get),
    ChangeConfiguration: Outbound("SetVariables", write_set_key, read_set),
    GetVariables: Outbound("GetVariables", write_get, read_get),
    SetVariables: Outbound("SetVariables", write_set, read_set),
    GetBaseReport: Outbound("GetBaseReport", write_base_report, read_status),
    GetReport: Outbound("GetReport", write_report, read_status),
}
