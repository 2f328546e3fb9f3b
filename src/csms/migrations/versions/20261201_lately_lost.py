# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Chargers in the order in which they were lost: the newest ones first are what somebody looks for."""

from collections.abc import Sequence

from csms.migrations.indexes import replace

revision: str = "20261201_lately_lost"
down_revision: str | None = "20261201_command_room"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NEW = {
    "ix_charger_connections_by_disconnected_at": "charger_connections (organization_id, disconnected_at, charger_id)",
}


def upgrade() -> None:
    """One more."""
    replace({}, NEW)


def downgrade() -> None:
    """Without it."""
    replace(NEW, {})
