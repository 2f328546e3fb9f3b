# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tokens found by whose they are."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_drivers_index"
down_revision: str | None = "20261128_drivers"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Beside running chargers: the index is built without holding anybody up."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_tokens_organization_id_driver_id ON tokens"
            " (organization_id, driver_id)"
        )


def downgrade() -> None:
    """Take it away again."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_tokens_organization_id_driver_id")
