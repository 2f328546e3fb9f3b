# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Plug-ins: found by their entry points, asked about vendors' messages, their commands sent like all others."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from csms.domain.commands import Custom, DataTransfer
from csms.domain.ids import ChargerId, OrganizationId
from csms.domain.messages import HeartbeatReported, Source, VendorAnswer, VendorAnswerStatus, VendorMessage
from csms.kit.ids import new_id
from csms.plugin import registry
from csms.plugin.desk import VendorDesk
from csms.plugin.hooks import Charger, CustomAction, Plugin
from csms.plugin.registry import ArgumentsError, PluginError, Plugins, UnknownActionError
from tests.features.whole import whole as open_whole
from tests.support.charger import connected
from tests.support.postgres import Database

EXAMPLE = Path(__file__).parents[2] / "examples" / "csms-plugin-acme"
BOOT = {
    True: {"chargePointVendor": "ACME", "chargePointModel": "One"},
    False: {"reason": "PowerUp", "chargingStation": {"vendorName": "ACME", "model": "One"}},
}
SOURCE = Source(ChargerId("CP1"), OrganizationId(new_id()), "ocpp1.6")


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> Iterator[Plugin]:
    """The worked example, from its folder."""
    monkeypatch.syspath_prepend(str(EXAMPLE / "src"))
    import csms_plugin_acme

    yield csms_plugin_acme.make()
    sys.modules.pop("csms_plugin_acme")


class Nothing(msgspec.Struct, frozen=True):
    """No arguments."""


def _send(_: Nothing) -> DataTransfer:
    return DataTransfer("v")


async def _accept(_: Charger, __: VendorMessage) -> VendorAnswer:
    return VendorAnswer(VendorAnswerStatus.ACCEPTED)


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_the_example_from_end_to_end(database: Database, tmp_path: Path, acme: Plugin, protocol: str) -> None:
    """A vendor's message is understood, a command of the plug-in arrives; strangers are still unknown vendors."""
    async with (
        open_whole(database, tmp_path, plugins=Plugins([acme])) as whole,
        connected(whole.csms.url, "CP1", protocols=(protocol,)) as charger,
    ):
        assert (await charger.call("BootNotification", BOOT[protocol == "ocpp1.6"]))["status"] == "Accepted"
        door: Any = {"door": "front", "open": True}
        data = msgspec.json.encode(door).decode() if protocol == "ocpp1.6" else door
        answer = await charger.call("DataTransfer", {"vendorId": "COM.acme", "messageId": "DoorState", "data": data})
        seen = '{"seen":"front"}' if protocol == "ocpp1.6" else {"seen": "front"}
        assert answer == {"status": "Accepted", "data": seen}
        assert (await charger.call("DataTransfer", {"vendorId": "com.other"}))["status"] == "UnknownVendorId"
        charger.answers["DataTransfer"] = {"status": "Accepted"}
        body = {"type": "custom", "action": "acme.set_light", "arguments": {"colour": "red", "brightness": 50}}
        sent = await whole.command(body)
        assert (sent["status"], sent["body"]) == ("accepted", body)
        heard = {"vendorId": "com.acme", "messageId": "SetLight", "data": '{"colour":"red","brightness":50}'}
        assert charger.heard[-1] == ("DataTransfer", heard)
        path = "/api/v1/chargers/CP1/commands"
        for wrong, code in (
            ({"action": "acme.make_coffee"}, "custom_action_unknown"),
            ({"action": "acme.set_light", "arguments": {"colour": "pink"}}, "custom_arguments_invalid"),
            ({"action": "acme.set_light", "arguments": {"colour": "off", "brightness": 3}}, "custom_arguments_invalid"),
        ):
            assert await whole.refused("POST", path, json={"type": "custom", **wrong}) == (400, code)
        (item,) = (await whole.client.get("/api/v1/plugins")).json()["items"]
        assert (item["name"], item["vendors"], item["actions"][0]["action"]) == ("acme", ["com.acme"], "acme.set_light")
        assert "colour" in str(item["actions"][0]["arguments"])


