# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`csms secrets`: every sealed secret of every organization gets a new envelope, and none is lost on the way."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table, Uuid
from typer.testing import CliRunner

from csms.kit.clock import FakeClock, SystemClock
from csms.kit.crypto import InstallationKeys
from csms.kit.db import sealed
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID, organization_id
from csms.kit.keyring import KeyInUseError
from csms.kit.secretbox import SealedSecretError, SecretBox
from csms.main.cli import app
from csms.main.host import Host
from csms.main.secrets import Safe
from tests.api.support import Product, product
from tests.support.postgres import Database

OTHER = UUID("0192f000-0000-7000-8000-0000000000aa")
TABLES = MetaData()
Table(
    "vault",
    TABLES,
    Column("id", Uuid, primary_key=True),
    Column("part", Integer, primary_key=True),
    organization_id(),
    Column("name", String),
    Column("secret", LargeBinary, info={"sealed": True}),
    Column("seed", LargeBinary, info={"sealed": True}),
    Column("plain", LargeBinary),
)
VAULT = """
CREATE TABLE vault (id uuid, part int, organization_id uuid NOT NULL, name text, secret bytea, seed bytea, plain bytea,
    PRIMARY KEY (id, part));
ALTER TABLE vault ENABLE ROW LEVEL SECURITY;
CREATE POLICY app ON vault TO csms_app USING (organization_id = csms_organization());
GRANT SELECT, INSERT, UPDATE ON vault TO csms_app;
"""


@pytest.fixture
async def api(database: Database, tmp_path: Path) -> AsyncIterator[Product]:
    """Units of work over a database."""
    async with product(database, tmp_path) as found:
        yield found


