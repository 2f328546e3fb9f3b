# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Who is at the door: HTTP Basic, throttling of failures, the same answer and time for known and unknown identities."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Credential:
    """What a connection shows: HTTP Basic, whether it is TLS, the common name of its client certificate."""

    basic: tuple[str, bytes] | None = None
    secure: bool = False
    certificate_name: str | None = None
    certificate_serial: str | None = None  # in hex


@dataclass(frozen=True, slots=True)
class Verdict:
    """Let in or not and why; whether the charger came with what it was told."""

    accepted: bool
    new_secret: bool = False
    new_profile: bool = False
    problem: tuple[str, str] | None = None  # kind and detail of the security event


class Authenticator:
    """Compares secrets and names; never tells whether an identity exists."""

    def __init__(self, verify: Verify) -> None:
        self._verify = verify

    def judge(self, identity: str, charger: Provisioned | None, credential: Credential) -> Verdict:
        """Whether the connection is the charger's, by its security profile (2.x A00.FR.201 to 207, 1.6 white paper).

        The comparisons are the same for everybody (decisions: 401 alike). A charger that was told a new password or a
        higher profile may come by the old or by the new one until it came by the new one.
        """
        user, password = credential.basic or ("", b"")
        current = self._matches(password, None if charger is None else charger.secret_hash)
        following = self._matches(password, None if charger is None else charger.next_secret_hash)
        if charger is None or charger.retired:
            return Verdict(False)
        named = bool(password) and user.casefold() == identity.casefold()
        secret = named and (current or following)
        certificate = credential.certificate_name is not None and (
            credential.certificate_name.casefold() == charger.id.casefold()
            and credential.certificate_serial not in charger.revoked_serials
        )

        def by(profile: int) -> bool:
            if profile == 0:
                return True
            if profile == 3:
                return credential.secure and certificate
            return secret and (credential.secure or profile == 1)

        new_profile = charger.next_security_profile is not None and by(charger.next_security_profile)
        if not new_profile and not by(charger.security_profile):
            return Verdict(False, problem=_problem(charger, credential, secret))
        return Verdict(True, new_secret=named and following, new_profile=new_profile)

    def _matches(self, password: bytes, stored: bytes | None) -> bool:
        found = [self._verify(each, stored or _NOBODY) for each in (*spellings(password), *(b"",) * 6)[:6]]
        return any(found) and stored is not None


def refusal_of(charger: Provisioned, verdict: Verdict) -> tuple[str, str]:
    """Why a known charger was not let in: a reason, and what is said of it."""
    if charger.retired:
        return "retired", "refused: the charger is retired"
    return verdict.problem or ("no_credentials", "refused: it showed no password")


def _problem(charger: Provisioned, credential: Credential, secret: bool) -> tuple[str, str] | None:
    profile = charger.security_profile
    if profile > 1 and not credential.secure:
        return "insecure_connection", f"refused: security profile {profile} needs TLS"
    if profile == 3:
        name = credential.certificate_name
        shown = "no client certificate" if name is None else f"a client certificate for {name[:100]!r}"
        shown += " that is revoked" if credential.certificate_serial in charger.revoked_serials else ""
        return "wrong_certificate", f"refused: {shown}"
    return None if secret or credential.basic is None else ("wrong_secret", "a wrong secret was used")


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
