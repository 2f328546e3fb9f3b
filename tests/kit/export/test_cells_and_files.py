# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Files of a few rows: what each kind makes of each kind of value."""

import asyncio
import csv
import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from python_calamine import CalamineWorkbook

from csms.kit.export import paper, workbook
from csms.kit.export.exchange import ANSWER, DOCUMENT
from csms.kit.export.formats import ExportTooLargeError
from csms.kit.export.lines import write_csv, write_ndjson
from csms.kit.export.table import Item, Table, Writer
from csms.kit.export.typesetter import _NOTHING, Typesetter
from csms.kit.export.workbook import write_xlsx

NOON = datetime(2026, 11, 28, 12, 0, 30, tzinfo=UTC)
COLUMNS = ("id", "text", "whole", "amount", "share", "yes", "at", "nested", "raw", "nothing")
ROW: dict[str, Any] = {
    "id": UUID(int=7),
    "text": 'a "b", c\nd',
    "whole": -5,
    "amount": Decimal("-1200.500"),
    "share": 0.25,
    "yes": True,
    "at": NOON.astimezone(timezone(timedelta(hours=2))),
    "nested": [{"a": Decimal("1.5")}, "é"],
    "raw": msgspec.Raw(b'{"x":1}'),
    "nothing": None,
}
TABLE = Table("some-things", COLUMNS, "Acme", NOON, (("status", "Available"), ("sort", "id")))


async def made(writer: Writer, *batches: Sequence[Item], table: Table = TABLE) -> bytes:
    """The whole file."""

    async def rows() -> AsyncIterator[Sequence[Item]]:
        for batch in batches:
            yield batch

    return b"".join([piece async for piece in writer(table, rows())])


async def test_csv() -> None:
    """Comma, CRLF, quotation marks where they are needed, UTF-8 with the mark that Excel looks for; numbers bare."""
    raw = await made(write_csv, [ROW], [ROW])
    assert raw.startswith(b"\xef\xbb\xbfid,text,whole,")
    header, first, second = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
    assert tuple(header) == COLUMNS
    assert first == second
    assert first == [
        "00000000-0000-0000-0000-000000000007",
        'a "b", c\nd',
        "-5",
        "-1200.500",
        "0.25",
        "true",
        "2026-11-28T12:00:30Z",
        '[{"a":1.5},"é"]',
        '{"x":1}',
        "",
    ]
    assert raw.count(b"\r\n") == 3
    assert (await made(write_csv)).decode("utf-8-sig") == ",".join(COLUMNS) + "\r\n"


async def test_ndjson() -> None:
    """A line is an item as the list has it."""
    raw = await made(write_ndjson, [ROW], [ROW])
    first, second = [json.loads(line, parse_float=Decimal) for line in raw.splitlines()]
    assert first == second
    assert (first["amount"], first["raw"], first["at"]) == (Decimal("-1200.500"), {"x": 1}, "2026-11-28T14:00:30+02:00")
    assert await made(write_ndjson) == b""


async def test_xlsx() -> None:
    """Numbers add up, instants are dates, and whatever a cell cannot hold is text, or says that it was cut."""
    odd = dict.fromkeys(COLUMNS) | {
        "text": "=1+1",
        "whole": 2**60,
        "amount": Decimal("1234567890123456.789"),
        "share": float("nan"),
        "yes": False,
        "at": datetime(1, 1, 1, tzinfo=UTC),
        "nested": "😀" * 40_000,
        "raw": "https://example.org",
    }
    raw = await made(write_xlsx, [ROW], [odd])
    header, first, second = CalamineWorkbook.from_filelike(io.BytesIO(raw)).get_sheet_by_index(0).to_python()
    assert tuple(header) == COLUMNS
    assert first[1:7] == ['a "b", c\nd', -5, -1200.5, 0.25, True, NOON.replace(tzinfo=None)]
    assert first[7:] == ['[{"a":1.5},"é"]', '{"x":1}', ""]
    assert second[:7] == ["", "=1+1", str(2**60), "1234567890123456.789", "nan", False, "0001-01-01T00:00:00Z"]
    assert second[7].endswith("… [cut: 40000 characters]")
    assert len(second[7].encode("utf-16-le")) <= 2 * 32_767
    assert second[8:] == ["https://example.org", ""]


