# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A secret goes to the charger and is shown to nobody afterwards (attack 36)."""

from typing import Any

import pytest

from csms.domain import secrets
from csms.domain.commands import Call, ChangeConfiguration, Outcome, OutcomeStatus, Variable
from tests.features.whole import Whole
from tests.support.charger import Charger
from tests.support.eventually import eventually

SECRET = "4f7cc8ab11224433"
TABLES = """
SELECT c.relname FROM pg_class c
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
"""


async def seen(whole: Whole) -> set[str]:
    """Tables in which it stands readable; what is queued for the worker is read by no door and gone in two hours."""
    sql = whole.csms.sql
    tables = [row["relname"] for row in await sql.fetch(TABLES)]
    found = set()
    for table in tables:
        where = "type <> 'command_issued'" if table == "outbox" else "true"
        query = f'SELECT count(*) FROM "{table}" t WHERE {where} AND t::text LIKE $1'
        if await sql.fetchval(query, f"%{SECRET}%"):
            found.add(table)
    return found


@pytest.mark.parametrize(
    "body",
    [
        {"type": "change_configuration", "key": "AuthorizationKey", "value": SECRET},
        {"type": "call", "action": "ChangeConfiguration", "payload": {"key": "authorizationkey", "value": SECRET}},
        {"type": "change_configuration", "key": "Vendor.Wifi-Password", "value": SECRET},
    ],
    ids=["command", "call", "vendor"],
)
async def test_a_secret_that_was_set(
    whole: Whole, charger: Charger, body: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    """The charger is told; command, audit log, configuration, OCPP log and the process's own log are not."""
    charger.answers["ChangeConfiguration"] = {"status": "Accepted"}
    answer = await whole.client.post("/api/v1/chargers/CP1/commands", json=body, params={"wait": 30})
    assert answer.json()["status"] == "accepted"
    assert SECRET not in answer.text
    assert charger.heard[0][1]["value"] == SECRET
    await eventually(lambda: whole.items("/api/v1/chargers/CP1/messages", action="ChangeConfiguration"))
    if body["type"] == "change_configuration":
        (kept,) = await eventually(lambda: whole.items("/api/v1/chargers/CP1/configuration"))
        assert kept["value"] == secrets.MASK
    assert await seen(whole) == set()
    out, err = capfd.readouterr()
    assert SECRET not in out + err


async def test_a_secret_that_was_read(whole: Whole, charger: Charger) -> None:
    """Some chargers answer it though it is write only."""
    keys = [
        {"key": "AuthorizationKey", "readonly": False, "value": SECRET},
        {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
    ]
    charger.answers["GetConfiguration"] = {"configurationKey": keys}
    found = await whole.command({"type": "get_configuration"})
    assert [item["value"] for item in found["result"]["configurationKey"]] == [secrets.MASK, "300"]
    await eventually(lambda: whole.items("/api/v1/chargers/CP1/configuration"))
    await eventually(lambda: whole.items("/api/v1/chargers/CP1/messages", action="GetConfiguration"))
    assert await seen(whole) == set()


async def test_an_idempotency_key_does_not_compare_secrets(whole: Whole, charger: Charger) -> None:
    """What is not kept cannot be the same: refused with where to look, and not sent again."""
    charger.answers["ChangeConfiguration"] = {"status": "Accepted"}
    body = {"type": "change_configuration", "key": "AuthorizationKey", "value": SECRET}
    sent = await whole.command(body, **{"Idempotency-Key": "rotate"})
    answer = await whole.client.post("/api/v1/chargers/CP1/commands", json=body, headers={"Idempotency-Key": "rotate"})
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    assert sent["id"] in answer.json()["detail"]
    assert len(charger.heard) == 1


@pytest.mark.parametrize(
    ("key", "secret"),
    [
        ("AuthorizationKey", True),
        ("authorization_key", True),
        ("BasicAuthPassword", True),
        ("ApiKey", True),
        ("AuthorizationCacheEnabled", False),
        ("AuthorizeRemoteTxRequests", False),
        ("HeartbeatInterval", False),
        ("", False),
    ],
)
def test_which_keys_are_secret(key: str, secret: bool) -> None:
    """By words in it, whatever the letter case and what stands between."""
    assert secrets.is_secret_key(key) is secret


def test_what_holds_no_secret_is_left_alone() -> None:
    """To the last blank; and what is no JSON is no reason to fail."""
    for text in ('{"key":  "A", "value": "1"}', '{"key": ["A"]}', 'no "key" at all', "[" * 5_000 + '"key"'):
        assert secrets.mask_message(text) == text
    plain = ChangeConfiguration("HeartbeatInterval", "300")
    assert secrets.mask_command(plain) is plain
    assert secrets.mask_command(ChangeConfiguration("AuthorizationKey", "")).value == ""  # type: ignore[union-attr]


def test_masking_does_not_change_what_is_sent() -> None:
    """The masked one is another object."""
    call = Call("ChangeConfiguration", {"key": "AuthorizationKey", "value": SECRET})
    assert secrets.mask_command(call) == Call("ChangeConfiguration", {"key": "AuthorizationKey", "value": "***"})
    assert call.payload["value"] == SECRET
    outcome = Outcome(
        OutcomeStatus.ACCEPTED,
        result={"list": [{"key": "AuthorizationKey", "value": SECRET}]},
        variables=(Variable("AuthorizationKey", SECRET), Variable("A", "1")),
    )
    masked = secrets.mask_outcome(outcome)
    assert masked.result == {"list": [{"key": "AuthorizationKey", "value": "***"}]}
    assert masked.variables == (Variable("AuthorizationKey", "***"), Variable("A", "1"))
