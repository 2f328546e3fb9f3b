# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A firmware campaign among scripted chargers: waves, failures, retries, who is away, what was seen before."""

import asyncio
from uuid import UUID

from csms.domain.events import CampaignChanged
from csms.kit.ids import new_id
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
    tells,
    until,
)
from tests.features.whole import Whole
from tests.support.charger import CallError, connected
from tests.support.eventually import eventually


async def test_from_a_draft_to_the_end(whole: Whole) -> None:
    """Nothing is sent before it is started; each charger has its own result, each change is audited and told."""
    told: list[CampaignChanged] = []

    async def hear(event: CampaignChanged) -> None:
        told.append(event)

    kit = whole.csms.application.kit
    assert kit is not None
    hearing = await kit.bus.subscribe((CampaignChanged,), hear)
    async with fleet(whole, 3) as chargers:
        await boot(chargers[2], NEW)
        campaign = await draft(whole)
        assert (campaign["status"], campaign["version"], campaign["total"]) == ("draft", NEW, None)
        assert campaign["by_wave"] == []
        seen = (await whole.client.get(f"{CAMPAIGNS}/{campaign['id']}/preview")).json()
        assert {name: seen[name] for name in ("total", "update", "already", "sizes")} == {
            "total": 3,
            "update": 2,
            "already": 1,
            "sizes": [2],
        }
        assert [charger.heard for charger in chargers] == [[], [], []]
        begun = await act(whole, campaign, "start", total=3)
        assert (begun["status"], begun["counts"]) == ("scheduled", {"waiting": 2, "skipped": 1})
        assert begun["by_wave"] == [
            {"wave": 0, "counts": {"skipped": 1}},
            {"wave": 1, "counts": {"waiting": 2}},
        ]
        await installs(chargers[0])
        await chargers[1].heard_action("UpdateFirmware", 30)
        await tells(chargers[1], "Downloading", "Downloaded", "Installing", "InstallationFailed")
        done = await until(whole, campaign, "done")
        assert done["counts"] == {"installed": 1, "failed": 1, "skipped": 1}
        found = await results(whole, campaign)
        assert {name: each["status"] for name, each in found.items()} == {
            "F1": "installed",
            "F2": "failed",
            "F3": "skipped",
        }
        assert (found["F1"]["from_version"], found["F1"]["version"], found["F1"]["attempts"]) == (OLD, NEW, 1)
        assert (found["F2"]["reason"], found["F2"]["progress"]) == ("InstallationFailed", "InstallationFailed")
        commands = await whole.items("/api/v1/commands", type="update_firmware")
        assert {each["id"] for each in commands} == {found["F1"]["command"], found["F2"]["command"]}
        assert {each["actor_name"] for each in commands} == {"admin"}
        assert list(await results(whole, campaign, status="failed")) == ["F2"]
        assert [len(charger.heard) for charger in chargers] == [1, 1, 0]
    rows = await whole.csms.rows("SELECT action FROM audit_log WHERE subject_kind = 'firmware_campaign' ORDER BY at")
    assert [row["action"].rpartition(":")[2] for row in rows] == ["create", "start"]

    async def over() -> bool:
        return any(event.status == "done" for event in told)

    await eventually(over)
    assert {event.status for event in told if event.charger_id == "F1"} >= {"sent", "installed"}
    assert {event.id for event in told} == {UUID(campaign["id"])}
    await hearing.close()


async def test_a_wave_that_somebody_looks_at(whole: Whole) -> None:
    """The second wave begins when it is resumed, and not before; the rest makes a third."""
    async with fleet(whole, 4) as chargers:
        campaign = await draft(whole, waves=[{"chargers": 1, "then": "manual"}, {"percent": 25}])
        assert (await act(whole, campaign, "start"))["sizes"] == [1, 1, 2]
        await installs(chargers[0])
        paused = await until(whole, campaign, "paused")
        assert "wave 1 of 3 is over" in paused["reason"]
        assert [len(charger.heard) for charger in chargers] == [1, 0, 0, 0]
        assert await whole.refused("POST", f"{CAMPAIGNS}/{campaign['id']}/pause") == (409, "campaign_state")
        await act(whole, campaign, "resume")
        for charger in chargers[1:]:
            await installs(charger)
        done = await until(whole, campaign, "done")
        assert (done["counts"], done["wave"], done["reason"]) == ({"installed": 4}, 3, None)


