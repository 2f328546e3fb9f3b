# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Environments: development starts with everything, staging says what is not safe, production refuses it."""

import os

import pytest

from csms.kit.config import load_settings
from csms.kit.config_profile import concerns, warnings
from csms.kit.errors import InvalidError

LONG = "zebra-kettle-49-orbit"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("CSMS_"):
            monkeypatch.delenv(name)


def test_the_defaults_are_fit_for_production(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hotel that sets nothing is in development, and could say production at once."""
    assert load_settings().environment == "dev"
    monkeypatch.setenv("CSMS_ENVIRONMENT", "production")
    settings = load_settings()
    assert (settings.environment, concerns(settings)) == ("production", [])
    monkeypatch.setenv("CSMS_ENVIRONMENT", "prod")
    with pytest.raises(InvalidError, match="CSMS_ENVIRONMENT"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CSMS_HTTP__INSECURE_LAN", "true"),
        ("CSMS_HTTP__TRUSTED_PROXIES", '["10.0.0.1", "0.0.0.0/0"]'),
        ("CSMS_HTTP__TRUSTED_PROXIES", '["*"]'),
        ("CSMS_OCPP__TRUSTED_PROXIES", '["::/0"]'),
        ("CSMS_HTTP__PUBLIC_URL", "http://csms.example"),
        ("CSMS_HTTP__CORS_ORIGINS", '["*"]'),
        ("CSMS_OCPP__ONBOARDING", "open"),
        ("CSMS_ADMIN__PASSWORD", "short"),
        ("CSMS_ADMIN__PASSWORD", "Admin-2026-Hotel"),
        ("CSMS_LOG__LEVEL", "debug"),
        ("CSMS_VAULT__ADDRESS", "http://192.0.2.1:1"),
        ("CSMS_ISO15118__CONTRACT_URL", "http://pki.example/contracts"),
    ],
)
def test_what_is_not_safe_is_refused_in_production_only(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """The variable is named and what to do; a secret is not shown."""
    from csms.kit import config_sources

    monkeypatch.setattr(config_sources, "read_vault", lambda _: {})
    monkeypatch.setenv("CSMS_VAULT__TOKEN", "t") if "VAULT" in name else None
    monkeypatch.setenv(name, value)
    assert warnings(load_settings()) == []
    monkeypatch.setenv("CSMS_ENVIRONMENT", "staging")
    told = warnings(load_settings())
    assert [(each.setting, each.refused) for each in told] == [(name, True)]
    monkeypatch.setenv("CSMS_ENVIRONMENT", "production")
    with pytest.raises(InvalidError) as caught:
        load_settings()
    assert f"production does not start with these settings:\n    {name}: " in caught.value.detail
    assert "PASSWORD" not in name or value not in caught.value.detail


@pytest.mark.parametrize(
    ("name", "value", "warned"),
    [
        ("CSMS_OCPP__PUBLIC_URL", "ws://csms.example", True),
        ("CSMS_OCPP__PUBLIC_URL", "wss://csms.example", False),
        ("CSMS_DATABASE__URL", "postgresql://csms@db.example/csms", True),
        ("CSMS_DATABASE__URL", "postgresql://csms@db.example/csms?sslmode=verify-full", False),
        ("CSMS_DATABASE__OWNER_URL", "postgresql://csms@/csms?host=db.example", True),
        ("CSMS_DATABASE__URL", "postgresql://csms@/csms?host=/var/run/postgresql", False),
        ("CSMS_DATABASE__URL", "postgresql://csms@127.0.0.1/csms", False),
        ("CSMS_REDIS__URL", "redis://cache.example", True),
        ("CSMS_REDIS__URL", "rediss://cache.example", False),
        ("CSMS_REDIS__URL", "redis://localhost", False),
        ("CSMS_BROKER__URL", "amqp://mq.example", True),
        ("CSMS_BROKER__URL", "kafka://127.0.0.1,k2.example", True),
        ("CSMS_BROKER__URL", "tls://n.example", False),
        ("CSMS_BROKER__URL", "nats://[::1]", False),
        ("CSMS_HTTP__PUBLIC_URL", "https://csms.example", False),
        ("CSMS_HTTP__TRUSTED_PROXIES", '["10.0.0.0/8"]', False),
        ("CSMS_ADMIN__PASSWORD", LONG, False),
    ],
)
def test_what_is_only_warned_of(monkeypatch: pytest.MonkeyPatch, name: str, value: str, warned: bool) -> None:
    """Networks that others guard: said, and not stood in the way of."""
    monkeypatch.setenv("CSMS_ENVIRONMENT", "production")
    monkeypatch.setenv(name, value)
    assert [(each.setting, each.refused) for each in warnings(load_settings())] == ([(name, False)] if warned else [])
