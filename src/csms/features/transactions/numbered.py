# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Numbered transactions (OCPP 2.x, E): events in any order, each taken once, gaps seen.

The charger names the transaction; it also gets a number of ours, so that everything else treats it like one of 1.6.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final, cast
from uuid import UUID

import msgspec

from csms.domain.messages import Answer, Received, TransactionAnswer, TransactionReported, TransactionStage
from csms.domain.tokens import Authorization
from csms.domain.transactions import (
    FLAG_FOREIGN_STOP_TOKEN,
    FLAG_LATE_READINGS,
    FLAG_MISSING_EVENTS,
    FLAG_NO_REGISTER,
    FLAG_SECOND_STOP,
    FLAG_STALE,
    FLAG_START_MISSING,
    FLAG_STOP_BEFORE_START,
    Energy,
    Register,
    derive_energy,
    time_flags,
)
from csms.features.tokens import ingest as tokens
from csms.features.transactions import ingest, ingest_numbered
from csms.features.transactions.closing import (
    begin,
    closed_by_hand,
    correct,
    ends_before_it_began,
    flags_at_end,
    history,
    recorded,
    tell_end,
    tell_started,
)
from csms.features.transactions.handlers import Reserved, Started
from csms.features.transactions.rules import start_flags, transaction_number
from csms.kit.db.ingest import Unit
from csms.kit.ids import new_id

_PERIODIC: Final = frozenset({"MeterValuePeriodic", "MeterValueClock"})
_NOBODY_YET: Final = "none"
_STARTED: Final = ("id", "organization_id", "charger_id", "evse_id", "connector_id", "transaction_id", "id_tag")
_NOT_YET: Final = ("meter_stop", "stop_timestamp", "stop_received_at", "reason", "energy_wh", "total_cost", "closed_at")
Pair = tuple[Received, ingest.Row]


def _report(item: Received) -> TransactionReported:
    return cast("TransactionReported", item.report)


