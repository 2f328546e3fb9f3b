# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Processes that keep an embedded PostgreSQL, as root and as a normal user."""

import json
import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from csms.kit.db.embedded_process import processes_of

CHILD = Path(__file__).with_name("embedded_child.py")


@dataclass(frozen=True)
class User:
    """Whom a child runs as; None: as the tests do."""

    uid: int | None
    gid: int | None
    python: str

    def options(self) -> dict[str, Any]:
        """For subprocess."""
        path = os.pathsep.join(["src", *(part for part in sys.path if part and Path(part).exists())])
        options: dict[str, Any] = {"env": {"PATH": "/usr/bin:/bin", "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}}
        if self.uid is not None:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def give(self, folder: Path) -> Path:
        """Make a folder this user's."""
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)
        return folder


def user(name: str) -> User:
    """`self`, or a normal user when the tests run as root; skipped, and said, where there is none that could run."""
    if name == "self":
        return User(None, None, sys.executable)
    if os.geteuid() != 0:
        pytest.skip("these tests run as a normal user already; the root variant needs root")
    found = _normal_user()
    if found is None:
        pytest.skip("the account nobody can run no Python of this version that sees this checkout")
    return found


@cache
def _normal_user() -> User | None:
    entry = pwd.getpwnam("nobody")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        candidate = User(entry.pw_uid, entry.pw_gid, python)
        try:
            done = subprocess.run(
                [python, "-c", "import asyncpg.protocol, csms.kit.db.embedded"],
                capture_output=True,
                check=False,
                **candidate.options(),
            )
        except OSError:
            continue
        if done.returncode == 0:
            return candidate
    return None


class Child:
    """A process that keeps a database."""

    def __init__(self, who: User, data_dir: Path, programs: str = "") -> None:
        self.process = subprocess.Popen(
            [who.python, str(CHILD), str(data_dir), programs],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **who.options(),
        )

    def started(self) -> dict[str, Any]:
        """What came of the start."""
        assert self.process.stdout is not None
        said: dict[str, Any] = json.loads(self.process.stdout.readline())
        return said

    def stop(self) -> dict[str, Any]:
        """Stop in order."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        said = self.started()
        assert self.process.wait(30) == 0
        return said

    def kill(self) -> None:
        """As the kernel would when memory is short."""
        self.process.kill()
        self.process.wait()


def living(data: Path) -> list[int]:
    """Processes of a cluster."""
    return processes_of(data.resolve())
