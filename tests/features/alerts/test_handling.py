# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What people do about alerts, and whom messages reach when."""

from datetime import timedelta
from uuid import uuid4

from csms.api.live import TOPICS
from csms.domain.events import AlertChanged
from tests.features.alerts.support import ALERTS, CHANNEL, Fleet
from tests.support.eventually import eventually

OFFLINE = {"kind": "offline", "after_s": 10}


async def _one(fleet: Fleet, **options: object) -> dict[str, object]:
    """CP1 is offline, and an alert says so."""
    (charger, *_) = await fleet.chargers(2)
    await fleet.rule(OFFLINE, **options)
    await fleet.turn()
    await fleet.offline(charger)
    await fleet.turn()
    (alert,) = await fleet.alerts()
    return alert


async def test_the_story_of_an_alert(fleet: Fleet) -> None:
    """Acknowledged, assigned, commented, snoozed, resolved, opened again: each in its history, audited, told live."""
    heard: list[AlertChanged] = []

    async def hear(event: AlertChanged) -> None:
        heard.append(event)

    await fleet.api.bus.subscribe((AlertChanged,), hear)
    alert = await _one(fleet, clear_after_s=0, severity="critical")
    assert TOPICS["alerts"] == (AlertChanged,)
    me = str(await fleet.api.sql.fetchval("SELECT id FROM users"))
    assert (await fleet.do(alert, "acknowledge", text="seen"))["status"] == "acknowledged"
    given = await fleet.do(alert, "assign", assigned_to=me)
    assert (given["assigned_to"], given["assigned_name"]) == (me, "admin")
    assert [each["id"] for each in await fleet.alerts(assigned_to=me)] == [alert["id"]]
    await fleet.do(alert, "comment", text="<b>on my way</b>\n{x}")
    until = fleet.clock.now() + timedelta(hours=1)
    snoozed = await fleet.do(alert, "snooze", until=until.isoformat())
    assert snoozed["status"] == "snoozed"
    fleet.sent.titles()
    await fleet.turn(3599)
    assert (await fleet.alerts(status="snoozed", severity="critical"), fleet.sent.titles()) != ([], ["CP1 is offline"])
    await fleet.turn(10)
    assert (await fleet.alerts(status="open"))[0]["snoozed_until"] is None
    assert fleet.sent.titles() == ["CP1 is offline"]
    resolved = await fleet.do(alert, "resolve", text="plugged in again")
    assert (resolved["status"], resolved["resolved_by"]) == ("resolved", "admin")
    await fleet.turn()
    assert await fleet.standing() == []  # the condition goes on, and somebody said that it is dealt with
    await fleet.do(alert, "reopen")
    assert await fleet.standing() == ["CP1 is offline"]
    await fleet.do(alert, "assign", assigned_to=None)
    await fleet.online("CP1")
    await fleet.turn()
    await fleet.turn()
    kinds = ["raised", "notified", "acknowledged", "assigned", "comment", "snoozed", "woken", "notified", "resolved"]
    assert await fleet.history(alert) == [*kinds, "reopened", "assigned", "resolved", "notified"]
    texts = [row["text"] for row in await fleet.api.items(f"{ALERTS}/{alert['id']}/events") if row["text"]]
    assert texts[:3] == ["seen", "to admin", "<b>on my way</b>\n{x}"]
    audited = await fleet.api.sql.fetch("SELECT action FROM audit_log WHERE subject_kind = 'alert' ORDER BY at, id")
    done = [row["action"].rpartition(":")[2] for row in audited]
    assert done == ["acknowledge", "assign", "comment", "snooze", "resolve", "reopen", "assign"]

    async def all_heard() -> bool:
        return [event.status for event in heard if event.title == "CP1 is offline"][-1:] == ["resolved"]

    await eventually(all_heard)
    assert [event.status for event in heard][:3] == ["open", "acknowledged", "acknowledged"]


