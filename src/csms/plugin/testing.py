# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The contract suite for authors: `class TestMine(PluginContract): plugin = my_plugin()` in a pytest module.

What is here holds for every plug-in; what yours does with its messages is for your own tests.
"""

import asyncio
from typing import Any, ClassVar

import msgspec

from csms.domain.commands import Call, Custom, DataTransfer
from csms.plugin.hooks import Charger, Plugin, VendorAnswer, VendorMessage
from csms.plugin.registry import Plugins, check

CHARGER = Charger("CP001", "00000000-0000-7000-8000-000000000001", "ocpp1.6")
ODD: tuple[Any, ...] = (None, "", "no json", '{"half', "[]", "{}", "x" * 100_000, {"a": [1, {"b": None}]}, 7, True)


class PluginContract:
    """Subclass it, and give it `plugin`. `arguments` has good arguments for each action, by its name."""

    plugin: ClassVar[Plugin]
    arguments: ClassVar[dict[str, dict[str, Any]]] = {}

    def test_it_keeps_to_the_rules(self) -> None:
        """Name, version, vendors, actions."""
        check(self.plugin)
        assert self.plugin.version
        assert Plugins([self.plugin]).described()[0]["name"] == self.plugin.name

    def test_whatever_a_charger_says_is_answered(self) -> None:
        """Nothing that a charger may say makes a handler raise, and every answer is one."""
        for vendor, handler in self.plugin.vendors.items():
            for data in ODD:
                for name in (None, "", "NoSuchMessage", "x" * 50):
                    answer = asyncio.run(_ask(handler, VendorMessage(vendor, name, data)))
                    assert isinstance(answer, VendorAnswer), (vendor, name, data)
                    msgspec.json.encode(answer.data)

    def test_a_message_that_comes_twice_is_answered_alike(self) -> None:
        """Chargers repeat what was not answered in time."""
        for vendor, handler in self.plugin.vendors.items():
            message = VendorMessage(vendor, None, None)
            first, second = (asyncio.run(_ask(handler, message)) for _ in range(2))
            assert first == second, vendor

    def test_each_action_can_be_sent(self) -> None:
        """Good arguments become a DataTransfer or a raw call; each action has an example."""
        plugins = Plugins([self.plugin])
        for action in self.plugin.actions:
            assert action.help, action.name
            assert action.name in self.arguments, f"give arguments['{action.name}']"
            command = Custom(action=f"{self.plugin.name}.{action.name}", arguments=self.arguments[action.name])
            sent = plugins.write(command)
            assert isinstance(sent, DataTransfer | Call)
            assert sent == plugins.write(command), "write is pure"
            msgspec.json.encode(sent)


async def _ask(handler: Any, message: VendorMessage) -> Any:
    return await handler(CHARGER, message)
