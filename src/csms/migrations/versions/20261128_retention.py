# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What is forgotten by its age is found by it."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_retention"
down_revision: str | None = "20261128_privacy"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEXES = {
    "ix_device_events_received_at": "device_events (received_at)",
    "ix_charger_notices_received_at": "charger_notices (received_at)",
    "ix_charger_reports_updated_at": "charger_reports (updated_at)",
    "ix_configuration_history_at": "configuration_history (at)",
}


def upgrade() -> None:
    """Built outside of a transaction, so that nobody waits; each step may be repeated."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        for name, columns in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {columns}")


def downgrade() -> None:
    """Take them away."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        for name in INDEXES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
