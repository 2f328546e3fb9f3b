# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of people and of attackers: read as they are meant, refused in words, never at the reader's cost."""

import io
import json
import zipfile
from datetime import date, datetime, time
from pathlib import Path

import pytest
import xlsxwriter

from csms.kit.spreadsheets import base, child, csv_file, workbook
from csms.kit.spreadsheets.base import Ended, Opened, Refused, RefusedFile, Row, Rows, kind_of
from csms.kit.spreadsheets.reader import opened

ROWS = [["id", "name"], ["1", "Säule, Hof"], ["2", 'say "x"\nand y']]


def _read(path: Path, sheet: str | None = None) -> tuple[Opened, list[Row]]:
    first, *rows = child.read(path, sheet)
    assert isinstance(first, Opened)
    return first, [row for row in rows if isinstance(row, Row)]


def _refusal(path: Path, sheet: str | None = None) -> str:
    last = list(child.frames(path, sheet))[-1]
    assert isinstance(last, Refused), last
    return last.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_text_in_whatever_dress(tmp_path: Path, encoding: str, delimiter: str, newline: str) -> None:
    """Encodings, delimiters and line ends are found out; quoted delimiters and line ends belong to the cell."""
    quoted = [['"' + cell.replace('"', '""') + '"' for cell in row] for row in ROWS]
    text = newline.join(delimiter.join(row) for row in quoted)
    path = tmp_path / "table"
    path.write_bytes(text.encode(encoding))
    what, rows = _read(path)
    assert (what.encoding, what.delimiter) == (encoding.removesuffix("-sig"), delimiter)
    assert [row.cells for row in rows] == ROWS
    assert [row.number for row in rows] == [1, 2, 3]


def test_what_excel_writes_first(tmp_path: Path) -> None:
    """`sep=` names the delimiter; one column needs none; empty rows count and are left out."""
    path = tmp_path / "table.csv"
    for text, delimiter, cells in (
        ("sep=;\nid;a,b\n\n;;\n1;2,3\n", ";", [["id", "a,b"], ["1", "2,3"]]),
        ("sep=\t\nid\tname\n1\t2\n", "\t", [["id", "name"], ["1", "2"]]),
        ("token\nA\nB", ",", [["token"], ["A"], ["B"]]),
        ("id,name\n" + "1,x\n" * 40, ",", [["id", "name"]] + [["1", "x"]] * 40),
    ):
        path.write_text(text)
        what, rows = _read(path)
        assert (what.delimiter, [row.cells for row in rows]) == (delimiter, cells)
    path.write_text("a;b\n\n1;2\n")
    assert [row.number for row in _read(path)[1]] == [1, 3]


def test_cells_that_are_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell too long, with NUL, or beyond the header is that row's fault; columns, rows, rows' lengths are the file's."""
    path = tmp_path / "table.csv"
    path.write_bytes(b"a,b\n1," + b"x" * 10_001 + b"\n2,\xc3\xa4\0\n1,2,3\n1,2,,\n")
    path.write_bytes(b" " * 5_000 + path.read_bytes())  # the NUL is behind what is looked at first
    _, rows = _read(path)
    assert [(row.cells[:2], sorted(row.faults)) for row in rows[1:]] == [
        (["1", ""], [1]),
        (["2", ""], [1]),
        (["1", "2"], [2]),
        (["1", "2"], []),
    ]
    path.write_text(",".join(f"c{number}" for number in range(300)) + "\n1\n")
    assert _refusal(path) == "too_many_columns"
    path.write_text("a,b\n" + "y" * 9_000 + ("," + "y" * 9_000) * 30)
    assert "b" in _read(path)[1][0].cells
    path.write_text(",".join("h" * 5_000 for _ in range(60)))
    assert _refusal(path) == "row_too_long"
    monkeypatch.setattr(csv_file, "MAX_ROWS", 3)
    monkeypatch.setattr(workbook, "MAX_ROWS", 3)
    path.write_text("a\n1\n2\n3\n")
    assert len(_read(path)[1]) == 4
    path.write_text("a\n1\n2\n3\n4\n")
    assert _refusal(path) == "too_many_rows"
    sheet = tmp_path / "table.xlsx"
    with xlsxwriter.Workbook(sheet) as book:
        book.add_worksheet().write_column(0, 0, ["a", 1, 2, 3, 4])
    assert _refusal(sheet) == "too_many_rows"