async def test_resolved_by_hand_it_comes_back_only_after_it_was_over(fleet: Fleet) -> None:
    """Its condition goes on: quiet. Over and there again: a new alert; the old one cannot be opened beside it."""
    alert = await _one(fleet)
    await fleet.do(alert, "resolve")
    await fleet.turn(600)
    assert await fleet.standing() == []
    await fleet.online("CP1")
    await fleet.turn()
    await fleet.offline("CP1")
    await fleet.turn()
    assert len(await fleet.alerts()) == 2
    assert await fleet.api.refused("POST", f"{ALERTS}/{alert['id']}/reopen", json={}) == (409, "alert_stands")


async def test_several_at_once_and_what_is_refused(fleet: Fleet) -> None:
    """Those that stand are acknowledged, the others passed over; refusals have codes of their own."""
    chargers = await fleet.chargers(4)
    await fleet.rule(OFFLINE)
    await fleet.turn()
    await fleet.offline(*chargers)
    await fleet.turn()
    one, two, three, four = await fleet.alerts(sort="first_at")
    await fleet.do(one, "resolve")
    await fleet.do(two, "acknowledge")
    ids = [each["id"] for each in (one, two, three, four)] + [str(uuid4())]
    answer = await fleet.api.client.post(f"{ALERTS}/acknowledge", json={"ids": ids, "text": "all"})
    assert sorted(answer.json()["ids"]) == sorted([three["id"], four["id"]])
    over, path = f"{ALERTS}/{one['id']}", f"{ALERTS}/{two['id']}"
    later = (fleet.clock.now() + timedelta(hours=1)).isoformat()
    for where, body, expected in (
        (f"{over}/acknowledge", {}, (409, "alert_over")),
        (f"{over}/assign", {"assigned_to": None}, (409, "alert_over")),
        (f"{over}/snooze", {"until": later}, (409, "alert_over")),
        (f"{over}/resolve", {}, (409, "alert_over")),
        (f"{path}/reopen", {}, (409, "alert_stands")),
        (f"{path}/assign", {"assigned_to": str(uuid4())}, (400, "unknown_assignee")),
        (f"{path}/snooze", {"until": fleet.clock.now().isoformat()}, (400, "invalid_snooze")),
        (f"{path}/snooze", {"until": "2027-06-01T00:00:00Z"}, (400, "invalid_snooze")),
        (f"{path}/snooze", {"until": "2026-12-01T00:00:00"}, (422, "invalid_body")),
        (f"{path}/comment", {"text": ""}, (422, "invalid_body")),
        (f"{ALERTS}/{uuid4()}/resolve", {}, (404, "alert_not_found")),
        (f"{ALERTS}/acknowledge", {"ids": []}, (422, "invalid_body")),
    ):
        assert await fleet.api.refused("POST", where, json=body) == expected, where
    assert await fleet.api.refused("GET", f"{ALERTS}/{uuid4()}") == (404, "alert_not_found")
    async with fleet.api.as_nobody() as nobody:
        assert (await nobody.post(f"{path}/resolve", json={})).status_code == 401


async def test_messages_wait_for_the_end_of_quiet_hours(fleet: Fleet) -> None:
    """The alert is there at once; who is told of what when; what was over by then is told to nobody."""
    # it is noon in London, Monday
    noon = {"days": ["monday"], "begins": "11:00", "ends": "13:00"}
    quiet = {"time_zone": "Europe/London", "windows": [noon], "critical_through": True}
    await _one(fleet, quiet_hours=quiet, clear_after_s=0)
    await fleet.offline("CP2")
    await fleet.turn(10)
    await fleet.online("CP2")
    await fleet.turn()
    await fleet.turn()
    assert (await fleet.standing(), fleet.sent.titles()) == (["CP1 is offline"], [])
    await fleet.turn(3590)
    (channels, message), = fleet.sent.messages  # fmt: skip
    (alert,) = await fleet.alerts(status="open")
    assert channels == [CHANNEL]
    assert (message.kind, message.severity, message.title) == ("alert_raised", "warning", "CP1 is offline")
    assert message.url == f"https://csms.test/alerts/{alert['id']}"
    assert message.dedup.startswith(f"alert:{alert['id']}:")  # of each message its own: the end is told too
    assert message.body.startswith("Rule: The rule\nSince: 2026-11-23 12:00:10 UTC")


