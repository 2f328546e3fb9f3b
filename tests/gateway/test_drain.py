# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A stop in order: what was received is stored and answered, then every charger hears 1001."""

import asyncio
from pathlib import Path

from tests.support.charger import connected
from tests.support.csms import running
from tests.support.eventually import eventually
from tests.support.postgres import Database

CALLS = 20


async def test_a_stop_answers_what_was_received(database: Database, tmp_path: Path) -> None:
    """Twenty calls wait for the database when the stop comes: all of them are stored, answered, and then the end."""
    async with running(database, tmp_path) as csms:
        await csms.charger("CP1")
        gateway = csms.application.gateway
        assert gateway is not None
        async with connected(csms.url, "CP1", boot=True) as charger:
            holder = await database.connect()
            held = holder.transaction()
            await held.start()
            await holder.execute("LOCK TABLE status_history IN SHARE MODE")
            calls = [asyncio.create_task(charger.status("Preparing")) for _ in range(CALLS)]

            async def received() -> bool:
                link = gateway._directory.get("CP1")
                return link is not None and link.depth == CALLS - 1

            await eventually(received)
            stopping = asyncio.create_task(gateway.stop())
            await asyncio.sleep(0)
            assert not any(call.done() for call in calls)
            await held.rollback()
            await holder.close()
            assert await asyncio.gather(*calls) == [{}] * CALLS
            await asyncio.wait_for(charger.closed.wait(), 10)
            assert charger.close_code == 1001
            await stopping
        assert (await csms.row("SELECT count(*) AS n FROM status_history"))["n"] == CALLS
        row = await csms.row("SELECT online, close_code FROM charger_connections")
        assert tuple(row) == (False, 1001)
        kept = await csms.row("SELECT count(*) AS n FROM ocpp_messages WHERE action = 'StatusNotification'")
        assert kept["n"] == CALLS


async def test_a_stop_ends_commands_that_are_out(database: Database, tmp_path: Path) -> None:
    """Whoever waits for an answer is told that none will come; the heartbeats of the last seconds are written."""
    async with running(database, tmp_path) as csms:
        await csms.charger("CP1")
        gateway = csms.application.gateway
        assert gateway is not None
        async with connected(csms.url, "CP1", boot=True) as charger:
            await charger.call("Heartbeat")
            beat = (await csms.row("SELECT at FROM charger_heartbeats"))["at"]
            charger.answers["Reset"] = lambda _: None
            command = asyncio.create_task(csms.command("CP1", {"type": "reset"}))
            await charger.heard_action("Reset")
            await gateway.stop()
            assert (await asyncio.wait_for(command, 5))["status"] == "unreachable"
            assert (await csms.row("SELECT at FROM charger_heartbeats"))["at"] > beat
