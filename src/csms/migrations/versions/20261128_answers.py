# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of which answers are kept tell of their changes, to every process that listens."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_answers"
down_revision: str | None = "20261128_alerts_indexes"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# With the columns that matter, where others change often.
TABLES = {
    "charger_group_members": "",
    "charger_groups": "",
    "chargers": " OF site_id, places, retired_at",
    "charging_profiles": "",
    "configuration_assignments": " OF template",
    "configuration_templates": "",
    "feature_flags": "",
    "firmware_images": "",
    "notification_templates": "",
    "role_assignments": "",
    "roles": "",
    "settings": "",
    "settings_history": "",
    "sites": "",
    "tokens": ' OF "group", status',
    "users": " OF role",
}
# The same payload in one transaction is told once.
FUNCTION = """
CREATE FUNCTION csms_tell_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public
AS $$
BEGIN
    PERFORM pg_notify('csms_changes', TG_TABLE_NAME || ' ' || coalesce(NEW.organization_id, OLD.organization_id));
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Nobody listens before this version: nothing changes for an older one."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(FUNCTION)
    op.execute("REVOKE ALL ON FUNCTION csms_tell_change() FROM PUBLIC")
    for table, columns in TABLES.items():
        op.execute(
            f"CREATE TRIGGER told AFTER INSERT OR DELETE OR UPDATE{columns} ON {table} FOR EACH ROW"
            " EXECUTE FUNCTION csms_tell_change()"
        )


def downgrade() -> None:
    """Tell nobody any more."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in TABLES:
        op.execute(f"DROP TRIGGER told ON {table}")
    op.execute("DROP FUNCTION csms_tell_change()")
