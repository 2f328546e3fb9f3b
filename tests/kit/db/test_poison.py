# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""One message that the driver cannot encode must not take its group with it (promises R4, R7)."""

from collections.abc import Sequence

from asyncpg.exceptions import _base as driver

from csms.kit.db.group_commit import GroupCommit
from csms.kit.metrics import Metrics


async def test_a_value_that_the_driver_refuses_is_not_a_database_that_is_away() -> None:
    """driver.DataError is an InterfaceError; it is the item's fault, and the others are stored at once."""
    stored: list[str] = []
    failed: dict[str, Exception] = {}

    async def commit(items: Sequence[str]) -> None:
        if "poison" in items:
            raise driver.DataError("invalid input for query argument $1: value out of int32 range")
        stored.extend(items)

    def refused(item: str, error: Exception) -> None:
        failed[item] = error

    group = GroupCommit[str](commit, refused, Metrics(process=False), patience_s=1.0)
    for item in ("a", "poison", "b"):
        group.submit(item)
    group.start()
    assert await group.drain(5)
    await group.stop()
    assert stored == ["a", "b"]
    assert isinstance(failed["poison"], driver.DataError)
