# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Reports: what they add up, by what, for whom, and as which file."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest

from csms.kit.ids import new_id
from tests.features.reports.conftest import HOUR, NOW, Estate, by_key

WEEK = {"from": "2026-11-17", "to": "2026-11-24"}


BY: dict[str, dict[str | None, int]] = {
    "site": {"Hall": 10_000, "South": 4_000, None: 1_000},
    "charger": {"Charger CP1": 10_000, "Charger CP2": 4_000, "Charger CP3": 1_000},
    "group": {"Fast": 11_000, None: 4_000},
    "token": {"TAG": 14_000, None: 1_000},
    "token_group": {"Fleet": 14_000, None: 1_000},
    "none": {},
}


async def test_energy_by_what_it_belongs_to(estate: Estate) -> None:
    """The largest first; the total has each charger once; points add up to it."""
    for by, series in BY.items():
        found = await estate.report("energy", by=by, **WEEK)
        assert found["total"]["figures"] == {"energy_wh": 15_000, "started": 3, "ended": 3}
        assert by_key(found, "energy_wh") == series
        assert list(by_key(found, "energy_wh").values()) == sorted(series.values(), reverse=True)
        assert found["series_total"] == len(series)
        assert [point["figures"]["energy_wh"] for point in found["points"]] == [0, 0, 0, 0, 0, 5_000, 10_000]
        for line in found["series"]:
            points = [point["figures"]["energy_wh"] for point in line["points"]]
            assert sum(points) == line["total"]["figures"]["energy_wh"]
        assert (found["time_zone"], found["history_complete"]) == ("Europe/Berlin", True)
        assert found["complete_until"] == "2026-11-23T12:00:00Z"


async def test_filters(estate: Estate) -> None:
    """A site with those below, a group, a charger in any letter case, a token in any spelling; none is no error."""
    for query, energy in (
        ({"site_id": estate.north}, 10_000),
        ({"site_id": estate.south}, 4_000),
        ({"group_id": estate.fast}, 11_000),
        ({"group_id": estate.fast, "site_id": estate.south}, 0),
        ({"charger_id": "cp2"}, 4_000),
        ({"token": "tag"}, 14_000),
        ({"token": "nobody's"}, 0),
    ):
        found = await estate.report("energy", interval="none", **query, **WEEK)
        assert found["total"]["figures"]["energy_wh"] == energy, query
        assert found["points"] == []
    refused = estate.api.refused
    nowhere = "0192f000-0000-7000-8000-0000000000ff"
    assert await refused("GET", f"/api/v1/reports/energy?site_id={nowhere}") == (404, "site_not_found")
    assert await refused("GET", f"/api/v1/reports/energy?group_id={nowhere}") == (404, "group_not_found")
    assert await refused("GET", "/api/v1/reports/energy?charger_id=CP9") == (404, "charger_not_found")


async def test_days_are_those_of_the_zone_that_is_asked_for(estate: Estate) -> None:
    """The site's own, of the one above, the organization's; and whichever is named."""
    for query, zone, start in (
        ({"site_id": estate.hall}, "Europe/London", "2026-11-17T00:00:00Z"),
        ({"charger_id": "CP1"}, "Europe/London", "2026-11-17T00:00:00Z"),
        ({"site_id": estate.south}, "Europe/Berlin", "2026-11-16T23:00:00Z"),
        ({"site_id": estate.south, "time_zone": "Asia/Kolkata"}, "Asia/Kolkata", "2026-11-16T18:30:00Z"),
    ):
        found = await estate.report("energy", **query, **WEEK)
        assert (found["time_zone"], found["start"], len(found["points"])) == (zone, start, 7)
    found = await estate.report("energy")
    assert (found["start"], found["end"]) == ("2026-11-15T23:00:00Z", "2026-11-23T12:00:00Z")


async def test_a_day_of_25_hours(estate: Estate) -> None:
    """A transaction in the hour that comes twice is on that day, and in the second of the two hours."""
    await estate.charged("CP1", datetime(2026, 10, 25, 1, tzinfo=UTC), 1, 700)
    await estate.api.sql.execute("UPDATE rollup_states SET backfilled_to = ''")
    await estate.roll_up()
    day = {"from": "2026-10-25", "to": "2026-10-26"}
    (point,) = (await estate.report("energy", **day))["points"]
    assert (point["start"], point["end"]) == ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z")
    hours = (await estate.report("energy", interval="hour", **day))["points"]
    assert [point["figures"]["energy_wh"] for point in hours] == [0, 0, 0, 700, *[0] * 21]


