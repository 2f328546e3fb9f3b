# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`csms doctor`: each thing that is wrong is found, named, and has a remedy; notes are no failures."""

import asyncio
import json
import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from csms.kit.clock import FakeClock, SystemClock
from csms.kit.config import load_settings
from csms.kit.crypto import InstallationKeys
from csms.kit.secretbox import SecretBox
from csms.main.cli import app
from csms.main.doctor_local import local_checks
from tests.support.postgres import Database
from tests.support.tls import Authority

Found = dict[str, tuple[str, str]]


def local(now: datetime | None = None) -> Found:
    """Status and words of the checks on this machine."""
    clock = SystemClock() if now is None else FakeClock(now)
    return {each.what: (each.status, each.said) for each in local_checks(load_settings(), clock)}


async def doctor() -> tuple[int, Found]:
    """Exit code and what `csms doctor --json` says."""
    done = await asyncio.to_thread(CliRunner().invoke, app, ["doctor", "--json"])
    told = json.loads(done.stdout)
    assert told["well"] == (done.exit_code == 0)
    assert all(each["remedy"] for each in told["checks"] if each["status"] == "bad")
    return done.exit_code, {each["what"]: (each["status"], each["said"]) for each in told["checks"]}


def test_the_machine(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    """A key that others could read, few open files, an open door, addresses that do not fit."""
    found = local()
    assert {status for status, _ in found.values()} <= {"ok", "note"}
    assert found["environment"] == ("ok", "dev: nothing is demanded")
    (data_dir / "keys.json").chmod(0o644)
    assert local()["data directory"][0] == "bad"
    assert local()["data directory"][0] == "ok", "it was closed"
    (data_dir / "keys.json").write_text("{}")
    assert "damaged" in local()["data directory"][1]

    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 1024))
    monkeypatch.setenv("CSMS_HTTP__HOST", "0.0.0.0")
    monkeypatch.setenv("CSMS_HTTP__INSECURE_LAN", "true")
    monkeypatch.setenv("CSMS_HTTP__PUBLIC_URL", "http://csms.example")
    monkeypatch.setenv("CSMS_OCPP__PUBLIC_URL", "https://other.example")
    found = local()
    assert found["open files"] == ("note", "1024 allowed")
    assert found["HTTP door"][0] == "note"
    assert found["environment"] == ("note", "dev: nothing is demanded; production would say 3 things")
    assert found["CSMS_HTTP__PUBLIC_URL"] == ("note", "http://csms.example is not encrypted")
    assert found["CSMS_OCPP__PUBLIC_URL"] == ("bad", "https://other.example is no such URL")
    assert found["public URLs"][0] == "note"
    assert found["mail"][0] == "note"
    monkeypatch.setenv("CSMS_MAIL__HOST", "mail.example")
    assert local()["mail"] == ("ok", "mail.example")
    monkeypatch.setenv("CSMS_MAIL__TLS", "none")
    assert local()["mail"] == ("note", "mail.example, in the clear")
    monkeypatch.setenv("CSMS_ENVIRONMENT", "staging")
    found = local()
    assert found["environment"] == ("ok", "staging")
    assert found["CSMS_HTTP__INSECURE_LAN"][0] == "note"


