# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Servers of others, on loopback: OCSP responders and providers of contracts that answer what a test says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Other:
    """Answers every POST the same way, and keeps what it was asked."""

    url: str = ""
    answer: bytes = b""
    status: int = 200
    delay_s: float = 0.0
    asked: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        """One request."""
        self.asked.append((dict(request.headers), await request.read()))
        await asyncio.sleep(self.delay_s)
        return web.Response(status=self.status, body=self.answer, headers={"Location": "http://127.0.0.1:1/"})


@asynccontextmanager
async def other() -> AsyncIterator[Other]:
    """It listens until the end of the block."""
    server = Other()
    app = web.Application()
    app.router.add_post("/{path:.*}", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield server
    finally:
        await runner.cleanup()