async def test_xlsx_comes_as_its_rows_do() -> None:
    """The first bytes are out before the last row is read; what XML cannot hold is spelled; who stops leaves nothing."""
    read = 0

    async def rows() -> AsyncIterator[Sequence[Item]]:
        nonlocal read
        for read in range(1, 200):
            yield [{**ROW, "id": UUID(int=read), "text": f"\x01 _x0041_ </t>&\r\ud800{read} "}] * 100

    pieces = write_xlsx(TABLE, rows())
    assert await anext(pieces)
    assert read == 1
    raw = b"".join([each async for each in pieces])
    assert read == 199
    assert not raw.startswith(b"PK")  # its beginning was the first piece
    whole = await made(write_xlsx, [{**ROW, "text": "\x01 _x0041_ </t>&\r\ud800\ufffe "}])
    with zipfile.ZipFile(io.BytesIO(whole)) as book:
        assert book.testzip() is None
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "_x0001_ _x005F_x0041_ &lt;/t&gt;&amp;_x000D__xD800__xFFFE_ </t>" in sheet
        assert '<autoFilter ref="A1:J2"/>' in sheet
    stopped = write_xlsx(TABLE, rows())
    assert await anext(stopped)
    await stopped.aclose()  # type: ignore[attr-defined]


async def test_rows_that_a_sheet_has_no_room_for_stand_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sheet has its header and its filters; what is too large for a file ends it, nothing is cut in silence."""
    rows = [ROW | {"whole": number} for number in range(7)]
    monkeypatch.setattr(workbook, "_MAX_ROWS", 3)
    raw = await made(write_xlsx, rows[:4], rows[4:])
    book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
    assert book.sheet_names == ["Sheet1", "Sheet2", "Sheet3"]
    found = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    assert [tuple(sheet[0]) for sheet in found] == [COLUMNS] * 3
    assert [[row[2] for row in sheet[1:]] for sheet in found] == [[0, 1, 2], [3, 4, 5], [6]]
    with zipfile.ZipFile(io.BytesIO(raw)) as files:
        assert '<autoFilter ref="A1:J4"/>' in files.read("xl/worksheets/sheet2.xml").decode()
        assert '<autoFilter ref="A1:J2"/>' in files.read("xl/worksheets/sheet3.xml").decode()
    full = CalamineWorkbook.from_filelike(io.BytesIO(await made(write_xlsx, rows[:3])))
    assert full.sheet_names == ["Sheet1"]

    monkeypatch.undo()
    monkeypatch.setattr(workbook, "_MAX_XML", 1_000)
    by_size = CalamineWorkbook.from_filelike(io.BytesIO(await made(write_xlsx, rows[:4], rows[4:])))
    assert [len(by_size.get_sheet_by_name(name).to_python()) for name in by_size.sheet_names] == [5, 4]
    monkeypatch.setattr(workbook, "_MAX_ZIP", 100)
    with pytest.raises(ExportTooLargeError, match="take csv"):
        await made(write_xlsx, [{**ROW, "id": uuid4()} for _ in range(3_000)])


async def test_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of its own makes it; texts are short enough to print, and more rows than paper is for are refused."""
    write_pdf = paper.pdf_writer(paper.Typesetter())
    raw = await made(write_pdf, [ROW], [dict.fromkeys(COLUMNS)])
    assert raw.startswith(b"%PDF-")
    assert raw.rstrip().endswith(b"%%EOF")
    told = json.loads(paper.document(TABLE, [ROW | {"text": "a\nb\u202e" + "x" * 300}]))
    assert told["rows"][0][1].replace("\u200b", "") == "a b" + "x" * 196 + " …"
    assert (told["title"], told["organization"], told["made_at"]) == ("Some things", "Acme", "2026-11-28 12:00 UTC")
    assert [line.replace("\u200b", "") for line in told["lines"]] == ["1 rows", "status: Available", "sort: id"]
    assert told["numbers"] == [False, False, True, True, True, False, False, False, False, True]
    assert Typesetter().typeset(json.dumps(told).encode()).startswith(b"%PDF-")
    with pytest.raises(ExportTooLargeError, match="5,000 rows of a pdf"):
        await made(write_pdf, *[[ROW] * 1001] * 5)

    monkeypatch.setattr(paper, "_PATIENCE_S", 0.01)
    with pytest.raises(paper.TypesetterError, match=r"0\.01 s"):
        await made(write_pdf, [ROW])
    monkeypatch.undo()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(paper.TypesetterError, match="take csv"):
        await made(write_pdf, [ROW])


