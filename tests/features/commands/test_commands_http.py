# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Commands over HTTP, down to the charger's socket and back."""

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from csms.dialects.v16.dialect import V16
from csms.domain.commands import tag_of
from csms.features.commands.bodies import KINDS
from csms.features.commands.schemas import CommandItem
from csms.kit.ids import new_id
from tests.api.contract import document_of
from tests.features.commands.obeyed_16 import NOT_IN_16, OBEYED_16, Case
from tests.features.whole import Whole
from tests.features.whole import whole as open_whole
from tests.support.charger import CallError, Charger, connected
from tests.support.eventually import eventually
from tests.support.postgres import Database

COMMANDS = "/api/v1/chargers/CP1/commands"
ACCEPTED = {"status": "Accepted"}

# body, action, payload on the wire, answer of the charger, what becomes of it
OBEYED: list[Case] = [
    (
        {"type": "start_transaction", "token": "TAG", "connector_id": 2},
        "RemoteStartTransaction",
        {"idTag": "TAG", "connectorId": 2},
        ACCEPTED,
        ("accepted", None),
    ),
    (
        {"type": "start_transaction", "id_tag": "TAG"},
        "RemoteStartTransaction",
        {"idTag": "TAG"},
        ACCEPTED,
        ("accepted", None),
    ),
    (
        {"type": "stop_transaction", "transaction_id": 7},
        "RemoteStopTransaction",
        {"transactionId": 7},
        ACCEPTED,
        ("accepted", None),
    ),
    ({"type": "reset"}, "Reset", {"type": "Soft"}, ACCEPTED, ("accepted", None)),
    ({"type": "reset", "kind": "Hard"}, "Reset", {"type": "Hard"}, ACCEPTED, ("accepted", None)),
    (
        {"type": "unlock", "connector_id": 1},
        "UnlockConnector",
        {"connectorId": 1},
        {"status": "Unlocked"},
        ("accepted", None),
    ),
    (
        {"type": "change_availability", "operative": False},
        "ChangeAvailability",
        {"connectorId": 0, "type": "Inoperative"},
        {"status": "Scheduled"},
        ("accepted", "scheduled: it happens when the transaction ends"),
    ),
    (
        {"type": "change_availability", "operative": True, "connector_id": 2},
        "ChangeAvailability",
        {"connectorId": 2, "type": "Operative"},
        ACCEPTED,
        ("accepted", None),
    ),
    (
        {"type": "get_configuration", "keys": ["A", "B"]},
        "GetConfiguration",
        {"key": ["A", "B"]},
        {"configurationKey": [{"key": "A", "readonly": False, "value": "1"}], "unknownKey": ["B"]},
        ("accepted", "unknown to the charger: B"),
    ),
    ({"type": "get_configuration"}, "GetConfiguration", {}, {"configurationKey": []}, ("accepted", None)),
    (
        {"type": "change_configuration", "key": "A", "value": ""},
        "ChangeConfiguration",
        {"key": "A", "value": ""},
        {"status": "RebootRequired"},
        ("accepted", "takes effect after a restart of the charger"),
    ),
    ({"type": "clear_cache"}, "ClearCache", {}, ACCEPTED, ("accepted", None)),
    (
        {"type": "data_transfer", "vendor_id": "acme", "message_id": "m", "data": "d"},
        "DataTransfer",
        {"vendorId": "acme", "messageId": "m", "data": "d"},
        {"status": "Accepted", "data": "back"},
        ("accepted", None),
    ),
    (
        {"type": "trigger_message", "message": "StatusNotification", "connector_id": 1},
        "TriggerMessage",
        {"requestedMessage": "StatusNotification", "connectorId": 1},
        ACCEPTED,
        ("accepted", None),
    ),
    (
        {"type": "call", "action": "GetLocalListVersion"},
        "GetLocalListVersion",
        {},
        {"listVersion": 3},
        ("accepted", None),
    ),
    (
        {"type": "call", "action": "CancelReservation", "payload": {"reservationId": 4}},
        "CancelReservation",
        {"reservationId": 4},
        {"status": "Rejected"},
        ("rejected", "Rejected"),
    ),
]


