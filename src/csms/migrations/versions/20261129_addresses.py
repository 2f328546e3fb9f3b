# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Mails to an address that somebody wants to have instead of theirs, and notices to the one that they have."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261129_addresses"
down_revision: str | None = "20261129_alert_events"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

CHECK = "ALTER TABLE account_letters ADD CONSTRAINT ck_account_letters_purpose CHECK (purpose in ({})) NOT VALID"


def upgrade() -> None:
    """Expand only: an older version goes on working with it. The rows that there are fit: checked by the next one."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(
        "-- squawk-ignore ban-drop-constraint\nALTER TABLE account_letters DROP CONSTRAINT ck_account_letters_purpose"
    )
    op.execute(CHECK.format("'invitation', 'reset', 'verification', 'change', 'notice'"))


def downgrade() -> None:
    """Addresses stay as they are, asked for or not."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DELETE FROM account_letters WHERE purpose IN ('change', 'notice')")
    op.execute("ALTER TABLE account_letters DROP CONSTRAINT ck_account_letters_purpose")
    op.execute(CHECK.format("'invitation', 'reset', 'verification'"))
    op.execute("ALTER TABLE account_letters VALIDATE CONSTRAINT ck_account_letters_purpose")
