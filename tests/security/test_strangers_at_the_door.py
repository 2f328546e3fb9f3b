# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Connections that never become one (attack 14): they cost a place each, and nobody who is honest waits for them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from csms.kit import half_open
from tests.main.test_http_door import serving
from tests.support.charger import connected
from tests.support.csms import running
from tests.support.eventually import eventually
from tests.support.postgres import Database
from tests.support.tls import Authority

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
WITHIN_S = 0.5
HALF = b"GET /ocpp/CP1 HTTP/1.1\r\nHost: csms\r\nUpgrade: websocket\r\nSec-WebSocket-Key: "


async def test_half_open_handshakes_are_in_nobodys_way(database: Database, tmp_path: Path) -> None:
    """Two hundred that say half of it and then nothing: a charger is let in within two seconds, and served."""
    async with running(database, tmp_path) as csms:
        await csms.charger("CP1")
        await csms.charger("CP2")
        gateway = csms.application.gateway
        assert gateway is not None
        began = time.monotonic()
        async with connected(csms.url, "CP2", boot=True):
            alone = time.monotonic() - began
        strangers = [await asyncio.open_connection("127.0.0.1", gateway.port) for _ in range(200)]
        try:
            for _, writer in strangers:
                writer.write(HALF)
            began = time.monotonic()
            async with connected(csms.url, "CP2", boot=True) as charger:
                assert time.monotonic() - began < 2 + 5 * alone  # a busy machine is slow without strangers too
                for _, writer in strangers:
                    writer.write(b"A")
                assert (await charger.call("Heartbeat"))["currentTime"]
            assert await csms.rows("SELECT 1 FROM charger_connections WHERE charger_id = 'CP1'") == []
        finally:
            for _, writer in strangers:
                writer.close()


async def _silent(_: Stream) -> None:
    """Not a byte."""


async def _half(stream: Stream) -> None:
    """Half of it, and nothing more."""
    stream[1].write(HALF)


async def _drop_by_drop(stream: Stream) -> None:
    """A header now and then, without end."""
    stream[1].write(b"GET / HTTP/1.1\r\n")
    while not stream[1].is_closing():
        stream[1].write(b"X-Y: z\r\n")
        await asyncio.sleep(0.05)


async def _half_after_a_whole_one(stream: Stream) -> None:
    """One that is answered, on a connection that is kept, and half of the next."""
    stream[1].write(b"GET /nothing HTTP/1.1\r\nHost: csms\r\n\r\n")
    await asyncio.sleep(0.2)
    stream[1].write(HALF)


async def _without_end(stream: Stream) -> None:
    """A head of 280 KB."""
    stream[1].write(b"GET / HTTP/1.1\r\n" + b"X-Y: zzzzzzzz\r\n" * 20_000)


WAYS: tuple[Callable[[Stream], Awaitable[None]], ...] = (_silent, _half, _drop_by_drop, _half_after_a_whole_one)


async def _is_cut(port: int, way: Callable[[Stream], Awaitable[None]]) -> float:
    """After how long."""
    began = time.monotonic()
    stream = await asyncio.open_connection("127.0.0.1", port)
    saying = asyncio.ensure_future(way(stream))
    try:
        async with asyncio.timeout(10):
            while await stream[0].read(65_536):
                pass
    except ConnectionError:
        pass  # cut as well
    finally:
        stream[1].close()
        await asyncio.gather(saying, return_exceptions=True)
    return time.monotonic() - began


async def _all_are_cut(*ports: int) -> None:
    for took_s in await asyncio.gather(*(_is_cut(port, way) for port in ports for way in WAYS)):
        assert WITHIN_S * 0.9 < took_s < 5


async def test_chargers_that_say_half_of_it_are_cut(database: Database, tmp_path: Path) -> None:
    """Before TLS, before a request, in the middle of one, after another; who is connected is never meant."""
    files = Authority(tmp_path).issue("csms")
    tls = {"tls_port": 0, "tls_cert": files.certificate, "tls_key": files.key}
    async with running(database, tmp_path, handshake_timeout_s=WITHIN_S, half_open_per_address=50, **tls) as csms:
        await csms.charger("CP1")
        gateway = csms.application.gateway
        assert gateway is not None
        async with connected(csms.url, "CP1", boot=True) as charger:
            await _all_are_cut(gateway.port)
            assert WITHIN_S * 0.9 < await _is_cut(gateway.tls_port, _silent) < 5
            await asyncio.sleep(3 * WITHIN_S)
            assert (await charger.call("Heartbeat"))["currentTime"]
        assert len(gateway._half_open) == 0


async def _there(gateway: Any, count: int) -> bool:
    """Whether so many connections have said nothing yet."""
    return len(gateway._half_open) == count


async def test_an_address_has_so_many_half_open_ones(database: Database, tmp_path: Path, monkeypatch: Any) -> None:
    """The oldest makes place: whoever comes from behind the same address gets in."""
    monkeypatch.setattr(half_open, "_FRESH_S", 2.0)
    async with running(database, tmp_path, half_open_per_address=5) as csms:
        await csms.charger("CP1")
        gateway = csms.application.gateway
        assert gateway is not None
        strangers = [await asyncio.open_connection("127.0.0.1", gateway.port) for _ in range(5)]
        with capture_logs() as logs:
            # of those that came at the same moment none is cut: what they said is on its way
            strangers += [await asyncio.open_connection("127.0.0.1", gateway.port) for _ in range(2)]
            await eventually(lambda: _there(gateway, 7), 1.5)
            await eventually(lambda: _there(gateway, 5), 5)
            async with connected(csms.url, "CP1", boot=True) as charger:
                for reader, _ in strangers[:3]:
                    async with asyncio.timeout(5):
                        assert await reader.read() == b""
                assert (await charger.call("Heartbeat"))["currentTime"]
                assert len(gateway._half_open) == 4
        assert [entry["door"] for entry in logs if "say nothing" in entry["event"]] == ["ocpp"]
        for _, writer in strangers:
            writer.close()


async def test_browsers_that_say_half_of_it_are_cut() -> None:
    """The same at the door for people; heads without end are refused, and none of them takes anybody's place."""
    async with serving(head_timeout_s=WITHIN_S, half_open_per_address=50) as server:
        strangers = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(10)]
        await asyncio.sleep(0.1)
        assert len(server._server.server_state.connections) == 0
        await _all_are_cut(server.port)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: csms\r\n\r\n")
        assert b"200 OK" in await reader.readuntil(b"}")
        await asyncio.sleep(3 * WITHIN_S)  # between two requests there is more time
        writer.write(b"GET / HTTP/1.1\r\nHost: csms\r\n\r\n")
        assert b"200 OK" in await reader.readuntil(b"}")
        for _, stream in strangers:
            stream.close()
        writer.close()
    async with serving(head_timeout_s=60) as server:  # what is too large is not waited for
        assert await _is_cut(server.port, _without_end) < 10
