# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of imports: keep what is asked for; `ImportRunner` does it."""

import asyncio
import csv
import io
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping

from csms.features.imports import repository
from csms.features.imports.importers import Importer, Importers
from csms.features.imports.rules import read_text
from csms.features.imports.schemas import ImportForm
from csms.kit.clock import Clock
from csms.kit.db.partitions import Retention
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError
from csms.kit.files import FileStore, Stored
from csms.kit.http.principal import Principal
from csms.kit.http.problems import ForbiddenError
from csms.kit.jobs.base import JobId, Jobs
from csms.kit.secretbox import SecretBox

KIND: Final = "import"
AGAIN_DAYS: Final = 7
_FORGET_DAYS: Final = AGAIN_DAYS + 1
_OPEN: Final = ("queued", "running")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class ImportNotFoundError(NotFoundError):
    """No such import."""

    code: ClassVar[str] = "import_not_found"


class UnknownKindError(InvalidError):
    """Nothing of this kind can be imported."""

    code: ClassVar[str] = "unknown_kind"


class UnknownFieldError(InvalidError):
    """A column was to fill a field that there is not."""

    code: ClassVar[str] = "unknown_field"


class ImportBusyError(ConflictError):
    """It is not over yet."""

    code: ClassVar[str] = "import_busy"


class ImportOverError(ConflictError):
    """There is nothing left to do, or nothing that can be done any more."""

    code: ClassVar[str] = "import_over"


class SecretsWaitError(ConflictError):
    """Generated passwords or links wait for whoever ran the import."""

    code: ClassVar[str] = "secrets_wait"


class SecretsGoneError(NotFoundError):
    """No generated password or link waits for this person here: none was made, or they were fetched."""

    code: ClassVar[str] = "secrets_gone"


class Work(msgspec.Struct, frozen=True):
    """What the job is told."""

    id: UUID


def secret_of(key: UUID, number: int) -> str:
    """What the sealed cells of a row are for."""
    return f"import_rows.secret:{key}:{number}"


def generated_of(key: UUID, number: int) -> str:
    """What a generated password of a row is for."""
    return f"import_rows.generated:{key}:{number}"


