# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The words of a scenario file: one Struct a step, chosen by its `do`. Seconds are real.

identity = "SIM-1"
[[step]]
do = "connect"
[[step]]
do = "boot"
[[step]]
do = "plug"
[[step]]
do = "expect"
action = "RemoteStartTransaction"
[[step]]
do = "wait"
seconds = 5
[[step]]
do = "stop"
reason = "EVDisconnected"
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from csms.simulator.device import Status, StopReason

_Seconds = Annotated[float, Meta(ge=0)]
_Connector = Annotated[int, Meta(ge=0)]
_Context: TypeAlias = Literal[
    "Sample.Periodic", "Sample.Clock", "Trigger", "Transaction.Begin", "Transaction.End", "Interruption.Begin",
    "Interruption.End", "Other",
]  # fmt: skip


class Step(Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag=str.lower):
    """One step."""


class Connect(Step, frozen=True):
    """Open the WebSocket; `fails` is a part of the reason if it must not succeed."""

    fails: str | None = None


class Disconnect(Step, frozen=True):
    """Close it in order."""


class Boot(Step, frozen=True):
    """BootNotification, and what it must be answered with."""

    expect: str = "Accepted"


class Heartbeat(Step, frozen=True):
    """Heartbeat."""


class SetStatus(Step, frozen=True, tag="status"):
    """StatusNotification."""

    status: Status
    connector: _Connector = 1
    error_code: str = "NoError"
    info: str | None = None


class Authorize(Step, frozen=True):
    """Authorize, and what the tag's status must be."""

    tag: str
    expect: str = "Accepted"


class Plug(Step, frozen=True):
    """A car is connected."""

    connector: _Connector = 1
    battery_wh: float = 60_000.0
    arrival_soc: float = 30.0
    target_soc: float = 100.0


class Unplug(Step, frozen=True):
    """The car goes."""

    connector: _Connector = 1


class Start(Step, frozen=True):
    """StartTransaction, and what the tag's status must be."""

    tag: str
    connector: _Connector = 1
    expect: str = "Accepted"


class Meter(Step, frozen=True):
    """MeterValues; `add_wh` lets the register grow by so much first."""

    connector: _Connector = 1
    add_wh: Annotated[float, Meta(ge=0)] = 0.0
    context: _Context = "Sample.Periodic"


class Stop(Step, frozen=True):
    """StopTransaction."""

    connector: _Connector = 1
    reason: StopReason = StopReason.LOCAL
    tag: str | None = None


class Fault(Step, frozen=True):
    """Something breaks."""

    error_code: str
    connector: _Connector = 1
    info: str | None = None


class Recover(Step, frozen=True):
    """It works again."""

    connector: _Connector = 1


class Offline(Step, frozen=True):
    """The network is gone for so long; then the charger connects again and tells what it kept."""

    seconds: _Seconds


class PowerLoss(Step, frozen=True, tag="power_loss"):
    """The power is gone for so long; then the charger connects and boots."""

    seconds: _Seconds


class Wait(Step, frozen=True):
    """Let time pass."""

    seconds: _Seconds


class Raw(Step, frozen=True):
    """Send this text; the next frame must contain `expect`."""

    text: str
    expect: str | None = None
    within_s: _Seconds = 10.0


class Call(Step, frozen=True):
    """Send any CALL; its answer must contain `expect`, or be the CALLERROR `error`."""

    action: str
    payload: dict[str, Any] = {}
    expect: dict[str, Any] = {}
    error: str | None = None


class Answer(Step, frozen=True):
    """From now on answer this command so (a payload, or a CALLERROR), instead of obeying it."""

    action: str
    payload: dict[str, Any] = {}
    error: str | None = None


class Expect(Step, frozen=True):
    """Wait for a command of the CSMS (one that came since the last `expect` counts); it must contain `payload`."""

    action: str
    payload: dict[str, Any] = {}
    within_s: _Seconds = 30.0


AnyStep: TypeAlias = (
    Connect | Disconnect | Boot | Heartbeat | SetStatus | Authorize | Plug | Unplug | Start | Meter | Stop | Fault
    | Recover | Offline | PowerLoss | Wait | Raw | Call | Answer | Expect
)  # fmt: skip


class Script(Struct, frozen=True, forbid_unknown_fields=True, rename={"steps": "step"}):
    """A scenario: a charger and its steps."""

    steps: Annotated[list[AnyStep], Meta(min_length=1)]
    name: str = ""
    identity: str = "SIM-1"
    url: str | None = None
    password: str | None = None
    protocol: str = "ocpp1.6"
    connectors: Annotated[int, Meta(ge=1, le=64)] = 1
    power_kw: Annotated[float, Meta(gt=0)] = 11.0
    dc: bool = False
    sample_interval_s: Annotated[int, Meta(ge=0)] = 0
    speed: Annotated[float, Meta(gt=0)] = 1.0


class ScriptError(Exception):
    """The scenario is no scenario, or a step did not go as it should."""


def read_script(path: Path) -> Script:
    """A scenario from a TOML or JSON file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError(f"{path}: {error}") from error
    return parse_script(text, json=path.suffix.lower() == ".json", name=path.name)


def parse_script(text: str, *, json: bool = False, name: str = "script") -> Script:
    """A scenario from its text."""
    try:
        raw = msgspec.json.decode(text) if json else tomllib.loads(text)
        return msgspec.convert(raw, Script)
    except (msgspec.MsgspecError, tomllib.TOMLDecodeError) as error:
        raise ScriptError(f"{name}: {error}") from error
