# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How migrations replace indices. What a released migration does follows from here: add to it, change nothing."""

from collections.abc import Mapping

from alembic import op


def replace(old: Mapping[str, str], new: Mapping[str, str], *, unique: bool = False) -> None:
    """Build the new ones beside the old, outside of a transaction: nobody waits, and each step may be repeated.

    By name: the table, and in brackets what of it.
    """
    kind = "UNIQUE INDEX" if unique else "INDEX"
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        for name, columns in new.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE {kind} CONCURRENTLY IF NOT EXISTS {name} ON {columns}")
        for name in old:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
