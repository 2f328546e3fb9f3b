# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""States: raised once, counted when they come back, ended by themselves; outages; clocks that jump."""

from csms.features.alerts.detection import QUERIES
from tests.api.support import Product
from tests.features.alerts.support import RULES, Fleet, later_by

OFFLINE = {"kind": "offline", "after_s": 300}


async def test_the_life_of_an_offline_alert(fleet: Fleet) -> None:
    """Not before its time, once, counted when it flickers, ended after it was over for a while; told at both ends."""
    one, *_ = await fleet.chargers(3)
    await fleet.rule(OFFLINE, clear_after_s=60, renotify_after_s=3600)
    await fleet.turn()
    await fleet.offline(one)
    await fleet.turn(290)
    assert await fleet.standing() == []
    await fleet.turn(10)
    (alert,) = await fleet.alerts()
    assert (alert["title"], alert["status"], alert["count"]) == (f"{one} is offline", "open", 1)
    assert fleet.sent.titles() == [f"{one} is offline"]
    await fleet.turn()
    await fleet.turn(3590)
    assert fleet.sent.titles() == [f"{one} is offline"]  # told again after an hour
    await fleet.online(one)
    await fleet.turn()
    await fleet.offline(one)
    await fleet.turn()
    (alert,) = await fleet.alerts()
    assert (alert["count"], alert["status"]) == (2, "open")
    await fleet.online(one)
    await fleet.turn()
    await fleet.turn(50)
    assert await fleet.standing() == [f"{one} is offline"]
    await fleet.turn(10)
    (alert,) = await fleet.alerts(status="resolved")
    assert alert["resolved_by"] == "system"
    assert fleet.sent.titles() == [f"Resolved: {one} is offline"]
    kinds = ["raised", "notified", "notified", "repeated", "resolved", "notified"]
    assert await fleet.history(alert) == kinds
    told = await fleet.api.sql.fetch("SELECT type, key FROM outbox ORDER BY id")
    assert [tuple(row) for row in told] == [
        ("alert_raised", f"alert:{alert['id']}"),
        ("alert_resolved", f"alert:{alert['id']}"),
    ]
    await fleet.offline(one)
    await fleet.turn(300)
    assert len(await fleet.alerts(charger_id=one.lower())) == 2


async def test_who_is_not_offline(fleet: Fleet) -> None:
    """Retired chargers, those that never came, those out of scope; a gateway that died takes its chargers with it."""
    one, two, three = await fleet.chargers(3)
    await fleet.api.insert("chargers", id="NEVER", created_at=fleet.clock.now())
    rule = await fleet.rule(OFFLINE, scope={"chargers": [one.lower(), two]})
    assert rule["scope"] == {"chargers": [one, two]}
    await fleet.offline(one, two, three)
    await fleet.api.sql.execute("UPDATE chargers SET retired_at = $1 WHERE id = $2", fleet.clock.now(), two)
    await fleet.turn(300)
    assert await fleet.standing() == [f"{one} is offline"]
    await fleet.api.sql.execute("UPDATE chargers SET retired_at = $1 WHERE id = $2", fleet.clock.now(), one)
    await fleet.turn()
    await fleet.turn(60)
    assert await fleet.standing() == []
    await fleet.rule({**OFFLINE, "never_connected": True}, clear_after_s=0)
    await fleet.online(three)
    fleet.clock.advance(400)
    await fleet.sweeper()  # nobody renewed the lease
    assert sorted(await fleet.standing()) == [f"{three} is offline", "NEVER is offline"]


