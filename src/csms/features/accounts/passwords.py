# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Passwords of people: Argon2id, in threads, a few at a time."""

import asyncio
import base64
import re
from functools import cache
from pathlib import Path
from typing import ClassVar, Final

import bcrypt
from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError

from csms.kit.errors import InvalidError, UnavailableError

MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 128
# Whoever sets CSMS_ADMIN__PASSWORD decides for a machine of their own; below this nobody should.
MIN_LENGTH_PRESET: Final = 8
_MIN_DISTINCT: Final = 4
_CONCURRENCY: Final = 2
_MAX_WAITING: Final = 50
_COMMON: Final = Path(__file__).with_name("common_passwords.txt")
NO_PASSWORD: Final = "!"  # noqa: S105  (begins what stands in the place of a hash where no password fits)
SSO_ONLY: Final = "!sso"
# Imported users bring these. Each step of the cost doubles the time: dearer ones are not computed here.
_BCRYPT: Final = re.compile(r"\$2[abxy]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")
_BCRYPT_BYTES: Final = 72
_ARGON2ID: Final = re.compile(
    r"\$argon2id\$v=19\$m=([1-9][0-9]{0,6}),t=([1-9][0-9]?),p=([1-9][0-9]?)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})"
)
_MOST_KIB: Final = 256 * 1024
_MOST_WORK_KIB: Final = 1024 * 1024
_MOST_LANES: Final = 16


class WeakPasswordError(InvalidError):
    """The new password is one that would be guessed."""

    code: ClassVar[str] = "weak_password"


class WrongPasswordError(InvalidError):
    """The current password is not that."""

    code: ClassVar[str] = "wrong_password"


@cache
def common_passwords() -> frozenset[str]:
    """Those that everybody tries first, in small letters."""
    lines = _COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def check_new(password: str, username: str, *, email: str | None = None, min_length: int = MIN_LENGTH) -> None:
    """Refuse a password that is too short, too long, made of nothing, or the first that anybody would try."""
    if not min_length <= len(password) <= MAX_LENGTH:
        raise WeakPasswordError(f"a password has {min_length} to {MAX_LENGTH} characters")
    if password.casefold() == username.casefold():
        raise WeakPasswordError("the password must not be the user name")
    address = (email or "").casefold()
    if address and password.casefold() in {address, address.partition("@")[0]}:
        raise WeakPasswordError("the password must not be the e-mail address")
    if password.casefold() in common_passwords():
        raise WeakPasswordError("this password is one of the first that anybody would try; take another")
    if len(set(password)) < _MIN_DISTINCT:
        raise WeakPasswordError(f"a password has at least {_MIN_DISTINCT} different characters")


def is_importable_hash(stored: str) -> bool:
    """Whether it is a hash of another system by which people can sign in here, at a price that is paid for it."""
    if _BCRYPT.fullmatch(stored):
        return True
    found = _ARGON2ID.fullmatch(stored)
    if found is None:
        return False
    memory, passes, lanes = (int(found[number]) for number in (1, 2, 3))
    paid = 8 * lanes <= memory <= _MOST_KIB and memory * passes <= _MOST_WORK_KIB and lanes <= _MOST_LANES
    return paid and all(_is_base64(found[number]) for number in (4, 5))


def _is_base64(text: str) -> bool:
    """Without padding, and spelled in the one way that there is."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return False
    return base64.b64encode(raw).decode().rstrip("=") == text


class Passwords:
    """Hashes and compares. Each takes some 50 ms and 64 MiB, so only two run at once and few may wait."""

    def __init__(self, hasher: PasswordHash | None = None) -> None:
        self._hasher = hasher or PasswordHash.recommended()
        self._slots = asyncio.Semaphore(_CONCURRENCY)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """The hash to store."""
        await self._enter()
        try:
            return await asyncio.to_thread(self._hasher.hash, password)
        finally:
            self._leave()

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether it is the stored password. Without one the work is done all the same, so that time says nothing."""
        return (await self.check(password, stored))[0]

    async def check(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        """Whether it is the stored password, and the hash to store instead where that one is of an older make."""
        await self._enter()
        try:
            return await asyncio.to_thread(self._compare, password, stored)
        finally:
            self._leave()

    def _compare(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        if stored is None or stored.startswith(NO_PASSWORD):
            self._hasher.hash(password)
            return False, None
        if _BCRYPT.fullmatch(stored):
            # what made these hashes read no further than this
            right = bcrypt.checkpw(password.encode()[:_BCRYPT_BYTES], stored.encode())
            return right, self._hasher.hash(password) if right else None
        try:
            right = self._hasher.verify(password, stored)
        except PwdlibError:
            return False, None  # not a hash of ours: then nobody signs in with it
        old = right and self._hasher.current_hasher.check_needs_rehash(stored)
        return right, self._hasher.hash(password) if old else None

    async def _enter(self) -> None:
        if self._waiting >= _MAX_WAITING:
            raise UnavailableError("too many people sign in at this moment; try again in a few seconds")
        self._waiting += 1
        try:
            await self._slots.acquire()
        except BaseException:
            self._waiting -= 1
            raise

    def _leave(self) -> None:
        self._waiting -= 1
        self._slots.release()
