# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Who is suspended, and keys of programs, are told of to every process: what it remembers of them is void at once."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261129_rights"
down_revision: str | None = "20261129_chargers_in_order"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TOLD = (
    "CREATE TRIGGER told AFTER INSERT OR DELETE OR UPDATE OF {} ON {} FOR EACH ROW EXECUTE FUNCTION csms_tell_change()"
)
# What changes with every use of a key is not among them.
_OF_KEYS = "permissions, places, maker_id, secret_hash, previous_hash, previous_until, expires_at, revoked_at"


def upgrade() -> None:
    """An older version hears of more than it keeps, which does no harm."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TRIGGER told ON users")
    op.execute(_TOLD.format("role, is_active, password_hash", "users"))
    op.execute(_TOLD.format(_OF_KEYS, "api_keys"))


def downgrade() -> None:
    """Tell of as much as before."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TRIGGER told ON api_keys")
    op.execute("DROP TRIGGER told ON users")
    op.execute(_TOLD.format("role", "users"))
