# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Requests that come drop by drop (attack 14): of one address a few are waited for, and what is answered takes no place."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from csms.kit import half_open
from csms.kit.config import HttpSettings
from csms.main.http_server import HttpServer
from tests.features.accounts.support import PASSWORD, site
from tests.security.test_strangers_at_the_door import Stream
from tests.support.eventually import eventually
from tests.support.postgres import Database

LOGIN = "/api/v1/auth/login"
BODY = {"username": "admin", "password": PASSWORD}
HEAD = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: csms\r\nContent-Type: application/json\r\n"


@asynccontextmanager
async def door(database: Database, folder: Path, **settings: Any) -> AsyncIterator[HttpServer]:
    """The real application at its real door."""
    http = HttpSettings(port=0, **settings)
    async with site(database, folder, http=http) as found:
        await found.accounts.ensure_first_admin(PASSWORD)
        server = HttpServer(found.app, http)
        await server.start()
        try:
            yield server
        finally:
            await server.stop()


async def slow(server: HttpServer, head: str = "") -> Stream:
    """Somebody who sends half a body; `head`: further lines."""
    stream = await asyncio.open_connection("127.0.0.1", server.port)
    stream[1].write(HEAD + head.encode() + b"Content-Length: 80\r\n\r\n{")
    return stream


async def answered(stream: Stream) -> tuple[int, dict[str, Any], bytes]:
    """Status, body and head of an answer."""
    head = await stream[0].readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split()[0])
    return int(head.split()[1]), json.loads(await stream[0].readexactly(length)), head


async def test_an_address_has_so_many_bodies_under_way(database: Database, tmp_path: Path) -> None:
    """The next is told so at once; what comes whole is not held up, nor is anybody else; each that ends makes place."""
    async with door(database, tmp_path, unfinished_per_address=3) as server:
        waiting = [await slow(server) for _ in range(3)]
        await asyncio.sleep(0.2)
        refused = await slow(server)
        status, told, head = await answered(refused)
        assert (status, told["code"]) == (429, "too_many_requests")
        assert "3 requests of your address wait for the rest of their body" in told["detail"]
        assert b"retry-after: 5" in head.lower()
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
            assert (await client.post(LOGIN, json=BODY)).status_code == 200
        waiting[0][1].close()  # one left
        await asyncio.sleep(0.2)
        waiting[1][1].write(b"}" + b" " * 78)  # one came after all
        assert (await answered(waiting[1]))[0] == 422
        again = [await slow(server) for _ in range(3)]
        assert (await answered(again[2]))[0] == 429
        again[0][1].write(b"}" + b" " * 78)
        assert (await answered(again[0]))[0] == 422
        for _, writer in (*waiting, refused, *again):
            writer.close()


async def test_whose_they_are_is_what_a_trusted_proxy_says(database: Database, tmp_path: Path) -> None:
    """Of IPv6 a network of 64 bits counts as one; a header of somebody else changes nothing."""
    async with door(database, tmp_path, unfinished_per_address=1, trusted_proxies=("127.0.0.1",)) as server:
        first = await slow(server, "X-Forwarded-For: 2001:db8:1:2::1\r\n")
        other = await slow(server, "X-Forwarded-For: 2001:db8:1:3::1\r\n")
        await asyncio.sleep(0.2)
        near = await slow(server, "X-Forwarded-For: 2001:db8:1:2:ffff::9\r\n")
        assert (await answered(near))[0] == 429
        other[1].write(b"}" + b" " * 78)
        assert (await answered(other))[0] == 422
        for _, writer in (first, other, near):
            writer.close()
    async with door(database, tmp_path, unfinished_per_address=1) as server:
        first = await slow(server, "X-Forwarded-For: 192.0.2.1\r\n")
        await asyncio.sleep(0.2)
        hidden = await slow(server, "X-Forwarded-For: 192.0.2.2\r\n")
        assert (await answered(hidden))[0] == 429
        for _, writer in (first, hidden):
            writer.close()


async def _empty_lines(stream: Stream) -> None:
    """A request that is answered, and then lines without anything on them."""
    stream[1].write(b"GET /nothing HTTP/1.1\r\nHost: csms\r\n\r\n")
    while not stream[1].is_closing():
        await asyncio.sleep(0.05)
        stream[1].write(b"\r\n")


async def _after_the_answer(stream: Stream) -> None:
    """A body that nobody wants, drop by drop, long after it was refused."""
    stream[1].write(b"PUT /nothing HTTP/1.1\r\nHost: csms\r\nContent-Length: 900000\r\n\r\n")
    while not stream[1].is_closing():
        await asyncio.sleep(0.05)
        stream[1].write(b"x" * 4096)


@pytest.mark.parametrize("way", [_empty_lines, _after_the_answer])
async def test_after_an_answer_nothing_keeps_a_connection(
    database: Database, tmp_path: Path, way: Callable[[Stream], Awaitable[None]]
) -> None:
    """Neither empty lines nor the rest of a refused body: it is cut, after one answer, and takes nobody's place."""
    async with door(database, tmp_path, head_timeout_s=0.5) as server:
        stream = await asyncio.open_connection("127.0.0.1", server.port)
        saying = asyncio.ensure_future(way(stream))
        began = time.monotonic()
        read = b""
        try:
            async with asyncio.timeout(10):
                while piece := await stream[0].read(65_536):
                    read += piece
        except ConnectionError:
            pass  # cut as well
        assert 0.4 < time.monotonic() - began < 5
        assert read.count(b"HTTP/1.1 404") == read.count(b"HTTP/1.1") == 1
        assert len(server._server.server_state.connections) == 0
        saying.cancel()
        stream[1].close()


async def test_between_requests_a_connection_takes_nobodys_place(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept ones that wait for their next request are as many as half-open ones of an address; the oldest go."""
    monkeypatch.setattr(half_open, "_FRESH_S", 0.1)
    async with door(database, tmp_path, half_open_per_address=5) as server:
        kept = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(8)]
        for _ in range(2):
            for reader, writer in kept:
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: csms\r\n\r\n")
                if b"200 OK" not in await reader.readuntil(b"\r\n\r\n"):
                    raise AssertionError("not served")
                await reader.readuntil(b"}")

        async def cut() -> bool:
            return len(server._half_open) == 5 and not server._server.server_state.connections

        await eventually(cut, 5)
        for reader, _ in kept[:3]:
            async with asyncio.timeout(2):
                assert await reader.read() == b""
        kept[7][1].write(b"GET /healthz HTTP/1.1\r\nHost: csms\r\n\r\n")
        assert b"200 OK" in await kept[7][0].readuntil(b"\r\n\r\n")
        for _, writer in kept:
            writer.close()
