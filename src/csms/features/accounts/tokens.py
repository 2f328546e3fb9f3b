# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Access tokens (JWT, short) and refresh tokens (opaque, once)."""

import base64
import binascii
import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import jwt

from csms.kit.clock import Clock
from csms.kit.crypto import InstallationKeys
from csms.kit.http.problems import InvalidTokenError

ACCESS_LIFETIME: Final = timedelta(minutes=15)
REFRESH_LIFETIME: Final = timedelta(days=14)
SESSION_LIFETIME: Final = timedelta(days=30)

_ALGORITHM: Final = "HS256"
_ISSUER: Final = "csms"
_AUDIENCE: Final = "csms-api"
_REQUIRED: Final = ("iss", "aud", "sub", "exp", "iat", "org", "sid")
_MAX_TOKEN: Final = 2048
_SECRET_BYTES: Final = 32
_MOST_READ: Final = 10_000


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """Whose token it is. What the user may do is looked up, so that a change takes effect before the token ends."""

    user_id: UUID
    organization_id: UUID
    session_id: UUID


class AccessTokens:
    """Writes and reads access tokens."""

    def __init__(self, keys: InstallationKeys, clock: Clock) -> None:
        self._key = keys.derive("access-token")
        self._key_id = keys.key_id
        self._clock = clock
        self._read: OrderedDict[bytes, tuple[AccessClaims, int]] = OrderedDict()

    def write(self, claims: AccessClaims) -> str:
        """A token for the next 15 minutes."""
        now = self._clock.now()
        payload = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "sub": str(claims.user_id),
            "org": str(claims.organization_id),
            "sid": str(claims.session_id),
            "iat": int(now.timestamp()),
            "exp": int((now + ACCESS_LIFETIME).timestamp()),
        }
        return jwt.encode(payload, self._key, _ALGORITHM, headers={"kid": self._key_id})

    def read(self, token: str) -> AccessClaims:
        """The claims of a token that is ours, unchanged and not over; InvalidTokenError otherwise.

        What a token says is remembered by its hash: programs show the same one with every request.
        """
        digest = hashlib.sha256(token.encode(errors="replace")).digest()
        known = self._read.get(digest)
        if known is None:
            known = self._read[digest] = self._verified(token)
            if len(self._read) > _MOST_READ:
                self._read.popitem(last=False)
        claims, expires = known
        if self._clock.now().timestamp() >= expires:
            raise InvalidTokenError("this access token is over; refresh it, or sign in again")
        return claims

    def _verified(self, token: str) -> tuple[AccessClaims, int]:
        try:
            if len(token) > _MAX_TOKEN:
                raise ValueError("too long")
            if jwt.get_unverified_header(token).get("kid") != self._key_id:
                raise ValueError("another key")
            payload: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                issuer=_ISSUER,
                # times are compared elsewhere, by the clock that the rest of the product goes by
                options={
                    "require": list(_REQUIRED),
                    "strict_aud": True,
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
            claims = AccessClaims(UUID(payload["sub"]), UUID(payload["org"]), UUID(payload["sid"]))
            expires = payload["exp"]
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
            raise InvalidTokenError("this access token is not valid; sign in again") from error
        if not isinstance(expires, int):
            raise InvalidTokenError("this access token is over; refresh it, or sign in again")
        return claims, expires


def new_refresh_token(organization_id: UUID) -> str:
    """A random secret that carries its organization: row-level security asks for that before any look-up."""
    return token_of(organization_id, secrets.token_bytes(_SECRET_BYTES))


def token_of(organization_id: UUID, secret: bytes) -> str:
    """A secret of 32 bytes as text that carries its organization."""
    return base64.urlsafe_b64encode(organization_id.bytes + secret).decode().rstrip("=")


def organization_of(refresh_token: str) -> UUID:
    """The organization that a refresh token claims; InvalidTokenError if it is none of ours."""
    try:
        raw = base64.b64decode(refresh_token.encode("ascii"), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise InvalidTokenError("this refresh token is not valid; sign in again") from error
    if len(raw) != 16 + _SECRET_BYTES:
        raise InvalidTokenError("this refresh token is not valid; sign in again")
    return UUID(bytes=raw[:16])


def refresh_expiry(now: datetime, session_began: datetime) -> datetime:
    """A session ends after 14 days of silence, and after 30 days in any case."""
    return min(now + REFRESH_LIFETIME, session_began + SESSION_LIFETIME)
