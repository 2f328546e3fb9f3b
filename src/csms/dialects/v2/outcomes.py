# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Outcomes of answers: by their status and the reason beside it."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from csms.dialects.outcomes import known_outcome
from csms.domain.commands import Outcome, OutcomeStatus
from csms.ocpp import v21

_A: Final = OutcomeStatus.ACCEPTED
_R: Final = OutcomeStatus.REJECTED
_N: Final = OutcomeStatus.NOT_SUPPORTED


def outcome_of(status: str, info: v21.StatusInfoType | None = None) -> Outcome:
    """The outcome that a status stands for, with the charger's own reason if it gave one."""
    outcome = known_outcome(status)
    if info is None:
        return outcome
    own = f"{info.reason_code}: {info.additional_info}" if info.additional_info else info.reason_code
    return Outcome(outcome.status, reason=f"{outcome.reason} ({own})" if outcome.reason else own)


def read_status(wire: Any) -> Outcome:
    """The outcome of an answer with a status."""
    return outcome_of(wire.status, getattr(wire, "status_info", None))


def read_plain(_: Any) -> Outcome:
    """An answer without a status: it was taken."""
    return Outcome(_A)


def read_all(name: Callable[[Any], str], results: Sequence[Any], status: str = "status") -> Outcome:
    """The outcome of an answer with a status for each part: accepted if all are, else what was not and why."""
    failed = []
    for item in results:
        one = outcome_of(getattr(item, status), getattr(item, f"{status}_info", None))
        if one.status is not _A:
            failed.append((one.status, f"{name(item)}: {one.reason or 'rejected'}"))
    if not failed:
        notes = [o.reason for item in results if (o := outcome_of(getattr(item, status))).reason]
        return Outcome(_A, reason=notes[0] if notes else None)
    unsupported = len(failed) == len(results) and all(kind is _N for kind, _ in failed)
    return Outcome(_N if unsupported else _R, reason="; ".join(text for _, text in failed)[:1000])
