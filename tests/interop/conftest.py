# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A CSMS with one charger."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.csms import Csms, running
from tests.support.postgres import Database


@pytest.fixture
async def csms(database: Database, tmp_path: Path) -> AsyncIterator[Csms]:
    """CP1 is provisioned."""
    async with running(database, tmp_path) as whole:
        await whole.charger("CP1")
        yield whole
