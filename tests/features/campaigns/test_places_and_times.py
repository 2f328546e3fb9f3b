# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""When updates may begin at a site, whose campaign it is, and what a process that dies leaves behind."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from csms.features.campaigns.jobs import CampaignRunner
from csms.features.campaigns.service import KIND, Work
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.jobs.base import encode_payload
from csms.kit.jobs.memory import MemoryJobs
from tests.features.campaigns.support import (
    CAMPAIGNS,
    NEW,
    OLD,
    act,
    add_image,
    boot,
    draft,
    fleet,
    installs,
    now,
    results,
    signed_in,
    tells,
    until,
)
from tests.features.whole import Whole
from tests.features.whole import whole as open_whole
from tests.support.charger import connected
from tests.support.postgres import Database


def _now_at(offset_h: int) -> list[dict[str, Any]]:
    """A window of three hours around now, at a place that is so many hours ahead."""
    local = datetime.now(UTC) + timedelta(hours=offset_h)
    begin, end = local - timedelta(hours=1), local + timedelta(hours=2)
    if begin.date() == end.date():
        return [{"weekday": local.isoweekday(), "begin": f"{begin:%H:%M}", "end": f"{end:%H:%M}"}]
    return [
        {"weekday": begin.isoweekday(), "begin": f"{begin:%H:%M}", "end": "24:00"},
        {"weekday": end.isoweekday(), "begin": "00:00", "end": f"{end:%H:%M}"},
    ]


async def test_each_site_has_its_own_night(whole: Whole) -> None:
    """By the time zone of the site, or of the site above it; where it is not time nothing is sent."""
    region = await whole.create("/api/v1/sites", name="Pacific", time_zone="Etc/GMT-12")
    here = await whole.create("/api/v1/sites", name="There", parent_id=region["id"])
    async with fleet(whole, 2) as chargers:
        await whole.csms.sql.execute("UPDATE chargers SET site_id = $1 WHERE id = 'F1'", UUID(here["id"]))
        campaign = await draft(whole, maintenance_window=_now_at(12))
        await act(whole, campaign, "start")
        await installs(chargers[0])
        await until(whole, campaign, "running", {"installed": 1, "waiting": 1})
        found = await results(whole, campaign)
        assert {name: each["time_zone"] for name, each in found.items()} == {"F1": "Etc/GMT-12", "F2": "UTC"}
        row = await whole.csms.row("SELECT next_at, open_zones FROM firmware_campaigns")
        assert row["next_at"] > datetime.now(UTC)
        assert chargers[1].heard == []
        await whole.csms.sql.execute("UPDATE firmware_campaign_targets SET time_zone = 'Etc/GMT-12'")
        await whole.csms.sql.execute("UPDATE firmware_campaigns SET next_at = now()")
        await installs(chargers[1])
        assert (await until(whole, campaign, "done"))["counts"] == {"installed": 2}


async def test_the_end_of_a_campaign(whole: Whole) -> None:
    """Whose turn has not come by then is expired, in later waves too; tried again it has no end any more."""
    async with fleet(whole, 2) as chargers:
        ends_at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        campaign = await draft(whole, ends_at=ends_at, waves=[{"chargers": 1}])
        await act(whole, campaign, "start")
        await chargers[0].heard_action("UpdateFirmware", 30)
        await whole.csms.sql.execute("UPDATE firmware_campaigns SET ends_at = now(), next_at = now()")
        await until(whole, campaign, "running", {"sent": 1, "expired": 1})
        await installs(chargers[0])
        await until(whole, campaign, "done", {"installed": 1, "expired": 1})
        assert (await act(whole, campaign, "retry"))["ends_at"] is None
        await installs(chargers[1])
        assert (await until(whole, campaign, "done"))["counts"] == {"installed": 2}


async def test_a_restart_in_the_middle(database: Database, tmp_path: Path) -> None:
    """Another process goes on where the first one stopped: nothing is sent twice, and nothing is forgotten."""
    async with open_whole(database, tmp_path) as whole, fleet(whole, 2) as chargers:
        campaign = await draft(whole, at_once=1)
        await act(whole, campaign, "start")
        await chargers[0].heard_action("UpdateFirmware", 30)
        await tells(chargers[0], "Downloading")
        await whole.csms.sql.execute("DELETE FROM chargers WHERE id = 'CP1'")  # it is made anew by the next
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 5  # nobody waits for a campaign's job to end
    async with AsyncExitStack() as stack:
        whole = await stack.enter_async_context(open_whole(database, tmp_path))
        first = await stack.enter_async_context(connected(whole.csms.url, "F1"))
        second = await stack.enter_async_context(connected(whole.csms.url, "F2"))
        await boot(second, OLD)
        second.answers["UpdateFirmware"] = {}
        await boot(first, NEW)
        await tells(first, "Installed")
        await installs(second)
        done = await until(whole, campaign, "done")
        assert done["counts"] == {"installed": 2}
        assert first.heard == []


