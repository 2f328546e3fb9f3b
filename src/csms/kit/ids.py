# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Ids: time-ordered UUIDs for rows, short random ids for messages, secrets for people and chargers."""

import secrets
from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A UUIDv7: unique, and sorted by the time it was made."""
    return UUID(int=uuid_utils.uuid7().int)


def new_message_id() -> str:
    """A message id of 32 hexadecimal characters (OCPP-J allows 36)."""
    return secrets.token_hex(16)


def new_secret(octets: int = 24) -> str:
    """A random secret in URL-safe text, `octets` bytes strong."""
    return secrets.token_urlsafe(octets)
