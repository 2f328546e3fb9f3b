# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Files to import, and what becomes of them."""

import io
import json
from collections.abc import Sequence
from typing import Any

import httpx2
import xlsxwriter

from tests.api.support import HttpSide
from tests.support.eventually import eventually

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


async def over(http: HttpSide, key: str, seconds: float = 30) -> dict[str, Any]:
    """The import once it is over."""

    async def look() -> dict[str, Any] | None:
        found: dict[str, Any] = (await http.client.get(f"{IMPORTS}/{key}")).json()
        return found if found["status"] not in ("queued", "running") else None

    found: dict[str, Any] | None = await eventually(look, seconds)
    assert found is not None
    return found


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
