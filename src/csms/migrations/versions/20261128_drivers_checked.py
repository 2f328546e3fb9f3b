# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The constraint that a token's driver is there holds for all rows."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_drivers_checked"
down_revision: str | None = "20261128_drivers_index"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Writers go on meanwhile."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE tokens VALIDATE CONSTRAINT fk_tokens_organization_id_driver_id")


def downgrade() -> None:
    """What was checked may stay so."""
