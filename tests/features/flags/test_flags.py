# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Feature flags: who gets which variant, the same on every node; kept over HTTP; one switches raw messages off."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason

from csms.features.flags.registry import FlagStore, close_client, open_client
from csms.features.flags.rules import Context, Flag, Rule, evaluate, share
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from tests.api.support import Product
from tests.features.accounts.support import PASSWORD
from tests.features.whole import Whole
from tests.support.charger import Charger
from tests.support.eventually import eventually

PATH = "/api/v1/feature-flags"
OURS = str(DEFAULT_ORGANIZATION_ID)


def flag(*rules: Rule, enabled: bool = True) -> Flag:
    """On for whom a rule names."""
    return Flag("x", "boolean", enabled, {"on": True, "off": False}, "off", rules)


@pytest.mark.parametrize(
    ("rules", "context", "variant", "reason"),
    [
        ((), Context(), "off", "default"),
        ((Rule("on"),), Context(), "on", "targeting_match"),
        ((Rule("on", organizations=("a",)),), Context(organization="a"), "on", "targeting_match"),
        ((Rule("on", organizations=("a",)),), Context(organization="b"), "off", "default"),
        ((Rule("on", organizations=("a",)),), Context(), "off", "default"),
        ((Rule("on", organizations=("a",), roles=("admin",)),), Context(organization="a"), "off", "default"),
        ((Rule("on", roles=("admin",), users=("u",)),), Context(role="admin", user="u"), "on", "targeting_match"),
        ((Rule("off", users=("u",)), Rule("on")), Context(user="u"), "off", "targeting_match"),
        ((Rule("on", percentage=99.9),), Context(), "off", "default"),
        ((Rule("on", percentage=0),), Context(targeting_key="u"), "off", "default"),
        ((Rule("gone"),), Context(), "off", "default"),
    ],
)
def test_the_first_rule_that_fits_decides(rules: tuple[Rule, ...], context: Context, variant: str, reason: str) -> None:
    """All that a rule names has to fit; without a targeting key nobody belongs to a percentage."""
    found = evaluate(flag(*rules), context)
    assert (found.variant, found.value, found.reason) == (variant, variant == "on", reason)
    assert evaluate(flag(*rules, enabled=False), context).variant is None


@given(key=st.text(max_size=50), low=st.floats(0, 100), high=st.floats(0, 100))
def test_who_is_in_stays_in_while_a_percentage_grows(key: str, low: float, high: float) -> None:
    """And the same person gets the same answer each time, on every machine."""
    low, high = sorted((low, high))
    few, many = (evaluate(flag(Rule("on", percentage=each)), Context(key)).value for each in (low, high))
    assert many or not few
    assert 0 <= share("x", key) < 100


def test_a_percentage_is_about_that_many() -> None:
    """A fixed value too: nodes of another version must agree."""
    inside = sum(share("a flag", f"user {number}") < 25 for number in range(4000))
    assert 900 < inside < 1100
    assert share("commands.raw", "user 1") == pytest.approx(8.79763, abs=1e-4)


