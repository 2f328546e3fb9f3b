# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Transactions whose record people closed, because their charger tells no end: when, and why."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261130_close_record"
down_revision: str | None = "20261130_verdict_facts"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Expand only: to an older version such a transaction is a completed one."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(
        "ALTER TABLE transactions ADD COLUMN closed_at TIMESTAMP WITH TIME ZONE, ADD COLUMN close_reason VARCHAR"
    )


def downgrade() -> None:
    """Take the columns away again."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE transactions DROP COLUMN close_reason, DROP COLUMN closed_at")
