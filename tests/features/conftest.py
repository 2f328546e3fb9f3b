# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the features' HTTP tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.support import Product, product
from tests.features.whole import Whole
from tests.features.whole import whole as open_whole
from tests.support.charger import Charger, connected
from tests.support.postgres import Database


@pytest.fixture
async def api(database: Database, tmp_path: Path) -> AsyncIterator[Product]:
    """All routes, with an administrator signed in; answers are held to the API document."""
    async with product(database, tmp_path) as found:
        yield found


@pytest.fixture
async def whole(database: Database, tmp_path: Path) -> AsyncIterator[Whole]:
    """HTTP, gateway and worker in one process, on the system's clock."""
    async with open_whole(database, tmp_path) as found:
        yield found


@pytest.fixture
async def charger(whole: Whole) -> AsyncIterator[Charger]:
    """CP1, booted."""
    async with connected(whole.csms.url, "CP1", boot=True) as booted:
        yield booted
