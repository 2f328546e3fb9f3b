# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the events of a timeline come from: one query for each source, which an index answers newest first.

Tables of other features are read here by name.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from csms.features.accounts.permissions import Permission


class Source(msgspec.Struct, frozen=True):
    """A kind of event. `at` is the column that its index has; `needs` is asked for beside the route's own."""

    kind: str
    at: str
    code: str
    parameters: str
    rows: str
    needs: Permission | None = None
    key: str = "id::text"


OF_CHARGER: Final = (
    Source(
        "connected",
        "connected_at",
        "'connected'",
        "jsonb_build_object('protocol', protocol, 'address', address)",
        """(SELECT charger_id, epoch, connected_at, protocol, address FROM charger_connections
            WHERE charger_id = :charger AND online
            UNION ALL SELECT charger_id, epoch, connected_at, protocol, address FROM past_connections
            WHERE charger_id = :charger) x WHERE charger_id = :charger""",
        key="lpad(epoch::text, 20, '0')",
    ),
    Source(
        "disconnected",
        "ended_at",
        "'disconnected_by_' || coalesce(closed_by, 'network')",
        """jsonb_build_object('close_code', close_code, 'close_reason', close_reason, 'closed_by', closed_by,
            'lasted_s', round(extract(epoch FROM ended_at - connected_at)))""",
        "past_connections WHERE charger_id = :charger",
    ),
    Source(
        "booted",
        "at",
        "'booted'",
        "jsonb_build_object('reason', reason, 'status', status, 'firmware_version', firmware_version)",
        "charger_boots WHERE charger_id = :charger",
    ),
    Source(
        "status",
        "received_at",
        "'status_changed'",
        """jsonb_build_object('evse_id', evse_id, 'connector_id', connector_id, 'status', status,
            'error_code', nullif(error_code, 'NoError'), 'info', info, 'status_at', status_at)""",
        "status_history WHERE charger_id = :charger",
        key="evse_id || '/' || connector_id || '/' || status || '/' || coalesce(status_at::text, '')",
    ),
    Source(
        "transaction_started",
        "created_at",
        "'transaction_started'",
        """jsonb_build_object('id', id, 'transaction_id', transaction_id, 'evse_id', evse_id,
            'connector_id', connector_id, 'start_timestamp', start_timestamp)""",
        "transactions WHERE charger_id = :charger AND start_received_at IS NOT NULL",
        needs=Permission.TRANSACTION_READ,
    ),
    Source(
        "transaction_ended",
        "stop_received_at",
        "'transaction_ended'",
        """jsonb_build_object('id', id, 'transaction_id', transaction_id, 'evse_id', evse_id,
            'connector_id', connector_id, 'energy_wh', energy_wh, 'reason', reason, 'flags', flags)""",
        "transactions WHERE charger_id = :charger AND stop_received_at IS NOT NULL",
        needs=Permission.TRANSACTION_READ,
    ),
    Source(
        "transaction_closed",
        "closed_at",
        "'transaction_closed'",
        "jsonb_build_object('id', id, 'transaction_id', transaction_id, 'reason', close_reason)",
        "transactions WHERE charger_id = :charger AND closed_at IS NOT NULL",
        needs=Permission.TRANSACTION_READ,
    ),
    Source(
        "command",
        "created_at",
        "'command_' || status",
        """jsonb_build_object('id', id, 'type', type, 'status', status, 'reason', reason, 'actor', actor_name,
            'finished_at', finished_at)""",
        "commands WHERE charger_id = :charger",
    ),
    Source(
        "security",
        "at",
        "'security_event'",
        "jsonb_build_object('id', id, 'event', kind, 'detail', detail, 'address', address)",
        "security_events WHERE charger_id = :charger",
    ),
    Source(
        "alert",
        "first_at",
        "'alert_' || status",
        """jsonb_build_object('id', id, 'alert', kind, 'severity', severity, 'title', title, 'status', status,
            'resolved_at', resolved_at)""",
        "alerts WHERE charger_id = :charger",
        needs=Permission.ALERT_READ,
    ),
    Source(
        "firmware",
        "at",
        "kind || '_progress'",
        "jsonb_build_object('status', status, 'request_id', request_id, 'info', info)",
        "charger_progress WHERE charger_id = :charger",
    ),
    Source(
        "configuration",
        "at",
        "'configuration_changed'",
        """jsonb_build_object('key', key, 'old_value', old_value, 'new_value', new_value, 'actor', actor_name,
            'command', command)""",
        "configuration_history WHERE charger_id = :charger",
    ),
    Source(
        "audit",
        "at",
        "'settings_changed'",
        "jsonb_build_object('id', id, 'action', action, 'actor', nullif(actor_name, ''))",
        "audit_log WHERE subject_kind = 'charger' AND subject_id = :charger AND action NOT IN"
        " ('charger:command:send', 'charger:configuration:change')",
        needs=Permission.AUDIT_READ,
    ),
)

