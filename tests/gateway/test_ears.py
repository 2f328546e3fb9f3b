# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What is taken from the inside of aiohttp: texts are heard as they arrive, and what is not heard comes in order."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from csms.gateway.ears import ListeningSocket, text_frames


@asynccontextmanager
async def door(serve: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """A server; its address."""
    application = web.Application()
    application.router.add_get("/", serve)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def listening(
    hear: Callable[[str], bool], late: list[str], *, compress: bool = False
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A server whose sockets ask `hear` first; what it leaves comes into `late`."""

    async def serve(request: web.Request) -> web.StreamResponse:
        socket = ListeningSocket(autoping=False, compress=compress, max_msg_size=100_000)
        await socket.prepare(request)
        socket.hear_with(hear)
        while (message := await socket.receive()).type in (WSMsgType.TEXT, WSMsgType.PING):
            late.append(message.data if message.type is WSMsgType.TEXT else "ping")
            if late[-1] == "deafen":
                socket.deafen()
            await asyncio.sleep(0.001)  # slow, so that a queue grows
        return socket

    async with door(serve) as url, aiohttp.ClientSession() as http, http.ws_connect(url, compress=15) as socket:
        yield socket


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("compress", [False, True])
async def test_texts_are_heard_as_they_arrive(compress: bool) -> None:
    """No queue, whole ones only, and nothing else is heard."""
    heard: list[str] = []

    def hear(text: str) -> bool:
        heard.append(text)
        return True

    late: list[str] = []
    async with listening(hear, late, compress=compress) as socket:
        for text in ("one", "x" * 90_000, "säule"):
            await socket.send_str(text)
        await socket.ping()
        await until(lambda: len(heard) == 3 and late == ["ping"])
    assert heard == ["one", "x" * 90_000, "säule"]


async def test_what_is_not_heard_keeps_its_place() -> None:
    """A busy hearer is not asked again before the queue is empty."""
    told: list[str] = []
    late: list[str] = []

    def hear(text: str) -> bool:
        if int(text) % 50 == 49:
            return False
        told.append(text)
        late.append(text)
        return True

    async with listening(hear, late) as socket:
        for number in range(500):
            await socket.send_str(str(number))
        await until(lambda: len(late) == 500)
    assert late == [str(number) for number in range(500)]
    assert 0 < len(told) < 490


async def test_a_deaf_socket_is_an_ordinary_one() -> None:
    """For whoever has read what came before."""
    late: list[str] = []
    async with listening(lambda text: text == "heard", late) as socket:
        for text in ("heard", "deafen"):
            await socket.send_str(text)
        await until(lambda: late == ["deafen"])
        await socket.send_str("heard")
        await until(lambda: late == ["deafen", "heard"])


async def test_a_text_that_is_no_utf_8_ends_the_connection() -> None:
    """RFC 6455 §8.1."""
    async with listening(lambda _: True, []) as socket:
        await socket.send_frame(b"\xff\xfe", WSMsgType.TEXT)
        message = await socket.receive(10)
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1007)


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
async def test_frames_are_read_by_others(size: int) -> None:
    """Every length has its head (RFC 6455 §5.2)."""

    async def serve(request: web.Request) -> web.StreamResponse:
        socket = ListeningSocket()
        await socket.prepare(request)
        assert request.transport is not None
        request.transport.write(text_frames([b"a" * size, b"{}"]))
        await socket.receive()
        return socket

    async with door(serve) as url, aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        assert await socket.receive_str() == "a" * size
        assert await socket.receive_str() == "{}"
