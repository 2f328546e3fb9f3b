# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Do the migrations lock carefully? Names, one line of descent, and the SQL of each judged by squawk.

Each migration is rendered on its own (`alembic upgrade parent:revision --sql`): in one script squawk would take a
table of an earlier migration for a new, empty one and forgive locks that hurt.
"""

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import date
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory

ROOT = Path(__file__).resolve().parents[1]
MIGRATIONS = ROOT / "src" / "csms" / "migrations"
SQUAWK = Path(sys.executable).with_name("squawk")
OLDEST_SERVER = "15.0"

# Rules that are switched off, each with its reason. Anything else squawk says fails the check.
EXCLUDED = {
    "prefer-bigint-over-int": "transaction numbers, reservations and counts of OCPP are int32 on the wire",
    "prefer-bigint-over-smallint": "connector numbers and sample codes are small, and there are billions of rows",
    "prefer-identity": "the queue's tables are written as the queue publishes them",
    "require-statement-timeout": "a backfill may run long; what protects chargers is lock_timeout, which is required",
}
# Only for the first migration: there is no row and nobody who could wait for a lock.
EXCLUDED_FIRST = {
    "require-lock-timeout": "the database is empty",
    "require-concurrent-index-creation": "the tables are empty",
}
_NAME = re.compile(r"^(\d{4})(\d{2})(\d{2})_[a-z0-9_]+$")
_FRAME = re.compile(r"^(BEGIN|COMMIT);\s*$", re.MULTILINE)
_LEFT = 2
_BOOKKEEPING = re.compile(
    r"^(CREATE TABLE alembic_version \(.*?\);|(INSERT INTO|UPDATE) alembic_version .*?;)$", re.DOTALL | re.MULTILINE
)


def configuration(folder: Path, output: io.StringIO | None = None) -> Config:
    """Alembic's configuration for a folder of migrations."""
    config = Config(output_buffer=output) if output is not None else Config()
    config.set_main_option("script_location", str(folder))
    return config


def day(name: str) -> date | None:
    """The date that a migration's name begins with."""
    found = _NAME.match(name)
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def descent(scripts: ScriptDirectory) -> Iterator[str]:
    """What is wrong with names and order."""
    heads, bases = scripts.get_heads(), scripts.get_bases()
    if len(heads) != 1:
        yield f"there must be one newest migration, there are {len(heads)}: {', '.join(sorted(heads))}"
    if len(bases) != 1:
        yield f"there must be one first migration, there are {len(bases)}: {', '.join(sorted(bases))}"
    for script in scripts.walk_revisions():
        name = Path(script.path).stem
        if script.revision != name:
            yield f"{name}.py: its revision is {script.revision!r}; it must be the file's name"
        own = day(name)
        if own is None:
            yield f"{name}.py: a name is YYYYMMDD_slug, with a date that exists"
            continue
        parent = script.down_revision
        before = day(parent) if isinstance(parent, str) else None
        if before is not None and own < before:
            yield f"{name}.py: dated before its parent {parent}"


def render(folder: Path, script: Script) -> str:
    """The SQL of one migration as Alembic would run it."""
    output = io.StringIO()
    parent = script.down_revision if isinstance(script.down_revision, str) else "base"
    with redirect_stdout(io.StringIO()):
        command.upgrade(configuration(folder, output), f"{parent}:{script.revision}", sql=True)
    return output.getvalue()


def judge(name: str, rendered: str, *, first: bool) -> list[str]:
    """What squawk has against a migration. One that leaves its transaction (a second COMMIT) is judged without one."""
    sql = _BOOKKEEPING.sub("", _FRAME.sub("", rendered))
    together = ["--assume-in-transaction"] if rendered.count("COMMIT;") < _LEFT else []
    excluded = [*EXCLUDED, *(EXCLUDED_FIRST if first else ())]
    run = subprocess.run(
        [
            str(SQUAWK),
            "--reporter=gcc",
            *together,
            f"--pg-version={OLDEST_SERVER}",
            f"--stdin-filepath={name}.sql",
            f"--exclude={','.join(excluded)}",
        ],
        input=sql,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line for line in run.stdout.splitlines() if line.strip()]
    if run.returncode and not found:
        found = [f"{name}: squawk failed: {run.stderr.strip() or run.returncode}"]
    return found


def main(folder: Path = MIGRATIONS) -> int:
    """Print what is wrong; 1 if anything is."""
    scripts = ScriptDirectory.from_config(configuration(folder))
    found = list(descent(scripts))
    if not found:
        for script in reversed(list(scripts.walk_revisions())):
            found += judge(script.revision, render(folder, script), first=script.down_revision is None)
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
