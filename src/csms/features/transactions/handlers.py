# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Reports of transactions and meters. Start and Stop are always stored and always answered."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import cast
from uuid import UUID

from csms.domain.messages import (
    Acknowledged,
    Answer,
    MeterReported,
    Received,
    StatusReported,
    TransactionAnswer,
    TransactionReported,
    TransactionStage,
)
from csms.domain.tokens import Authorization
from csms.domain.transactions import (
    FLAG_FOREIGN_STOP_TOKEN,
    FLAG_FOREIGN_TRANSACTION,
    FLAG_LATE_READINGS,
    FLAG_NO_REGISTER,
    FLAG_SECOND_STOP,
    FLAG_STALE,
    FLAG_STOP_BEFORE_START,
    FLAG_UNKNOWN_TRANSACTION,
    Energy,
    Register,
    derive_energy,
    time_flags,
)
from csms.features.tokens import ingest as tokens
from csms.features.transactions import ingest
from csms.features.transactions.closing import (
    begin,
    closed_by_hand,
    correct,
    ends_before_it_began,
    flags_at_end,
    history,
    recorded,
    tell_end,
    tell_ended,
    tell_started,
)
from csms.features.transactions.rules import start_flags, transaction_number
from csms.kit.db.ingest import Unit
from csms.kit.ids import new_id

_ACKNOWLEDGED = Acknowledged()
_MAX_INT32 = 2**31 - 1
Started = Callable[[Unit, Sequence[tuple[str, int, str | None, UUID, int | None]]], Awaitable[None]]
Reserved = Callable[[Unit, Sequence[tuple[UUID, str, int, UUID]]], Awaitable[None]]


