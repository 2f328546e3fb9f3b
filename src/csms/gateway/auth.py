# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Who is at the door: HTTP Basic, throttling of failures, the same answer and time for known and unknown identities."""

import base64
import binascii
from collections.abc import Callable
from typing import Final

from csms.domain.chargers import Provisioned
from csms.kit.clock import Clock

_WINDOW_S: Final = 60.0
_FREE_FAILURES: Final = 10
_MAX_TRACKED: Final = 10_000
_NOBODY: Final = b"\0" * 32

Hash = Callable[[bytes], bytes]
Verify = Callable[[bytes, bytes], bool]


def read_basic(header: str | None) -> tuple[str, bytes] | None:
    """User name and password of an Authorization header; the password as bytes, because chargers send binary keys."""
    if header is None:
        return None
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    user, colon, password = decoded.partition(b":")
    if not colon:
        return None
    return user.decode("utf-8", "replace"), password


def spellings(password: bytes) -> tuple[bytes, ...]:
    """The ways one key is written: as text, as the hex of its bytes, as the bytes of its hex (steve#1895)."""
    found = [password, password.hex().encode(), password.hex().upper().encode()]
    try:
        found.append(bytes.fromhex(password.decode("ascii")))
        found += [password.lower(), password.upper()]
    except (UnicodeDecodeError, ValueError):
        pass  # not hex: then there is no such spelling
    return tuple(dict.fromkeys(found))


class Authenticator:
    """Compares secrets; never tells whether an identity exists."""

    def __init__(self, verify: Verify) -> None:
        self._verify = verify

    def accepts(self, identity: str, charger: Provisioned | None, basic: tuple[str, bytes] | None) -> bool:
        """Whether the credential is the charger's. The work is the same for everybody (decisions: 401 alike)."""
        user, password = basic or ("", b"")
        stored = charger.secret_hash if charger is not None and charger.secret_hash is not None else _NOBODY
        matches = [self._verify(spelling, stored) for spelling in (*spellings(password), *(b"",) * 6)[:6]]
        if charger is None or basic is None or charger.retired:
            return False
        return any(matches) and bool(password) and user.casefold() == identity.casefold()


class Throttle:
    """Counts failures by source and by identity; the right secret is let in all the same."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[str, list[float]] = {}

    def failed(self, *keys: str) -> tuple[bool, float]:
        """Count a failure. Returns whether it is too many (429) and for how long to hold the answer, in seconds."""
        now = self._clock.monotonic()
        worst = 0
        for key in keys:
            recent = [at for at in self._failures.pop(key, ()) if now - at < _WINDOW_S][-_FREE_FAILURES * 2 :]
            recent.append(now)
            self._failures[key] = recent
            worst = max(worst, len(recent))
        while len(self._failures) > _MAX_TRACKED:
            self._failures.pop(next(iter(self._failures)))
        return worst > _FREE_FAILURES, min(1.0, worst * 0.1)