async def test_flags_are_kept(api: Product) -> None:
    """Made, changed by one person at a time, evaluated, deleted; all in the history and the audit log."""
    created = await api.client.post(PATH, json={"key": "new.map", "description": "The map"})
    assert created.status_code == 201
    assert created.headers["location"] == f"{PATH}/new.map"
    assert {name: created.json()[name] for name in ("type", "enabled", "default_variant", "rules")} == {
        "type": "boolean", "enabled": True, "default_variant": "off", "rules": [],
    }  # fmt: skip
    assert await api.refused("POST", PATH, json={"key": "new.map"}) == (409, "flag_taken")
    tag = created.headers["etag"]
    rules = [{"variant": "on", "roles": ["admin"], "percentage": 100}, {"variant": "on", "percentage": 12.5}]
    changed = await api.client.patch(f"{PATH}/new.map", json={"rules": rules}, headers={"If-Match": tag})
    assert changed.status_code == 200, changed.text
    assert [rule["percentage"] for rule in changed.json()["rules"]] == [100, 12.5]
    stale = {"headers": {"If-Match": tag}}
    assert await api.refused("PATCH", f"{PATH}/new.map", json={"enabled": False}, **stale) == (412, "stale")
    assert await api.refused("DELETE", f"{PATH}/new.map", **stale) == (412, "stale")
    assert (await api.client.patch(f"{PATH}/new.map", json={})).headers["etag"] == changed.headers["etag"]
    assert [item["key"] for item in await api.items(PATH)] == ["new.map"]
    assert (await api.client.get(f"{PATH}/new.map")).json() == changed.json()

    async def evaluated(**context: Any) -> tuple[str | None, Any, str]:
        answer = await api.client.post(f"{PATH}/new.map/evaluate", json=context or None)
        assert answer.status_code == 200, answer.text
        return answer.json()["variant"], answer.json()["value"], answer.json()["reason"]

    assert await evaluated() == ("on", True, "targeting_match"), "the caller is an administrator"
    assert await evaluated(role="viewer", targeting_key="somebody 1") == ("off", False, "default")
    await api.client.patch(f"{PATH}/new.map", json={"enabled": False})
    assert await evaluated() == (None, None, "disabled")
    assert (await api.client.delete(f"{PATH}/new.map")).status_code == 204
    assert await api.refused("GET", f"{PATH}/new.map") == (404, "flag_not_found")
    history = await api.items(f"{PATH}/new.map/history")
    assert [(entry["before"] is None, entry["after"] is None) for entry in reversed(history)] == [
        (True, False), (False, False), (False, False), (False, True),
    ]  # fmt: skip
    audit = await api.sql.fetch("SELECT action FROM audit_log WHERE subject_id = 'new.map' ORDER BY id")
    assert [row["action"].rpartition(":")[2] for row in audit] == ["create", "update", "update", "delete"]
    await _refuses_what_does_not_fit(api)
    await _other_organizations_only_evaluate(api)


async def _refuses_what_does_not_fit(api: Product) -> None:
    for body in (
        {"key": "Upper"},
        {"key": "a", "type": "number"},
        {"key": "a", "type": "string", "variants": {"on": "x", "off": 1}},
        {"key": "a", "default_variant": "none"},
        {"key": "a", "rules": [{"variant": "none"}]},
        {"key": "a", "rules": [{"variant": "on", "percentage": 101}]},
        {"key": "a", "rules": [{"variant": "on", "organisations": []}]},
        {"key": "a", "type": "object", "variants": {"off": {"x": "y" * 20_000}}},
        {"key": "a", "variants": {}},
    ):
        assert (await api.refused("POST", PATH, json=body))[0] == 422, body
    wrong = {"key": "commands.raw", "type": "number", "variants": {"off": 1}}
    assert await api.refused("POST", PATH, json=wrong) == (400, "flag_contradicts_itself")
    for kind, variants in (("number", {"off": 1.5}), ("string", {"off": "a"}), ("object", {"off": [1], "b": {}})):
        await api.create(PATH, key=f"a.{kind}", type=kind, variants=variants)
    for change in (
        {"variants": {"off": "no number"}}, {"default_variant": "x"}, {"rules": [{"variant": "x"}]}, {"enabled": None},
    ):  # fmt: skip
        refused = await api.refused("PATCH", f"{PATH}/a.number", json=change)
        assert refused == (400, "flag_contradicts_itself"), change
    assert await api.refused("GET", f"{PATH}/none/history") == (404, "flag_not_found")
    assert await api.refused("POST", f"{PATH}/none/evaluate") == (404, "flag_not_found")


async def _other_organizations_only_evaluate(api: Product) -> None:
    other = uuid4()
    await api.sql.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Other')", other)
    rules = [{"variant": "on", "organizations": [str(other)]}]
    await api.create(PATH, key="theirs", rules=rules)
    answer = await api.client.post(f"{PATH}/theirs/evaluate", json={"organization": str(other)})
    assert answer.json()["value"] is True
    await api.sql.execute("UPDATE users SET organization_id = $1", other)
    await api.sql.execute("UPDATE role_assignments SET organization_id = $1", other)
    login = await api.client.post("/api/v1/auth/login", json={"username": "admin", "password": PASSWORD})
    theirs = {"Authorization": f"Bearer {login.json()['access_token']}"}
    own = await api.client.post(f"{PATH}/theirs/evaluate", headers=theirs)
    assert own.json()["value"] is True
    for method, path, body in (
        ("GET", PATH, None), ("POST", PATH, {"key": "b"}), ("GET", f"{PATH}/theirs", None),
        ("PATCH", f"{PATH}/theirs", {}), ("DELETE", f"{PATH}/theirs", None), ("GET", f"{PATH}/theirs/history", None),
        ("POST", f"{PATH}/theirs/evaluate", {"organization": OURS}),
    ):  # fmt: skip
        refused = await api.refused(method, path, json=body, headers=theirs)
        assert refused == (403, "flags_of_installation"), path
    async with api.as_nobody() as nobody:
        assert (await nobody.post(f"{PATH}/theirs/evaluate")).status_code == 401


