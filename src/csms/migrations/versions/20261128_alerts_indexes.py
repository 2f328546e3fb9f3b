# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Alerts in the order of their list, and transactions by EVSE."""

from collections.abc import Sequence

from csms.migrations.indexes import replace

revision: str = "20261128_alerts_indexes"
down_revision: str | None = "20261128_search_indexes"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NEW = {
    "ix_alerts_by_last_at": "alerts (organization_id, last_at, id)",
    "ix_alerts_by_first_at": "alerts (organization_id, first_at, id)",
    "ix_alerts_by_status": "alerts (organization_id, status, last_at, id)",
    "ix_alerts_by_charger_id": "alerts (organization_id, charger_id, last_at, id)",
    "ix_transactions_by_evse_id": "transactions (organization_id, evse_id, created_at, id)",
}
# What the new ones begin with.
OLD = {
    "ix_alerts_organization_id_last_at": "alerts (organization_id, last_at)",
    "ix_alerts_organization_id_status": "alerts (organization_id, status, severity)",
}


def upgrade() -> None:
    """From what finds rows to what finds pages."""
    replace(OLD, NEW)


def downgrade() -> None:
    """As it was."""
    replace(NEW, OLD)
