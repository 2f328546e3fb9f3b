# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A csms of one's own: a data directory and settings that reach it."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from csms.kit.config import Settings, load_settings
from csms.main.application import Role
from csms.main.serve import Service


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("CSMS_"):
            monkeypatch.delenv(name)
    tmp_path.chmod(0o755)
    monkeypatch.setenv("CSMS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CSMS_HTTP__PORT", "0")
    monkeypatch.setenv("CSMS_OCPP__PORT", "0")


@pytest.fixture
def settings() -> Settings:
    """As the command line reads them."""
    return load_settings()


class Said(list[str]):
    """What was said at the terminal."""

    def __contains__(self, words: object) -> bool:
        return any(str(words) in line for line in self)


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[tuple[Service, Said]]:
    """A running csms with an embedded database."""
    said = Said()
    running = Service(settings, Role.ALL, said.append)
    await running.start()
    yield running, said
    await running.stop()
