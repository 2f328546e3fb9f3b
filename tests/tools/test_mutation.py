# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The mutation run scores honestly and leaves the work tree alone."""

import tomllib
from pathlib import Path

import pytest

from tools import mutation


@pytest.mark.parametrize(("found", "left", "good"), [(8, 2, True), (79, 21, False), (10, 0, True), (0, 0, False)])
def test_the_floor_is_80_percent(found: int, left: int, good: bool) -> None:
    """80 % passes, 79 % does not, and a file without mutants proves nothing."""
    score = mutation.Score(found, [f"mutant {number}" for number in range(left)])
    assert score.total == found + left
    assert score.good is good


def test_the_copy_holds_the_tests_and_mutates_one_file(tmp_path: Path) -> None:
    """Only the named file is mutated, only its tests run, and all of it lies in the copy."""
    source = "src/csms/domain/transactions.py"
    tests = mutation.TARGETS[source]
    mutation.copy(tmp_path, source, tests)
    settings = tomllib.loads((tmp_path / "pyproject.toml").read_text())["tool"]["mutmut"]
    assert settings["only_mutate"] == [source]
    assert settings["pytest_add_cli_args_test_selection"] == list(tests)
    assert (tmp_path / source).read_bytes() == (mutation.ROOT / source).read_bytes()
    assert (tmp_path / tests[0]).read_bytes() == (mutation.ROOT / tests[0]).read_bytes()


def test_every_target_and_its_tests_exist() -> None:
    """A file that was moved must not drop out of the score unseen."""
    for source, tests in mutation.TARGETS.items():
        for path in (source, *tests):
            assert (mutation.ROOT / path).is_file(), path
