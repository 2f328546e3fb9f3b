# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""An estate: two sites in two time zones, a group, three chargers that charged; rolled up."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from csms.features.reports.jobs import RollupRunner
from csms.kit.ids import new_id
from tests.api.support import Product
from tests.features.reports.support import Job, kept

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class Estate:
    """What there is, by name."""

    api: Product
    north: str
    hall: str
    south: str
    fast: str

    async def charged(
        self, charger: str, at: datetime, hours: float, wh: int, tag: str | None = "TAG", **columns: Any
    ) -> None:
        """A transaction that is over."""
        end = at + hours * HOUR
        over = {"meter_start": 0, "meter_stop": wh, "energy_wh": wh, "stop_timestamp": end, "stop_received_at": end}
        times = {"start_timestamp": at, "start_received_at": at, "created_at": at}
        await self.api.transaction(charger, id_tag=tag, status="completed", **{**over, **times, **columns})

    async def roll_up(self) -> None:
        """The worker's turn."""
        await RollupRunner(self.api.units, self.api.clock, kept)(Job())  # type: ignore[arg-type]

    async def report(self, kind: str, **query: Any) -> dict[str, Any]:
        """A report that has to succeed."""
        answer = await self.api.client.get(f"/api/v1/reports/{kind}", params=query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    @asynccontextmanager
    async def program(self, *permissions: str, places: list[str] | None = None) -> AsyncIterator[httpx2.AsyncClient]:
        """A key that may do that, at some places."""
        body = {"name": str(new_id()), "permissions": list(permissions), "places": places}
        made = await self.api.create("/api/v1/api-keys", **{k: v for k, v in body.items() if v is not None})
        transport = httpx2.ASGITransport(app=self.api.app)
        headers = {"X-API-Key": made["key"]}
        async with httpx2.AsyncClient(transport=transport, base_url="http://csms.test", headers=headers) as client:
            yield client


def by_key(report: Mapping[str, Any], figure: str) -> dict[str | None, Any]:
    """The totals of the series of a report."""
    return {line["name"] or line["key"]: line["total"]["figures"][figure] for line in report["series"]}


@pytest.fixture
async def estate(api: Product) -> Estate:
    """CP1 in a hall of the northern site, CP2 in the south, CP3 nowhere; CP1 and CP3 are the fast ones."""
    await api.sql.execute("UPDATE organizations SET time_zone = 'Europe/Berlin'")
    north = (await api.create("/api/v1/sites", name="North", time_zone="Europe/London"))["id"]
    hall = (await api.create("/api/v1/sites", name="Hall", parent_id=north))["id"]
    south = (await api.create("/api/v1/sites", name="South"))["id"]
    fast = (await api.create("/api/v1/charger-groups", name="Fast"))["id"]
    for name, site in (("CP1", hall), ("CP2", south), ("CP3", None)):
        await api.insert("chargers", id=name, name=f"Charger {name}", site_id=site, created_at=NOW - 40 * 24 * HOUR)
    await api.client.post(f"/api/v1/charger-groups/{fast}/members", json={"add": ["CP1", "CP3"]})
    await api.create("/api/v1/tokens", value="TAG", group="Fleet")
    found = Estate(api, north, hall, south, fast)
    await found.charged("CP1", NOW - 2 * HOUR, 1, 10_000)
    await found.charged("CP2", NOW - 26 * HOUR, 2, 4_000, "tag ")
    await found.charged("CP3", NOW - 27 * HOUR, 1, 1_000, None)
    await found.roll_up()
    return found
