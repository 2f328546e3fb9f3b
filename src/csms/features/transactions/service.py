# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of transactions for people and programs. What chargers report comes in by handlers.py."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import RowMapping

from csms.domain.commands import UpdateCost
from csms.domain.events import TransactionChanged, TransactionEnded
from csms.domain.transactions import (
    FLAG_CLOSED_BY_HAND,
    FLAG_IMPLAUSIBLE_STOP,
    FLAG_NO_REGISTER,
    FLAG_STALE,
    Energy,
    Register,
    derive_energy,
    usable_time,
)
from csms.features.chargers import repository as chargers
from csms.features.commands import repository as commands
from csms.features.transactions import repository
from csms.features.transactions.rules import Closing, Proposal, asks_to_stop, may_close, propose_end
from csms.features.transactions.schemas import TransactionClose
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError


class TransactionNotFoundError(NotFoundError):
    """No such transaction."""

    code: ClassVar[str] = "transaction_not_found"


async def get(uow: UnitOfWork, key: UUID | int) -> RowMapping:
    """One transaction, by its id or by the number that its charger knows."""
    out_of_range = isinstance(key, int) and not 0 < key < 2**31
    row = None if out_of_range else await repository.get(uow.connection, key)
    if row is None:
        raise TransactionNotFoundError(f"there is no transaction {key}")
    return row


async def remember_cost(uow: UnitOfWork, charger_id: str, command: UpdateCost) -> None:
    """The cost that a charger was told: the end of the transaction is answered with it."""
    await repository.set_cost(uow.connection, charger_id, command.ref, command.charger_ref, command.total_cost)


async def names_of(uow: UnitOfWork, key: int | UUID | str, charger_id: str) -> tuple[int | None, str | None]:
    """How a charger knows its transaction: by the number we issued, and by the name it gave itself (2.x).

    What we do not know but the charger may is passed on: a number, or a name.
    """
    if isinstance(key, str):
        return None, key
    if isinstance(key, int):
        row = await repository.get(uow.connection, key)
        return key, None if row is None or row["charger_id"] != charger_id else row["charger_ref"]
    # Chargers like to name their transactions by UUIDs too.
    found = await repository.of_charger(uow.connection, charger_id, str(key)) or await get(uow, key)
    if found["charger_id"] != charger_id:
        raise TransactionNotFoundError(f"charger {charger_id!r} has no transaction {key}")
    number: int | None = found["transaction_id"]
    if number is None:
        raise TransactionNotFoundError(f"the charger of transaction {key} never had a number for it")
    return number, found["charger_ref"]


_RECENT: Final = 200
_WHOLE: Final = 100_000
CLOSED_REASON: Final = "ClosedByOperator"
_AUDITED: Final = ("status", "meter_stop", "stop_timestamp", "energy_wh", "reason", "flags")


class TransactionOverError(ConflictError):
    """A transaction that has ended has no record to be closed."""

    code: ClassVar[str] = "transaction_over"


class CloseRefusedError(ConflictError):
    """The charger may still end the transaction itself."""

    code: ClassVar[str] = "close_refused"


class UnfitEndError(InvalidError):
    """An end that the transaction cannot have had."""

    code: ClassVar[str] = "unfit_end"


