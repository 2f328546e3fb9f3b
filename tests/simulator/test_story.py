# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Drivers: the same seed tells the same story, and what goes wrong comes right again."""

import asyncio
from dataclasses import replace

import pytest

from csms.simulator.charger import VirtualCharger
from csms.simulator.dice import dice
from csms.simulator.physics import Outlet, Vehicle
from csms.simulator.session import Mishap, SessionPlan, draw_session
from csms.simulator.story import Story, tell_stories
from tests.simulator.conftest import NewCharger
from tests.simulator.csms16 import ScriptedCsms

AC, DC = Outlet(11_000.0), Outlet(150_000.0, 0)
PLAN = SessionPlan(
    idle_s=10.0,
    vehicle=Vehicle(40_000.0, 50.0),
    tag="TAG",
    card_after_s=10.0,
    stay_s=600.0,
    linger_s=30.0,
    card_to_stop=True,
    leave_after_s=20.0,
    mishap=Mishap.NONE,
    mishap_after_s=120.0,
    mishap_s=120.0,
    fault=("GroundFailure", "wet"),
)


def plans(seed: int, outlet: Outlet, count: int = 200, mishaps: float = 1.0) -> list[SessionPlan]:
    """The first visits of a story."""
    rng = dice(seed, "SIM-1", "story")
    return [draw_session(rng, outlet, ("A", "B"), mishaps=mishaps) for _ in range(count)]


def test_the_same_seed_tells_the_same_story() -> None:
    """And another seed another one."""
    assert plans(1, AC) == plans(1, AC)
    assert plans(1, AC) != plans(2, AC)


def test_stories_are_believable() -> None:
    """Cars arrive emptier than they leave, mishaps are rare but happen, never without them."""
    for outlet in (AC, DC):
        drawn = plans(3, outlet, 2_000)
        assert all(0 < p.vehicle.arrival_soc < p.vehicle.target_soc <= 100 for p in drawn)
        assert {p.tag for p in drawn} == {"A", "B"}
        assert {p.mishap for p in drawn} == set(Mishap)
        assert 0.08 < sum(p.mishap is not Mishap.NONE for p in drawn) / len(drawn) < 0.16
        assert all(p.mishap is Mishap.NONE for p in plans(3, outlet, mishaps=0))


async def visit(charger: VirtualCharger, plan: SessionPlan) -> None:
    """One visit at connector 2 (direct current)."""
    await Story(charger, charger.connectors[1], dice(1), ("TAG",)).visit(plan)


async def test_a_visit(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """Plug, card, charge, card, leave."""
    await visit(await new_charger(), PLAN)
    await csms.status("Available", 2, count=2)
    assert csms.statuses(2) == ["Available", "Preparing", "Charging", "Finishing", "Available"]
    assert (await csms.hears("StopTransaction"))["reason"] == "Local"


async def test_a_refused_driver_leaves(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """No transaction, and the connector is free again."""
    csms.answers["Authorize"] = {"idTagInfo": {"status": "Blocked"}}
    await visit(await new_charger(), PLAN)
    await csms.status("Available", 2, count=2)
    assert not csms.of("StartTransaction")


@pytest.mark.parametrize(
    ("mishap", "seen", "reason"),
    [
        (Mishap.FAULT, ["Charging", "Faulted", "Charging", "Finishing"], "Local"),
        (Mishap.POWER_LOSS, ["Charging", "Available"], "PowerLoss"),
    ],
)
async def test_a_visit_with_a_mishap(
    new_charger: NewCharger, csms: ScriptedCsms, mishap: Mishap, seen: list[str], reason: str
) -> None:
    """A fault is recovered from; a power loss ends the transaction, told after the boot."""
    await visit(await new_charger(), replace(PLAN, mishap=mishap))
    assert (await csms.hears("StopTransaction"))["reason"] == reason
    await csms.status("Available", 2, count=2)
    assert csms.statuses(2)[2 : 2 + len(seen)] == seen


async def test_a_visit_with_an_outage_loses_nothing(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """The readings of the outage arrive later, in order."""
    await visit(await new_charger(), replace(PLAN, mishap=Mishap.OFFLINE))
    await csms.hears("StopTransaction")
    stamps = [p["meterValue"][0]["timestamp"] for p in csms.of("MeterValues")]
    assert csms.connections == 2
    assert stamps == sorted(stamps)
    assert len(stamps) >= 5


async def test_an_app_summons_a_driver(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """A remote start without a car: somebody comes with the cable."""
    charger = await new_charger()
    tell_stories(charger, dice(5), ("CARD",), busy=0.01)
    answer = await csms.command("SIM-1", "RemoteStartTransaction", {"idTag": "APP", "connectorId": 1})
    assert answer == {"status": "Accepted"}
    start = await csms.hears("StartTransaction", lambda p: p["idTag"] == "APP")
    assert start["connectorId"] == 1


async def test_drivers_stop_coming_when_the_charger_is_switched_off(
    new_charger: NewCharger, csms: ScriptedCsms
) -> None:
    """Every started transaction is stopped and told before the line is closed."""
    charger = await new_charger(run=False)
    running = asyncio.create_task(charger.run())
    tell_stories(charger, dice(6), ("CARD",), busy=20, mishaps=0)
    await csms.hears("StartTransaction", count=2)
    await charger.stop()
    await running
    assert len(csms.of("StartTransaction")) == len(csms.of("StopTransaction"))
    assert not charger.connectors[0].transaction