OF_TRANSACTION: Final = (
    Source(
        "transaction_started",
        "start_received_at",
        "'transaction_started'",
        """jsonb_build_object('id', id, 'transaction_id', transaction_id, 'evse_id', evse_id,
            'connector_id', connector_id, 'start_timestamp', start_timestamp)""",
        "transactions WHERE id = CAST(:transaction AS uuid) AND start_received_at IS NOT NULL",
    ),
    Source(
        "transaction_updated",
        "received_at",
        "'transaction_updated'",
        """jsonb_build_object('seq_no', seq_no, 'stage', stage, 'trigger', trigger, 'phase', phase, 'offline', offline,
            'timestamp', at)""",
        "transaction_events WHERE transaction = CAST(:transaction AS uuid) AND stage = 'updated'",
        key="lpad(seq_no::text, 20, '0')",
    ),
    Source(
        "transaction_ended",
        "stop_received_at",
        "'transaction_ended'",
        """jsonb_build_object('id', id, 'energy_wh', energy_wh, 'reason', reason, 'flags', flags,
            'stop_timestamp', stop_timestamp)""",
        "transactions WHERE id = CAST(:transaction AS uuid) AND stop_received_at IS NOT NULL",
    ),
    Source(
        "transaction_closed",
        "closed_at",
        "'transaction_closed'",
        "jsonb_build_object('id', id, 'reason', close_reason)",
        "transactions WHERE id = CAST(:transaction AS uuid) AND closed_at IS NOT NULL",
    ),
)
# Of its charger, while it went on.
DURING: Final = ("connected", "disconnected", "booted", "status", "command", "security", "alert")
EVENTS: Final[Mapping[str, str]] = {
    "connected": "Connected by {protocol} from {address}.",
    "disconnected_by_charger": "The charger closed the connection (code {close_code}).",
    "disconnected_by_csms": "The CSMS closed the connection: {close_reason}.",
    "disconnected_by_network": "The connection broke without a word.",
    "disconnected_by_node": "The connection ended with the gateway that held it.",
    "booted": "Booted: {reason}; answered {status}.",
    "status_changed": "Connector {connector_id}: {status}.",
    "transaction_started": "Session {transaction_id} began at connector {connector_id}.",
    "transaction_updated": "Session: {trigger}, {phase}.",
    "transaction_ended": "Session ended: {energy_wh} Wh, {reason}.",
    "transaction_closed": "The session's record was closed by hand: {reason}.",
    "command_pending": "{type} was sent by {actor} and is under way.",
    "command_accepted": "{type} was sent by {actor} and accepted.",
    "command_rejected": "{type} was sent by {actor} and rejected: {reason}.",
    "command_not_supported": "{type} was sent by {actor} and is not supported.",
    "command_timed_out": "{type} was sent by {actor} and not answered.",
    "command_unreachable": "{type} was sent by {actor}; the charger was not connected.",
    "command_expired": "{type} was sent by {actor} and expired.",
    "command_error": "{type} was sent by {actor} and failed: {reason}.",
    "security_event": "Security event {event}: {detail}.",
    "alert_open": "Alert ({severity}): {title}.",
    "alert_acknowledged": "Alert ({severity}, acknowledged): {title}.",
    "alert_snoozed": "Alert ({severity}, snoozed): {title}.",
    "alert_resolved": "Alert ({severity}, resolved): {title}.",
    "firmware_progress": "Firmware update: {status}.",
    "diagnostics_progress": "Diagnostics: {status}.",
    "log_progress": "Log upload: {status}.",
    "publish_firmware_progress": "Publishing firmware: {status}.",
    "configuration_changed": "{key} was changed from {old_value} to {new_value} by {actor}.",
    "settings_changed": "{action} by {actor}.",
}
