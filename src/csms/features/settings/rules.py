# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The sections of settings that change while csms runs. Each stands here only because something goes by it."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, TypeVar
from uuid import UUID

import structlog
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from csms.features.accounts.repository import DEMANDS
from csms.kit.colors import text_on
from csms.kit.db.partitions import Retention
from csms.kit.http.origins import origin_of

log = structlog.get_logger(__name__)
_KEPT = Retention()


class Section(BaseModel):
    """A group of settings. `of_installation`: there is one for all organizations, kept by the installation's own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: ClassVar[str]
    of_installation: ClassVar[bool] = False


S = TypeVar("S", bound=Section)
Days = Annotated[int, Field(ge=1, le=3650)]
Months = Annotated[int, Field(ge=1, le=120)]


class RetentionSettings(Section):
    """How long what grows is kept. Transactions and the audit log are kept for ever."""

    name: ClassVar[str] = "retention"
    of_installation: ClassVar[bool] = True

    ocpp_log_days: Days = Field(_KEPT.ocpp_log_days, description="Messages from and to chargers.")
    meter_values_months: Months = Field(_KEPT.meter_values_months, description="Readings of meters.")
    status_history_months: Months = Field(
        _KEPT.status_history_months, description="States of connectors; connections and boots of chargers."
    )
    security_events_months: Months = Field(_KEPT.security_events_months, description="Security events.")
    commands_months: Months = Field(_KEPT.commands_months, description="Commands to chargers and what became of them.")
    device_events_months: Months = Field(
        _KEPT.device_events_months, description="Events, notices and reports of OCPP 2.x chargers."
    )
    configuration_history_months: Months = Field(
        _KEPT.configuration_history_months, description="How the configuration of chargers changed."
    )
    requests_days: Days = Field(_KEPT.requests_days, description="Requests of users and keys.")
    jobs_days: Days = Field(_KEPT.jobs_days, description="Background jobs that have ended.")
    files_days: Days = Field(_KEPT.files_days, description="Logs and diagnostics that chargers sent.")


class ChargerSettings(Section):
    """What holds for chargers that say nothing else of themselves."""

    name: ClassVar[str] = "chargers"

    heartbeat_interval_s: Annotated[int, Field(ge=10, le=86_400)] | None = Field(
        None, description="What accepted chargers are told at their boot. Null: CSMS_OCPP__HEARTBEAT_INTERVAL_S."
    )
    ask_status_after_s: Annotated[float, Field(ge=0, le=3600)] | None = Field(
        None, description="When a charger that came back in silence is asked. Null: CSMS_OCPP__ASK_STATUS_AFTER_S."
    )
    validation: Literal["advisory", "strict"] = Field(
        "advisory", description="How messages of chargers that are provisioned from now on are judged."
    )


class OnboardingSettings(Section):
    """How chargers are met that nobody provisioned."""

    name: ClassVar[str] = "onboarding"
    of_installation: ClassVar[bool] = True

    mode: Literal["closed", "approval"] | None = Field(
        None, description="Refused, or waiting for approval. Null: CSMS_OCPP__ONBOARDING."
    )
    retry_interval_s: Annotated[int, Field(ge=1, le=86_400)] | None = Field(
        None, description="What waiting chargers are told. Null: CSMS_OCPP__RETRY_INTERVAL_S."
    )


class CommandSettings(Section):
    """How long commands are good for."""

    name: ClassVar[str] = "commands"

    send_within_s: Annotated[int, Field(ge=5, le=3600)] = Field(
        60, description="A command that was not sent after that is given up, unless it may wait in the queue."
    )
    start_timeout_s: Annotated[int, Field(ge=30, le=3600)] = Field(
        300, description="How long after an accepted remote start its transaction is expected."
    )


BuiltInRole = Literal["admin", "operator", "technician", "finance", "support", "viewer"]


class SignInSettings(Section):
    """Of whom a second factor is asked for: who has none can sign in to set one up, and do nothing else before."""

    name: ClassVar[str] = DEMANDS

    require_mfa: bool = Field(False, description="Of everybody in the organization.")
    require_mfa_roles: Annotated[tuple[BuiltInRole, ...], Field(max_length=10)] = Field(
        (), description="Of whoever has one of these built-in roles; roles of your own say it themselves."
    )
    require_mfa_from: AwareDatetime | None = Field(
        None, description="Not before that, for own roles too; until then people are told. Null: at once."
    )

    def asks_more_than(self, before: "SignInSettings") -> bool:
        """Whether it asks somebody, or asks sooner, who was not asked."""
        if (self.require_mfa and not before.require_mfa) or set(self.require_mfa_roles) - set(before.require_mfa_roles):
            return True
        return before.require_mfa_from is not None and (
            self.require_mfa_from is None or self.require_mfa_from < before.require_mfa_from
        )


_LINE: Final = r"^[^\x00-\x1f\x7f]+$"
_MAP_FILE: Final = re.compile(r"(?:/[A-Za-z0-9_][A-Za-z0-9._-]{0,99}){1,10}\.pmtiles")
BUILT_IN_MAP: Final = "builtin"


def _color(value: str) -> str:
    lower = value.lower()
    text_on(lower)
    return lower


def _map_style(value: str) -> str:
    if value != BUILT_IN_MAP and _MAP_FILE.fullmatch(value) is None:
        try:
            origin_of(value)
        except ValueError as error:
            raise ValueError(f"{BUILT_IN_MAP}, the path of a file such as /maps/europe.pmtiles, or {error}") from error
    return value


def _origin(value: str) -> str:
    origin = origin_of(value)
    if value.rstrip("/") != origin:
        raise ValueError("an origin such as https://tiles.example.org, without a path")
    return origin


class BrandingSettings(Section):
    """How the web app looks, and whom people ask for help. The logo is beside it: PUT /api/v1/branding/logo."""

    name: ClassVar[str] = "branding"

    product_name: Annotated[str, Field(min_length=1, max_length=60, pattern=_LINE)] | None = Field(
        None, description="In place of CSMS Lite. Null: CSMS Lite."
    )
    brand_color: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$"), AfterValidator(_color)] | None = Field(
        None, description="#rrggbb; white or dark text has to have a contrast of 4.5:1 on it. Null: the app's own."
    )
    support_email: (
        Annotated[
            str, Field(min_length=3, max_length=254, pattern=r"^[^@\s\x00-\x1f\x7f<>\"]+@[^@\s\x00-\x1f\x7f<>\"]+$")
        ]
        | None
    ) = Field(None, description="Whom to write to; shown before the sign-in too.")
    support_phone: Annotated[str, Field(min_length=3, max_length=30, pattern=r"^[+0-9 ()/.-]+$")] | None = Field(
        None, description="Whom to call, such as +49 30 1234567; shown before the sign-in too."
    )
    map_style: Annotated[str, Field(max_length=500), AfterValidator(_map_style)] = Field(
        BUILT_IN_MAP,
        description="`builtin` asks nobody else. Or the https address of a style, or of a PMTiles file, which browsers"
        " fetch; or the path of a PMTiles file that this address serves, such as /maps/europe.pmtiles.",
    )
    map_origins: Annotated[
        tuple[Annotated[str, Field(max_length=300), AfterValidator(_origin)], ...], Field(max_length=5)
    ] = Field((), description="Further origins that the style takes tiles, fonts or pictures from.")

    def origins(self) -> tuple[str, ...]:
        """Of whom browsers ask anything for the map: what a Content-Security-Policy has to allow."""
        if not self.map_style.startswith("https:"):
            return ()
        return tuple(dict.fromkeys((origin_of(self.map_style), *self.map_origins)))


class SignInPageSettings(Section):
    """Whose branding is shown before anybody has signed in."""

    name: ClassVar[str] = "sign_in_page"
    of_installation: ClassVar[bool] = True

    organization_id: UUID | None = Field(
        None, description="Null: the only organization's; where there are several, that of none."
    )


SECTIONS: Final[Mapping[str, type[Section]]] = {
    each.name: each
    for each in (
        RetentionSettings,
        ChargerSettings,
        OnboardingSettings,
        CommandSettings,
        SignInSettings,
        BrandingSettings,
        SignInPageSettings,
    )
}


def read(section: type[S], stored: Mapping[str, Any]) -> S:
    """The settings, from what was stored; what does not fit (a newer csms wrote it) is as if it were not there."""
    try:
        return section.model_validate(stored)
    except ValidationError as error:
        wrong = {str(item["loc"][0]) for item in error.errors() if item["loc"]}
        log.warning("stored settings do not fit and are passed over", section=section.name, names=sorted(wrong))
        return section.model_validate({name: value for name, value in stored.items() if name not in wrong})


def without_defaults(section: type[Section], values: Mapping[str, Any]) -> dict[str, Any]:
    """What is stored: a default that changes in a later version then changes for whoever did not choose."""
    default = section().model_dump()
    return {name: value for name, value in values.items() if value != default[name]}
