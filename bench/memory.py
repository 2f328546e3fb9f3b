# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What an idle connection costs in memory: with permessage-deflate, as OCPP 2.x asks for it, and without."""

import asyncio
import gc
import json
from dataclasses import dataclass

import aiohttp

from bench import servers
from bench.load import SECRET, identity

_BOOT = {"reason": "PowerUp", "chargingStation": {"vendorName": "Bench", "model": "Idle"}}
_AT_ONCE = 50
_SETTLE_S = 3.0


@dataclass
class Memory:
    """Kilobytes of the server's process for each idle connection."""

    connections: int
    plain_kb: float
    deflate_kb: float


async def run(connections: int) -> Memory:
    """A server of its own for each; every charger boots and beats once, then is silent."""
    return Memory(connections, await _each(connections, compress=0), await _each(connections, compress=15))


async def _each(count: int, *, compress: int) -> float:
    async with servers.csms(count) as server:
        # One comes and goes before, so that what is loaded once is not counted.
        async with aiohttp.ClientSession() as http:
            socket = await _open(http, server.port, 0, compress)
            await socket.close()
        await asyncio.sleep(_SETTLE_S)
        before_mb = server.resident_mb()
        turn = asyncio.Semaphore(_AT_ONCE)

        async def one(http: aiohttp.ClientSession, number: int) -> "aiohttp.ClientWebSocketResponse":
            async with turn:
                return await _open(http, server.port, number, compress)

        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
            sockets = await asyncio.gather(*(one(http, number) for number in range(count)))
            await asyncio.sleep(_SETTLE_S)
            after_mb = server.resident_mb()
            await asyncio.gather(*(socket.close() for socket in sockets))
    gc.collect()
    return (after_mb - before_mb) * 1024 / count


async def _open(
    http: aiohttp.ClientSession, port: int, number: int, compress: int
) -> "aiohttp.ClientWebSocketResponse":
    name = identity(number)
    socket = await http.ws_connect(
        f"http://127.0.0.1:{port}/ocpp/{name}",
        protocols=("ocpp2.0.1",),
        headers={"Authorization": aiohttp.encode_basic_auth(name, SECRET)},
        compress=compress,
    )
    if bool(socket.compress) != bool(compress):
        raise RuntimeError(f"asked for compression {compress}, got {socket.compress}")
    for message in ([2, "1", "BootNotification", _BOOT], [2, "2", "Heartbeat", {}]):
        await socket.send_str(json.dumps(message))
        answer = json.loads(await socket.receive_str())
        if answer[0] != 3:
            raise RuntimeError(f"{message[2]} was answered {answer}")
    return socket
