# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The pages about attacks and check lists name tests and files that there are, and leave out nothing."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("attacks.md", "asvs.md", "api-top-10.md")
WITHOUT_PAYMENTS = {*range(1, 24), *range(28, 34), *range(35, 41)}
NOT_THERE = {19}  # concern nothing that exists, which their row has to say
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_FILE = re.compile(r"`((?:tests|src|docs|tools|requirements)/[\w./-]+|\w+\.(?:md|toml))`")
_TARGET = re.compile(r"`make ([a-z-]+)`")


def page(name: str) -> str:
    return (ROOT / "docs" / "explain" / name).read_text()


def rows(name: str) -> list[list[str]]:
    """Cells of all rows of all tables, without heads."""
    lines = [line for line in page(name).splitlines() if line.startswith("| ") and not line.startswith("| no. |")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


@cache
def names_in(path: str) -> set[str]:
    """Names of the tests of a module."""
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("name", PAGES)
def test_what_is_named_exists(name: str) -> None:
    """A test that was renamed shows nothing any more."""
    text = page(name)
    tests = _TEST.findall(text)
    assert len(tests) > 20
    missing = [f"{path}::{test}" for path, test in tests if not (ROOT / path).exists() or test not in names_in(path)]
    missing += [path for path in _FILE.findall(text) if not (ROOT / path).exists()]
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    missing += [f"make {target}" for target in _TARGET.findall(text) if target not in targets]
    assert missing == []
    assert text.count("tests/") == len(tests), "a test is named as `file::test`"


def test_every_attack_is_answered() -> None:
    """By at least one test, or by the words that it concerns nothing that exists."""
    found = {int(cells[0]): cells[1:] for cells in rows("attacks.md") if cells[0].isdigit()}
    assert set(found) == WITHOUT_PAYMENTS
    without = {number for number, cells in found.items() if not _TEST.search(cells[-1])}
    assert without == NOT_THERE
    assert all("concerns nothing that exists" in " ".join(found[number]) for number in NOT_THERE)


def test_every_risk_is_answered() -> None:
    """API1 to API10, each by tests."""
    found = {cells[0].split()[0]: cells[-1] for cells in rows("api-top-10.md") if cells[0].startswith("API")}
    assert list(found) == [f"API{number}" for number in range(1, 11)]
    assert all(_TEST.search(answer) for answer in found.values())


def test_every_section_is_answered() -> None:
    """All seventeen chapters; each section by something that can be looked at, or plainly as open or not applicable."""
    assert re.findall(r"^## V(\d+) ", page("asvs.md"), re.MULTILINE) == [str(number) for number in range(1, 18)]
    sections = [cells for cells in rows("asvs.md") if re.match(r"V\d", cells[0])]
    assert len(sections) > 60
    for cells in sections:
        answer = cells[-1]
        shown = _TEST.search(answer) or _FILE.search(answer) or _TARGET.search(answer)
        assert shown or "not applicable" in answer or "open:" in answer, cells