async def test_each_command_reaches_the_charger(whole: Whole, charger: Charger) -> None:
    """Every type: its own action and fields on the wire, the charger's answer kept as it came."""
    for body, action, payload, answer, expected in [*OBEYED, *OBEYED_16]:
        charger.heard.clear()
        charger.answers[action] = answer
        found = await whole.command(body)
        assert charger.heard == [(action, payload)], body
        assert (found["status"], found["reason"], found["result"]) == (*expected, answer), body
        assert (found["type"], found["charger_id"], found["actor_name"]) == (body["type"], "CP1", "admin")
        assert found["sent_at"] <= found["finished_at"] <= found["expires_at"]
    assert {body["type"] for body, *_ in [*OBEYED, *OBEYED_16]} >= {tag_of(kind) for kind in V16.outbound}
    entries = V16.outbound.values()
    assert {action for _, action, *_ in [*OBEYED, *OBEYED_16]} >= {
        name for e in entries for name in (e.action, *e.also)
    }
    document = document_of(whole.app)["components"]["schemas"]
    promised = {
        schema["properties"]["type"]["const"]
        for name, schema in document.items()
        if name.endswith("Body") and "const" in schema.get("properties", {}).get("type", {})
    }
    assert promised == {tag_of(kind) for kind in KINDS}


REFUSED: list[tuple[dict[str, Any], str, Any, tuple[str, str | None]]] = [
    (
        {"type": "start_transaction", "token": "TAG"},
        "RemoteStartTransaction",
        {"status": "Rejected"},
        ("rejected", None),
    ),
    (
        {"type": "stop_transaction", "transaction_id": 7},
        "RemoteStopTransaction",
        {"status": "Rejected"},
        ("rejected", None),
    ),
    ({"type": "reset"}, "Reset", {"status": "Rejected"}, ("rejected", None)),
    (
        {"type": "unlock", "connector_id": 1},
        "UnlockConnector",
        {"status": "UnlockFailed"},
        ("rejected", "the connector could not be unlocked"),
    ),
    (
        {"type": "unlock", "connector_id": 1},
        "UnlockConnector",
        {"status": "NotSupported"},
        ("not_supported", "the charger has no such connector lock"),
    ),
    (
        {"type": "change_availability", "operative": True},
        "ChangeAvailability",
        {"status": "Rejected"},
        ("rejected", None),
    ),
    (
        {"type": "get_configuration", "keys": ["Z"]},
        "GetConfiguration",
        {"unknownKey": ["Z"]},
        ("not_supported", "unknown to the charger: Z"),
    ),
    (
        {"type": "change_configuration", "key": "Z", "value": "1"},
        "ChangeConfiguration",
        {"status": "NotSupported"},
        ("not_supported", "the charger does not know this key"),
    ),
    ({"type": "clear_cache"}, "ClearCache", {"status": "Rejected"}, ("rejected", None)),
    (
        {"type": "data_transfer", "vendor_id": "acme"},
        "DataTransfer",
        {"status": "UnknownVendorId"},
        ("rejected", "UnknownVendorId"),
    ),
    (
        {"type": "trigger_message", "message": "heartbeat"},
        "TriggerMessage",
        {"status": "NotImplemented"},
        ("not_supported", "the charger cannot be asked for that message"),
    ),
]


async def test_what_the_charger_refuses(whole: Whole, charger: Charger) -> None:
    """Its No is the outcome, with the reason in words where the answer has one."""
    for body, action, answer, expected in REFUSED:
        charger.answers[action] = answer
        found = await whole.command(body)
        assert (found["status"], found["reason"], found["result"]) == (*expected, answer), body


