# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""No case of the certification is without its test."""

import ast
from pathlib import Path

HERE = Path(__file__).parent
CASES = HERE / "cases-1.6-core.txt"


def _tests() -> list[str]:
    return [
        node.name
        for path in sorted(HERE.glob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef) and node.name.startswith("test_")
    ]


def _cases() -> list[str]:
    return [line for line in CASES.read_text().splitlines() if line and not line.startswith("#")]


def _named_after(case: str, name: str) -> bool:
    return name == f"test_{case}" or name.startswith(f"test_{case}_")


def test_every_core_case_of_1_6_has_a_test() -> None:
    """Each id in the list is the beginning of a test's name."""
    cases = _cases()
    names = _tests()
    assert len(cases) == len(set(cases)) == 34
    missing = [case for case in cases if not any(_named_after(case, name) for name in names)]
    assert missing == []


def test_no_test_is_named_after_a_case_that_is_not_listed() -> None:
    """A typing error in a name would count for nothing."""
    cases = _cases()
    strays = [
        name for name in _tests() if name.startswith("test_TC_") and not any(_named_after(case, name) for case in cases)
    ]
    assert strays == []
