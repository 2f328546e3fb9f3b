# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A CSMS and a scripted charger for each case."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.cases import case_of, summary
from tests.support.charger import Charger, connected
from tests.support.csms import Csms, running
from tests.support.postgres import Database


@pytest.fixture
async def csms(database: Database, tmp_path: Path) -> AsyncIterator[Csms]:
    """A whole CSMS with one charger and one accepted token."""
    async with running(database, tmp_path) as whole:
        await whole.charger("CP1")
        await whole.token("TAG")
        yield whole


@pytest.fixture
async def charger(csms: Csms) -> AsyncIterator[Charger]:
    """A charger that has booted."""
    async with connected(csms.url, "CP1", boot=True) as booted:
        yield booted


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Cases passed of all, by profile."""
    ours = {
        outcome: [report.nodeid.rsplit("::", 1)[-1] for report in terminalreporter.stats.get(outcome, ())]
        for outcome in ("passed", "failed", "error")
    }
    lines = summary(ours["passed"], [*ours["failed"], *ours["error"]])
    if any(case_of(name) for names in ours.values() for name in names):
        terminalreporter.section("certification cases passed / all")
        for line in lines:
            terminalreporter.write_line(line)
