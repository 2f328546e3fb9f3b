# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The overview: how it is now, for whom, and where."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from csms.domain.metering import sample_code
from csms.features.reports import counts
from csms.features.transactions.repository import TRANSACTIONS
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import Scope
from csms.kit.ids import new_id
from tests.features.reports.conftest import HOUR, NOW, Estate

OVERVIEW = "/api/v1/overview"
POWER = sample_code("Power.Active.Import", None, None)
PHASES = [sample_code("Power.Active.Import", phase, None) for phase in ("L1", "L2", "L3")]


async def _now(estate: Estate, **query: Any) -> dict[str, Any]:
    answer = await estate.api.client.get(OVERVIEW, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _busy(estate: Estate) -> None:
    """CP1 charges, CP2 is known and away, CP3 never came; CP4 is retired."""
    api = estate.api
    await api.sql.execute(
        "INSERT INTO gateway_nodes SELECT 'n', id, now(), now() + interval '1 day' FROM organizations"
    )
    for name, online in (("CP1", True), ("CP2", False)):
        await api.insert("charger_connections", charger_id=name, node_id="n", epoch=1, online=online, connected_at=NOW)
    await api.insert("chargers", id="CP4", retired_at=NOW)
    for charger, number, state in (
        ("CP1", 0, "available"),
        ("CP1", 1, "occupied"),
        ("CP1", 2, "faulted"),
        ("CP2", 1, "available"),
    ):
        await api.insert(
            "connectors", charger_id=charger, evse_id=number, connector_id=number, status=state, state=state,
            last_status_update=NOW,
        )  # fmt: skip
    running = await api.transaction(
        "CP1", transaction_id=1, start_timestamp=NOW - HOUR / 4, start_received_at=NOW - HOUR / 4, created_at=NOW
    )
    for minutes, codes, values in ((-9, [POWER], [3000]), (-2, PHASES, [1000, 2000, 4000]), (-1, [0], [230])):
        at = NOW + timedelta(minutes=minutes)
        await api.reading("CP1", running, at, None, codes=codes, values=values)
    # of a queue: it came last, and was measured long before
    await api.reading("CP1", running, NOW - HOUR / 5, None, codes=[POWER], values=[1], received_at=NOW)
    await api.transaction("CP2", transaction_id=2, evse_id=2, created_at=NOW)
    await api.transaction("CP2", transaction_id=3, evse_id=3, meter_start=5, status="suspect", created_at=NOW)
    for charger, severity, status in (
        ("CP1", "critical", "open"),
        ("CP2", "info", "acknowledged"),
        ("CP2", "info", "resolved"),
    ):
        await api.insert(
            "alerts", id=new_id(), rule_name="r", kind="offline", severity=severity, subject=charger, charger_id=charger,
            title="t", details={}, status=status, began_at=NOW, first_at=NOW, last_at=NOW,
        )  # fmt: skip
    for status, hours in (("failed", 1), ("failed", 30), ("succeeded", 1)):
        await api.insert("jobs", id=new_id(), kind="x", queue_id=1, status=status, finished_at=NOW - hours * HOUR)
    await api.insert("pending_chargers", id="NEW", first_seen_at=NOW, last_seen_at=NOW)


async def test_how_it_is_now(estate: Estate) -> None:
    """Everything at once, and the same of a site."""
    await _busy(estate)
    found = await _now(estate)
    assert found["chargers"] == {"total": 3, "online": 1, "offline": 1, "never_connected": 1, "waiting": 1}
    assert found["connectors"] == {
        "total": 3, "available": 0, "in_use": 1, "reserved": 0, "unavailable": 0, "faulted": 1, "unknown": 0, "offline": 1,
    }  # fmt: skip
    assert found["transactions"] == {"active": 2, "suspect": 1}
    at = "2026-11-23T11:58:00Z"
    assert found["power"] == {"watts": 7000, "transactions": 1, "without": 1, "oldest_at": at, "newest_at": at}
    assert found["alerts"] == {"critical": 1, "warning": 0, "info": 1, "unacknowledged": 1}
    assert found["jobs"] == {"failed": 1}
    assert found["time_zone"] == "Europe/Berlin"
    assert found["today"] == {
        "start": "2026-11-22T23:00:00Z", "end": "2026-11-23T12:00:00Z", "energy_wh": 10_000, "started": 1, "ended": 1,
    }  # fmt: skip
    # what ended at this very minute is not in it
    assert found["yesterday"] == {
        "start": "2026-11-21T23:00:00Z", "end": "2026-11-22T12:00:00Z", "energy_wh": 5_000, "started": 2, "ended": 1,
    }  # fmt: skip
    here = await _now(estate, site_id=estate.north)
    assert here["chargers"] == {"total": 1, "online": 1, "offline": 0, "never_connected": 0, "waiting": None}
    assert (here["connectors"]["total"], here["transactions"], here["power"]["without"]) == (
        2,
        {"active": 1, "suspect": 0},
        0,
    )
    assert here["alerts"] == {"critical": 1, "warning": 0, "info": 0, "unacknowledged": 1}
    assert (here["time_zone"], here["today"]["energy_wh"], here["yesterday"]["energy_wh"]) == (
        "Europe/London",
        10_000,
        0,
    )
    nowhere = "0192f000-0000-7000-8000-0000000000ff"
    for path in ("", "/power", "/heatmap"):
        refused = await estate.api.refused("GET", f"{OVERVIEW}{path}?site_id={nowhere}")
        assert refused == (404, "site_not_found")


async def test_whoever_sees_a_part_sees_a_part(estate: Estate) -> None:
    """As with the filter; alerts and jobs only for who may read them, and where."""
    await _busy(estate)
    async with estate.program("report:report:read", "alert:alert:read", "system:job:read") as client:
        found = (await client.get(OVERVIEW)).json()
        assert (found["alerts"]["critical"], found["jobs"], found["chargers"]["waiting"]) == (1, {"failed": 1}, None)
    async with estate.program("report:report:read", places=[estate.south]) as client:
        found = (await client.get(OVERVIEW)).json()
        here = await _now(estate, site_id=estate.south)
        assert (found["alerts"], found["jobs"]) == (None, None)
        for name in ("connectors", "transactions", "power", "chargers"):
            assert found[name] == here[name]
        assert found["yesterday"]["energy_wh"] == here["yesterday"]["energy_wh"] == 4_000
    async with estate.program("report:report:read", "alert:alert:read", places=[estate.south]) as client:
        assert (await client.get(OVERVIEW)).json()["alerts"] == {
            "critical": 0,
            "warning": 0,
            "info": 1,
            "unacknowledged": 0,
        }


async def test_power_and_use_over_time(estate: Estate) -> None:
    """A day of quarter hours; a week of hours, in the zone's own time."""
    found = (await estate.api.client.get(f"{OVERVIEW}/power")).json()
    points = {point["start"]: point["watts"] for point in found["points"]}
    assert (len(points), found["complete_until"]) == (96, "2026-11-23T12:00:00Z")
    assert (points["2026-11-23T10:00:00Z"], points["2026-11-23T11:00:00Z"]) == (10_000, 0)
    here = (await estate.api.client.get(f"{OVERVIEW}/power", params={"site_id": estate.south})).json()
    assert sum(point["watts"] for point in here["points"]) == 0
    found = (await estate.api.client.get(f"{OVERVIEW}/heatmap")).json()
    assert (found["time_zone"], len(found["cells"])) == ("Europe/Berlin", 7 * 24)
    used = {(cell["weekday"], cell["hour"]): cell["in_use_s"] for cell in found["cells"] if cell["in_use_s"]}
    # on Sunday: CP3 from 9 to 10 UTC, CP2 from 10 to 12
    assert used == {(7, 10): 3600, (7, 11): 3600, (7, 12): 3600}
    cell = next(cell for cell in found["cells"] if (cell["weekday"], cell["hour"]) == (7, 11))
    assert (cell["time_s"], cell["utilisation"]) == (4 * 3 * 3600, round(1 / 12, 6))


async def test_what_was_counted_a_moment_ago_is_not_counted_again(estate: Estate) -> None:
    """For two seconds, for whoever sees the same; who sees less is never told of more."""
    assert (await _now(estate))["chargers"]["total"] == 3
    await estate.api.insert("chargers", id="CP9")
    assert (await _now(estate))["chargers"]["total"] == 3
    async with estate.program("report:report:read", places=[estate.south]) as client:
        assert (await client.get(OVERVIEW)).json()["chargers"]["total"] == 1
    estate.api.clock.advance(2)
    assert (await _now(estate))["chargers"]["total"] == 4


async def test_few_readings_are_looked_at(estate: Estate) -> None:
    """Of a transaction that tells one each second: neither for its power, nor for a charge that it never tells."""
    await _busy(estate)
    await estate.api.sql.execute("ANALYZE meter_values")  # the planner knows of some hours ago
    await estate.api.sql.execute(
        "INSERT INTO meter_values (organization_id, charger_id, evse_id, connector_id, transaction, received_at,"
        ' measured_at, context, energy_wh, codes, "values")'
        " SELECT t.organization_id, t.charger_id, 1, 1, t.id, at, at, 0, 2000, ARRAY[$1::smallint], ARRAY[5000::numeric]"
        " FROM transactions t, generate_series($2::timestamptz - interval '50 minutes', $2, '1 second') at"
        " WHERE t.charger_id = 'CP1'",
        POWER, NOW,
    )  # fmt: skip
    read = text(
        "SELECT sum(idx_tup_fetch + seq_tup_read) FROM pg_stat_xact_user_tables WHERE relname LIKE 'meter_values%'"
    )
    async with estate.api.units(Scope.system(DEFAULT_ORGANIZATION_ID)) as uow:
        assert (await counts.transactions(uow.connection, None, NOW))["power"]["watts"] == 5000
        looked_at = (await uow.connection.execute(read)).scalar_one()
        assert 0 < looked_at < 20
    await estate.api.sql.execute("ANALYZE meter_values")
    async with estate.api.units(Scope.system(DEFAULT_ORGANIZATION_ID)) as uow:
        running = TRANSACTIONS.select().where(text("charger_id = 'CP1' AND status = 'active'"))
        (row,) = (await uow.connection.execute(running)).mappings().all()
        assert (row["power_w"], row["soc_percent"]) == (5000, None)
        assert 0 < (await uow.connection.execute(read)).scalar_one() < 100
