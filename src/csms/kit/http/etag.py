# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Entity tags: a change is made only to what its author saw (RFC 9110 §8.8.3, §13.1.1)."""

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar

from csms.kit.errors import CsmsError
from csms.kit.http.json import encode


class StaleError(CsmsError):
    """Somebody else changed it meanwhile."""

    code: ClassVar[str] = "stale"
    status: ClassVar[int] = 412
    title: ClassVar[str] = "Precondition failed"


def etag_of(item: Mapping[str, Any], *counted: str) -> str:
    """The tag of an item, from what an answer shows of it.

    `counted`: what else changes it, as how many chargers there are at a site. Who edits the item need not know.
    """
    return tag_of(encode({name: value for name, value in item.items() if name not in counted}))


def tag_of(body: bytes) -> str:
    """The tag of an answer, from all of it."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def is_known(header: str | None, tag: str) -> bool:
    """Whether whoever sends this If-None-Match has it already; compared weakly (RFC 9110 §13.1.2)."""
    return header is not None and not {tag, "*"}.isdisjoint(
        each.strip().removeprefix("W/") for each in header.split(",")
    )


def check_if_match(header: str | None, current: str) -> None:
    """Refuse a change that was meant for an older state."""
    if header is None or header.strip() == "*":
        return
    if current not in (tag.strip().removeprefix("W/") for tag in header.split(",")):
        raise StaleError("it was changed meanwhile: read it again, then repeat your change")
