# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A csms of one's own: a data directory and settings that reach it."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from csms.kit.config import Settings, load_settings
from csms.main.application import Role
from csms.main.serve import Service


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """One that the account of an embedded PostgreSQL can reach (pytest's own folders are closed), gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="csms-main-"))
    folder.chmod(0o755)
    yield folder / "data"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    for name in list(os.environ):
        if name.startswith("CSMS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CSMS_DATA_DIR", str(data_dir))
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
