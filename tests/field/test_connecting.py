# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Connecting: credentials in every spelling, moods of subprotocols, bursts, and what we never send by ourselves."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.support.charger import Charger, connected
from tests.support.csms import Csms, running
from tests.support.postgres import Database
from tests.support.raw import knock, raw

KEY = bytes.fromhex("c0ffee00112233445566778899aabbccddeeff00")
BOOT = [2, "1", "BootNotification", {"chargePointVendor": "A", "chargePointModel": "B"}]


@pytest.mark.parametrize("stored", [KEY.hex(), KEY.hex().upper()], ids=["lower", "upper"])
@pytest.mark.parametrize(
    "shown", [KEY, KEY.hex(), KEY.hex().upper()], ids=["bytes", "hex in small letters", "hex in capitals"]
)
async def test_a_key_is_the_same_in_every_spelling(csms: Csms, stored: str, shown: str | bytes) -> None:
    """steve#1895, ocpp-cp-simulator#260, Java-OCA-OCPP#163: the AuthorizationKey was written as hex."""
    await csms.charger("SAFE", password=stored)
    async with connected(csms.url, "SAFE", password=shown) as charger:
        assert (await charger.boot())["status"] == "Accepted"


async def test_a_textual_key_has_its_letter_case(csms: Csms) -> None:
    """Hex may be spelt in any way; a pass phrase may not."""
    await csms.charger("SAFE", password="Correct Horse Battery")
    async with connected(csms.url, "SAFE", password="Correct Horse Battery", boot=True):
        pass
    wrong = {"Authorization": "Basic U0FGRTpjb3JyZWN0IGhvcnNlIGJhdHRlcnk="}
    assert (await knock(csms.url, "/ocpp/SAFE", wrong)).status == 401


async def test_a_key_with_colons_and_any_bytes(csms: Csms) -> None:
    """Java-OCA-OCPP#163: a password of random bytes holds colons and is no UTF-8."""
    secret = b":\xff:\x00 \x80:binary key"
    await csms.charger("SAFE", password="x")
    kit = csms.application.kit
    assert kit is not None
    await csms.sql.execute("UPDATE chargers SET secret_hash = $1 WHERE id = 'SAFE'", kit.keys.hash_secret(secret))
    async with connected(csms.url, "SAFE", password=secret, boot=True):
        pass


async def test_another_subprotocol_at_every_connect(csms: Csms) -> None:
    """lbb#442, steve#1109, evs#2761: what was offered before binds nobody."""
    await csms.charger("MOODY", default_protocol="ocpp1.6")
    for offered, code in ((None, None), ("ocpp2.0", 1002), ("ocpp1.6", None), ("OCPP16", 1002), (None, None)):
        async with raw(csms.url, "/ocpp/MOODY", protocols=offered) as socket:
            if code is None:
                assert (await socket.call(BOOT))[2]["status"] == "Accepted"
            else:
                assert await socket.close_code() == code


async def test_large_frames_are_taken(csms: Csms, charger: Charger) -> None:
    """steve#129: 600 KB of readings in one message, and a command of 60 KB the other way."""
    value = {"timestamp": "2026-11-23T10:00:00Z", "sampledValue": [{"value": "1", "measurand": "Voltage"}]}
    many = {"connectorId": 1, "meterValue": [value] * 6_000}
    assert len(json.dumps(many)) > 500_000
    assert await charger.call("MeterValues", many, timeout_s=20) == {}
    assert (await csms.row("SELECT count(*) AS n FROM meter_values"))["n"] == 6_000
    charger.answers["DataTransfer"] = {"status": "Accepted"}
    row = await csms.command("CP1", {"type": "data_transfer", "vendor_id": "v", "data": "x" * 60_000})
    assert row["status"] == "accepted"
    assert len((await charger.heard_action("DataTransfer"))["data"]) == 60_000


