# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Chargers by identity, with the texts that their list is narrowed by: read from the index instead of from the rows."""

from collections.abc import Sequence

from csms.migrations.indexes import replace

revision: str = "20261129_chargers_in_order"
down_revision: str | None = "20261129_addresses_checked"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NEW = {
    "ix_chargers_in_order": "chargers (organization_id, id)"
    " INCLUDE (name, vendor, model, serial_number, firmware_version)",
}


def upgrade() -> None:
    """One more."""
    replace({}, NEW)


def downgrade() -> None:
    """Without it."""
    replace(NEW, {})
