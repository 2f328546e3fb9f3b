# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`Idempotency-Key`: a POST that is sent again has no second effect, and gets the answer that it got.

The key is claimed in the transaction of the use case: both are stored or neither is. The answer is stored after it,
sealed, because some answers show a secret once; if the process dies in between, the effect stays and the answer is
lost, which a repetition is told. Keys are those of one user or key, and are forgotten after a day.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.kit.errors import ConflictError, InvalidError

KEPT_H: Final = 24
MAX_KEY: Final = 200
MAX_ANSWER: Final = 256 * 1024
CLAIM: Final = "csms.idempotency"
"""Where a request's claim stands in the ASGI scope."""
_HEADERS: Final = ("content-type", "location", "etag", "cache-control")

_TAKE: Final = text("""
    INSERT INTO idempotency_keys (organization_id, actor_id, key, fingerprint, created_at)
    VALUES (csms_organization(), :actor, :key, :fingerprint, now()) ON CONFLICT DO NOTHING
""")
_FIND: Final = text("""
    SELECT fingerprint, status, headers, body FROM idempotency_keys WHERE actor_id = :actor AND key = :key
""")
_ANSWER: Final = text("""
    UPDATE idempotency_keys SET status = :status, headers = CAST(:headers AS jsonb), body = :body
    WHERE actor_id = :actor AND key = :key
""")


class IdempotencyKeyReusedError(ConflictError):
    """The key belongs to another request."""

    code: ClassVar[str] = "idempotency_key_reused"


class AnswerUnknownError(ConflictError):
    """The request with this key was carried out, and its answer is not there."""

    code: ClassVar[str] = "idempotency_answer_unknown"


class InvalidIdempotencyKeyError(InvalidError):
    """The key is too long or has characters that no header should have."""

    code: ClassVar[str] = "invalid_idempotency_key"


class Replay(Exception):  # noqa: N818  (no error: the answer that was given before)
    """The request was carried out before; this is what it answered."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__("answered before")
        self.status = status
        self.headers = headers
        self.body = body


@dataclass(slots=True)
class Claim:
    """One request's key; `taken` by the first unit of work of the request, whose owner is noted."""

    key: str
    fingerprint: bytes
    taken: bool = False
    organization_id: UUID | None = None
    actor: str = ""


def claim_of(header: str, method: str, path: str, query: bytes, body: bytes) -> Claim:
    """The claim of a request. Raises InvalidIdempotencyKeyError."""
    if not 1 <= len(header) <= MAX_KEY or not header.isascii() or not header.isprintable():
        raise InvalidIdempotencyKeyError(f"an Idempotency-Key has 1 to {MAX_KEY} printable ASCII characters")
    mark = hashlib.sha256()
    for part in (method.encode(), path.encode(), query, body):
        mark.update(len(part).to_bytes(8, "big") + part)
    return Claim(header, mark.digest())


async def take(connection: AsyncConnection, claim: Claim, organization_id: UUID, actor: str) -> None:
    """Claim the key for this transaction. Raises Replay, IdempotencyKeyReusedError, AnswerUnknownError.

    A second request at the same time waits here for the first one's end.
    """
    names: dict[str, Any] = {"actor": actor, "key": claim.key}
    taken = await connection.execute(_TAKE, {**names, "fingerprint": claim.fingerprint})
    if taken.rowcount:
        claim.taken, claim.organization_id, claim.actor = True, organization_id, actor
        return
    row = (await connection.execute(_FIND, names)).mappings().first()
    if row is None or row["fingerprint"] != claim.fingerprint:
        raise IdempotencyKeyReusedError("this Idempotency-Key was used for another request: take a new one")
    if row["status"] is None:
        raise AnswerUnknownError("this was carried out, and its answer is not there (any more): read what it made")
    raise Replay(row["status"], row["headers"], row["body"])


async def answered(connection: AsyncConnection, claim: Claim, status: int, headers: str, body: bytes) -> None:
    """Keep an answer, sealed."""
    names = {"actor": claim.actor, "key": claim.key}
    await connection.execute(_ANSWER, {**names, "status": status, "headers": headers, "body": body})


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Those that belong to the answer itself."""
    return {name: headers[name] for name in _HEADERS if name in headers}
