# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Lists: one way to answer them all, as pages or as files."""

import asyncio
import csv
import gc
import io
import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from fastapi import FastAPI, Request, Response
from python_calamine import CalamineWorkbook
from sqlalchemy import Integer, String, cast, column, func, literal_column, select
from starlette.types import Message
from structlog.testing import capture_logs

from csms.features.accounts.permissions import Permission
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.export import formats
from csms.kit.export.formats import FORMATS, PDF
from csms.kit.http import problems
from csms.kit.http.exports import ExportLimits, Exports, TooManyExportsError
from csms.kit.http.filters import Filter
from csms.kit.http.lists import EXPORT_PERMISSION, Condition, answer_list
from csms.kit.http.paging import Listing
from csms.kit.http.principal import Principal
from tests.api.contract import document_of
from tests.api.support import Product

ADMIN: Final = Principal(UUID(int=1), "admin", DEFAULT_ORGANIZATION_ID, "admin", False, {EXPORT_PERMISSION: None})


UNKNOWN: Final = "00000000-0000-7000-8000-00000000000f"


def counting(rows: int, **columns: Any) -> Listing:
    """A list of so many rows that no table holds."""
    source = select(column("n", Integer)).select_from(func.generate_series(1, rows).alias("n")).subquery("numbers")
    number = source.c.n
    shown = {"n": number, "text": cast(number, String) + "=some text of a charger", **columns}
    return Listing(shown, key=number, sorts={"n": number}, default_sort="n", filters={"n": Filter(number)})


async def ask(
    api: Product,
    listing: Listing,
    query: str,
    send: Any,
    *conditions: Condition,
    limits: ExportLimits | None = None,
    principal: Principal = ADMIN,
) -> Exports:
    """Ask a list of its own application for something; `send` gets the answer's messages."""
    app = FastAPI()
    problems.install(app)
    exports = app.state.exports = Exports(limits or ExportLimits())
    app.state.clock = api.clock

    @app.get("/rows")
    async def rows(request: Request) -> Response:
        return await answer_list(api.units, principal, listing, request, *conditions, name="rows")

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "method": "GET",
        "path": "/rows",
        "raw_path": b"/rows",
        "root_path": "",
        "scheme": "http",
        "query_string": query.encode(),
        "headers": [],
        "client": ("127.0.0.1", 1),
        "server": ("csms.test", 80),
    }
    asked = False

    async def receive() -> Message:
        nonlocal asked
        if asked:
            await getattr(send, "gone", asyncio.Event()).wait()
            return {"type": "http.disconnect"}
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    await app(scope, receive, send)
    return exports


class Client:
    """Keeps the beginning of what it is sent; `stop_after` bytes of a body it reads no more."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.messages: list[Message] = []
        self.body_bytes = 0
        self.body = b""
        self.pieces = 0
        self.most_rss = 0
        self.gone = asyncio.Event()
        self._stop_after = stop_after

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.messages.append(message)
            return
        piece = message.get("body", b"")
        self.body_bytes += len(piece)
        self.body += piece if self.body_bytes < 100_000 else b""
        self.pieces += 1
        self.most_rss = max(self.most_rss, rss())
        if self._stop_after is not None and self.body_bytes > self._stop_after:
            await asyncio.sleep(3600)

    @property
    def status(self) -> int | None:
        return self.messages[0]["status"] if self.messages else None


def rss() -> int:
    """Bytes of memory that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def free(api: Product) -> bool:
    """Whether no connection is in use."""
    pool = api.units._database.engine.pool
    for _ in range(100):
        if pool.checkedout() == 0:  # type: ignore[attr-defined]
            return True
        await asyncio.sleep(0.02)
    return False


def lists(api: Product) -> dict[str, Mapping[str, Any]]:
    """Every list of the API document that is paged."""
    found = {
        path: item["get"]
        for path, item in document_of(api.app)["paths"].items()
        if any(each["name"] == "cursor" for each in item.get("get", {}).get("parameters", ()))
    }
    assert len(found) > 25
    return found


