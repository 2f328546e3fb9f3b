# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Passwords and security profiles that chargers were told and have not come back with yet."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261124_tls"
down_revision: str | None = "20261124_cost"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Expand only: an older version goes on working with it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE chargers ADD COLUMN next_secret_hash BYTEA, ADD COLUMN next_security_profile SMALLINT")


def downgrade() -> None:
    """Take it away again; chargers that have changed their password meanwhile need a new one."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE chargers DROP COLUMN next_secret_hash, DROP COLUMN next_security_profile")
