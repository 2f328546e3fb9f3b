# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A bounded queue of live values where the newest wins."""

from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class LiveBuffer(Generic[T]):
    """Keeps order; when full, drops the oldest waiting item of the same topic, else the oldest of all."""

    __slots__ = ("_by_topic", "_capacity", "_items", "_next")

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError("capacity must be at least 1")
        self._capacity = capacity
        self._items: OrderedDict[int, tuple[T, Hashable | None]] = OrderedDict()
        self._by_topic: dict[Hashable, deque[int]] = {}
        self._next = 0

    def __len__(self) -> int:
        """Items waiting."""
        return len(self._items)

    def put(self, item: T, topic: Hashable | None) -> bool:
        """Append; True when something had to be dropped for it."""
        full = len(self._items) >= self._capacity
        if full:
            same = self._by_topic.get(topic) if topic is not None else None
            self._remove(same[0] if same else next(iter(self._items)))
        self._items[self._next] = (item, topic)
        if topic is not None:
            self._by_topic.setdefault(topic, deque()).append(self._next)
        self._next += 1
        return full

    def pop(self) -> T:
        """The oldest item; KeyError when empty."""
        number, (item, topic) = self._items.popitem(last=False)
        self._forget(number, topic)
        return item

    def clear(self) -> int:
        """Drop everything; how many."""
        dropped = len(self._items)
        self._items.clear()
        self._by_topic.clear()
        return dropped

    def _remove(self, number: int) -> None:
        _, topic = self._items.pop(number)
        self._forget(number, topic)

    def _forget(self, number: int, topic: Hashable | None) -> None:
        if topic is None:
            return
        waiting = self._by_topic[topic]
        if waiting[0] != number:
            raise RuntimeError("a topic's oldest item leaves first")
        waiting.popleft()
        if not waiting:
            del self._by_topic[topic]
