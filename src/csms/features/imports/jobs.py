# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The job of an import: the file is read into rows, then every row has its turn."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import structlog
from pydantic import ValidationError
from sqlalchemy import RowMapping
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from csms.features.imports import repository
from csms.features.imports.importers import Importer, Importers, Made
from csms.features.imports.rules import (
    CellError,
    Column,
    MappingError,
    looks_secret,
    map_columns,
    read_cell,
    read_text,
    spelled,
)
from csms.features.imports.service import KIND, Work, generated_of, secret_of
from csms.kit.clock import Clock
from csms.kit.db.uow import Actor, Scope, UnitOfWork
from csms.kit.errors import CollisionError, CsmsError, UnavailableError
from csms.kit.files import FileStore
from csms.kit.http.principal import Principal, Standing
from csms.kit.jobs.base import JobCancelled, JobKind, RunningJob
from csms.kit.secretbox import SecretBox
from csms.kit.spreadsheets.base import Opened, RefusedFile, Row
from csms.kit.spreadsheets.reader import opened

log = structlog.get_logger(__name__)

OpenUnitOfWork = Callable[[Scope], AbstractAsyncContextManager[UnitOfWork]]
BATCH: Final = 25
"""Rows of one transaction: two savepoints each, and PostgreSQL remembers 64 of them cheaply."""
_TRIES: Final = 5
_ROWS_FAULT: Final = ("22", "23")  # data exceptions, violated constraints (PostgreSQL, appendix A)
_MASK: Final = "***"
_SAMPLE: Final = 5
_SHOWN: Final = 200
_KEY: Final = 200


@dataclass(frozen=True, slots=True)
class _Run:
    """One start of one import."""

    job: RunningJob
    key: UUID
    importer: Importer[Any, Any]
    row: RowMapping
    scope: Scope
    zone: tzinfo


