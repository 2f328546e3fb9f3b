# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Passwords of people: Argon2id, in threads, a few at a time."""

import asyncio
from typing import ClassVar, Final

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


class WeakPasswordError(InvalidError):
    """The new password is one that would be guessed."""

    code: ClassVar[str] = "weak_password"


def check_new(password: str, username: str, *, min_length: int = MIN_LENGTH) -> None:
    """Refuse a password that is too short, too long, or made of nothing."""
    if not min_length <= len(password) <= MAX_LENGTH:
        raise WeakPasswordError(f"a password has {min_length} to {MAX_LENGTH} characters")
    if password.casefold() == username.casefold():
        raise WeakPasswordError("the password must not be the user name")
    if len(set(password)) < _MIN_DISTINCT:
        raise WeakPasswordError(f"a password has at least {_MIN_DISTINCT} different characters")


class Passwords:
    """Hashes and compares. Each takes some 50 ms and 64 MiB, so only two run at once and few may wait."""

    def __init__(self) -> None:
        self._hasher = PasswordHash.recommended()
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
        await self._enter()
        try:
            return await asyncio.to_thread(self._compare, password, stored)
        finally:
            self._leave()

    def _compare(self, password: str, stored: str | None) -> bool:
        if stored is None:
            self._hasher.hash(password)
            return False
        try:
            return self._hasher.verify(password, stored)
        except PwdlibError:
            return False  # not a hash of ours: then nobody signs in with it

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
