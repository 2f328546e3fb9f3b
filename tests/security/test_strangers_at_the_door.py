# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Connections that never become one (attack 14): they cost a place each, and nobody who is honest waits for them."""

import asyncio
import time
from pathlib import Path

from tests.support.charger import connected
from tests.support.csms import running
from tests.support.postgres import Database

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
