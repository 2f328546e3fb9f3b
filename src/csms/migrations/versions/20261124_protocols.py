# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Which versions of OCPP a charger may speak."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261124_protocols"
down_revision: str | None = "20261124_history"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Expand only: an older version goes on working with it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE chargers ADD COLUMN protocols VARCHAR[]")


def downgrade() -> None:
    """Take it away again; data is lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE chargers DROP COLUMN protocols")
