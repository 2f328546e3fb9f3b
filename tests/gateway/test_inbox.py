# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The ordered, bounded inbox of a charger, and that a slow one delays nobody (promise R4, attacks 14, 15)."""

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.support.charger import Charger, connected
from tests.support.csms import Csms, running
from tests.support.postgres import Database
from tests.support.raw import RawSocket, raw

BOOT = [2, "boot", "BootNotification", {"chargePointVendor": "A", "chargePointModel": "B"}]


def _status(number: int, status: str) -> bytes:
    payload = {"connectorId": 1, "errorCode": "NoError", "status": status}
    return json.dumps([2, str(number), "StatusNotification", payload]).encode()


async def _in_order(socket: RawSocket, count: int) -> list[Any]:
    """Pipeline that many calls, a heartbeat among every three; the ids as they were answered."""
    await socket.call(BOOT)
    for number in range(count):
        if number % 3 == 2:
            socket.write(f'[2,"{number}","Heartbeat",{{}}]'.encode())
        else:
            socket.write(_status(number, "Charging" if number % 2 else "SuspendedEV"))
    await socket.writer.drain()
    answers = [await socket.answer() for _ in range(count)]
    assert {answer[0] for answer in answers} == {3}
    return [int(answer[1]) for answer in answers]


async def test_pipelined_calls_are_handled_in_order(csms: Csms) -> None:
    """Several in flight (the sender's rule, not ours to punish): answers and facts in the order they were sent."""
    async with raw(csms.url) as socket:
        assert await _in_order(socket, 60) == list(range(60))
    rows = await csms.rows("SELECT status FROM status_history ORDER BY received_at")
    sent = ["charging" if number % 2 else "suspended_ev" for number in range(60) if number % 3 != 2]
    assert [row["status"] for row in rows] == sent


async def test_a_full_inbox_pauses_reading_and_loses_nothing(database: Database, tmp_path: Path) -> None:
    """With room for two: all are answered, in order, and the pause is counted."""
    async with running(database, tmp_path, max_inbox=2) as csms:
        await csms.charger("CP1")
        async with raw(csms.url) as socket:
            assert await _in_order(socket, 60) == list(range(60))
        assert csms.application.kit is not None
        assert csms.application.kit.metrics.inbox_paused.labels().value > 0


async def test_both_directions_are_independent(csms: Csms, charger: Charger) -> None:
    """citrineos#189: one slot per direction. The charger calls while it still owes an answer, and the reverse."""
    owed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def late() -> None:
        message_id = await owed
        await charger.send(json.dumps([3, message_id, {"status": "Accepted"}]))

    charger.answers["ClearCache"] = lambda _: None
    command = asyncio.create_task(csms.command("CP1", {"type": "clear_cache"}))
    await charger.heard_action("ClearCache")
    assert await charger.status("Preparing") == {}
    assert (await charger.call("Heartbeat"))["currentTime"]
    waiting = asyncio.create_task(late())
    gateway = csms.application.gateway
    assert gateway is not None
    link = gateway._directory.get("CP1")
    assert link is not None
    assert link.session.outstanding is not None
    owed.set_result(link.session.outstanding.message_id)
    await waiting
    assert (await asyncio.wait_for(command, 5))["status"] == "accepted"


async def test_commands_go_out_one_at_a_time(csms: Csms, charger: Charger) -> None:
    """Five at once: never two outstanding (OCPP-J 1.6 §4.1.1), all of them answered."""
    outstanding: list[int] = []
    gateway = csms.application.gateway
    assert gateway is not None

    def obey(_: dict[str, Any]) -> dict[str, str]:
        link = gateway._directory.get("CP1")
        assert link is not None
        outstanding.append(link.session.queued)
        return {"status": "Accepted"}

    charger.answers["ClearCache"] = obey
    rows = await asyncio.gather(*(csms.command("CP1", {"type": "clear_cache"}) for _ in range(5)))
    assert [row["status"] for row in rows] == ["accepted"] * 5
    assert outstanding == [0] * 5


