# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Room beside each command: that it was sent stands on the same page, and no index is told of it.

Pages that are full already stay as they are.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "20261201_command_room"
down_revision: str | None = "20261130_fleet_sums"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE commands SET (fillfactor = 50)")


def downgrade() -> None:
    """Take it back."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE commands RESET (fillfactor)")
