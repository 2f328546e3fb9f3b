# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Reservation profile: ReserveNow (§5.13), CancelReservation (§5.1)."""

from typing import Final

from csms.dialects.base import NotExpressibleError, Outbound
from csms.dialects.outcomes import known_outcome
from csms.dialects.times import format_time
from csms.dialects.v16.numbers import connector_of
from csms.domain.commands import CancelReservation, Command, Outcome, ReserveNow
from csms.ocpp import v16


def write_reserve(command: ReserveNow) -> v16.ReserveNow:
    """Keep a connector for a tag, or (0) any of them where the charger can."""
    if command.reservation_id is None:
        raise NotExpressibleError("the reservation needs an id")
    if command.connector_type is not None:
        raise NotExpressibleError("OCPP 1.6 cannot reserve by the type of a connector: name the connector")
    return v16.ReserveNow(
        connector_id=connector_of(command.evse_id, command.connector_id) or 0,
        expiry_date=format_time(command.expires_at),
        id_tag=command.token,
        parent_id_tag=command.group,
        reservation_id=command.reservation_id,
    )


def write_cancel(command: CancelReservation) -> v16.CancelReservation:
    """Give it up."""
    return v16.CancelReservation(reservation_id=command.reservation_id)


def read_outcome(wire: v16.ReserveNowResponse | v16.CancelReservationResponse) -> Outcome:
    """Accepted, or why not."""
    return known_outcome(wire.status)


OUTBOUND: Final[dict[type[Command], Outbound]] = {
    ReserveNow: Outbound("ReserveNow", write_reserve, read_outcome),
    CancelReservation: Outbound("CancelReservation", write_cancel, read_outcome),
}
