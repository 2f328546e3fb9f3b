# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What is kept of connections, boots and refusals, so that an absence can be explained."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

from csms.features.chargers.schemas import ChargerUpdate
from csms.features.chargers.service import ChargerService
from csms.gateway.directory import Directory
from csms.kit.clock import SystemClock
from tests.support.charger import basic, connected
from tests.support.csms import TESTER, Csms
from tests.support.eventually import eventually
from tests.support.raw import CLOSE, knock, raw

SECRET = "correct horse battery staple"
LAST = "SELECT close_code, close_reason, closed_by FROM charger_connections"
PAST = "SELECT epoch, close_code, close_reason, closed_by FROM past_connections ORDER BY epoch"
REFUSALS = "SELECT reason, count, detail FROM charger_refusals ORDER BY reason"


async def _ended(csms: Csms, epoch: int = 1) -> bool:
    return bool(await csms.rows("SELECT FROM charger_connections WHERE NOT online AND epoch = $1", epoch))


async def _empty(directory: Directory) -> bool:
    return len(directory) == 0


async def _empty(directory: Directory) -> bool:
    return len(directory) == 0


async def _refusals(csms: Csms) -> list[tuple[Any, ...]]:
    assert csms.application.gateway is not None
    await csms.application.gateway._notices.flush()
    return [tuple(row) for row in await csms.rows(REFUSALS)]


async def test_a_charger_that_says_goodbye(csms: Csms) -> None:
    """Its code and its words are kept, and that it was it."""
    async with raw(csms.url, "/ocpp/CP1") as socket:
        await socket.send((1001).to_bytes(2, "big") + b"going\0to sleep", CLOSE)
        await eventually(lambda: _ended(csms))
    assert tuple(await csms.row(LAST)) == (1001, "goingto sleep", "charger")
    assert [tuple(row) for row in await csms.rows(PAST)] == [(1, 1001, "goingto sleep", "charger")]


async def test_a_goodbye_without_a_code(csms: Csms) -> None:
    """RFC 6455 §7.1.5: 1005."""
    async with raw(csms.url, "/ocpp/CP1") as socket:
        await socket.send(b"", CLOSE)
        await eventually(lambda: _ended(csms))
    assert tuple(await csms.row(LAST)) == (1005, "", "charger")


async def test_a_line_that_breaks(csms: Csms) -> None:
    """No close frame is no orderly end, whether the line was closed or reset; when it was heard last is kept."""
    for epoch, abort in ((1, False), (2, True)):
        async with raw(csms.url, "/ocpp/CP1") as socket:
            if abort:
                socket.writer.transport.abort()
            else:
                socket.writer.close()
            await eventually(partial(_ended, csms, epoch))
        assert tuple(await csms.row(LAST)) == (1006, "", "network")
    row = await csms.row("SELECT connected_at, seen_at, disconnected_at FROM charger_connections")
    assert row["connected_at"] - timedelta(seconds=1) <= row["seen_at"] <= row["disconnected_at"]


async def test_what_we_close(csms: Csms) -> None:
    """A binary frame is refused by us, and a second connection ends the first."""
    async with raw(csms.url, "/ocpp/CP1") as socket:
        await socket.send(b"\0", 2)
        assert await socket.close_code() == 1003
        await eventually(lambda: _ended(csms))
    assert tuple(await csms.row(LAST)) == (1003, "OCPP is spoken in text frames", "csms")
    await csms.charger("SAFE", password=SECRET)
    async with connected(csms.url, "SAFE", password=SECRET) as first, connected(csms.url, "SAFE", password=SECRET):
        await asyncio.wait_for(first.closed.wait(), 10)
        (row,) = await eventually(lambda: csms.rows("SELECT * FROM past_connections WHERE charger_id = 'SAFE'"))
        assert (row["epoch"], row["closed_by"], row["close_reason"]) == (
            1,
            "csms",
            "replaced by a newer connection",
        )
    ends = "SELECT epoch, closed_by FROM past_connections WHERE charger_id = 'SAFE' ORDER BY epoch"
    await eventually(lambda: csms.rows(f"SELECT FROM ({ends}) x WHERE epoch = 2"))
    assert [tuple(row) for row in await csms.rows(ends)] == [(1, "csms"), (2, "charger")]


