# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Monitoring and events (N), customer information (N09), display (O), event streams, DER control (R)."""

from typing import Any, Final

from csms.dialects.base import Inbound, NotExpressibleError, Outbound
from csms.dialects.numbers import int32_or_none, read_int32
from csms.dialects.times import parse_time
from csms.dialects.v2.authorization import write_token
from csms.dialects.v2.maintenance import write_hash
from csms.dialects.v2.mirror import to_domain, to_wire, to_words
from csms.dialects.v2.outcomes import outcome_of, read_all, read_plain, read_status
from csms.dialects.v2.plain import plain
from csms.dialects.v2.transactions import transaction_id
from csms.domain.commands import (
    AdjustEventStream,
    ClearDerControls,
    ClearDisplayMessage,
    ClearMonitors,
    Command,
    GetCustomerInformation,
    GetDerControls,
    GetDisplayMessages,
    GetEventStreams,
    GetMonitoringReport,
    Outcome,
    SetDerControl,
    SetDisplayMessage,
    SetMonitoringBase,
    SetMonitoringLevel,
    SetMonitors,
)
from csms.domain.device_model import Component, VariableName
from csms.domain.messages import (
    Acknowledged,
    DecisionAnswer,
    DeviceEvent,
    DeviceEventsReported,
    NoticeReported,
    ReportPartReported,
    StreamReported,
)
from csms.ocpp import v21


def read_monitors_set(wire: v21.SetVariableMonitoringResponse) -> Outcome:
    """Accepted if each was; the ids stand in the raw answer."""
    return read_all(lambda item: f"{item.component.name}.{item.variable.name}", wire.set_monitoring_result)


def read_monitors_cleared(wire: v21.ClearVariableMonitoringResponse) -> Outcome:
    """Accepted if each was."""
    return read_all(lambda item: f"monitor {item.id}", wire.clear_monitoring_result)


def write_customer(command: GetCustomerInformation) -> v21.CustomerInformation:
    """Exactly one of token, certificate and identifier names the customer (N09.FR.04)."""
    if sum(item is not None for item in (command.token, command.certificate, command.customer)) != 1:
        raise NotExpressibleError("name the customer by exactly one of token, certificate and customer")
    if command.request_id is None:
        raise NotExpressibleError("the question needs a request id")
    return v21.CustomerInformation(
        request_id=command.request_id,
        report=command.report,
        clear=command.clear,
        id_token=None if command.token is None else write_token(command.token, command.token_type),
        customer_certificate=None if command.certificate is None else write_hash(command.certificate),
        customer_identifier=command.customer,
    )


def write_display(command: SetDisplayMessage) -> v21.SetDisplayMessage:
    """Show a message, during a transaction if one is named."""
    named = command.ref is not None or command.charger_ref is not None
    extra = {"transaction_id": transaction_id(command)} if named else {}
    return v21.SetDisplayMessage(message=to_wire(command.message, v21.MessageInfoType, **extra))


def read_event(wire: v21.NotifyEvent) -> DeviceEventsReported:
    """What monitors triggered."""
    events = tuple(
        DeviceEvent(
            event_id=item.event_id,
            at=parse_time(item.timestamp),
            trigger=item.trigger.lower(),
            value=item.actual_value,
            notification=to_words(item)["event_notification_type"],
            component=to_domain(item.component, Component),
            variable=to_domain(item.variable, VariableName),
            cause=item.cause,
            tech_code=item.tech_code,
            tech_info=item.tech_info,
            cleared=item.cleared,
            transaction_ref=item.transaction_id,
            monitor_id=item.variable_monitoring_id,
            severity=int32_or_none(item.severity),
        )
        for item in wire.event_data
    )
    return DeviceEventsReported(events, wire.seq_no, not wire.tbc, parse_time(wire.generated_at))


def answer_event(_: Acknowledged) -> v21.NotifyEventResponse:
    """Stored."""
    return v21.NotifyEventResponse()


def read_monitoring_report(wire: v21.NotifyMonitoringReport) -> ReportPartReported:
    """A part of the monitors."""
    items = tuple(to_words(item) for item in wire.monitor or ())
    at = parse_time(wire.generated_at)
    return ReportPartReported(
        "monitoring",
        read_int32(wire.request_id, "requestId"),
        read_int32(wire.seq_no, "seqNo"),
        not wire.tbc,
        items,
        at=at,
    )


def answer_monitoring_report(_: Acknowledged) -> v21.NotifyMonitoringReportResponse:
    """Stored."""
    return v21.NotifyMonitoringReportResponse()


def read_customer(wire: v21.NotifyCustomerInformation) -> ReportPartReported:
    """A part of a text."""
    at = parse_time(wire.generated_at)
    return ReportPartReported(
        "customer_information",
        read_int32(wire.request_id, "requestId"),
        read_int32(wire.seq_no, "seqNo"),
        not wire.tbc,
        at=at,
        text=wire.data,
    )


def answer_customer(_: Acknowledged) -> v21.NotifyCustomerInformationResponse:
    """Stored."""
    return v21.NotifyCustomerInformationResponse()


def read_display(wire: v21.NotifyDisplayMessages) -> ReportPartReported:
    """Messages on the display; parts are not numbered, so the messages' ids tell them apart."""
    items = tuple(to_words(item) for item in wire.message_info or ())
    number = min((item["id"] for item in items), default=0)
    return ReportPartReported(
        "display_messages", read_int32(wire.request_id, "requestId"), read_int32(number, "id"), not wire.tbc, items
    )


