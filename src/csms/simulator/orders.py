# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What a virtual charger does when the CSMS tells it to, in no version's words. Answers first, consequences after."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

from csms.simulator.device import Connector, Status, StopReason
from csms.simulator.memory import Reservation
from csms.simulator.speech import ACCEPTED

if TYPE_CHECKING:
    from csms.simulator.charger import VirtualCharger

After: TypeAlias = Callable[[], None]
Availability: TypeAlias = Literal["Accepted", "Rejected", "Scheduled"]
Unlocking: TypeAlias = Literal["Unlocked", "UnlockFailed", "NotSupported"]


def _free(connector: Connector, tag: str) -> bool:
    idle = connector.transaction is None and connector.expects is None
    return connector.operative and not connector.faulted and idle and connector.allows(tag)


def remote_start(
    charger: "VirtualCharger", number: int | None, tag: str, remote_start_id: int | None = None
) -> After | None:
    """Start for this tag on the connector, or on the best one; None if that cannot be."""
    if not charger.ready or charger.stopping:
        return None
    if number is None:
        candidates = [each for each in charger.connectors if _free(each, tag)]
        # Where a car waits is where the driver stands.
        connector = max(candidates, key=lambda each: each.plugged, default=None)
    else:
        connector = charger.connector(number)
    if connector is None or not _free(connector, tag):
        return None
    chosen = connector
    chosen.expects = tag

    def begin() -> None:
        charger.spawn(_start_when_plugged(charger, chosen, tag, remote_start_id))

    return begin


async def _start_when_plugged(
    charger: "VirtualCharger", connector: Connector, tag: str, remote_start_id: int | None
) -> None:
    """§5.11: authorise first if configured; the cable has to come within ConnectionTimeOut."""
    if charger.configuration.boolean("AuthorizeRemoteTxRequests") and await charger.authorize(tag) != ACCEPTED:
        connector.expects = None
        charger.refresh(connector)
        return
    charger.refresh(connector)
    if not connector.plugged and charger.on_remote_start is not None:
        charger.on_remote_start(connector)
    timeout_s = charger.configuration.integer("ConnectionTimeOut") or None
    await charger.until(lambda: connector.plugged or connector.expects != tag or connector.faulted, timeout_s)
    if connector.expects != tag:
        return
    if connector.plugged and not connector.faulted and connector.transaction is None:
        charger.start_transaction(connector, tag, remote_start_id=remote_start_id)
    else:
        connector.expects = None
        charger.refresh(connector)


def remote_stop(charger: "VirtualCharger", ref: int | str) -> After | None:
    """Stop the transaction with that number; None if there is none."""
    for connector in charger.connectors:
        transaction = connector.transaction
        if transaction is not None and transaction.ref == ref:
            return partial(_stop_remotely, charger, connector)
    return None


def _stop_remotely(charger: "VirtualCharger", connector: Connector) -> None:
    charger.stop_transaction(connector, StopReason.REMOTE)


def reset(charger: "VirtualCharger", *, hard: bool) -> After:
    """Restart."""
    reason = StopReason.HARD_RESET if hard else StopReason.SOFT_RESET

    def restart() -> None:
        charger.spawn(charger.restart(reason))

    return restart


def unlock(charger: "VirtualCharger", number: int) -> tuple[Unlocking, After | None]:
    """Release the cable; a transaction ends by it (§5.18)."""
    connector = charger.connector(number)
    if connector is None:
        return "NotSupported", None
    if connector.error_code == "ConnectorLockFailure":
        return "UnlockFailed", None

    def release() -> None:
        charger.stop_transaction(connector, StopReason.UNLOCK_COMMAND)
        connector.locked = False
        charger.changed()

    return "Unlocked", release