def test_mails_with_links(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    """They are not sent, or lead nowhere for others, where nobody said what the address is."""
    assert "links in mails" not in local(), "there are no mails"
    monkeypatch.setenv("CSMS_MAIL__HOST", "mail.example")
    monkeypatch.setenv("CSMS_HTTP__PORT", "8080")
    assert local()["links in mails"] == ("note", "http://localhost:8080, which only this machine can open")
    monkeypatch.setenv("CSMS_HTTP__HOST", "0.0.0.0")
    monkeypatch.setenv("CSMS_HTTP__TRUSTED_PROXIES", '["10.0.0.1"]')
    found = [each for each in local_checks(load_settings(), SystemClock()) if each.what == "links in mails"]
    assert [each.status for each in found] == ["note"]
    assert "go out by no mail" in found[0].said
    assert "set CSMS_HTTP__PUBLIC_URL" in found[0].remedy
    monkeypatch.setenv("CSMS_HTTP__PUBLIC_URL", "https://csms.example/")
    assert local()["links in mails"] == ("ok", "https://csms.example")


def test_certificates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Soon over, over, of another key, open to others, not there."""
    files = Authority(tmp_path).issue("csms")
    other = Authority(tmp_path).issue("other")
    monkeypatch.setenv("CSMS_HTTP__TLS_CERT", str(files.certificate))
    monkeypatch.setenv("CSMS_HTTP__TLS_KEY", str(files.key))
    what, now = "TLS of the HTTP door", datetime.now(UTC)
    files.key.chmod(0o644)
    assert local()[what] == ("bad", f"{files.key} can be read by others")
    files.key.chmod(0o640)
    assert local(now - timedelta(days=10))[what][0] == "ok"
    assert local()[what][0] == "note"
    for day in (now + timedelta(days=31), now - timedelta(days=31)):
        assert "does not hold today" in local(day)[what][1]
    monkeypatch.setenv("CSMS_HTTP__TLS_KEY", str(other.key))
    assert local()[what][0] == "bad"
    monkeypatch.setenv("CSMS_HTTP__TLS_KEY", str(tmp_path / "none"))
    assert "is no file" in local()[what][1]


async def test_the_database(database: Database, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Partitions that nobody made, secrets that nobody can open, clocks that are apart, a Redis and a broker that are away."""
    monkeypatch.setenv("CSMS_DATABASE__URL", database.app_url)
    monkeypatch.setenv("CSMS_REDIS__URL", "redis://:hidden@127.0.0.1:1")
    monkeypatch.setenv("CSMS_BROKER__URL", "amqp://csms:hidden@127.0.0.1:1")
    sql = await database.connect()
    code, found = await doctor()
    assert code == 1, "both are away"
    assert found["Redis"][0] == "bad"
    assert found["message broker"] == ("bad", "RabbitMQ at 127.0.0.1:1: Connection refused")
    assert "hidden" not in json.dumps(found)
    monkeypatch.delenv("CSMS_REDIS__URL")
    monkeypatch.delenv("CSMS_BROKER__URL")
    code, found = await doctor()
    assert code == 0, found
    assert found["stored secrets"] == ("ok", "all can be opened")
    assert (found["partitions"], found["clock"][0]) == (("ok", "made ahead"), "ok")

    tomorrow = datetime.now(UTC) + timedelta(days=1)
    await sql.execute(f"DROP TABLE ocpp_messages_{tomorrow:%Y%m%d}")
    assert (await doctor())[1]["partitions"][0] == "note"
    await sql.execute(f"DROP TABLE ocpp_messages_{datetime.now(UTC):%Y%m%d}")
    code, found = await doctor()
    assert (code, found["partitions"][0]) == (1, "bad")

    now = SystemClock.now
    monkeypatch.setattr(SystemClock, "now", lambda self: now(self) + timedelta(minutes=1))
    assert (await doctor())[1]["clock"][0] == "bad"
    await sql.close()


async def test_secrets_that_nobody_can_open(database: Database, data_dir: Path, monkeypatch: Any) -> None:
    """The key file of another installation is there: which columns are lost is said, with 1 as the end."""
    from sqlalchemy import Column, LargeBinary, MetaData, Table, Uuid

    from csms.kit.db import metadata as tables
    from csms.main import secrets

    lost = SecretBox(InstallationKeys("elsewhere", bytes(32))).seal(b"x", "vault.secret:1")
    found_tables = MetaData()
    sealed = Column("secret", LargeBinary, info={"sealed": True})
    Table("vault", found_tables, Column("id", Uuid, primary_key=True), tables.organization_id(), sealed)
    monkeypatch.setattr(secrets, "metadata", found_tables)
    monkeypatch.setenv("CSMS_DATABASE__URL", database.app_url)
    sql = await database.connect()
    await sql.execute("CREATE TABLE vault (id uuid PRIMARY KEY, organization_id uuid, secret bytea)")
    await sql.execute("GRANT SELECT ON vault TO csms_app")
    organization = tables.DEFAULT_ORGANIZATION_ID
    await sql.execute("INSERT INTO vault VALUES (gen_random_uuid(), $1, $2)", organization, lost)
    await sql.close()
    code, found = await doctor()
    assert (code, found["stored secrets"]) == (1, ("bad", "no key opens: 1 in vault.secret"))
