# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Who is let in, and what the others are told (decisions 11, 12; attacks 1-3, 10, 11)."""

import asyncio
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.charger import basic, connected
from tests.support.csms import Csms, running
from tests.support.postgres import Database
from tests.support.raw import CLOSE, Reply, knock, raw, request

SECRET = "correct horse battery staple"


def _without_date(reply: Reply) -> tuple[int, dict[str, str], bytes]:
    return reply.status, {name: value for name, value in reply.headers.items() if name != "date"}, reply.body


async def test_the_refused_learn_nothing(csms: Csms) -> None:
    """No credential or a wrong one, known, unknown or retired: one answer, to the byte."""
    await csms.charger("SAFE", password=SECRET)
    await csms.charger("GONE", password=SECRET)
    await csms.sql.execute("UPDATE chargers SET retired_at = now() WHERE id = 'GONE'")
    replies = [
        await knock(csms.url, "/ocpp/SAFE"),
        await knock(csms.url, "/ocpp/SAFE", basic("SAFE", "wrong")),
        await knock(csms.url, "/ocpp/SAFE", {"Authorization": "Bearer " + SECRET}),
        await knock(csms.url, "/ocpp/SAFE", {"Authorization": "Basic !!!"}),
        await knock(csms.url, "/ocpp/SAFE", basic("OTHER", SECRET)),
        await knock(csms.url, "/ocpp/SAFE", basic("SAFE", "")),
        await knock(csms.url, "/ocpp/NOBODY"),
        await knock(csms.url, "/ocpp/NOBODY", basic("NOBODY", SECRET)),
        await knock(csms.url, "/ocpp/GONE", basic("GONE", SECRET)),
    ]
    assert replies[0].status == 401
    assert replies[0].headers["www-authenticate"] == 'Basic realm="OCPP"'
    assert {str(_without_date(reply)) for reply in replies} == {str(_without_date(replies[0]))}
    assert await csms.rows("SELECT * FROM charger_connections") == []
    assert await csms.rows("SELECT * FROM chargers WHERE id = 'NOBODY'") == []


