# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of feature flags."""

from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field, model_validator

from csms.features.flags.rules import FlagType, Reason, has_type
from csms.kit.http.schemas import PageOf

_MAX_BYTES: Final = 16 * 1024
Key = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Variant = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Variants = Annotated[dict[Variant, Any], Field(min_length=1, max_length=20)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Description = Annotated[str, Field(max_length=500)]


class Body(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class FlagRule(Body):
    """A variant for whoever fits all that is named; what is left out names everybody."""

    variant: Variant
    organizations: Annotated[list[UUID], Field(max_length=100)] = Field([], description="Ids of organizations.")
    roles: Annotated[list[Name], Field(max_length=50)] = Field([], description="Keys of roles.")
    users: Annotated[list[Name], Field(max_length=200)] = Field([], description="Ids of users.")
    percentage: Annotated[float, Field(ge=0, le=100)] = Field(
        100, description="How many of those; the same ones each time, and they stay in while it grows."
    )


Rules = Annotated[list[FlagRule], Field(max_length=50)]


def check_flag(kind: FlagType, variants: dict[str, Any], default_variant: str, rules: list[FlagRule]) -> None:
    """Raises ValueError where the parts of a flag contradict each other."""
    for name, value in variants.items():
        if not has_type(value, kind):
            raise ValueError(f"the variant {name!r} is no {kind}")
    if len(msgspec.json.encode(variants)) > _MAX_BYTES:
        raise ValueError("the variants have more than 16 KiB")
    missing = {default_variant, *(rule.variant for rule in rules)} - variants.keys()
    if missing:
        raise ValueError(f"there is no variant {', '.join(sorted(missing))}")


class FlagCreate(Body):
    """A new flag."""

    key: Key
    description: Description | None = None
    type: FlagType = "boolean"
    enabled: bool = Field(True, description="Off: the default of whoever asks holds.")
    variants: Variants = Field({"on": True, "off": False}, description="Names of values, all of the flag's type.")
    default_variant: Variant = Field("off", description="Holds where no rule fits.")
    rules: Rules = Field([], description="The first that fits decides.")

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        check_flag(self.type, self.variants, self.default_variant, self.rules)
        return self


class FlagUpdate(Body):
    """What is to be changed; what is left out stays. The type stays as it is."""

    description: Description | None = None
    enabled: bool | None = None
    variants: Variants | None = None
    default_variant: Variant | None = None
    rules: Rules | None = None


class FlagItem(BaseModel):
    """A feature flag."""

    id: UUID
    key: str
    description: str | None
    type: FlagType
    enabled: bool
    variants: dict[str, Any]
    default_variant: str
    rules: list[dict[str, Any]]
    created_at: datetime
    updated_at: datetime


class FlagPage(PageOf[FlagItem]):
    """A page of flags."""


class FlagChange(BaseModel):
    """A change of a flag; `before` is null for a new one, `after` for one that was deleted."""

    id: UUID
    key: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    actor_kind: str
    actor_id: str | None
    actor_name: str
    at: datetime


class FlagChangePage(PageOf[FlagChange]):
    """A page of the history, newest first."""


class FlagContext(Body):
    """Whom a flag is evaluated for; what is left out is the caller's own."""

    targeting_key: Name | None = None
    organization: UUID | None = None
    role: Name | None = None
    user: Name | None = None


class FlagEvaluation(BaseModel):
    """What holds; `value` is null for a flag that is off: the default of whoever asks holds."""

    key: str
    type: FlagType
    variant: str | None
    value: Any
    reason: Reason
