# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The job of an import by itself: crashes, collisions, workers that were overtaken, what is forgotten."""

import os
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from csms.features.imports import jobs
from csms.features.imports.importers import Importer, Made
from csms.features.imports.service import Work
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.partitions import Retention
from csms.kit.db.uow import Scope
from csms.kit.errors import CollisionError, UnavailableError
from csms.kit.ids import new_id
from csms.kit.jobs.base import JobCancelled, JobId
from tests.api.support import Product
from tests.features.imports.support import IMPORTS, Start, applied, counts, now, runner_of, send, service_of

SYSTEM = Scope.system(DEFAULT_ORGANIZATION_ID)


async def _queued(api: Product, rows: int, **form: Any) -> tuple[dict[str, Any], Start]:
    table = "value,note\n" + "".join(f"T{number:03},n\n" for number in range(rows))
    found = (await send(api, table, kind="tokens", **form)).json()
    return found, Start(JobId(UUID(found["job"])), msgspec.json.encode(Work(UUID(found["id"]))))


async def test_a_worker_dies_and_another_goes_on(api: Product) -> None:
    """While it reads: the file is read again. While it applies: what was done stays done, and no row comes twice."""
    found, start = await _queued(api, 60)
    assert (found["status"], found["total"]) == ("queued", None)
    with pytest.raises(ConnectionError):
        await runner_of(api).run(replace(start, stop=lambda done: True))
    assert (await now(api, found["id"]))["status"] == "running"
    with pytest.raises(ConnectionError):
        await runner_of(api).run(replace(start, attempt=2, stop=lambda done: done >= 25))
    assert counts(await now(api, found["id"])) == (25, 0, 0, 0)
    with pytest.raises(ConnectionError):
        await runner_of(api).run(replace(start, attempt=3, stop=lambda done: done >= 50))
    assert await runner_of(api).run(replace(start, attempt=2)) == {}  # overtaken
    assert await runner_of(api).run(replace(start, id=JobId(new_id()), attempt=9)) == {}  # of another job
    result = await runner_of(api).run(replace(start, attempt=4))
    assert result == {"created": 60, "updated": 0, "skipped": 0, "failed": 0}
    assert (await now(api, found["id"]))["status"] == "done"
    assert await api.sql.fetchval("SELECT count(*) FROM tokens") == 60
    assert list((api.site.folder / "imports/files").rglob("*-*")) == [
        api.site.folder / f"imports/files/{DEFAULT_ORGANIZATION_ID}"
    ]
    assert await runner_of(api).run(replace(start, attempt=5)) == {}


async def test_a_worker_that_was_overtaken_writes_nothing(api: Product) -> None:
    """Another has it, or it was cancelled, or the job was given up: between two turns it stops."""
    found, start = await _queued(api, 60)

    async def later(done: int, total: int | None = None) -> None:
        if done:
            await api.sql.execute("UPDATE imports SET attempt = 7")

    stale = replace(start)
    stale.progress = later  # type: ignore[method-assign]
    with pytest.raises(JobCancelled):
        await runner_of(api).run(stale)
    assert counts(await now(api, found["id"])) == (25, 0, 0, 0)
    cancelled = (await api.client.post(f"{IMPORTS}/{found['id']}/cancel")).json()
    assert cancelled["status"] == "cancelled"
    assert await runner_of(api).run(replace(start, attempt=8)) == {}
    again = (await api.client.post(f"{IMPORTS}/{found['id']}/run")).json()
    assert (again["status"], again["created"]) == ("queued", 25)
    await api.sql.execute("UPDATE jobs SET status = 'failed' WHERE id = $1", UUID(again["job"]))
    assert (await now(api, found["id"]))["status"] == "failed"
    last = (await api.client.post(f"{IMPORTS}/{found['id']}/run")).json()
    await runner_of(api).run(replace(start, id=JobId(UUID(last["job"]))))
    assert counts(await now(api, found["id"])) == (60, 0, 0, 0)
    assert await api.refused("POST", f"{IMPORTS}/{found['id']}/cancel") == (409, "import_over")