ODD: list[tuple[Any, str, str]] = [
    (CallError("NotImplemented", "no idea", {}), "not_supported", "NotImplemented"),
    (CallError("NotSupported", "", {}), "not_supported", "NotSupported"),
    (CallError("InternalError", "out of memory", {}), "error", "out of memory"),
    (CallError("MadeUp", "who knows", {}), "error", "MadeUp"),
    ({"status": "Perhaps"}, "error", "Perhaps"),
    ({}, "error", "malformed"),
    ({"status": "Accepted\0"}, "error", ""),
    ({"status": 5}, "error", ""),
]


async def test_answers_that_are_none(whole: Whole, charger: Charger) -> None:
    """A CALLERROR, or a result that says nothing that is known: an outcome all the same, and its reason."""
    for answer, status, word in ODD:
        charger.answers["Reset"] = answer
        found = await whole.command({"type": "reset"})
        assert found["status"] == status, (answer, found)
        assert word in found["reason"], (answer, found)


async def test_offline_is_told_at_once(whole: Whole) -> None:
    """Nothing waits for a charger that is not there, and nothing is sent when it comes."""
    found = await whole.command({"type": "reset"})
    assert (found["status"], found["reason"]) == ("unreachable", "the charger is not connected")
    assert found["result"] is None
    async with connected(whole.csms.url, "CP1", boot=True) as late:
        await late.call("Heartbeat")
        assert late.heard == []


async def test_a_queued_command_waits_for_its_charger(whole: Whole) -> None:
    """Nothing is lost while the charger is away; when it has booted, all is sent in the order in which it was given."""
    path = f"{COMMANDS}?queue=3600"
    keys = [
        (await whole.client.post(path, json={"type": "change_configuration", "key": "A", "value": value})).json()["id"]
        for value in ("1", "2", "3")
    ]

    async def waits() -> bool:
        found = await whole.items("/api/v1/commands", queued="true", status="pending")
        return [item["reason"] for item in found] == ["waits until the charger is connected"] * 3

    await eventually(waits)
    worker = whole.csms.application.worker
    assert worker is not None
    await worker._sweeps[0]()
    async with connected(whole.csms.url, "CP1") as late:
        late.answers["ChangeConfiguration"] = ACCEPTED
        await worker._sweeps[0]()
        assert late.heard == []
        await late.boot()
        await worker._sweeps[0]()

        async def done() -> bool:
            return len(await whole.items("/api/v1/commands", status="accepted")) == 3

        await eventually(done)
        assert [payload["value"] for _, payload in late.heard] == ["1", "2", "3"]
        assert {item["id"] for item in await whole.items("/api/v1/commands")} == {*keys}


async def test_a_queued_command_ends_with_its_time(whole: Whole) -> None:
    """It is told as expired, and never sent after that."""
    queued = (await whole.client.post(f"{COMMANDS}?queue=100", json={"type": "reset"})).json()

    async def waits() -> bool:
        return (await whole.client.get(f"{COMMANDS}/{queued['id']}")).json()["reason"] is not None

    await eventually(waits)
    await whole.csms.sql.execute("UPDATE commands SET expires_at = now() - interval '1 s'")
    worker = whole.csms.application.worker
    assert worker is not None
    await worker._sweeps[0]()
    found = (await whole.client.get(f"{COMMANDS}/{queued['id']}")).json()
    assert (found["status"], found["queued"]) == ("expired", True)
    async with connected(whole.csms.url, "CP1", boot=True) as late:
        await worker._sweeps[0]()
        await late.call("Heartbeat")
        assert late.heard == []


async def test_what_cannot_wait(whole: Whole) -> None:
    """A secret is not kept; waiting has bounds."""
    secret = {"type": "change_configuration", "key": "AuthorizationKey", "value": "0123456789abcdef"}
    answer = await whole.client.post(f"{COMMANDS}?queue=60", json=secret)
    assert (answer.status_code, "secret is not kept" in answer.text) == (400, True)
    for queue in ("-1", "604801", "soon"):
        assert (await whole.client.post(f"{COMMANDS}?queue={queue}", json={"type": "reset"})).status_code == 422
    assert await whole.items("/api/v1/commands") == []