async def test_an_outage_is_one_alert(fleet: Fleet) -> None:
    """Told once for all, once more at twice as many; over with its last member; handled as one."""
    chargers = await fleet.chargers(60)
    await fleet.rule(OFFLINE, group_over=10, group_within_s=120, clear_after_s=0)
    await fleet.turn()
    await fleet.offline(*chargers[:5])
    await fleet.turn(100)
    await fleet.offline(*chargers[5:23])
    await fleet.turn(200)
    assert await fleet.standing() == ["23 chargers offline"]
    assert fleet.sent.titles() == ["23 chargers offline"]
    (group,) = await fleet.alerts(member="false")
    assert (group["members"], group["members_open"], group["is_group"]) == (23, 23, True)
    assert len(await fleet.alerts(group_id=group["id"], limit=100)) == 23
    raised = await fleet.api.sql.fetch("SELECT type FROM outbox WHERE type = 'alert_raised'")
    assert len(raised) == 1
    # it grows: one more is only counted, twice as many are told
    await fleet.api.sql.execute(
        "UPDATE charger_connections SET online = false, disconnected_at = $1 WHERE charger_id = $2",
        fleet.clock.now() - later_by(180), chargers[23],
    )  # fmt: skip
    await fleet.turn(180)
    assert (await fleet.standing(), fleet.sent.titles()) == (["24 chargers offline"], [])
    await fleet.api.sql.execute(
        "UPDATE charger_connections SET online = false, disconnected_at = $1 WHERE charger_id = ANY ($2)",
        fleet.clock.now() - later_by(300), chargers[24:50],
    )  # fmt: skip
    await fleet.turn()
    assert (await fleet.standing(), fleet.sent.titles()) == (["50 chargers offline"], ["50 chargers offline"])
    await fleet.do(group, "acknowledge", text="power cut")
    members = await fleet.alerts(group_id=group["id"], limit=100)
    assert {each["status"] for each in members} == {"acknowledged"}
    # one alone, long after, is no part of it
    await fleet.turn(1000)
    await fleet.offline(chargers[55])
    await fleet.turn(300)
    assert await fleet.standing() == ["50 chargers offline", f"{chargers[55]} is offline"]
    assert fleet.sent.titles() == [f"{chargers[55]} is offline"]
    await fleet.online(*chargers[:50])
    await fleet.turn()
    await fleet.turn()
    assert await fleet.standing() == [f"{chargers[55]} is offline"]
    assert fleet.sent.titles() == ["Resolved: 50 chargers offline"]
    status, code = await fleet.api.refused("POST", f"/api/v1/alerts/{group['id']}/reopen", json={})
    assert (status, code) == (409, "alert_over")


async def test_single_alerts_join_an_outage(fleet: Fleet) -> None:
    """Those that were told one by one before it was known to be an outage belong to it too."""
    chargers = await fleet.chargers(8)
    await fleet.rule({"kind": "offline", "after_s": 10}, group_over=4, group_within_s=120)
    await fleet.turn()
    for part in (chargers[:3], chargers[3:8]):
        await fleet.offline(*part)
        await fleet.turn(10)
    assert await fleet.standing() == ["8 chargers offline"]
    assert fleet.sent.titles() == [*(f"{each} is offline" for each in chargers[:3]), "8 chargers offline"]


async def test_a_clock_that_jumps(fleet: Fleet) -> None:
    """An hour forward raises nothing before its time, an hour back neither loses nor ends anything."""
    long_ago, just_now, later, on = await fleet.chargers(4)
    await fleet.rule(OFFLINE, clear_after_s=60)
    await fleet.turn()
    await fleet.offline(long_ago)
    await fleet.turn(300)
    await fleet.offline(just_now)
    fleet.clock.jump(3600)
    await fleet.sweeper()  # before the gateway renews its lease by the new clock
    await fleet.turn(5)
    await fleet.offline(later)
    await fleet.turn(250)
    assert await fleet.standing() == [f"{long_ago} is offline"]
    await fleet.turn(60)
    assert await fleet.standing() == [f"{each} is offline" for each in (long_ago, just_now, later)]
    await fleet.online(later)
    await fleet.turn()
    fleet.clock.jump(-3600)
    await fleet.turn(30)
    await fleet.turn(30)
    assert await fleet.standing() == [f"{each} is offline" for each in (long_ago, just_now)]
    # forth and back again: what began before the jump back lies in the future
    await fleet.offline(on)
    await fleet.turn(100)
    fleet.clock.jump(-3600)
    await fleet.turn(290)
    assert f"{on} is offline" not in await fleet.standing()
    await fleet.turn(20)
    await fleet.turn(3600)
    await fleet.turn(3600)
    assert sorted(await fleet.standing()) == [f"{each} is offline" for each in (long_ago, just_now, on)]


