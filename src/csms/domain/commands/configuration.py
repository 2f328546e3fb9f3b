# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Configuration and device model."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from csms.domain.commands.base import Command, Number
from csms.domain.device_model import Component, ComponentVariable, VariableName
from csms.domain.network import NetworkConnectionProfile
from csms.domain.numbers import Natural

Key = Annotated[str, Meta(min_length=1, max_length=255)]
Attribute = Literal["actual", "target", "min_set", "max_set"]


class GetConfiguration(Command, frozen=True, tag="get_configuration"):
    """Read configuration keys; none named means all. On 2.x a key is the path of a variable."""

    keys: Annotated[tuple[Key, ...], Meta(max_length=500)] = ()


class ChangeConfiguration(Command, frozen=True, tag="change_configuration"):
    """Set one configuration key. On 2.x a key is the path of a variable."""

    key: Key
    value: Annotated[str, Meta(max_length=2_500)]


class VariableQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """A variable to read, and which of its attributes."""

    component: Component
    variable: VariableName
    attribute: Attribute = "actual"


class VariableSetting(Struct, frozen=True, forbid_unknown_fields=True):
    """A variable to set."""

    component: Component
    variable: VariableName
    value: Annotated[str, Meta(max_length=2_500)]
    attribute: Attribute = "actual"


class GetVariables(Command, frozen=True, tag="get_variables"):
    """Read variables of the device model (2.x)."""

    variables: Annotated[tuple[VariableQuery, ...], Meta(min_length=1, max_length=500)]


class SetVariables(Command, frozen=True, tag="set_variables"):
    """Set variables of the device model (2.x)."""

    variables: Annotated[tuple[VariableSetting, ...], Meta(min_length=1, max_length=500)]


class GetBaseReport(Command, frozen=True, tag="get_base_report"):
    """Have the device model reported: all that can be configured, all there is, or what is wrong (2.x)."""

    base: Literal["configuration_inventory", "full_inventory", "summary_inventory"]
    request_id: Number | None = None


class GetReport(Command, frozen=True, tag="get_report"):
    """Have parts of the device model reported (2.x)."""

    criteria: Annotated[tuple[Literal["active", "available", "enabled", "problem"], ...], Meta(max_length=4)] = ()
    variables: Annotated[tuple[ComponentVariable, ...], Meta(max_length=500)] = ()
    request_id: Number | None = None


class SetNetworkProfile(Command, frozen=True, tag="set_network_profile"):
    """Store how the charger may reach a CSMS (2.x); it is used once its slot is in NetworkConfigurationPriority."""

    slot: Natural
    profile: NetworkConnectionProfile


class DataTransfer(Command, frozen=True, tag="data_transfer"):
    """A message outside the specification; `data` is a text in 1.6, anything in 2.x."""

    vendor_id: Annotated[str, Meta(min_length=1, max_length=255)]
    message_id: Annotated[str, Meta(max_length=255)] | None = None
    data: Any = None