async def test_it_stops_when_too_many_fail(whole: Whole) -> None:
    """Nobody else gets it; tried again, those that failed and those that were left out get it."""
    async with fleet(whole, 3) as chargers:
        campaign = await draft(whole, waves=[{"chargers": 2}], at_once=1, stop_on_failure_percent=40)
        await act(whole, campaign, "start")
        await chargers[0].heard_action("UpdateFirmware", 30)
        await tells(chargers[0], "DownloadFailed")
        stopped = await until(whole, campaign, "stopped")
        assert stopped["reason"] == "1 of 2 chargers failed: more than 40 %"
        assert stopped["counts"] == {"failed": 1, "cancelled": 2}
        assert [len(charger.heard) for charger in chargers] == [1, 0, 0]
        again = await act(whole, campaign, "retry")
        assert (again["status"], again["round"], again["counts"]) == ("running", 1, {"waiting": 3})
        chargers[0].heard.clear()
        for charger in chargers:
            await installs(charger)
        assert (await until(whole, campaign, "done"))["counts"] == {"installed": 3}
        assert await whole.refused("POST", f"{CAMPAIGNS}/{campaign['id']}/retry") == (409, "nothing_failed")
        lines = await whole.csms.rows("SELECT actor_name FROM audit_log WHERE action LIKE '%firmware_campaign:stop'")
        assert [line["actor_name"] for line in lines] == ["system"]


async def test_a_failure_is_tried_again_before_it_counts(whole: Whole) -> None:
    """As often as was said; the commands are two."""
    async with fleet(whole, 1) as chargers:
        campaign = await draft(whole, retries=1, retry_after_s=0, stop_on_failure_percent=0)
        await act(whole, campaign, "start")
        await chargers[0].heard_action("UpdateFirmware", 30)
        chargers[0].heard.clear()
        await tells(chargers[0], "Downloading", "DownloadFailed")
        await installs(chargers[0])
        assert (await until(whole, campaign, "done"))["counts"] == {"installed": 1}
        assert (await results(whole, campaign))["F1"]["attempts"] == 2
        assert len(await whole.items("/api/v1/commands", type="update_firmware")) == 2


async def test_installed_is_not_believed_without_the_version(whole: Whole) -> None:
    """It says so and comes back with the old one: that is a failure, whatever it said."""
    async with fleet(whole, 2) as chargers:
        campaign = await draft(whole)
        await act(whole, campaign, "start")
        for charger in chargers:
            await charger.heard_action("UpdateFirmware", 30)
            await tells(charger, "Downloading", "Installing", "Installed")
        await until(whole, campaign, counts={"verifying": 2})
        await boot(chargers[0], OLD)
        await boot(chargers[1], NEW)
        done = await until(whole, campaign, "done")
        assert done["counts"] == {"failed": 1, "installed": 1}
        found = await results(whole, campaign)
        assert found["F1"]["reason"] == "it said Installed and booted with 1.0 in place of 2.0"


async def test_who_is_away_is_waited_for(whole: Whole) -> None:
    """The next wave does not wait for them; they get it when they come, or are expired when their time is up."""
    for identity in ("F0", "F9"):
        await whole.csms.charger(identity, vendor="ACME", firmware_version=OLD)
    async with fleet(whole, 2) as chargers:
        campaign = await draft(whole, waves=[{"chargers": 2}])
        seen = (await whole.client.get(f"{CAMPAIGNS}/{campaign['id']}/preview")).json()
        assert (seen["update"], seen["offline"]) == (4, 2)
        await act(whole, campaign, "start")
        for charger in chargers:
            await installs(charger)
        found = await until(whole, campaign, counts={"installed": 2, "waiting": 2})
        assert found["status"] == "running"
        async with connected(whole.csms.url, "F0") as late:
            await boot(late, OLD)
            late.answers["UpdateFirmware"] = {}
            await installs(late)
            await until(whole, campaign, counts={"installed": 3, "waiting": 1})
        await whole.csms.sql.execute("UPDATE firmware_campaign_targets SET expires_at = now() WHERE charger_id = 'F9'")
        await whole.csms.sql.execute("UPDATE firmware_campaigns SET next_at = now()")
        assert (await until(whole, campaign, "done"))["counts"] == {"installed": 3, "expired": 1}
        assert "did not come in time" in (await results(whole, campaign))["F9"]["reason"]


async def test_a_trial_that_nobody_took_part_in_says_nothing(whole: Whole) -> None:
    """A first wave whose chargers all stayed away: somebody has to say that it goes on."""
    await whole.csms.charger("F0", vendor="ACME", firmware_version=OLD)
    async with fleet(whole, 1) as chargers:
        campaign = await draft(whole, waves=[{"chargers": 1}])
        await act(whole, campaign, "start")
        await until(whole, campaign, "running")
        await whole.csms.sql.execute("UPDATE firmware_campaign_targets SET expires_at = now() WHERE charger_id = 'F0'")
        await whole.csms.sql.execute("UPDATE firmware_campaigns SET next_at = now()")
        paused = await until(whole, campaign, "paused")
        assert "none of its chargers was reached" in paused["reason"]
        assert chargers[0].heard == []
        await act(whole, campaign, "resume")
        await installs(chargers[0])
        assert (await until(whole, campaign, "done"))["counts"] == {"expired": 1, "installed": 1}


