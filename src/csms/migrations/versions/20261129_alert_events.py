# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Rules for security events that were kept with all the names that are in a new one name `tag_guessing` too.

A rule keeps its names. One that somebody made narrower stays as it is, and one for all events needs no names.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "20261129_alert_events"
down_revision: str | None = "20261129_token_groups"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BEFORE = (
    '["AttemptedReplayAttacks", "FailedToAuthenticateAtCentralSystem", "FailedToAuthenticateAtCsms",'
    ' "CentralSystemFailedToAuthenticate", "CsmsFailedToAuthenticate", "SecurityLogWasCleared", "MemoryExhaustion",'
    ' "TamperDetectionActivated", "InvalidFirmwareSignature", "InvalidFirmwareSigningCertificate",'
    ' "InvalidCentralSystemCertificate", "InvalidCSMSCertificate", "InvalidChargePointCertificate",'
    ' "InvalidChargingStationCertificate", "InvalidTLSVersion", "InvalidTLSCipherSuite", "wrong_secret"]'
)
NEW = "tag_guessing"
MOST = 100  # names in a rule


def upgrade() -> None:
    """An older version goes on working with it: a name is any text."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(
        "UPDATE alert_rules SET updated_at = now(), condition ="
        f" jsonb_set(condition, '{{events}}', (condition->'events') || '[\"{NEW}\"]'::jsonb)"
        f" WHERE kind = 'security_event' AND condition->'events' @> '{BEFORE}'::jsonb"
        f" AND NOT condition->'events' @> '[\"{NEW}\"]'::jsonb AND jsonb_array_length(condition->'events') < {MOST}"
    )


def downgrade() -> None:
    """Take the name out of rules that have all the others; who put it in is not known any more."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(
        "UPDATE alert_rules SET updated_at = now(), condition ="
        f" jsonb_set(condition, '{{events}}', (condition->'events') - '{NEW}')"
        f" WHERE kind = 'security_event' AND condition->'events' @> '{BEFORE}'::jsonb"
        f" AND condition->'events' @> '[\"{NEW}\"]'::jsonb"
    )
