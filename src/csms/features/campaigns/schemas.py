# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of firmware campaigns."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from csms.features.chargers.schemas import ChargerFilter, Identity
from csms.features.files.schemas import Certificate, Signature, Word
from csms.features.sites.schemas import Hours
from csms.kit.http.schemas import PageOf

MAX_IDS = 5_000
Name = Annotated[str, Field(min_length=1, max_length=150, pattern=r"^[^\x00-\x1f\x7f]+$")]
Seconds = Annotated[int, Field(ge=0, le=2_678_400)]


class Body(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Wave(Body):
    """Some of the chargers, in the order of their identities. Either chargers or percent."""

    chargers: Annotated[int, Field(ge=1, le=50_000)] | None = None
    percent: Annotated[int, Field(ge=1, le=100, description="Of all that are to be updated, rounded up.")] | None = None
    pause_s: Seconds = Field(0, description="How long after the end of this wave the next one begins.")
    then: Literal["automatic", "manual"] = Field(
        "automatic", description="manual: it is paused after this wave, and the next one begins with resume."
    )

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        if (self.chargers is None) == (self.percent is None):
            raise ValueError("give chargers or percent")
        return self


Waves = Annotated[
    list[Wave],
    Field(max_length=50, description="Who is left over makes one more wave. Empty: all in one."),
]
WaitS = Annotated[
    int,
    Field(
        ge=60,
        le=2_678_400,
        description="How long after the beginning of its wave a charger is waited for that is not connected, charges,"
        " or whose window does not open. After that it is expired.",
    ),
]


class _Settings(Body):
    firmware: UUID | None = Field(None, description="An image of the library. Either this or location.")
    location: Annotated[str, Field(min_length=1, max_length=2_000)] | None = Field(
        None, description="A URL on a host of CSMS_FILES__HOSTS, without a password."
    )
    signature: Signature | None = Field(None, description="Of what is at the location; images have their own.")
    signing_certificate: Certificate | None = None
    version: Word | None = Field(
        None,
        description="As chargers tell it at boot once they have it. Left out: that of the image. Where it is known, a"
        " charger has succeeded when it boots with it, and is left alone if it has it already.",
    )
    filter: ChargerFilter | None = Field(
        None, description="As the filters of GET /api/v1/chargers. Either this or ids."
    )
    ids: Annotated[list[Identity], Field(min_length=1, max_length=MAX_IDS)] | None = None
    maintenance_window: Annotated[list[Hours], Field(min_length=1, max_length=50)] | None = Field(
        None, description="When updates begin, in the time zone of each charger's site. Null: always."
    )
    stop_on_failure_percent: Annotated[int, Field(ge=0, le=99)] | None = Field(
        None,
        description="It stops when more than so many per cent of the chargers of the waves so far have failed. 0: at"
        " the first. Null: never.",
    )
    download_retries: Annotated[int, Field(ge=0, le=100)] | None = Field(
        None, description="How often a charger itself tries again to fetch the image; null: as it likes."
    )
    install_at: AwareDatetime | None = Field(
        None, description="When chargers install what they have fetched; OCPP 1.6 knows that for signed images only."
    )
    starts_at: AwareDatetime | None = Field(None, description="Null: at once, when it is started.")
    ends_at: AwareDatetime | None = Field(None, description="Whose turn has not come by then is expired.")


class CampaignCreate(_Settings):
    """Firmware, for which chargers, and how."""

    name: Name
    waves: Waves = []
    at_once: Annotated[int, Field(ge=1, le=500)] = Field(20, description="How many chargers are busy at a time.")
    retries: Annotated[int, Field(ge=0, le=10)] = Field(
        1, description="How often it is sent again to a charger where it failed, before that counts as a failure."
    )
    retry_after_s: Seconds = Field(900, description="How long after a failure.")
    wait_s: WaitS = 604_800
    timeout_s: Annotated[int, Field(ge=60, le=604_800)] = Field(
        7_200, description="A charger that tells nothing for so long while it updates has failed."
    )
    wait_for_transactions: bool = Field(True, description="Leave a charger alone while it charges.")
    dry_run: bool = Field(False, description="Only tell whom it would be for; nothing is kept.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.firmware is None) == (self.location is None):
            raise ValueError("give firmware (an image of the library) or location (a URL)")
        if (self.filter is None) == (self.ids is None):
            raise ValueError("give filter or ids")
        if (self.signature is None) != (self.signing_certificate is None):
            raise ValueError("a signature and its signing_certificate belong together")
        if self.signature is not None and self.location is None:
            raise ValueError("an image of the library has its own signature: PATCH /api/v1/firmware/ID")
        if self.starts_at is not None and self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("ends_at lies after starts_at")
        return self


class CampaignUpdate(_Settings):
    """What is to be changed at a draft; what is left out stays."""

    name: Name | None = None
    waves: Waves | None = None
    at_once: Annotated[int, Field(ge=1, le=500)] | None = None
    retries: Annotated[int, Field(ge=0, le=10)] | None = None
    retry_after_s: Seconds | None = None
    wait_s: WaitS | None = None
    timeout_s: Annotated[int, Field(ge=60, le=604_800)] | None = None
    wait_for_transactions: bool | None = None


class CampaignStart(Body):
    """What whoever starts it has seen."""

    total: Annotated[int, Field(ge=1, le=50_000)] | None = Field(
        None, description="As the preview told: refused, if by now it would be for another number of chargers."
    )


class CampaignItem(BaseModel):
    """A firmware campaign."""

    id: UUID
    name: str
    firmware: UUID | None
    location: str | None
    signature: str | None
    signing_certificate: str | None
    version: str | None
    filter: dict[str, Any] | None = Field(description="Null where they were named one by one.")
    waves: list[dict[str, Any]]
    sizes: list[int] | None = Field(description="How many chargers are in each wave, since it began.")
    maintenance_window: list[dict[str, Any]] | None
    at_once: int
    stop_on_failure_percent: int | None
    retries: int
    retry_after_s: int
    download_retries: int | None
    wait_s: int
    timeout_s: int
    wait_for_transactions: bool
    install_at: datetime | None
    starts_at: datetime | None
    ends_at: datetime | None
    status: Literal["draft", "scheduled", "running", "paused", "stopped", "done"]
    reason: str | None = Field(description="Why it is paused, or was stopped.")
    round: int = Field(description="How often it was tried again where it had failed.")
    wave: int = Field(description="That is at work; the first is 1.")
    wave_over_at: datetime | None = Field(description="Since when the next one is waited for.")
    total: int | None = Field(description="How many chargers it is for, of those that one sees; null before it begins.")
    counts: dict[str, int] = Field(
        description="How many are where: waiting; sent, downloading, downloaded, installing, verifying (it said so, and"
        " its version is waited for); installed, skipped, failed, expired, cancelled."
    )
    actor_name: str
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class WaveCounts(BaseModel):
    """How far a wave is."""

    wave: int = Field(description="The first is 1; 0: those where nothing is to be done.")
    counts: dict[str, int] = Field(description="How many chargers of it are where.")


class Campaign(CampaignItem):
    """A firmware campaign, whom it names, and how far each wave is."""

    ids: list[str] | None
    by_wave: list[WaveCounts] = Field(description="Empty before it begins.")


class CampaignPage(PageOf[CampaignItem]):
    """A page of firmware campaigns."""


class Fit(BaseModel):
    """Whether a charger would be updated."""

    charger_id: str
    verdict: Literal["update", "already", "unable"]
    reason: str | None
    firmware_version: str | None
    online: bool
    charging: bool


class CampaignPreview(BaseModel):
    """Whom it is for."""

    total: int = Field(description="How many chargers it names.")
    update: int = Field(description="How many of them would be updated.")
    already: int = Field(description="How many have the version already.")
    unable: int = Field(description="How many cannot do it, or are not of the image's vendor or model.")
    offline: int = Field(description="Of those to be updated: not connected, they are waited for.")
    charging: int = Field(description="Of those to be updated: with a running transaction.")
    sizes: list[int] = Field(description="How many chargers are in each wave.")
    chargers: list[Fit] = Field(description="The first of them; those that would be left out come first.")


class CampaignTarget(BaseModel):
    """What became of it at one charger."""

    charger_id: str
    wave: int = Field(description="0: nothing is to be done there.")
    status: Literal[
        "waiting",
        "sent",
        "downloading",
        "downloaded",
        "installing",
        "verifying",
        "installed",
        "skipped",
        "failed",
        "expired",
        "cancelled",
    ]
    reason: str | None
    from_version: str | None
    version: str | None = Field(description="That it tells now.")
    time_zone: str | None = Field(description="Of its site, since the campaign runs.")
    attempts: int
    command: UUID | None
    progress: str | None = Field(description="What it told last, in the words of its version of OCPP.")
    progress_at: datetime | None
    retry_at: datetime | None = Field(description="It is not tried again before.")
    expires_at: datetime | None = Field(description="Nobody waits for it any longer.")
    finished_at: datetime | None


class CampaignTargetPage(PageOf[CampaignTarget]):
    """A page of chargers of a campaign."""
