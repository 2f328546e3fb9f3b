# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Scenario files: every step, and what a wrong one says."""

import asyncio
from pathlib import Path

import pytest

from csms.simulator.charger import Runtime
from csms.simulator.script import Player, contains
from csms.simulator.steps import ScriptError, parse_script, read_script
from tests.simulator.csms16 import NOW, RefusalError, ScriptedCsms

EVERYTHING = """
identity = "SCRIPT-1"
connectors = 2
[[step]]
do = "connect"
[[step]]
do = "boot"
[[step]]
do = "heartbeat"
[[step]]
do = "status"
status = "Available"
[[step]]
do = "authorize"
tag = "TAG"
[[step]]
do = "plug"
[[step]]
do = "start"
tag = "TAG"
[[step]]
do = "meter"
add_wh = 1500
[[step]]
do = "fault"
error_code = "HighTemperature"
[[step]]
do = "recover"
[[step]]
do = "offline"
seconds = 0.05
[[step]]
do = "wait"
seconds = 0.01
[[step]]
do = "call"
action = "DataTransfer"
payload = { vendorId = "acme" }
error = "NotSupported"
[[step]]
do = "raw"
text = '[2,"x","Heartbeat",{}]'
expect = "currentTime"
[[step]]
do = "stop"
reason = "EVDisconnected"
[[step]]
do = "unplug"
[[step]]
do = "power_loss"
seconds = 0.05
[[step]]
do = "disconnect"
"""


async def play(text: str, csms: ScriptedCsms, runtime: Runtime) -> list[str]:
    """Play a scenario; the lines it told."""
    told: list[str] = []
    await asyncio.wait_for(Player(parse_script(text), runtime, csms.url, tell=told.append).play(), 20)
    return told


async def test_every_step(csms: ScriptedCsms, runtime: Runtime) -> None:
    """One scenario with all of them; what the CSMS heard is what it says."""

    def unsupported(_: object) -> object:
        raise RefusalError("NotSupported")

    csms.answers["DataTransfer"] = unsupported
    told = await play(EVERYTHING, csms, runtime)
    assert len(told) == EVERYTHING.count("[[step]]")
    assert "offline seconds=0.05" in told[10]
    actions = [action for _, action, _ in csms.heard]
    assert [a for a in actions if a in ("StartTransaction", "MeterValues", "StopTransaction")] == [
        "StartTransaction", "MeterValues", "StopTransaction",
    ]  # fmt: skip
    assert actions.count("BootNotification") == 2
    assert csms.connections == 3
    start, stop = csms.of("StartTransaction")[0], csms.of("StopTransaction")[0]
    assert stop["meterStop"] - start["meterStart"] >= 1_500
    assert stop["reason"] == "EVDisconnected"


async def test_commands_are_expected_and_answered(csms: ScriptedCsms, runtime: Runtime) -> None:
    """A canned answer goes out instead of obedience; a command that came before its step counts."""
    script = """
    identity = "S"
    [[step]]
    do = "answer"
    action = "Reset"
    payload = { status = "Rejected" }
    [[step]]
    do = "answer"
    action = "ClearCache"
    error = "InternalError"
    [[step]]
    do = "connect"
    [[step]]
    do = "boot"
    [[step]]
    do = "expect"
    action = "Reset"
    payload = { type = "Hard" }
    """
    playing = asyncio.create_task(play(script, csms, runtime))
    await csms.hears("BootNotification")
    assert await csms.command("S", "ClearCache") == "InternalError"
    assert await csms.command("S", "Reset", {"type": "Hard"}) == {"status": "Rejected"}
    await playing
    assert csms.connections == 1


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ('do = "boot"', "there is no connection"),
        ('do = "connect"\n[[step]]\ndo = "boot"\nexpect = "Rejected"', "registration was Accepted, expected Rejected"),
        ('do = "connect"\n[[step]]\ndo = "authorize"\ntag = "T"\nexpect = "Blocked"', "was Accepted, expected Blocked"),
        ('do = "connect"\n[[step]]\ndo = "expect"\naction = "Reset"\nwithin_s = 0.05', "Reset did not come within"),
        ('do = "connect"\n[[step]]\ndo = "stop"', "no transaction runs there"),
        ('do = "connect"\n[[step]]\ndo = "plug"\nconnector = 3', "has 1 connectors"),
        ('do = "connect"\n[[step]]\ndo = "boot"\n[[step]]\ndo = "fault"\nerror_code = "Mood"', "Mood"),
        ('do = "connect"\nfails = "401"', "it connected, which it should not"),
        (
            'do = "connect"\n[[step]]\ndo = "call"\naction = "Heartbeat"\nexpect = { currentTime = "never" }',
            "expected {'currentTime': 'never'}",
        ),
        ('do = "connect"\n[[step]]\ndo = "raw"\ntext = "?"\nexpect = "x"\nwithin_s = 0.05', "no frame came within"),
    ],
)
async def test_a_step_that_goes_wrong_says_what(csms: ScriptedCsms, runtime: Runtime, steps: str, words: str) -> None:
    """The number of the step, and what was instead."""
    with pytest.raises(ScriptError, match=r"step \d") as caught:
        await play(f"[[step]]\n{steps}", csms, runtime)
    assert words in str(caught.value)


async def test_a_refusal_can_be_what_is_wanted(csms: ScriptedCsms, runtime: Runtime) -> None:
    """`fails` names a part of the reason."""
    csms.refuse_with = 401
    await play('[[step]]\ndo = "connect"\nfails = "401"', csms, runtime)
    with pytest.raises(ScriptError, match="401"):
        await play('[[step]]\ndo = "connect"', csms, runtime)


async def test_a_whole_answer_can_be_asked_for(csms: ScriptedCsms, runtime: Runtime) -> None:
    """`call` reads the answer as the wire has it."""
    script = f"""
    [[step]]
    do = "connect"
    [[step]]
    do = "call"
    action = "BootNotification"
    payload = {{ chargePointVendor = "V", chargePointModel = "M" }}
    expect = {{ status = "Accepted", currentTime = "{NOW}", interval = 300 }}
    """
    await play(script, csms, runtime)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("step = 1", "Expected `array`"),
        ("step = []", "length >= 1"),
        ('[[step]]\ndo = "dance"', "Invalid value 'dance'"),
        ('[[step]]\ndo = "status"\nstatus = "Asleep"', "Invalid enum value 'Asleep'"),
        ('[[step]]\ndo = "wait"\nseconds = 1\nminutes = 2', "unknown field `minutes`"),
        ("[[step", "Expected"),
    ],
)
def test_what_is_no_scenario_says_where(text: str, words: str) -> None:
    """The file, the place, the reason."""
    with pytest.raises(ScriptError) as caught:
        parse_script(text, name="file.toml")
    assert str(caught.value).startswith("file.toml: ")
    assert words in str(caught.value)


def test_a_scenario_may_be_json(tmp_path: Path) -> None:
    """By the file's name; a file that is not there says so."""
    path = tmp_path / "scenario.json"
    path.write_text('{"identity": "J", "step": [{"do": "power_loss", "seconds": 1}]}', encoding="utf-8")
    assert read_script(path).identity == "J"
    with pytest.raises(ScriptError, match="nowhere"):
        read_script(tmp_path / "nowhere.toml")


def test_contains() -> None:
    """Objects by their fields, lists by position."""
    assert contains({"a": [{"b": 1, "c": 2}], "d": 3}, {"a": [{"b": 1}]})
    assert not contains({"a": [{"b": 1}]}, {"a": [{"b": 2}]})
    assert not contains({"a": []}, {"a": [1]})
    assert not contains({}, {"a": None})
