# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Asked one by one, done together: what is asked while something is being done waits and is done at once after it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, TypeAlias, TypeVar

K = TypeVar("K")
T = TypeVar("T")
_Asked: TypeAlias = tuple[T, "asyncio.Future[None]"]


class Together(Generic[T]):
    """Each call waits until `work` has done its item, alone or with others; its error is the caller's.

    When items fail together each is done by itself, so that nobody gets the error of another.
    """

    def __init__(self, work: Callable[[Sequence[T]], Awaitable[None]], most: int = 500) -> None:
        self._work = work
        self._most = most
        self._waiting: list[_Asked[T]] = []
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, item: T) -> None:
        """Until it is done."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        await done

    async def _run(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                error = await self._failure(group)
                if error is None or len(group) == 1:
                    _settle(group, error)
                    continue
                for each in group:
                    _settle([each], await self._failure([each]))
        finally:
            self._task = None

    async def _failure(self, group: Sequence[_Asked[T]]) -> Exception | None:
        try:
            await self._work([item for item, _ in group])
        except Exception as error:  # noqa: BLE001  (given to whoever asked)
            return error
        return None


def by(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Items of one key each, in their order."""
    found: dict[K, list[T]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found


def _settle(group: Sequence[_Asked[T]], error: Exception | None) -> None:
    for _, done in group:
        if done.done():  # nobody waits any more
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
