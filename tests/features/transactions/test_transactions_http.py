# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Transactions and their readings over HTTP, told by a charger on its socket."""

from typing import Any

from csms.kit.ids import new_id
from tests.features.whole import Whole
from tests.support.charger import Charger, connected

TRANSACTIONS = "/api/v1/transactions"


def at(minute: int) -> str:
    """A moment of the session."""
    return f"2026-11-23T10:{minute:02}:00Z"


async def session(whole: Whole, charger: Charger, *, connector: int = 1, minute: int = 0, wh: int = 3000) -> int:
    """One that was started, read once and stopped; its number."""
    number: int = (await charger.start("TAG", connector, 1000, at(minute)))["transactionId"]
    await charger.meter(number, 1000 + wh / 2, at(minute + 1), connector)
    await charger.stop(number, 1000 + wh, at(minute + 2), reason="EVDisconnected")
    return number


async def test_a_transaction_while_it_runs_and_when_it_is_over(whole: Whole, charger: Charger) -> None:
    """By number and by id; energy as the newest reading says, then as it ended."""
    await whole.csms.token("TAG")
    number = (await charger.start(timestamp=at(0)))["transactionId"]
    found = (await whole.client.get(f"{TRANSACTIONS}/{number}")).json()
    assert (found["status"], found["energy_wh"], found["stop_timestamp"]) == ("active", None, None)
    assert (found["charger_id"], found["id_tag"], found["authorization"]) == ("CP1", "TAG", "accepted")
    await charger.meter(number, 1700, at(1))
    assert (await whole.client.get(f"{TRANSACTIONS}/{number}")).json()["energy_wh"] == 700
    await charger.stop(number, 4000, at(2), idTag="TAG", reason="EVDisconnected")
    answer = await whole.client.get(f"{TRANSACTIONS}/{found['id']}")
    ended = answer.json()
    assert (ended["status"], ended["energy_wh"], ended["meter_stop"]) == ("completed", 3000, 4000)
    assert (ended["reason"], ended["stop_reason"], ended["stop_id_tag"]) == ("EVDisconnected", "EVDisconnected", "TAG")
    assert ended["flags"] == []
    assert ended["start_timestamp"] < ended["stop_timestamp"]
    assert (await whole.client.get(f"{TRANSACTIONS}/{number}")).headers["etag"] == answer.headers["etag"]


async def test_readings_are_shown_once_in_base_units(whole: Whole, charger: Charger) -> None:
    """kWh become Wh, what is no number stays as text, a reading that is told again is one."""
    number = (await charger.start(timestamp=at(0)))["transactionId"]
    samples: list[dict[str, Any]] = [
        {"value": "1.5", "unit": "kWh"},
        {"value": "11", "unit": "kW", "measurand": "Power.Active.Import", "phase": "L1"},
        {"value": "OCMF|{}", "format": "SignedData", "measurand": "Energy.Active.Import.Register"},
        {"value": "7", "measurand": "Vendor.Thing"},
    ]
    frame = {
        "connectorId": 1,
        "transactionId": number,
        "meterValue": [
            {"timestamp": at(1), "sampledValue": samples},
            {"timestamp": at(2), "sampledValue": [{"value": "1600", "context": "Sample.Clock"}]},
        ],
    }
    for _ in range(2):
        await charger.call("MeterValues", frame)
    first, second = await whole.items(f"{TRANSACTIONS}/{number}/meter-values")
    assert (first["energy_wh"], second["energy_wh"]) == (1500, 1600)
    assert (first["context"], second["context"]) == ("Sample.Periodic", "Sample.Clock")
    energy, power, signed, vendor = first["samples"]
    assert (energy["value"], energy["unit"], energy["measurand"]) == (1500, "Wh", "Energy.Active.Import.Register")
    assert (power["value"], power["unit"], power["phase"]) == (11000, "W", "L1")
    assert (signed["value"], signed["raw"]) == (None, "OCMF|{}")
    assert (vendor["measurand"], vendor["value"]) == ("Vendor.Thing", 7)
    path = f"{TRANSACTIONS}/{number}/meter-values"
    assert await whole.walk(path, 1) == [first, second]
    assert await whole.walk(path, 1, sort="-timestamp") == [second, first]
    assert await whole.items(path, **{"timestamp[gt]": first["timestamp"]}) == [second]
    assert await whole.items(path, fields="energy_wh") == [{"energy_wh": 1500}, {"energy_wh": 1600}]


