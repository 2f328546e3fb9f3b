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
    assert (quirk.vendor, quirk.id) != ("*", "")


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
