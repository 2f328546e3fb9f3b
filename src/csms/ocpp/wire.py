# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the generated message types are made of."""

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Meta, Struct

MIN_INTEGER: Final = -(2**63)
MAX_INTEGER: Final = 2**63 - 1  # wider would fit no column of any database; OCPP itself means 32 bits (2.x Part 2 §2.1)

# RFC 3339, which both `format: date-time` and OCPP (1.6 §3.15, 2.x Part 2 §2.1) ask for. The zone is required there.
DATE_TIME_PATTERN: Final = (
    r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?"
    r"([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)\Z"
)
TENTHS: Final = {"tenths": True}
OPEN_OBJECT: Final = {"open_object": True}

Integer = Annotated[int, Meta(ge=MIN_INTEGER, le=MAX_INTEGER)]
DateTime = Annotated[str, Meta(pattern=DATE_TIME_PATTERN)]
# `multipleOf: 0.1` cannot be judged in binary fractions (21.4), so the walk of validate.py judges it in tenths.
Tenths = Annotated[float, Meta(extra=TENTHS)]

if TYPE_CHECKING:
    _T = TypeVar("_T")
    Maybe: TypeAlias = _T | None
    # The only open object (2.x): a vendorId of at most 255 characters and anything else.
    CustomDataType: TypeAlias = dict[str, Any]
else:

    class Maybe:
        """An optional field: None where it is absent. The decoder does not see the None, so it refuses null."""

        def __class_getitem__(cls, kind: object) -> object:
            """The type that a value has if there is one."""
            return kind

    # The decoder refuses whatever comes here, since it cannot judge open objects: the walk of validate.py does.
    CustomDataType = Annotated[Literal["read by validate.py"], Meta(extra=OPEN_OBJECT)]


class Wire(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, rename="camel"):
    """A message or a part of one. Attributes are snake_case, JSON names exactly the specification's.

    Constructors do not validate: `codec.encode_checked` does, for what goes out.
    """


class Action(Struct, frozen=True, gc=False):
    """One action of one version: its types and who may send it.

    `response` is None for the one that travels as SEND (2.1) and is never answered.
    """

    name: str
    request: type[msgspec.Struct]
    response: type[msgspec.Struct] | None
    from_charger: bool
    from_csms: bool
