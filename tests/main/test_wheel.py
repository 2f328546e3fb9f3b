# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What is handed out is whole: the package has in it what `csms serve` hands to browsers."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from csms.api.web import FOLDER

ROOT = Path(__file__).parents[2]


def test_the_web_app_is_in_the_wheel(tmp_path: Path) -> None:
    """Every file of it, as it was built, and the API reference beside it."""
    built = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    if not built:
        pytest.skip("the web app is not built: make web")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    prefix = "csms/api/assets/app/"
    assert {name.removeprefix(prefix) for name in names if name.startswith(prefix)} == built
    assert {"csms/api/assets/scalar.js", "csms/py.typed"} <= set(names)
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests/")]
