# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Patterns that take exponential time on the right text stop a process (attack 37)."""

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator

import pytest

import csms

LONG = 20_000
UNITS = (*"aA0 \t\n.-_/:@%\\", "a.", "a-", "a@", "0.", "0:", "a ", "a,", "::")
TEXTS = [unit * (LONG // len(unit)) + end for unit in UNITS for end in ("", "!", "\0", "\n\n")]


def modules() -> Iterator[str]:
    """All of csms, but what only starts something."""
    for found in pkgutil.walk_packages(csms.__path__, "csms."):
        if not found.name.endswith("__main__") and ".migrations" not in found.name:
            yield found.name


def patterns() -> dict[str, re.Pattern[str]]:
    """Every pattern that a module keeps, under the first name that it was found by."""
    found: dict[str, re.Pattern[str]] = {}
    for name in modules():
        for key, value in vars(importlib.import_module(name)).items():
            if isinstance(value, re.Pattern) and isinstance(value.pattern, str) and value not in found.values():
                found[f"{name}.{key}"] = value
    return found


def slowest(pattern: re.Pattern[str]) -> float:
    """Seconds that the worst text of those above takes, however the pattern is used; ends early where it is bad."""
    worst = 0.0
    for text in TEXTS:
        began = time.process_time()
        pattern.match(text)
        pattern.fullmatch(text)
        worst = max(worst, time.process_time() - began)
        if worst > 1:
            break
    return worst


def test_no_pattern_of_ours_explodes() -> None:
    """Twenty thousand characters that almost fit: a hundredth of a second is usual, half of one is allowed."""
    found = patterns()
    assert len(found) > 20
    assert {name: seconds for name, pattern in found.items() if (seconds := slowest(pattern)) > 0.5} == {}


@pytest.mark.parametrize("bad", [r"(a+\s?)*-", r"(a|a)*b"])
def test_one_that_explodes_is_found(bad: str) -> None:
    """Of texts as long as those above it would never be done: four letters more cost far more than twice the time."""
    pattern, seconds = re.compile(bad), []
    for length in (16, 20):
        began = time.process_time()
        pattern.match("a" * length + "!")
        seconds.append(time.process_time() - began)
    assert seconds[1] > 4 * seconds[0]
