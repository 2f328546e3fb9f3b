# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the API document says of verdicts. The codes are those of `csms.features.health.words`."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from csms.features.health.words import CAUSES, EVIDENCE, STEPS


def _codes(names: Any) -> dict[str, Any]:
    return {"enum": sorted(names)}


class HealthCause(BaseModel):
    """Why: a stable code with parameters, and the same in English."""

    code: str = Field(json_schema_extra=_codes(CAUSES))
    parameters: dict[str, Any] = Field(description="What the text of the code names: counts, times, identities.")
    text: str


class HealthStep(BaseModel):
    """What to do about it."""

    code: str = Field(json_schema_extra=_codes(STEPS))
    text: str


class HealthEvidence(BaseModel):
    """A fact that the verdict stands on, or that may speak against it."""

    kind: str = Field(json_schema_extra=_codes(EVIDENCE))
    at: datetime | None
    parameters: dict[str, Any]
    text: str


class ChargerHealth(BaseModel):
    """How a charger is, why, and what to do about it."""

    charger_id: str
    at: datetime = Field(description="When it was judged.")
    verdict: Literal["healthy", "degraded", "faulted", "pending", "rejected", "offline", "never_connected", "retired"]
    severity: Literal["ok", "info", "warning", "critical"]
    since: datetime | None = Field(description="Since when it is away.")
    cause: HealthCause | None = Field(description="The most probable one; null where nothing is wrong.")
    step: HealthStep | None
    evidence: list[HealthEvidence]
