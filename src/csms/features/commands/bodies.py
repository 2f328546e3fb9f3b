# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of commands, made from the domain's own: one definition of fields, bounds and words.

Each command becomes a model named `<Command>Body` with its docstring, tagged by `type`. Unknown fields are refused, so
that a typing error does nothing. A command about a transaction takes `transaction_id`: our number, our id, or the name
that the charger gave it.
"""

import functools
import operator
import re
import types
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from pydantic import AliasChoices, AwareDatetime, BaseModel, ConfigDict, Field, create_model, field_validator

from csms.domain.commands import (
    AnyCommand,
    Call,
    Command,
    DataTransfer,
    OnTransaction,
    Reset,
    StartTransaction,
    TriggerMessage,
    tag_of,
)

MAX_PAYLOAD_DEPTH: Final = 64
_BOUNDS: Final = ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern", "description")
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
TransactionKey = Annotated[
    Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)] | UUID | Annotated[str, Field(min_length=1, max_length=36)],
    Field(union_mode="left_to_right"),
]


class Body(BaseModel):
    """What all bodies have in common."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _CallBase(Body):
    @field_validator("payload", "data", check_fields=False)
    @classmethod
    def _shallow(cls, value: Any) -> Any:
        """As deep as an OCPP frame may be: what is deeper no charger could be sent, and nothing here could log."""
        level: list[Any] = [value] if isinstance(value, dict | list) else []
        for _ in range(MAX_PAYLOAD_DEPTH):
            if not level:
                return value
            level = [inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer)]
            level = [item for item in level if isinstance(item, dict | list)]
        if not level:
            return value
        raise ValueError(f"nested deeper than {MAX_PAYLOAD_DEPTH} levels")


class _WordBase(Body):
    @field_validator("kind", "message", mode="before", check_fields=False)
    @classmethod
    def _snake(cls, value: object) -> object:
        """OCPP's own spelling is understood too."""
        return _HUMP.sub("_", value).lower() if isinstance(value, str) else value


_BASES: Final[Mapping[type, type[BaseModel]]] = {
    Call: _CallBase,
    DataTransfer: _CallBase,
    Reset: _WordBase,
    TriggerMessage: _WordBase,
}
_ALIASES: Final[Mapping[tuple[type, str], AliasChoices]] = {
    (StartTransaction, "token"): AliasChoices("token", "id_tag")
}
_ABOUT_TRANSACTION: Final = frozenset({"ref", "charger_ref"})


@cache
def body_of(kind: type[Command]) -> type[BaseModel]:
    """The HTTP body of a command."""
    fields: dict[str, Any] = {"type": (Literal[tag_of(kind)], ...)}
    if issubclass(kind, OnTransaction):
        needed = ... if kind.__name__ in _NEEDS_TRANSACTION else None
        described = Field(needed, description="Its number, its id, or the name that the charger gave it.")
        fields["transaction_id"] = (TransactionKey if needed is ... else TransactionKey | None, described)
    left_out = _ABOUT_TRANSACTION if issubclass(kind, OnTransaction) else frozenset()
    fields |= {name: value for name, value in _fields(kind).items() if name not in left_out}
    return create_model(f"{kind.__name__}Body", __base__=_BASES.get(kind, Body), __doc__=kind.__doc__, **fields)


# The others may name a transaction; these are about one.
_NEEDS_TRANSACTION: Final = frozenset(
    {
        "StopTransaction",
        "UsePriorityCharging",
        "NotifyAllowedEnergyTransfer",
        "UpdateCost",
        "ChangeTransactionTariff",
    }
)


@cache
def part_of(kind: type[msgspec.Struct]) -> type[BaseModel]:
    """The model of a structure inside of bodies."""
    return create_model(kind.__name__, __base__=Body, __doc__=kind.__doc__, **_fields(kind))


def _fields(kind: type[msgspec.Struct]) -> dict[str, Any]:
    hints = get_type_hints(kind, include_extras=True)
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        options: dict[str, Any] = {}
        alias = _ALIASES.get((kind, field.name))
        if alias is not None:
            options["validation_alias"] = alias
        if field.default is not msgspec.NODEFAULT:
            options["default"] = field.default
        elif field.default_factory is not msgspec.NODEFAULT:
            options["default_factory"] = field.default_factory
        found[field.name] = (_type(hints[field.name]), Field(**options))
    return found


def _type(hint: Any) -> Any:
    """A domain type as pydantic spells it."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        metas = [item for item in hint.__metadata__ if isinstance(item, msgspec.Meta)]
        bounds = {name: value for meta in metas for name in _BOUNDS if (value := getattr(meta, name)) is not None}
        return Annotated[_type(hint.__origin__), Field(**bounds)]
    if origin in (Union, types.UnionType):
        return functools.reduce(operator.or_, (_type(item) for item in arguments))
    if origin is tuple:
        return tuple[_type(arguments[0]), ...]  # type: ignore[misc]
    if hint is datetime:
        return AwareDatetime
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return part_of(hint)
    return hint


KINDS: Final[tuple[type[Command], ...]] = get_args(AnyCommand)
BODIES: Final = tuple(body_of(kind) for kind in KINDS)


def to_domain(body: BaseModel, ref: int | None = None, charger_ref: str | None = None) -> AnyCommand:
    """The domain's command; `ref` and `charger_ref` name the transaction that `transaction_id` stands for."""
    words = body.model_dump(exclude_unset=True, exclude={"transaction_id"})
    words["type"] = body.type  # type: ignore[attr-defined]
    if ref is not None or charger_ref is not None:
        words |= {"ref": ref, "charger_ref": charger_ref}
    command: AnyCommand = msgspec.convert(words, AnyCommand)
    return command
