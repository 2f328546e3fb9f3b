# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Which processes run, and how they do: of the installation, so without an organization and its policies."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261130_processes"
down_revision: str | None = "20261130_placed"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = """
CREATE TABLE processes (
    id TEXT NOT NULL,
    role TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    version TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    figures JSONB NOT NULL,
    CONSTRAINT pk_processes PRIMARY KEY (id)
)
"""


def upgrade() -> None:
    """Expand only: an older version leaves it empty."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(TABLE)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON processes TO csms_app")


def downgrade() -> None:
    """Take it away again."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TABLE processes")