async def fill(api: Product) -> dict[str, str]:
    """Something in the lists, and what stands for the names in their paths."""
    for number in range(3):
        await api.create("/api/v1/chargers", id=f"CP{number}", name=f"Yard {number}", security_profile=0)
    await api.create("/api/v1/tokens", value="04AB", type="rfid")
    transaction = await api.transaction("CP1", transaction_id=7)
    await api.reading("CP1", transaction, api.clock.now(), 5.5)
    template = await api.create("/api/v1/configuration-templates", name="Plain", values={"A": "1"})
    bulk = {"filter": {"id": "CP1"}, "command": {"type": "reset", "kind": "soft"}}
    answer = await api.client.post("/api/v1/bulk-commands", json=bulk)
    assert answer.status_code == 202, answer.text
    return {
        "charger_id": "CP1",
        "transaction_id": str(transaction),
        "template_id": template["id"],
        "bulk_id": answer.json()["id"],
        "section": "retention",
    }


@pytest.mark.timeout(180)
async def test_every_list_is_a_file_as_well(api: Product) -> None:
    """Each list of the document gives its items, and no others, in every kind of file that it promises."""
    names = defaultdict(lambda: UNKNOWN, await fill(api))
    for path, operation in lists(api).items():
        if path.endswith("/timeline"):
            continue  # put together from many tables, page by page; each of them is a list of its own
        assert {each.media_type for each in FORMATS.values()} <= set(operation["responses"]["200"]["content"]), path
        there = path.format_map(names)
        if UNKNOWN in there and (await api.client.get(there)).status_code == 404:
            assert (await api.client.get(there, params={"format": "csv"})).status_code == 404, there
            continue
        items = [{name: item[name] for name in item if name != "can"} for item in await api.items(there, limit=500)]
        written: dict[str, bytes] = {}
        for kind in ("csv", "ndjson", "xlsx"):
            answer = await api.client.get(there, params={"format": kind})
            assert answer.status_code == 200, (there, answer.text)
            assert answer.headers["content-type"] == FORMATS[kind].content_type
            disposition = answer.headers["content-disposition"]
            assert re.fullmatch(rf'attachment; filename="[a-z-]+-2026-11-23T12-00Z\.{kind}"', disposition), disposition
            written[kind] = answer.content
        exported = [json.loads(line) for line in written["ndjson"].splitlines()]
        if path != "/api/v1/audit":  # exports are audited themselves
            assert exported == items, there
        header, *rows = csv.reader(io.StringIO(written["csv"].decode("utf-8-sig"), newline=""))
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(written["xlsx"])).get_sheet_by_index(0).to_python()
        assert sheet[0] == header, there
        if items:
            assert header == list(items[0]), there
            assert len(rows) >= len(items), there


async def has_what_the_page_has(api: Product) -> None:
    """The list's own filters, search, order and fields; with limit or cursor it is of that page."""
    chosen = {"q": "yARD", "sort": "-id", "fields": "name,id", "id[prefix]": "cp"}
    expected = [{"name": f"Yard {n}", "id": f"CP{n}"} for n in (2, 1, 0)]
    await api.create("/api/v1/chargers", id="NAMELESS", security_profile=0)
    assert await api.items("/api/v1/chargers", **chosen) == expected
    answer = await api.client.get("/api/v1/chargers", params={**chosen, "format": "csv"})
    assert answer.text.removeprefix("\ufeff") == "name,id\r\nYard 2,CP2\r\nYard 1,CP1\r\nYard 0,CP0\r\n"
    for order in ("name", "-name", "last_heartbeat"):  # with names and without: those without are last
        rows = await api.items("/api/v1/chargers", sort=order)
        file = await api.client.get("/api/v1/chargers", params={"sort": order, "format": "ndjson", "fields": "id"})
        assert [json.loads(line)["id"] for line in file.text.splitlines()] == [row["id"] for row in rows], order
    first = (await api.client.get("/api/v1/chargers", params={**chosen, "limit": "2"})).json()
    for page, rows in (
        ({"limit": "2"}, ["Yard 2,CP2", "Yard 1,CP1"]),
        ({"limit": "2", "cursor": first["next_cursor"]}, ["Yard 0,CP0"]),
        ({"cursor": first["next_cursor"]}, ["Yard 0,CP0"]),
    ):
        answer = await api.client.get("/api/v1/chargers", params={**chosen, **page, "format": "csv"})
        assert answer.text.removeprefix("\ufeff").splitlines() == ["name,id", *rows], page
    printed = await api.client.get("/api/v1/chargers", params={**chosen, "format": "pdf"})
    assert printed.content.startswith(b"%PDF-")
    usual = await api.client.get("/api/v1/chargers", params={"format": "pdf"})
    assert usual.content.startswith(b"%PDF-")
    transaction = (await api.items("/api/v1/transactions"))[0]["id"]
    shaped = await api.client.get(f"/api/v1/transactions/{transaction}/meter-values", params={"format": "pdf"})
    assert shaped.content.startswith(b"%PDF-")

    every = ",".join((await api.items("/api/v1/chargers"))[0])
    for query, code in (
        ("format=csv&limit=501", "invalid_page"),
        ("format=csv&cursor=x", "invalid_cursor"),
        ("format=html", "invalid_page"),
        ("format=csv&format=pdf", "invalid_page"),
        (f"format=pdf&fields={every}", "invalid_page"),
        ("format=csv&colour=red", "invalid_filter"),
    ):
        assert await api.refused("GET", f"/api/v1/chargers?{query}") == (400, code), query
    assert await api.refused("GET", "/api/v1/chargers/CP9/messages?format=csv") == (404, "charger_not_found")