class ImportRunner:
    """Reads and applies in the name of the person who asked; started again after a crash, it goes on where it was."""

    def __init__(
        self,
        open_uow: OpenUnitOfWork,
        importers: Importers,
        store: FileStore,
        box: SecretBox,
        clock: Clock,
        standing: Standing,
    ) -> None:
        self._open_uow = open_uow
        self._standing = standing
        self._importers = importers
        self._store = store
        self._box = box
        self._clock = clock

    def kind(self) -> JobKind:
        """For the worker."""
        return JobKind(KIND, self.run, max_attempts=20, concurrency=4)

    async def run(self, job: RunningJob) -> dict[str, int]:
        """Until every row had its turn, or somebody cancelled it."""
        key = msgspec.json.decode(job.payload, type=Work).id
        run = await self._begin(job, key)
        if run is None:
            return {}
        if run.row["total"] is not None or await self._read(run):
            while await self._turn(run):
                pass
        async with self._open_uow(Scope.system(job.organization_id)) as uow:
            row = await repository.get(uow.connection, key)
            return {} if row is None else {name: row[name] for name in ("created", "updated", "skipped", "failed")}

    async def _begin(self, job: RunningJob, key: UUID) -> _Run | None:
        async with self._open_uow(Scope.system(job.organization_id)) as uow:
            if not await repository.begin(uow.connection, key, job.id, job.attempt):
                return None
            row = await repository.get(uow.connection, key)
            name = await repository.zone(uow.connection)
        assert row is not None
        zone: tzinfo = UTC
        with suppress(ZoneInfoNotFoundError, ValueError):
            zone = ZoneInfo(name)
        actor = Actor(row["actor_kind"], row["actor_id"], row["actor_name"])
        scope = Scope(job.organization_id, actor, row["address"])
        return _Run(job, key, self._importers[row["kind"]], row, scope, zone)

    @asynccontextmanager
    async def _held(self, run: _Run, scope: Scope | None = None) -> AsyncIterator[UnitOfWork]:
        """A unit of work in which the import stays this worker's, until the commit; the system's own by default."""
        async with self._open_uow(scope or Scope.system(run.job.organization_id)) as uow:
            if not await repository.hold(uow.connection, run.key, run.job.id, run.job.attempt):
                raise JobCancelled
            yield uow

    async def _over(self, uow: UnitOfWork, run: _Run, status: str, **values: Any) -> None:
        now = self._clock.now()
        await repository.change(uow.connection, run.key, status=status, finished_at=now, updated_at=now, **values)

    # -- reading ---------------------------------------------------------------------------------------------------

    async def _read(self, run: _Run) -> bool:
        """The whole file into rows; False where it is refused."""
        reading = _Reading(run, self._box)
        try:
            await self._store_rows(run, reading)
        except (RefusedFile, MappingError) as error:
            async with self._held(run) as uow:
                await repository.clear(uow.connection, run.key)
                failure = {"code": error.code, "message": error.detail}
                await self._over(uow, run, "failed", error=failure, **reading.found())
        else:
            async with self._held(run) as uow:
                await repository.change(uow.connection, run.key, total=reading.total, **reading.found())
        await self._store.remove(run.job.organization_id, run.key)  # it may hold passwords
        return reading.is_whole

    async def _store_rows(self, run: _Run, reading: "_Reading") -> None:
        path = self._store.path(run.job.organization_id, run.key)
        if not path.is_file():
            raise RefusedFile("file_gone", "the file is not on this node's disk: import it anew, or share imports/")
        async with self._held(run) as uow:
            await repository.clear(uow.connection, run.key)
        async with opened(path, run.row["sheet"]) as (reading.what, pieces):
            async for piece in pieces:
                values = reading.take(piece)
                if values:
                    async with self._held(run) as uow:
                        await repository.add_rows(uow.connection, values)
                await run.job.progress(0)
        if not reading.total:
            raise RefusedFile("no_rows", "the file has no row below its header")
        reading.is_whole = True

    # -- applying --------------------------------------------------------------------------------------------------

    async def _turn(self, run: _Run) -> bool:
        """A few rows in one transaction; False when there are none left."""
        scope = None if run.row["dry_run"] else run.scope  # what is only tried is nobody's change
        for attempt in range(1, _TRIES + 1):
            try:
                async with self._held(run, scope) as uow:
                    rows = await repository.next_rows(uow.connection, run.key, BATCH)
                    if not rows:
                        await self._over(uow, run, "done")
                    elif isinstance(who := await self._who(uow, run), Principal):
                        await self._apply(uow, run, who, rows)
                    else:
                        await self._over(uow, run, "failed", error={"code": "rights_lost", "message": who})
                        rows = []
                    row = await repository.get(uow.connection, run.key)
                break
            except CollisionError:
                if attempt == _TRIES:
                    raise
        assert row is not None
        done = row["created"] + row["updated"] + row["skipped"] + row["failed"]
        await run.job.progress(done, row["total"])
        return bool(rows)

    async def _who(self, uow: UnitOfWork, run: _Run) -> Principal | str:
        """In whose name it works, with what they might do when they asked and may do still; or why it stops."""
        name = run.row["actor_name"]
        found = await self._standing(uow, run.scope.actor)
        if found is None:
            return f"{name} was suspended or is gone meanwhile: somebody else may run the rest"
        for need in run.importer.needed(run.row["on_conflict"]):
            if found.grants.get(need, frozenset()) is not None:
                return f"{name} has lost the permission {need}: somebody who has it may run the rest"
        grants = {each: places for each, places in found.grants.items() if each in run.row["permissions"]}
        return replace(found, grants=grants)

    async def _apply(self, uow: UnitOfWork, run: _Run, who: Principal, rows: Sequence[RowMapping]) -> None:
        firsts = await repository.firsts(uow.connection, run.key, [row["key"] for row in rows if row["key"]])
        results = []
        for row in sorted(rows, key=lambda row: row["key"] or ""):  # whoever locks several locks them in this order
            first = firsts.get(row["key"], row["number"])
            if first != row["number"]:
                told = [_error(run.importer.identity, "twice_in_file", f"row {first} is about the same")]
                results.append((row["number"], _failed(told)))
            else:
                results.append((row["number"], await self._one(uow, run, who, row)))
        dry = run.row["dry_run"]
        done = [(number, {**each, "done": not dry and each["status"] != "failed"}) for number, each in results]
        await repository.write(uow.connection, run.key, done)
        statuses = Counter(result["status"] for _, result in results)
        secrets = sum(result["generated"] is not None for _, result in results)
        await repository.count(uow.connection, run.key, statuses, secrets)

    async def _one(self, parent: UnitOfWork, run: _Run, who: Principal, row: RowMapping) -> dict[str, Any]:
        """One row, in a savepoint of its own."""
        values, errors = self._values(run, row)
        missing = [need for need in run.importer.needed(run.row["on_conflict"]) if need not in run.row["permissions"]]
        if missing:
            errors.append(_error(None, "forbidden", f"this needs the permission {missing[0]}"))
        if errors:
            return _failed(errors)
        unit, dry = UnitOfWork(parent.connection, run.scope), run.row["dry_run"]
        try:
            async with parent.connection.begin_nested() as savepoint:
                made = await run.importer.apply(unit, who, values, run.row["on_conflict"])
                if dry:
                    await savepoint.rollback()
        except ValidationError as error:
            return _failed(spelled(error.errors(include_url=False, include_context=False, include_input=False)))
        except UnavailableError:
            raise  # the database's state, not the row's fault: the whole turn is done again
        except CsmsError as error:
            field = error.extra.get("field")
            return _failed([_error(None if field is None else str(field), error.code, error.detail)])
        except DBAPIError as error:
            if str(getattr(error.orig, "sqlstate", None))[:2] not in _ROWS_FAULT:
                raise
            log.warning(
                "a row could not be stored", kind=run.importer.kind, number=row["number"], error=str(error.orig)
            )
            return _failed([_error(None, "not_storable", "the database refused this row")])
        except (SQLAlchemyError, OSError):
            raise
        except Exception:
            log.exception("a row could not be imported", number=row["number"])
            return _failed([_error(None, "internal_error", "something went wrong here; the log of the worker has it")])
        if dry:
            # what was tried is not there: its id would lead nowhere
            return _result(made.status, None if made.status == "created" else made.subject, made.reason)
        parent.events += unit.events
        parent.audits += unit.audits
        return _result(made.status, made.subject, made.reason, self._sealed(run, row["number"], made))

    def _sealed(self, run: _Run, number: int, made: Made) -> bytes | None:
        if made.generated is None:
            return None
        return self._box.seal(made.generated.encode(), generated_of(run.key, number))

    def _values(self, run: _Run, row: RowMapping) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The cells as values, and what is wrong with them. An empty cell is not there at all."""
        errors = [_error(name or None, "invalid_cell", fault) for name, fault in row["faults"].items()]
        cells: Mapping[str, str] = row["values"]
        if row["secret"] is not None:
            sealed = self._box.open(row["secret"], secret_of(run.key, row["number"]))
            cells = {**cells, **msgspec.json.decode(sealed, type=dict[str, str])}
        columns = {column.name: column for column in run.importer.columns}
        values: dict[str, Any] = {}
        for name, text in cells.items():
            try:
                values[name] = read_cell(columns[name], text, run.zone)
            except CellError as error:
                errors.append(_error(name, "invalid_cell", str(error)))
        return values, errors


class _Reading:
    """Turns rows of a file into rows of the table; the first one is the header."""

    def __init__(self, run: _Run, box: SecretBox) -> None:
        self._run = run
        self._box = box
        self._columns: dict[str, Column] = {column.name: column for column in run.importer.columns}
        self._headers: list[str] = []
        self._fields: dict[str, tuple[int, str]] = {}
        self._names: dict[int, str] = {}
        self._sample: Sequence[Row] = ()
        self.what: Opened | None = None
        self.total = 0
        self.is_whole = False

    def take(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """Rows as they are stored. Raises MappingError."""
        if not self._headers and rows:
            header, *rows = rows
            self._headers = [cell.strip()[:_SHOWN] for cell in header.cells]
            self._sample = rows[:_SAMPLE]
            self._fields = map_columns(self._run.importer.columns, self._headers, self._run.row["wanted"])
            self._names = {index: name for name, (index, _) in self._fields.items()}
        self.total += len(rows)
        return [self._stored(row) for row in rows]

    def found(self) -> dict[str, Any]:
        """What was understood of the file."""
        return {
            "format": None if self.what is None else msgspec.structs.asdict(self.what),
            "headers": self._headers or None,
            "mapping": {header: name for name, (_, header) in self._fields.items()} or None,
            "sample": [self._shown(row) for row in self._sample] if self._headers else None,
        }

    def _stored(self, row: Row) -> dict[str, Any]:
        run, importer = self._run, self._run.importer
        cells = {
            name: row.cells[index]
            for index, name in self._names.items()
            if index < len(row.cells) and index not in row.faults and row.cells[index].strip()
        }
        secrets = {name: text for name, text in cells.items() if self._columns[name].secret}
        identity = read_text(cells.get(importer.identity, ""))
        faults = {
            self._names.get(index, ""): fault
            for index, fault in row.faults.items()
            if index in self._names or index >= len(self._headers)  # what is not used may be as it likes
        }
        return {
            "import": run.key,
            "number": row.number,
            "organization_id": run.job.organization_id,
            "key": importer.fold(identity) if 0 < len(identity) < _KEY else None,
            "values": {name: text for name, text in cells.items() if name not in secrets},
            "faults": faults,
            "secret": self._box.seal(msgspec.json.encode(secrets), secret_of(run.key, row.number)) if secrets else None,
        }

    def _shown(self, row: Row) -> list[str]:
        """A row of the sample: secrets, and what may be some, are masked."""
        cells = [*row.cells, *[""] * (len(self._headers) - len(row.cells))]
        return [_MASK if cell and self._is_hidden(index) else cell[:_SHOWN] for index, cell in enumerate(cells)]

    def _is_hidden(self, index: int) -> bool:
        name = self._names.get(index)
        return looks_secret(self._headers[index]) or (name is not None and self._columns[name].secret)


def _error(field: str | None, code: str, message: str) -> dict[str, Any]:
    return {"field": field, "code": code, "message": message}


def _failed(errors: list[dict[str, Any]]) -> dict[str, Any]:
    return _result("failed", errors=errors)


def _result(
    status: str,
    subject: str | None = None,
    reason: str | None = None,
    generated: bytes | None = None,
    errors: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    return {"status": status, "subject": subject, "reason": reason, "generated": generated, "errors": errors}
