# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The name that a charger gave a transaction leaves the index of trigrams: it is searched as a whole.

Such a name has three dozen trigrams that no other has, and each cost the beginning and the end of a transaction a place.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "20261201_refs_as_a_whole"
down_revision: str | None = "20261201_deeds"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_WITH = ("charger_id", "charger_name", "id_tag", "charger_ref")
_WITHOUT = ("charger_id", "charger_name", "id_tag")


def upgrade() -> None:
    """An older version finds what it looks for, by reading all rows."""
    _rebuild(_WITHOUT)


def downgrade() -> None:
    """As it was."""
    _rebuild(_WITH)


def _rebuild(columns: Sequence[str]) -> None:
    """Nobody waits, and each step may be repeated; until it is there a search reads all rows."""
    keys = ", ".join(f'"{column}" gin_trgm_ops' for column in columns)
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_transactions_searched")
        op.execute(
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_transactions_searched ON transactions USING gin ({keys})"
        )