async def test_power_and_charge_of_an_open_one(whole: Whole, charger: Charger) -> None:
    """Of the newest reading that has them: the total before the phases, however they came; none when it is over."""
    number = (await charger.start(timestamp=at(0)))["transactionId"]

    async def figures() -> tuple[float | None, float | None]:
        found = (await whole.client.get(f"{TRANSACTIONS}/{number}")).json()
        return found["power_w"], found["soc_percent"]

    async def told(minute: int, *samples: dict[str, Any]) -> None:
        reading = {"timestamp": at(minute), "sampledValue": list(samples)}
        await charger.call("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": [reading]})

    def power(kilowatts: str, **more: str) -> dict[str, Any]:
        return {"value": kilowatts, "unit": "kW", "measurand": "Power.Active.Import", **more}

    assert await figures() == (None, None)
    await told(2, power("3", phase="L1"), power("4.5", phase="L2"), {"value": "41", "measurand": "SoC"})
    assert await figures() == (7500, 41)
    await told(1, power("1"))
    assert await figures() == (7500, 41)
    await told(3, power("11"), power("3.6", phase="L1"))
    assert await figures() == (11000, 41)
    await told(4, {"value": "42", "measurand": "SoC", "location": "EV"})
    assert await figures() == (11000, 42)
    await charger.stop(number, 4000, at(4))
    assert await figures() == (None, None)


async def test_what_was_never_begun_here(whole: Whole, charger: Charger) -> None:
    """A stop of an unknown transaction is one of its own, suspect, by id only."""
    await charger.stop(4711, 2000, at(5))
    (found,) = await whole.items(TRANSACTIONS)
    assert (found["transaction_id"], found["reported_ref"], found["meter_stop"]) == (None, "4711", 2000)
    assert found["flags"] == ["unknown_transaction"]
    assert await whole.items(TRANSACTIONS, flags="unknown_transaction") == [found]
    assert await whole.items(TRANSACTIONS, flags="second_stop") == []
    one = (await whole.client.get(f"{TRANSACTIONS}/{found['id']}")).json()
    assert one == {**found, "close_proposal": None}
    assert await whole.refused("GET", f"{TRANSACTIONS}/4711") == (404, "transaction_not_found")


async def test_lists_are_filtered_sorted_and_walked(whole: Whole, charger: Charger) -> None:
    """Newest first; by charger, connector, tag, status, flags, reason and time; each once."""
    first = await session(whole, charger)
    await whole.csms.charger("CP2")
    async with connected(whole.csms.url, "CP2", boot=True) as other:
        second = await session(whole, other, connector=2, minute=10)
    third = (await charger.start("Other", 1, 5000, at(20)))["transactionId"]
    numbers = [third, second, first]
    for limit in (1, 2, 3):
        assert [item["transaction_id"] for item in await whole.walk(TRANSACTIONS, limit)] == numbers
        walked = await whole.walk(TRANSACTIONS, limit, sort="start_timestamp")
        assert [item["transaction_id"] for item in walked] == numbers[::-1]
    queries: list[tuple[dict[str, Any], list[int]]] = [
        ({"charger_id": "cp2"}, [second]),
        ({"charger_id": "NOBODY"}, []),
        ({"connector_id": 1}, [third, first]),
        ({"id_tag": "tag"}, [second, first]),
        ({"status": "active"}, [third]),
        ({"status": ["active", "completed"], "charger_id": "CP1"}, [third, first]),
        ({"reason": "EVDisconnected"}, [second, first]),
        ({"transaction_id": second}, [second]),
        ({"start_timestamp[gte]": at(10)}, [third, second]),
        ({"stop_timestamp[lt]": at(10)}, [first]),
    ]
    for query, expected in queries:
        assert [item["transaction_id"] for item in await whole.items(TRANSACTIONS, **query)] == expected, query
    for query, code, word in (
        ({"colour": "red"}, "invalid_filter", "colour"),
        ({"status": "lost"}, "invalid_filter", "status"),
        ({"connector_id": "one"}, "invalid_filter", "connector_id"),
        ({"start_timestamp": "today"}, "invalid_filter", "start_timestamp"),
        ({"sort": "energy_wh"}, "invalid_page", "created_at"),
        ({"cursor": "e30"}, "invalid_cursor", "cursor"),
    ):
        answer = await whole.client.get(TRANSACTIONS, params=query)
        assert (answer.status_code, answer.json()["code"]) == (400, code), query
        assert word in answer.json()["detail"], query


