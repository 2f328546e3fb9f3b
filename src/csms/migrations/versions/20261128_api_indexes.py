# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Lists at size: for each filter an index that is in the list's order, and for each order one that ends with the key.

A filter and an order in one index read a page's rows and no more, however rare a value is. The key at the end counts
where many rows are alike: what an import brought in has one time.
"""

from collections.abc import Sequence

from csms.migrations.indexes import replace

revision: str = "20261128_api_indexes"
down_revision: str | None = "20261128_lists"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _in_order(table: str, order: str, *columns: str) -> dict[str, str]:
    """Indices of a filter and the order: by name, what they are on."""
    return {f"ix_{table}_by_{name}": f'{table} (organization_id, "{name}", {order})' for name in columns}


def _folded(table: str, column: str) -> dict[str, str]:
    """What `csms_spellings` walks along."""
    keys = f'(lower({column}::text) COLLATE "C"), {column}'
    return {f"ix_{table}_{column}_folded": f"{table} (organization_id, {keys})"}


NEW = {
    **_in_order("chargers", "id", "name", "vendor", "model", "serial_number", "firmware_version", "status"),
    **_in_order("chargers", "id", "boot_status", "registration", "security_profile", "created_at"),
    "ix_chargers_retired": "chargers (organization_id, id) WHERE retired_at is not null",
    **_folded("chargers", "id"),
    **_folded("chargers", "name"),
    **_in_order("tokens", "id", "created_at", "value", "expires_at"),
    **_in_order("tokens", "created_at, id", "type", "status", "group"),
    **_in_order("transactions", "id", "created_at", "start_timestamp", "stop_timestamp", "transaction_id"),
    **_in_order("transactions", "created_at, id", "charger_id", "id_tag", "connector_id", "status", "reason"),
    "ix_transactions_by_charger_ref": "transactions (organization_id, charger_ref) WHERE charger_ref is not null",
    "ix_transactions_flagged": "transactions (organization_id, created_at, id) WHERE flags <> '{}'",
    **_folded("transactions", "id_tag"),
    **_in_order("commands", "id", "created_at"),
    **_in_order("commands", "created_at, id", "charger_id", "type", "status"),
    "ix_commands_queued": "commands (organization_id, created_at, id) WHERE queued",
    **_in_order("security_events", "id", "at"),
    **_in_order("security_events", "at, id", "charger_id", "kind"),
    **_folded("security_events", "charger_id"),
    **_in_order("audit_log", "id", "at"),
    **_in_order("audit_log", "at, id", "action", "actor_name", "subject_id", "subject_kind"),
    **_in_order("audit_log", "at, id", "actor_kind", "address", "request_id"),
    **_folded("audit_log", "actor_name"),
    **_folded("audit_log", "subject_id"),
    **_in_order("reservations", "id", "created_at", "expires_at"),
    **_in_order("reservations", "created_at, id", "charger_id", "id_tag", "status"),
    **_folded("reservations", "id_tag"),
    **_in_order("charger_certificates", "id", "created_at", "not_after"),
    **_in_order("charger_certificates", "created_at, id", "charger_id", "kind", "serial", "status"),
    **_in_order("charger_files", "id", "created_at"),
    **_in_order("charger_files", "created_at, id", "charger_id", "command", "kind"),
}
# What the new ones begin with.
OLD = {
    "ix_chargers_organization_id_created_at": "chargers (organization_id, created_at)",
    "ix_chargers_organization_id_status": "chargers (organization_id, status)",
    "ix_tokens_organization_id_created_at": "tokens (organization_id, created_at)",
    "ix_transactions_organization_id_charger_id": "transactions (organization_id, charger_id, created_at)",
    "ix_transactions_organization_id_created_at": "transactions (organization_id, created_at)",
    "ix_transactions_organization_id_id_tag": "transactions (organization_id, id_tag)",
    "ix_commands_organization_id_charger_id": "commands (organization_id, charger_id, created_at)",
    "ix_commands_organization_id_created_at": "commands (organization_id, created_at)",
    "ix_security_events_organization_id_at": "security_events (organization_id, at)",
    "ix_audit_log_organization_id_at": "audit_log (organization_id, at)",
    "ix_reservations_organization_id_charger_id": "reservations (organization_id, charger_id, created_at)",
    "ix_charger_certificates_organization_id_charger_id": "charger_certificates (organization_id, charger_id, created_at)",
    "ix_charger_files_organization_id_charger_id": "charger_files (organization_id, charger_id, created_at)",
}


def upgrade() -> None:
    """From what finds rows to what finds pages."""
    replace(OLD, NEW)


def downgrade() -> None:
    """As it was."""
    replace(NEW, OLD)
