# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A receiver of webhooks on loopback: takes what comes, fails, hangs or sends away, as a test says."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook


@dataclass
class Receiver:
    """`answer` is a status, or "hang"; every message is kept, whatever is answered."""

    url: str = ""
    answer: int | str = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    asked: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    busy: int = 0
    most_busy: int = 0

    async def handle(self, request: web.Request) -> web.Response:
        """One message."""
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        try:
            self.asked.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
            if self.answer == "hang":
                await asyncio.sleep(60)
            return web.Response(status=int(self.answer), headers=self.headers, body=self.body)
        finally:
            self.busy -= 1

    @property
    def ids(self) -> list[str]:
        """The ids of all messages, repeats too."""
        return [headers["webhook-id"] for headers, _ in self.asked]

    def messages(self) -> list[dict[str, Any]]:
        """What is left when repeats are thrown away by their id, as a receiver should."""
        first = dict(zip(reversed(self.ids), reversed(self.asked), strict=True))
        return [json.loads(first[each][1]) for each in dict.fromkeys(self.ids)]

    def verify(self, secrets: Sequence[str]) -> None:
        """Every message carries a signature of each secret, as the library of receivers checks it."""
        for headers, body in self.asked:
            for secret in secrets:
                Webhook(secret).verify(body, headers)


@asynccontextmanager
async def receiver(port: int = 0) -> AsyncIterator[Receiver]:
    """It listens until the end of the block."""
    server = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield server
    finally:
        await runner.cleanup()