async def search(api: Product) -> None:
    """`q` finds a part of any text that is declared, wildcards are letters, and lists without it refuse it."""
    await api.create("/api/v1/chargers", id="A_B", name="100%\\", security_profile=0)
    for sought, found in (
        ("p1", ["CP1"]),
        ("YARD", ["CP0", "CP1", "CP2"]),
        ("", ["A_B", "CP0", "CP1", "CP2", "NAMELESS"]),
        ("_", ["A_B"]),
        ("%", ["A_B"]),
        ("%\\", ["A_B"]),
        ("' OR 1=1", []),
    ):
        assert [item["id"] for item in await api.items("/api/v1/chargers", q=sought)] == found, sought
    assert [item["value"] for item in await api.items("/api/v1/tokens", q="4a")] == ["04AB"]
    long = "x" * 101
    for query in (f"q={long}", "q=%00", "q=a&q=b", "q[prefix]=a"):
        assert await api.refused("GET", f"/api/v1/chargers?{query}") == (400, "invalid_filter"), query
    assert await api.refused("GET", "/api/v1/chargers/CP1/notices?q=x") == (400, "invalid_filter")
    bulk = {"filter": {"sort": "id"}, "command": {"type": "reset", "kind": "soft"}}
    assert await api.refused("POST", "/api/v1/bulk-commands", json=bulk) == (400, "invalid_filter")
    narrowed = bulk | {"filter": {"q": "yard"}, "dry_run": True}
    answer = await api.client.post("/api/v1/bulk-commands", json=narrowed)
    assert answer.json()["total"] == 3, answer.text


async def are_audited_and_need_their_permission(api: Product) -> None:
    """The audit says which list, in which form and by which filters it was narrowed, never their values."""
    await api.client.get("/api/v1/tokens", params={"format": "ndjson", "value": "04ab", "fields": "id"})
    line = (await api.items("/api/v1/audit", action="system:list:export"))[0]
    assert (line["actor_name"], line["subject_kind"], line["subject_id"]) == ("admin", "list", "tokens")
    assert line["after"] == {"format": "ndjson", "path": "/api/v1/tokens", "filters": ["value"], "fields": ["id"]}

    await api.client.get("/api/v1/tokens", params={"format": "ndjson", "limit": "7"})
    line = (await api.items("/api/v1/audit", action="system:list:export"))[0]
    assert line["after"] == {"format": "ndjson", "path": "/api/v1/tokens", "filters": [], "fields": None, "limit": 7}

    assert EXPORT_PERMISSION == Permission.DATA_EXPORT
    client = Client()
    app = FastAPI()
    app.state.exports, app.state.clock = Exports(), api.clock
    problems.install(app)

    @app.get("/rows")
    async def rows(request: Request) -> Response:
        nobody = replace(ADMIN, grants={})
        return await answer_list(api.units, nobody, counting(2), request, name="rows")

    side = replace(api, client=type(api.client)(transport=type(api.client._transport)(app=app), base_url="http://t"))
    assert len(await side.items("/rows")) == 2
    assert await side.refused("GET", "/rows?format=csv") == (403, "forbidden")
    await side.client.aclose()
    assert client.status is None