async def test_compared_with_the_time_before(estate: Estate) -> None:
    """By how many per cent it is more; from nothing there is no per cent."""
    found = await estate.report("energy", compare="previous", **{"from": "2026-11-23", "to": "2026-11-24"}, by="site")
    assert found["compared"] == {"start": "2026-11-21T23:00:00Z", "end": "2026-11-22T23:00:00Z"}
    assert found["total"]["compared"]["energy_wh"] == 5_000
    assert found["total"]["change_percent"] == 100.0
    lines = [(line["name"], line["total"]) for line in found["series"]]
    assert [(name, total["compared"]["energy_wh"], total["change_percent"]) for name, total in lines] == [
        ("Hall", 0, None), ("South", 4_000, -100.0), (None, 1_000, -100.0),
    ]  # fmt: skip
    (point,) = found["points"]
    assert point["compared"]["energy_wh"] == 5_000
    assert (await estate.report("energy", compare="year"))["total"]["compared"]["energy_wh"] == 0


async def test_utilisation_is_time_in_use_of_the_time_there_was(estate: Estate) -> None:
    """Three chargers with an EVSE each, for a day; four hours of transactions."""
    found = await estate.report("utilisation", by="charger", **{"from": "2026-11-22", "to": "2026-11-23"})
    figures = found["total"]["figures"]
    assert figures == {"in_use_s": 3 * 3600, "time_s": 3 * 86_400, "utilisation": round(3 / 72, 6)}
    assert by_key(found, "utilisation") == {
        "Charger CP1": 0, "Charger CP2": round(2 / 24, 6), "Charger CP3": round(1 / 24, 6),
    }  # fmt: skip
    assert found["complete_until"] == "2026-11-23T12:00:00Z"


async def test_uptime_counts_from_the_first_connection(estate: Estate) -> None:
    """Online half of the time; faulted a quarter of that; never connected is no downtime."""
    api = estate.api
    begin = NOW - 8 * HOUR
    await api.sql.execute("SELECT csms_make_partitions($1)", begin)
    await api.insert(
        "past_connections", id=new_id(), charger_id="CP1", epoch=1, connected_at=begin, ended_at=begin + 4 * HOUR
    )
    for status, hours in (("faulted", 1), ("available", 2)):
        await api.insert(
            "status_history",
            charger_id="CP1",
            evse_id=1,
            connector_id=1,
            status=status,
            received_at=begin + hours * HOUR,
        )
    await api.sql.execute("UPDATE rollup_states SET backfilled_to = ''")
    await estate.roll_up()
    found = await estate.report("uptime", by="charger", interval="hour")
    assert found["total"]["figures"] == {
        "watched_s": 8 * 3600, "online_s": 4 * 3600, "out_of_order_s": 3600, "uptime": 0.375,
    }  # fmt: skip
    assert by_key(found, "uptime") == {"Charger CP1": 0.375}
    (points,) = (line["points"] for line in found["series"] if line["key"] == "CP1")
    assert [point["figures"]["uptime"] for point in points][-9:] == [None, 1, 0, 1, 1, 0, 0, 0, 0]


REFUSED = (
    ("from=2026-01-01&interval=hour", 400, "too_many_points"),
    ("from=2026-11-23&to=2026-11-22", 400, "invalid_period"),
    ("from=1970-01-01&to=1970-02-01", 400, "invalid_period"),
    ("from=2026-11-23T10:00:00", 422, "invalid_body"),
    ("interval=minute", 422, "invalid_body"),
    ("by=driver", 422, "invalid_body"),
    ("time_zone=Mars", 422, "invalid_body"),
    ("limit=0", 422, "invalid_body"),
    ("nonsense=1", 422, "invalid_body"),
)


async def test_what_no_report_is_about(estate: Estate) -> None:
    """Refused in words; what fits is named."""
    for query, status, code in REFUSED:
        found = await estate.api.client.get(f"/api/v1/reports/energy?{query}")
        assert (found.status_code, found.json()["code"]) == (status, code), found.text
        if code == "too_many_points":
            assert found.json()["fits"] == "day"


