# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What a transaction costs, as it was told last; limits of transactions to hold plans of vehicles against."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261124_cost"
down_revision: str | None = "20261124_queue"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Expand only: an older version goes on working with it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE transactions ADD COLUMN total_cost NUMERIC")
    op.execute("CREATE POLICY ingest ON installed_charging_profiles TO csms_ingest USING (true)")
    op.execute("GRANT SELECT ON installed_charging_profiles TO csms_ingest")


def downgrade() -> None:
    """Take it away again; data is lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("REVOKE ALL ON installed_charging_profiles FROM csms_ingest")
    op.execute("DROP POLICY ingest ON installed_charging_profiles")
    op.execute("ALTER TABLE transactions DROP COLUMN total_cost")
