# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Commands that wait for a charger which is not connected."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261124_queue"
down_revision: str | None = "20261124_holdings"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Expand only: an older version goes on working with it. A constant default rewrites nothing."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE commands ADD COLUMN queued BOOLEAN DEFAULT false NOT NULL")


def downgrade() -> None:
    """Take it away again; what waits is then sent at once or not at all."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE commands DROP COLUMN queued")