class TransactionHandler:
    """Starts and ends. `started` tells the feature that issued a remote start what came of it, `reserved` the one that
    keeps reservations which were used.
    """

    def __init__(self, number_key: int, started: Started, reserved: Reserved) -> None:
        self._number_key = number_key
        self._started = started
        self._reserved = reserved

    async def __call__(self, unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
        """One answer per report, in order."""
        reports = [cast("TransactionReported", item.report) for item in items]
        asked = {(item.source.organization_id, r.token) for item, r in zip(items, reports, strict=True) if r.token}
        known = await tokens.authorizations(unit.connection, sorted(asked, key=str), unit.now)
        starts = [item for item, report in zip(items, reports, strict=True) if report.stage is TransactionStage.STARTED]
        ends = [item for item, report in zip(items, reports, strict=True) if report.stage is TransactionStage.ENDED]
        answers: dict[str, TransactionAnswer] = {}
        if starts:
            answers |= await self._start(unit, starts, known)
        if ends:
            answers |= await self._end(unit, ends, known)
        return [answers[item.source.charger_id] for item in items]

    async def _start(
        self, unit: Unit, items: Sequence[Received], known: Mapping[tuple[UUID, str], Authorization]
    ) -> dict[str, TransactionAnswer]:
        numbers = [transaction_number(n, self._number_key) for n in await ingest.draw_numbers(unit, len(items))]
        rows = []
        for item, number in zip(items, numbers, strict=True):
            report = cast("TransactionReported", item.report)
            authorization = known.get((item.source.organization_id, report.token or ""))
            rows.append(
                (
                    new_id(),
                    item.source.organization_id,
                    item.source.charger_id,
                    report.evse_id,
                    report.connector_id,
                    number,
                    report.token,
                    authorization.status.value if authorization else "invalid",
                    report.register_wh,
                    report.at,
                    ",".join(start_flags(report, authorization, item.received_at)),
                    report.reservation_id,
                )
            )
        new = await ingest.start(unit, rows)
        repeated = [(row[2], row[4], row[6], row[9], row[8]) for row in rows if row[2] not in new]
        old = await ingest.same_start(unit, repeated) if repeated else {}
        answers: dict[str, TransactionAnswer] = {}
        for item in items:
            charger = item.source.charger_id
            report = cast("TransactionReported", item.report)
            stored = new.get(charger) or old.get(charger)
            if stored is None:
                raise LookupError(f"the start of {charger} could neither be stored nor found")
            authorization = known.get((item.source.organization_id, report.token or ""))
            answers[charger] = TransactionAnswer(stored["transaction_id"], authorization)
        began = [(row[2], row[4], row[6], row[0], None) for row in rows if row[2] in new]
        if began:
            await ingest.supersede(unit, [(row[2], row[3], row[0]) for row in rows if row[2] in new])
            await self._started(unit, began)
        used = [(row[1], row[2], row[11], row[0]) for row in rows if row[2] in new and row[11] is not None]
        if used:
            await self._reserved(unit, used)
        for row in rows:
            if row[2] in new:
                tell_started(unit, row)
        return answers

    async def _end(
        self, unit: Unit, items: Sequence[Received], known: Mapping[tuple[UUID, str], Authorization]
    ) -> dict[str, TransactionAnswer]:
        refs = {cast("TransactionReported", item.report).ref or 0 for item in items}
        stored = await ingest.by_number(unit, sorted(ref for ref in refs if 0 < ref <= _MAX_INT32))
        own: list[tuple[Received, ingest.Row]] = []
        strange: list[tuple[Received, ingest.Row | None]] = []
        for item in items:
            row = stored.get(cast("TransactionReported", item.report).ref or 0)
            if row is not None and row["charger_id"] == item.source.charger_id:
                own.append((item, row))
            else:
                strange.append((item, row))
        fresh = [(item, row) for item, row in own if row["status"] != "completed" or closed_by_hand(row)]
        over = [(item, row) for item, row in own if row["status"] == "completed" and not closed_by_hand(row)]
        other = [(item, row) for item, row in over if _is_another_end(item, row)]
        await self._write_data(unit, [*fresh, *other])
        if fresh:
            await self._close(unit, fresh)
        if other:
            await correct(unit, [row for _, row in other], FLAG_SECOND_STOP)
        if strange:
            await self._keep_strange(unit, strange)
        answers: dict[str, TransactionAnswer] = {}
        for item in items:
            report = cast("TransactionReported", item.report)
            authorization = known.get((item.source.organization_id, report.token)) if report.token else None
            answers[item.source.charger_id] = TransactionAnswer(report.ref or 0, authorization)
        return answers

    async def _write_data(self, unit: Unit, pairs: Sequence[tuple[Received, ingest.Row]]) -> None:
        """The meter values that a stop carries (transactionData)."""
        rows = []
        for item, row in pairs:
            report = cast("TransactionReported", item.report)
            rows += [
                ingest.meter_row(
                    item.source.organization_id,
                    item.source.charger_id,
                    row["evse_id"],
                    row["connector_id"],
                    row["id"],
                    None,
                    unit.now,
                    reading,
                    time_flags(reading.at, item.received_at),
                )
                for reading in report.readings
            ]
        await ingest.write_meters(unit, rows)

    async def _close(self, unit: Unit, pairs: Sequence[tuple[Received, ingest.Row]]) -> None:
        registers = await history(unit, [row for _, row in pairs])
        rows = []
        for item, row in pairs:
            report = cast("TransactionReported", item.report)
            stop = None if report.register_wh is None else Register(report.at, report.register_wh)
            known = registers.get(row["id"], ())
            energy = derive_energy(begin(row), known, stop)
            if stop is None and not known:
                energy = Energy(None, (*energy.flags, FLAG_NO_REGISTER))  # a beginning alone says nothing
            found = [*energy.flags, *time_flags(report.at, item.received_at)]
            flags = flags_at_end(row, {FLAG_STALE, FLAG_NO_REGISTER}, found)
            if ends_before_it_began(row, report.at, item.received_at):
                flags.append(FLAG_STOP_BEFORE_START)
            if report.token and row["id_tag"] and report.token.upper() != row["id_tag"].upper():
                flags.append(FLAG_FOREIGN_STOP_TOKEN)
            unique = tuple(dict.fromkeys(flags))
            rows.append(
                (
                    row["id"],
                    report.register_wh,
                    report.at,
                    report.reason,
                    report.token,
                    energy.wh,
                    ",".join(unique),
                )
            )
            tell_end(unit, row, energy, report.reason, unique)
        await ingest.end(unit, rows)

    async def _keep_strange(self, unit: Unit, pairs: Sequence[tuple[Received, ingest.Row | None]]) -> None:
        """A stop of what we never started, or of another charger's transaction: kept apart, touching nothing."""
        rows, meters = [], []
        for item, row in pairs:
            report, source = cast("TransactionReported", item.report), item.source
            flag = FLAG_UNKNOWN_TRANSACTION if row is None else FLAG_FOREIGN_TRANSACTION
            flags = (flag, *time_flags(report.at, item.received_at))
            rows.append(
                (
                    new_id(),
                    source.organization_id,
                    source.charger_id,
                    str(report.ref),
                    report.register_wh,
                    report.at,
                    report.token,
                    report.reason,
                    ",".join(flags),
                )
            )
            meters += [
                ingest.meter_row(
                    source.organization_id, source.charger_id, 0, 0, None, str(report.ref), unit.now, reading, (flag,)
                )
                for reading in report.readings
            ]
        new = await ingest.unknown_stop(unit, rows)
        await ingest.write_meters(unit, meters)
        for line in rows:
            if line[0] in new:
                known = {"id": line[0], "organization_id": line[1], "charger_id": line[2]}
                ended = {**known, "transaction_id": None, "connector_id": 0}
                tell_ended(unit, ended, Energy(None, ()), line[7], tuple(line[8].split(",")))


async def handle_meter(unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
    """Store readings with the transaction they belong to; what belongs to none is kept all the same."""
    reports = [cast("MeterReported", item.report) for item in items]
    refs = sorted({report.ref for report in reports if report.ref is not None and report.ref <= _MAX_INT32})
    by_number = await ingest.holders(unit, refs)
    loose = [
        (item.source.charger_id, report.evse_id)
        for item, report in zip(items, reports, strict=True)
        if report.ref is None and report.connector_id > 0
    ]
    active = await ingest.active_on(unit, loose)
    rows: list[bytes] = []
    revived: dict[str, dict[UUID, ingest.Row]] = {"completed": {}, "suspect": {}}
    for item, report in zip(items, reports, strict=True):
        found = by_number.get(report.ref) if report.ref is not None else None
        flags: tuple[str, ...] = ()
        key: UUID | None = None
        if found is not None and found["charger_id"] == item.source.charger_id:
            key = found["id"]
            if found["status"] != "active":
                revived[found["status"]][found["id"]] = found
        elif report.ref is not None:
            flags = (FLAG_UNKNOWN_TRANSACTION if found is None else FLAG_FOREIGN_TRANSACTION,)
        else:
            key = active.get((item.source.charger_id, report.evse_id))
        rows += _meter_rows(unit, item, report, key, flags)
        if report.readings:
            topic = ("meter_recorded", item.source.charger_id, report.connector_id)
            place = (report.evse_id, report.connector_id)
            unit.record_latest(topic, partial(recorded, item.source, *place, report.readings, key, unit.now))
    await ingest.write_meters(unit, rows)
    if revived["suspect"]:
        await ingest.mark_alive(unit, list(revived["suspect"]))
    if revived["completed"]:
        numbers = sorted(row["transaction_id"] for row in revived["completed"].values())
        await correct(unit, list((await ingest.by_number(unit, numbers)).values()), FLAG_LATE_READINGS)
    return [_ACKNOWLEDGED] * len(items)


def _meter_rows(
    unit: Unit, item: Received, report: MeterReported, key: UUID | None, flags: tuple[str, ...]
) -> list[bytes]:
    """What COPY takes, a line for each reading."""
    source = item.source
    reported_ref = None if key is not None or report.ref is None else str(report.ref)
    return [
        ingest.meter_row(
            source.organization_id,
            source.charger_id,
            report.evse_id,
            report.connector_id,
            key,
            reported_ref,
            unit.now,
            reading,
            (*flags, *time_flags(reading.at, item.received_at)),
        )
        for reading in report.readings
    ]


async def doubt_open_transactions(unit: Unit, items: Sequence[Received]) -> None:
    """A connector that is available holds no transaction: one that is still open was not ended in order."""
    pairs = [
        (item.source.charger_id, report.evse_id, report.connector_id, report.at)
        for item in sorted(items, key=lambda item: item.source.charger_id)
        if isinstance(report := item.report, StatusReported) and report.status == "available" and report.connector_id
    ]
    if pairs:
        await ingest.mark_stale(unit, pairs)


def _is_another_end(item: Received, row: ingest.Row) -> bool:
    """Whether a stop of a transaction that has ended tells of another end, rather than being the same one again."""
    report = cast("TransactionReported", item.report)
    told = (row["meter_stop"], row["stop_timestamp"])
    return told != (report.register_wh, report.at) and FLAG_SECOND_STOP not in row["flags"]