async def test_a_process_that_died_ended_its_connections(csms: Csms) -> None:
    """Whoever comes back after that finds the old connection open: it ended with the lease."""
    async with connected(csms.url, "CP1"):
        pass
    await eventually(lambda: _ended(csms))
    await csms.sql.execute("DELETE FROM past_connections")
    await csms.sql.execute(
        "INSERT INTO gateway_nodes (id, organization_id, started_at, lease_until)"
        " SELECT 'dead', organization_id, now() - interval '2 hours', now() - interval '1 hour' FROM installation"
    )
    await csms.sql.execute(
        "UPDATE charger_connections SET online = true, node_id = 'dead', connected_at = now() - interval '90 minutes'"
    )
    async with connected(csms.url, "CP1"):
        found = "SELECT p.*, n.lease_until FROM past_connections p, gateway_nodes n WHERE n.id = 'dead'"
        (row,) = await eventually(lambda: csms.rows(found))
    assert (row["closed_by"], row["close_reason"], row["ended_at"]) == ("node", None, row["lease_until"])


async def test_settings_that_were_changed_end_a_connection_once(csms: Csms) -> None:
    """It ends when they are, not a second time when the gateway hears of it."""
    kit = csms.application.kit
    assert kit is not None
    service = ChargerService(kit.keys.hash_secret, SystemClock())
    async with connected(csms.url, "CP1", boot=True) as charger:
        async with kit.units(TESTER) as uow:
            await service.update(uow, "CP1", ChargerUpdate(ping=False))
        await asyncio.wait_for(charger.closed.wait(), 10)
    assert csms.application.gateway is not None
    directory = csms.application.gateway._directory
    await eventually(lambda: _empty(directory))
    assert [tuple(row) for row in await csms.rows(PAST)] == [(1, None, "provisioned anew", "csms")]


async def test_boots_are_kept(csms: Csms) -> None:
    """Each with what it was answered; OCPP 2.x tells why."""
    async with connected(csms.url, "CP1", boot=True):
        pass
    boot = {"chargingStation": {"vendorName": "A", "model": "B", "firmwareVersion": "7"}, "reason": "Watchdog"}
    async with connected(csms.url, "CP1", protocols=("ocpp2.0.1",)) as charger:
        await charger.call("BootNotification", boot)
    rows = await csms.rows("SELECT reason, status, firmware_version FROM charger_boots ORDER BY at")
    assert [tuple(row) for row in rows] == [(None, "accepted", None), ("Watchdog", "accepted", "7")]


async def test_refusals_are_counted_since_it_was_let_in(csms: Csms) -> None:
    """A row for each reason; once the charger was let in, the count begins anew."""
    await csms.charger("SAFE", password=SECRET)
    for header in (basic("SAFE", "wrong"), basic("SAFE", "wrong"), {}, {"Authorization": "Bearer x"}):
        assert (await knock(csms.url, "/ocpp/SAFE", header)).status == 401
    assert await _refusals(csms) == [
        ("no_credentials", 2, "refused: it showed no password"),
        ("wrong_secret", 2, "a wrong secret was used"),
    ]
    await knock(csms.url, "/ocpp/SAFE", basic("SAFE", "wrong"))
    assert (await _refusals(csms))[1][1] == 3
    async with connected(csms.url, "SAFE", password=SECRET):
        pass
    await knock(csms.url, "/ocpp/SAFE", basic("SAFE", "wrong"))
    assert [row[:2] for row in await _refusals(csms)] == [("no_credentials", 2), ("wrong_secret", 1)]


async def test_other_refusals(csms: Csms) -> None:
    """No version in common, a second connection, a retired charger: each is said; strangers are not counted."""
    async with connected(csms.url, "CP1"):
        assert (await knock(csms.url, "/ocpp/CP1")).status == 409
    async with raw(csms.url, "/ocpp/CP1", {"Sec-WebSocket-Protocol": "ocpp9.9"}) as socket:
        assert await socket.close_code() == 1002
    await csms.sql.execute("UPDATE chargers SET retired_at = now() WHERE id = 'CP1'")
    assert (await knock(csms.url, "/ocpp/CP1")).status == 401
    assert (await knock(csms.url, "/ocpp/NOBODY", basic("NOBODY", SECRET))).status == 401
    assert await _refusals(csms) == [
        ("no_common_version", 1, "it offered 'ocpp9.9'"),
        ("retired", 1, "refused: the charger is retired"),
        ("second_connection", 1, "refused: it is already connected"),
    ]
