# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The token in a link: which organization's link it is, and that we made it. Nothing of it is stored."""

import base64
import binascii
import hashlib
import hmac
from typing import Final
from uuid import UUID

_SEAL_BYTES: Final = 24
_BYTES: Final = 16 + 16 + _SEAL_BYTES
MAX_TOKEN: Final = 100


class LinkTokens:
    """Makes and reads tokens under a key of the installation."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, organization_id: UUID, link: UUID) -> str:
        """The token of a link, URL-safe."""
        named = organization_id.bytes + link.bytes
        return base64.urlsafe_b64encode(named + self._seal(named)).decode().rstrip("=")

    def read(self, token: str) -> tuple[UUID, UUID] | None:
        """Organization and link; None for what we did not make. Constant time in the seal."""
        if len(token) > MAX_TOKEN:
            return None
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        named, seal = raw[:-_SEAL_BYTES], raw[-_SEAL_BYTES:]
        if len(raw) != _BYTES or not hmac.compare_digest(seal, self._seal(named)):
            return None
        return UUID(bytes=named[:16]), UUID(bytes=named[16:])

    def _seal(self, named: bytes) -> bytes:
        return hmac.digest(self._key, named, hashlib.sha256)[:_SEAL_BYTES]