async def test_what_a_charger_can_be_asked_for(whole: Whole) -> None:
    """By the version that it spoke last; before its first connection only a raw call is sure."""
    path = "/api/v1/chargers/CP1/capabilities"
    assert (await whole.client.get(path)).json() == {"protocol": None, "commands": ["call"]}
    async with connected(whole.csms.url, "CP1", boot=True):
        found = (await whole.client.get(path)).json()
    assert found["protocol"] == "ocpp1.6"
    assert set(found["commands"]) == V16.capabilities
    assert await whole.refused("GET", "/api/v1/chargers/NOBODY/capabilities") == (404, "charger_not_found")


async def test_no_answer_is_an_outcome(database: Database, tmp_path: Path) -> None:
    """After the call timeout; the charger may have done it, so its reason does not say it did not."""
    async with (
        open_whole(database, tmp_path, call_timeout_s=1.0) as whole,
        connected(whole.csms.url, "CP1", boot=True) as silent,
    ):
        found = await whole.command({"type": "reset"})
        assert silent.heard == [("Reset", {"type": "Soft"})]
        assert (found["status"], found["reason"], found["result"]) == ("timed_out", "no answer within 1 s", None)


async def test_hung_up_before_the_answer(whole: Whole) -> None:
    """Whoever waits is told when the connection ends, not when the patience does."""
    async with connected(whole.csms.url, "CP1", boot=True) as charger:
        waiting = asyncio.create_task(whole.command({"type": "reset"}))
        await charger.heard_action("Reset")
        await charger.close()
    found = await asyncio.wait_for(waiting, 10)
    assert (found["status"], found["reason"]) == ("unreachable", "the connection ended before the charger answered")


async def test_before_the_boot_nothing_is_asked(whole: Whole) -> None:
    """Rejected here, with the reason; the socket stays silent."""
    async with connected(whole.csms.url, "CP1") as charger:
        found = await whole.command({"type": "reset"})
        assert (found["status"], found["reason"]) == ("rejected", "the charger's boot is not accepted yet")
        await charger.boot()
        assert charger.heard == []


async def test_not_waited_for(whole: Whole, charger: Charger) -> None:
    """202 at once with the address of the command; there it is pending, then closed."""
    answer = await whole.client.post(COMMANDS, json={"type": "reset"})
    assert answer.status_code == 202
    command = answer.json()
    assert command["status"] == "pending"
    path = answer.headers["location"]
    assert path == f"{COMMANDS}/{command['id']}"
    await charger.heard_action("Reset")
    still = (await whole.client.get(path)).json()
    assert (still["status"], still["finished_at"]) == ("pending", None)
    assert still["sent_at"] is not None


async def test_waited_too_short(whole: Whole, charger: Charger) -> None:
    """202 again when the patience ends first: the command goes on."""
    answer = await whole.client.post(COMMANDS, json={"type": "reset"}, params={"wait": 0.2})
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    for wait in ("-1", "61", "long", "nan", "inf"):
        assert await whole.refused("POST", COMMANDS, json={"type": "reset"}, params={"wait": wait}) == (
            422,
            "invalid_body",
        )
    assert len(await whole.items("/api/v1/commands")) == 1


