# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A whole CSMS and a charger that has booted."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.features.whole import Whole
from tests.features.whole import whole as open_whole
from tests.support.charger import Charger, connected
from tests.support.csms import Csms, running
from tests.support.postgres import Database


@pytest.fixture
async def csms(database: Database, tmp_path: Path) -> AsyncIterator[Csms]:
    """A whole CSMS with one charger of profile 0 and one accepted token."""
    async with running(database, tmp_path) as whole:
        await whole.charger("CP1")
        await whole.token("TAG")
        yield whole


@pytest.fixture
async def charger(csms: Csms) -> AsyncIterator[Charger]:
    """CP1, booted."""
    async with connected(csms.url, "CP1", boot=True) as booted:
        yield booted


@pytest.fixture
async def whole(database: Database, tmp_path: Path) -> AsyncIterator[Whole]:
    """HTTP, gateway and worker in one process; CP1 is provisioned."""
    async with open_whole(database, tmp_path) as found:
        yield found
