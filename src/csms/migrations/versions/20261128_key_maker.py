# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Who answers for an API key: it may do nothing that they may not."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_key_maker"
down_revision: str | None = "20261128_requests"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Whom the name of the maker does not tell has left: somebody has to take such a key over."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE api_keys ADD COLUMN maker_id UUID")
    op.execute(
        "UPDATE api_keys k SET maker_id = u.id FROM users u"
        " WHERE u.organization_id = k.organization_id AND u.username = k.created_by"
    )


def downgrade() -> None:
    """Take it away again."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE api_keys DROP COLUMN maker_id")
