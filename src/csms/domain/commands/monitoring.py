# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Monitoring, customer information, display, event streams, distributed energy resources (2.x)."""

from typing import Annotated, Literal

from msgspec import Meta

from csms.domain.certificates import CertificateHash
from csms.domain.commands.base import Command, Number, OnTransaction, Token
from csms.domain.der import (
    DerCurve,
    EnterService,
    FixedPowerFactor,
    FixedVar,
    FreqDroop,
    Gradient,
    LimitMaxDischarge,
)
from csms.domain.device_model import ComponentVariable, EventStreamLimits, Monitor
from csms.domain.display import DisplayMessage
from csms.domain.numbers import Natural
from csms.domain.tokens import TokenType

DerControl = Literal[
    "enter_service",
    "fixed_pf_absorb",
    "fixed_pf_inject",
    "fixed_var",
    "freq_droop",
    "freq_watt",
    "gradients",
    "hf_may_trip",
    "hf_must_trip",
    "hv_may_trip",
    "hv_mom_cess",
    "hv_must_trip",
    "lf_must_trip",
    "lv_may_trip",
    "lv_mom_cess",
    "lv_must_trip",
    "limit_max_discharge",
    "power_monitoring_must_trip",
    "volt_var",
    "volt_watt",
    "watt_pf",
    "watt_var",
]


class SetMonitors(Command, frozen=True, tag="set_monitors"):
    """Have variables watched."""

    monitors: Annotated[tuple[Monitor, ...], Meta(min_length=1, max_length=500)]


class ClearMonitors(Command, frozen=True, tag="clear_monitors"):
    """Have variables watched no longer."""

    ids: Annotated[tuple[Natural, ...], Meta(min_length=1, max_length=500)]


class GetMonitoringReport(Command, frozen=True, tag="get_monitoring_report"):
    """Have the monitors reported that match; nothing named means all."""

    criteria: Annotated[
        tuple[Literal["delta_monitoring", "periodic_monitoring", "threshold_monitoring"], ...], Meta(max_length=3)
    ] = ()
    variables: Annotated[tuple[ComponentVariable, ...], Meta(max_length=500)] = ()
    request_id: Number | None = None


class SetMonitoringBase(Command, frozen=True, tag="set_monitoring_base"):
    """Put the monitors back to a set that the charger knows."""

    base: Literal["all", "factory_default", "hard_wired_only"]


class SetMonitoringLevel(Command, frozen=True, tag="set_monitoring_level"):
    """Have only events reported that are at least so bad: 0 worst, 9 least."""

    severity: Natural


class GetCustomerInformation(Command, frozen=True, tag="get_customer_information"):
    """Have what the charger knows of a customer reported, cleared, or both; exactly one way to name them."""

    report: bool
    clear: bool
    token: Token | None = None
    token_type: TokenType | None = None
    certificate: CertificateHash | None = None
    customer: Annotated[str, Meta(max_length=64)] | None = None
    request_id: Number | None = None


class SetDisplayMessage(OnTransaction, frozen=True, tag="set_display_message", kw_only=True):
    """Show a message, during a transaction if one is named."""

    message: DisplayMessage


class GetDisplayMessages(Command, frozen=True, tag="get_display_messages"):
    """Have the messages reported that match."""

    ids: Annotated[tuple[Natural, ...], Meta(max_length=500)] = ()
    priority: Literal["always_front", "in_front", "normal_cycle"] | None = None
    state: Literal["charging", "discharging", "faulted", "idle", "suspended", "unavailable"] | None = None
    request_id: Number | None = None


class ClearDisplayMessage(Command, frozen=True, tag="clear_display_message"):
    """Show a message no longer."""

    message_id: Natural


class GetEventStreams(Command, frozen=True, tag="get_event_streams"):
    """Ask which periodic event streams are open (2.1)."""


class AdjustEventStream(Command, frozen=True, tag="adjust_event_stream"):
    """Change how often a periodic event stream is sent (2.1)."""

    stream_id: Natural
    limits: EventStreamLimits


class SetDerControl(Command, frozen=True, tag="set_der_control", kw_only=True):
    """Set a function of the grid code (2.1): the part that `control` names comes with it."""

    control: DerControl
    default: bool = False
    control_id: Annotated[str, Meta(min_length=1, max_length=36)]
    curve: DerCurve | None = None
    enter_service: EnterService | None = None
    fixed_pf_absorb: FixedPowerFactor | None = None
    fixed_pf_inject: FixedPowerFactor | None = None
    fixed_var: FixedVar | None = None
    freq_droop: FreqDroop | None = None
    gradient: Gradient | None = None
    limit_max_discharge: LimitMaxDischarge | None = None


class GetDerControls(Command, frozen=True, tag="get_der_controls"):
    """Have the functions of the grid code reported that match (2.1)."""

    default: bool | None = None
    control: DerControl | None = None
    control_id: Annotated[str, Meta(max_length=36)] | None = None
    request_id: Number | None = None


class ClearDerControls(Command, frozen=True, tag="clear_der_controls"):
    """Take functions of the grid code away (2.1)."""

    default: bool = False
    control: DerControl | None = None
    control_id: Annotated[str, Meta(max_length=36)] | None = None
