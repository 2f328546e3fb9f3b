# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The scenarios of the documentation, played against a real CSMS."""

import re
from pathlib import Path
from typing import get_args

import pytest

from csms.simulator.fleet import running as simulation
from csms.simulator.script import Player
from csms.simulator.steps import AnyStep, parse_script
from tests.support.csms import running
from tests.support.postgres import Database

DOCS = Path(__file__).parents[2] / "docs"
SCENARIOS = re.findall(r"```toml\n(.*?)```", (DOCS / "howto" / "simulate.md").read_text(encoding="utf-8"), re.DOTALL)


def test_there_are_scenarios() -> None:
    """The tests below would pass without any."""
    assert len(SCENARIOS) >= 2


@pytest.mark.parametrize("text", SCENARIOS)
async def test_a_scenario_of_the_page_plays(database: Database, tmp_path: Path, text: str) -> None:
    """As somebody would who followed the page."""
    script = parse_script(text)
    async with running(database, tmp_path) as csms:
        await csms.charger("SIM-1", password="simulated-chargers")
        await csms.token("DEMO0001")
        async with simulation(speed=script.speed) as runtime:
            await Player(script, runtime, csms.url, password="simulated-chargers").play()
        rows = await csms.rows("SELECT status, energy_wh, flags FROM transactions")
        assert [tuple(row) for row in rows] == [("completed", 500, [])] * text.count('do = "stop"')


def test_every_step_is_on_the_reference_page() -> None:
    """By its heading."""
    page = (DOCS / "reference" / "scenario.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## `(\w+)`$", page, re.MULTILINE)
    assert headings == [step.__struct_config__.tag for step in get_args(AnyStep)]