def test_what_is_no_table(tmp_path: Path) -> None:
    """Pictures, documents, programs, broken text and open quotation marks are named for what they are."""
    assert [kind_of(head) for head in (b"\x89PNG\r\n\x1a\n\0\0", b"%PDF-1.7", b"\x7fELF\x01", b"MZ\x90\0")] == [
        None
    ] * 4
    assert [kind_of(head) for head in (b"PK\x03\x04", b"id,x", "\ufeffid".encode("utf-16"))] == ["zip", "text", "text"]
    assert kind_of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0") == "ole"
    path = tmp_path / "x"
    for content, code in (
        (b"\x89PNG\r\n\x1a\n\0\0", "wrong_file_type"),
        (b"\xff\xfea\0,", "unreadable_file"),
        (b'id,name\n1,"' + b"x" * 200_000, "unreadable_file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "unreadable_file"),
        (b"PK\x03\x04" + b"\0" * 50, "unreadable_file"),
    ):
        path.write_bytes(content)
        assert _refusal(path) == code
    for names, code in (
        ([("word/document.xml", "x")], "wrong_file_type"),
        ([("xl/workbook.xml", "<")], "unreadable_file"),
        ([("content.xml", "<"), ("mimetype", "x")], "unreadable_file"),
        ([("xl/workbook.bin", "<")], "unreadable_file"),
    ):
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in names:
                archive.writestr(name, text)
        assert _refusal(path) == code


def test_cells_of_workbooks(tmp_path: Path) -> None:
    """Every kind of cell as a person would have typed it; the first visible sheet unless one is named."""
    path = tmp_path / "table.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Notes").hide()
        sheet = book.add_worksheet("Fleet")
        sheet.activate()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(2, 0, ["a", "b", "c", "d", "e", "f"])
        sheet.write_row(3, 0, [1, 1.5, True, "007", None, 10**15])
        sheet.write_datetime(4, 0, datetime(2027, 1, 2, 3, 4), day)  # noqa: DTZ001  (Excel knows no zone)
        sheet.write_formula(4, 1, "=1+1", None, 2)
    what, rows = _read(path)
    assert (what.format, what.sheet) == ("xlsx", "Fleet")
    assert rows[1] == Row(4, ["1", "1.5", "true", "007", "", "-"], {5: workbook.ROUNDED})
    assert rows[2].cells == ["2027-01-02T03:04:00", "2"]
    assert workbook.text_of(date(2027, 1, 2)) == ("2027-01-02", None)
    assert workbook.text_of(time(1, 2)) == ("01:02:00", None)
    assert _refusal(path, "Nowhere") == "no_sheet"
    assert _read(path, " fleet ")[0].sheet == "Fleet"


def test_bombs_are_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More inside than is allowed, or too many files, is refused by what the archive says of itself."""
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "x")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as file:
            for _ in range(260):
                file.write(b"0" * 1024 * 1024)
    assert path.stat().st_size < 1024 * 1024
    assert _refusal(path) == "zip_bomb"
    monkeypatch.setattr(workbook, "MAX_ENTRIES", 0)
    path.write_bytes(b"")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "x")
    assert _refusal(path) == "zip_bomb"


async def test_the_child_hands_on_and_dies_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows come in pieces; a sheet that claims terabytes ends the child and nobody else; silence is not waited out."""
    path = tmp_path / "table.csv"
    path.write_text("id\n" + "".join(f"{number}\n" for number in range(1_000)))
    async with opened(path) as (what, pieces):
        sizes = [len(piece) async for piece in pieces]
    assert (what.format, sum(sizes), max(sizes)) == ("csv", 1_001, 200)
    async with opened(path) as (_, pieces):
        assert len(await anext(pieces)) == 200  # and then nobody wants the rest
    far = tmp_path / "far.xlsx"
    with xlsxwriter.Workbook(far) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "id")
        sheet.write(1_048_575, 16_383, "x")
    with pytest.raises(RefusedFile) as refused:
        async with opened(far) as (_, pieces):
            await anext(pieces)
    assert refused.value.code == "file_too_complex"
    (tmp_path / "x").write_bytes(b"\0")
    with pytest.raises(RefusedFile, match="no table"):
        await opened(tmp_path / "x").__aenter__()
    with pytest.raises(RefusedFile, match="too long"):
        await opened(path, silence_s=0.001).__aenter__()


def test_the_child_says_what_its_parent_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits are set before the file is opened; frames come with their lengths, the last one says that it was all."""
    limits: list[tuple[int, tuple[int, int]]] = []
    monkeypatch.setattr(child.resource, "setrlimit", lambda what, limit: limits.append((what, limit)))
    path = tmp_path / "table.csv"
    path.write_text("id,name\n1," + "x" * 9_000 + "\n" + ("2," + "y" * 9_000 + "\n") * 40)
    out = io.BytesIO()
    child.main([str(path)], out)
    assert (child.resource.RLIMIT_AS, (child.MEMORY_BYTES,) * 2) in limits
    out.seek(0)
    kinds = []
    while size := out.read(4):
        kinds.append(json.loads(out.read(int.from_bytes(size, "big")))["type"])
    assert kinds == ["opened", "rows", "rows", "ended"]
    assert [type(frame) for frame in child.frames(path, None)] == [Opened, Rows, Rows, Ended]
    assert base.row_of(1, ["", " "], 0) is None