async def test_unknown_ones(whole: Whole) -> None:
    """404 by number and by id, 422 for what is neither, 401 for nobody."""
    for key in (1, 2**31, 10**30, 0, -1, new_id()):
        for path in (f"{TRANSACTIONS}/{key}", f"{TRANSACTIONS}/{key}/meter-values"):
            assert await whole.refused("GET", path) == (404, "transaction_not_found"), path
    assert await whole.refused("GET", f"{TRANSACTIONS}/one") == (422, "invalid_body")
    async with whole.as_nobody() as nobody:
        for path in (TRANSACTIONS, f"{TRANSACTIONS}/1", f"{TRANSACTIONS}/1/meter-values"):
            assert (await nobody.get(path)).status_code == 401


async def test_transactions_of_others_are_not_there(whole: Whole, charger: Charger) -> None:
    """Neither in the list, nor by number, nor their readings."""
    number = await session(whole, charger)
    other, sql = new_id(), whole.csms.sql
    await sql.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Rival')", other)
    await sql.execute("SET session_replication_role = replica")  # without foreign keys: its charger stays ours
    await sql.execute("UPDATE meter_values SET organization_id = $1", other)
    assert await whole.items(f"{TRANSACTIONS}/{number}/meter-values") == []
    await sql.execute("UPDATE transactions SET organization_id = $1", other)
    assert await whole.items(TRANSACTIONS) == []
    for path in (f"{TRANSACTIONS}/{number}", f"{TRANSACTIONS}/{number}/meter-values"):
        assert await whole.refused("GET", path) == (404, "transaction_not_found")


async def test_those_of_a_site_are_those_of_its_chargers_and_of_the_sites_inside(
    whole: Whole, charger: Charger
) -> None:
    """By where the charger stands now; whatever is no site is none; a file has the same."""
    await session(whole, charger)
    north = (await whole.client.post("/api/v1/sites", json={"name": "North"})).json()["id"]
    hall = (await whole.client.post("/api/v1/sites", json={"name": "Hall", "parent_id": north})).json()["id"]
    assert await whole.items(TRANSACTIONS, site_id=north) == []
    moved = await whole.client.patch("/api/v1/chargers/CP1", json={"site_id": hall})
    assert moved.status_code == 200, moved.text
    (found,) = await whole.items(TRANSACTIONS)
    for site in (hall, north):
        assert await whole.items(TRANSACTIONS, site_id=site) == [found]
    assert await whole.items(TRANSACTIONS, site_id=str(new_id())) == []
    assert await whole.refused("GET", TRANSACTIONS, params={"site_id": "north"}) == (400, "invalid_filter")
    assert await whole.refused("GET", TRANSACTIONS, params={"site_id[gte]": north}) == (400, "invalid_filter")
    file = await whole.client.get(TRANSACTIONS, params={"site_id": north, "format": "csv"})
    assert found["id"] in file.text
