# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tokens that a charger knows by itself, and reservations."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from csms.domain.commands.base import Command, ConnectorId, EvseId, Number, Token
from csms.domain.numbers import Natural
from csms.domain.tokens import TokenType


class LocalListEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A token on the local list; without a status a differential update takes it off."""

    token: Token
    token_type: TokenType | None = None
    status: Literal["accepted", "blocked", "expired", "invalid"] | None = None
    group: Token | None = None
    expires_at: datetime | None = None


class SendLocalList(Command, frozen=True, tag="send_local_list"):
    """Give the charger a new local authorization list, or changes to the one it has."""

    update: Literal["full", "differential"]
    entries: Annotated[tuple[LocalListEntry, ...], Meta(max_length=10_000)] = ()
    version: Annotated[Natural, Meta(description="One more than the last where it is left out.")] | None = None


class GetLocalListVersion(Command, frozen=True, tag="get_local_list_version"):
    """Ask for the version of the local list: 0 for an empty one, -1 where there can be none (1.6)."""


class ReserveNow(Command, frozen=True, tag="reserve_now"):
    """Keep a connector, an EVSE or (none named) any of them for a token until a time."""

    token: Token
    expires_at: datetime
    connector_id: ConnectorId | None = None
    evse_id: EvseId | None = None
    connector_type: Annotated[str, Meta(max_length=20)] | None = None
    token_type: TokenType | None = None
    group: Token | None = None
    reservation_id: Number | None = None


class CancelReservation(Command, frozen=True, tag="cancel_reservation"):
    """Give up a reservation."""

    reservation_id: Natural
