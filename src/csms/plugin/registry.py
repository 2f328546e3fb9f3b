# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Finds plug-ins by their entry points, checks them, and knows who understands what."""

import re
from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ClassVar, Final

import msgspec

from csms.domain.commands import Call, Custom, DataTransfer
from csms.kit.errors import InvalidError
from csms.plugin.hooks import API_VERSION, CustomAction, Plugin, VendorHandler

GROUP: Final = "csms.plugins"
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_ACTION: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")
_MAX_VENDOR: Final = 255


class PluginError(InvalidError):
    """A plug-in is not right: which, and what to do."""

    code: ClassVar[str] = "plugin_broken"


class UnknownActionError(InvalidError):
    """No plug-in has that command."""

    code: ClassVar[str] = "custom_action_unknown"


class ArgumentsError(InvalidError):
    """The arguments do not fit the command."""

    code: ClassVar[str] = "custom_arguments_invalid"


class Plugins:
    """All plug-ins of the installation."""

    def __init__(self, plugins: Iterable[Plugin] = ()) -> None:
        """Raises PluginError for one that is not right, and for two that claim the same."""
        self.all = tuple(plugins)
        self._vendors: dict[str, VendorHandler] = {}
        self._actions: dict[str, CustomAction] = {}
        owners: dict[str, str] = {}
        for plugin in self.all:
            check(plugin)
            claims = [f"vendor {vendor.lower()}" for vendor in plugin.vendors]
            for claim in [f"plug-in {plugin.name}", *claims]:
                if claim in owners:
                    raise PluginError(
                        f"the plug-ins {owners[claim]} and {plugin.name} both claim {claim}: name one of them in "
                        "CSMS_PLUGINS__DISABLED"
                    )
                owners[claim] = plugin.name
            self._vendors |= {vendor.lower(): handler for vendor, handler in plugin.vendors.items()}
            self._actions |= {f"{plugin.name}.{action.name}": action for action in plugin.actions}

    def vendor(self, vendor_id: str) -> VendorHandler | None:
        """Who understands a vendor."""
        return self._vendors.get(vendor_id.lower())

    def write(self, command: Custom) -> DataTransfer | Call:
        """What is sent for a command of a plug-in. Raises UnknownActionError or ArgumentsError."""
        action = self._actions.get(command.action)
        if action is None:
            known = ", ".join(sorted(self._actions)) or "none is installed"
            raise UnknownActionError(f"no plug-in has the command {command.action!r} ({known})")
        try:
            return action.write(msgspec.convert(command.arguments, action.arguments))
        except msgspec.ValidationError as error:
            raise ArgumentsError(f"{command.action}: {error}") from error
        except ValueError as error:
            raise ArgumentsError(f"{command.action}: {error}") from error

    def described(self) -> list[dict[str, Any]]:
        """What is there, for people."""
        return [
            {
                "name": plugin.name,
                "version": plugin.version,
                "vendors": sorted(plugin.vendors),
                "actions": [
                    {
                        "action": f"{plugin.name}.{action.name}",
                        "help": action.help,
                        "arguments": msgspec.json.schema(action.arguments),
                    }
                    for action in plugin.actions
                ],
            }
            for plugin in self.all
        ]


def check(plugin: Plugin) -> None:
    """Raises PluginError where a plug-in does not keep to the rules."""
    if plugin.api_version != API_VERSION:
        raise PluginError(
            f"the plug-in {plugin.name} is made for version {plugin.api_version} of the door, this csms has "
            f"{API_VERSION}: install a matching one"
        )
    if not _NAME.fullmatch(plugin.name):
        raise PluginError(f"the plug-in's name {plugin.name!r} is none: small letters, digits and -, at most 40")
    for vendor, handler in plugin.vendors.items():
        if not vendor or len(vendor) > _MAX_VENDOR or not callable(handler):
            raise PluginError(f"the plug-in {plugin.name}: the vendor {vendor!r} has no name or no handler")
    names = [action.name for action in plugin.actions]
    for action in plugin.actions:
        if not _ACTION.fullmatch(action.name) or names.count(action.name) > 1:
            raise PluginError(f"the plug-in {plugin.name}: the command's name {action.name!r} is none, or there twice")
        if not issubclass(action.arguments, msgspec.Struct):
            raise PluginError(f"the plug-in {plugin.name}: the arguments of {action.name} are no msgspec.Struct")


def load(disabled: Sequence[str] = ()) -> Plugins:
    """All that are installed, but those that are named. Raises PluginError: a plug-in that is silently missing would
    lose what its chargers say.
    """
    found = [
        _load(each) for each in sorted(entry_points(group=GROUP), key=lambda e: e.name) if each.name not in disabled
    ]
    return Plugins(found)


def _load(entry: EntryPoint) -> Plugin:
    try:
        made = entry.load()
        plugin = made() if callable(made) else made
    except Exception as error:
        raise PluginError(
            f"the plug-in {entry.name} ({entry.value}) cannot be loaded: {type(error).__name__}: {error}. Repair or "
            f"remove it, or set CSMS_PLUGINS__DISABLED='[\"{entry.name}\"]'"
        ) from error
    if not isinstance(plugin, Plugin):
        raise PluginError(f"the entry point {entry.name} ({entry.value}) gives no csms.plugin.hooks.Plugin")
    return plugin