class _Job:
    """A job that somebody else could have too."""

    id = UUID(int=1)
    organization_id = DEFAULT_ORGANIZATION_ID
    kind = KIND
    attempt = 1

    def __init__(self, campaign: str) -> None:
        self.payload = encode_payload(Work(UUID(campaign)))

    async def progress(self, done: int, total: int | None = None) -> None:
        """Nobody watches."""


async def test_two_workers_at_one_campaign(whole: Whole) -> None:
    """A job that was thought to be dead goes on beside its successor: each charger is asked once."""
    kit, commands = whole.csms.application.kit, whole.csms.application.commands
    assert kit is not None
    assert commands is not None
    async with fleet(whole, 6) as chargers:
        campaign = await draft(whole)
        await act(whole, campaign, "start")
        runners = [CampaignRunner(kit.units, commands, MemoryJobs(kit.clock), kit.clock) for _ in range(3)]
        jobs = [asyncio.create_task(runner.run(_Job(campaign["id"]))) for runner in runners]  # type: ignore[arg-type]
        await asyncio.gather(*(installs(charger) for charger in chargers))
        await until(whole, campaign, "done", {"installed": 6})
        await asyncio.gather(*jobs)
        assert [len(charger.heard) for charger in chargers] == [1] * 6
        assert len(await whole.items("/api/v1/commands", type="update_firmware")) == 6


async def test_a_role_at_a_site_ends_at_its_fence(whole: Whole) -> None:
    """Drafts of others are not seen, a filter names the own chargers only, and what is for others is theirs to stop."""
    here, there = [(await whole.create("/api/v1/sites", name=name))["id"] for name in ("Here", "There")]
    async with fleet(whole, 2) as chargers:
        for identity, site in (("F1", here), ("F2", there)):
            await whole.csms.sql.execute("UPDATE chargers SET site_id = $1 WHERE id = $2", UUID(site), identity)
        tina = await signed_in(whole, "tina", assignments=[{"role": "technician", "site_id": here}])
        everywhere = await draft(whole)
        assert (await tina.get(f"{CAMPAIGNS}/{everywhere['id']}")).status_code == 404
        body = {"name": "mine", "firmware": everywhere["firmware"], "filter": {"vendor": "ACME"}}
        made = await tina.post(CAMPAIGNS, json=body)
        assert made.status_code == 201, made.text
        own = f"{CAMPAIGNS}/{made.json()['id']}"
        assert [each["name"] for each in (await tina.get(CAMPAIGNS)).json()["items"]] == ["mine"]
        assert (await tina.patch(own, json={"name": "my own"})).status_code == 200
        assert (await tina.get(f"{own}/preview")).json()["total"] == 1
        begun = await tina.post(f"{own}/start")
        assert (begun.status_code, begun.json()["total"]) == (202, 1)
        await installs(chargers[0])
        await until(whole, made.json(), "done", {"installed": 1})
        assert chargers[1].heard == []
        await boot(chargers[0], OLD)
        await act(whole, everywhere, "start")
        await until(whole, everywhere, "running", {"sent": 2})
        part = (await tina.get(f"{CAMPAIGNS}/{everywhere['id']}")).json()
        assert (part["total"], part["counts"]) == (1, {"sent": 1})
        for what in ("pause", "abort", "retry"):
            answer = await tina.post(f"{CAMPAIGNS}/{everywhere['id']}/{what}")
            assert (answer.status_code, answer.json()["code"]) == (403, "out_of_reach"), what
        viewer = await signed_in(whole, "vera", role="viewer")
        assert (await viewer.get(own)).status_code == 200
        assert (await viewer.post(f"{own}/retry")).status_code == 403


async def test_whoever_began_it_may_not_any_more(whole: Whole) -> None:
    """It stops, says why, and somebody who may do it goes on."""
    async with fleet(whole, 2) as chargers:
        bob = await signed_in(whole, "bob", role="technician")
        image = await add_image(whole)
        body = {"name": "Bob's", "firmware": image["id"], "filter": {"vendor": "ACME"}, "at_once": 1}
        campaign = (await bob.post(CAMPAIGNS, json=body)).json()
        assert (await bob.post(f"{CAMPAIGNS}/{campaign['id']}/start")).status_code == 202
        await chargers[0].heard_action("UpdateFirmware", 30)
        user = (await whole.items("/api/v1/users", username="bob"))[0]["id"]
        assert (await whole.client.post(f"/api/v1/users/{user}/suspend")).status_code == 200
        await installs(chargers[0])
        stopped = await until(whole, campaign, "stopped", {"installed": 1, "cancelled": 1})
        assert stopped["reason"].startswith("bob: whoever asked for this is suspended")
        assert (await act(whole, campaign, "retry"))["actor_name"] == "admin"
        await installs(chargers[1])
        await until(whole, campaign, "done", {"installed": 2})
        assert (await now(whole, campaign))["reason"] is None
