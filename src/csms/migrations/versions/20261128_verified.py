# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Since when a user's mail address is known to be theirs; of those there are, nobody knows."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_verified"
down_revision: str | None = "20261128_second_factor"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Expand only: an older version goes on working with it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE users ADD COLUMN email_verified_at timestamptz")


def downgrade() -> None:
    """Addresses are as good as before."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE users DROP COLUMN email_verified_at")
