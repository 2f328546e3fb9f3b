# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What happens once and is over: heard from the outbox, counted, never twice."""

from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from csms.domain.commands import Outcome, OutcomeStatus, Reset
from csms.domain.events import CommandFinished, SecurityEventRaised, TransactionCorrected, TransactionEnded
from csms.features.alerts.handlers import AlertWatcher
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from tests.features.alerts.support import RULES, Fleet
from tests.features.whole import Whole
from tests.support.charger import connected
from tests.support.eventually import eventually


def _common(fleet: Fleet, charger: str = "CP1") -> dict[str, Any]:
    return {"organization_id": DEFAULT_ORGANIZATION_ID, "charger_id": charger, "at": fleet.clock.now()}


async def test_security_events(fleet: Fleet) -> None:
    """Those that a rule names, one alert for each kind at a charger; the same delivery counts once; scope counts."""
    await fleet.chargers(2)
    rule = await fleet.rule({"kind": "security_event"}, scope={"chargers": ["CP1"]}, clear_after_s=60)
    watch = AlertWatcher(fleet.api.units, fleet.clock)
    told = SecurityEventRaised(**_common(fleet), name="TamperDetectionActivated", info="<door>\0")
    await watch(told, 1)
    await watch(told, 1)
    await watch(SecurityEventRaised(**_common(fleet), name="StartupOfTheDevice", info=None), 2)
    await watch(SecurityEventRaised(**_common(fleet, "CP2"), name="TamperDetectionActivated", info=None), 3)
    (alert,) = await fleet.alerts()
    assert (alert["title"], alert["count"]) == ("CP1 told of a security event: TamperDetectionActivated", 1)
    await watch(told, 4)
    await watch(told, 1)
    (alert,) = await fleet.alerts()
    assert alert["count"] == 2
    await fleet.turn()
    assert fleet.sent.titles() == [alert["title"]]
    await fleet.turn(50)
    await fleet.turn(10)
    assert await fleet.standing() == []  # nothing more came
    await watch(told, 4)
    assert await fleet.standing() == []
    await fleet.api.client.patch(
        f"{RULES}/{rule['id']}", json={"condition": {"kind": "security_event", "events": None}}
    )
    fleet.clock.advance(10)  # what a watcher remembers of rules it forgets soon
    for number in range(3):
        await watch(SecurityEventRaised(**_common(fleet), name=f"Vendor{number}", info=None), 10 + number)
    assert len(await fleet.standing()) == 1  # of names that nobody chose there may be any number
    await fleet.api.sql.execute("UPDATE alert_rules SET enabled = false")
    await watch(told, 20)  # still remembered, but out of force
    assert (await fleet.alerts(status="open"))[0]["count"] == 3


async def test_what_else_happens(fleet: Fleet) -> None:
    """A downgrade, readings that cannot be believed, commands that fail; a dry run tells what a day would have brought."""
    await fleet.chargers(1)
    watch = AlertWatcher(fleet.api.units, fleet.clock)
    downgrade = SecurityEventRaised(**_common(fleet), name="version_downgraded", info="it spoke ocpp2.0.1 before")
    ended = TransactionEnded(
        **_common(fleet), id=uuid4(), transaction_id=7, connector_id=1, energy_wh=None, reason=None,
        flags=("implausible_jump", "stale"),
    )  # fmt: skip
    corrected = TransactionCorrected(
        **_common(fleet), id=ended.id, transaction_id=7, connector_id=1, energy_wh="5", flags=("negative_register",)
    )
    failed = CommandFinished(
        **_common(fleet), id=uuid4(), command=Reset(kind="soft"), outcome=Outcome(OutcomeStatus.REJECTED, "busy\n")
    )
    for kind, events, title in (
        ("version_downgraded", [downgrade], "CP1 came back with an older OCPP version: it spoke ocpp2.0.1 before"),
        ("implausible_meter", [ended, corrected], "CP1, connector 1 sent implausible meter values: negative_register"),
        ("command_failed", [failed], "CP1 did not do what it was told: reset rejected busy"),
    ):
        await fleet.rule({"kind": kind})
        fleet.clock.advance(10)
        for number, event in enumerate([downgrade, ended, failed, corrected]):
            await watch(event, number)
        (alert,) = await fleet.alerts()
        assert (alert["title"], alert["count"]) == (title, len(events))
    await fleet.rule({"kind": "command_failed", "commands": ["unlock_connector"], "statuses": ["rejected"]})
    fleet.clock.advance(10)
    await watch(failed, 9)
    assert await fleet.alerts() == []
    api, now = fleet.api, fleet.clock.now()
    await api.transaction("CP1", transaction_id=7, status="completed", flags=["no_register"], created_at=now)
    await api.insert("security_events", id=uuid4(), charger_id="CP1", kind="wrong_secret", detail="x", at=now)
    await api.insert("security_events", id=uuid4(), charger_id="CP1", kind="version_downgraded", detail="x", at=now)
    await api.insert(
        "commands", id=uuid4(), charger_id="CP1", type="reset", body={}, status="timed_out", actor_name="x",
        created_at=now, finished_at=now, expires_at=now,
    )  # fmt: skip
    for kind, title in (
        ("security_event", "CP1 told of a security event: wrong_secret"),
        ("version_downgraded", "CP1 came back with an older OCPP version: version_downgraded"),
        ("implausible_meter", "CP1, connector 1 sent implausible meter values: no_register"),
        ("command_failed", "CP1 did not do what it was told: reset"),
    ):
        rule = await fleet.rule({"kind": kind})
        tested = (await api.client.post(f"{RULES}/{rule['id']}/test")).json()
        assert [each["title"] for each in tested["items"]] == [title]


async def test_in_a_whole_csms(whole: Whole) -> None:
    """The gateway tells of what happens at its door, the worker raises it, and counts how often a charger connects."""
    await whole.csms.charger("SAFE", password="0123456789abcdef")
    for _ in range(3):
        async with connected(whole.csms.url, "CP1", boot=True):
            pass
    row = await whole.csms.row("SELECT connects, connected_at FROM charger_connections WHERE charger_id = 'CP1'")
    assert len(row["connects"]) == 3
    assert row["connects"] == sorted(row["connects"], reverse=True)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with connected(whole.csms.url, "SAFE", password="wrong"):
            pass
    assert ("wrong_secret", "a wrong secret was used") in await whole.csms.told()

    async def look() -> list[dict[str, Any]]:
        return await whole.items("/api/v1/alerts", kind="security_event")

    (alert,) = await eventually(look, 30)
    assert (alert["title"], alert["severity"]) == ("SAFE told of a security event: wrong_secret", "critical")