def answer_display(_: Acknowledged) -> v21.NotifyDisplayMessagesResponse:
    """Stored."""
    return v21.NotifyDisplayMessagesResponse()


def read_stream_opened(wire: v21.OpenPeriodicEventStream) -> NoticeReported:
    """Values of a monitor will be sent in a stream."""
    return NoticeReported(kind="event_stream_opened", data=to_words(wire.constant_stream_data))


def answer_stream_opened(answer: DecisionAnswer) -> v21.OpenPeriodicEventStreamResponse:
    """Whether they are wanted."""
    return v21.OpenPeriodicEventStreamResponse(status="Accepted" if answer.accepted else "Rejected")


def read_stream_closed(wire: v21.ClosePeriodicEventStream) -> NoticeReported:
    """The stream is over."""
    return NoticeReported(kind="event_stream_closed", data=to_words(wire))


def answer_stream_closed(_: Acknowledged) -> v21.ClosePeriodicEventStreamResponse:
    """Stored."""
    return v21.ClosePeriodicEventStreamResponse()


def read_stream(wire: v21.NotifyPeriodicEventStream) -> StreamReported:
    """Values of a stream (a SEND: never answered)."""
    values = tuple((float(item.t), item.v) for item in wire.data)
    return StreamReported(wire.id, wire.pending, parse_time(wire.basetime), values)


def read_der_alarm(wire: v21.NotifyDERAlarm) -> NoticeReported:
    """A grid function triggered, or is over."""
    return NoticeReported(kind="der_alarm", data=to_words(wire), at=parse_time(wire.timestamp))


def answer_der_alarm(_: Acknowledged) -> v21.NotifyDERAlarmResponse:
    """Stored."""
    return v21.NotifyDERAlarmResponse()


def read_der_start_stop(wire: v21.NotifyDERStartStop) -> NoticeReported:
    """A scheduled control began or ended."""
    return NoticeReported(kind="der_start_stop", data=to_words(wire), at=parse_time(wire.timestamp))


def answer_der_start_stop(_: Acknowledged) -> v21.NotifyDERStartStopResponse:
    """Stored."""
    return v21.NotifyDERStartStopResponse()


def read_der_report(wire: v21.ReportDERControl) -> ReportPartReported:
    """Grid functions as they are set; parts are not numbered, so what is in them tells them apart."""
    words: dict[str, Any] = to_words(wire, "request_id", "tbc")
    items = tuple(
        {"control": name, **item} for name, found in sorted(words.items()) if isinstance(found, list) for item in found
    )
    number = sum(map(ord, "".join(str(item.get("id", "")) for item in items))) % 2**31
    return ReportPartReported(
        "der_controls", read_int32(wire.request_id, "requestId"), read_int32(number, "id"), not wire.tbc, items
    )


def answer_der_report(_: Acknowledged) -> v21.ReportDERControlResponse:
    """Stored."""
    return v21.ReportDERControlResponse()


def never_answered(_: object) -> v21.NotifyPeriodicEventStream:
    """A SEND has no answer: that one is asked for is our bug."""
    raise TypeError("a SEND is never answered")


def read_messages_asked(wire: v21.GetDisplayMessagesResponse) -> Outcome:
    """Unknown says that there is no such message (O03.FR.02): the question was understood."""
    return outcome_of("EmptyResultSet" if wire.status == "Unknown" else wire.status, wire.status_info)


INBOUND: Final[dict[type, Inbound]] = {
    v21.NotifyEvent: Inbound(read_event, answer_event),
    v21.NotifyMonitoringReport: Inbound(read_monitoring_report, answer_monitoring_report),
    v21.NotifyCustomerInformation: Inbound(read_customer, answer_customer),
    v21.NotifyDisplayMessages: Inbound(read_display, answer_display),
    v21.OpenPeriodicEventStream: Inbound(read_stream_opened, answer_stream_opened),
    v21.ClosePeriodicEventStream: Inbound(read_stream_closed, answer_stream_closed),
    v21.NotifyPeriodicEventStream: Inbound(read_stream, never_answered),
    v21.NotifyDERAlarm: Inbound(read_der_alarm, answer_der_alarm),
    v21.NotifyDERStartStop: Inbound(read_der_start_stop, answer_der_start_stop),
    v21.ReportDERControl: Inbound(read_der_report, answer_der_report),
}
OUTBOUND: Final[dict[type[Command], Outbound]] = {
    SetMonitors: plain(v21.SetVariableMonitoring, read_monitors_set),
    ClearMonitors: plain(v21.ClearVariableMonitoring, read_monitors_cleared),
    GetMonitoringReport: plain(v21.GetMonitoringReport),
    SetMonitoringBase: plain(v21.SetMonitoringBase),
    SetMonitoringLevel: plain(v21.SetMonitoringLevel),
    GetCustomerInformation: Outbound("CustomerInformation", write_customer, read_status),
    SetDisplayMessage: Outbound("SetDisplayMessage", write_display, read_status),
    GetDisplayMessages: plain(v21.GetDisplayMessages, read_messages_asked),
    ClearDisplayMessage: plain(v21.ClearDisplayMessage),
    GetEventStreams: plain(v21.GetPeriodicEventStream, read_plain),
    AdjustEventStream: plain(v21.AdjustPeriodicEventStream),
    SetDerControl: plain(v21.SetDERControl),
    GetDerControls: plain(v21.GetDERControl),
    ClearDerControls: plain(v21.ClearDERControl),
}