def change_availability(
    charger: "VirtualCharger", number: int, *, operative: bool
) -> tuple[Availability, After | None]:
    """In or out of service; a running transaction is waited for (§5.2). Number 0 means all."""
    connector = charger.main if number == 0 else charger.connector(number)
    if connector is None:
        return "Rejected", None
    concerned = charger.all_connectors if number == 0 else [connector]
    busy = [each for each in concerned if each.transaction is not None]
    for each in busy:
        each.becomes_operative = operative

    def change() -> None:
        for each in concerned:
            if each.transaction is None:
                each.operative = operative
                each.becomes_operative = None
                charger.refresh(each)

    return "Scheduled" if busy and not operative else "Accepted", change


def trigger_status(charger: "VirtualCharger", number: int | None) -> After | None:
    """Say the status of one connector, or of all; None if there is no such connector."""
    connectors = _concerned(charger, number)

    def say() -> None:
        for each in connectors:
            charger.uplink.say_status(each)

    return say if connectors else None


def trigger_meter(charger: "VirtualCharger", number: int | None) -> After | None:
    """Read one meter, or all of the connectors; None if there is no such connector."""
    connectors = charger.connectors if number is None else _concerned(charger, number)

    def read() -> None:
        for each in connectors:
            charger.meter(each, "Trigger")

    return read if connectors else None


Reserving: TypeAlias = Literal["Accepted", "Faulted", "Occupied", "Rejected", "Unavailable"]


def reserve(charger: "VirtualCharger", reservation: Reservation) -> tuple[Reserving, After | None]:
    """Keep a connector, or any, for a tag until a time (1.6 §5.13, 2.x H01). The same number replaces."""
    connectors = (
        charger.connectors
        if not reservation.connector
        else [each for each in charger.connectors if each.number == reservation.connector]
    )
    if not connectors or reservation.until <= charger.runtime.time.stamp():
        return "Rejected", None
    cancel_reservation(charger, reservation.id)
    free = [each for each in connectors if each.resting_status() is Status.AVAILABLE and each.transaction is None]
    if not free:
        return _why_not(connectors[0]), None
    chosen = free[0]
    chosen.reservation = reservation
    charger.memory.reservations[reservation.id] = reservation

    def keep() -> None:
        charger.refresh(chosen)
        charger.spawn(_expire(charger, reservation))

    return "Accepted", keep


def _why_not(connector: Connector) -> Reserving:
    if connector.faulted:
        return "Faulted"
    return "Occupied" if connector.operative else "Unavailable"


async def _expire(charger: "VirtualCharger", reservation: Reservation) -> None:
    left_s = (reservation.until - charger.runtime.time.stamp()).total_seconds()
    await charger.until_sim(lambda: charger.memory.reservations.get(reservation.id) is not reservation, left_s)
    if charger.memory.reservations.get(reservation.id) is reservation:
        cancel_reservation(charger, reservation.id)
        charger.uplink.say(charger.speech.reservation_ended(reservation.id, "Expired"))


def cancel_reservation(charger: "VirtualCharger", number: int) -> bool:
    """Give a reservation up; False if there is none."""
    if charger.memory.reservations.pop(number, None) is None:
        return False
    for connector in charger.connectors:
        if connector.reservation is not None and connector.reservation.id == number:
            connector.reservation = None
            charger.refresh(connector)
    return True


def sign_request(charger: "VirtualCharger") -> After:
    """Make a key and ask for a certificate."""

    def ask() -> None:
        csr = charger.memory.keys.request(charger.config.identity, charger.config.vendor)
        charger.uplink.say(charger.speech.sign(csr))

    return ask


def new_password(charger: "VirtualCharger", password: str) -> None:
    """Come again with it: from then on it is the only one (1.6 security whitepaper §2.2, 2.x A01)."""
    charger.password = password
    charger.spawn(charger.uplink.hang_up(charger.config.reboot_s, reboot=False))


def _concerned(charger: "VirtualCharger", number: int | None) -> list[Connector]:
    return [each for each in charger.all_connectors if number is None or each.number == number]


def configuration_changed(charger: "VirtualCharger", name: str) -> None:
    """A key has another value: what runs by it is armed anew."""
    if name == "HeartbeatInterval":
        charger.uplink.interval_changed()
    elif name == "ClockAlignedDataInterval":
        charger.align()
