# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Timelines: a charger's transactions by when they ended, or were closed by people."""

from collections.abc import Sequence

from csms.migrations.indexes import replace

revision: str = "20261130_timeline_indexes"
down_revision: str | None = "20261130_attention_index"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NEW = {
    "ix_transactions_ended": "transactions (charger_id, stop_received_at) WHERE stop_received_at IS NOT NULL",
    "ix_transactions_closed": "transactions (charger_id, closed_at) WHERE closed_at IS NOT NULL",
}


def upgrade() -> None:
    """Two more."""
    replace({}, NEW)


def downgrade() -> None:
    """Without them."""
    replace(NEW, {})