BODIES: list[tuple[Any, str]] = [
    ({}, "body"),
    ([], "body"),
    ({"type": "fly"}, "body"),
    ({"type": "unlock"}, "body.unlock.connector_id"),
    ({"type": "unlock", "connector_id": 0}, "body.unlock.connector_id"),
    ({"type": "unlock", "connector_id": 32_768}, "body.unlock.connector_id"),
    ({"type": "unlock", "connector_id": "one"}, "body.unlock.connector_id"),
    ({"type": "unlock", "connector_id": 1, "force": True}, "body.unlock.force"),
    ({"type": "start_transaction"}, "body.start_transaction.token"),
    ({"type": "start_transaction", "token": "x" * 256}, "body.start_transaction.token"),
    ({"type": "stop_transaction", "transaction_id": 0}, "body.stop_transaction.transaction_id"),
    ({"type": "stop_transaction", "transaction_id": 2**31}, "body.stop_transaction.transaction_id"),
    ({"type": "reset", "kind": "warm"}, "body.reset.kind"),
    ({"type": "change_availability"}, "body.change_availability.operative"),
    ({"type": "change_availability", "operative": True, "connector_id": -1}, "body.change_availability.connector_id"),
    ({"type": "get_configuration", "keys": ["A", ""]}, "body.get_configuration.keys.1"),
    ({"type": "get_configuration", "keys": ["A"] * 501}, "body.get_configuration.keys"),
    ({"type": "change_configuration", "key": "A"}, "body.change_configuration.value"),
    ({"type": "change_configuration", "key": "A", "value": 1}, "body.change_configuration.value"),
    ({"type": "change_configuration", "key": "A", "value": "x" * 2_501}, "body.change_configuration.value"),
    ({"type": "clear_cache", "now": True}, "body.clear_cache.now"),
    ({"type": "data_transfer"}, "body.data_transfer.vendor_id"),
    ({"type": "data_transfer", "vendor_id": "a", "data": json.loads("[" * 65 + "]" * 65)}, "body.data_transfer.data"),
    ({"type": "trigger_message", "message": "sing"}, "body.trigger_message.message"),
    ({"type": "call"}, "body.call.action"),
    ({"type": "call", "action": "Reset; DROP"}, "body.call.action"),
    ({"type": "call", "action": "Reset", "payload": []}, "body.call.payload"),
    ({"type": "call", "action": "Reset", "payload": json.loads('{"a":[' * 33 + "]}" * 33)}, "body.call.payload"),
    ({"type": "call", "action": "Reset", "payload": json.loads('{"a":' * 300 + "1" + "}" * 300)}, "body.call.payload"),
]


async def test_bodies_that_do_not_fit(whole: Whole) -> None:
    """422 names the field, does not repeat what was sent, and nothing is stored."""
    for body, path in BODIES:
        errors = await whole.errors("POST", COMMANDS, json=body)
        assert any(error["path"].startswith(path) for error in errors), (body, errors)
        assert all(error["message"] for error in errors)
    assert await whole.csms.rows("SELECT 1 FROM commands") == []


async def test_calls_are_held_to_the_schema(whole: Whole, charger: Charger) -> None:
    """Outgoing messages always satisfy it: what does not is told, and never sent."""
    for body, word in (
        ({"type": "call", "action": "Reset", "payload": {"type": "Warm"}}, "type"),
        ({"type": "call", "action": "Reset", "payload": {}}, "type"),
        ({"type": "call", "action": "Reset", "payload": {"type": "Soft", "extra": 1}}, "extra"),
        ({"type": "call", "action": "Fly"}, "Fly"),
        ({"type": "call", "action": "BootNotification"}, "BootNotification"),
    ):
        found = await whole.command(body)
        assert found["status"] == "not_supported", found
        assert word in found["reason"], found
    assert charger.heard == []


async def test_what_a_charger_cannot_do_on_the_wire(whole: Whole, charger: Charger) -> None:
    """Longer than OCPP 1.6 allows: told, never cut off in silence."""
    for body in (
        {"type": "start_transaction", "token": "x" * 21},
        {"type": "change_configuration", "key": "x" * 51, "value": "1"},
        {"type": "change_configuration", "key": "A", "value": "x" * 501},
        {"type": "data_transfer", "vendor_id": "a", "message_id": "x" * 51},
    ):
        found = await whole.command(body)
        assert found["status"] == "not_supported", (body, found)
        assert found["reason"]
    assert charger.heard == []


async def test_what_only_later_versions_can_say(whole: Whole, charger: Charger) -> None:
    """Refused with the reason rather than left out of the message."""
    for body, word in NOT_IN_16:
        found = await whole.command(body)
        assert found["status"] == "not_supported", (body, found)
        assert word in found["reason"], (body, found)
    assert charger.heard == []