async def test_who_charges_is_left_alone(whole: Whole) -> None:
    """Until the transaction is over; with wait_for_transactions false it is the charger's own affair."""
    await whole.csms.token("TAG")
    async with fleet(whole, 1) as chargers:
        started = await chargers[0].start()
        waits = await draft(whole)
        seen = (await whole.client.get(f"{CAMPAIGNS}/{waits['id']}/preview")).json()
        assert (seen["update"], seen["charging"]) == (1, 1)
        await act(whole, waits, "start")
        await until(whole, waits, "running")
        await asyncio.sleep(2)
        assert [action for action, _ in chargers[0].heard] == []
        await chargers[0].stop(started["transactionId"], 2000)
        await installs(chargers[0])
        await until(whole, waits, "done", {"installed": 1})
        await boot(chargers[0], OLD)
        chargers[0].heard.clear()
        await chargers[0].start(timestamp="2026-11-24T10:00:00Z")
        at_once = await draft(whole, wait_for_transactions=False)
        await act(whole, at_once, "start")
        await chargers[0].heard_action("UpdateFirmware", 30)


async def test_who_has_it_by_now_is_left_alone(whole: Whole) -> None:
    """Somebody else brought the version meanwhile: nothing is sent, and the campaign is over at once."""
    async with fleet(whole, 2) as chargers:
        campaign = await draft(whole, at_once=1)
        await act(whole, campaign, "start")
        await boot(chargers[1], NEW)
        await installs(chargers[0])
        assert (await until(whole, campaign, "done"))["counts"] == {"installed": 1, "skipped": 1}
        assert chargers[1].heard == []
        assert (await results(whole, campaign))["F2"]["reason"] == "it has 2.0 already"


async def test_paused_and_aborted(whole: Whole) -> None:
    """Nobody else gets it; whoever has it goes on, and is told of; what is over is not begun again."""
    async with fleet(whole, 3) as chargers:
        campaign = await draft(whole, at_once=1)
        await act(whole, campaign, "start")
        await chargers[0].heard_action("UpdateFirmware", 30)
        paused = await act(whole, campaign, "pause")
        assert (paused["status"], paused["reason"]) == ("paused", "admin paused it")
        await installs(chargers[0])
        await until(whole, campaign, "paused", {"installed": 1, "waiting": 2})
        assert [len(charger.heard) for charger in chargers] == [1, 0, 0]
        await act(whole, campaign, "resume")
        await chargers[1].heard_action("UpdateFirmware", 30)
        aborted = await act(whole, campaign, "abort")
        assert (aborted["status"], aborted["counts"]["cancelled"]) == ("stopped", 1)
        path = f"{CAMPAIGNS}/{campaign['id']}"
        assert await whole.refused("DELETE", path) == (409, "campaign_state")
        await installs(chargers[1])
        await until(whole, campaign, "stopped", {"installed": 2, "cancelled": 1})
        assert chargers[2].heard == []
        for what in ("start", "pause", "resume", "abort"):
            assert await whole.refused("POST", f"{path}/{what}") == (409, "campaign_state"), what
        assert await whole.refused("PATCH", path, json={"name": "x"}) == (409, "campaign_state")

        async def gone() -> bool:
            return (await whole.client.delete(path)).status_code == 204

        await eventually(gone)
        assert await whole.refused("GET", path) == (404, "campaign_not_found")


async def test_a_refusal_is_of_one_charger(whole: Whole) -> None:
    """What a charger does not know is its own failure; next time it is told beforehand."""
    async with fleet(whole, 2) as chargers:
        chargers[0].answers["UpdateFirmware"] = CallError("NotImplemented", "", {})
        campaign = await draft(whole)
        await act(whole, campaign, "start")
        await installs(chargers[1])
        done = await until(whole, campaign, "done")
        assert done["counts"] == {"failed": 1, "installed": 1}
        assert "not_supported" in (await results(whole, campaign))["F1"]["reason"]
        seen = (await whole.client.get(f"{CAMPAIGNS}/{campaign['id']}/preview")).json()
        assert (seen["unable"], seen["already"], seen["update"]) == (1, 1, 0)
        assert seen["chargers"][0]["charger_id"] == "F1"
        other = await draft(whole)
        path = f"{CAMPAIGNS}/{other['id']}/start"
        assert await whole.refused("POST", path, json={"total": 3}) == (409, "total_changed")
        assert await whole.refused("POST", path) == (400, "nothing_to_update")


