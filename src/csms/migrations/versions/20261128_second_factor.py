# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether a second factor was shown for a session, which roles ask for one, which providers are believed in it."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_second_factor"
down_revision: str | None = "20261128_letters"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COLUMNS = (
    ("browser_sessions", "second_factor"),
    ("refresh_tokens", "second_factor"),
    ("roles", "require_mfa"),
    ("identity_providers", "trust_mfa"),
)


def upgrade() -> None:
    """Expand only: an older version goes on working with it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, column in COLUMNS:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} boolean DEFAULT false NOT NULL")


def downgrade() -> None:
    """Nobody is asked for a second factor that they do not have any more."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, column in COLUMNS:
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
