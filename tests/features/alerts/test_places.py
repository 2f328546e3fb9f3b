# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Rules of some places, and people who see some places only."""

from csms.domain.events import SecurityEventRaised
from csms.features.alerts.handlers import AlertWatcher
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from tests.features.alerts.support import ALERTS, RULES, Fleet
from tests.features.people.test_people import code, person


async def test_sites_groups_and_whoever_sees_a_part(fleet: Fleet) -> None:
    """A rule concerns the chargers of its sites, those below them, and its groups; alerts are seen with the charger."""
    api = fleet.api
    one, two, three, _ = await fleet.chargers(4)
    north = (await api.client.post("/api/v1/sites", json={"name": "Nord"})).json()["id"]
    below = (await api.client.post("/api/v1/sites", json={"name": "Halle", "parent_id": north})).json()["id"]
    group = (await api.client.post("/api/v1/charger-groups", json={"name": "Schnell"})).json()["id"]
    moved = await api.client.patch(f"/api/v1/chargers/{one}", json={"site_id": below})
    assert moved.status_code == 200, moved.text
    await api.client.post(f"/api/v1/charger-groups/{group}/members", json={"add": [two]})
    scope = {"sites": [north], "groups": [group]}
    rule = await fleet.rule({"kind": "offline"}, scope=scope)
    assert rule["scope"] == scope
    await fleet.offline(one, two, three)
    await fleet.turn(300)
    assert sorted(await fleet.standing()) == [f"{each} is offline" for each in (one, two)]
    answer = await api.client.patch(f"{RULES}/{rule['id']}", json={"scope": {"sites": [below], "chargers": [three]}})
    assert answer.status_code == 200, answer.text
    await fleet.turn()
    await fleet.turn(60)
    assert sorted(await fleet.standing()) == [f"{each} is offline" for each in (one, three)]

    await api.create(RULES, name="Secure", condition={"kind": "security_event"}, scope={"groups": [group]})
    watch = AlertWatcher(api.units, fleet.clock)
    for number, charger in enumerate((one, two)):
        event = SecurityEventRaised(
            organization_id=DEFAULT_ORGANIZATION_ID,
            charger_id=charger,
            at=fleet.clock.now(),
            name="wrong_secret",
            info=None,
        )
        await watch(event, number)
    assert [each["charger_id"] for each in await fleet.alerts(kind="security_event")] == [two]

    await fleet.sign_in()
    assignments = [{"role": "technician", "site_id": north}]
    async with await person(api, "tina", assignments=assignments) as tina:
        items = (await tina.get(ALERTS)).json()["items"]
        assert [each["title"] for each in items] == [f"{one} is offline"]
        own = items[0]["id"]
        me = await api.sql.fetchval("SELECT id FROM users WHERE username = 'tina'")
        given = await tina.post(f"{ALERTS}/{own}/assign", json={"assigned_to": str(me)})
        assert (given.status_code, given.json()["assigned_name"]) == (200, "tina")
        assert (await tina.post(f"{ALERTS}/{own}/acknowledge", json={})).status_code == 200
        assert len((await tina.get(f"{ALERTS}/{own}/events")).json()["items"]) == 4
        (other,) = await fleet.alerts(charger_id=three)
        assert await code(await tina.post(f"{ALERTS}/{other['id']}/resolve", json={})) == (404, "alert_not_found")
        many = await tina.post(f"{ALERTS}/acknowledge", json={"ids": [own, other["id"]]})
        assert many.json() == {"ids": []}
        assert (await tina.get(RULES)).status_code == 403
