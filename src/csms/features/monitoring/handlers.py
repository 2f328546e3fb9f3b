# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Reports about the charger itself: parts of reports, events, notices, streams."""

from collections.abc import Sequence
from typing import Any, Final, cast

import msgspec

from csms.domain.device_model import path_of
from csms.domain.events import DeviceEventRaised, ReportCompleted
from csms.domain.messages import (
    Acknowledged,
    Answer,
    DecisionAnswer,
    DeviceEventsReported,
    NoticeReported,
    Received,
    ReportPartReported,
    StreamReported,
)
from csms.domain.secrets import MASK, is_secret_key
from csms.features.monitoring import ingest
from csms.kit.db.ingest import Unit
from csms.kit.ids import new_id

_ACKNOWLEDGED: Final = Acknowledged()
_NUMBERED: Final = frozenset({"device_model", "monitoring", "customer_information"})
# What a charger is answered about what this CSMS keeps and shows, and decides nothing about.
_DECISIONS: Final = {
    "ev_charging_needs": DecisionAnswer(accepted=True),
    "ev_charging_schedule": DecisionAnswer(accepted=True),
    "event_stream_opened": DecisionAnswer(accepted=True),
    "dynamic_schedule_pull": DecisionAnswer(accepted=False),
}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


async def handle_report_part(unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
    """Put reports together, in whatever order their parts come; the device model is remembered as it is told."""
    pairs = [(item, cast("ReportPartReported", item.report)) for item in items]
    ids = await ingest.open_reports(
        unit,
        [
            (new_id(), item.source.organization_id, item.source.charger_id, report.kind, report.request_id)
            for item, report in pairs
        ],
    )
    keys = [ids[item.source.charger_id, report.kind, report.request_id] for item, report in pairs]
    await ingest.add_parts(
        unit,
        [
            (key, report.seq_no, item.source.organization_id, _json(_shown(report)), report.text, report.at)
            for key, (item, report) in zip(keys, pairs, strict=True)
        ],
    )
    complete = await ingest.count_parts(
        unit,
        [
            (key, report.seq_no if report.last else None, report.kind in _NUMBERED)
            for key, (_, report) in zip(keys, pairs, strict=True)
        ],
    )
    await ingest.remember_variables(unit, [row for item, report in pairs for row in _variable_rows(item, report)])
    for key, (item, report) in zip(keys, pairs, strict=True):
        if key in complete:
            unit.record(
                ReportCompleted(
                    organization_id=item.source.organization_id,
                    charger_id=item.source.charger_id,
                    id=key,
                    report=report.kind,
                    request_id=report.request_id,
                    at=unit.now,
                )
            )
    return [_ACKNOWLEDGED] * len(items)


def _shown(report: ReportPartReported) -> tuple[dict[str, Any], ...]:
    """The items without secrets: the values of variables that hold some are write-only, but not every charger knows."""
    if report.kind != "device_model":
        return report.items
    return tuple(_masked(item) if is_secret_key(item["variable"]["name"]) else item for item in report.items)


def _masked(item: dict[str, Any]) -> dict[str, Any]:
    attributes = [one | {"value": MASK} if one.get("value") else one for one in item["variable_attribute"]]
    return item | {"variable_attribute": attributes}


def _variable_rows(item: Received, report: ReportPartReported) -> list[tuple[Any, ...]]:
    latest = {variable.key: variable for variable in report.variables}
    return [
        (
            item.source.organization_id,
            item.source.charger_id,
            key,
            MASK if variable.value and is_secret_key(key) else variable.value,
            variable.readonly,
            None if variable.details is None else _json(variable.details),
        )
        for key, variable in sorted(latest.items())
    ]


async def handle_device_events(unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
    """Keep events; each that is new is told."""
    rows: list[tuple[Any, ...]] = []
    told: list[DeviceEventRaised] = []
    for item in items:
        source = item.source
        for event in cast("DeviceEventsReported", item.report).events:
            key, path = new_id(), path_of(event.component, event.variable)
            rows.append(
                (
                    key,
                    source.organization_id,
                    source.charger_id,
                    event.event_id,
                    path,
                    MASK if is_secret_key(path) else event.value,
                    event.trigger,
                    event.notification,
                    event.cause,
                    event.tech_code,
                    event.tech_info,
                    event.cleared,
                    event.transaction_ref,
                    event.monitor_id,
                    event.severity,
                    event.at,
                )
            )
            told.append(
                DeviceEventRaised(
                    organization_id=source.organization_id,
                    charger_id=source.charger_id,
                    id=key,
                    variable=path,
                    value=MASK if is_secret_key(path) else event.value,
                    severity=event.severity,
                    cleared=bool(event.cleared),
                    at=unit.now,
                )
            )
    new = await ingest.add_events(unit, rows)
    for event_told in told:
        if event_told.id in new:
            unit.record(event_told)
    return [_ACKNOWLEDGED] * len(items)


async def handle_notice(unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
    """Keep what is told, and answer what is asked with it."""
    await ingest.add_notices(unit, [_notice_row(item, cast("NoticeReported", item.report)) for item in items])
    return [_answer_notice(cast("NoticeReported", item.report)) for item in items]


def _notice_row(item: Received, report: NoticeReported) -> tuple[Any, ...]:
    source = item.source
    return (
        new_id(),
        source.organization_id,
        source.charger_id,
        report.kind,
        report.evse_id,
        report.transaction_ref,
        _json(report.data),
        report.at,
    )


def _answer_notice(report: NoticeReported) -> Answer:
    if report.kind == "vat_number_validation":
        reason = "this CSMS is connected to no VAT register"
        return DecisionAnswer(accepted=False, reason=reason, data=report.data)
    return _DECISIONS.get(report.kind, _ACKNOWLEDGED)


async def handle_stream(unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
    """Keep the values of streams as notices; nobody is answered."""
    rows = []
    for item in items:
        report = cast("StreamReported", item.report)
        data = {"stream_id": report.stream_id, "pending": report.pending, "values": report.values}
        rows.append(_notice_row(item, NoticeReported(kind="event_stream", data=data, at=report.base_at)))
    await ingest.add_notices(unit, rows)
    return [_ACKNOWLEDGED] * len(items)
