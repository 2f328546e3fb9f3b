# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What rules are made of: the conditions there are with their parameters, whom they concern, when it is quiet."""

from typing import Annotated, ClassVar, Final, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Seconds = Annotated[int, Field(ge=10, le=2_592_000)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Names = Annotated[list[Name], Field(min_length=1, max_length=100)]
ChargerIds = Annotated[list[Annotated[str, Field(min_length=1, max_length=255)]], Field(min_length=1, max_length=1_000)]
Places = Annotated[list[UUID], Field(min_length=1, max_length=100)]

SECURITY_EVENTS: Final = (
    "AttemptedReplayAttacks",
    "FailedToAuthenticateAtCentralSystem",
    "FailedToAuthenticateAtCsms",
    "CentralSystemFailedToAuthenticate",
    "CsmsFailedToAuthenticate",
    "SecurityLogWasCleared",
    "MemoryExhaustion",
    "TamperDetectionActivated",
    "InvalidFirmwareSignature",
    "InvalidFirmwareSigningCertificate",
    "InvalidCentralSystemCertificate",
    "InvalidCSMSCertificate",
    "InvalidChargePointCertificate",
    "InvalidChargingStationCertificate",
    "InvalidTLSVersion",
    "InvalidTLSCipherSuite",
    "wrong_secret",
    "tag_guessing",
)
DOUBTS: Final = (
    "negative_register",
    "register_backwards",
    "register_reset",
    "implausible_jump",
    "implausible_stop",
    "no_register",
)


class Condition(BaseModel):
    """One kind of condition. Class variables say what it is like; fields are its parameters."""

    model_config = ConfigDict(extra="forbid")

    by_event: ClassVar[bool] = False
    """It happens and is over; a state is there until it is gone."""
    scoped: ClassVar[bool] = True
    """It concerns chargers; the others concern the installation."""
    every_s: ClassVar[float] = 10.0
    """How often a state is looked at."""

    @property
    def after(self) -> int:
        """How long it has to last before it is told, in seconds."""
        return int(getattr(self, "after_s", 0))


class Offline(Condition):
    """A charger is not connected."""

    kind: Literal["offline"]
    after_s: Seconds = Field(300, description="For how long.")
    never_connected: bool = Field(False, description="Also chargers that never came, since they were created.")


class Faulted(Condition):
    """A connector, or the charger itself, reports Faulted."""

    kind: Literal["faulted"]
    after_s: Seconds = Field(60, description="For how long.")


class Flapping(Condition):
    """A charger connects again and again."""

    kind: Literal["flapping"]
    connects: Annotated[int, Field(ge=2, le=10)] = Field(5, description="So many connections …")
    within_s: Seconds = Field(600, description="… in so many seconds.")


class NoMeterValues(Condition):
    """A transaction is active at a connected charger, and no readings come."""

    every_s: ClassVar[float] = 30.0
    kind: Literal["no_meter_values"]
    after_s: Seconds = Field(900, description="For how long.")


class ImplausibleMeter(Condition):
    """A transaction ended with readings that cannot be believed."""

    by_event: ClassVar[bool] = True
    kind: Literal["implausible_meter"]
    flags: Names = Field(list(DOUBTS), description="Flags of transactions that count.")


class CertificateExpiry(Condition):
    """A certificate of a charger, or of this server, ends soon."""

    every_s: ClassVar[float] = 300.0
    kind: Literal["certificate_expiry"]
    days: Annotated[int, Field(ge=1, le=365)] = Field(21, description="In less than so many days.")


class SecurityEventTold(Condition):
    """A charger, or the door for chargers, tells of a security event."""

    by_event: ClassVar[bool] = True
    kind: Literal["security_event"]
    events: Names | None = Field(list(SECURITY_EVENTS), description="Names of events that count; null: all.")


class VersionDowngraded(Condition):
    """A charger comes back with an older OCPP version than before."""

    by_event: ClassVar[bool] = True
    kind: Literal["version_downgraded"]


class Disk(Condition):
    """The disk with the data directory fills up."""

    scoped: ClassVar[bool] = False
    every_s: ClassVar[float] = 60.0
    kind: Literal["disk"]
    used_percent: Annotated[int, Field(ge=10, le=99)] = Field(85, description="Used, in percent.")


class FailedJobs(Condition):
    """The last job of a kind failed, or an event could not be delivered and was set aside."""

    scoped: ClassVar[bool] = False
    every_s: ClassVar[float] = 30.0
    kind: Literal["failed_jobs"]
    within_h: Annotated[int, Field(ge=1, le=720)] = Field(48, description="Jobs that ended in the last hours.")


class CommandFailed(Condition):
    """A command to a charger did not succeed."""

    by_event: ClassVar[bool] = True
    kind: Literal["command_failed"]
    statuses: Annotated[
        list[Literal["rejected", "not_supported", "timed_out", "unreachable", "expired", "error"]],
        Field(min_length=1, max_length=6),
    ] = Field(["rejected", "timed_out", "error"], description="What counts as failed.")
    commands: Names | None = Field(None, description="Types of commands that count; null: all.")


class ConfigurationDrift(Condition):
    """A charger reported other values than its configuration template has."""

    every_s: ClassVar[float] = 300.0
    kind: Literal["configuration_drift"]
    differences: Annotated[int, Field(ge=1, le=200)] = Field(1, description="At so many keys or more.")


class ClockOffset(Condition):
    """The clock of a charger is wrong, as its last status tells."""

    every_s: ClassVar[float] = 60.0
    kind: Literal["clock_offset"]
    offset_s: Annotated[int, Field(ge=5, le=86_400)] = Field(120, description="By more than so many seconds.")


class BootRejected(Condition):
    """A charger booted and may not work: it was told Rejected, or Pending."""

    kind: Literal["boot_rejected"]
    pending: bool = Field(True, description="Also those that were told Pending.")


AnyCondition = Annotated[
    Offline
    | Faulted
    | Flapping
    | NoMeterValues
    | ImplausibleMeter
    | CertificateExpiry
    | SecurityEventTold
    | VersionDowngraded
    | Disk
    | FailedJobs
    | CommandFailed
    | ConfigurationDrift
    | ClockOffset
    | BootRejected,
    Field(discriminator="kind"),
]
KINDS: Final[dict[str, type[Condition]]] = {
    "offline": Offline,
    "faulted": Faulted,
    "flapping": Flapping,
    "no_meter_values": NoMeterValues,
    "implausible_meter": ImplausibleMeter,
    "certificate_expiry": CertificateExpiry,
    "security_event": SecurityEventTold,
    "version_downgraded": VersionDowngraded,
    "disk": Disk,
    "failed_jobs": FailedJobs,
    "command_failed": CommandFailed,
    "configuration_drift": ConfigurationDrift,
    "clock_offset": ClockOffset,
    "boot_rejected": BootRejected,
}


class RuleScope(BaseModel):
    """Whom a rule concerns: any of these; all chargers where nothing is named."""

    model_config = ConfigDict(extra="forbid")

    chargers: ChargerIds | None = Field(None, description="Chargers by their identities.")
    sites: Places | None = Field(None, description="Chargers at these sites, and at those below them.")
    groups: Places | None = Field(None, description="Chargers of these groups.")


Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]


class QuietWindow(BaseModel):
    """A piece of the day. One that ends before it begins ends on the day after."""

    model_config = ConfigDict(extra="forbid")

    days: Annotated[list[Weekday], Field(min_length=1, max_length=7)] = Field(description="Days on which it begins.")
    begins: TimeOfDay
    ends: TimeOfDay = Field(description="The same as `begins`: a whole day.")


class QuietHours(BaseModel):
    """When messages wait. Alerts are raised and shown all the same."""

    model_config = ConfigDict(extra="forbid")

    time_zone: Annotated[str, Field(min_length=1, max_length=60)] = Field(description="IANA name: Europe/Berlin.")
    windows: Annotated[list[QuietWindow], Field(min_length=1, max_length=20)]
    critical_through: bool = Field(True, description="Critical alerts are told at once.")

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError) as error:  # ZoneInfoNotFoundError is a KeyError of its own
            raise ValueError("there is no such time zone") from error
        except KeyError as error:
            raise ValueError("there is no such time zone") from error
        return name

    @model_validator(mode="after")
    def _some_time_left(self) -> Self:
        days = {day for window in self.windows if window.begins == window.ends for day in window.days}
        if len(days) == 7:
            raise ValueError("it would be quiet for ever: take the channels away instead")
        return self