async def test_series_have_a_limit_and_tell_how_many_there_are(estate: Estate) -> None:
    """The largest are shown."""
    found = await estate.report("energy", by="charger", limit=1, interval="none")
    assert (list(by_key(found, "energy_wh")), found["series_total"]) == (["Charger CP1"], 3)


async def test_who_sees_a_part_reads_of_a_part(estate: Estate) -> None:
    """The same figures as with the filter, by whichever way; nothing of the rest, not even in sums."""
    async with estate.program("report:report:read", places=[estate.north]) as client:
        for kind in ("energy", "utilisation", "uptime"):
            found = (await client.get(f"/api/v1/reports/{kind}", params={"by": "charger", **WEEK})).json()
            assert [line["key"] for line in found["series"]] == ([] if kind == "uptime" else ["CP1"])
            own = await estate.report(kind, by="charger", site_id=estate.north, time_zone="Europe/Berlin", **WEEK)
            assert (found["total"], found["points"]) == (own["total"], own["points"])
        refused = await client.get("/api/v1/reports/energy", params={"site_id": estate.south})
        assert (refused.status_code, refused.json()["code"]) == (404, "site_not_found")


async def test_tokens_are_named_to_who_may_read_them(estate: Estate) -> None:
    """By token and of a token it takes what the list of transactions takes, by group of tokens what theirs takes."""
    for query, permission in (
        ({"by": "token"}, "transaction:transaction:read"),
        ({"token": "TAG"}, "transaction:transaction:read"),
        ({"by": "token_group"}, "token:token:read"),
    ):
        async with estate.program("report:report:read") as client:
            refused = await client.get("/api/v1/reports/energy", params=query)
            assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
            assert permission in refused.json()["detail"]
        async with estate.program("report:report:read", permission) as client:
            assert (await client.get("/api/v1/reports/energy", params=query)).status_code == 200


async def _rows(estate: Estate, **query: Any) -> list[dict[str, str]]:
    answer = await estate.api.client.get("/api/v1/reports/energy", params={"format": "csv", **query, **WEEK})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith('attachment; filename="report-energy-')
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


async def test_files(estate: Estate) -> None:
    """A row for each point, or for each series; the same figures; audited, and only for who may export."""
    rows = await _rows(estate, by="charger", interval="none")
    assert rows[0] == {
        "key": "CP1", "name": "Charger CP1", "start": "2026-11-16T23:00:00Z", "end": "2026-11-23T23:00:00Z",
        "energy_wh": "10000", "started": "1", "ended": "1",
    }  # fmt: skip
    assert len(rows) == 3
    rows = await _rows(estate, compare="previous")
    assert list(rows[0]) == [
        "start", "end", "energy_wh", "started", "ended", "compared_energy_wh", "compared_started", "compared_ended",
        "change_percent",
    ]  # fmt: skip
    assert [row["energy_wh"] for row in rows] == ["0"] * 5 + ["5000", "10000"]
    for kind in ("xlsx", "pdf", "ndjson"):
        for report in ("energy", "utilisation", "uptime"):
            answer = await estate.api.client.get(
                f"/api/v1/reports/{report}", params={"format": kind, "compare": "year"}
            )
            assert answer.status_code == 200, answer.text
            assert answer.content.startswith({"xlsx": b"PK", "pdf": b"%PDF", "ndjson": b'{"start"'}[kind])
    assert len(await estate.api.items("/api/v1/audit", action="system:list:export")) == 11
    async with estate.program("report:report:read") as client:
        refused = await client.get("/api/v1/reports/energy", params={"format": "csv"})
        assert (refused.status_code, "data:list:export" in refused.json()["detail"]) == (403, True)


async def test_a_question_too_large_is_refused(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    """By charger over years at thousands of chargers; all of them together is no question of size."""
    monkeypatch.setattr("csms.features.reports.service._MOST_PARTS", 20)
    assert await estate.api.refused("GET", "/api/v1/reports/energy?by=charger") == (400, "report_too_large")
    assert (await estate.report("energy"))["total"]["figures"]["energy_wh"] == 15_000
    assert (await estate.report("energy", by="charger", charger_id="CP1"))["series_total"] == 1


async def test_before_anything_is_rolled_up(api: Any) -> None:
    """A report says that nothing is in it yet."""
    found = (await api.client.get("/api/v1/reports/uptime")).json()
    assert (found["complete_until"], found["history_complete"], found["total"]["figures"]["uptime"]) == (
        None,
        False,
        None,
    )