async def test_what_we_send_is_plain_json(csms: Csms) -> None:
    """steve#938: HTML-escaped texts broke stations. Compact, unescaped, absent fields left out."""
    text = "<a href=\"x\">Käse & 'Brot' €</a>"
    async with raw(csms.url) as socket:
        await socket.call(BOOT)
        command = asyncio.create_task(csms.command("CP1", {"type": "data_transfer", "vendor_id": "v", "data": text}))
        _, sent = await socket.receive()
        frame = json.loads(sent)
        assert frame[2:] == ["DataTransfer", {"vendorId": "v", "data": text}]
        assert sent == json.dumps(frame, separators=(",", ":"), ensure_ascii=False).encode()
        assert len(frame[1]) <= 36
        await socket.send(json.dumps([3, frame[1], {"status": "Accepted"}]).encode())
        assert (await command)["status"] == "accepted"


async def test_we_do_not_probe(csms: Csms, charger: Charger) -> None:
    """lbb#1275, lbb#1099, lbb#1096, connectorio-addons#211: ABB reboots, Grizzl-E hangs: no command that nobody gave."""
    await charger.status("Available", 0)
    await charger.status("Available", 1)
    number = (await charger.start())["transactionId"]
    await charger.meter(number, 2000)
    await charger.stop(number, 3000)
    with pytest.raises(TimeoutError):
        await charger.frame(1.0)
    assert charger.heard == []


async def test_a_burst_of_chargers_never_seen_before(csms: Csms) -> None:
    """steve#2107: stations that boot within the same millisecond deadlocked, and were told so by a CALLERROR."""
    names = [f"NEW{number:02}" for number in range(50)]
    for name in names:
        await csms.charger(name)
    together = asyncio.Barrier(len(names))

    async def begin(name: str) -> list[object]:
        async with connected(csms.url, name) as one:
            await together.wait()
            booted = await one.boot(chargePointSerialNumber=name)
            states = await asyncio.gather(*(one.status("Available", number) for number in (2, 0, 1)))
            return [booted["status"], *states]

    assert await asyncio.gather(*(begin(name) for name in names)) == [["Accepted", {}, {}, {}]] * len(names)
    row = await csms.row("SELECT count(*) AS n, count(DISTINCT charger_id) AS chargers FROM connectors")
    assert tuple(row) == (150, 50)
    assert await csms.rows("SELECT * FROM ocpp_messages WHERE outcome = 'error'") == []
    assert (await csms.row("SELECT count(*) AS n FROM charger_hardware"))["n"] == 50


async def test_hardware_that_was_replaced_is_remembered(csms: Csms) -> None:
    """A new box under the old identity: both serial numbers are on record, a mere reboot adds none."""
    async with connected(csms.url, "CP1") as charger:
        for serial in ("OLD", "OLD", "NEW"):
            await charger.boot(chargePointSerialNumber=serial)
    rows = await csms.rows("SELECT serial_number FROM charger_hardware ORDER BY seen_at")
    assert [row["serial_number"] for row in rows] == ["OLD", "NEW"]


async def test_message_ids_that_repeat_after_each_reboot(csms: Csms) -> None:
    """ocpp.md, clients seen: numbering starts at 1 again, and even within one connection."""
    for _ in range(2):
        async with connected(csms.url, "CP1") as charger:
            assert (await charger.boot())["status"] == "Accepted"
            for status in ("Preparing", "Available"):
                payload = {"connectorId": 1, "errorCode": "NoError", "status": status}
                assert await charger.call("StatusNotification", payload, message_id="1") == {}
    assert (await csms.row("SELECT status FROM connectors"))["status"] == "available"
    assert (await csms.row("SELECT count(*) AS n FROM status_history"))["n"] == 4


async def test_the_state_after_a_reconnect_is_asked_for_once(database: Database, tmp_path: Path) -> None:
    """field-lessons: no StatusNotification after a reconnect. Asked for once, later, and only of who said nothing."""
    async with running(database, tmp_path, ask_status_after_s=0.3) as csms:
        await csms.charger("CP1")
        for boot, says, asked in ((True, False, 0), (False, False, 1), (False, True, 0)):
            async with connected(csms.url, "CP1", boot=boot) as charger:
                charger.answers["TriggerMessage"] = {"status": "Accepted"}
                if says:
                    await charger.status("Available", 1)
                await asyncio.sleep(2.5)
                assert [name for name, _ in charger.heard] == ["TriggerMessage"] * asked