async def test_whose_fault_it_is(api: Product, caplog: pytest.LogCaptureFixture) -> None:
    """A collision is tried again, a database that is away fails the job, a bug or a refusal below fails one row."""
    found, start = await _queued(api, 6, dry_run="true")
    real = service_of(api).importers["tokens"]
    troubles: dict[str, list[Any]] = {
        "T000": [CollisionError("once"), CollisionError("twice")],
        "T001": [RuntimeError("a bug")] * 9,
        "T002": ["INSERT INTO tokens (id, organization_id) VALUES (gen_random_uuid(), csms_organization())"] * 9,
        "T003": ["SELECT 1/0"] * 9,
    }

    class Troubled(Importer[Any, Any]):
        async def apply(self, uow: Any, principal: Any, values: Any, on_conflict: Any) -> Made:
            trouble = troubles.get(values["value"], [])
            if trouble:
                each = trouble.pop()
                if isinstance(each, Exception):
                    raise each
                await uow.connection.exec_driver_sql(each)
            return await super().apply(uow, principal, values, on_conflict)

    names = list(Importer.__slots__)
    troubled = Troubled(*(getattr(real, name) for name in names))
    await runner_of(api, {"tokens": troubled}).run(start)
    rows = await api.items(f"{IMPORTS}/{found['id']}/rows", status="failed")
    assert [(row["number"], row["errors"][0]["code"]) for row in rows] == [
        (3, "internal_error"),
        (4, "not_storable"),
        (5, "not_storable"),
    ]
    assert counts(await now(api, found["id"])) == (3, 0, 0, 3)
    assert await api.sql.fetchval("SELECT count(*) FROM tokens") == 0
    assert await api.sql.fetchval("SELECT count(*) FROM audit_log WHERE action = 'token:token:create'") == 0
    for trouble, times in ((UnavailableError("away"), 1), (CollisionError("always"), jobs._TRIES)):
        again = (await api.client.post(f"{IMPORTS}/{found['id']}/run")).json()
        troubles["T000"] = [trouble] * times
        with pytest.raises(UnavailableError):
            await runner_of(api, {"tokens": troubled}).run(replace(start, id=JobId(UUID(again["job"]))))
        assert troubles["T000"] == []
        await api.sql.execute("UPDATE imports SET status = 'done', dry_run = true")


async def test_what_the_person_might_do_counts(api: Product) -> None:
    """Permissions are those at the time of asking: without them no row is applied."""
    found, start = await _queued(api, 2, on_conflict="update")
    await api.sql.execute("UPDATE imports SET permissions = '[\"token:token:create\"]'")
    await api.sql.execute("UPDATE organizations SET time_zone = 'Mars/Phobos'")
    await runner_of(api).run(start)
    rows = await api.items(f"{IMPORTS}/{found['id']}/rows")
    assert {row["errors"][0]["message"] for row in rows} == {"this needs the permission token:token:update"}
    assert await api.sql.fetchval("SELECT count(*) FROM tokens") == 0


async def test_what_is_forgotten(api: Product) -> None:
    """Files that nobody reads any more, secrets after a week, imports with the other jobs."""
    service = service_of(api)
    found, start = await _queued(api, 1)
    path = service.store.path(DEFAULT_ORGANIZATION_ID, UUID(found["id"]))
    stray = service.store.path(DEFAULT_ORGANIZATION_ID, new_id())
    stray.write_bytes(b"x")
    for each in (path, stray):
        os.utime(each, (time.time() - 7_200,) * 2)
    async with api.units(SYSTEM) as uow:
        assert await service.sweep(uow, Retention()) == 0
    assert (path.exists(), stray.exists()) == (True, False)
    path.unlink()
    await runner_of(api).run(start)
    assert (await now(api, found["id"]))["error"]["code"] == "file_gone"
    await api.sql.execute(
        "INSERT INTO import_rows (import, number, organization_id, values, faults, secret, generated)"
        " VALUES ($1, 2, $2, '{}', '{}', '\\x01', '\\x02')",
        UUID(found["id"]),
        DEFAULT_ORGANIZATION_ID,
    )
    await api.sql.execute("UPDATE imports SET secrets = 1")
    api.clock.advance(timedelta(days=9).total_seconds())
    async with api.units(SYSTEM) as uow:
        assert await service.sweep(uow, Retention(jobs_days=30)) == 0
    row = await api.sql.fetchrow("SELECT r.*, i.secrets FROM import_rows r JOIN imports i ON i.id = r.import")
    assert (row["secret"], row["generated"], row["secrets"]) == (None, None, 0)
    api.clock.advance(timedelta(days=30).total_seconds())
    async with api.units(SYSTEM) as uow:
        assert await service.sweep(uow, Retention(jobs_days=30)) == 1
    assert await api.sql.fetchval("SELECT count(*) FROM import_rows") == 0


async def test_the_examples_are_imported_as_they_are(api: Product) -> None:
    """Whoever starts from them starts from what works."""
    for kind in ("chargers", "tokens"):
        path = Path(__file__).parents[3] / f"examples/import/{kind}.csv"
        found = await applied(api, await send(api, path.read_bytes(), kind=kind))
        assert counts(found) == (3, 0, 0, 0), await api.items(f"{IMPORTS}/{found['id']}/rows")
