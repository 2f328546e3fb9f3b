# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`kill -9` of csms and of PostgreSQL at any point: no acknowledged message is lost, no transaction is there twice."""

from pathlib import Path

import pytest

from tests.faults.suite.plan import KINDS, plan
from tests.faults.suite.report import SKIPPED, Results
from tests.faults.suite.run import Run

ALONE = [name for name, kind in KINDS.items() if kind.alone]


async def _survive(tmp_path: Path, kinds: list[str], count: int) -> None:
    results = Results(tmp_path / "results.jsonl")
    await Run(results, count, print, patience_s=90).run(plan(20_261_130, count, kinds=kinds))
    assert [line for each in results.all for line in each.violations] == []
    assert {each.kind for each in results.all if each.verdict != SKIPPED} == {*kinds, "whole"}


@pytest.mark.timeout(300)
async def test_kills_under_load_lose_nothing(tmp_path: Path) -> None:
    """Each kind of kill of csms in one process; what the chargers were told is what the database and the API have."""
    await _survive(tmp_path, ALONE, len(ALONE))
