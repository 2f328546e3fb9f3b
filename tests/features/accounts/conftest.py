# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the accounts feature."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.features.accounts.support import PASSWORD, Site, site
from tests.support.postgres import Database


@pytest.fixture
async def fresh(database: Database, tmp_path: Path) -> AsyncIterator[Site]:
    """An installation before its first start."""
    async with site(database, tmp_path) as found:
        yield found


@pytest.fixture
async def home(fresh: Site) -> Site:
    """An installation with an administrator who chose a password."""
    await fresh.accounts.ensure_first_admin(PASSWORD)
    return fresh
