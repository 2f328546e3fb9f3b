# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What 1.6 and 2.x share: how a transaction's end is worked out, and what is told of it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from csms.domain.events import (
    MeterRecorded,
    TransactionChanged,
    TransactionCorrected,
    TransactionEnded,
    TransactionStarted,
)
from csms.domain.messages import Source
from csms.domain.metering import Reading, decode_code
from csms.domain.transactions import (
    FLAG_CLOSED_BY_HAND,
    FLAG_END_CAME_LATE,
    FLAG_NO_REGISTER,
    Energy,
    Register,
    derive_energy,
    time_flags,
    usable_time,
)
from csms.features.transactions import ingest
from csms.kit.db.ingest import Unit


def tell_started(unit: Unit, row: Sequence[Any]) -> None:
    """A transaction began: the row as it was inserted."""
    common: dict[str, Any] = {
        "organization_id": row[1],
        "charger_id": row[2],
        "id": row[0],
        "transaction_id": row[5],
        "connector_id": row[4],
        "at": unit.now,
    }
    unit.record(TransactionStarted(**common, id_tag=row[6]))
    unit.record(TransactionChanged(**common, status="active"))


def tell_ended(unit: Unit, row: ingest.Row, energy: Energy, reason: str | None, flags: tuple[str, ...]) -> None:
    """A transaction is over."""
    common = _told(unit, row)
    wh = energy.wh
    unit.record(TransactionEnded(**common, energy_wh=None if wh is None else str(wh), reason=reason, flags=flags))
    unit.record(TransactionChanged(**common, status="completed", energy_wh=None if wh is None else float(wh)))


def tell_end(unit: Unit, row: ingest.Row, energy: Energy, reason: str | None, flags: tuple[str, ...]) -> None:
    """A charger told the end of a transaction: of one whose record people closed it is a correction."""
    if closed_by_hand(row):
        _tell_corrected(unit, row, energy, flags)
    else:
        tell_ended(unit, row, energy, reason, flags)


def closed_by_hand(row: ingest.Row) -> bool:
    """Whether people closed its record, and its charger has not told an end so far."""
    closed: bool = row["status"] == "completed" and row["closed_at"] is not None and row["stop_received_at"] is None
    return closed


def flags_at_end(row: ingest.Row, gone: Collection[str], found: Iterable[str]) -> list[str]:
    """The flags of a transaction whose end is told: those that no longer hold are gone, others were found."""
    late = [FLAG_END_CAME_LATE] if closed_by_hand(row) else []
    kept = [flag for flag in row["flags"] if flag not in gone and flag != FLAG_CLOSED_BY_HAND]
    return [*kept, *late, *found]


def _tell_corrected(unit: Unit, row: ingest.Row, energy: Energy, flags: tuple[str, ...]) -> None:
    common = _told(unit, row)
    wh = energy.wh
    unit.record(TransactionCorrected(**common, energy_wh=None if wh is None else str(wh), flags=flags))
    unit.record(TransactionChanged(**common, status="completed", energy_wh=None if wh is None else float(wh)))


def _told(unit: Unit, row: ingest.Row) -> dict[str, Any]:
    names = ("organization_id", "charger_id", "id", "transaction_id", "connector_id")
    return {name: row[name] for name in names} | {"at": unit.now}


async def correct(unit: Unit, rows: Sequence[ingest.Row], flag: str, began: Collection[UUID] = ()) -> None:
    """Something was heard after the end: the energy is derived again with it, and who billed by the end is told.

    `began`: of these the beginning was heard, which is told whatever else came out.
    """
    registers = await history(unit, rows)
    corrected = []
    for row in rows:
        known = registers.get(row["id"], ())
        energy = derive_energy(begin(row), known, _end_of(row, known))
        kept = [name for name in row["flags"] if name != FLAG_NO_REGISTER]
        flags = tuple(dict.fromkeys([*kept, *energy.flags, flag]))
        if row["id"] in began or energy.wh != row["energy_wh"] or set(flags) != set(row["flags"]):
            corrected.append((row["id"], energy.wh, ",".join(flags)))
            _tell_corrected(unit, row, energy, flags)
    if corrected:
        await ingest.set_energy(unit, corrected)


def _end_of(row: ingest.Row, known: Sequence[Register]) -> Register | None:
    """The register at the end; what people put there does not stand against readings beyond it."""
    meter = row["meter_stop"]
    if meter is None or (closed_by_hand(row) and any(each.wh > meter for each in known)):
        return None
    return Register(row["stop_timestamp"], meter)


async def history(unit: Unit, rows: Sequence[ingest.Row]) -> dict[UUID, list[Register]]:
    """The registers of transactions, as they came."""
    since = min((row["start_received_at"] for row in rows if row["start_received_at"] is not None), default=unit.now)
    return await ingest.registers(unit, [row["id"] for row in rows], since)


def begin(row: ingest.Row) -> Register | None:
    """The register at the beginning, if it was told."""
    return None if row["meter_start"] is None else Register(row["start_timestamp"], row["meter_start"])


def ends_before_it_began(row: ingest.Row, at: datetime | None, received_at: datetime) -> bool:
    """Whether both times can be believed and are the wrong way round."""
    began: datetime | None = row["start_timestamp"]
    if began is None or time_flags(began, received_at) or time_flags(at, received_at):
        return False
    return usable_time(at, received_at) < began


@cache
def _topic_name(code: int) -> str:
    measurand, phase, _, _ = decode_code(code)
    return f"{measurand}.{phase}" if phase else measurand


def recorded(
    source: Source,
    evse_id: int,
    connector_id: int,
    readings: Sequence[Reading],
    transaction: UUID | None,
    now: datetime,
) -> MeterRecorded:
    """The newest of some readings, for those who watch."""
    values = {
        _topic_name(sample.code): float(sample.value) for sample in readings[-1].samples if sample.value.is_finite()
    }
    return MeterRecorded(
        organization_id=source.organization_id,
        charger_id=source.charger_id,
        connector_id=connector_id or evse_id,
        transaction_id=transaction,
        at=now,
        values=values,
    )
