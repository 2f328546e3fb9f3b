# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The check of migrations finds wrong names, branches and locks that hurt."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import check_migrations

Add = Callable[..., None]
TIMEOUT = "SET LOCAL lock_timeout = '5s'"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of migrations with the project's own environment and none of its migrations."""
    shutil.copy2(check_migrations.MIGRATIONS / "env.py", tmp_path / "env.py")
    (tmp_path / "versions").mkdir()
    return tmp_path


@pytest.fixture
def add(folder: Path) -> Add:
    """Adds a migration that runs statements."""

    def write(name: str, parent: str | None, *statements: str, revision: str | None = None) -> None:
        lines = [
            "from alembic import op",
            f"revision = {revision or name!r}",
            f"down_revision = {parent!r}",
            "def upgrade():",
            *(f"    op.execute({statement!r})" for statement in (*statements, "SELECT 1")),
        ]
        (folder / "versions" / f"{name}.py").write_text("\n".join(lines) + "\n")

    return write


def test_the_first_migration_may_index_its_empty_tables(folder: Path, add: Add) -> None:
    """Nobody waits for a lock on an empty database."""
    add("20260101_first", None, "CREATE TABLE a (id bigint PRIMARY KEY, b text)", "CREATE INDEX ix_a ON a (b)")
    assert check_migrations.main(folder) == 0


def test_an_index_that_blocks_writes_is_found(folder: Path, add: Add, capsys: pytest.CaptureFixture[str]) -> None:
    """A table of an earlier migration is full: its index has to be built concurrently."""
    add("20260101_first", None, "CREATE TABLE a (id bigint PRIMARY KEY, b text)")
    add("20260102_index", "20260101_first", TIMEOUT, "CREATE INDEX ix_a ON a (b)")
    assert check_migrations.main(folder) == 1
    said = capsys.readouterr().out
    assert "20260102_index.sql" in said
    assert "require-concurrent-index-creation" in said


def test_a_migration_without_lock_timeout_is_found(folder: Path, add: Add, capsys: pytest.CaptureFixture[str]) -> None:
    """It would wait behind a long transaction, and every charger behind it."""
    add("20260101_first", None, "CREATE TABLE a (id bigint PRIMARY KEY, b text)")
    add("20260102_more", "20260101_first", "ALTER TABLE a ADD COLUMN c text")
    assert check_migrations.main(folder) == 1
    assert "require-lock-timeout" in capsys.readouterr().out
    add("20260102_more", "20260101_first", TIMEOUT, "ALTER TABLE a ADD COLUMN c text")
    assert check_migrations.main(folder) == 0


def test_two_newest_migrations_are_found(folder: Path, add: Add, capsys: pytest.CaptureFixture[str]) -> None:
    """Two branches merged without care: neither knows of the other."""
    add("20260101_first", None)
    add("20260102_one", "20260101_first")
    add("20260102_two", "20260101_first")
    assert check_migrations.main(folder) == 1
    assert "one newest migration, there are 2: 20260102_one, 20260102_two" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "revision", "said"),
    [
        ("20261301_month_13", None, "with a date that exists"),
        ("add_things", None, "YYYYMMDD_slug"),
        ("20260102_other", "20260102_name", "it must be the file's name"),
        ("20251231_early", None, "dated before its parent"),
    ],
)
def test_a_wrong_name_is_found(
    name: str, revision: str | None, said: str, folder: Path, add: Add, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names sort by date, and a revision is its file's name."""
    add("20260101_first", None)
    add(name, "20260101_first", revision=revision)
    assert check_migrations.main(folder) == 1
    assert said in capsys.readouterr().out


def test_the_projects_own_migrations_pass() -> None:
    """What `make check` runs."""
    assert check_migrations.main() == 0
