# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A whole csms on its embedded database, from first start to last word."""

import asyncio
import stat
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner

from csms.kit.config import Settings
from csms.kit.db import migrate
from csms.kit.db.embedded_place import DataInUseError
from csms.main.application import Role
from csms.main.cli import app
from csms.main.serve import Service
from tests.main.conftest import Said
from tests.support.charger import connected

Running = tuple[Service, Said]


def base(service: Service) -> str:
    assert service.http is not None
    return f"http://127.0.0.1:{service.http.port}"


def password_of(settings: Settings) -> str:
    return (settings.data_dir / "initial-password").read_text().strip()


async def csms(*arguments: str, text: str | None = None) -> tuple[int, str]:
    """The command line, beside the running process."""
    result = await asyncio.to_thread(CliRunner().invoke, app, list(arguments), input=text)
    return result.exit_code, result.output


async def login(http: httpx2.AsyncClient, username: str, password: str) -> Any:
    answer = await http.post("/api/v1/auth/login", json={"username": username, "password": password})
    if answer.status_code == 200:
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return answer


async def test_the_first_start_says_where_everything_is(service: Running, settings: Settings) -> None:
    """URLs with localhost; the password in a file that only its owner reads, because no terminal listens."""
    running, said = service
    assert "http://localhost:" in said
    assert "ws://localhost:" in said
    assert "/ocpp/{identity}" in said
    path = settings.data_dir / "initial-password"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not any(password_of(settings) in line for line in said)
    async with httpx2.AsyncClient(base_url=base(running)) as http:
        ready = await http.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "ready")
        assert (await http.get("/healthz")).status_code == 200
        assert "csms_gateway_connections" in (await http.get("/metrics")).text


async def test_the_first_password_must_be_changed_and_its_file_goes(service: Running, settings: Settings) -> None:
    """Until then nothing else is answered."""
    running, _ = service
    first = password_of(settings)
    async with httpx2.AsyncClient(base_url=base(running)) as http:
        assert (await login(http, "admin", first)).json()["must_change_password"] is True
        refused = await http.get("/api/v1/chargers")
        assert (refused.status_code, refused.json()["code"]) == (403, "password_change_required")
        changed = await http.post(
            "/api/v1/auth/change-password", json={"current_password": first, "new_password": "a-longer-password"}
        )
        assert changed.status_code == 200, changed.text
        http.headers["Authorization"] = f"Bearer {changed.json()['access_token']}"
        assert (await http.get("/api/v1/chargers")).status_code == 200
    assert not (settings.data_dir / "initial-password").exists()


async def test_a_second_csms_on_the_same_data_is_refused(service: Running, settings: Settings) -> None:
    """The message names the folder and what to do."""
    second = Service(settings, Role.ALL, lambda _: None)
    with pytest.raises(DataInUseError, match="CSMS_DATA_DIR"):
        await second.start()
    del service


async def test_the_host_commands_work_beside_a_running_csms(service: Running, settings: Settings) -> None:
    """Users, chargers and tokens by the command line; the running process knows them at once."""
    running, _ = service
    code, said = await csms("user", "set-password", "admin", "--password", "set-on-the-host")
    assert (code, "is set" in said) == (0, True), said
    code, said = await csms("charger", "create", "CP1", "--name", "Lobby")
    assert code == 0, said
    secret = said.strip().rpartition(": ")[2]
    code, said = await csms("user", "reset-mfa", "admin")
    assert (code, "password alone" in said) == (0, True), said
    assert (await csms("token", "create", "TAG"))[0] == 0
    assert "TAG" in (await csms("token", "list"))[1]
    gateway = running.application.gateway if running.application else None
    assert gateway is not None
    async with connected(f"ws://127.0.0.1:{gateway.port}/ocpp", "CP1", password=secret, boot=True) as charger:
        assert (await charger.call("Authorize", {"idTag": "tag"}))["idTagInfo"]["status"] == "Accepted"
        assert "online" in (await csms("charger", "list"))[1]
        async with httpx2.AsyncClient(base_url=base(running)) as http:
            assert (await login(http, "admin", "set-on-the-host")).status_code == 200
            charger.answers["Reset"] = {"status": "Accepted"}
            done = await http.post("/api/v1/chargers/CP1/commands?wait=5", json={"type": "reset"})
            assert (done.status_code, done.json()["status"]) == (200, "accepted")
    assert not (settings.data_dir / "initial-password").exists()


