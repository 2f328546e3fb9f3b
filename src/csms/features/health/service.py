# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Gathers what is known of a charger and judges it."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.texts import say
from csms.features.accounts.permissions import Permission
from csms.features.chargers.service import ChargerNotFoundError
from csms.features.health import facts as known
from csms.features.health import repository
from csms.features.health.evidence import evidence_of
from csms.features.health.rules import AFTER_FIRMWARE, RECENT, TOGETHER, cause_of, verdict_of
from csms.features.health.words import CAUSES, EVIDENCE, STEPS
from csms.features.settings.rules import ChargerSettings
from csms.features.settings.service import load as load_settings
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork

_BEFORE: Final = AFTER_FIRMWARE
_LEEWAY: Final = timedelta(minutes=1)


class HealthService:
    """Verdicts. `interval_s`: the heartbeat interval of chargers of which nothing else is said."""

    def __init__(self, clock: Clock, interval_s: int) -> None:
        self._clock = clock
        self._interval_s = interval_s

    async def verdict(self, uow: UnitOfWork, charger_id: str, may: Collection[str]) -> dict[str, Any]:
        """How it is. `may`: what the caller may do at this charger; what they may not read is not among the facts."""
        row = await repository.charger(uow.connection, charger_id)
        if row is None:
            raise ChargerNotFoundError(f"there is no charger {charger_id!r}")
        now = self._clock.now()
        interval_s = row["heartbeat_interval_s"]
        if interval_s is None:
            interval_s = (await load_settings(uow, ChargerSettings)).heartbeat_interval_s or self._interval_s
        return shown(await _gather(uow.connection, row, now, interval_s, may), row["id"])


def shown(facts: known.Facts, charger_id: str) -> dict[str, Any]:
    """A verdict as it is answered."""
    code, severity = verdict_of(facts)
    cause = cause_of(facts)
    words, step = (None, None) if cause is None else CAUSES[cause.code]
    return {
        "charger_id": charger_id,
        "at": facts.now,
        "verdict": code,
        "severity": severity,
        "since": facts.gone_at,
        "cause": None
        if cause is None or words is None
        else {"code": cause.code, "parameters": cause.parameters, "text": say(words, cause.parameters)},
        "step": None if step is None else {"code": step, "text": STEPS[step]},
        "evidence": [
            {
                "kind": each.kind,
                "at": each.at,
                "parameters": each.parameters,
                "text": say(EVIDENCE[each.kind], each.parameters),
            }
            for each in evidence_of(facts)
        ],
    }


def _connection(row: RowMapping) -> known.Connection | None:
    if not row["connected_once"]:
        return None
    return known.Connection(
        online=bool(row["online"]),
        connected_at=row["connected_at"],
        ended_at=row["disconnected_at"],
        seen_at=row["seen_at"],
        close_code=row["close_code"],
        close_reason=row["close_reason"],
        closed_by=row["closed_by"],
        protocol=row["protocol"],
        address=row["address"],
    )


def _base(row: RowMapping, now: datetime, interval_s: int) -> known.Facts:
    """What the row of the charger and of its connection says."""
    return known.Facts(
        now=now,
        connected=row["connected"],
        registration=row["registration"],
        boot_status=row["boot_status"],
        retired_at=row["retired_at"],
        security_profile=row["security_profile"],
        next_security_profile=row["next_security_profile"],
        interval_s=interval_s,
        connectors=row["connectors"],
        connection=_connection(row),
        node_ended_at=row["lease_until"],
        heartbeat_at=row["heartbeat_at"],
    )


async def _gather(
    connection: AsyncConnection, row: RowMapping, now: datetime, interval_s: int, may: Collection[str]
) -> known.Facts:
    charger_id, base = row["id"], _base(row, now, interval_s)
    gone_at = base.gone_at
    some = partial(repository.rows, connection, charger_id=charger_id)
    message = await repository.last_message(connection, charger_id, now)
    boot = await some("boot")
    certificate = await some("certificate")
    firmware = await some("firmware")
    downgraded = await some("downgraded")
    refusals = await some("refusals")
    faults = await some("faults")
    findings = await some("findings", since=now - RECENT)
    since, until = (gone_at or now) - _BEFORE, (gone_at or now) + _LEEWAY
    changes = await some("changes", since=since, until=until)
    commands = await some("commands", since=since, until=until)
    return known.Facts(
        **{name: getattr(base, name) for name in _OF_ROW},
        message=None if message is None else known.Message(**message),
        refusals=tuple(_refused(each) for each in refusals),
        connections_24h=await repository.counted(connection, "connections", charger_id, now) + _is_new(row, now),
        boot=_first(known.Boot, boot),
        boots_24h=await repository.counted(connection, "boots", charger_id, now),
        neighbours=await _neighbours(connection, row, gone_at),
        certificate=_first(known.Certificate, certificate),
        firmware=_first(known.Progress, firmware),
        changes=tuple(known.Change(each["key"], each["at"], each["actor_name"]) for each in changes),
        commands=tuple(
            known.Commanded(each["id"], each["type"], each["status"], each["at"], each["actor_name"])
            for each in commands
        ),
        faults=tuple(known.Fault(**each) for each in faults),
        downgraded=_first(known.Told, downgraded),
        strays=_strays(findings),
        alerts=await _alerts(connection, charger_id, may),
        waits_as=await _waits_as(connection, row, may),
    )


_OF_ROW: Final = (
    "now", "connected", "registration", "boot_status", "retired_at", "security_profile", "next_security_profile",
    "interval_s", "connectors", "connection", "node_ended_at", "heartbeat_at",
)  # fmt: skip


def _first(kind: Any, found: list[RowMapping]) -> Any:
    return kind(**found[0]) if found else None


def _refused(row: RowMapping) -> known.Refused:
    names = ("reason", "count", "first_at", "last_at", "detail", "address")
    return known.Refused(**{name: row[name] for name in names})


def _strays(found: list[RowMapping]) -> known.Strays | None:
    if not found:
        return None
    newest = found[0]
    return known.Strays(len(found), newest["last_seen_at"], newest["action"], newest["code"])


def _is_new(row: RowMapping, now: datetime) -> int:
    """Whether the connection that is open now was opened within 24 hours; those before are counted by themselves."""
    began = row["connected_at"]
    return int(bool(row["online"]) and began is not None and now - began < timedelta(days=1))


async def _neighbours(
    connection: AsyncConnection, row: RowMapping, gone_at: datetime | None
) -> known.Neighbours | None:
    if row["site_id"] is None:
        return None
    found = await repository.neighbours(connection, row, gone_at, TOGETHER)
    return known.Neighbours(found["site"] or "", found["total"], found["offline"], found["together"])


async def _alerts(connection: AsyncConnection, charger_id: str, may: Collection[str]) -> tuple[known.OpenAlert, ...]:
    if Permission.ALERT_READ not in may:
        return ()
    found = await repository.rows(connection, "alerts", charger_id)
    return tuple(known.OpenAlert(**each) for each in found)


async def _waits_as(connection: AsyncConnection, row: RowMapping, may: Collection[str]) -> known.Waiting | None:
    if row["serial_number"] is None or row["connected"] or Permission.ONBOARDING_READ not in may:
        return None
    found = await repository.rows(connection, "waiting", row["id"], serial=row["serial_number"])
    return known.Waiting(found[0]["id"], found[0]["last_seen_at"]) if found else None