async def test_unknown_chargers_and_commands(whole: Whole, charger: Charger) -> None:
    """404; another charger's command is not this one's; a retired charger takes no command."""
    body = {"json": {"type": "reset"}}
    assert await whole.refused("POST", "/api/v1/chargers/NOBODY/commands", **body) == (404, "charger_not_found")
    command = (await whole.client.post(COMMANDS, **body)).json()["id"]
    await whole.csms.charger("CP2")
    assert (await whole.client.get(f"/api/v1/chargers/cp1/commands/{command}")).json()["id"] == command
    for path in (f"/api/v1/chargers/CP2/commands/{command}", f"{COMMANDS}/{new_id()}"):
        status, _ = await whole.refused("GET", path)
        assert status == 404
    assert await whole.refused("GET", f"{COMMANDS}/one") == (422, "invalid_body")
    assert (await whole.client.delete("/api/v1/chargers/CP2")).status_code == 204
    assert await whole.refused("POST", "/api/v1/chargers/CP2/commands", **body) == (404, "charger_not_found")


async def test_transactions_to_stop(whole: Whole, charger: Charger) -> None:
    """By number or by id; an id that is not this charger's is 404 and nothing is sent."""
    number = (await charger.start())["transactionId"]
    key = str((await whole.csms.transaction(number))["id"])
    charger.answers["RemoteStopTransaction"] = ACCEPTED
    for named in (number, key):
        charger.heard.clear()
        assert (await whole.command({"type": "stop_transaction", "transaction_id": named}))["status"] == "accepted"
        assert charger.heard == [("RemoteStopTransaction", {"transactionId": number})]
    await whole.csms.charger("CP2")
    for path, wanted in ((COMMANDS, str(new_id())), ("/api/v1/chargers/CP2/commands", key)):
        body = {"type": "stop_transaction", "transaction_id": wanted}
        assert await whole.refused("POST", path, json=body) == (404, "transaction_not_found")


async def test_the_same_key_again_is_the_same_command(whole: Whole, charger: Charger) -> None:
    """Repeated after the outcome was lost on the way: the same row, sent once; another body is refused."""
    charger.answers["Reset"] = ACCEPTED
    key = {"Idempotency-Key": "monday-reset"}
    first = await whole.command({"type": "reset"}, **key)
    again = await whole.command({"type": "reset", "kind": "Soft"}, **key)
    assert again == first
    assert charger.heard == [("Reset", {"type": "Soft"})]
    hard = {"json": {"type": "reset", "kind": "hard"}, "headers": key}
    assert await whole.refused("POST", COMMANDS, **hard) == (409, "idempotency_key_reused")
    await whole.csms.charger("CP2")
    other = await whole.refused("POST", "/api/v1/chargers/CP2/commands", json={"type": "reset"}, headers=key)
    assert other == (409, "idempotency_key_reused")
    for bad in ("", "x" * 201):
        refused = await whole.refused("POST", COMMANDS, json={"type": "reset"}, headers={"Idempotency-Key": bad})
        assert refused == (422, "invalid_body")
    assert len(await whole.items("/api/v1/commands")) == 1


async def test_sent_commands_are_in_the_audit_log(whole: Whole) -> None:
    """Who asked which charger for what."""
    await whole.command({"type": "change_configuration", "key": "A", "value": "1"})
    (line,) = await whole.items("/api/v1/audit", action="charger:command:send")
    assert (line["actor_name"], line["subject_kind"], line["subject_id"]) == ("admin", "charger", "CP1")
    assert line["after"] == {"type": "change_configuration", "key": "A", "value": "1"}


@pytest.fixture
async def five(whole: Whole) -> list[str]:
    """Five commands that were issued one after the other, to two chargers that are not there."""
    await whole.csms.charger("CP2")
    sent = [("CP1", "reset"), ("CP2", "clear_cache"), ("CP1", "clear_cache"), ("CP2", "reset"), ("CP1", "reset")]
    return [(await whole.command({"type": kind}, charger_id))["id"] for charger_id, kind in sent]


