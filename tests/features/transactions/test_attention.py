# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Transactions that need attention: each reason by itself, the filter, and that an index serves it."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from sqlalchemy import literal_column

from csms.features.transactions.detection import REASONS
from csms.features.transactions.repository import TRANSACTIONS as LISTING
from csms.features.transactions.schemas import AttentionReason
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import Scope
from csms.kit.http.paging import read_page
from tests.api.support import Product

TRANSACTIONS = "/api/v1/transactions"
NUMBERS = itertools.count(1_000_000)


@pytest.fixture
async def live(api: Product) -> Product:
    """HERE is connected, GONE is not; times are the database's own."""
    now = datetime.now(UTC)
    await api.insert("gateway_nodes", id="n1", started_at=now, lease_until=now + timedelta(days=36_500))
    for charger, online in (("HERE", True), ("GONE", False)):
        await api.create("/api/v1/chargers", id=charger)
        await api.insert(
            "charger_connections", charger_id=charger, node_id="n1", epoch=1, online=online, connected_at=now
        )
    return api


async def put(api: Product, charger: str = "HERE", minutes: float = 60, **columns: Any) -> str:
    """A transaction that began so long ago."""
    began = datetime.now(UTC) - timedelta(minutes=minutes)
    own = {"transaction_id": next(NUMBERS), "start_timestamp": began, "start_received_at": began, "created_at": began}
    return str(await api.transaction(charger, **own, **columns))


def over(energy: float | None = 1000, minutes: float = 60, **columns: Any) -> dict[str, Any]:
    """One that ended just now."""
    return {
        "status": "completed",
        "energy_wh": energy,
        "stop_timestamp": datetime.now(UTC),
        "minutes": minutes,
        **columns,
    }


async def test_each_reason(live: Product) -> None:
    """What each transaction is listed for, and that the filter by that reason finds it and no other."""
    now = datetime.now(UTC)
    fine = await put(live, minutes=5)
    read = await put(live, evse_id=2)
    await live.reading("HERE", read, now - timedelta(minutes=3), 1200)  # type: ignore[arg-type]
    expected = {
        fine: [],
        read: [],
        await put(live, evse_id=3): ["no_meter_values"],
        await put(live, "GONE", 5): ["charger_offline"],
        await put(live, minutes=5, status="suspect", flags=["stale"]): ["not_ended"],
        await put(live, **over()): [],
        await put(live, **over(0)): ["zero_energy"],
        await put(live, **over(0, minutes=2)): [],
        await put(live, **over(None)): ["energy_unknown"],
        await put(live, **over(flags=["late_readings"])): [],
        await put(live, **over(flags=["implausible_jump"])): ["meter_jump"],
        await put(live, **over(flags=["stop_before_start"])): ["time_jump"],
        await put(live, **over(flags=["missing_events"])): ["events_missing"],
        await put(live, **over(flags=["unknown_token", "begin_zero"])): ["meter_jump", "not_authorized"],
    }
    long = await put(live, evse_id=4, minutes=60 * 25)
    await live.reading("HERE", long, now - timedelta(minutes=3), 1200)  # type: ignore[arg-type]
    expected[long] = ["open_too_long"]
    items = {item["id"]: item["attention"] for item in await live.items(TRANSACTIONS)}
    assert items == expected
    for reason in REASONS:
        found = {item["id"] for item in await live.items(TRANSACTIONS, attention=reason)}
        assert found == {key for key, reasons in expected.items() if reason in reasons}, reason
    some = await live.items(TRANSACTIONS, attention=["zero_energy", "time_jump"], limit=1)
    assert len(some) == 1
    every = {item["id"] for item in await live.items(TRANSACTIONS, attention="any")}
    assert every == {key for key, reasons in expected.items() if reasons}
    active = {item["id"] for item in await live.items(TRANSACTIONS, attention="any", status="active")}
    assert active < every


async def test_what_there_is_not(live: Product) -> None:
    """A reason that there is not, an operator that there is not; the document names the same reasons."""
    for query in ({"attention": "colour"}, {"attention[prefix]": "any"}):
        answer = await live.client.get(TRANSACTIONS, params=query)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_filter"), query
    assert set(get_args(AttentionReason)) == REASONS.keys()


async def test_an_index_serves_it(live: Product) -> None:
    """Among many that are fine, the few are found by the index of those that may be not."""
    await live.sql.execute(
        "INSERT INTO transactions (id, organization_id, charger_id, evse_id, connector_id, transaction_id, status,"
        ' "authorization", energy_wh, start_timestamp, stop_timestamp, start_received_at)'
        " SELECT gen_random_uuid(), $1, 'HERE', 1, 1, n, 'completed', 'accepted', 1000, now() - n * interval '1 hour',"
        " now(), now() FROM generate_series(1, 20000) AS n",
        DEFAULT_ORGANIZATION_ID,
    )
    await put(live, "GONE", 5)
    await live.sql.execute("VACUUM ANALYZE transactions")
    wanted = read_page(LISTING, [("attention", "any"), ("limit", "50")])
    async with live.units(Scope.system(DEFAULT_ORGANIZATION_ID)) as uow:
        order = LISTING.sorts["created_at"].desc()
        query = (
            LISTING.select(["id"])
            .where(*wanted.conditions)
            .order_by(order, LISTING.key.desc())
            .limit(literal_column("51"))
        )
        plan = await uow.connection.exec_driver_sql(f"EXPLAIN {query.compile(dialect=uow.connection.dialect)}")
        lines = [row[0] for row in plan]
    assert any("ix_transactions_attention" in line for line in lines), lines
