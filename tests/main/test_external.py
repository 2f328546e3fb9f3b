# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A csms on a database of somebody else's."""

import asyncio

import pytest
from typer.testing import CliRunner

from csms.kit.config import load_settings
from csms.kit.db import migrate
from csms.kit.errors import ConflictError, InvalidError, UnavailableError
from csms.main.application import Role
from csms.main.cli import app
from csms.main.serve import Service
from tests.support.postgres import Database


async def test_an_empty_database_is_refused_until_it_is_migrated(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`csms migrate` is named; after it, csms serves with a login that owns nothing."""
    await migrate.downgrade(database.owner_url, "base")
    monkeypatch.setenv("CSMS_DATABASE__URL", database.app_url)
    with pytest.raises(UnavailableError, match="csms migrate"):
        await Service(load_settings(), Role.ALL, lambda _: None).start()
    refused = await asyncio.to_thread(CliRunner().invoke, app, ["migrate"])
    assert (refused.exit_code, "CSMS_DATABASE__OWNER_URL" in refused.output) == (1, True)
    monkeypatch.setenv("CSMS_DATABASE__OWNER_URL", database.owner_url)
    done = await asyncio.to_thread(CliRunner().invoke, app, ["migrate"])
    assert (done.exit_code, migrate.head() in done.output) == (0, True), done.output
    service = Service(load_settings(), Role.ALL, lambda _: None)
    await service.start()
    assert service.application is not None
    assert set((await service.application.ready()).values()) == {"ok"}
    await service.stop()


async def test_a_newer_schema_is_refused(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older csms never touches what a newer one made."""
    connection = await database.connect()
    await connection.execute("UPDATE alembic_version SET version_num = '29990101_future'")
    await connection.close()
    monkeypatch.setenv("CSMS_DATABASE__URL", database.app_url)
    with pytest.raises(ConflictError, match="newer"):
        await Service(load_settings(), Role.ALL, lambda _: None).start()


async def test_a_login_with_too_many_rights_is_ill(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """`csms doctor` fails where row-level security would not hold."""
    monkeypatch.setenv("CSMS_DATABASE__URL", database.superuser_url)
    found = await asyncio.to_thread(CliRunner().invoke, app, ["doctor"])
    assert found.exit_code == 1
    assert "superuser" in found.output


async def test_a_database_that_is_away_is_ill(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, with the setting that names it."""
    monkeypatch.setenv("CSMS_DATABASE__URL", "postgresql://nobody@127.0.0.1:1/none")
    found = await asyncio.to_thread(CliRunner().invoke, app, ["doctor"])
    assert found.exit_code == 1
    assert "BAD  database" in found.output


@pytest.mark.parametrize("role", [Role.GATEWAY, Role.API, Role.WORKER])
async def test_a_part_needs_a_bus_and_a_shared_database(
    database: Database, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    """Without them the parts could not find one another."""
    with pytest.raises(InvalidError, match="CSMS_DATABASE__URL"):
        await Service(load_settings(), role, lambda _: None).start()
    monkeypatch.setenv("CSMS_DATABASE__URL", database.app_url)
    with pytest.raises(InvalidError, match="CSMS_REDIS__URL"):
        await Service(load_settings(), role, lambda _: None).start()


def test_settings_that_are_wrong_end_with_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2 and the variable's name."""
    monkeypatch.setenv("CSMS_HTTP__PORT", "many")
    refused = CliRunner().invoke(app, ["serve"])
    assert refused.exit_code == 2
    assert "CSMS_HTTP__PORT" in refused.output


def test_the_description_of_the_api_needs_no_database() -> None:
    """Every operation has an id of its own."""
    import json

    shown = CliRunner().invoke(app, ["openapi"])
    document = json.loads(shown.output)
    assert document["openapi"].startswith("3.1")
    ids = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids)) > 40


@pytest.mark.parametrize(
    "arguments", [["--help"], ["serve", "--help"], ["user", "--help"], ["simulate", "--help"], ["restore", "--help"]]
)
def test_every_command_explains_itself(arguments: list[str]) -> None:
    """--help is there for all of them."""
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0
    assert "--help" in shown.output
