# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Files to import, and what becomes of them."""

import asyncio
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2
import msgspec
import xlsxwriter

from csms.features.imports.jobs import ImportRunner
from csms.features.imports.service import KIND, ImportService, Work
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.jobs.base import JobId
from csms.kit.secretbox import SecretBox
from csms.main.imports import import_service
from csms.main.people import people_service, standing_at
from tests.api.support import HttpSide, Product

IMPORTS = "/api/v1/imports"


def book(*sheets: Sequence[Sequence[Any]], text: bool = False) -> bytes:
    """A workbook; with `text` every cell is written as text."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as workbook:
        for rows in sheets:
            sheet = workbook.add_worksheet()
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    (sheet.write_string if text else sheet.write)(number, column, value)
    return out.getvalue()


async def send(http: HttpSide, content: str | bytes, name: str = "table.csv", **form: Any) -> httpx2.Response:
    """Send a file with what is to be done."""
    raw = content.encode() if isinstance(content, str) else content
    data = {key: json.dumps(value) if key == "mapping" else value for key, value in form.items()}
    return await http.client.post(IMPORTS, data=data, files={"file": (name, raw)})


async def over(http: HttpSide, key: str, seconds: float = 60) -> dict[str, Any]:
    """The import once it is over."""
    async with asyncio.timeout(seconds):
        while True:
            found: dict[str, Any] = (await http.client.get(f"{IMPORTS}/{key}")).json()
            if found["status"] not in ("queued", "running"):
                return found
            await asyncio.sleep(0.1)


async def imported(http: HttpSide, content: str | bytes, **form: Any) -> dict[str, Any]:
    """Send a file and wait until it is over."""
    answer = await send(http, content, **form)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"{IMPORTS}/{answer.json()['id']}"
    return await over(http, answer.json()["id"])


async def act(http: HttpSide, key: str, what: str) -> dict[str, Any]:
    """run, retry; and wait."""
    answer = await http.client.post(f"{IMPORTS}/{key}/{what}")
    assert answer.status_code == 202, answer.text
    return await over(http, key)


def counts(found: dict[str, Any]) -> tuple[int, int, int, int]:
    """Created, updated, skipped, failed."""
    return found["created"], found["updated"], found["skipped"], found["failed"]


@dataclass
class Start:
    """One start of a job; `stop` says when the worker dies."""

    id: JobId
    payload: bytes
    attempt: int = 1
    stop: Callable[[int], bool] = lambda done: False
    organization_id: UUID = DEFAULT_ORGANIZATION_ID
    kind: str = KIND

    async def progress(self, done: int, total: int | None = None) -> None:
        """Dies when it is told to."""
        if self.stop(done):
            raise ConnectionError("the worker died")


def runner_of(api: Product, importers: Any = None) -> ImportRunner:
    """What the worker runs."""
    service = service_of(api)
    standing = standing_at(api.clock)
    box = SecretBox(api.site.keys)
    return ImportRunner(api.units, importers or service.importers, service.store, box, api.clock, standing)


def service_of(api: Product) -> ImportService:
    """As the worker has it."""
    people = people_service(api.site.accounts, api.units, api.site.keys, api.clock, None)
    return import_service(api.site.folder, api.site.keys, api.clock, people)


async def now(api: Product, key: str) -> dict[str, Any]:
    """How far it is."""
    found: dict[str, Any] = (await api.client.get(f"{IMPORTS}/{key}")).json()
    return found


async def applied(api: Product, answer: httpx2.Response) -> dict[str, Any]:
    """The import after its job was done, without a worker."""
    assert answer.status_code == 202, answer.text
    found = answer.json()
    await runner_of(api).run(Start(JobId(UUID(found["job"])), msgspec.json.encode(Work(UUID(found["id"])))))
    return await now(api, found["id"])
