# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Each quirk does what its own example says, and nothing to others."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from csms.dialects.base import NotExpressibleError
from csms.dialects.quirks import Example, Library, Quirk, QuirkError, Quirks, load, parse
from csms.domain.commands import AnyCommand
from csms.main.build_gateway import DIALECTS
from csms.ocpp.codec import Validation

LIBRARY = load()
EXAMPLES = [(quirk, example) for quirk in LIBRARY.quirks for example in quirk.test]


def _at(value: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(value, list | tuple):
            value = value[int(part)]
        else:
            value = value[part] if isinstance(value, dict) else getattr(value, part)
    return str(value) if isinstance(value, Decimal) else value


def _run(quirk: Quirk, example: Example) -> None:
    dialect, quirks = DIALECTS[example.protocol], Quirks((quirk,))
    if example.frame is not None:
        assert example.action is not None
        report, _, _ = dialect.read(example.action, example.frame.encode(), Validation.ADVISORY)
        understood = quirks.read(report)
        assert {path: _at(understood, path) for path in example.report} == example.report
        return
    command: AnyCommand = msgspec.convert(example.command, AnyCommand)
    if example.refused:
        with pytest.raises(NotExpressibleError):
            quirks.write(command)
        return
    payload = msgspec.json.decode(dialect.write(quirks.write(command)[0]).payload)
    assert {path: _at(payload, path) for path in example.sent} == example.sent


@pytest.mark.parametrize(("quirk", "example"), EXAMPLES, ids=[quirk.id for quirk, _ in EXAMPLES])
def test_each_does_what_its_example_says(quirk: Quirk, example: Example) -> None:
    """The frame that was reported, put right; the command, as that charger takes it."""
    _run(quirk, example)


@pytest.mark.parametrize("quirk", LIBRARY.quirks, ids=lambda quirk: quirk.id)
def test_each_says_why_and_is_tested(quirk: Quirk) -> None:
    """Nobody can check what has no source, and nobody dares to remove what has no reason."""
    assert quirk.test
    assert quirk.why
    assert quirk.source
    assert quirk.vendor != "*"


def test_who_is_concerned() -> None:
    """By vendor, model and firmware, in any letter case; a charger that is not named has none."""
    assert [each.id for each in LIBRARY.of("openevse", "ESP32", "v4.2.2").all] == ["openevse-kwh-as-wh"]
    assert not LIBRARY.of("OpenEVSE", "ESP32", "5.0.0")
    assert not LIBRARY.of(None, None, None)
    assert {each.id for each in LIBRARY.of("Wall Box Chargers", "PUP1-U-1-6", "6.6.15").all} == {
        "wallbox-stack-level",
        "wallbox-settle",
    }
    assert not Library().of("OpenEVSE", "", "4.2.2")


def test_a_folder_of_ones_own(tmp_path: Path) -> None:
    """Adds, and takes the place of what has the same id; a mistake is named with its file."""
    (tmp_path / "mine.toml").write_text(
        '[[quirk]]\nid = "enplus-no-pong"\nvendor = "ACME"\nwhy = "w"\nsource = "s"\nping = false\n'
        "profiles = { max_periods = 1 }\n"
    )
    library = load(tmp_path)
    quirks = library.of("Acme", "", "")
    assert not quirks.ping
    assert library.of("EN+", "", "").ping
    periods = [{"start_s": 0, "limit": 6}, {"start_s": 60, "limit": 16}]
    schedule = {"unit": "A", "periods": periods}
    profile = {"stack_level": 0, "purpose": "tx_default_profile", "kind": "relative", "schedules": [schedule]}
    command: AnyCommand = msgspec.convert(
        {"type": "start_transaction", "token": "T", "charging_profile": profile}, AnyCommand
    )
    with pytest.raises(NotExpressibleError, match="1 periods"):
        quirks.write(command)
    for text in ("[[quirk]]\nid = 1", "nonsense", '[[quirk]]\nid="x"\nvendor="v"\nwhy="w"\nsource="s"\npings=true'):
        with pytest.raises(QuirkError, match=r"bad\.toml"):
            parse(text, "bad.toml")


def _profile(unit: str, limit: float, **period: Any) -> AnyCommand:
    periods = [{"start_s": 0, "limit": limit, **period}]
    schedule = {"unit": unit, "periods": periods}
    profile = {"stack_level": 1, "purpose": "tx_default_profile", "kind": "relative", "schedules": [schedule]}
    command: AnyCommand = msgspec.convert(
        {"type": "set_charging_profile", "evse_id": 1, "profile": profile}, AnyCommand
    )
    return command


@pytest.mark.parametrize(
    ("unit", "command", "limit"),
    [
        ("A", _profile("W", 11_000.0), 15.9),
        ("A", _profile("W", 3_680.0, number_phases=1), 16.0),
        ("A", _profile("A", 16.0), 16.0),
        ("W", _profile("A", 16.0), 11_040.0),
        ("W", _profile("A", 6.0, number_phases=1), 1_380.0),
    ],
)
def test_limits_in_the_unit_that_a_charger_takes(unit: str, command: AnyCommand, limit: float) -> None:
    """lbb#877, lbb#1703, lbb#221, lbb#1245, evcc#15864: one unit only; a limit is kept, never exceeded."""
    text = f'[[quirk]]\nid = "u"\nvendor = "*"\nwhy = "w"\nsource = "s"\nprofiles = {{ unit = "{unit}" }}\n'
    sent, _ = Quirks(parse(text, "u")).write(command)
    schedule = sent.profile.schedules[0]  # type: ignore[union-attr]
    assert (schedule.unit, schedule.periods[0].limit) == (unit, limit)


def test_a_limit_that_is_not_taken_is_refused_and_never_raised() -> None:
    """evcc#16768: below 6 A but for 0. Whoever asked for less than that must not get more."""
    text = '[[quirk]]\nid = "m"\nvendor = "*"\nwhy = "w"\nsource = "s"\nprofiles = { unit = "A", min_limit_a = 6 }\n'
    quirks = Quirks(parse(text, "m"))
    for taken in (_profile("A", 0.0), _profile("A", 6.0), _profile("W", 11_000.0)):
        quirks.write(taken)
    for refused in (_profile("A", 5.9), _profile("W", 1_000.0)):
        with pytest.raises(NotExpressibleError, match="between 0 and 6 A"):
            quirks.write(refused)
    with pytest.raises(NotExpressibleError, match="A only"):
        quirks.write(_profile("W", 11_000.0, limit_l2=3_000.0))
