# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of firmware campaigns: draft one, see whom it is for, begin, hold, end it; `CampaignRunner` does it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

import msgspec
from pydantic import ValidationError
from sqlalchemy import RowMapping

from csms.domain.commands import UpdateFirmware
from csms.domain.events import CampaignChanged
from csms.domain.secrets import mask_command
from csms.features.campaigns import repository
from csms.features.campaigns.rules import Plan, fitness, wave_sizes
from csms.features.campaigns.schemas import CampaignCreate, CampaignStart, CampaignUpdate
from csms.features.chargers.repository import concerned, identified, pairs_of
from csms.features.commands.service import CommandService
from csms.features.files.repository import image
from csms.features.files.service import FirmwareNotFoundError
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError, OutOfReachError
from csms.kit.ids import new_id
from csms.kit.jobs.base import Jobs

KIND: Final = "firmware-campaign"
COMMAND: Final = {"type": "update_firmware"}
"""What it sends: whoever begins it needs what this needs."""
MOST: Final = 50_000
_SHOWN: Final = 20
_NAMED: Final = 5
_OVER: Final = ("stopped", "done")
_PAUSE_OF_DOWNLOADS_S: Final = 60
_INSTEAD_OF: Final = {"filter": "ids", "ids": "filter", "firmware": "location", "location": "firmware"}
_ORDER: Final = {"unable": 0, "already": 1, "update": 2}


class CampaignNotFoundError(NotFoundError):
    """No such campaign."""

    code: ClassVar[str] = "campaign_not_found"


class CampaignStateError(ConflictError):
    """It is not in a state in which this can be done."""

    code: ClassVar[str] = "campaign_state"


class ChargersUnknownError(InvalidError):
    """Some of the ids are of no charger, or of a retired one."""

    code: ClassVar[str] = "chargers_unknown"


class NothingToUpdateError(InvalidError):
    """It names no charger that would be updated."""

    code: ClassVar[str] = "nothing_to_update"


class TotalChangedError(ConflictError):
    """It would be for another number of chargers than whoever starts it has seen."""

    code: ClassVar[str] = "total_changed"


class NothingToRetryError(ConflictError):
    """It failed nowhere."""

    code: ClassVar[str] = "nothing_failed"


class Work(msgspec.Struct, frozen=True):
    """What the job is told."""

    campaign: UUID


def command_of(row: Mapping[str, Any], now: datetime) -> UpdateFirmware:
    """What is sent to a charger."""
    install_at = row["install_at"]
    retries = row["download_retries"]
    return UpdateFirmware(
        firmware=row["firmware"],
        location=row["location"],
        retrieve_at=now,
        install_at=install_at if install_at is not None and install_at > now else None,
        signing_certificate=row["signing_certificate"],
        signature=row["signature"],
        retries=retries,
        retry_interval_s=None if retries is None else _PAUSE_OF_DOWNLOADS_S,
    )


