# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures that every test may ask for."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from tests.support.audited import watched
from tests.support.postgres import Database, Server, server

_HERE = Path(__file__).parent
_STORIES = ("conformance", "faults", "field", "interop")


@pytest.fixture(scope="session")
def pg_server() -> Iterator[Server]:
    """A PostgreSQL of this worker's own, stopped at its end."""
    loop = asyncio.new_event_loop()
    context = server()
    try:
        yield loop.run_until_complete(context.__aenter__())
    finally:
        loop.run_until_complete(context.__aexit__(None, None, None))
        loop.close()


@pytest.fixture
async def database(pg_server: Server) -> AsyncIterator[Database]:
    """A fresh, migrated database."""
    async with pg_server.clone() as fresh:
        yield fresh


def pytest_configure() -> None:
    """An error that is logged is shown as Python shows it: structlog draws it with all variables, for seconds."""
    processors = structlog.get_config()["processors"][:-1]
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*processors, plain])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole stories are told without counting lines, which takes half as long again: parts have tests of their own."""
    for item in items:
        if item.path.relative_to(_HERE).parts[0] in _STORIES:
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture(scope="session", autouse=True)
def _every_change_is_audited() -> Iterator[None]:
    with watched():
        yield


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """A command that a test runs sets how much is logged, for this whole process."""
    before, level = structlog.get_config(), logging.getLogger().level
    yield
    structlog.configure(**before)
    logging.getLogger().setLevel(level)
