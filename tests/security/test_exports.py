# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Files of lists: what strangers wrote stays text in them, and nobody gets more rows than the list shows (attack 16)."""

import csv
import io
import json
import re
from dataclasses import replace
from typing import Final
from uuid import UUID

import pytest
import typst
from python_calamine import CalamineWorkbook
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from csms.features.chargers.repository import CHARGERS
from csms.kit.clock import SystemClock
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import Scope
from csms.kit.export.cells import csv_cell, inert
from csms.kit.export.paper import document
from csms.kit.export.table import Table
from csms.kit.export.typesetter import TEMPLATE, Typesetter
from csms.kit.http.lists import EXPORT_PERMISSION
from tests.api.support import Product
from tests.kit.http.test_http_lists import ADMIN, Client, ask, lists

FORMULAS: Final = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =cmd|'/c calc'!A1",
    "\u00a0=1",
    "\u200b=1",
    "\ufeff\u2060=1",
    "\x1f=1",
    "＝1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "﹦1",
    "−1",
    'x;=HYPERLINK("http://a.example")',
    'x";=1+1;"',
    "x\r\n=1",
    "x\t+1",
    "x; \u200b@A1",
)
MARKUP: Final = (
    '#panic("run")',
    '#read("/etc/passwd")',
    '#import "@preview/x:1.0.0"',
    "= Heading",
    "*bold* _it_ `raw` $x^2$",
    "<label> @reference",
    "https://example.org",
    '")) #panic(1) //',
    "\\ \" ' ] } ) #] #}",
    "\u202egnp.exe",
)
_FORMULA: Final = re.compile(r"[\s\x00-\x1f\u200b\u2060\ufeff]*[=+\-@＝＋－＠﹦−]")


def cells(raw: str, delimiter: str) -> list[str]:
    """The cells as a spreadsheet that goes by this separator has them."""
    reader = csv.reader(io.StringIO(raw, newline=""), delimiter=delimiter)
    return [cell for row in reader for cell in row]


def test_no_text_becomes_a_formula() -> None:
    """In no spelling, behind no blank, and not in a spreadsheet whose separator is the semicolon; numbers are numbers."""
    for formula in FORMULAS:
        for value in (formula, [{"info": formula}], {formula: 1}):
            written = io.StringIO(newline="")
            csv.writer(written).writerow(["CP1", csv_cell(value), "end"])
            for delimiter in (",", ";", "\t"):
                found = [cell for cell in cells(written.getvalue(), delimiter) if _FORMULA.match(cell)]
                assert found == [], (formula, delimiter)
        assert inert(formula).replace("'", "") == formula.replace("'", "")
        assert json.loads(csv_cell([{"info": formula}])) == [{"info": formula}]
    for value in (-5, -0.5, "a-b", "a = b", "x;y", "", "5"):
        assert csv_cell(value) == value
    blanks = " " * 1_000_000  # in one go
    assert inert(blanks + "=") == "'" + blanks + "="


def test_no_text_becomes_markup() -> None:
    """The typesetter shows what chargers said, letter by letter: nothing is run, read, linked or referred to."""
    names = tuple(f"c{number}" for number in range(len(MARKUP)))
    table = Table("x", names, MARKUP[0], SystemClock().now(), tuple(zip(names, MARKUP, strict=True)))
    told = document(table, [dict(zip(names, MARKUP, strict=True))])
    assert Typesetter().typeset(told).startswith(b"%PDF-")
    inputs = {"list": told.decode()}
    for kind in ("heading", "link", "ref", "raw", "strong", "emph", "math.equation"):
        assert json.loads(typst.query(TEMPLATE.read_bytes(), kind, sys_inputs=inputs)) == [], kind
    shown = typst.compile(TEMPLATE.read_bytes(), format="html", sys_inputs=inputs)
    assert isinstance(shown, bytes)
    plain = re.sub(r"<[^>]+>", "", shown.decode()).replace("\u200b", "").replace("&lt;", "<").replace("&amp;", "&")
    for each in MARKUP[:-1]:
        assert plain.count(each) >= 2, each
    assert "\u202e" not in plain


async def test_what_chargers_are_called(api: Product) -> None:
    """All of it once through the door: each file of a list of hostile names."""
    for number, name in enumerate((*FORMULAS, *MARKUP)):
        await api.insert("chargers", id=f"CP{number:02}", name=name, vendor=name)
    asked = {"fields": "id,name,vendor"}
    answer = await api.client.get("/api/v1/chargers", params={**asked, "format": "csv"})
    for delimiter in (",", ";"):
        assert [cell for cell in cells(answer.content.decode("utf-8-sig"), delimiter) if _FORMULA.match(cell)] == []
    answer = await api.client.get("/api/v1/chargers", params={**asked, "format": "xlsx"})
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0)
    assert [row[1] for row in sheet.to_python()[1:]] == [*FORMULAS, *MARKUP]
    answer = await api.client.get("/api/v1/chargers", params={**asked, "format": "pdf"})
    assert answer.content.startswith(b"%PDF-")
    for query in (
        "sort=id;DROP TABLE chargers",
        "sort=(SELECT 1)",
        "fields=id,(SELECT version())",
        'fields=id"',
        "fields=secret_hash",
        "format=csv;xlsx",
        "format=../csv",
        "id[prefix') OR 1=1--]=x",
    ):
        status, _ = await api.refused("GET", f"/api/v1/chargers?format=csv&{query}")
        assert status == 400, query
    found = await api.client.get("/api/v1/chargers", params={"format": "ndjson", "q": "' OR 1=1--"})
    assert found.content == b""


async def test_nobody_exports_what_they_do_not_see(api: Product) -> None:
    """Not of another organization, not of a site beyond one's role; and an export can change nothing."""
    other = UUID("0192f000-0000-7000-8000-0000000000aa")
    await api.insert("organizations", id=other, organization_id=other, name="Other")
    await api.insert("chargers", id="FOREIGN", organization_id=other)
    await api.insert("tokens", id=UUID(int=9), value="FOREIGN", normalized="foreign", organization_id=other)
    here = await api.create("/api/v1/sites", name="Here")
    await api.insert("chargers", id="HERE", site_id=UUID(here["id"]))
    await api.insert("chargers", id="THERE")
    for path in lists(api):
        if "{" not in path:
            for kind in ("csv", "ndjson"):
                answer = await api.client.get(path, params={"format": kind})
                assert answer.status_code == 200
                assert b"FOREIGN" not in answer.content, path
    assert (await api.client.get("/api/v1/chargers/FOREIGN/messages?format=csv")).status_code == 404

    placed = replace(ADMIN, grants={EXPORT_PERMISSION: frozenset({UUID(here["id"])})})
    outside = replace(ADMIN, organization_id=other)
    for principal, seen in ((ADMIN, {"HERE", "THERE"}), (placed, {"HERE"}), (outside, {"FOREIGN"})):
        client = Client()
        await ask(api, CHARGERS, "format=ndjson&fields=id", client, principal=principal)
        assert {json.loads(line)["id"] for line in client.body.splitlines()} == seen

    async with api.units.snapshot(Scope.system(DEFAULT_ORGANIZATION_ID), 5) as connection:
        with pytest.raises(DBAPIError, match="read-only transaction"):
            await connection.execute(text("UPDATE chargers SET name = 'x'"))
        await connection.rollback()
