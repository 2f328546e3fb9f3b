# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Transactions that may need attention, in the order of their list: the open ones, the doubted, those without energy."""

from collections.abc import Sequence

from csms.migrations.indexes import replace

revision: str = "20261130_attention_index"
down_revision: str | None = "20261130_close_record"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NEW = {
    "ix_transactions_attention": "transactions (organization_id, created_at, id)"
    " WHERE status <> 'completed' OR flags <> '{}' OR energy_wh IS NULL OR energy_wh <= 0",
}


def upgrade() -> None:
    """One more."""
    replace({}, NEW)


def downgrade() -> None:
    """Without it."""
    replace(NEW, {})
