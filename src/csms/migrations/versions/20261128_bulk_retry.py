# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How often a bulk command was sent again where it had failed."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_bulk_retry"
down_revision: str | None = "20261128_imports"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Expand only: an older version goes on working with it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE bulk_commands ADD COLUMN round INTEGER DEFAULT 0 NOT NULL")


def downgrade() -> None:
    """Take it away again."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE bulk_commands DROP COLUMN round")
