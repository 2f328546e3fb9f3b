# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The yardstick: listener, msgspec, one table, COPY in groups before the answer. No domain, log, fence, role or bus.

What csms costs beyond this is the price of what it does.
"""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
import uvloop
from aiohttp import WSMsgType, web

from csms.ocpp import v16

_TABLE = """
CREATE TABLE IF NOT EXISTS bare_messages (
    charger text NOT NULL, at timestamptz NOT NULL, transaction integer,
    measurands text[], values text[], PRIMARY KEY (charger, at)
)
"""
_COLUMNS = ("charger", "at", "transaction", "measurands", "values")
_frame = msgspec.json.Decoder(tuple[int, str, str, msgspec.Raw])
_meter = msgspec.json.Decoder(v16.MeterValues)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Bare:
    """Everything there is."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._waiting: list[tuple[web.WebSocketResponse, bytes, tuple[Any, ...]]] = []
        self._ready = asyncio.Event()
        self._transactions = 0

    async def store(self) -> None:
        """One group after the other."""
        while True:
            await self._ready.wait()
            await asyncio.sleep(0)
            self._ready.clear()
            group, self._waiting = self._waiting, []
            async with self._pool.acquire() as connection, connection.transaction():
                rows = [row for _, _, row in group]
                await connection.copy_records_to_table("bare_messages", records=rows, columns=_COLUMNS)
            for socket, answer, _ in group:
                if not socket.closed:
                    await socket.send_frame(answer, WSMsgType.TEXT)

    def _keep(self, socket: web.WebSocketResponse, answer: bytes, row: tuple[Any, ...]) -> None:
        self._waiting.append((socket, answer, row))
        self._ready.set()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One charger."""
        charger = request.match_info["identity"]
        socket = web.WebSocketResponse(protocols=("ocpp1.6",), autoping=True, compress=False)
        await socket.prepare(request)
        async for message in socket:
            _, message_id, action, payload = _frame.decode(message.data)
            at = datetime.now(UTC)
            if action == "MeterValues":
                meter = _meter.decode(payload)
                samples = meter.meter_value[0].sampled_value
                row = (
                    charger,
                    at,
                    meter.transaction_id,
                    [str(sample.measurand) for sample in samples],
                    [sample.value for sample in samples],
                )
                self._keep(socket, b'[3,"%s",{}]' % message_id.encode(), row)
            elif action == "Heartbeat":
                answer = b'[3,"%s",{"currentTime":"%s"}]' % (message_id.encode(), _now().encode())
                self._keep(socket, answer, (charger, at, None, None, None))
            else:
                await socket.send_str(self._other(message_id, action))
        return socket

    def _other(self, message_id: str, action: str) -> str:
        """What the bench needs before it measures."""
        body = "{}"
        if action == "BootNotification":
            body = f'{{"currentTime":"{_now()}","interval":300,"status":"Accepted"}}'
        elif action == "StartTransaction":
            self._transactions += 1
            body = f'{{"transactionId":{self._transactions},"idTagInfo":{{"status":"Accepted"}}}}'
        return f'[3,"{message_id}",{body}]'


async def main(port: int, url: str) -> None:
    """Serve until killed."""
    pool = await asyncpg.create_pool(url, min_size=1, max_size=2)
    await pool.execute(_TABLE)
    bare = Bare(pool)
    storing = asyncio.create_task(bare.store())
    app = web.Application()
    app.router.add_get("/ocpp/{identity}", bare.serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=4096).start()
    await storing


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.stdin.readline().strip()))
