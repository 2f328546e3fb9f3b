# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Alerts of a severity, in the order of their list."""

from collections.abc import Sequence

from csms.migrations.indexes import replace

revision: str = "20261130_alert_severity"
down_revision: str | None = "20261130_reports"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NEW = {"ix_alerts_by_severity": "alerts (organization_id, severity, last_at, id)"}


def upgrade() -> None:
    """One more."""
    replace({}, NEW)


def downgrade() -> None:
    """Without it."""
    replace(NEW, {})