async def test_host_commands_say_what_is_wrong(service: Running) -> None:
    """One line and exit code 1, never a traceback."""
    del service
    for arguments, said in (
        (("user", "unlock", "nobody"), "nobody"),
        (("user", "set-password", "admin", "--password", "short"), "12"),
        (("charger", "create", "a:b"), "colon"),
    ):
        code, output = await csms(*arguments)
        assert code != 0
        assert said in output
        assert "Traceback" not in output
    assert (await csms("charger", "create", "CP1", "--no-password"))[0] == 0
    code, output = await csms("charger", "create", "cp1")
    assert (code, "in use" in output) == (1, True)


async def test_further_administrators_are_made_on_the_host(service: Running) -> None:
    """The password is shown once and must be changed."""
    running, _ = service
    code, said = await csms("user", "create-admin", "second")
    assert code == 0, said
    async with httpx2.AsyncClient(base_url=base(running)) as http:
        answer = await login(http, "second", said.strip().rpartition(": ")[2])
        assert answer.json()["must_change_password"] is True


async def test_doctor_finds_a_running_csms_well(service: Running) -> None:
    """Each check in a line of its own."""
    del service
    code, said = await csms("doctor")
    assert (code, "all is well" in said) == (0, True), said
    for word in ("data directory", "disk", "HTTP port", "schema", "database roles", "connections"):
        assert word in said


async def test_a_backup_comes_back_whole(settings: Settings, tmp_path: Path) -> None:
    """Written beside a running csms, restored into a fresh one: chargers, passwords and keys are the same."""
    first = Service(settings, Role.ALL, lambda _: None)
    await first.start()
    secret = (await csms("charger", "create", "CP1"))[1].strip().rpartition(": ")[2]
    code, said = await csms("backup", str(tmp_path / "kept"))
    assert code == 0, said
    archive = next((tmp_path / "kept").glob("*.tar"))
    code, said = await csms("restore", str(archive))
    assert (code, "--force" in said) == (1, True), said
    await first.stop()
    code, said = await csms("restore", str(archive), "--force")
    assert code == 0, said
    again = Service(settings, Role.ALL, lambda _: None)
    await again.start()
    gateway = again.application.gateway if again.application else None
    assert gateway is not None
    async with connected(f"ws://127.0.0.1:{gateway.port}/ocpp", "CP1", password=secret) as charger:
        assert (await charger.boot())["status"] == "Accepted"
    await again.stop()


async def test_an_older_schema_is_saved_and_upgraded_at_the_start(settings: Settings) -> None:
    """The embedded database is dumped before it is migrated."""
    first = Service(settings, Role.ALL, lambda _: None)
    await first.start()
    assert first.urls is not None
    owner = first.urls.owner
    application = first.application
    assert application is not None
    await application.stop()
    await migrate.downgrade(owner, "-1")
    await first.stop()
    said = Said()
    again = Service(settings, Role.ALL, said.append)
    await again.start()
    assert "a backup of it as it was is" in said
    assert len(list((settings.data_dir / "backups" / "before-upgrade").glob("*.tar"))) == 1
    await again.stop()


async def test_a_port_that_is_taken_is_said(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the port and the setting."""
    from csms.kit.config import load_settings
    from csms.kit.errors import UnavailableError

    first = Service(settings, Role.ALL, lambda _: None)
    await first.start()
    assert first.http is not None
    monkeypatch.setenv("CSMS_HTTP__PORT", str(first.http.port))
    monkeypatch.setenv("CSMS_DATA_DIR", f"{settings.data_dir}-2")
    second = Service(load_settings(), Role.ALL, lambda _: None)
    with pytest.raises(UnavailableError, match="CSMS_HTTP__PORT"):
        await second.start()
    await first.stop()