async def test_one_that_hangs_up_while_it_is_looked_up_is_no_error(
    csms: Csms, caplog: pytest.LogCaptureFixture
) -> None:
    """Chargers lose patience while a database is slow: nothing failed, and they are counted."""
    async with csms.sql.transaction():
        await csms.sql.execute("LOCK TABLE chargers IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3), connected(csms.url, "CP1"):
                raise AssertionError("it was let in")
    async with connected(csms.url, "CP1", boot=True):
        pass
    assert csms.application.kit is not None
    metrics = csms.application.kit.metrics.render().decode()
    assert 'csms_handshake_refusals_total{reason="hung_up"} 1.0' in metrics
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_retired_charger_of_profile_0_is_refused(csms: Csms) -> None:
    """Profile 0 asks for no secret, but retired is retired."""
    await csms.sql.execute("UPDATE chargers SET retired_at = now() WHERE id = 'CP1'")
    assert (await knock(csms.url, "/ocpp/CP1")).status == 401


async def test_the_secret_opens_in_any_letter_case_of_the_identity(csms: Csms) -> None:
    """The stored spelling is the one that counts afterwards."""
    await csms.charger("Safe-1", password=SECRET)
    async with connected(csms.url, "SAFE-1", password=SECRET, user="safe-1", boot=True):
        row = await csms.row("SELECT charger_id, online, epoch FROM charger_connections")
    assert tuple(row) == ("Safe-1", True, 1)


@pytest.mark.parametrize("target", ["/ocpp/", "/ocpp/..", "/ocpp/%2e%2e", "/ocpp/../etc/a%2fb", "/ocpp/a%00b"])
async def test_malformed_identities_are_not_found(csms: Csms, target: str) -> None:
    """404 is for paths that name no charger at all, and none of them is one."""
    reply = await knock(csms.url, target)
    assert reply.status == 404
    assert await csms.rows("SELECT * FROM security_events") == []


@pytest.mark.parametrize("target", ["/ocpp/a%0Ab", "/ocpp/" + "x" * 300, "/ocpp/a:b", "/ocpp/%FF", "/elsewhere"])
async def test_odd_paths_are_not_found(csms: Csms, target: str) -> None:
    """A newline, 300 characters, a colon, bytes that are no text, another place."""
    assert (await knock(csms.url, target)).status == 404


async def test_markup_names_no_charger(csms: Csms) -> None:
    """An identity is shown to people: <script> is none (attack 11)."""
    assert (await knock(csms.url, "/ocpp/%3Cscript%3E")).status == 404


async def test_a_browser_is_told_to_upgrade(csms: Csms) -> None:
    """A plain GET gets 426 with the header that RFC 9110 asks for."""
    socket = await request(csms.url, "/ocpp/CP1", {})
    assert (socket.reply.status, socket.reply.headers["upgrade"]) == (426, "websocket")
    socket.writer.close()


async def test_a_broken_handshake_is_a_bad_request(csms: Csms) -> None:
    """The right charger with a WebSocket version from the future."""
    assert (await knock(csms.url, "/ocpp/CP1", {"Sec-WebSocket-Version": "99"})).status == 400
    async with connected(csms.url, "CP1", boot=True):
        pass


async def test_guesses_are_slowed_and_the_right_secret_is_not(csms: Csms) -> None:
    """Ten wrong ones are answered 401, the rest 429; the charger itself comes in all the same (attack 3)."""
    await csms.charger("SAFE", password=SECRET)
    guesses = [knock(csms.url, "/ocpp/SAFE", basic("SAFE", f"guess {number}")) for number in range(15)]
    statuses = sorted(reply.status for reply in await asyncio.gather(*guesses))
    assert statuses == [401] * 10 + [429] * 5
    throttled = await knock(csms.url, "/ocpp/NOBODY")
    assert (throttled.status, throttled.headers["retry-after"]) == (429, "60")
    async with connected(csms.url, "SAFE", password=SECRET) as charger:
        assert (await charger.boot())["status"] == "Accepted"
    rows = await csms.rows("SELECT charger_id, kind, address FROM security_events")
    assert {tuple(row) for row in rows} == {("SAFE", "wrong_secret", "127.0.0.1")}


async def test_profile_0_asks_for_nothing_and_minds_nothing(csms: Csms) -> None:
    """Chargers send a Basic header though nobody asked for it."""
    async with connected(csms.url, "CP1") as charger:
        assert (await charger.boot())["status"] == "Accepted"
    async with connected(csms.url, "CP1", password="whatever") as charger:
        assert (await charger.call("Heartbeat"))["currentTime"]
    assert await csms.rows("SELECT * FROM security_events") == []


@pytest.mark.parametrize("identity", ["Charger 1", "Säule-7", "A+B@C*|=", "100%"])
async def test_percent_encoded_identities_are_decoded(csms: Csms, identity: str) -> None:
    """core#1093."""
    await csms.charger(identity)
    async with connected(csms.url, identity, boot=True):
        row = await csms.row("SELECT charger_id FROM charger_connections")
    assert row["charger_id"] == identity


@pytest.mark.parametrize("target", ["/ocpp/CP1/", "/ocpp/CP1/CP1", "/ocpp/fleet/7/CP1", "/ocpp/CP1?token=x"])
async def test_segments_of_the_chargers_own_are_passed_over(csms: Csms, target: str) -> None:
    """steve#689: the last segment is the identity."""
    async with raw(csms.url, target) as socket:
        assert socket.reply.status == 101
        answer = await socket.call([2, "1", "BootNotification", {"chargePointVendor": "A", "chargePointModel": "B"}])
    assert answer[2]["status"] == "Accepted"


@pytest.mark.parametrize(
    ("offered", "agreed"),
    [
        ("ocpp1.6", "ocpp1.6"),
        ("ocpp2.0, ocpp1.6", "ocpp1.6"),
        ("ocpp1.5,ocpp1.6,ocpp2.1", "ocpp1.6"),
        ("ocpp2.0.1, ocpp1.6", "ocpp2.0.1"),
        ("ocpp2.1,ocpp2.0.1,ocpp1.6", "ocpp2.1"),
    ],
)
async def test_the_version_in_common_is_agreed(csms: Csms, offered: str, agreed: str) -> None:
    """The charger's order decides; a probe before does not pin anything (lbb#2008)."""
    async with raw(csms.url, protocols="ocpp2.0") as probe:
        assert await probe.close_code() == 1002
    async with raw(csms.url, protocols=offered) as socket:
        assert socket.reply.headers["sec-websocket-protocol"] == agreed
        assert (await socket.call([2, "1", "Heartbeat", {}]))[2] == "SecurityError"


@pytest.mark.parametrize("offered", ["ocpp2.0", "ocpp1.60", "ocpp1.5", "foo, bar", "OCPP1.6", ""])
async def test_none_agreed_is_said_after_the_handshake(csms: Csms, offered: str) -> None:
    """OCPP-J 1.6 §3.2: complete the handshake without the header, then close; nothing is served in between."""
    async with raw(csms.url, protocols=offered) as socket:
        assert socket.reply.status == 101
        assert "sec-websocket-protocol" not in socket.reply.headers
        opcode, data = await socket.receive()
        assert (opcode, int.from_bytes(data[:2], "big")) == (CLOSE, 1002)
    assert await csms.rows("SELECT * FROM charger_connections") == []


async def test_a_missing_subprotocol_is_closed_without_a_default(csms: Csms) -> None:
    """Nothing says which OCPP it speaks."""
    async with raw(csms.url, protocols=None) as socket:
        assert socket.reply.status == 101
        assert await socket.close_code() == 1002


async def test_a_missing_subprotocol_is_served_with_a_default(csms: Csms) -> None:
    """lbb#442: set per charger. The answer offers no header, since none was asked for; a wrong one is still refused."""
    await csms.charger("MUTE", default_protocol="ocpp1.6")
    boot = [2, "1", "BootNotification", {"chargePointVendor": "A", "chargePointModel": "B"}]
    async with raw(csms.url, "/ocpp/MUTE", protocols=None) as socket:
        assert "sec-websocket-protocol" not in socket.reply.headers
        assert (await socket.call(boot))[2]["status"] == "Accepted"
    async with raw(csms.url, "/ocpp/MUTE", protocols="ocpp2.0") as socket:
        assert await socket.close_code() == 1002


async def test_large_messages_close_with_1009(database: Database, tmp_path: Path) -> None:
    """The limit is the operator's; the largest message allowed passes, one byte more closes."""
    async with running(database, tmp_path, max_message_bytes=1024) as csms:
        await csms.charger("CP1")
        head, tail = b'[2,"1","DataTransfer",{"vendorId":"v","data":"', b'"}]'
        fits = head + b"x" * (1024 - len(head) - len(tail)) + tail
        async with raw(csms.url) as socket:
            await socket.call([2, "0", "BootNotification", {"chargePointVendor": "A", "chargePointModel": "B"}])
            await socket.send(fits)
            assert (await socket.answer())[:2] == [3, "1"]
            await socket.send(fits[: -len(tail)] + b"x" + tail)
            assert await socket.close_code() == 1009


async def test_endless_fragments_close_with_1009(database: Database, tmp_path: Path) -> None:
    """The limit counts the whole message, not its frames (attack 13)."""
    async with running(database, tmp_path, max_message_bytes=4096) as csms:
        await csms.charger("CP1")
        async with raw(csms.url) as socket:
            await socket.send(b"[2,", final=False)
            for _ in range(5):
                await socket.send(b" " * 1000, 0, final=False)
            assert await socket.close_code() == 1009


async def test_compression_is_not_negotiated(csms: Csms) -> None:
    """No deflate, so no deflate bomb; a 1.6 charger that offers it goes on without."""
    offered = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    async with raw(csms.url, headers=offered) as socket:
        assert "sec-websocket-extensions" not in socket.reply.headers
        assert socket.reply.status == 101


async def test_a_hundred_strangers_create_nothing(csms: Csms) -> None:
    """Closed onboarding: no row is made for an identity that nobody provisioned (attack 1)."""
    replies = await asyncio.gather(*(knock(csms.url, f"/ocpp/{quote(f'ghost {number}')}") for number in range(100)))
    assert {reply.status for reply in replies} == {401, 429}
    for table in ("pending_chargers", "charger_connections", "security_events", "ocpp_messages"):
        assert await csms.rows(f"SELECT * FROM {table}") == []
    assert len(await csms.rows("SELECT * FROM chargers")) == 1