async def test_a_plugin_that_fails_costs_its_own_message_only() -> None:
    """Raising, late, or answering nonsense: Rejected, logged, and the charger goes on."""

    async def raises(_: Charger, __: VendorMessage) -> VendorAnswer:
        raise RuntimeError("broken")

    async def late(_: Charger, __: VendorMessage) -> VendorAnswer:
        await asyncio.sleep(60)
        raise AssertionError

    async def nonsense(_: Charger, __: VendorMessage) -> Any:
        return "yes"

    handlers: dict[str, Any] = {"a": raises, "b": late, "c": nonsense, "d": _accept}
    desk = VendorDesk(Plugins([Plugin("p", "1", handlers)]), timeout_s=0.05)
    answers = [await desk(SOURCE, VendorMessage(vendor, None, None)) for vendor in "abcd"]
    rejected = VendorAnswer(VendorAnswerStatus.REJECTED)
    assert answers == [rejected, rejected, rejected, VendorAnswer(VendorAnswerStatus.ACCEPTED)]
    assert not desk.wants(VendorMessage("stranger", None, None))
    assert not desk.wants(HeartbeatReported())


@pytest.mark.parametrize(
    ("plugins", "said"),
    [
        ([Plugin("Not Good", "1")], "is none"),
        ([Plugin("p", "1"), Plugin("p", "2")], "both claim"),
        ([Plugin("p", "1", {"V": _accept}), Plugin("q", "1", {"v": _accept})], "both claim vendor v"),
        ([Plugin("p", "1", {"": _accept})], "no name"),
        ([Plugin("p", "1", actions=(CustomAction("Bad", "h", Nothing, _send),))], "command's name"),
        ([Plugin("p", "1", actions=(CustomAction("a", "h", dict, _send),))], "no msgspec.Struct"),  # type: ignore[arg-type]
        ([Plugin("p", "1", api_version=2)], "version 2"),
    ],
)
def test_what_is_not_right_is_said(plugins: list[Plugin], said: str) -> None:
    """At the start, with the name."""
    with pytest.raises(PluginError, match=said):
        Plugins(plugins)


def test_who_is_asked() -> None:
    """Nobody, where there are none."""
    plugins = Plugins()
    assert plugins.vendor("v") is None
    with pytest.raises(UnknownActionError, match="none is installed"):
        plugins.write(Custom("a.b"))
    known = Plugins([Plugin("p", "1", actions=(CustomAction("a", "h", Nothing, _send),))])
    assert known.write(Custom("p.a")) == DataTransfer("v")
    with pytest.raises(ArgumentsError):
        Plugins([Plugin("p", "1", actions=(CustomAction("a", "h", Nothing, _raise),))]).write(Custom("p.a"))


def _raise(_: Nothing) -> DataTransfer:
    raise ValueError("not today")


def test_installed_like_any_package(tmp_path: Path) -> None:
    """The example is built and installed; `csms plugins` finds it; its own tests, the contract among them, pass."""
    target = tmp_path / "site"
    uv = Path(sys.executable).with_name("uv")
    install = [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--no-build-isolation", "--target", target]
    subprocess.run([*install, EXAMPLE], check=True, timeout=120)
    environment = {**os.environ, "PYTHONPATH": str(target), "CSMS_DATA_DIR": str(tmp_path / "data")}
    listed = _csms(environment, "plugins")
    assert listed.returncode == 0, listed.stderr
    assert "acme 1.0.0" in listed.stdout
    assert "acme.set_light" in listed.stdout
    disabled = _csms({**environment, "CSMS_PLUGINS__DISABLED": '["acme"]'}, "plugins")
    assert "no plug-in is installed" in disabled.stdout
    tests = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "--rootdir",
            EXAMPLE,
            "-c",
            os.devnull,
            EXAMPLE,
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert tests.returncode == 0, tests.stdout
    (target / "csms_plugin_acme" / "__init__.py").write_text("raise RuntimeError('half written')\n")
    broken = _csms(environment, "plugins")
    assert broken.returncode == 1
    assert "cannot be loaded: RuntimeError: half written" in broken.stderr
    assert "CSMS_PLUGINS__DISABLED" in broken.stderr


def _csms(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    program = Path(sys.executable).with_name("csms")
    return subprocess.run(
        [program, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_an_entry_point_that_gives_no_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Said by its name."""

    class Entry:
        name, value = "odd", "somewhere:thing"

        @staticmethod
        def load() -> Any:
            return lambda: "not a plug-in"

    monkeypatch.setattr(registry, "entry_points", lambda group: [Entry] if group == registry.GROUP else [])
    with pytest.raises(PluginError, match="gives no"):
        registry.load()
    assert registry.load(["odd"]).all == ()
