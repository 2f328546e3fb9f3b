# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Series of readings, thinned out, with the limit that was in force.

The time is cut into as many buckets as there may be points. Of each bucket the least, the greatest and the last value
are told: what stands out is never lost, and a series of few readings is told whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

from csms.domain.metering import MEASURANDS, decode_code
from csms.features.chargers.service import ChargerService
from csms.features.timelines import repository
from csms.features.timelines.limits import Given, steps
from csms.features.transactions.service import get as get_transaction
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import InvalidError

USUAL: Final = (
    "Power.Active.Import",
    "Current.Import",
    "Voltage",
    "SoC",
    "Energy.Active.Import.Register",
    "Current.Offered",
    "Power.Offered",
)
_LEEWAY: Final = timedelta(days=1)


class UnknownMeasurandError(InvalidError):
    """A measurand that no specification names."""

    code: ClassVar[str] = "unknown_measurand"


class SeriesService:
    """What was measured, for charts."""

    def __init__(self, chargers: ChargerService, clock: Clock) -> None:
        self._chargers = chargers
        self._clock = clock

    async def of_transaction(
        self, uow: UnitOfWork, key: UUID | int, measurands: Sequence[str], points: int
    ) -> dict[str, Any]:
        """The readings of a transaction, from its beginning to its end or to now."""
        row = await get_transaction(uow, key)
        received_at = row["start_received_at"] or row["created_at"]
        rows = await repository.series(
            uow.connection, received_at - _LEEWAY, points, _numbers(measurands), transaction=row["id"]
        )
        began_at = row["start_timestamp"] or received_at
        names = {str(name) for name in (row["transaction_id"], row["charger_ref"]) if name is not None}
        return await self._answer(uow, rows, row["charger_id"], began_at, row["stop_timestamp"], row["evse_id"], names)

    async def of_charger(
        self, uow: UnitOfWork, charger_id: str, hours: float, measurands: Sequence[str], points: int
    ) -> dict[str, Any]:
        """The readings of a charger in the last hours."""
        charger = await self._chargers.get(uow, charger_id)
        since = self._clock.now() - timedelta(hours=hours)
        rows = await repository.series(uow.connection, since, points, _numbers(measurands), charger_id=charger["id"])
        return await self._answer(uow, rows, charger["id"], since, None, 0, frozenset())

    async def _answer(
        self,
        uow: UnitOfWork,
        rows: Iterable[Mapping[Any, Any]],
        charger_id: str,
        began_at: datetime,
        ended_at: datetime | None,
        evse_id: int,
        names: frozenset[str] | set[str],
    ) -> dict[str, Any]:
        last = max(ended_at or self._clock.now(), began_at)
        installed, sent = await repository.profiles(uow.connection, charger_id, began_at - _LEEWAY, last)
        given = [*_installed(installed, evse_id, names), *_sent(sent, names, ended_at)]
        limits = steps(given, began_at, began_at, last)
        return {
            "first": began_at,
            "last": last,
            "series": _series(rows),
            "limits": [
                {
                    "unit": unit,
                    "steps": [{"at": step.at, "limit": step.limit, "purpose": step.purpose} for step in line],
                }
                for unit, line in limits.items()
            ],
        }


def _numbers(measurands: Sequence[str]) -> list[int]:
    names = [each.strip() for group in measurands for each in group.split(",") if each.strip()] or list(USUAL)
    unknown = [name for name in names if name not in MEASURANDS]
    if unknown:
        raise UnknownMeasurandError(f"there is no measurand {unknown[0][:60]!r}; there are: {', '.join(MEASURANDS)}")
    return [MEASURANDS.index(name) for name in dict.fromkeys(names)]


def _series(rows: Iterable[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        code = row["code"]
        if code not in found:
            measurand, phase, location, unit = decode_code(code)
            found[code] = {"measurand": measurand, "phase": phase, "location": location, "unit": unit, "points": []}
        found[code]["points"].append({name: row[name] for name in ("at", "min", "max", "last", "count")})
    return list(found.values())


def _installed(rows: Iterable[Mapping[Any, Any]], evse_id: int, names: Iterable[str]) -> list[Given]:
    """Those of the charger as a whole, of the EVSE, of the transaction; installed_at is when it was given."""
    own = set(names)
    return [
        Given(row["profile"], row["purpose"], row["stack_level"], row["installed_at"])
        for row in rows
        if row["evse_id"] in (0, evse_id) and (row["purpose"] != "tx_profile" or row["transaction_ref"] in own)
    ]


def _sent(rows: Iterable[Mapping[Any, Any]], names: Iterable[str], ended_at: datetime | None) -> list[Given]:
    """Profiles of the transaction: a charger forgets them at its end, the commands that brought them stay."""
    own = set(names)
    found: list[Given] = []
    until = ended_at
    for row in rows:  # the newest first: each takes the place of the one before
        body = row["body"]
        profile = body.get("profile") or {}
        about = {str(body[name]) for name in ("ref", "charger_ref") if body.get(name) is not None}
        if profile.get("purpose") == "tx_profile" and about & own:
            found.append(Given(profile, "tx_profile", int(profile.get("stack_level", 0)), row["at"], until))
            until = row["at"]
    return found
