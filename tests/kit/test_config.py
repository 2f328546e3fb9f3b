# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The settings tree: checked at start, errors that name the variable, secrets that stay hidden."""

from pathlib import Path

import pytest

from csms.kit.config import Settings, is_loopback, load_settings
from csms.kit.errors import InvalidError


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("CSMS_"):
            monkeypatch.delenv(name)


def test_the_defaults_are_a_safe_single_process() -> None:
    """Loopback, closed, embedded database, bus inside."""
    settings = load_settings()
    assert (settings.http.host, settings.http.port) == ("127.0.0.1", 8080)
    assert (settings.ocpp.host, settings.ocpp.port, settings.ocpp.onboarding) == ("127.0.0.1", 9000, "closed")
    assert settings.database.url is None
    assert settings.redis.url is None
    assert settings.backup.enabled


def test_sections_are_set_by_double_underscore(monkeypatch: pytest.MonkeyPatch) -> None:
    """CSMS_SECTION__KEY; one key leaves its neighbours as they are."""
    monkeypatch.setenv("CSMS_OCPP__PORT", "9999")
    monkeypatch.setenv("CSMS_DATA_DIR", "/srv/csms")
    settings = load_settings()
    assert settings.ocpp.port == 9999
    assert settings.ocpp.host == "127.0.0.1"
    assert settings.data_dir == Path("/srv/csms")


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"CSMS_HTTP__PORT": "x"}, "CSMS_HTTP__PORT"),
        ({"CSMS_HTTP__PORT": "70000"}, "CSMS_HTTP__PORT"),
        ({"CSMS_HTTP__NOSUCH": "1"}, "CSMS_HTTP__NOSUCH"),
        ({"CSMS_OCP__PORT": "9000"}, "CSMS_OCP__PORT names no setting"),
        ({"CSMS_OCPP__ONBOARDING": "maybe"}, "CSMS_OCPP__ONBOARDING"),
        ({"CSMS_DATABASE__URL": "mysql://x"}, "must start with postgresql://"),
        ({"CSMS_HTTP__TLS_CERT": "/c.pem"}, "belong together"),
        ({"CSMS_HTTP__HOST": "0.0.0.0"}, "http.insecure_lan=true"),
        ({"CSMS_OCPP__HOST": "0.0.0.0", "CSMS_OCPP__ONBOARDING": "open"}, "for loopback only"),
        ({"CSMS_CONFIG": "/no/such/file.toml"}, "which is no file"),
    ],
)
def test_what_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: str) -> None:
    """A person can act on the message."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidError, match=said):
        load_settings()


@pytest.mark.parametrize(
    "variables",
    [
        {"CSMS_HTTP__INSECURE_LAN": "true"},
        {"CSMS_HTTP__TRUSTED_PROXIES": '["10.0.0.1"]'},
        {"CSMS_HTTP__TLS_CERT": "/c.pem", "CSMS_HTTP__TLS_KEY": "/k.pem"},
    ],
)
def test_off_loopback_http_needs_one_of_three(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    """TLS, a trusted proxy, or the word that the network is closed."""
    monkeypatch.setenv("CSMS_HTTP__HOST", "0.0.0.0")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert load_settings().http.host == "0.0.0.0"


def test_a_toml_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """CSMS_CONFIG names the file."""
    path = tmp_path / "csms.toml"
    path.write_text('data_dir = "/srv"\n[ocpp]\nport = 9100\nonboarding = "approval"\n')
    monkeypatch.setenv("CSMS_CONFIG", str(path))
    monkeypatch.setenv("CSMS_OCPP__PORT", "9200")
    settings = load_settings()
    assert (settings.data_dir, settings.ocpp.port, settings.ocpp.onboarding) == (Path("/srv"), 9200, "approval")


def test_secrets_are_read_from_files_and_never_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a password nor a URL that holds one appears in what is printed."""
    monkeypatch.setenv("CSMS_ADMIN__PASSWORD", "correct-horse")
    monkeypatch.setenv("CSMS_DATABASE__URL", "postgresql://csms:hidden@localhost/csms")
    shown = repr(load_settings())
    assert "correct-horse" not in shown
    assert "hidden" not in shown


def test_an_error_never_shows_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also not when the setting beside it is wrong."""
    monkeypatch.setenv("CSMS_DATABASE__URL", "mysql://csms:hidden@localhost/csms")
    with pytest.raises(InvalidError) as caught:
        load_settings()
    assert "hidden" not in caught.value.detail


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("csms.example", False),
    ],
)
def test_loopback_is_what_only_this_machine_reaches(host: str, loopback: bool) -> None:
    """Names other than localhost are not trusted to be local."""
    assert is_loopback(host) is loopback


def test_settings_cannot_be_changed_once_read() -> None:
    """One typed tree, checked once."""
    with pytest.raises(ValueError, match="frozen"):
        Settings().data_dir = Path("/x")  # type: ignore[misc]