async def test_a_process_waits_for_the_next_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """It makes one after the other, is started again where it died, and let go when nobody wants it."""
    typesetter = paper.Typesetter(keep_ready_s=30)
    write_pdf = paper.pdf_writer(typesetter)

    async def used() -> asyncio.subprocess.Process:
        assert (await made(write_pdf, [ROW])).startswith(b"%PDF-")
        assert typesetter._ready is not None
        return typesetter._ready

    first = await used()
    assert await used() is first
    first.kill()
    await first.wait()
    second = await used()
    assert second is not first
    long = await made(write_pdf, *[[ROW] * 501])  # in a process of its own
    assert long.startswith(b"%PDF-")
    assert typesetter._ready is second
    with monkeypatch.context() as patched:
        patched.setattr(paper, "_PATIENCE_S", 0.0)
        with pytest.raises(paper.TypesetterError, match="in 0 s"):
            await made(write_pdf, [ROW])
    assert typesetter._ready is None  # it was in the middle of something
    assert second.returncode == -signal.SIGKILL
    third = await used()
    await typesetter.close()
    assert third.returncode == -signal.SIGKILL
    assert typesetter._ready is None

    impatient = paper.Typesetter(keep_ready_s=0.01)
    assert (await made(paper.pdf_writer(impatient), [ROW])).startswith(b"%PDF-")
    assert impatient._waiting is not None
    fourth = impatient._ready
    await impatient._waiting
    assert impatient._ready is None
    assert fourth is not None
    assert fourth.returncode == -signal.SIGKILL


@pytest.mark.parametrize("is_long", [True, False])
async def test_who_asks_for_a_page_waits_for_no_long_list(is_long: bool) -> None:
    """A long list is made when nothing else is to be done; a page is as urgent as any other."""
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    process = await paper._started(is_long=is_long)
    told = json.dumps(json.loads(_NOTHING)).encode()
    assert (await paper._asked(process, told))[0].startswith(b"%PDF-")
    assert os.getpriority(os.PRIO_PROCESS, process.pid) == (min(mine + 10, 19) if is_long else mine)
    await paper._end(process)


def test_a_process_that_has_grown_makes_no_other() -> None:
    """It says so with its answer, and ends; one that is told nothing ends too."""
    told = json.dumps({**json.loads(_NOTHING), "title": "A list"}).encode()
    program = [sys.executable, "-m", "csms.kit.export.typesetter"]
    grown = "from csms.kit.export import typesetter; typesetter._ENOUGH_BYTES = 0; typesetter.main()"
    child = f"subprocess.run({program!r}, input=sys.stdin.buffer.read(), capture_output=True, check=True).stdout"
    large = f"import subprocess, sys; mine = bytearray(300 << 20); sys.stdout.buffer.write({child})"
    for command, answers in (
        (program, [True, True]),
        ([sys.executable, "-c", grown], [False]),
        ([sys.executable, "-c", large], [True, True]),  # its parent's memory is none of its own
    ):
        done = subprocess.run(command, input=(DOCUMENT.pack(len(told)) + told) * 2, capture_output=True, check=True)
        rest, stayed = done.stdout, []
        while rest:
            length, stays = ANSWER.unpack(rest[: ANSWER.size])
            stayed.append(stays)
            assert rest[ANSWER.size :].startswith(b"%PDF-")
            rest = rest[ANSWER.size + length :]
        assert stayed == answers
    assert subprocess.run(program, input=b"", capture_output=True, check=True).stdout == b""


async def test_pdfs_at_once_leave_no_process_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process that is done would wait for another document: one does, and it ends with the typesetter."""
    started, start = [], paper._started

    async def recorded(*, is_long: bool) -> asyncio.subprocess.Process:
        started.append(await start(is_long=is_long))
        return started[-1]

    monkeypatch.setattr(paper, "_started", recorded)
    typesetter = paper.Typesetter(at_once=2, keep_ready_s=30)
    write_pdf = paper.pdf_writer(typesetter)
    for _ in range(3):
        done = await asyncio.gather(made(write_pdf, [ROW]), made(write_pdf, [ROW]))
        assert all(each.startswith(b"%PDF-") for each in done)
    assert [each for each in started if each.returncode is None] == [typesetter._ready]
    await typesetter.close()
    assert all(each.returncode is not None for each in started)
