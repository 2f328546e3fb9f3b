# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Trigrams of the texts that long lists are searched by."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_search_indexes"
down_revision: str | None = "20261128_search"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = {
    "alerts": ("title", "rule_name", "charger_id", "assigned_name"),
    "audit_log": ("action", "actor_name", "subject_id"),
    "chargers": ("id", "name", "vendor", "model", "serial_number"),
    "commands": ("charger_id", "type", "reason", "actor_name"),
    "drivers": ("name", "email", "external_id"),
    "reservations": ("charger_id", "id_tag", "group"),
    "security_events": ("charger_id", "kind", "detail", "address"),
    "tokens": ("value", "group", "note"),
    "transactions": ("charger_id", "charger_name", "id_tag", "charger_ref"),
}


def upgrade() -> None:
    """Beside running chargers: each index is built without holding anybody up, and each step may be repeated."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        for table, columns in TABLES.items():
            keys = ", ".join(f'"{column}" gin_trgm_ops' for column in columns)
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS ix_{table}_searched")
            op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_{table}_searched ON {table} USING gin ({keys})")


def downgrade() -> None:
    """Take them away again."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        for table in TABLES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS ix_{table}_searched")
