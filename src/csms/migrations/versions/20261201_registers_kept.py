# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Of a transaction that runs, the readings that its roll-ups need are kept: they are not read again every five minutes."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261201_registers_kept"
down_revision: str | None = "20261201_refs_as_a_whole"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NEW = {
    "read_until": "TIMESTAMP WITH TIME ZONE",
    "measured_at": "TIMESTAMP WITH TIME ZONE[]",
    "energy_wh": "NUMERIC(18, 3)[]",
    "told_at": "TIMESTAMP WITH TIME ZONE[]",
}


def upgrade() -> None:
    """Empty: they are read once more."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name, kind in NEW.items():
        op.execute(f"ALTER TABLE rollup_running ADD COLUMN IF NOT EXISTS {name} {kind}")


def downgrade() -> None:
    """They are read each time."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in NEW:
        op.execute(f"ALTER TABLE rollup_running DROP COLUMN {name}")
