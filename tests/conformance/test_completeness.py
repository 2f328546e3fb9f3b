# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""No case of the certification is without its test."""

import ast
import re
from collections import Counter

from tests.conformance.cases import HERE, all_cases, case_of, summary

_IDS = re.compile(r'"(TC_[A-Z]_\d+_CSMS)"[:,)]')


def _tests() -> list[str]:
    """Names of the test functions, and of the cases that are parameters of one: keys of tables, ids."""
    names: list[str] = []
    for path in sorted(HERE.glob("test_*.py")):
        names += [
            node.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef) and node.name.startswith("test_")
        ]
        names += [f"test_{case}" for case in _IDS.findall(path.read_text())]
    return names


def test_every_case_has_a_test() -> None:
    """Each id in the list is the beginning of a test's name."""
    tested = {case_of(name) for name in _tests()}
    assert [case for case in all_cases() if case.case not in tested] == []


def test_no_test_is_named_after_a_case_that_is_not_listed() -> None:
    """A typing error in a name would count for nothing."""
    known = {case.case for case in all_cases()}
    assert [name for name in _tests() if name.startswith("test_TC_") and case_of(name) not in known] == []


def test_no_name_stands_twice() -> None:
    """The second of two functions of one name in a module would hide the first."""
    assert [name for name, times in Counter(_tests()).items() if times > 1] == []


def test_the_summary_counts_a_case_in_each_of_its_profiles() -> None:
    """One that failed anywhere has not passed."""
    lines = summary(["test_TC_001_CSMS_cold_boot", "test_TC_003_CSMS_x"], ["test_TC_003_CSMS_y"])
    assert lines[0].split() == [
        "1.6",
        "Core",
        "1",
        "/",
        str(sum(c.profile == "Core" and c.version == "1.6" for c in all_cases())),
    ]
