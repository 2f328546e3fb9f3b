# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Secrets from files and from Vault: which wins, what is said when something is wrong, and never a secret in it."""

import os
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from csms.kit.config import load_settings
from csms.kit.errors import CsmsError, InvalidError, UnavailableError
from tests.support.tls import Authority
from tests.support.vault import Vault, vault

SECRET = "s3cr3t-nobody-sees"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("CSMS_"):
            monkeypatch.delenv(name)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    """A Vault that has the first administrator's password, and the settings that name it."""
    with vault() as found:
        found.secrets["secret/csms"] = {"ADMIN__PASSWORD": SECRET}
        monkeypatch.setenv("CSMS_VAULT__ADDRESS", found.url)
        monkeypatch.setenv("CSMS_VAULT__TOKEN", "root")
        yield found


def password() -> str | None:
    """Of the first administrator."""
    found = load_settings().admin.password
    return found.get_secret_value() if found else None


def refused() -> CsmsError:
    """What is said; no secret, also not in what a traceback would show."""
    with pytest.raises(CsmsError) as caught:
        load_settings()
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET not in str(error)
        assert error.__suppress_context__ or error.__cause__ is not None or error.__context__ is None
        error = error.__cause__
    return caught.value


def test_the_order_is_variable_file_vault_toml(server: Vault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each is used until a stronger one says something; a secret's neighbours stay."""
    toml = tmp_path / "csms.toml"
    toml.write_text(f'[admin]\npassword = "from toml"\n[vault]\naddress = "{server.url}"\ntoken = "root"\n')
    server.secrets["secret/csms"] = {"csms_admin__password": "from vault", "DATABASE__URL": "postgresql://vault/csms"}
    monkeypatch.delenv("CSMS_VAULT__ADDRESS")
    monkeypatch.delenv("CSMS_VAULT__TOKEN")
    assert password() is None
    monkeypatch.setenv("CSMS_CONFIG", str(toml))
    assert password() == "from vault"
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "csms_admin").write_text('{"password": "from the folder"}')
    monkeypatch.setenv("CSMS_SECRETS_DIR", str(folder))
    assert password() == "from the folder"
    file = tmp_path / "password"
    file.write_text("from the file\n")
    monkeypatch.setenv("CSMS_ADMIN__PASSWORD_FILE", str(file))
    assert password() == "from the file"
    monkeypatch.setenv("CSMS_ADMIN__PASSWORD", "from the variable")
    assert password() == "from the variable"
    settings = load_settings()
    assert settings.database.url == SecretStr("postgresql://vault/csms")
    assert (settings.database.owner_url, settings.database.app_pool) == (None, 10)
    server.secrets.clear()
    monkeypatch.setenv("CSMS_VAULT__ADDRESS", "")
    assert "CSMS_VAULT__ADDRESS" in refused().detail


def test_a_file_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Missing, a folder, empty, no text, endless; a variable that names no secret is a typing error."""
    bad = tmp_path / "bad"
    monkeypatch.setenv("CSMS_REDIS__URL_FILE", str(bad))
    assert "which cannot be read: No such file" in refused().detail
    bad.write_bytes(b"")
    assert "is empty" in refused().detail
    bad.write_bytes(SECRET.encode() + b"\xff")
    assert "is no text" in refused().detail
    monkeypatch.setenv("CSMS_REDIS__URL_FILE", "/dev/zero")
    assert "larger than 64 KiB" in refused().detail
    monkeypatch.setenv("CSMS_REDIS__URL_FILE", str(tmp_path))
    assert "CSMS_REDIS__URL_FILE names" in refused().detail
    monkeypatch.delenv("CSMS_REDIS__URL_FILE")
    monkeypatch.setenv("CSMS_HTTP__PORT_FILE", str(bad))
    assert "CSMS_HTTP__PORT_FILE" in refused().detail
    monkeypatch.delenv("CSMS_HTTP__PORT_FILE")
    bad.write_text("mysql://me:" + SECRET)
    monkeypatch.setenv("CSMS_DATABASE__URL_FILE", str(bad))
    assert "CSMS_DATABASE__URL: Value error, must start with postgresql://" in refused().detail


def test_approle_and_kubernetes_log_in(server: Vault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Instead of a token; the secret id may be in a file; exactly one way is set."""
    monkeypatch.setenv("CSMS_VAULT__ROLE_ID", "csms")
    assert "exactly one of token" in refused().detail
    monkeypatch.delenv("CSMS_VAULT__TOKEN")
    assert "does not accept the login" in refused().detail
    server.approles["csms"] = SECRET
    (tmp_path / "id").write_text(f"{SECRET}\n")
    monkeypatch.setenv("CSMS_VAULT__SECRET_ID_FILE", str(tmp_path / "id"))
    assert password() == SECRET
    assert "POST /v1/auth/approle/login" in server.asked
    (tmp_path / "id").write_text("another " + SECRET)
    assert isinstance(refused(), InvalidError)

    monkeypatch.delenv("CSMS_VAULT__ROLE_ID")
    monkeypatch.delenv("CSMS_VAULT__SECRET_ID_FILE")
    monkeypatch.setenv("CSMS_VAULT__KUBERNETES_ROLE", "csms")
    monkeypatch.setenv("CSMS_VAULT__KUBERNETES_JWT", str(tmp_path / "none"))
    assert "CSMS_VAULT__KUBERNETES_JWT" in refused().detail
    (tmp_path / "jwt").write_text(SECRET)
    monkeypatch.setenv("CSMS_VAULT__KUBERNETES_JWT", str(tmp_path / "jwt"))
    server.kubernetes["csms"] = SECRET
    assert password() == SECRET
    monkeypatch.setenv("CSMS_VAULT__AUTH_MOUNT", "cluster-2")
    assert password() == SECRET
    assert server.asked[-2:] == ["POST /v1/auth/cluster-2/login", "GET /v1/secret/data/csms"]