async def test_a_rotation_renews_every_secret_of_everybody(api: Product, tmp_path: Path, monkeypatch: Any) -> None:
    """In batches, while others write; what cannot be opened is named and left; then the old key may go."""
    monkeypatch.setattr(sealed, "BATCH", 3)
    await api.sql.execute(VAULT)
    await api.sql.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Other')", OTHER)
    box = SecretBox(api.site.keys)
    lost = SecretBox(InstallationKeys("elsewhere", bytes(32))).seal(b"lost", "vault.seed:x")
    for number in range(10):
        owner = OTHER if number % 3 else DEFAULT_ORGANIZATION_ID
        row_id = UUID(int=number // 2)
        seed = lost if number == 7 else box.seal(b"seed", "s") if number % 2 else None
        await api.insert(
            "vault",
            organization_id=owner,
            id=row_id,
            part=number % 2,
            name=f"n{number}",
            plain=b"plain",
            seed=seed,
            secret=box.seal(f"secret {number}".encode(), f"vault.secret:{number}"),
        )
    clock = FakeClock(SystemClock().now())
    host = Host(api.site.database.urls, api.site.keys, api.units, clock, tmp_path)
    safe = Safe(host, TABLES)
    first = box.seals_with
    before = await safe.status()
    assert before["seals_with"] == first
    assert before["keys"] == [
        {"id": "elsewher", "known": False, "secrets": 1, "columns": {"vault.seed": 1}},
        {"id": first, "known": True, "secrets": 14, "columns": {"vault.secret": 10, "vault.seed": 4}},
    ]
    assert await safe.unopenable() == {"vault.seed": 1}

    prepared = await safe.prepare()
    assert box.seals_with == first
    key, done = await safe.rotate()
    assert key == prepared == box.seals_with
    assert (done.renewed, dict(done.unopenable)) == (14, {"vault.seed": 1})
    again = SecretBox(InstallationKeys.load_or_create(tmp_path))
    for row in await api.sql.fetch("SELECT * FROM vault"):
        number = int(row["name"][1:])
        assert again.open(row["secret"], f"vault.secret:{number}") == f"secret {number}".encode()
        assert row["plain"] == b"plain"
        assert row["seed"] == lost if number == 7 else (row["seed"] is None) == (number % 2 == 0)
    assert [(each["id"], each["secrets"]) for each in (await safe.status())["keys"]] == [
        ("elsewher", 1),
        (first, 0),
        (key, 14),
    ]
    assert (await safe.resume())[1].renewed == 0, "nothing is left to do"

    late = await _stores_what_was_sealed_before(api, box, tmp_path)
    clock.advance(600)
    with pytest.raises(KeyInUseError, match=r"1 in vault\.secret"):
        await safe.forget(first)
    assert (await safe.resume())[1].renewed == 1
    await safe.forget(first)
    assert late != await api.sql.fetchval("SELECT secret FROM vault WHERE name = 'late'")
    with pytest.raises(SealedSecretError):
        SecretBox(InstallationKeys.load_or_create(tmp_path)).open(late, "vault.secret:late")
    told = await api.sql.fetch(
        "SELECT action, subject_id, after FROM audit_log WHERE action LIKE 'system:secrets:%' ORDER BY id"
    )
    assert [(row["action"].rpartition(":")[2], row["subject_id"]) for row in told] == [
        ("prepare", prepared),
        ("rotate", key),
        ("forget", first),
    ]
    assert told[1]["after"] == {"renewed": 14, "unopenable": 1}


async def _stores_what_was_sealed_before(api: Product, box: SecretBox, folder: Path) -> bytes:
    """A node that did not see the new key yet."""
    stale = InstallationKeys.load_or_create(folder)
    stale_box = SecretBox(InstallationKeys(stale.key_id, stale._key))
    late = stale_box.seal(b"late", "vault.secret:late")
    await api.insert("vault", id=UUID(int=99), part=0, name="late", secret=late)
    assert box.open(late, "vault.secret:late") == b"late"
    return late


async def test_a_secret_that_is_set_meanwhile_is_kept(api: Product, tmp_path: Path, monkeypatch: Any) -> None:
    """Between the reading of a batch and its writing somebody sets a secret anew: theirs stays."""
    await api.sql.execute(VAULT)
    box = SecretBox(api.site.keys)
    await api.insert("vault", id=UUID(int=1), part=0, secret=box.seal(b"old", "c"))
    fresh = box.seal(b"new", "c")
    rewrap = SecretBox.rewrap

    def meanwhile(self: SecretBox, value: bytes) -> bytes:
        import asyncio

        task = asyncio.get_running_loop().create_task(api.sql.execute("UPDATE vault SET secret = $1", fresh))
        written.append(task)
        return rewrap(self, value)

    written: list[Any] = []
    replace = sealed._replace

    async def after_it(*arguments: Any) -> int:
        await written[0]
        return await replace(*arguments)

    monkeypatch.setattr(SecretBox, "rewrap", meanwhile)
    monkeypatch.setattr(sealed, "_replace", after_it)
    safe = Safe(
        Host(api.site.database.urls, api.site.keys, api.units, FakeClock(SystemClock().now()), tmp_path), TABLES
    )
    _, done = await safe.rotate()
    assert done.renewed == 0
    assert box.open(await api.sql.fetchval("SELECT secret FROM vault"), "c") == b"new"


def test_the_command_line(database: Database, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """status, rotate, forget, by the words of a person and as JSON."""
    monkeypatch.setenv("CSMS_DATABASE__URL", database.app_url)
    cli = CliRunner()
    shown = cli.invoke(app, ["secrets", "status", "--json"])
    assert shown.exit_code == 0, shown.output
    first = json.loads(shown.output)["seals_with"]
    assert "copy that file" in cli.invoke(app, ["secrets", "rotate", "--prepare"]).output
    rotated = cli.invoke(app, ["secrets", "rotate"])
    assert rotated.exit_code == 0, rotated.output
    assert "0 secrets have a new envelope" in rotated.output
    assert "0 secrets have" in cli.invoke(app, ["secrets", "rotate", "--resume"]).output
    listed = cli.invoke(app, ["secrets", "status"]).output.splitlines()
    assert {line.split()[1] for line in listed} == {"seals", "opens"}
    refused = cli.invoke(app, ["secrets", "forget", first])
    assert refused.exit_code == 1
    assert "five minutes" in refused.output
    now = SystemClock.now
    monkeypatch.setattr(SystemClock, "now", lambda self: now(self) + timedelta(minutes=6))
    assert cli.invoke(app, ["secrets", "forget", first]).output == f"{first} is forgotten\n"
