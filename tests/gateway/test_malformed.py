# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Malformed input: the answer of the specification's table and of decision 13, and nobody else notices (attack 12)."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.charger import Charger, connected
from tests.support.csms import Csms
from tests.support.eventually import eventually
from tests.support.raw import BINARY, RawSocket, raw

FACTS = ("connectors", "status_history", "transactions", "meter_values", "conformance_findings")
FORMATION, PROTOCOL, TYPE, PROPERTY = (
    "FormationViolation",
    "ProtocolError",
    "TypeConstraintViolation",
    "PropertyConstraintViolation",
)
STATUS = '{"connectorId":1,"errorCode":"NoError","status":"Available"}'
START = '{"connectorId":1,"idTag":"TAG","meterStart":0,"timestamp":"2026-11-23T10:00:00Z"}'
STOP = '"transactionId":1,"meterStop":5,"timestamp":"2026-11-23T11:00:00Z"'
HUGE = "9" * 5_000


@pytest.fixture
async def bad(csms: Csms) -> AsyncIterator[RawSocket]:
    """CP1 on a raw socket, booted."""
    async with raw(csms.url) as socket:
        await socket.call([2, "boot", "BootNotification", {"chargePointVendor": "A", "chargePointModel": "B"}])
        yield socket


@pytest.fixture
async def bystander(csms: Csms) -> AsyncIterator[Charger]:
    """Another charger on the same gateway."""
    await csms.charger("CP2")
    async with connected(csms.url, "CP2", boot=True) as other:
        yield other


async def unaffected(csms: Csms, bystander: Charger) -> None:
    """The other charger is served, and nothing was stored of the bad one."""
    assert not bystander.closed.is_set()
    assert (await bystander.call("Heartbeat", timeout_s=2))["currentTime"]
    for table in FACTS:
        assert await csms.rows(f"SELECT * FROM {table}") == [], table


async def still_served(socket: RawSocket, after: object) -> None:
    """The connection is up, and its next answer is the one to this: nothing else was said."""
    assert (await socket.call([2, "after", "Heartbeat", {}]))[:2] == [3, "after"], repr(after)[:100]


IGNORED = [
    b"hello",
    b"{}",
    b"null",
    b"17",
    b'"2"',
    b"[]",
    b"[2]",
    b"[3]",
    b"[4]",
    b"[2,",
    b'[2,17,"Heartbeat",{}]',
    b'[2,null,"Heartbeat",{}]',
    b'[2,["1"],"Heartbeat",{}]',
    b'[2,"' + b"x" * 37 + b'","Heartbeat",{}]',
    b'[1,"1","Heartbeat",{}]',
    b'[5,"1","GenericError","",{}]',
    b'[6,"1","Heartbeat",{}]',
    b'[99,"1",{}]',
    b'[3,"nobody asked",{}]',
    b'[4,"nobody asked","GenericError","",{}]',
    b'[3,"1"]',
    b'[3,"1",{},{}]',
    b"[" * 65 + b"]" * 65,
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'[3,"1",' + b"[" * 100_000 + b"]" * 100_000 + b"]",
    HUGE.encode(),
    b"NaN",
    b"",
    b"   ",
    b"\n",
    b"\xef\xbb\xbf[]",
    b"&lt;html&gt;",
]


async def test_what_has_no_readable_id_is_ignored(csms: Csms, bad: RawSocket, bystander: Charger) -> None:
    """1.6 has no way to answer it; unknown message types SHALL be ignored (OCPP-J 1.6 §4.1.3)."""
    for frame in IGNORED:
        await bad.send(frame)
        await still_served(bad, frame)
    await unaffected(csms, bystander)