def test_where_it_is_can_be_said(server: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mount, path and namespace."""
    server.namespace = "hotel"
    server.secrets = {"kv/prod/csms": {"REDIS__URL": "redis://r"}}
    assert "has nothing at secret/csms" in refused().detail
    monkeypatch.setenv("CSMS_VAULT__NAMESPACE", "hotel")
    monkeypatch.setenv("CSMS_VAULT__MOUNT", "kv")
    monkeypatch.setenv("CSMS_VAULT__PATH", "prod/csms")
    assert load_settings().redis.url == SecretStr("redis://r")


def test_what_vault_says_is_told_without_secrets(server: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """403, sealed, broken, silent, redirecting, talking junk: each in words that tell what to do."""
    server.secrets["secret/csms"] = {"ADMIN__PASWORD": SECRET}
    assert "'ADMIN__PASWORD' in secret/csms, which names no secret setting" in refused().detail
    server.secrets["secret/csms"] = {"VAULT__TOKEN": SECRET}
    assert "names no secret setting" in refused().detail
    server.secrets["secret/csms"] = {"ADMIN__PASSWORD": {"x": SECRET}}
    assert "no text" in refused().detail
    server.tokens.clear()
    assert "refuses secret/csms" in refused().detail
    server.sealed = True
    assert "is sealed" in refused().detail
    for answer in (
        (200, SECRET.encode()), (200, b"[]"), (200, b'{"data": null}'), (200, b'{"data": {"data": 5}}'),
        (500, b'{"errors": ["' + SECRET.encode() + b'"]}'), (307, b""), (429, b"{}"), (200, b"x" * 2_000_000),
    ):  # fmt: skip
        server.instead = answer
        assert isinstance(refused(), UnavailableError), answer[:40]
    server.instead = None
    monkeypatch.setenv("CSMS_VAULT__TIMEOUT_S", "1")
    server.delay_s = 3
    assert "did not answer within 1 s" in refused().detail
    server.delay_s, server.sealed, server.drip_s = 0, False, 0.1
    server.instead = (200, b" " * 1_000)
    assert "did not answer within 1 s" in refused().detail
    monkeypatch.setenv("CSMS_VAULT__ADDRESS", "http://127.0.0.1:1")
    assert "cannot be reached" in refused().detail
    monkeypatch.setitem(sys.modules, "hvac", None)
    assert "csms-lite[vault]" in refused().detail


def test_its_certificate_is_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By the authority that is named; without it nothing is sent."""
    authority = Authority(tmp_path)
    files = authority.issue("vault")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    with vault(context) as server:
        server.secrets["secret/csms"] = {"ADMIN__PASSWORD": SECRET}
        monkeypatch.setenv("CSMS_VAULT__ADDRESS", server.url)
        monkeypatch.setenv("CSMS_VAULT__TOKEN", "root")
        assert "CSMS_VAULT__CA_FILE" in refused().detail
        assert server.asked == []
        monkeypatch.setenv("CSMS_VAULT__CA_FILE", str(authority.file))
        assert password() == SECRET
