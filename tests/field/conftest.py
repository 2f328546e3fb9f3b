# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A whole CSMS and a charger that has booted."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

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