async def test_lists_are_filtered_and_sorted(whole: Whole, five: list[str]) -> None:
    """Newest first unless asked otherwise; by charger, type, outcome and time."""
    await whole.csms.sql.execute("UPDATE commands SET status = 'accepted' WHERE id = $1", UUID(five[2]))
    at = (await whole.client.get(f"{COMMANDS}/{five[2]}")).json()["created_at"]
    queries: list[tuple[dict[str, Any], list[int]]] = [
        ({}, [4, 3, 2, 1, 0]),
        ({"sort": "created_at"}, [0, 1, 2, 3, 4]),
        ({"charger_id": "cp2"}, [3, 1]),
        ({"type": "reset"}, [4, 3, 0]),
        ({"type": ["reset", "clear_cache"], "charger_id": "CP1"}, [4, 2, 0]),
        ({"status": "accepted"}, [2]),
        ({"status": "unreachable", "created_at[gte]": at}, [4, 3]),
        ({"created_at[lt]": at}, [1, 0]),
        ({"charger_id": "NOBODY"}, []),
    ]
    for query, expected in queries:
        assert [item["id"] for item in await whole.items("/api/v1/commands", **query)] == [
            five[index] for index in expected
        ], query
    (item,) = await whole.items("/api/v1/commands", status="accepted", fields="id,type")
    assert item == {"id": five[2], "type": "clear_cache"}
    assert set((await whole.items("/api/v1/commands"))[0]) == set(CommandItem.model_fields)


async def test_lists_go_on_by_cursor(whole: Whole, five: list[str]) -> None:
    """In both directions and under a filter, each command once."""
    for limit in (1, 2, 5):
        assert [item["id"] for item in await whole.walk("/api/v1/commands", limit)] == five[::-1]
        assert [item["id"] for item in await whole.walk("/api/v1/commands", limit, sort="created_at")] == five
    assert [item["id"] for item in await whole.walk("/api/v1/commands", 1, charger_id="CP2")] == [five[3], five[1]]


REFUSALS: list[tuple[dict[str, Any], str, str]] = [
    ({"colour": "red"}, "invalid_filter", "colour"),
    ({"body": "x"}, "invalid_filter", "body"),
    ({"status[gt]": "a"}, "invalid_filter", "status"),
    ({"created_at": "yesterday"}, "invalid_filter", "created_at"),
    ({"created_at[gt]": "2026-01-01T00:00:00"}, "invalid_filter", "created_at"),
    ({"sort": "type"}, "invalid_page", "created_at"),
    ({"limit": "0"}, "invalid_page", "limit"),
    ({"limit": "501"}, "invalid_page", "limit"),
    ({"fields": "id,secret"}, "invalid_page", "secret"),
    ({"cursor": "e30"}, "invalid_cursor", "cursor"),
]


async def test_queries_that_are_refused(whole: Whole) -> None:
    """400 names what it did not understand."""
    for query, code, word in REFUSALS:
        answer = await whole.client.get("/api/v1/commands", params=query)
        assert (answer.status_code, answer.json()["code"]) == (400, code), query
        assert word in answer.json()["detail"], query


async def test_commands_of_others_are_not_there(whole: Whole) -> None:
    """Neither by id nor in the list."""
    other = new_id()
    sql = whole.csms.sql
    await sql.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Rival')", other)
    command = (await whole.client.post(COMMANDS, json={"type": "reset"})).json()["id"]
    await eventually(lambda: whole.items("/api/v1/commands", status="unreachable"))
    await sql.execute("SET session_replication_role = replica")  # without foreign keys: its charger stays ours
    await sql.execute("UPDATE commands SET organization_id = $1", other)
    status, _ = await whole.refused("GET", f"{COMMANDS}/{command}")
    assert status == 404
    assert await whole.items("/api/v1/commands") == []
