# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A start that cannot succeed ends with one line that says why, never with a traceback."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random
from urllib.parse import parse_qs, urlsplit

import pytest

from csms.kit.config import DatabaseSettings, HttpSettings, OcppSettings, Settings
from csms.kit.errors import UnavailableError
from csms.main.application import Role
from csms.main.serve import Service
from tests.faults.process import CsmsProcess
from tests.support.postgres import Database


def _settings(url: str, data_dir: Path, *, ocpp_port: int = 0) -> Settings:
    return Settings(
        data_dir=data_dir,
        database=DatabaseSettings(url=url),
        http=HttpSettings(port=0),
        ocpp=OcppSettings(port=ocpp_port),
    )


class FragileProxy:
    """A way to a server that takes so many connections; at the next one it dies with all of them."""

    def __init__(self, url: str, connections: int) -> None:
        parts = urlsplit(url)
        self._socket = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
        self._login, self._database = parts.netloc.rpartition("@")[0], parts.path
        self._left = connections
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self.died = False

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """The URL that leads through it."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        try:
            yield f"postgresql://{self._login}@127.0.0.1:{port}{self._database}"
        finally:
            self._die()

    def _die(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        if self._left == 0:
            self.died = True
            self._die()
            return
        self._left -= 1
        to_reader, to_writer = await asyncio.open_unix_connection(self._socket)
        self._writers.append(to_writer)
        await asyncio.gather(_pump(reader, to_writer), _pump(to_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
    except ConnectionError:
        pass  # cut, as it is meant to be
    writer.transport.abort()


async def test_a_database_that_goes_away_during_the_start_is_named(database: Database, tmp_path: Path) -> None:
    """At whichever connection it happens: the start succeeds, or UnavailableError says it."""
    ends = []
    for connections in range(1, 30):
        proxy = FragileProxy(database.app_url, connections)
        async with proxy.open() as url:
            service = Service(_settings(url, tmp_path), Role.ALL, lambda _: None)
            try:
                await service.start()
            except UnavailableError as error:
                ends.append(error.detail)
            else:
                ends.append("started")
                await service.stop()
        if not proxy.died:
            break
    assert ends[-1] == "started"
    assert len([end for end in ends if "database" in end]) >= 3, ends


async def test_a_taken_port_for_chargers_is_named(database: Database, tmp_path: Path) -> None:
    """The message names the address and the setting."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        service = Service(_settings(database.app_url, tmp_path, ocpp_port=port), Role.ALL, lambda _: None)
        with pytest.raises(UnavailableError, match=rf"127\.0\.0\.1:{port}.*CSMS_OCPP__PORT"):
            await service.start()


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_killed_again_and_again_while_the_database_is_made(folder: Path) -> None:
    """kill -9 at ten moments of the first start: the next one makes what is missing, or goes on with what is there."""
    rng = Random(7)
    async with CsmsProcess(folder) as csms:
        for _ in range(10):
            csms.launch()
            await asyncio.sleep(rng.uniform(0.4, 4))
            assert csms.running, csms.last_words()
            if rng.random() < 0.5:
                for pid in csms.servers():
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            csms.kill()
        await csms.start()
        await csms.provision(["CP1"], "a password of a charger", "TAG")
