# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What somebody did, in the order of the chain: from its beginning, without what others did before."""

from collections.abc import Sequence

from csms.migrations.indexes import replace

revision: str = "20261201_deeds"
down_revision: str | None = "20261201_lately_lost"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NEW = {"ix_audit_log_deeds": "audit_log (organization_id, actor_id, number)"}


def upgrade() -> None:
    """One more."""
    replace({}, NEW)


def downgrade() -> None:
    """Without it."""
    replace(NEW, {})