ANSWERED = [
    ('[2,"1"]', FORMATION),
    ('[2,"1"', FORMATION),
    ('["2","1","Heartbeat",{}]', FORMATION),
    ('[null,"1","Heartbeat",{}]', FORMATION),
    ('[-1,"1",{}]', FORMATION),
    (f'[{HUGE},"1","Heartbeat",{{}}]', FORMATION),
    ('[2,"1","Heartbeat"]', FORMATION),
    ('[2,"1","Heartbeat",{},{}]', FORMATION),
    ('[2,"1",17,{}]', FORMATION),
    ('[2,"1","Heartbeat",[]]', FORMATION),
    ('[2,"1","Heartbeat",null]', FORMATION),
    ('[2,"1","Heartbeat","{}"]', FORMATION),
    ('[2,"1","Heartbeat",{"a":]', FORMATION),
    ('[2,"1","Heartbeat",{"a":NaN}]', FORMATION),
    ('[2,"1","Heartbeat",{"a":Infinity}]', FORMATION),
    ('[2,"1","StatusNotification",{"connectorId":1', FORMATION),
    ('[2,"1","FirmwareTea",{}]', "NotImplemented"),
    ('[2,"1","",{}]', "NotImplemented"),
    ('[2,"1","heartbeat",{}]', "NotImplemented"),
    ('[2,"1","TransactionEvent",{}]', "NotImplemented"),
    ('[2,"1","' + "A" * 10_000 + '",{}]', "NotImplemented"),
    ('[2,"1","Reset",{"type":"Hard"}]', "NotSupported"),
    ('[2,"1","RemoteStopTransaction",{"transactionId":1}]', "NotSupported"),
    ('[2,"1","StatusNotification",{}]', PROTOCOL),
    ('[2,"1","StatusNotification",{"connectorId":1,"errorCode":"NoError"}]', PROTOCOL),
    ('[2,"1","StartTransaction",{"connectorId":1,"idTag":"TAG","meterStart":0}]', PROTOCOL),
    ('[2,"1","BootNotification",{"chargePointVendor":"A"}]', PROTOCOL),
    ('[2,"1","Authorize",{"idTag":null}]', TYPE),
    ('[2,"1","Authorize",{"idTag":{"idToken":"TAG"}}]', TYPE),
    ('[2,"1","Authorize",{"idTag":["TAG"]}]', TYPE),
    ('[2,"1","StatusNotification",{"connectorId":true,"errorCode":"NoError","status":"Available"}]', TYPE),
    ('[2,"1","StatusNotification",{"connectorId":"one","errorCode":"NoError","status":"Available"}]', TYPE),
    ('[2,"1","StatusNotification",{"connectorId":1.5,"errorCode":"NoError","status":"Available"}]', TYPE),
    ('[2,"1","MeterValues",{"connectorId":1,"meterValue":{}}]', TYPE),
    ('[2,"1","MeterValues",{"connectorId":1,"meterValue":[1]}]', TYPE),
    ('[2,"1","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2026-11-23T10:00:00Z"}]}]', PROTOCOL),
    (f'[2,"1","StopTransaction",{{{STOP},"reason":"Boredom"}}]', PROPERTY),
    (
        f'[2,"1","StatusNotification",{{"connectorId":{HUGE},"errorCode":"NoError","status":"Available"}}]',
        FORMATION,
    ),
    (f'[2,"1","StartTransaction",{START.replace("0,", "1e400,", 1)}]', FORMATION),
    (f'[2,"1","StartTransaction",{START.replace("0,", "9223372036854775808,", 1)}]', FORMATION),
    (f'[2,"1","StartTransaction",{START.replace("0,", "-9223372036854775809,", 1)}]', FORMATION),
    ('[2,"1","Authorize",{"idTag":"A\\u0000B"}]', FORMATION),
    ('[2,"1","Authorize",{"idTag":"\\ud800"}]', FORMATION),
    ('[2,"1","DataTransfer",{"vendorId":"v","data":"\\udc00\\ud800"}]', FORMATION),
    ('[2,"1","DataTransfer",{"vendorId":"v","data":"' + "\0" + '"}]', FORMATION),
    ('[2,"1","Authorize",{"idTag":"A\nB"}]', FORMATION),
    ('[2,"1","DataTransfer",' + '{"a":' * 65 + "1" + "}" * 65 + "]", FORMATION),
    ('[2,"1","DataTransfer",' + "[" * 100_000, FORMATION),
    ('[2,"1","DataTransfer",' + '{"a":' * 100_000, FORMATION),
]