class NumberedHandler:
    """Events of transactions that chargers name. `started` tells who asked for a remote start what came of it,
    `reserved` who keeps reservations which were used.
    """

    def __init__(self, number_key: int, started: Started, reserved: Reserved) -> None:
        self._number_key = number_key
        self._started = started
        self._reserved = reserved

    async def __call__(self, unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
        """One answer per report, in order; the same event twice is taken once and answered twice."""
        asked = {(item.source.organization_id, token) for item in items if (token := _report(item).token)}
        known = await tokens.authorizations(unit.connection, sorted(asked, key=str), unit.now)
        wanted = [
            (item.source.charger_id, _report(item).charger_ref or "", _report(item).seq_no or 0) for item in items
        ]
        rows = await ingest_numbered.find(unit, wanted)
        missing = [item for item in items if item.source.charger_id not in rows]
        new = await self._begin(unit, missing, known) if missing else {}
        if len(new) < len(missing):  # begun meanwhile, by what came on another way
            rows = await ingest_numbered.find(unit, wanted)
        pairs = [(item, new.get(item.source.charger_id) or rows[item.source.charger_id]) for item in items]
        fresh = [pair for pair in pairs if not pair[1]["seen"]]
        if fresh:
            await self._take(unit, fresh, known)
        if new:
            await self._tell_begun(unit, [pair for pair in pairs if pair[1]["begun"]])
        return [_answer(item, row, known) for item, row in pairs]

    async def _begin(
        self, unit: Unit, items: Sequence[Received], known: Mapping[tuple[UUID, str], Authorization]
    ) -> dict[str, ingest.Row]:
        """The rows that were inserted, by charger: as a look would find them, with the event that began them taken."""
        numbers = [transaction_number(n, self._number_key) for n in await ingest.draw_numbers(unit, len(items))]
        rows = {
            item.source.charger_id: _first_row(unit, item, number, _authorization(item, known))
            for item, number in zip(items, numbers, strict=True)
        }
        inserted = await ingest_numbered.begin(unit, [_inserted(item, rows[item.source.charger_id]) for item in items])
        return {charger: row for charger, row in rows.items() if charger in inserted}

    async def _tell_begun(self, unit: Unit, pairs: Sequence[Pair]) -> None:
        placed = [(row["charger_id"], row["evse_id"], row["id"]) for _, row in pairs if row["evse_id"]]
        if placed:
            await ingest.supersede(unit, placed)
        names = ("charger_id", "connector_id", "id_tag", "id")
        began = [(*(row[name] for name in names), None) for item, row in pairs if _report(item).remote_start_id is None]
        if began:
            await self._started(unit, began)
        for _, row in pairs:
            tell_started(unit, tuple(row[name] for name in _STARTED))

    async def _take(self, unit: Unit, pairs: Sequence[Pair], known: Mapping[tuple[UUID, str], Authorization]) -> None:
        flags = {row["id"]: _flags(item, row, _authorization(item, known)) for item, row in pairs}
        await ingest_numbered.add_events(unit, [_event(item, row) for item, row in pairs if _is_kept(_report(item))])
        await ingest.write_meters(unit, [line for item, row in pairs for line in _meter_rows(unit, item, row)])
        ended = [pair for pair in pairs if _report(pair[0]).stage is TransactionStage.ENDED]
        first = [(item, {**row, "flags": flags[row["id"]]}) for item, row in ended if _is_open(row)]
        ends = await _ends(unit, first) if first else {}
        changed = [pair for pair in pairs if not pair[1]["begun"] or pair[1]["id"] in ends]
        await ingest_numbered.take(
            unit,
            [(*_taken(item, row, known), *ends.get(row["id"], _goes_on(flags[row["id"]]))) for item, row in changed],
        )
        asked = [
            (row["charger_id"], row["connector_id"], row["id_tag"], row["id"], number)
            for item, row in pairs
            if (number := _report(item).remote_start_id) is not None
        ]
        if asked:  # a transaction that had begun by the cable is authorized by the remote start (F01)
            await self._started(unit, asked)
        used = [
            (row["organization_id"], row["charger_id"], number, row["id"])
            for item, row in pairs
            if (number := _report(item).reservation_id) is not None
        ]
        if used:
            await self._reserved(unit, used)
        for item, row in pairs:
            report = _report(item)
            if report.readings:
                topic = ("meter_recorded", item.source.charger_id, report.evse_id)
                place = (report.evse_id, report.connector_id)
                make = partial(recorded, item.source, *place, report.readings, row["id"], unit.now)
                unit.record_latest(topic, make)
        again = [{**row, "flags": flags[row["id"]]} for _, row in ended if not _is_open(row)]
        if again:
            await correct(unit, again, FLAG_SECOND_STOP)
        late = [
            {**row, "flags": flags[row["id"]]} | _start_of(item, row)
            for item, row in pairs
            if row["status"] == "completed" and _report(item).stage is not TransactionStage.ENDED
        ]
        if late:
            began = {row["id"] for item, row in pairs if _report(item).stage is TransactionStage.STARTED}
            await correct(unit, late, FLAG_LATE_READINGS, began)


def _is_open(row: ingest.Row) -> bool:
    """Whether its charger has still to tell its end."""
    return row["status"] != "completed" or closed_by_hand(row)


def _authorization(item: Received, known: Mapping[tuple[UUID, str], Authorization]) -> Authorization | None:
    token = _report(item).token
    return known.get((item.source.organization_id, token)) if token else None


def _answer(item: Received, row: ingest.Row, known: Mapping[tuple[UUID, str], Authorization]) -> TransactionAnswer:
    """The final cost comes with the end (I03); while it runs, costs are told by a command."""
    cost = row["total_cost"] if _report(item).stage is TransactionStage.ENDED else None
    return TransactionAnswer(row["transaction_id"], _authorization(item, known), cost)


def _first_row(unit: Unit, item: Received, number: int, authorization: Authorization | None) -> dict[str, Any]:
    """The row of a transaction as its first event makes it."""
    report = _report(item)
    starts = report.stage is TransactionStage.STARTED
    row: dict[str, Any] = {
        "id": new_id(),
        "organization_id": item.source.organization_id,
        "charger_id": item.source.charger_id,
        "evse_id": report.evse_id,
        "connector_id": report.connector_id,
        "transaction_id": number,
        "id_tag": report.token,
        "authorization": authorization.status.value if authorization else _NOBODY_YET,
        "meter_start": report.register_wh if starts else None,
        "start_timestamp": report.at if starts else None,
        "start_received_at": unit.now,
        "status": "active",
        "flags": [] if starts else [FLAG_START_MISSING],
        "seen": False,
        "pieces": 1,
        "begun": True,
        **dict.fromkeys(_NOT_YET),
    }
    return row | {"flags": _flags(item, row, authorization)}


def _inserted(item: Received, row: ingest.Row) -> tuple[Any, ...]:
    report = _report(item)
    return (
        *(row[name] for name in _STARTED[:6]),
        report.charger_ref,
        row["id_tag"],
        row["authorization"],
        row["start_timestamp"],
        row["meter_start"],
        ",".join(row["flags"]),
        None if report.phase is None else report.phase.value,
        report.token_type,
        report.remote_start_id,
        report.reservation_id,
        report.seq_no,
    )


def _start_of(item: Received, row: ingest.Row) -> dict[str, Any]:
    """What the row says of the beginning once this event is taken."""
    report = _report(item)
    if report.stage is not TransactionStage.STARTED:
        return {"start_timestamp": row["start_timestamp"], "meter_start": row["meter_start"]}
    return {"start_timestamp": report.at, "meter_start": report.register_wh}


def _flags(item: Received, row: ingest.Row, authorization: Authorization | None) -> list[str]:
    """What is doubted about the transaction after this event."""
    report = _report(item)
    gone = {FLAG_STALE, FLAG_MISSING_EVENTS}
    if report.stage is TransactionStage.STARTED:
        gone.add(FLAG_START_MISSING)
    flags = [flag for flag in row["flags"] if flag not in gone]
    if row["pieces"] > 1:
        flags.append(FLAG_MISSING_EVENTS)
    if report.stage is TransactionStage.STARTED and report.token:
        flags += start_flags(report, authorization, item.received_at)
    elif report.stage is not TransactionStage.UPDATED:
        flags += time_flags(report.at, item.received_at)
    return list(dict.fromkeys(flags))


def _goes_on(flags: Sequence[str]) -> tuple[Any, ...]:
    """Flags and whether it ended; reason, token and energy of an end."""
    return (",".join(flags), False, None, None, None)


def _taken(item: Received, row: ingest.Row, known: Mapping[tuple[UUID, str], Authorization]) -> tuple[Any, ...]:
    report, authorization = _report(item), _authorization(item, known)
    ends = report.stage is TransactionStage.ENDED
    mine = row["id_tag"] is None or row["id_tag"] == report.token
    return (
        row["id"],
        report.seq_no,
        report.evse_id,
        report.connector_id,
        None if report.phase is None else report.phase.value,
        None if ends else report.token,
        authorization.status.value if authorization and mine and not ends else None,
        report.token_type,
        report.remote_start_id,
        report.reservation_id,
        report.at,
        report.register_wh,
        report.stage is TransactionStage.STARTED,
        row["pieces"] == 1,
    )


def _is_kept(report: TransactionReported) -> bool:
    """Events that only bring readings are kept as readings."""
    return report.stage is not TransactionStage.UPDATED or report.trigger not in _PERIODIC


def _event(item: Received, row: ingest.Row) -> tuple[Any, ...]:
    report = _report(item)
    return (
        row["id"],
        report.seq_no,
        row["organization_id"],
        report.stage.value,
        report.trigger,
        None if report.phase is None else report.phase.value,
        report.token,
        report.offline,
        msgspec.json.encode(report.details).decode(),
        report.at,
    )


def _meter_rows(unit: Unit, item: Received, row: ingest.Row) -> list[bytes]:
    report = _report(item)
    return [
        ingest.meter_row(
            row["organization_id"],
            row["charger_id"],
            report.evse_id or row["evse_id"],
            report.connector_id or row["connector_id"],
            row["id"],
            None,
            unit.now,
            reading,
            time_flags(reading.at, item.received_at),
        )
        for reading in report.readings
    ]


async def _ends(unit: Unit, pairs: Sequence[Pair]) -> dict[UUID, tuple[Any, ...]]:
    """What the ends of transactions say, in the columns of `_goes_on`; they are told."""
    registers = await history(unit, [row for _, row in pairs])
    ends = {}
    for item, row in pairs:
        report = _report(item)
        stop = None if report.register_wh is None else Register(report.at, report.register_wh)
        known = registers.get(row["id"], ())
        energy = derive_energy(begin(row), known, stop)
        if stop is None and not known:
            energy = Energy(None, (*energy.flags, FLAG_NO_REGISTER))  # a beginning alone says nothing
        flags = flags_at_end(row, {FLAG_NO_REGISTER}, energy.flags)
        if ends_before_it_began(row, report.at, item.received_at):
            flags.append(FLAG_STOP_BEFORE_START)
        if report.token and row["id_tag"] and report.token.upper() != row["id_tag"].upper():
            flags.append(FLAG_FOREIGN_STOP_TOKEN)
        unique = tuple(dict.fromkeys(flags))
        ends[row["id"]] = (",".join(unique), True, report.reason, report.token, energy.wh)
        tell_end(unit, row, energy, report.reason, unique)
    return ends