async def test_other_states(fleet: Fleet) -> None:
    """Faulted, flapping, booted in vain, wrong clock, drift, no readings, certificates, disk, jobs, parked events."""
    api, now = fleet.api, fleet.clock.now()
    one, two = await fleet.chargers(2)
    await api.sql.execute("UPDATE chargers SET name = E'Hof\\u202e 1\\n<b>{x}</b>' WHERE id = $1", one)

    async def finds(condition: dict[str, object], *titles: str, wait: float = 10) -> None:
        rule = await fleet.rule(condition, clear_after_s=0)
        await fleet.turn(wait)
        assert sorted(await fleet.standing()) == sorted(titles), condition["kind"]
        tested = (await api.client.post(f"{RULES}/{rule['id']}/test")).json()
        expected = len([title for title in titles if "server" not in title and "disk" not in title])
        assert tested["total"] == expected, condition["kind"]

    await api.insert(
        "connectors", charger_id=one, evse_id=2, connector_id=2, status="Faulted", state="faulted",
        error_code="GroundFailure", info="x\x1b[31m", last_status_update=now,
    )  # fmt: skip
    named = f"{one} (Hof 1 <b>{{x}}</b>)"
    await finds({"kind": "faulted", "after_s": 60}, f"{named}, connector 2 is faulted: GroundFailure x[31m", wait=60)
    for _ in range(5):
        fleet.clock.advance(60)
        await fleet.online(two)
    await finds({"kind": "flapping"}, f"{two} connects again and again: 5 connections in 600 seconds")
    await api.sql.execute("UPDATE chargers SET boot_status = 'pending' WHERE id = $1", two)
    await finds({"kind": "boot_rejected"}, f"{two} booted and may not work: pending")
    await finds({"kind": "boot_rejected", "pending": False})
    await api.insert(
        "connectors", charger_id=two, evse_id=1, connector_id=1, status="Available", state="available",
        status_at=now + later_by(3600), last_status_update=now,
    )  # fmt: skip
    await finds({"kind": "clock_offset"}, f"{two} has a wrong clock: +3600 s")
    template = await api.create("/api/v1/configuration-templates", name="City", values={"A": "1", "B": "2"})
    await api.client.post(f"/api/v1/configuration-templates/{template['id']}/assignments", json={"charger_ids": [one]})
    await api.insert("configurations", charger_id=one, key="a", value="7")
    await finds({"kind": "configuration_drift"}, f"{named} differs from its configuration template: City, 1 key")
    await finds({"kind": "configuration_drift", "differences": 2})
    silent = await api.transaction(one, transaction_id=7)
    told = await api.transaction(two, transaction_id=8, connector_id=2)
    fleet.clock.advance(900)
    await api.reading(two, told, fleet.clock.now(), 1)
    await finds({"kind": "no_meter_values"}, f"{named}, connector 1 sends no meter values: transaction 7")
    await api.reading(one, silent, fleet.clock.now(), 1)
    await finds({"kind": "no_meter_values"})
    await api.sql.execute(
        "INSERT INTO charger_certificates (id, organization_id, charger_id, kind, status, csr, not_after)"
        " SELECT gen_random_uuid(), organization_id, id, 'charging_station', 'accepted', '', $1 FROM chargers WHERE id = $2",
        fleet.clock.now() + later_by(86_400), one,
    )  # fmt: skip
    day = f"{fleet.clock.now() + later_by(86_400):%Y-%m-%d}"
    fleet.premises.ends = {"ocpp": fleet.clock.now() + later_by(86_400)}
    await finds(
        {"kind": "certificate_expiry"},
        f"{named} has a certificate that ends soon: {day}",
        f"A certificate of this server ends soon: ocpp, {day}",
    )
    fleet.premises.disk = 0.91
    await finds({"kind": "disk", "used_percent": 90}, "The disk is filling up: 91 % used")
    for kind, status in (("retention", "failed"), ("partitions", "failed"), ("partitions", "succeeded")):
        fleet.clock.advance(1)
        await api.sql.execute(
            "INSERT INTO jobs (id, organization_id, kind, queue_id, status, error, finished_at)"
            " SELECT gen_random_uuid(), id, $1, 1, $2, 'Boom: <x>', $3 FROM organizations",
            kind, status, fleet.clock.now(),
        )  # fmt: skip
    await api.insert(
        "outbox_parked", consumer="holdings", outbox_id=1, type="x", key="k", payload={}, occurred_at=now, attempts=9, error="x",
    )  # fmt: skip
    await finds(
        {"kind": "failed_jobs"},
        "Background work failed: retention, Boom: <x>",
        "Background work failed: 1 events of holdings were set aside",
    )