async def test_what_has_a_readable_id_is_answered(csms: Csms, bad: RawSocket, bystander: Charger) -> None:
    """One CALLERROR with the code of the table, a short description and an object of details; nothing is stored."""
    for frame, code in ANSWERED:
        await bad.send(frame.encode())
        answer = await bad.answer()
        assert answer[:3] == [4, "1", code], frame[:100]
        assert len(answer) == 5
        assert len(answer[3]) <= 255
        assert isinstance(answer[4], dict)
        await still_served(bad, frame)
    await unaffected(csms, bystander)


@pytest.mark.parametrize(
    ("data", "opcode", "code"),
    [
        (b'[2,"1","Authorize",{"idTag":"\xff\xfe"}]', 1, 1007),
        (b"\xc3(", 1, 1007),
        (b'[2,"1","Heartbeat",{}]', BINARY, 1003),
        (b"", BINARY, 1003),
        (b"[" + b" " * (1024 * 1024), 1, 1009),
    ],
    ids=["bad utf-8 in a call", "bad utf-8", "binary", "empty binary", "over 1 MiB"],
)
async def test_what_breaks_the_rules_of_the_socket_closes_it(
    csms: Csms, bad: RawSocket, bystander: Charger, data: bytes, opcode: int, code: int
) -> None:
    """Invalid UTF-8 1007, binary 1003, too large 1009; the charger comes back and is served."""
    bad.write(data, opcode)
    assert await bad.close_code() == code
    await unaffected(csms, bystander)
    bad.writer.transport.abort()
    await bad.cut()


async def test_sixteen_mebibytes_are_not_read(csms: Csms, bad: RawSocket, bystander: Charger) -> None:
    """The head of the frame says how much is to come: it is cut before it came."""
    bad.writer.write(bytes([0x81, 0x80 | 127]) + (16 * 1024 * 1024).to_bytes(8, "big") + b"\0\0\0\0" + b"[" * 70_000)
    assert await bad.close_code() == 1009
    await unaffected(csms, bystander)


async def test_duplicate_keys_are_settled_and_stored_once(csms: Csms, bad: RawSocket) -> None:
    """JSON leaves open which one counts; here the last does: one answer, one row, nothing of both."""
    payload = '{"connectorId":1,"connectorId":2,"errorCode":"NoError","status":"Faulted","status":"Available"}'
    await bad.send(f'[2,"1","StatusNotification",{payload}]'.encode())
    assert await bad.answer() == [3, "1", {}]
    assert tuple(await csms.row("SELECT connector_id, status FROM connectors")) == (2, "available")


async def test_a_message_id_of_36_characters_is_the_longest(bad: RawSocket) -> None:
    """And it comes back as it was, odd characters and all."""
    for message_id in ("x" * 36, "{\"'<>&é☃", "", " 1 "):
        assert (await bad.call([2, message_id, "Heartbeat", {}]))[:2] == [3, message_id]


async def test_what_was_malformed_is_kept_for_the_operator(csms: Csms, bad: RawSocket) -> None:
    """In the OCPP log with its code, cut and harmless."""
    await bad.send(b"not json at all")
    await bad.send(b'[2,"7","Authorize",{"idTag":"A\\u0000B"}]')
    assert (await bad.answer())[2] == FORMATION
    assert (await bad.call([2, "8", "Nonsense", {"a": 1}]))[2] == "NotImplemented"

    async def kept() -> list[tuple[str, str, str]]:
        rows = await csms.rows("SELECT message_id, action, error_code FROM ocpp_messages WHERE outcome = 'error'")
        return sorted(tuple(row) for row in rows) if len(rows) == 3 else []

    assert await eventually(kept) == [
        ("-1", "", FORMATION),
        ("7", "", FORMATION),
        ("8", "Nonsense", "NotImplemented"),
    ]


INT64 = 2**63 - 1


def _start(**changes: Any) -> dict[str, Any]:
    return {**json.loads(START), **changes}


def _stop(**changes: Any) -> dict[str, Any]:
    return {"transactionId": 1, "meterStop": 5, "timestamp": "2026-11-23T11:00:00Z", **changes}