class CampaignService:
    """Campaigns, from a draft to their end."""

    def __init__(self, commands: CommandService, jobs: Jobs, clock: Clock) -> None:
        self._commands = commands
        self._jobs = jobs
        self._clock = clock

    async def get(self, uow: UnitOfWork, key: UUID, *, lock: bool = False) -> RowMapping:
        """One campaign."""
        row = await repository.get(uow.connection, key, lock=lock)
        if row is None:
            raise CampaignNotFoundError(f"there is no firmware campaign {key}")
        return row

    async def create(self, uow: UnitOfWork, body: CampaignCreate) -> RowMapping:
        """Keep a draft: nothing is sent."""
        values = await self._values(uow, body)
        key, now, scope = new_id(), self._clock.now(), uow.scope
        places = None if scope.places is None else sorted(scope.places)
        common = {"id": key, "organization_id": scope.organization_id, "places": places}
        await repository.add(uow.connection, {**values, **common, **_actor(uow), "created_at": now, "updated_at": now})
        uow.audit("charger:firmware_campaign:create", "firmware_campaign", str(key), None, _told(values))
        return await self.get(uow, key)

    async def update(self, uow: UnitOfWork, key: UUID, body: CampaignUpdate) -> RowMapping:
        """Change a draft."""
        row = await self._draft(uow, key)
        values = await self._values(uow, _merged(row, body.model_dump(exclude_unset=True)))
        await repository.change(uow.connection, key, **values, updated_at=self._clock.now())
        before, after = _told(dict(row)), _told(values)
        changed = [name for name in after if before[name] != after[name]]
        old, new = ({name: each[name] for name in changed} for each in (before, after))
        uow.audit("charger:firmware_campaign:update", "firmware_campaign", str(key), old, new)
        return await self.get(uow, key)

    async def delete(self, uow: UnitOfWork, key: UUID) -> None:
        """Forget a draft, or one that is over."""
        row = await self._whole(uow, key)
        if row["status"] != "draft" and row["status"] not in _OVER:
            raise CampaignStateError(f"it is {row['status']}: abort it first")
        if await repository.count_busy(uow.connection, key):
            raise CampaignStateError("chargers are at it still: wait until they are done")
        await repository.remove(uow.connection, key)
        uow.audit("charger:firmware_campaign:delete", "firmware_campaign", str(key), {"name": row["name"]}, None)

    async def preview(self, uow: UnitOfWork, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Whom it would be for if it began now."""
        fits = await self._survey(uow, asked)
        kinds = [fit["verdict"] for fit in fits]
        wanted = [fit for fit in fits if fit["verdict"] == "update"]
        return {
            "total": len(fits),
            **{kind: kinds.count(kind) for kind in _ORDER},
            "offline": sum(not fit["online"] for fit in wanted),
            "charging": sum(fit["charging"] for fit in wanted),
            "sizes": wave_sizes(asked["waves"], len(wanted)),
            "chargers": sorted(fits, key=lambda fit: _ORDER[fit["verdict"]])[:_SHOWN],
        }

    async def try_out(self, uow: UnitOfWork, body: CampaignCreate) -> dict[str, Any]:
        """The same for what is not kept."""
        return await self.preview(uow, await self._values(uow, body))

    async def start(self, uow: UnitOfWork, key: UUID, body: CampaignStart) -> RowMapping:
        """Begin, or wait for its time: whom it is for is settled now."""
        row = await self._draft(uow, key)
        now = self._clock.now()
        if row["ends_at"] is not None and row["ends_at"] <= now:
            raise InvalidError("ends_at lies in the past: nobody would have a turn")
        fits = await self._survey(uow, dict(row))
        if body.total is not None and body.total != len(fits):
            raise TotalChangedError(f"by now it is for {len(fits)} chargers, not for {body.total}: look again")
        wanted = [fit["charger_id"] for fit in fits if fit["verdict"] == "update"]
        if not wanted:
            raise NothingToUpdateError("no charger would be updated: see the preview for the reasons")
        await self._commands.check(uow, wanted[0], command_of(dict(row), now))
        sizes = wave_sizes(row["waves"], len(wanted))
        wave_of = dict(zip(wanted, (n for n, size in enumerate(sizes, 1) for _ in range(size)), strict=True))
        common = {"campaign": key, "organization_id": uow.scope.organization_id}
        await repository.add_targets(uow.connection, common, [_target(fit, wave_of, now) for fit in fits])
        starts_at = row["starts_at"] if row["starts_at"] is not None and row["starts_at"] > now else now
        values = {"status": "scheduled", "total": len(fits), "sizes": sizes, "next_at": starts_at, **_actor(uow)}
        await repository.change(uow.connection, key, **values, updated_at=now)
        if starts_at == now:
            await self._enqueue(uow, key)
        after = {"chargers": len(fits), "update": len(wanted), "starts_at": starts_at}
        self._tell(uow, key, "start", "scheduled", after)
        return await self.get(uow, key)

    async def pause(self, uow: UnitOfWork, key: UUID) -> RowMapping:
        """Nobody else gets it until it is resumed; what was sent goes on."""
        row = await self._whole(uow, key)
        if row["status"] != "running":
            raise CampaignStateError(f"it is {row['status']}: only a running one can be paused")
        reason = f"{uow.scope.actor.name} paused it"
        now = self._clock.now()
        await repository.change(uow.connection, key, status="paused", reason=reason, updated_at=now, next_at=now)
        self._tell(uow, key, "pause", "paused", None)
        return await self.get(uow, key)

    async def resume(self, uow: UnitOfWork, key: UUID) -> RowMapping:
        """Go on; after a wave that somebody had to look at, with the next one. In the name of whoever says so."""
        row = await self._whole(uow, key)
        if row["status"] != "paused":
            raise CampaignStateError(f"it is {row['status']}: only a paused one can be resumed")
        await self._run_on(uow, row, {})
        self._tell(uow, key, "resume", "running", None)
        return await self.get(uow, key)

    async def abort(self, uow: UnitOfWork, key: UUID) -> RowMapping:
        """Nobody gets it who has not got it; what was sent goes on."""
        row = await self._whole(uow, key)
        if row["status"] == "draft" or row["status"] in _OVER:
            raise CampaignStateError(f"it is {row['status']}: there is nothing to abort")
        now, reason = self._clock.now(), f"{uow.scope.actor.name} aborted it"
        count = await repository.cancel_waiting(uow.connection, key, reason, now)
        values = {"status": "stopped", "reason": reason, "finished_at": now, "updated_at": now, "next_at": now}
        await repository.change(uow.connection, key, **values)
        self._tell(uow, key, "abort", "stopped", {"cancelled": count})
        return await self.get(uow, key)

    async def retry(self, uow: UnitOfWork, key: UUID) -> RowMapping:
        """Again where it failed, expired or was cancelled, in the name of whoever says so now."""
        row = await self._whole(uow, key)
        if row["status"] in ("draft", "scheduled"):
            raise CampaignStateError(f"it is {row['status']}: it failed nowhere yet")
        count = await repository.again(uow.connection, key)
        if not count:
            raise NothingToRetryError("it failed nowhere, and nobody was left out")
        anew: dict[str, Any] = {"round": row["round"] + 1, "finished_at": None, "counts": None, "wave_over_at": None}
        if row["ends_at"] is not None and row["ends_at"] <= self._clock.now():
            anew["ends_at"] = None
        if row["status"] == "paused":
            await repository.change(uow.connection, key, **anew, updated_at=self._clock.now())
        else:
            await self._run_on(uow, row, {**anew, "wave": max(row["wave"], 1)})
        status = "paused" if row["status"] == "paused" else "running"
        self._tell(uow, key, "retry", status, {"chargers": count})
        return await self.get(uow, key)

    # -- inside ----------------------------------------------------------------------------------------------------

    async def _values(self, uow: UnitOfWork, body: CampaignCreate) -> dict[str, Any]:
        """A campaign as it is stored. Raises FirmwareNotFoundError, InvalidError."""
        found = await _image_of(uow, body.firmware)
        asked = body.model_dump(exclude={"dry_run", "waves", "maintenance_window"})
        stored = body.model_dump(mode="json", include={"waves", "maintenance_window"})
        if body.version is None and found is not None:
            asked["version"] = found["version"]
        command = command_of(asked, self._clock.now())
        if mask_command(command) != command:
            raise InvalidError("a location with a password is not kept: put the image into the library")
        if command.location is not None:
            await self._commands.check(uow, "", command)
        return {**asked, **stored}

    async def _survey(self, uow: UnitOfWork, asked: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
        """Each charger that it names, and whether it would be updated."""
        found = await _image_of(uow, asked["firmware"])
        words = {} if found is None else {"vendor": found["vendor"], "model": found["model"]}
        signed = asked["signature"] is not None
        if found is not None:
            signed = found["signature"] is not None and found["signing_certificate"] is not None
        plan = Plan(asked["version"], **words, signed=signed, dated=asked["install_at"] is not None)
        rows = await repository.survey(uow.connection, await self._named(uow, asked))
        names = ("charger_id", "firmware_version", "online", "charging")
        fits = []
        for row in rows:
            verdict, reason = fitness(plan, dict(row))
            fits.append({**{name: row[name] for name in names}, "verdict": verdict, "reason": reason})
        return fits

    @staticmethod
    async def _named(uow: UnitOfWork, asked: Mapping[str, Any]) -> Sequence[str]:
        if asked["filter"] is None:
            found = await identified(uow.connection, asked["ids"])
            missing = sorted({each.lower() for each in asked["ids"]} - {each.lower() for each in found})
            if missing:
                more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
                raise ChargersUnknownError(f"there is no charger {', '.join(missing[:_NAMED])}{more}")
            return found
        chargers = await concerned(uow.connection, pairs_of(asked["filter"]), MOST + 1)
        if len(chargers) > MOST:
            raise InvalidError(f"the filter names more than {MOST} chargers: name fewer at a time")
        return chargers

    async def _draft(self, uow: UnitOfWork, key: UUID) -> RowMapping:
        row = await self.get(uow, key, lock=True)
        if row["status"] != "draft":
            raise CampaignStateError(f"it is {row['status']}: only a draft can be changed or started")
        return row

    async def _whole(self, uow: UnitOfWork, key: UUID) -> RowMapping:
        """The campaign, locked. Who sees some sites only decides on what is for these alone."""
        row = await self.get(uow, key, lock=True)
        if uow.scope.places is not None and not await repository.is_seen_whole(uow.connection, key):
            raise OutOfReachError("this is for chargers beyond the sites and groups where you may do it")
        return row

    async def _run_on(self, uow: UnitOfWork, row: RowMapping, values: Mapping[str, Any]) -> None:
        now = self._clock.now()
        key, waves = row["id"], max(row["wave"], 1)
        await repository.wait_anew(uow.connection, key, waves, now + timedelta(seconds=row["wait_s"]))
        anew = {"status": "running", "reason": None, "next_at": now, "updated_at": now, **_actor(uow)}
        await repository.change(uow.connection, key, **anew, **values)
        await self._enqueue(uow, key)

    async def _enqueue(self, uow: UnitOfWork, key: UUID) -> None:
        scope = uow.scope
        await self._jobs.enqueue(
            uow.connection,
            KIND,
            Work(key),
            organization_id=scope.organization_id,
            actor=scope.actor.name,
            dedupe_key=str(key),
        )

    @staticmethod
    def _tell(uow: UnitOfWork, key: UUID, what: str, status: str, after: Any) -> None:
        uow.audit(f"charger:firmware_campaign:{what}", "firmware_campaign", str(key), None, after)
        uow.record(CampaignChanged(organization_id=uow.scope.organization_id, id=key, status=status))


async def _image_of(uow: UnitOfWork, key: UUID | None) -> RowMapping | None:
    """The image of the library; None where there is a location instead. Raises FirmwareNotFoundError."""
    if key is None:
        return None
    found = await image(uow.connection, key)
    if found is None:
        raise FirmwareNotFoundError(f"there is no firmware {key}")
    return found


def _merged(row: RowMapping, changes: Mapping[str, Any]) -> CampaignCreate:
    """A draft as it is after a change. What takes the place of something else takes its place; a new image brings

    its own version. Raises InvalidError.
    """
    asked = {name: row[name] for name in CampaignCreate.model_fields if name != "dry_run"}
    for name, other in _INSTEAD_OF.items():
        if changes.get(name) is not None and changes.get(other) is None:
            asked[other] = None
    if changes.get("firmware") is not None:
        asked["version"] = asked["signature"] = asked["signing_certificate"] = None
    try:
        return CampaignCreate.model_validate({**asked, **changes})
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, each['loc'])) or 'campaign'}: {each['msg']}" for each in error.errors()]
        raise InvalidError("; ".join(wrong[:_NAMED])) from error


def _actor(uow: UnitOfWork) -> dict[str, Any]:
    actor = uow.scope.actor
    return {"actor_kind": actor.kind, "actor_id": actor.id, "actor_name": actor.name}


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    """As it is audited; by which filter, and not its values: they may be names of people."""
    left_out = ("filter", "ids", "dry_run", "signature", "signing_certificate")
    told = {name: values[name] for name in CampaignCreate.model_fields if name not in left_out}
    by = "ids" if values["filter"] is None else sorted(values["filter"])
    return {**told, "by": by}


def _target(fit: Mapping[str, Any], wave_of: Mapping[str, int], now: datetime) -> dict[str, Any]:
    wave = wave_of.get(fit["charger_id"], 0)
    return {
        "charger_id": fit["charger_id"],
        "wave": wave,
        "status": "waiting" if wave else "skipped",
        "reason": fit["reason"],
        "from_version": fit["firmware_version"],
        "finished_at": None if wave else now,
    }
