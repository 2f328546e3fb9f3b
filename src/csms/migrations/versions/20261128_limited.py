# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What somebody sees whose role holds at some sites or groups only: further policies for the role `csms_limited`.

`csms_limited` has the rights and policies of `csms_app`; these are restrictive, so that both must agree. A table of a
later migration needs one too: `tests/security/test_limited.py` finds those that have none.
"""

from collections.abc import Mapping, Sequence

from alembic import op

revision: str = "20261128_limited"
down_revision: str | None = "20261128_places_index"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Rows of a charger: seen with the charger, on which the policy of `chargers` decides.
OF_CHARGER = (
    "bulk_targets",
    "charger_certificates",
    "charger_connections",
    "charger_files",
    "charger_group_members",
    "charger_hardware",
    "charger_notices",
    "charger_progress",
    "charger_reports",
    "commands",
    "configuration_assignments",
    "configuration_history",
    "configurations",
    "conformance_findings",
    "connectors",
    "device_events",
    "file_links",
    "installed_charging_profiles",
    "local_lists",
    "meter_values",
    "ocpp_messages",
    "reservations",
    "security_events",
    "status_history",
    "transactions",
)
OF_PARENT = {
    "charger_report_parts": "EXISTS (SELECT FROM charger_reports p WHERE p.id = report)",
    "transaction_events": "EXISTS (SELECT FROM transactions p WHERE p.id = transaction)",
    "sites": "path && csms_places()",
    "charger_groups": "id = ANY (csms_places())",
}
# Shared by the organization: seen, not changed.
READ_ONLY = (
    "charging_profile_assignments",
    "charging_profiles",
    "configuration_templates",
    "firmware_images",
    "gateway_nodes",
    "installation",
    "organizations",
    "settings",
)
# Added to, and nothing else.
INSERT_ONLY = ("jobs", "outbox")
HIDDEN = (
    "account_links",
    "api_keys",
    "audit_log",
    "outbox_parked",
    "pending_chargers",
    "refresh_tokens",
    "role_assignments",
    "roles",
    "tokens",
    "users",
)


def _policies() -> Mapping[str, Sequence[str]]:
    """Table to what its policies say after `AS RESTRICTIVE`."""
    seen = "EXISTS (SELECT FROM chargers c WHERE c.id = charger_id)"
    here = "places && csms_places()"
    every = "TO csms_limited USING ({0}) WITH CHECK ({0})"
    found: dict[str, list[str]] = {"chargers": [every.format(here)]}
    found |= {table: [every.format(seen)] for table in OF_CHARGER}
    found |= {table: [every.format(condition)] for table, condition in OF_PARENT.items()}
    # its targets are chosen among what is seen, after it was written
    found["bulk_commands"] = [
        "TO csms_limited USING (EXISTS (SELECT FROM bulk_targets t WHERE t.bulk = id)) WITH CHECK (true)"
    ]
    found["idempotency_keys"] = ["TO csms_limited USING (true) WITH CHECK (true)"]
    for table in READ_ONLY:
        found[table] = [
            "FOR INSERT TO csms_limited WITH CHECK (false)",
            "FOR UPDATE TO csms_limited USING (false)",
            "FOR DELETE TO csms_limited USING (false)",
        ]
    found |= {table: ["TO csms_limited USING (false) WITH CHECK (true)"] for table in INSERT_ONLY}
    found |= {table: [every.format("false")] for table in HIDDEN}
    return found


def upgrade() -> None:
    """Nobody acts as this role before this version: nothing changes for an older one."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE chargers VALIDATE CONSTRAINT fk_chargers_organization_id_site_id")
    for table, policies in _policies().items():
        for number, policy in enumerate(policies):
            name = "limited" if len(policies) == 1 else f"limited_{number}"
            op.execute(f"CREATE POLICY {name} ON {table} AS RESTRICTIVE {policy}")


def downgrade() -> None:
    """Take the policies away again; without them nobody should act as the role."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, policies in _policies().items():
        for number in range(len(policies)):
            name = "limited" if len(policies) == 1 else f"limited_{number}"
            op.execute(f"DROP POLICY {name} ON {table}")