class RecordService:
    """Closes records of transactions whose end nobody will tell."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def whole(self, uow: UnitOfWork, key: UUID | int) -> dict[str, Any]:
        """One transaction, with the proposal how its record would be closed."""
        row = await get(uow, key)
        if row["status"] == "completed":
            return {**row, "close_proposal": None}
        closing, proposal = await self._judge(uow, row)
        shown = {
            "allowed": closing.ground is not None,
            "ground": closing.ground,
            "refusal": closing.refusal,
            "refusal_text": closing.words,
            "meter_stop": proposal.meter_stop,
            "stopped_at": proposal.stopped_at,
            "basis": proposal.basis,
        }
        return {**row, "close_proposal": shown}

    async def close(self, uow: UnitOfWork, key: UUID | int, body: TransactionClose) -> dict[str, Any]:
        """Close it. What the charger tells afterwards counts instead (`closing.closed_by_hand`)."""
        found = await get(uow, key)
        await repository.lock(uow.connection, found["id"])
        row = await get(uow, found["id"])
        if row["status"] == "completed":
            raise TransactionOverError(f"transaction {key} has ended: there is nothing to close")
        closing, proposal = await self._judge(uow, row)
        if closing.ground is None:
            raise CloseRefusedError(closing.words or "", reason=closing.refusal)
        values = await self._end(uow, row, body, proposal)
        await repository.close(uow.connection, row["id"], values)
        after = {name: values[name] for name in _AUDITED} | {
            "close_reason": body.reason.strip(),
            "ground": closing.ground,
        }
        before = {name: row[name] for name in _AUDITED if name != "energy_wh"}  # so far it is what readings say
        uow.audit("transaction:transaction:close", "transaction", str(row["id"]), plain(before), plain(after))
        self._tell(uow, row, values)
        return await self.whole(uow, row["id"])

    async def _judge(self, uow: UnitOfWork, row: RowMapping) -> tuple[Closing, Proposal]:
        connection, now = uow.connection, self._clock.now()
        charger = await chargers.get(connection, row["charger_id"])
        online = charger is not None and bool(charger["online"])
        began_at = _began(row)
        stops = await commands.newest(connection, row["charger_id"], "stop_transaction", row["created_at"])
        own = (row["transaction_id"], row["charger_ref"])
        stop = next((each for each in stops if asks_to_stop(each["body"], *own)), None)
        free = [
            each["last_status_update"]
            for each in await chargers.connectors_of(connection, row["charger_id"])
            if each["evse_id"] == row["evse_id"] and each["state"] == "available"
        ]
        gone_at = None if online or charger is None else charger["disconnected_at"]
        recent = await repository.registers(connection, row["id"], _RECENT)
        proposal = propose_end(_start(row), began_at, recent, min(free, default=None), gone_at, now)
        return may_close(row["status"], online, stop, now), proposal

    async def _end(
        self, uow: UnitOfWork, row: RowMapping, body: TransactionClose, proposal: Proposal
    ) -> dict[str, Any]:
        now, began_at = self._clock.now(), _began(row)
        stopped_at = body.stopped_at or proposal.stopped_at
        if not began_at <= stopped_at <= now:
            raise UnfitEndError(
                f"stopped_at lies between the beginning, {began_at:%Y-%m-%d %H:%M:%S} UTC, and now;"
                f" {stopped_at.isoformat()} does not"
            )
        meter = body.meter_stop if "meter_stop" in body.model_fields_set else proposal.meter_stop
        stop = None if meter is None else Register(stopped_at, meter)
        known = await repository.registers(uow.connection, row["id"], _WHOLE)
        before = [each for each in known if each.at is None or each.at <= stopped_at]
        energy = derive_energy(_start(row), before, stop)
        if FLAG_IMPLAUSIBLE_STOP in energy.flags:
            raise UnfitEndError(
                f"a meter of {meter} Wh at {stopped_at.isoformat()} does not fit the readings before it:"
                f" the newest that counts is {proposal.meter_stop} Wh"
            )
        if stop is None and not before:
            energy = Energy(None, (*energy.flags, FLAG_NO_REGISTER))  # a beginning alone says nothing
        gone = {FLAG_STALE, FLAG_NO_REGISTER}
        flags = [*(each for each in row["flags"] if each not in gone), *energy.flags, FLAG_CLOSED_BY_HAND]
        return {
            "status": "completed",
            "meter_stop": meter,
            "stop_timestamp": stopped_at,
            "energy_wh": energy.wh,
            "reason": CLOSED_REASON,
            "flags": list(dict.fromkeys(flags)),
            "closed_at": now,
            "close_reason": body.reason.strip(),
            "updated_at": now,
        }

    @staticmethod
    def _tell(uow: UnitOfWork, row: RowMapping, values: Mapping[str, Any]) -> None:
        names = ("charger_id", "id", "transaction_id", "connector_id")
        common: dict[str, Any] = {name: row[name] for name in names} | {"at": values["updated_at"]}
        common["organization_id"] = uow.scope.organization_id
        wh, flags = values["energy_wh"], tuple(values["flags"])
        told = None if wh is None else str(wh)
        uow.record(TransactionEnded(**common, energy_wh=told, reason=values["reason"], flags=flags))
        shown = None if wh is None else float(wh)
        uow.record(TransactionChanged(**common, status="completed", energy_wh=shown))


def _start(row: RowMapping) -> Register | None:
    return None if row["meter_start"] is None else Register(row["start_timestamp"], row["meter_start"])


def _began(row: RowMapping) -> datetime:
    """When it began, by the charger's clock where that was set."""
    received_at: datetime = row["start_received_at"] or row["created_at"]
    return usable_time(row["start_timestamp"], received_at)


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers as texts: an audit line keeps all their digits."""
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in values.items()}