def _meter(**changes: Any) -> dict[str, Any]:
    value = {"timestamp": "2026-11-23T10:30:00Z", "sampledValue": [{"value": "1"}]}
    return {"connectorId": 1, "meterValue": [value], **changes}


def _status(connector: int) -> dict[str, Any]:
    return {**json.loads(STATUS), "connectorId": connector}


def _sampled(*values: dict[str, str]) -> dict[str, Any]:
    return _meter(meterValue=[{"timestamp": "2026-11-23T10:30:00Z", "sampledValue": list(values)}])


NO_CONNECTORS = [
    *(("StatusNotification", _status(number)) for number in (99_999, 32_768, 2**31, 2**40, INT64, -1, -(2**40))),
    *(("MeterValues", _meter(connectorId=number)) for number in (99_999, 2**40, -1)),
    *(("StartTransaction", _start(connectorId=number)) for number in (99_999, 2**40, -1)),
]


async def test_connectors_that_cannot_be_are_refused(csms: Csms, bad: RawSocket, bystander: Charger) -> None:
    """No charger has a connector 99,999 or -1: a bad value, said at once, and no other charger waits for it."""
    for action, payload in NO_CONNECTORS:
        answer = await bad.call([2, "1", action, payload])
        assert answer[:3] == [4, "1", PROPERTY], (action, payload)
        await still_served(bad, payload)
    await unaffected(csms, bystander)


DOUBTFUL = [
    *(("StartTransaction", _start(reservationId=number)) for number in (2**31, 2**40, INT64, -INT64)),
    *(("StartTransaction", _start(meterStart=number)) for number in (10**15, INT64, -INT64)),
    *(("StartTransaction", _start(connectorId=number)) for number in (0, 32_767)),
    *(("StopTransaction", _stop(transactionId=number)) for number in (0, -1, 2**31, 2**40, INT64, -INT64)),
    *(("StopTransaction", _stop(meterStop=number)) for number in (10**15, INT64, -INT64)),
    *(("MeterValues", _meter(transactionId=number)) for number in (0, -1, 2**31, 2**40, INT64, -INT64)),
    ("MeterValues", _meter(connectorId=32_767)),
    ("MeterValues", _sampled({"value": "999999999999999", "unit": "kWh"})),
    ("MeterValues", _sampled({"value": "-999999999999999", "unit": "kWh"})),
    ("MeterValues", _sampled({"value": "999999999999999.9999"})),
    ("MeterValues", _sampled(*({"value": "999999999999999", "phase": f"L{n}"} for n in (1, 2, 3)))),
    ("MeterValues", _sampled({"value": "1e999999999"}, {"value": "1e-999999999"}, {"value": "9" * 5_000})),
    ("MeterValues", _sampled({"value": "NaN"}, {"value": "-Infinity"}, {"value": ""}, {"value": "0x1F"})),
    ("StatusNotification", {**json.loads(STATUS), "timestamp": "0001-01-01T00:00:00+14:00"}),
    ("StatusNotification", {**json.loads(STATUS), "timestamp": "9999-12-31T23:59:59-14:00"}),
    ("StatusNotification", {**json.loads(STATUS), "timestamp": "0001-01-01T00:00:00Z"}),
    ("StatusNotification", {**json.loads(STATUS), "timestamp": "9999-12-31T23:59:59Z"}),
    ("StartTransaction", _start(timestamp="0001-01-01T00:00:00Z")),
    ("StartTransaction", _start(timestamp="9999-12-31T23:59:59Z")),
    ("StopTransaction", _stop(timestamp="0001-01-01T00:00:00Z")),
    ("StopTransaction", _stop(timestamp="not a time")),
]


async def test_numbers_beyond_our_columns_are_stored_in_doubt(bad: RawSocket, bystander: Charger) -> None:
    """A fact is never refused for a figure that nobody believes: answered by a result, in 2 s, and others go on."""
    for action, payload in DOUBTFUL:
        answer, beat = await asyncio.gather(
            asyncio.wait_for(bad.call([2, "1", action, payload]), 2), bystander.call("Heartbeat", timeout_s=2)
        )
        assert answer[:2] == [3, "1"], (action, payload, answer)
        assert beat["currentTime"]
        await still_served(bad, payload)
