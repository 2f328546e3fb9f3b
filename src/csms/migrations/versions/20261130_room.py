# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Room beside each transaction: what an event changes of it stands on the same page, and no index is told of it.

Without room a new version of the row goes to another page, and all of its two dozen indexes get an entry for that.
Pages that are full already stay as they are.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "20261130_room"
down_revision: str | None = "20261130_processes"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE transactions SET (fillfactor = 50)")


def downgrade() -> None:
    """Take it back."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE transactions RESET (fillfactor)")
