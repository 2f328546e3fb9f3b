# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Every line of the audit log is chained: looked at once, without keeping anybody from writing."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_audit_checked"
down_revision: str | None = "20261128_audit_indexes"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """New lines are held to it already."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE audit_log VALIDATE CONSTRAINT ck_audit_log_chained")


def downgrade() -> None:
    """There is nothing to take back."""
