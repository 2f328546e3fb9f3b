# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What is hashed of an audit line, once more outside of the database, and the walk along the chain."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final

from sqlalchemy import RowMapping

START: Final = bytes(32)
Line = Mapping[str, Any] | RowMapping
_VERSION: Final = "csms-audit-1"
# made once: json.dumps would make one for each of three texts of a line
_written: Final = json.JSONEncoder(ensure_ascii=False).encode


def digest(salt: bytes, *texts: str | None) -> bytes:
    """The salted digest of what may be erased: names and addresses, or the states before and after as JSON texts."""
    return hashlib.sha256(salt + _json(texts)).digest()


def hash_of(line: Line) -> bytes:
    """The hash of a line, from its columns."""
    fields = (
        _VERSION,
        str(line["organization_id"]),
        line["number"],
        line["previous_hash"].hex(),
        str(line["id"]),
        line["at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        line["actor_kind"],
        line["actor_id"],
        line["action"],
        line["subject_kind"],
        line["subject_id"],
        line["request_id"],
        line["person_digest"].hex(),
        line["content_digest"].hex(),
    )
    return hashlib.sha256(_json(fields)).digest()


def _json(fields: Iterable[object]) -> bytes:
    """As PostgreSQL writes a jsonb array."""
    return _written(list(fields)).encode()


@dataclass(slots=True)
class Walk:
    """Takes lines in the order of their numbers, until one is wrong."""

    expected: int = 1
    previous: bytes = START
    lines: int = 0
    erased: int = 0
    broken: tuple[int, str] | None = None

    def take(self, line: Line) -> bool:
        """Whether the next line belongs there."""
        number = line["number"]
        wrong = (
            "it is missing: a line was removed"
            if number != self.expected
            else _wrong(line)
            if line["previous_hash"] == self.previous
            else "it does not continue the line before: one of the two was changed, or they changed places"
        )
        if wrong is not None:
            self.broken = (self.expected, wrong)
            return False
        self.expected, self.previous = number + 1, line["hash"]
        self.lines += 1
        self.erased += line["person_salt"] is None or line["content_salt"] is None
        return True


def _wrong(line: Line) -> str | None:
    """What was changed inside a line."""
    if hash_of(line) != line["hash"]:
        return "its hash is wrong: it was changed"
    salt = line["person_salt"]
    if salt is None:
        if line["actor_name"] or line["address"] is not None:
            return "it has a name that is not covered by its hash: it was changed"
    elif digest(salt, line["actor_name"], line["address"]) != line["person_digest"]:
        return "the name or address was changed"
    salt = line["content_salt"]
    if salt is None:
        if line["before"] is not None or line["after"] is not None:
            return "it has a content that is not covered by its hash: it was changed"
    elif digest(salt, line["before"], line["after"]) != line["content_digest"]:
        return "what it says of before and after was changed"
    return None
