# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Every letter has a purpose that there is: looked at once, without keeping anybody from writing."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261129_addresses_checked"
down_revision: str | None = "20261129_addresses"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """New rows are held to it already."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE account_letters VALIDATE CONSTRAINT ck_account_letters_purpose")


def downgrade() -> None:
    """There is nothing to take back."""
