# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of the audit log: is it as it was written?"""

from dataclasses import dataclass
from typing import ClassVar, Final

from csms.features.audit import repository
from csms.features.audit.chain import START, Walk
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import InvalidError, NotFoundError

PIECE: Final = 250  # lines: while their hashes are made nobody else is answered
MOST: Final = 1_000


class AuditLineUnknownError(NotFoundError):
    """No line has that number."""

    code: ClassVar[str] = "audit_line_not_found"


@dataclass(frozen=True, slots=True)
class Head:
    """The line that was written last."""

    number: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk found; `next` is where it has to go on."""

    lines: int
    erased: int
    broken: tuple[int, str] | None
    head: Head
    next: int | None
    previous: bytes


class AuditService:
    """Reads the chain; it is written by the database alone."""

    async def head(self, uow: UnitOfWork) -> Head:
        """The last line; number 0 where there is none yet."""
        row = await repository.head(uow.connection)
        return Head(0, START) if row is None else Head(row["number"], row["hash"])

    async def verify(
        self,
        uow: UnitOfWork,
        start: int = 1,
        stop: int | None = None,
        *,
        most: int = MOST,
        previous: bytes | None = None,
    ) -> Verification:
        """Walk from line `start` to line `stop`, or to the end, at most `most` lines.

        Lines are compared with the one before `start` as it is stored, unless its hash is known (`previous`).
        """
        head = await self.head(uow)
        last = head.number if stop is None else stop
        if start > last + 1 or (start > 1 and last > head.number):
            raise InvalidError(f"there are the lines 1 to {head.number}")
        if previous is None:
            previous = START if start == 1 else await repository.hash_of(uow.connection, start - 1)
        walk = Walk(start, previous or START)
        if previous is None:
            walk.broken = (start - 1, "it is missing: a line was removed")
        bound = min(last, start + most - 1)
        while walk.broken is None:
            rows = await repository.lines(uow.connection, walk.expected, bound, PIECE)
            if not rows or not all(walk.take(row) for row in rows):
                break
        if walk.broken is None and walk.expected <= bound:
            walk.broken = (walk.expected, f"it is missing: the last line that was written is {head.number}")
        if walk.broken is None and bound == head.number:
            await self._look_behind(uow, walk, head)
        more = walk.broken is None and bound < last
        return Verification(walk.lines, walk.erased, walk.broken, head, bound + 1 if more else None, walk.previous)

    async def _look_behind(self, uow: UnitOfWork, walk: Walk, head: Head) -> None:
        """The walk came to the end: is that the line written last, and is nothing behind it?"""
        if walk.previous != head.hash:
            walk.broken = (head.number, "it is not the line that was written last under this number")
            return
        behind = await repository.hash_of(uow.connection, head.number + 1)
        # written since we looked for the head?
        if behind is not None and (await self.head(uow)).number == head.number:
            walk.broken = (head.number + 1, "it was added: nobody wrote it")

    async def is_line(self, uow: UnitOfWork, number: int, hash_: bytes) -> bool:
        """Whether a line still has the hash that somebody wrote down once."""
        found = await repository.hash_of(uow.connection, number)
        if found is None:
            raise AuditLineUnknownError(f"there is no line {number}")
        return found == hash_
