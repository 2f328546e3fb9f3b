# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Verdicts over HTTP: gathered from what chargers did, for who may see it."""

from datetime import timedelta
from typing import Any

import pytest

from csms.kit.ids import new_id
from tests.api.support import Product
from tests.features.people.test_people import person
from tests.features.whole import Whole
from tests.support.charger import basic, connected
from tests.support.eventually import eventually
from tests.support.raw import knock

SECRET = "correct horse battery staple"


def kinds(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The evidence by its kind; of several the first."""
    found: dict[str, dict[str, Any]] = {}
    for each in answer["evidence"]:
        found.setdefault(each["kind"], each)
    return found


async def health(side: Any, charger_id: str = "CP1") -> dict[str, Any]:
    """A verdict."""
    answer = await side.client.get(f"/api/v1/chargers/{charger_id}/health")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_from_the_first_connection_to_a_refusal(whole: Whole) -> None:
    """Never connected, healthy, faulted, gone, refused: each is told with its facts."""
    await whole.csms.charger("SAFE", password=SECRET)
    first = await health(whole, "SAFE")
    assert (first["verdict"], first["severity"], first["cause"]["code"]) == ("never_connected", "info", "never_seen")
    assert (first["since"], first["evidence"]) == (None, [])
    async with connected(whole.csms.url, "SAFE", password=SECRET) as charger:
        await eventually(lambda: whole.csms.rows("SELECT FROM charger_connections WHERE online"))
        assert (await health(whole, "safe"))["cause"]["code"] == "not_booted"
        await charger.boot()
        well = await health(whole, "SAFE")
        assert (well["verdict"], well["cause"], well["step"], well["charger_id"]) == ("healthy", None, None, "SAFE")
        facts = kinds(well)
        assert facts["connected"]["parameters"]["protocol"] == "ocpp1.6"
        assert facts["last_message"]["parameters"]["action"] == "BootNotification"
        assert facts["last_boot"]["parameters"]["status"] == "accepted"
        await charger.status("Available", 2)
        await charger.status("Faulted", 1, errorCode="GroundFailure")
        faulted = await health(whole, "SAFE")
        assert (faulted["verdict"], faulted["severity"]) == ("faulted", "warning")
        assert "GroundFailure" in faulted["cause"]["text"]
    await eventually(lambda: whole.csms.rows("SELECT FROM charger_connections WHERE NOT online"))
    gone = await health(whole, "SAFE")
    assert (gone["verdict"], gone["severity"], gone["cause"]["code"]) == ("offline", "critical", "closed_by_charger")
    assert gone["since"] is not None
    assert kinds(gone)["disconnected"]["parameters"]["closed_by"] == "charger"
    await knock(whole.csms.url, "/ocpp/SAFE", basic("SAFE", "wrong"))
    gateway = whole.csms.application.gateway
    assert gateway is not None
    await gateway._notices.flush()
    refused = await health(whole, "SAFE")
    assert (refused["cause"]["code"], refused["step"]["code"]) == ("wrong_secret", "correct_credentials")
    assert refused["cause"]["parameters"]["count"] == 1
    assert await whole.refused("GET", "/api/v1/chargers/NOBODY/health") == (404, "charger_not_found")


@pytest.fixture
async def site(api: Product) -> Product:
    """Four chargers at a site, of which three went together; a fifth elsewhere went too."""
    now = api.clock.now()
    place = (await api.client.post("/api/v1/sites", json={"name": "Depot"})).json()["id"]
    await api.insert("gateway_nodes", id="n1", started_at=now, lease_until=now + timedelta(days=36_500))
    for number in range(1, 6):
        body = {"id": f"CP{number}", "site_id": place if number < 5 else None}
        assert (await api.client.post("/api/v1/chargers", json=body)).status_code == 201
        gone_at = now - timedelta(minutes=30, seconds=number)
        online = number == 4
        await api.insert(
            "charger_connections",
            charger_id=f"CP{number}",
            node_id="n1",
            epoch=1,
            online=online,
            connected_at=now - timedelta(days=3),
            seen_at=now if online else gone_at,
            disconnected_at=None if online else gone_at,
            close_code=None if online else 1006,
            closed_by=None if online else "network",
        )
    return api


async def test_neighbours_that_went_together(site: Product) -> None:
    """Two of three others went with it: the site's network. The one elsewhere has no neighbours."""
    answer = await health(site, "CP1")
    assert answer["cause"] == {
        "code": "site_offline",
        "parameters": {"offline": 3, "total": 4, "site": "Depot"},
        "text": "3 of 4 chargers at Depot went at the same time: its network, or its power.",
    }
    near = kinds(answer)["neighbours"]["parameters"]
    assert near == {"site": "Depot", "total": 3, "offline": 2, "together": 2}
    assert (await health(site, "CP5"))["cause"]["code"] == "connection_lost"
    # the one that is connected has never booted
    still = await health(site, "CP4")
    assert still["verdict"] == "pending"
    assert kinds(still)["neighbours"]["parameters"] == {"site": "Depot", "total": 3, "offline": 3, "together": 0}


async def test_what_was_done_before_it_went(site: Product) -> None:
    """A reset, a changed key, a firmware update; what was done after it went, or long before, is no evidence."""
    now = site.clock.now()
    gone_at = now - timedelta(minutes=30)
    for kind, ago in (("reset", 5), ("unlock", -10), ("set_variables", 300)):
        await site.insert(
            "commands",
            id=new_id(),
            charger_id="CP5",
            type=kind,
            body={"type": kind},
            status="accepted",
            actor_name="admin",
            created_at=gone_at - timedelta(minutes=ago),
            sent_at=gone_at - timedelta(minutes=ago),
            expires_at=now,
        )
    await site.insert(
        "configuration_history",
        id=new_id(),
        charger_id="CP5",
        key="ServerURL",
        new_value="x",
        actor_name="admin",
        at=gone_at - timedelta(minutes=9),
    )
    answer = await health(site, "CP5")
    assert (answer["cause"]["code"], answer["cause"]["parameters"]["actor"]) == ("reset", "admin")
    told = [(each["kind"], each["parameters"].get("type")) for each in answer["evidence"]]
    assert ("command", "reset") in told
    assert {kind for _, kind in told} == {"reset", None}
    assert kinds(answer)["configuration_change"]["parameters"] == {"key": "ServerURL", "actor": "admin"}
    await site.sql.execute("DELETE FROM commands")
    assert (await health(site, "CP5"))["cause"]["parameters"]["key"] == "ServerURL"


async def test_what_somebody_may_not_read_is_no_evidence(site: Product) -> None:
    """Alerts for who reads alerts, waiting chargers for who reads those; nothing for who reads no chargers."""
    now = site.clock.now()
    await site.sql.execute("UPDATE chargers SET serial_number = 'S1'")
    await site.insert("pending_chargers", id="CP-NEW", serial_number="S1", first_seen_at=now, last_seen_at=now)
    rule = (await site.client.get("/api/v1/alert-rules")).json()["items"][0]["id"]
    await site.insert(
        "alerts",
        id=new_id(),
        rule=rule,
        rule_name="r",
        kind="offline",
        severity="warning",
        subject="CP5",
        charger_id="CP5",
        title="CP5 is offline",
        details={},
        began_at=now,
        first_at=now,
        last_at=now,
    )
    whole = await health(site, "CP5")
    assert whole["cause"]["code"] == "waits_under_another_identity"
    assert {"alert", "waits_as"} <= kinds(whole).keys()
    finance = await person(site, "fina", role="finance")
    part = (await finance.get("/api/v1/chargers/CP5/health")).json()
    assert part["cause"]["code"] == "connection_lost"
    assert not {"alert", "waits_as"} & kinds(part).keys()
    made = {"name": "none", "permissions": ["token:token:read"]}
    key = (await site.client.post("/api/v1/api-keys", json=made)).json()["key"]
    async with site.as_nobody() as program:
        answer = await program.get("/api/v1/chargers/CP5/health", headers={"X-API-Key": key})
    assert answer.status_code == 403
