# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The certification cases, and which test is for which of them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
_TEST = re.compile(r"(?:^test_|\[|^)(TC_\w+?_CSMS)(?:_|\]|$)")


@dataclass(frozen=True)
class Case:
    """A case counts once in each profile that names it."""

    version: str
    case: str
    profile: str


def all_cases() -> list[Case]:
    """As the list has them."""
    lines = (HERE / "cases.tsv").read_text().splitlines()
    return [Case(*line.split("\t")) for line in lines if line and not line.startswith("#")]


def case_of(test: str) -> str | None:
    """The case that a test's name begins with."""
    found = _TEST.search(test)
    return None if found is None else found[1]


def summary(passed: Iterable[str], failed: Iterable[str]) -> list[str]:
    """Lines "version profile: passed / all" for the names of tests that passed and failed."""
    good = {case_of(name) for name in passed} - {case_of(name) for name in failed}
    counts: dict[tuple[str, str], list[int]] = {}
    for case in all_cases():
        count = counts.setdefault((case.version, case.profile), [0, 0])
        count[0] += case.case in good
        count[1] += 1
    return [f"{version:6} {profile:24} {done:3} / {whole}" for (version, profile), (done, whole) in counts.items()]
