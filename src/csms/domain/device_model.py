# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The device model of OCPP 2.x: components, variables, monitors."""

import re
from typing import Annotated, Final, Literal
from urllib.parse import quote, unquote

from msgspec import Meta, Struct

from csms.domain.evses import Evse
from csms.domain.numbers import Natural


class Component(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the charger, perhaps of one EVSE."""

    name: Annotated[str, Meta(max_length=50)]
    evse: Evse | None = None
    instance: Annotated[str, Meta(max_length=50)] | None = None


class VariableName(Struct, frozen=True, forbid_unknown_fields=True):
    """A variable of a component."""

    name: Annotated[str, Meta(max_length=50)]
    instance: Annotated[str, Meta(max_length=50)] | None = None


class ComponentVariable(Struct, frozen=True, forbid_unknown_fields=True):
    """A component, and a variable of it if one is meant."""

    component: Component
    variable: VariableName | None = None


class EventStreamLimits(Struct, frozen=True, forbid_unknown_fields=True):
    """How often, or after how many values, a stream is sent."""

    interval: Natural | None = None
    values: Natural | None = None


class Monitor(Struct, frozen=True, forbid_unknown_fields=True):
    """What the charger watches, and how bad it is when it happens (severity 0 worst, 9 least)."""

    value: float
    type: Literal[
        "delta",
        "lower_threshold",
        "periodic",
        "periodic_clock_aligned",
        "target_delta",
        "target_delta_relative",
        "upper_threshold",
    ]
    severity: Natural
    component: Component
    variable: VariableName
    id: Natural | None = None
    periodic_event_stream: EventStreamLimits | None = None
    transaction: bool | None = None


_SAFE: Final = " /-_:;,+*()"
_PATH: Final = re.compile(
    r"(?P<component>[^.\[\]@#]+)(\[(?P<instance>[^\[\]]*)\])?(@(?P<evse>\d{1,5})(:(?P<connector>\d{1,5}))?)?"
    r"\.(?P<variable>[^.\[\]@#]+)(\[(?P<variable_instance>[^\[\]]*)\])?(#(?P<attribute>[a-z_]+))?"
)


def path_of(component: Component, variable: VariableName, attribute: str = "actual") -> str:
    """A variable's attribute as one key: `Component[instance]@evse:connector.Variable[instance]#attribute`.

    What is absent is left out, so is `#actual`; `.`, `[`, `]`, `@`, `#` inside of names are percent-encoded.
    """
    place = ""
    if component.evse is not None:
        place = f"@{component.evse.id}"
        if component.evse.connector_id is not None:
            place += f":{component.evse.connector_id}"
    suffix = "" if attribute == "actual" else f"#{attribute}"
    return f"{_name(component.name, component.instance)}{place}.{_name(variable.name, variable.instance)}{suffix}"


def read_path(path: str) -> tuple[Component, VariableName, str] | None:
    """The component, the variable and the attribute that a key names; None where it is no path."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    evse = None
    if found["evse"] is not None:
        evse = Evse(int(found["evse"]), None if found["connector"] is None else int(found["connector"]))
    component = Component(unquote(found["component"]), evse, _unquoted(found["instance"]))
    variable = VariableName(unquote(found["variable"]), _unquoted(found["variable_instance"]))
    return component, variable, found["attribute"] or "actual"


def _name(name: str, instance: str | None) -> str:
    quoted = _quoted(name)
    return quoted if instance is None else f"{quoted}[{_quoted(instance)}]"


def _quoted(text: str) -> str:
    return quote(text, safe=_SAFE).replace(".", "%2E")


def _unquoted(text: str | None) -> str | None:
    return None if text is None else unquote(text)