async def test_openfeature_answers_from_memory(api: Product) -> None:
    """All types; what is unknown, of another type, off or cannot be read leaves the program its own default."""
    for key, kind, value in (
        ("b", "boolean", True), ("s", "string", "text"), ("n", "number", 3), ("f", "number", 2.5), ("o", "object", {"x": [1]}),
    ):  # fmt: skip
        await api.create(PATH, key=key, type=kind, variants={"v": value}, default_variant="v")
    await api.create(PATH, key="off", enabled=False)
    await api.create(PATH, key="who", rules=[{"variant": "on", "organizations": [OURS], "users": ["u"]}])
    await api.sql.execute("UPDATE feature_flags SET rules = '[{\"later\": 1}]' WHERE key = 'off'")
    await api.sql.execute("UPDATE feature_flags SET variants = '{\"v\": 5}' WHERE key = 's'")
    store = FlagStore(api.units)
    client = open_client(store, "test")
    try:
        assert client.get_boolean_value("b", False) is False, "nothing is read yet"
        await store.reload()
        assert client.get_provider_status().name == "READY"
        assert client.provider.get_metadata().name == "csms-database"
        assert client.get_boolean_value("b", False) is True
        assert await client.get_boolean_value_async("b", False) is True
        assert (client.get_integer_value("n", 0), client.get_float_value("n", 0.0)) == (3, 3.0)
        assert (client.get_float_value("f", 0.0), client.get_object_value("o", {})) == (2.5, {"x": [1]})
        for details, code in (
            (client.get_integer_details("f", 7), ErrorCode.TYPE_MISMATCH),
            (client.get_integer_details("b", 7), ErrorCode.TYPE_MISMATCH),
            (client.get_integer_details("none", 7), ErrorCode.FLAG_NOT_FOUND),
            (client.get_integer_details("off", 7), ErrorCode.FLAG_NOT_FOUND),
        ):
            assert (details.value, details.error_code, details.reason) == (7, code, Reason.ERROR)
        assert client.get_string_details("s", "mine").error_code is ErrorCode.TYPE_MISMATCH
        context = EvaluationContext("u", {"organization": OURS, "user": "u", "role": 5})
        found = client.get_boolean_details("who", False, context)
        assert (found.value, found.variant, found.reason) == (True, "on", Reason.TARGETING_MATCH)
        assert client.get_boolean_value("who", True, EvaluationContext("u", {"organization": OURS})) is False
        await api.client.patch(f"{PATH}/b", json={"enabled": False})
        await store.reload()
        assert client.get_boolean_details("b", True).reason is Reason.DISABLED
    finally:
        close_client("test")
    assert client.get_boolean_value("b", True) is True


async def test_raw_messages_are_switched_off(whole: Whole, charger: Charger) -> None:
    """For one organization, at once, and on again; other commands go on; also many chargers at once."""
    charger.answers["Reset"] = {"status": "Accepted"}
    raw = {"type": "call", "action": "Reset", "payload": {"type": "Soft"}}
    assert (await whole.command(raw))["status"] == "accepted"
    rule = {"variant": "off", "organizations": [OURS]}
    await whole.create(PATH, key="commands.raw", default_variant="on", rules=[rule])

    async def send() -> tuple[int, str | None]:
        answer = await whole.client.post("/api/v1/chargers/CP1/commands", json=raw)
        return answer.status_code, answer.json().get("code")

    async def off() -> bool:
        return await send() == (409, "raw_commands_off")

    await eventually(off)
    assert (await whole.command({"type": "reset"}))["status"] == "accepted"
    await whole.client.delete(f"{PATH}/commands.raw")

    async def on() -> bool:
        return (await send())[0] in {200, 202}

    await eventually(on)
