# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The audit log is walked by number and searched by who did it."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_audit_indexes"
down_revision: str | None = "20261128_audit"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEXES = {
    "uq_audit_log_organization_id_number": "UNIQUE INDEX {} ON audit_log (organization_id, number)",
    "ix_audit_log_actor": "INDEX {} ON audit_log (organization_id, actor_id, at)",
}


def upgrade() -> None:
    """Built outside of a transaction, so that nobody waits; each step may be repeated."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        for name, rest in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute("CREATE " + rest.format(f"CONCURRENTLY IF NOT EXISTS {name}"))


def downgrade() -> None:
    """Take them away."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        for name in INDEXES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
