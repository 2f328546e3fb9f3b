# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`csms audit` and one organization's backup, as typed on the host."""

import asyncio
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.main.cli import app
from tests.support.postgres import Database

OURS = str(DEFAULT_ORGANIZATION_ID)


async def csms(*arguments: str, text: str | None = None) -> Result:
    """Run a command; it runs a loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, app, list(arguments), input=text)


async def test_the_chain_from_the_host(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A head is printed and holds later; what was changed since is found; an organization is put back with it."""
    monkeypatch.setenv("CSMS_DATABASE__URL", database.app_url)
    monkeypatch.setenv("CSMS_DATABASE__OWNER_URL", database.owner_url)
    for value in ("A", "B"):
        assert (await csms("token", "create", value)).exit_code == 0
    head = (await csms("audit", "head", "--organization", OURS)).output.split()
    assert head[0] == OURS
    assert head[1].startswith("2:")
    assert (await csms("token", "create", "C")).exit_code == 0
    well = await csms("audit", "verify", "--organization", OURS, "--anchor", head[1])
    assert (well.exit_code, well.output) == (0, f"ok   {OURS}: 3 lines, 0 with erased personal data, head 3\n")
    for anchor in (f"2:{'0' * 64}", f"9:{head[1][2:]}"):
        anew = await csms("audit", "verify", "--organization", OURS, "--anchor", anchor)
        assert (anew.exit_code, "written anew" in anew.output) == (1, True)
    for wrong in (
        ["--anchor", head[1]],
        ["--organization", OURS, "--anchor", "x"],
        ["--organization", OURS, "--anchor", "1:ab"],
    ):
        assert (await csms("audit", "verify", *wrong)).exit_code == 2
    unknown = await csms("audit", "head", "--organization", "0192f000-0000-7000-8000-00000000ffff")
    assert (unknown.exit_code, "there is no organization" in unknown.output) == (1, True)

    written = await csms("backup", str(tmp_path / "b"), "--organization", OURS)
    assert written.exit_code == 0, written.output
    (file,) = (tmp_path / "b").iterdir()
    sql = await database.connect()
    await sql.execute("SET session_replication_role = replica; UPDATE audit_log SET action = 'x' WHERE number = 1")
    broken = await csms("audit", "verify")
    assert (broken.exit_code, "line 1: its hash is wrong" in broken.output) == (1, True)
    assert (await csms("restore", str(file))).exit_code == 1
    assert (await csms("restore", str(file), "--organization")).exit_code == 1
    assert (await csms("restore", str(file), "--organization", "--replace", text="n\n")).exit_code == 1
    assert (await csms("audit", "verify")).exit_code == 1
    back = await csms("restore", str(file), "--organization", "--replace", "--yes")
    assert (back.exit_code, OURS in back.output) == (0, True), back.output
    assert (await csms("audit", "verify", "--organization", OURS, "--anchor", head[1])).exit_code == 0
    await sql.close()