async def test_lists_and_their_files_are_asked_alike(api: Product) -> None:
    """Filters, search, order and fields are those of the page; a file needs a permission more, and is audited."""
    await fill(api)
    await has_what_the_page_has(api)
    await search(api)
    await are_audited_and_need_their_permission(api)


async def more_rows_than_fit_are_refused(api: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it begins and with what to do instead; nothing is audited, for nothing was exported."""
    monkeypatch.setitem(formats.FORMATS, "pdf", replace(PDF, max_rows=3))  # type: ignore[arg-type]
    before = len(await api.items("/api/v1/audit", action="system:list:export"))
    for rows, status in ((3, 200), (4, 400)):
        client = Client()
        await ask(api, counting(rows), "format=pdf", client)
        assert client.status == status
    client = Client()
    await ask(api, counting(5_001), "format=pdf", client)
    assert client.status == 400
    client = Client()
    await ask(api, counting(5_001), "format=pdf&limit=10", client)
    assert (client.status, client.body[:5]) == (200, b"%PDF-")
    assert len(await api.items("/api/v1/audit", action="system:list:export")) == before + 2


async def a_long_export_takes_no_memory(api: Product) -> None:
    """200,000 rows pass through; what they take does not grow with them."""
    await ask(api, counting(2_000), "format=csv", Client())
    gc.collect()
    before, client = rss(), Client()
    await ask(api, counting(200_000), "format=csv", client)
    assert client.status == 200
    assert client.body_bytes > 6_000_000
    assert client.pieces > 500
    assert client.most_rss - before < 16 * 1024 * 1024
    assert await free(api)


async def what_fails_before_the_first_row_is_refused_in_words(api: Product) -> None:
    """A statement that takes too long is a 503; a failure later cuts the answer off, so that nobody takes it for whole."""
    slow = counting(10, slow=literal_column("pg_sleep(0.2)::text", String))
    client = Client()
    await ask(api, slow, "format=csv", client, limits=ExportLimits(statement_s=0.1))
    assert client.status == 503

    # what changes with every call is not computed before the sort
    late = literal_column("1 / (1500 - numbers.n) + (random() * 0)::int", Integer)
    broken = counting(2_000, broken=late)
    client = Client()
    with pytest.raises(Exception, match="division by zero"):
        await ask(api, broken, "format=csv", client)
    assert client.status == 200
    assert client.body_bytes > 1_000
    assert await free(api)


async def nobody_holds_a_connection_for_ever(api: Product) -> None:
    """A client that reads no more is given up, one that left is noticed, and only so many are served at once."""
    stalled = Client(stop_after=100_000)
    with pytest.raises(TimeoutError):
        await ask(api, counting(100_000), "format=csv", stalled, limits=ExportLimits(stall_s=0.2))
    assert stalled.status == 200
    assert await free(api)

    leaving = Client(stop_after=100_000)
    asyncio.get_running_loop().call_later(0.3, leaving.gone.set)
    exports = await ask(api, counting(100_000), "format=csv", leaving)
    assert leaving.status == 200
    assert leaving.body_bytes < 1_000_000
    assert await free(api)
    exports.check()

    full = Exports(ExportLimits(at_once=1))
    with full.running():
        with pytest.raises(TooManyExportsError) as refusal, full.running():
            pytest.fail("a second one began")
        assert (refusal.value.status, refusal.value.retry_after_s) == (429, 10)
        api.app.state.exports = full
        answer = await api.client.get("/api/v1/chargers", params={"format": "csv"})
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")
    assert (await api.client.get("/api/v1/chargers", params={"format": "csv"})).status_code == 200


async def test_exports_are_bounded(api: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    """In rows where a file has an end, in memory, in time, and in number."""
    await a_long_export_takes_no_memory(api)
    await more_rows_than_fit_are_refused(api, monkeypatch)
    with capture_logs():  # they would be drawn with all that is in them
        await what_fails_before_the_first_row_is_refused_in_words(api)
        await nobody_holds_a_connection_for_ever(api)
