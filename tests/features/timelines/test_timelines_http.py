# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Timelines and series over HTTP, of what a charger did."""

from datetime import datetime, timedelta
from typing import Any, get_args

from csms.domain.metering import sample_code
from csms.features.timelines.schemas import ChargerEventKind, TransactionEventKind
from csms.features.timelines.sources import DURING, EVENTS, OF_CHARGER, OF_TRANSACTION
from csms.kit.ids import new_id
from tests.api.support import Product
from tests.features.people.test_people import person
from tests.features.whole import Whole
from tests.support.charger import connected
from tests.support.eventually import eventually

CHARGER = "/api/v1/chargers/CP1"


def at(minute: int) -> str:
    """A moment of the session."""
    return f"2026-11-23T10:{minute:02}:00Z"


async def timeline(side: Any, path: str, **query: Any) -> list[dict[str, Any]]:
    """All of it, in pages of two."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        params = {"limit": 2, **query, **({} if cursor is None else {"cursor": cursor})}
        answer = await side.client.get(f"{path}/timeline", params=params)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


async def test_what_happened(whole: Whole) -> None:
    """Connected, booted, a status, a session, a command, a changed key, gone: the newest first, each once."""
    await whole.csms.token("TAG")
    async with connected(whole.csms.url, "CP1", boot=True) as charger:
        await charger.status("Available")
        number = (await charger.start("TAG", 1, 1000, at(0)))["transactionId"]
        charger.answers["ChangeConfiguration"] = {"status": "Accepted"}
        for value in ("60", "30"):  # a key that was never seen before has not changed
            body = {"type": "change_configuration", "key": "MeterValueSampleInterval", "value": value}
            assert (await whole.command(body))["status"] == "accepted"
            await eventually(lambda value=value: whole.csms.rows("SELECT FROM configurations WHERE value = $1", value))
        await eventually(lambda: whole.csms.rows("SELECT FROM configuration_history"))
        await charger.stop(number, 2000, at(9), reason="Local")
    await eventually(lambda: whole.csms.rows("SELECT FROM past_connections"))
    renamed = await whole.client.patch(CHARGER, json={"name": "North"})
    assert renamed.status_code == 200
    events = await timeline(whole, CHARGER)
    assert [event["at"] for event in events] == sorted((event["at"] for event in events), reverse=True)
    assert len({event["id"] for event in events}) == len(events)
    assert {event["code"] for event in events} == {
        "settings_changed",
        "disconnected_by_charger",
        "transaction_ended",
        "configuration_changed",
        "command_accepted",
        "transaction_started",
        "status_changed",
        "booted",
        "connected",
    }
    assert events[0]["code"] == "settings_changed"
    assert events[-1]["code"] == "connected"
    assert all(event["text"] for event in events)
    chosen = await timeline(whole, CHARGER, kind=["booted", "status"])
    assert [event["kind"] for event in chosen] == ["status", "booted"]
    later = await timeline(whole, CHARGER, **{"at[gte]": events[1]["at"]})
    assert [event["code"] for event in later] == [event["code"] for event in events[:2]]
    earlier = await timeline(whole, CHARGER, **{"at[lte]": events[-1]["at"]})
    assert [event["code"] for event in earlier] == ["connected"]

    own = await timeline(whole, f"/api/v1/transactions/{number}")
    codes = [event["code"] for event in own]
    assert {"transaction_started", "transaction_ended", "command_accepted"} <= set(codes)
    assert not {"booted", "connected", "settings_changed"} & set(codes)
    for path, code in (
        ("/api/v1/chargers/NOBODY", "charger_not_found"),
        ("/api/v1/transactions/1", "transaction_not_found"),
    ):
        assert await whole.refused("GET", f"{path}/timeline") == (404, code)
        assert await whole.refused("GET", f"{path}/series") == (404, code)
    assert await whole.refused("GET", f"{CHARGER}/timeline?cursor=x") == (400, "invalid_cursor")
    for query in ("kind=weather", "limit=0", "limit=201", "at[gte]=yesterday"):
        assert (await whole.refused("GET", f"{CHARGER}/timeline?{query}"))[0] == 422, query


async def test_events_of_a_numbered_transaction(whole: Whole) -> None:
    """OCPP 2.x: what it told beside readings."""

    def event(kind: str, seq: int, trigger: str, **info: Any) -> dict[str, Any]:
        return {
            "eventType": kind,
            "timestamp": at(seq),
            "triggerReason": trigger,
            "seqNo": seq,
            "transactionInfo": {"transactionId": "T-1", **info},
            "evse": {"id": 1, "connectorId": 1},
        }

    boot = {"chargingStation": {"vendorName": "A", "model": "B"}, "reason": "PowerUp"}
    async with connected(whole.csms.url, "CP1", protocols=("ocpp2.0.1",)) as charger:
        await charger.call("BootNotification", boot)
        await charger.call("TransactionEvent", event("Started", 0, "CablePluggedIn"))
        await charger.call("TransactionEvent", event("Updated", 1, "ChargingStateChanged", chargingState="Charging"))
        await charger.call("TransactionEvent", event("Ended", 2, "EVDeparted"))
    (found,) = await whole.items("/api/v1/transactions")
    path = f"/api/v1/transactions/{found['id']}"
    events = await timeline(whole, path, kind=["transaction_started", "transaction_updated", "transaction_ended"])
    assert [each["code"] for each in events] == ["transaction_ended", "transaction_updated", "transaction_started"]
    assert events[1]["parameters"]["phase"] == "charging"
    (booted,) = await timeline(whole, CHARGER, kind="booted")
    assert "PowerUp" in booted["text"]


async def test_many_at_the_same_moment(api: Product) -> None:
    """A burst shares one instant: pages hold each of it once."""
    await api.create("/api/v1/chargers", id="CP1")
    now = api.clock.now()
    await api.sql.execute("SELECT csms_make_partitions($1)", now)
    for number in range(1, 8):
        row = {"evse_id": number, "connector_id": 1, "status": "Available", "received_at": now}
        await api.insert("status_history", charger_id="CP1", **row)
        await api.insert("security_events", id=new_id(), charger_id="CP1", kind="k", detail=str(number), at=now)
    events = await timeline(api, CHARGER, limit=3, kind=["status", "security"])
    assert len(events) == 14
    assert len({event["id"] for event in events}) == 14


async def test_what_somebody_may_not_read_is_hidden(api: Product) -> None:
    """Left out and named; asked for, it is refused."""
    await api.create("/api/v1/chargers", id="CP1")
    await api.transaction("CP1")
    viewer = await person(api, "vera", role="viewer")
    answer = (await viewer.get(f"{CHARGER}/timeline")).json()
    assert answer["hidden"] == ["audit"]
    assert {event["kind"] for event in answer["items"]} == {"transaction_started"}
    assert (await viewer.get(f"{CHARGER}/timeline?kind=audit")).status_code == 403
    made = {"name": "few", "permissions": ["charger:charger:read"]}
    key = (await api.client.post("/api/v1/api-keys", json=made)).json()["key"]
    async with api.as_nobody() as program:
        program.headers["X-API-Key"] = key
        few = (await program.get(f"{CHARGER}/timeline")).json()
        assert few["items"] == []
        assert set(few["hidden"]) == {
            "alert",
            "audit",
            "transaction_closed",
            "transaction_ended",
            "transaction_started",
        }
        assert (await program.get(f"{CHARGER}/series")).status_code == 403


def test_kinds_and_codes_are_documented() -> None:
    """The document names the kinds that there are; each source that has one code has words for it."""
    assert set(get_args(ChargerEventKind)) == {source.kind for source in OF_CHARGER}
    assert set(get_args(TransactionEventKind)) == {source.kind for source in OF_TRANSACTION} | set(DURING)
    plain = {source.code.strip("'") for source in (*OF_CHARGER, *OF_TRANSACTION) if source.code.count("'") == 2}
    assert {code for code in plain if code.isidentifier()} <= EVENTS.keys()


async def readings(api: Product, key: Any, began: datetime, count: int) -> None:
    """Power on two phases and the state of charge, every minute; one peak; signed data beside it."""
    power = [sample_code("Power.Active.Import", phase, None) for phase in ("L1", "L2")]
    soc = sample_code("SoC", None, "EV")
    for minute in range(count):
        peak = 9000 if minute == count // 2 else 1000 + minute
        when = began + timedelta(minutes=minute)
        columns = {"codes": [*power, soc, power[0]], "values": [peak, 2000, 20 + minute, float("nan")]}
        await api.reading("CP1", key, when, 1000 + minute, **columns)


async def test_a_series_is_thinned_and_loses_no_peak(api: Product) -> None:
    """As many points as were asked for, the last value and the extremes of each; few readings are told whole."""
    await api.create("/api/v1/chargers", id="CP1")
    now = api.clock.now()
    began = now - timedelta(minutes=59)
    key = await api.transaction("CP1", start_timestamp=began, start_received_at=began, transaction_id=7)
    await readings(api, key, began, 60)
    path = "/api/v1/transactions/7/series"
    answer = (await api.client.get(path, params={"points": 10})).json()
    lines = {(each["measurand"], each["phase"]): each for each in answer["series"]}
    assert set(lines) == {("Power.Active.Import", "L1"), ("Power.Active.Import", "L2"), ("SoC", None)}
    first = lines["Power.Active.Import", "L1"]
    assert (first["unit"], lines["SoC", None]["unit"], lines["SoC", None]["location"]) == ("W", "Percent", "EV")
    assert len(first["points"]) == 10
    assert max(point["max"] for point in first["points"]) == 9000
    assert sum(point["count"] for point in first["points"]) == 60
    assert first["points"][-1]["last"] == 1059
    assert all(point["min"] <= point["last"] <= point["max"] for each in lines.values() for point in each["points"])
    whole = (await api.client.get(path, params={"points": 1000, "measurands": "SoC"})).json()["series"]
    assert [point["last"] for point in whole[0]["points"]] == [20 + minute for minute in range(60)]
    of_charger = (await api.client.get(f"{CHARGER}/series", params={"hours": 0.5})).json()
    assert sum(point["count"] for point in of_charger["series"][0]["points"]) in (30, 31)
    assert await api.refused("GET", f"{path}?measurands=Weather") == (400, "unknown_measurand")
    for query in ("points=1", "points=1001"):
        assert (await api.refused("GET", f"{path}?{query}"))[0] == 422
    assert (await api.refused("GET", f"{CHARGER}/series?hours=0"))[0] == 422


async def test_the_limit_in_force(api: Product) -> None:
    """From the default that the charger has, and the profile that the transaction was given meanwhile."""
    await api.create("/api/v1/chargers", id="CP1")
    now = api.clock.now()
    began = now - timedelta(minutes=60)
    await api.transaction("CP1", start_timestamp=began, start_received_at=began, transaction_id=7)

    def body(limit: int) -> dict[str, Any]:
        periods = [{"start_s": 0, "limit": limit}]
        return {"stack_level": 0, "kind": "relative", "schedules": [{"unit": "A", "periods": periods}]}

    await api.insert(
        "installed_charging_profiles",
        id=new_id(),
        charger_id="CP1",
        evse_id=0,
        profile_id=1,
        purpose="tx_default_profile",
        stack_level=0,
        profile=body(16),
        installed_at=began - timedelta(days=3),
    )
    sent = {"type": "set_charging_profile", "ref": 7, "evse_id": 1, "profile": {**body(8), "purpose": "tx_profile"}}
    await api.insert(
        "commands",
        id=new_id(),
        charger_id="CP1",
        type="set_charging_profile",
        body=sent,
        status="accepted",
        actor_name="admin",
        created_at=began + timedelta(minutes=20),
        finished_at=began + timedelta(minutes=20),
        expires_at=now,
    )
    answer = (await api.client.get("/api/v1/transactions/7/series")).json()
    (line,) = answer["limits"]
    assert line["unit"] == "A"
    assert [(step["limit"], step["purpose"]) for step in line["steps"]] == [
        (16, "tx_default_profile"),
        (8, "tx_profile"),
    ]
