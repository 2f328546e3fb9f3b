# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Transactions that chargers name are told apart by their names, not by how they began."""

from collections.abc import Mapping, Sequence

from alembic import op

revision: str = "20261124_v2_indexes"
down_revision: str | None = "20261124_v2"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_START = "(charger_id, connector_id, id_tag, start_timestamp, meter_start) NULLS NOT DISTINCT WHERE transaction_id is not null"
_CLOCK = "start_timestamp >= '2015-01-01 00:00:00+00'"
_NO_CLOCK = "status = 'active' and (start_timestamp is null or start_timestamp < '2015-01-01 00:00:00+00')"
NEW = {
    "uq_transactions_charger_ref": "(charger_id, charger_ref) WHERE charger_ref is not null",
    "uq_transactions_issued_start": f"{_START} and charger_ref is null and {_CLOCK}",
    "uq_transactions_issued_start_without_clock": f"{_START} and charger_ref is null and {_NO_CLOCK}",
}
OLD = {
    "uq_transactions_start": f"{_START} and {_CLOCK}",
    "uq_transactions_start_without_clock": f"{_START} and {_NO_CLOCK}",
}


def _replace(old: Mapping[str, str], new: Mapping[str, str]) -> None:
    """Build the new ones beside the old, outside of a transaction: nobody waits, and each step may be repeated."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        for name, columns in new.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {name} ON transactions {columns}")
        for name in old:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def upgrade() -> None:
    """From how a transaction began to what it is called."""
    _replace(OLD, NEW)


def downgrade() -> None:
    """As it was, if no two named transactions began alike."""
    _replace(NEW, OLD)
