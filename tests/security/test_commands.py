# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Commands that do more than they look like: what each needs to be allowed, for one charger and for many."""

from typing import Any

import pytest

from csms.domain.commands import tag_of
from csms.features.accounts.permissions import Permission
from csms.features.accounts.roles import BUILT_IN
from csms.features.commands.bodies import KINDS
from csms.features.commands.rules import PERMISSION_OF
from csms.kit.ids import new_id
from tests.api.support import Product
from tests.security.test_matrix import signed_in, somebody

PROFILE = {
    "purpose": "tx_profile",
    "kind": "relative",
    "stack_level": 0,
    "schedules": [{"unit": "A", "periods": [{"start_s": 0, "limit": 6}]}],
}
CUSTOMER = {"type": "get_customer_information", "report": True, "clear": False, "token": "TAG"}
ELSEWHERE = {"location": "ftp://logs.example.com/here"}
DANGEROUS: list[tuple[dict[str, Any], set[Permission]]] = [
    ({"type": "get_log", "log": "security"}, {Permission.LOG_REQUEST}),
    ({"type": "get_diagnostics"}, {Permission.LOG_REQUEST}),
    ({"type": "get_log", "log": "security", **ELSEWHERE}, {Permission.LOG_REQUEST, Permission.LOG_FORWARD}),
    ({"type": "get_diagnostics", **ELSEWHERE}, {Permission.LOG_REQUEST, Permission.LOG_FORWARD}),
    (CUSTOMER, {Permission.PRIVACY_EXPORT}),
    ({**CUSTOMER, "clear": True}, {Permission.PRIVACY_EXPORT, Permission.PRIVACY_ERASE}),
    ({"type": "data_transfer", "vendor_id": "acme", "data": "factory_reset"}, {Permission.COMMAND_RAW}),
    (
        {"type": "start_transaction", "token": "TAG", "charging_profile": PROFILE},
        {Permission.TRANSACTION_CONTROL, Permission.PROFILE_SEND},
    ),
]
HARMLESS = {
    "clear_cache",
    "get_base_report",
    "get_charging_profiles",
    "get_composite_schedule",
    "get_configuration",
    "get_der_controls",
    "get_display_messages",
    "get_event_streams",
    "get_installed_certificates",
    "get_local_list_version",
    "get_monitoring_report",
    "get_report",
    "get_tariffs",
    "get_transaction_status",
    "get_variables",
    "trigger_message",
}


def test_every_command_that_needs_no_more_is_known() -> None:
    """Whoever adds a command decides what it needs; those that only ask stand here by name."""
    assert {tag_of(kind) for kind in KINDS} - PERMISSION_OF.keys() == HARMLESS


@pytest.mark.parametrize("dangerous", DANGEROUS, ids=lambda each: f"{each[0]['type']}-{len(each[0])}")
def test_the_roles_that_may(dangerous: tuple[dict[str, Any], set[Permission]]) -> None:
    """Whoever reads only, or only has money to do with, sends none of these; an administrator sends all."""
    needed = dangerous[1]
    assert needed <= BUILT_IN["admin"].permissions
    assert not needed & BUILT_IN["viewer"].permissions
    assert not needed & BUILT_IN["finance"].permissions


async def test_dangerous_commands_need_what_they_do(api: Product) -> None:
    """Sent, sent to many, and sent again: each time the permission has to be there, not only that to send commands."""
    await api.create("/api/v1/chargers", id="CP1")
    one, many = "/api/v1/chargers/CP1/commands", "/api/v1/bulk-commands"
    for body, needed in DANGEROUS:
        ways = [(one, body), (many, {"filter": {"id": "CP1"}, "command": body, "dry_run": True})]
        bulk = new_id()
        await api.insert(
            "bulk_commands",
            id=bulk,
            filter={"id": "CP1"},
            body=body,
            queue_s=0,
            at_once=1,
            total=1,
            status="done",
            actor_name="somebody",
            created_at=api.clock.now(),
        )
        ways.append((f"{many}/{bulk}/retry", {}))
        for path, sent in ways:
            for missing in needed:
                grants = dict.fromkeys({Permission.COMMAND_SEND, *needed} - {missing})
                with signed_in(api, somebody(grants)) as client:
                    answer = await client.post(path, json=sent)
                assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (path, body, missing)
                assert missing in answer.json()["detail"]
            with signed_in(api, somebody(dict.fromkeys({Permission.COMMAND_SEND, *needed}))) as client:
                answer = await client.post(path, json=sent)
            assert answer.status_code not in (401, 403), (path, body, answer.text)


async def test_what_a_charger_knows_of_a_customer(api: Product) -> None:
    """The answer to such a question is a person's data: who may see chargers does not see it."""
    await api.create("/api/v1/chargers", id="CP1")
    now, key = api.clock.now(), new_id()
    await api.insert(
        "charger_reports",
        id=key,
        charger_id="CP1",
        kind="customer_information",
        request_id=1,
        status="complete",
        parts=1,
        started_at=now,
        updated_at=now,
    )
    path = f"/api/v1/chargers/CP1/reports/{key}"
    with signed_in(api, somebody(dict.fromkeys(BUILT_IN["viewer"].permissions))) as client:
        assert (await client.get(path)).json()["code"] == "forbidden"
    assert (await api.client.get(path)).status_code == 200
