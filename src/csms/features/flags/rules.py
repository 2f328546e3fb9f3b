# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Which variant of a flag holds for whom; pure, so that it is the same on every node and in every preview."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

FlagType = Literal["boolean", "string", "number", "object"]
Reason = Literal["disabled", "default", "targeting_match", "split"]

RAW_COMMANDS: Final = "commands.raw"
# What the product asks for, with its type; the value that holds where there is no such flag stands where it is asked.
KNOWN: Final[Mapping[str, FlagType]] = {RAW_COMMANDS: "boolean"}


class Rule(msgspec.Struct, frozen=True, omit_defaults=True):
    """Names a variant for whoever fits all that it names; an empty list names everybody."""

    variant: str
    organizations: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    percentage: float = 100.0


class Flag(msgspec.Struct, frozen=True):
    """A flag as it is evaluated."""

    key: str
    type: FlagType
    enabled: bool
    variants: dict[str, Any]
    default_variant: str
    rules: tuple[Rule, ...] = ()


def flag_of(row: Mapping[Any, Any]) -> Flag:
    """A flag from what is stored. Raises msgspec.ValidationError."""
    return msgspec.convert({name: row[name] for name in Flag.__struct_fields__}, Flag)


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks. `targeting_key` decides on which side of a percentage somebody is: the user's id, or a charger's."""

    targeting_key: str | None = None
    organization: str | None = None
    role: str | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What holds, and why. A flag that is off has no variant: the program's own default holds."""

    variant: str | None
    value: Any
    reason: Reason


def share(key: str, targeting_key: str) -> float:
    """From 0 to below 100, always the same for a flag and somebody: who was in stays in while the percentage grows."""
    digest = hashlib.blake2b(f"{key}\0{targeting_key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64 * 100


def evaluate(flag: Flag, context: Context) -> Evaluation:
    """The first rule that fits, else the default variant."""
    if not flag.enabled:
        return Evaluation(None, None, "disabled")
    for rule in flag.rules:
        if rule.variant in flag.variants and _fits(flag.key, rule, context):
            return Evaluation(
                rule.variant, flag.variants[rule.variant], "targeting_match" if rule.percentage >= 100 else "split"
            )
    return Evaluation(flag.default_variant, flag.variants.get(flag.default_variant), "default")


def _fits(key: str, rule: Rule, context: Context) -> bool:
    named = (
        (rule.organizations, context.organization),
        (rule.roles, context.role),
        (rule.users, context.user),
    )
    if any(names and found not in names for names, found in named):
        return False
    if rule.percentage >= 100:
        return True
    return context.targeting_key is not None and share(key, context.targeting_key) < rule.percentage


def has_type(value: Any, kind: FlagType) -> bool:
    """Whether a variant's value is what the flag says."""
    match kind:
        case "boolean":
            return isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        case "object":
            return isinstance(value, dict | list)
