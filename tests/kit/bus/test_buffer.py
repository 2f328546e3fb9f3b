# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The bounded queue where the newest wins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.kit.bus.buffer import LiveBuffer


def drain(buffer: LiveBuffer[int]) -> list[int]:
    """Everything, oldest first."""
    return [buffer.pop() for _ in range(len(buffer))]


def test_a_full_buffer_drops_the_oldest_of_the_same_topic_else_the_oldest_of_all() -> None:
    """A quiet topic survives a busy one; what has no topic gives way to a new topic."""
    buffer: LiveBuffer[int] = LiveBuffer(3)
    assert [buffer.put(n, topic) for n, topic in ((1, "quiet"), (2, "busy"), (3, "busy"))] == [False] * 3
    assert buffer.put(4, "busy")
    assert buffer.put(5, None)
    assert drain(buffer) == [3, 4, 5]
    with pytest.raises(KeyError):
        buffer.pop()


def test_clear_says_how_many() -> None:
    """The count goes into the metrics."""
    buffer: LiveBuffer[int] = LiveBuffer(5)
    for n in range(4):
        buffer.put(n, "a")
    assert buffer.clear() == 4
    assert len(buffer) == 0
    buffer.put(9, "a")
    assert drain(buffer) == [9]


def test_no_room_at_all_is_refused() -> None:
    """A capacity below one could keep nothing."""
    with pytest.raises(ValueError, match="capacity"):
        LiveBuffer(0)


@given(
    st.integers(1, 6),
    st.lists(st.one_of(st.just("pop"), st.sampled_from(["a", "b", "c"]), st.none()), max_size=60),
)
def test_it_behaves_like_the_plain_list_model(capacity: int, steps: list[str | None]) -> None:
    """Against a list: same content, same order, never over capacity, and the newest is always kept."""
    buffer: LiveBuffer[int] = LiveBuffer(capacity)
    model: list[tuple[int, str | None]] = []
    for number, step in enumerate(steps):
        if step == "pop":
            if model:
                assert buffer.pop() == model.pop(0)[0]
            continue
        full = len(model) == capacity
        if full:
            same = [entry for entry in model if step is not None and entry[1] == step]
            model.remove(same[0] if same else model[0])
        model.append((number, step))
        assert buffer.put(number, step) is full
        assert len(buffer) == len(model) <= capacity
    assert drain(buffer) == [number for number, _ in model]