async def test_critical_ones_come_through(fleet: Fleet) -> None:
    """Unless the rule says that nothing does; without channels nobody is told, and without end one by one."""
    noon = {"days": ["monday"], "begins": "11:00", "ends": "13:00"}
    quiet = {"time_zone": "Europe/London", "windows": [noon], "critical_through": True}
    await _one(fleet, quiet_hours=quiet, severity="critical")
    assert fleet.sent.titles() == ["CP1 is offline"]
    await fleet.rule(OFFLINE, quiet_hours={**quiet, "critical_through": False}, severity="critical")
    await fleet.turn()
    assert fleet.sent.titles() == []
    await fleet.rule(OFFLINE, channels=[], renotify_after_s=60)
    await fleet.turn()
    assert (await fleet.standing(), fleet.sent.titles()) == (["CP1 is offline"], [])


async def test_a_message_that_cannot_be_sent_is_sent_later(fleet: Fleet) -> None:
    """One that fails keeps nothing from the others; acknowledged, it is not told again."""
    chargers = await fleet.chargers(2)
    await fleet.rule(OFFLINE, renotify_after_s=60, notify_resolved=False, clear_after_s=0)
    await fleet.turn()
    fleet.sent.fails = {"CP1 is offline"}
    await fleet.offline(*chargers)
    await fleet.turn()
    assert fleet.sent.titles() == ["CP2 is offline"]
    fleet.sent.fails = set()
    await fleet.turn(60)
    assert sorted(fleet.sent.titles()) == ["CP1 is offline", "CP2 is offline"]
    for alert in await fleet.alerts():
        await fleet.do(alert, "acknowledge")
    await fleet.turn(60)
    await fleet.online(*chargers)
    await fleet.turn()
    await fleet.turn()
    assert (await fleet.standing(), fleet.sent.titles()) == ([], [])


async def test_old_alerts_are_forgotten(fleet: Fleet) -> None:
    """What is over for longer than the history of states is kept goes, with its own history."""
    alert = await _one(fleet)
    await fleet.do(alert, "resolve")
    await fleet.api.sql.execute("UPDATE alerts SET resolved_at = resolved_at - interval '14 months', muted = false")
    await fleet.turn(3600)
    assert [each["status"] for each in await fleet.alerts()] == ["open"]  # still offline: a new one
    assert await fleet.api.sql.fetchval("SELECT count(*) FROM alert_events WHERE alert = $1", alert["id"]) == 0


async def test_a_rule_that_fails_keeps_nothing_from_the_others(fleet: Fleet) -> None:
    """Its turn is over with a line in the log; another worker's turn is left to it."""
    await fleet.chargers(1)
    await fleet.rule(OFFLINE)
    await fleet.api.create("/api/v1/alert-rules", name="A", condition={"kind": "disk"})

    def broken() -> float:
        raise RuntimeError("no disk")

    fleet.premises.disk_used = broken  # type: ignore[method-assign]
    await fleet.offline("CP1")
    await fleet.turn()
    assert await fleet.standing() == ["CP1 is offline"]
    await fleet.online("CP1")
    async with fleet.api.sql.transaction():
        await fleet.api.sql.execute("SELECT FROM alert_states FOR UPDATE")
        await fleet.turn(600)
        assert await fleet.api.sql.fetchval("SELECT count(*) FROM alerts WHERE absent_since IS NULL") == 1
    await fleet.turn(600)
    assert await fleet.api.sql.fetchval("SELECT count(*) FROM alerts WHERE absent_since IS NULL") == 0
