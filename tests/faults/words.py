# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How a charger says what happened, in OCPP 1.6 and in 2.0.1."""

from datetime import datetime
from random import Random
from typing import Any, Protocol
from uuid import UUID

from tests.faults.history import BOOT, METER, START, STATUS, STOP, Fact, Reading, Session

TAG = "FAULTS"
BEGIN, PERIODIC, END = "Transaction.Begin", "Sample.Periodic", "Transaction.End"


class Words(Protocol):
    """One version of OCPP."""

    protocol: str

    def session(self, charger: str, connector: int, at: datetime, register_wh: int, rng: Random) -> Session:
        """A session that begins."""

    def boot(self, charger: str) -> Fact:
        """It starts anew."""

    def status(self, charger: str, connector: int, status: str, at: datetime) -> Fact:
        """A connector's state, in the words of 1.6."""

    def start(self, session: Session) -> Fact:
        """A session has begun."""

    def meter(self, session: Session) -> Fact:
        """Its newest reading."""

    def stop(self, session: Session, rng: Random) -> Fact:
        """It has ended."""


class V16:
    """OCPP 1.6: the CSMS numbers transactions."""

    protocol = "ocpp1.6"

    def session(self, charger: str, connector: int, at: datetime, register_wh: int, rng: Random) -> Session:
        return Session(charger, connector, at, register_wh)

    def boot(self, charger: str) -> Fact:
        payload = {"chargePointVendor": "Acme", "chargePointModel": "One", "chargePointSerialNumber": charger}
        return Fact(charger, BOOT, "BootNotification", payload)

    def status(self, charger: str, connector: int, status: str, at: datetime) -> Fact:
        payload = {"connectorId": connector, "errorCode": "NoError", "status": status, "timestamp": text(at)}
        stored = status.lower()
        return Fact(charger, STATUS, "StatusNotification", payload, connector=connector, status=stored, at=at)

    def start(self, session: Session) -> Fact:
        payload = {
            "connectorId": session.connector,
            "idTag": TAG,
            "meterStart": session.meter_start,
            "timestamp": text(session.begun_at),
        }
        return Fact(session.charger, START, "StartTransaction", payload, session)

    def meter(self, session: Session) -> Fact:
        reading = Reading(*session.readings[-1], PERIODIC)
        payload = {"connectorId": session.connector, "meterValue": [_meter(reading, as_text=True)]}
        return Fact(session.charger, METER, "MeterValues", payload, session, readings=(reading,))

    def stop(self, session: Session, rng: Random) -> Fact:
        assert session.ended_at is not None
        assert session.meter_stop is not None
        payload: dict[str, Any] = {
            "meterStop": session.meter_stop,
            "timestamp": text(session.ended_at),
            "reason": "Local",
        }
        readings: tuple[Reading, ...] = ()
        if rng.random() < 0.5:
            readings = (Reading(session.ended_at, session.meter_stop, END, once=True),)
            payload["transactionData"] = [_meter(readings[0], as_text=True)]
        return Fact(session.charger, STOP, "StopTransaction", payload, session, readings=readings)


class V201:
    """OCPP 2.0.1: the charger names transactions and numbers what it tells of them."""

    protocol = "ocpp2.0.1"

    def session(self, charger: str, connector: int, at: datetime, register_wh: int, rng: Random) -> Session:
        return Session(charger, connector, at, register_wh, ref=str(UUID(int=rng.getrandbits(128))))

    def boot(self, charger: str) -> Fact:
        station = {"vendorName": "Acme", "model": "Two", "serialNumber": charger}
        return Fact(charger, BOOT, "BootNotification", {"chargingStation": station, "reason": "PowerUp"})

    def status(self, charger: str, connector: int, status: str, at: datetime) -> Fact:
        said = "Available" if status == "Available" else "Occupied"
        payload = {"timestamp": text(at), "connectorStatus": said, "evseId": connector, "connectorId": 1}
        return Fact(charger, STATUS, "StatusNotification", payload, connector=connector, status=said.lower(), at=at)

    def start(self, session: Session) -> Fact:
        token = {"idToken": TAG, "type": "ISO14443"}
        reading = Reading(session.begun_at, session.meter_start, BEGIN, once=True)
        evse = {"id": session.connector, "connectorId": 1}
        return _event(session, START, "Started", "Authorized", reading, evse=evse, idToken=token)

    def meter(self, session: Session) -> Fact:
        reading = Reading(*session.readings[-1], PERIODIC, once=True)
        return _event(session, METER, "Updated", "MeterValuePeriodic", reading)

    def stop(self, session: Session, rng: Random) -> Fact:
        assert session.ended_at is not None
        assert session.meter_stop is not None
        reading = Reading(session.ended_at, session.meter_stop, END, once=True)
        return _event(session, STOP, "Ended", "EVDeparted", reading, info={"stoppedReason": "Local"})


def _event(
    session: Session,
    kind: str,
    stage: str,
    trigger: str,
    reading: Reading,
    info: dict[str, Any] | None = None,
    **more: Any,
) -> Fact:
    payload = {
        "eventType": stage,
        "timestamp": text(reading.at),
        "triggerReason": trigger,
        "seqNo": session.seq_no,
        "transactionInfo": {"transactionId": session.ref, **(info or {})},
        "meterValue": [_meter(reading, as_text=False)],
        **more,
    }
    session.seq_no += 1
    return Fact(session.charger, kind, "TransactionEvent", payload, session, readings=(reading,))


def text(at: datetime) -> str:
    """A time as chargers write it."""
    return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds").replace("+00:00", "Z")


def _meter(reading: Reading, *, as_text: bool) -> dict[str, Any]:
    value: str | int = str(reading.energy_wh) if as_text else reading.energy_wh
    return {"timestamp": text(reading.at), "sampledValue": [{"value": value, "context": reading.context}]}
