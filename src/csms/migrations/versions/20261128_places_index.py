# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Chargers found by their site and by the places they belong to."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_places_index"
down_revision: str | None = "20261128_people"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Beside running chargers: indices are built without holding anybody up."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_chargers_organization_id_site_id ON chargers"
            " (organization_id, site_id)"
        )
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_chargers_places ON chargers USING gin (places)")


def downgrade() -> None:
    """Take them away again."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_chargers_places")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_chargers_organization_id_site_id")