class ImportService:
    """Imports of whatever there are importers for. `store` is the folder of files that wait to be read."""

    def __init__(self, importers: Importers, store: FileStore, box: SecretBox, jobs: Jobs, clock: Clock) -> None:
        self.importers = importers
        self.store = store
        self._box = box
        self._jobs = jobs
        self._clock = clock

    def check(self, form: ImportForm, principal: Principal) -> None:
        """Refuse what cannot be imported, or not by this person."""
        importer = self.importers.get(form.kind)
        if importer is None:
            raise UnknownKindError(
                f"{form.kind[:50]!r} cannot be imported; there are: {', '.join(sorted(self.importers))}"
            )
        _check_permitted(importer, form.on_conflict, principal)
        names = [column.name for column in importer.columns]
        if unknown := [name for name in form.mapping.values() if name is not None and name not in names]:
            raise UnknownFieldError(
                f"{form.kind} have no field {unknown[0][:50]!r} to be filled; they have: {', '.join(names)}"
            )

    async def get(self, uow: UnitOfWork, key: UUID, *, lock: bool = False) -> RowMapping:
        """One import."""
        row = await repository.get(uow.connection, key, lock=lock)
        if row is None:
            raise ImportNotFoundError(f"there is no import {key}")
        return row

    async def seen(self, uow: UnitOfWork, key: UUID, principal: Principal) -> RowMapping:
        """One import with what its file said, for those who might have made it: it holds what the rows are about."""
        row = await self.get(uow, key)
        principal.need(self.importers[row["kind"]].create_permission)
        return row

    async def create(
        self, uow: UnitOfWork, key: UUID, form: ImportForm, stored: Stored, file_name: str, principal: Principal
    ) -> RowMapping:
        """Begin with a file that was received."""
        values = {
            "id": key,
            "organization_id": uow.scope.organization_id,
            "kind": form.kind,
            "dry_run": form.dry_run,
            "on_conflict": form.on_conflict,
            "file_name": file_name,
            "file_bytes": stored.size_bytes,
            "sheet": form.sheet,
            "wanted": form.mapping,
            "created_at": self._clock.now(),
            **await self._queued(uow, key, principal),
        }
        await repository.add(uow.connection, values)
        told = form.model_dump() | {"file_name": file_name, "sha256": stored.sha256}
        uow.audit("data:import:create", "import", str(key), None, told)
        return await self.get(uow, key)

    async def run(self, uow: UnitOfWork, key: UUID, principal: Principal) -> RowMapping:
        """Do what a dry run tried; or go on with an import that was cancelled or broke off."""
        row = await self._again(uow, key, principal)
        if not row["dry_run"] and row["status"] == "done":
            raise ImportOverError("it was run already: retry does the failed rows again")
        if row["dry_run"]:
            await repository.reset(uow.connection, key)
            counts = dict.fromkeys(("created", "updated", "skipped", "failed"), 0)
            await repository.change(uow.connection, key, dry_run=False, **counts)
        await self._requeue(uow, key, principal, "data:import:run")
        return await self.get(uow, key)

    async def retry(self, uow: UnitOfWork, key: UUID, principal: Principal) -> RowMapping:
        """Do the failed rows again: what stood in their way may be gone."""
        row = await self._again(uow, key, principal)
        if not row["failed"]:
            raise ImportOverError("no row has failed: there is nothing to do again")
        await repository.reset(uow.connection, key, "failed")
        await repository.change(uow.connection, key, failed=0)
        await self._requeue(uow, key, principal, "data:import:retry")
        return await self.get(uow, key)

    async def cancel(self, uow: UnitOfWork, key: UUID) -> RowMapping:
        """Rows whose turn has not come stay as they are; what was done stays done."""
        row = await self.get(uow, key, lock=True)
        if row["status"] not in _OPEN:
            raise ImportOverError("it is over already")
        now = self._clock.now()
        await self._jobs.cancel(uow.connection, JobId(row["job"]))
        await repository.change(uow.connection, key, status="cancelled", finished_at=now, updated_at=now)
        uow.audit("data:import:cancel", "import", str(key), None, None)
        return await self.get(uow, key)

    async def secrets(self, uow: UnitOfWork, key: UUID) -> str:
        """What was generated as CSV, for whoever asked for the import, this once."""
        row = await self.get(uow, key, lock=True)
        found = await repository.generated(uow.connection, key) if row["actor_id"] == uow.scope.actor.id else []
        if not found:
            raise SecretsGoneError("no generated password or link waits here for you: each is handed out once")
        text = await asyncio.to_thread(self._opened, key, self.importers[row["kind"]], found)
        await repository.forget_generated(uow.connection, key)
        uow.audit("data:import:secrets", "import", str(key), None, {"secrets": len(found)})
        return text

    async def sweep(self, uow: UnitOfWork, kept: Retention) -> int:
        """Forget what is older than is kept, and files that were read; how many imports."""
        now = self._clock.now()
        gone = await repository.forget(
            uow.connection, now - timedelta(days=kept.jobs_days), now - timedelta(days=_FORGET_DAYS)
        )
        await self.store.sweep(uow.scope.organization_id, await repository.unread(uow.connection))
        return gone

    def _opened(self, key: UUID, importer: Importer[Any, Any], rows: Sequence[RowMapping]) -> str:
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(("id", *importer.beside, importer.secret))
        for row in rows:
            cells = [str(row["subject"]), *(read_text(row["values"].get(name, "")) for name in importer.beside)]
            secret = self._box.open(row["generated"], generated_of(key, row["number"])).decode()
            writer.writerow((*(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells), secret))
        return out.getvalue()

    async def _again(self, uow: UnitOfWork, key: UUID, principal: Principal) -> RowMapping:
        """An import that is over and may be taken up again, locked."""
        row = await self.get(uow, key, lock=True)
        if row["status"] in _OPEN:
            raise ImportBusyError("it is not over yet: wait, or cancel it")
        if row["total"] is None:
            raise ImportOverError("its file was never read whole: import it anew")
        if self._clock.now() - row["created_at"] > timedelta(days=AGAIN_DAYS):
            raise ImportOverError(f"it is older than {AGAIN_DAYS} days: import the file anew")
        _check_permitted(self.importers[row["kind"]], row["on_conflict"], principal)
        return row

    async def _requeue(self, uow: UnitOfWork, key: UUID, principal: Principal, action: str) -> None:
        queued = await self._queued(uow, key, principal)
        await repository.change(uow.connection, key, status="queued", finished_at=None, error=None, attempt=0, **queued)
        uow.audit(action, "import", str(key), None, None)

    async def _queued(self, uow: UnitOfWork, key: UUID, principal: Principal) -> dict[str, Any]:
        """A job, and in whose name it works: whoever runs it anew must not come by passwords that wait for another."""
        scope = uow.scope
        row = await repository.get(uow.connection, key)
        if row is not None and row["actor_id"] != scope.actor.id and await repository.generated(uow.connection, key):
            raise SecretsWaitError(f"what was generated here waits for {row['actor_name']}: they fetch it first")
        job = await self._jobs.enqueue(
            uow.connection, KIND, Work(key), organization_id=scope.organization_id, actor=scope.actor.name
        )
        return {
            "job": job,
            "permissions": sorted(principal.permissions),
            "actor_kind": scope.actor.kind,
            "actor_id": scope.actor.id,
            "actor_name": scope.actor.name,
            "address": scope.address,
            "updated_at": self._clock.now(),
        }


def _check_permitted(importer: Importer[Any, Any], on_conflict: Any, principal: Principal) -> None:
    for permission in importer.needed(on_conflict):
        principal.need(permission)
        if principal.grants[permission] is not None:
            raise ForbiddenError(f"this needs the permission {permission} for the whole organization")
