# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Transactions that chargers name are told apart by their names, not by how they began."""

from collections.abc import Sequence

from csms.migrations.indexes import replace

revision: str = "20261124_v2_indexes"
down_revision: str | None = "20261124_v2"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_START = "transactions (charger_id, connector_id, id_tag, start_timestamp, meter_start) NULLS NOT DISTINCT WHERE transaction_id is not null"
_CLOCK = "start_timestamp >= '2015-01-01 00:00:00+00'"
_NO_CLOCK = "status = 'active' and (start_timestamp is null or start_timestamp < '2015-01-01 00:00:00+00')"
NEW = {
    "uq_transactions_charger_ref": "transactions (charger_id, charger_ref) WHERE charger_ref is not null",
    "uq_transactions_issued_start": f"{_START} and charger_ref is null and {_CLOCK}",
    "uq_transactions_issued_start_without_clock": f"{_START} and charger_ref is null and {_NO_CLOCK}",
}
OLD = {
    "uq_transactions_start": f"{_START} and {_CLOCK}",
    "uq_transactions_start_without_clock": f"{_START} and {_NO_CLOCK}",
}


def upgrade() -> None:
    """From how a transaction began to what it is called."""
    replace(OLD, NEW, unique=True)


def downgrade() -> None:
    """As it was, if no two named transactions began alike."""
    replace(NEW, OLD, unique=True)