async def test_a_fault_that_is_repeated_is_as_old_as_its_first_word(fleet: Fleet) -> None:
    """A charger that says every half minute that it is faulted is not new each time; one that recovered is."""
    (one,) = await fleet.chargers(1)
    await fleet.rule({"kind": "faulted", "after_s": 60})
    await fleet.api.sql.execute("SELECT csms_make_partitions($1)", fleet.clock.now())
    await fleet.api.insert(
        "connectors", charger_id=one, evse_id=1, connector_id=1, status="Faulted", state="faulted",
        last_status_update=fleet.clock.now(),
    )  # fmt: skip
    said = {"charger_id": one, "evse_id": 1, "connector_id": 1}
    for status in ("Faulted", "Available", "Faulted", "Faulted"):
        await fleet.api.insert("status_history", status=status, received_at=fleet.clock.now(), **said)
        await fleet.api.sql.execute("UPDATE connectors SET last_status_update = $1", fleet.clock.now())
        await fleet.turn(25)
        assert await fleet.standing() == []  # the first fault was over at once
    await fleet.turn(10)
    assert await fleet.standing() == [f"{one}, connector 1 is faulted"]


async def test_thousands_in_one_statement(fleet: Fleet, api: Product) -> None:
    """Every kind looks at five thousand chargers in one statement, well within a turn."""
    await fleet.chargers(5_000)
    await api.sql.execute(
        "INSERT INTO connectors (organization_id, charger_id, evse_id, connector_id, status, state, status_at,"
        " last_status_update) SELECT organization_id, id, 1, 1, 'Faulted', 'faulted', $1, $1 FROM chargers",
        fleet.clock.now(),
    )
    await api.sql.execute(
        "INSERT INTO transactions (id, organization_id, charger_id, evse_id, connector_id, transaction_id,"
        ' "authorization", start_received_at, status)'
        " SELECT gen_random_uuid(), organization_id, id, 1, 1, row_number() OVER (), 'none', $1, 'active' FROM chargers",
        fleet.clock.now(),
    )
    await api.sql.execute("ANALYZE")
    rules = await api.items(RULES)
    by_kind = {rule["kind"]: rule for rule in rules}
    assert set(QUERIES) <= set(by_kind)
    fleet.clock.advance(1_000)
    await fleet.sign_in()
    expected = {"offline": 5_000, "faulted": 5_000}
    for kind in QUERIES:
        before = api.site.clock.now()
        answer = await api.client.post(f"{RULES}/{by_kind[kind]['id']}/test")
        assert answer.status_code == 200, answer.text
        assert answer.json()["total"] == expected.get(kind, answer.json()["total"]), kind
        assert len(answer.json()["items"]) <= 100
        assert before == api.site.clock.now()
    await fleet.sweeper()  # all of it is an outage, twice: of chargers and of connectors
    groups = await fleet.alerts(member="false", kind=["offline", "faulted"])
    assert sorted((group["title"], group["members_open"]) for group in groups) == [
        ("5000 chargers faulted", 5_000),
        ("5000 chargers offline", 5_000),
    ]
    assert "csms_alerts_open" in api.site.metrics.render().decode()
    statements = await api.sql.fetchval("SELECT count(*) FROM alerts WHERE group_id IS NOT NULL")
    assert statements == 10_000
    await fleet.turn()  # everybody is back: the outage of chargers is over
    await fleet.turn(60)
    assert [each["kind"] for each in await fleet.alerts(member="false", status="resolved")] == ["offline"]