async def test_drafts(whole: Whole) -> None:
    """Changed as long as nobody started it; a new image brings its own version; a dry run keeps nothing."""
    await whole.csms.charger("F1", vendor="ACME", model="One", firmware_version=OLD)
    first = await add_image(whole, vendor="ACME", model="Two")
    second = await add_image(whole, "b.bin", version="3.0", vendor="acme")
    body = {"name": "x", "firmware": first["id"], "ids": ["f1"], "dry_run": True}
    tried = (await whole.client.post(CAMPAIGNS, json=body)).json()
    assert (tried["total"], tried["unable"]) == (1, 1)
    assert tried["chargers"][0]["reason"] == "the image is for the model Two, and this is One"
    assert await whole.items(CAMPAIGNS) == []
    campaign = await draft(whole, firmware=first["id"], ids=["f1"])
    path = f"{CAMPAIGNS}/{campaign['id']}"
    changes = {"firmware": second["id"], "filter": {"vendor": "ACME"}, "waves": [{"percent": 10, "pause_s": 60}]}
    changed = (await whole.client.patch(path, json=changes)).json()
    assert (changed["version"], changed["ids"], changed["filter"]) == ("3.0", None, {"vendor": "ACME"})
    assert changed["waves"] == [{"chargers": None, "percent": 10, "pause_s": 60, "then": "automatic"}]
    stale = await whole.refused("PATCH", path, json={"name": "y"}, headers={"If-Match": '"old"'})
    assert stale == (412, "stale")
    assert (await whole.client.get(f"{path}/preview")).json()["update"] == 1
    assert [each["id"] for each in await whole.items(CAMPAIGNS, status="draft", version="3.0")] == [campaign["id"]]
    for wrong, code in (
        ({"name": None}, "invalid_request"),
        ({"location": "https://example.com/a.bin", "signature": "c2ln"}, "invalid_request"),
        ({"location": "https://nowhere.example/a.bin"}, "location_not_allowed"),
        ({"location": "https://me:word@example.com/a.bin"}, "invalid_request"),
        ({"firmware": str(new_id())}, "firmware_not_found"),
    ):
        found = await whole.refused("PATCH", path, json=wrong)
        assert found == (404 if "not_found" in code else 400, code), wrong
    unknown = await whole.refused("POST", CAMPAIGNS, json={**body, "ids": ["F1", "NOBODY"]})
    assert unknown == (400, "chargers_unknown")
    assert (await whole.client.delete(path)).status_code == 204
    assert await whole.items(CAMPAIGNS) == []


async def test_what_does_not_fit_together(whole: Whole) -> None:
    """Is refused with the place where it does not."""
    for wrong in (
        {"firmware": str(new_id()), "location": "https://example.com/a"},
        {"ids": ["F1"], "filter": {"vendor": "A"}},
        {"waves": [{"percent": 5, "chargers": 5}]},
        {"waves": [{"percent": 0}]},
        {"maintenance_window": [{"weekday": 1, "begin": "05:00", "end": "04:00"}]},
        {"maintenance_window": []},
        {"starts_at": "2027-01-02T00:00:00Z", "ends_at": "2027-01-01T00:00:00Z"},
        {"at_once": 0},
        {"stop_on_failure_percent": 100},
        {"colour": "red"},
    ):
        body = {"name": "x", "location": "https://example.com/a.bin", "filter": {"vendor": "A"}, **wrong}
        assert await whole.errors("POST", CAMPAIGNS, json=body), wrong


async def test_it_begins_at_its_time(whole: Whole) -> None:
    """Until then it is scheduled, and can be called off."""
    async with fleet(whole, 1) as chargers:
        campaign = await draft(whole, starts_at="2099-01-01T00:00:00Z")
        assert (await act(whole, campaign, "start"))["status"] == "scheduled"
        other = await draft(whole, starts_at="2099-01-01T00:00:00Z")
        await act(whole, other, "start")
        assert (await act(whole, other, "abort"))["counts"] == {"cancelled": 1}
        now_is_the_time = "UPDATE firmware_campaigns SET starts_at = now(), next_at = now() WHERE id = $1"
        await whole.csms.sql.execute(now_is_the_time, UUID(campaign["id"]))
        await installs(chargers[0])
        assert (await until(whole, campaign, "done"))["counts"] == {"installed": 1}
        assert (await now(whole, other))["status"] == "stopped"