async def test_replies_to_nothing_change_nothing(csms: Csms, charger: Charger) -> None:
    """Attack 9: results for no call, for a call of another charger, twice for the same call."""
    await csms.charger("CP2")
    async with connected(csms.url, "CP2", boot=True) as other:
        charger.answers["Reset"] = lambda _: None
        command = asyncio.create_task(csms.command("CP1", {"type": "reset"}))
        await charger.heard_action("Reset")
        gateway = csms.application.gateway
        assert gateway is not None
        link = gateway._directory.get("CP1")
        assert link is not None
        assert link.session.outstanding is not None
        message_id = link.session.outstanding.message_id
        await other.send(json.dumps([3, message_id, {"status": "Accepted"}]))
        await charger.send(json.dumps([3, "guess", {"status": "Accepted"}]))
        assert (await other.call("Heartbeat"))["currentTime"]
        assert (await charger.call("Heartbeat"))["currentTime"]
        assert not command.done()
        for status in ("Rejected", "Accepted"):
            await charger.send(json.dumps([3, message_id, {"status": status}]))
        assert (await asyncio.wait_for(command, 5))["status"] == "rejected"


async def test_a_charger_that_does_not_answer_times_out(database: Database, tmp_path: Path) -> None:
    """The command is closed as timed out, its late answer is nobody's, and the next command goes through."""
    async with running(database, tmp_path, call_timeout_s=1) as csms:
        await csms.charger("CP1")
        async with connected(csms.url, "CP1", boot=True) as charger:
            charger.answers["Reset"] = lambda _: None
            row = await csms.command("CP1", {"type": "reset"})
            assert (row["status"], row["reason"]) == ("timed_out", "no answer within 1 s")
            charger.answers["ClearCache"] = {"status": "Accepted"}
            assert (await csms.command("CP1", {"type": "clear_cache"}))["status"] == "accepted"


async def test_a_charger_that_hangs_up_leaves_no_command_open(csms: Csms, charger: Charger) -> None:
    """Unreachable at once, not after the time-out; so is one that was never there."""
    charger.answers["Reset"] = lambda _: None
    command = asyncio.create_task(csms.command("CP1", {"type": "reset"}))
    await charger.heard_action("Reset")
    await charger.close()
    assert (await asyncio.wait_for(command, 5))["status"] == "unreachable"
    assert (await csms.command("CP1", {"type": "reset"}))["status"] == "unreachable"


async def test_a_peer_that_never_reads_delays_nobody(csms: Csms) -> None:
    """It asks and asks and reads no answer: its own line fills up, others are served, and our buffer is bounded."""
    await csms.charger("CP2")
    async with raw(csms.url) as deaf, connected(csms.url, "CP2", boot=True) as other:
        await deaf.call(BOOT)

        async def shout() -> None:
            number = 0
            while True:
                number += 1
                call = json.dumps([2, str(number), "DataTransfer", {"vendorId": "v", "data": "x" * 1_000}])
                await deaf.send(call.encode())

        shouting = asyncio.create_task(shout())
        loop = asyncio.get_running_loop()
        worst = 0.0
        for _ in range(40):
            before = loop.time()
            await other.status("Preparing")
            worst = max(worst, loop.time() - before)
        shouting.cancel()
        await asyncio.gather(shouting, return_exceptions=True)
        gateway = csms.application.gateway
        assert gateway is not None
        link = gateway._directory.get("CP1")
        buffered = 0 if link is None else link._transport.get_write_buffer_size()
    assert worst < 1.0
    assert buffered < 2 * 1024 * 1024


async def test_a_flood_delays_nobody(csms: Csms) -> None:
    """One charger pipelines as fast as it can; another's slowest answer stays under a second."""
    await csms.charger("CP2")
    async with raw(csms.url) as loud, connected(csms.url, "CP2", boot=True) as other:
        await loud.call(BOOT)
        frames = b"".join(_frame(_status(number, "Charging")) for number in range(1_000))

        async def shout() -> None:
            loud.writer.write(frames)
            for _ in range(1_000):
                await loud.answer(30)

        shouting = asyncio.create_task(shout())
        loop = asyncio.get_running_loop()
        worst, asked = 0.0, 0
        while not shouting.done():
            before = loop.time()
            await other.status("Preparing")
            worst, asked = max(worst, loop.time() - before), asked + 1
        await shouting
    assert asked > 5
    assert worst < 1.0
    assert (await csms.row("SELECT count(*) AS n FROM status_history WHERE charger_id = 'CP1'"))["n"] == 1_000


def _frame(data: bytes) -> bytes:
    return bytes([0x81, 0x80 | len(data)]) + b"\0\0\0\0" + data
