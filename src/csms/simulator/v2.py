# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""OCPP 2.0.1 and 2.1 in a charger's mouth. `v2_orders` has the commands."""

from collections.abc import Iterable
from datetime import datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from csms.dialects.times import format_time
from csms.kit.ids import new_id
from csms.ocpp.codec import Protocol, Validation, decode_request
from csms.simulator import v2_orders
from csms.simulator.connection import Words
from csms.simulator.device import (
    Changed,
    Connector,
    Fact,
    Metered,
    Sampled,
    Started,
    Status,
    Stopped,
    StopReason,
    Transaction,
)
from csms.simulator.model import availability
from csms.simulator.speech import Obeyed, Registration
from csms.simulator.v2_order import Order

if TYPE_CHECKING:
    from csms.simulator.charger import VirtualCharger

_STATES: Final = {
    Status.CHARGING: "Charging",
    Status.SUSPENDED_EV: "SuspendedEV",
    Status.SUSPENDED_EVSE: "SuspendedEVSE",
    Status.FAULTED: "SuspendedEVSE",
}
_REASONS: Final = {
    StopReason.EMERGENCY_STOP: "EmergencyStop",
    StopReason.EV_DISCONNECTED: "EVDisconnected",
    StopReason.HARD_RESET: "ImmediateReset",
    StopReason.LOCAL: "Local",
    StopReason.OTHER: "Other",
    StopReason.POWER_LOSS: "PowerLoss",
    StopReason.REBOOT: "Reboot",
    StopReason.REMOTE: "Remote",
    StopReason.SOFT_RESET: "Reboot",
    StopReason.UNLOCK_COMMAND: "Other",
    StopReason.DE_AUTHORIZED: "DeAuthorized",
}
_TRIGGERS: Final = {
    StopReason.EV_DISCONNECTED: "EVCommunicationLost",
    StopReason.HARD_RESET: "ResetCommand",
    StopReason.SOFT_RESET: "ResetCommand",
    StopReason.LOCAL: "StopAuthorized",
    StopReason.REMOTE: "RemoteStop",
    StopReason.UNLOCK_COMMAND: "UnlockCommand",
    StopReason.DE_AUTHORIZED: "Deauthorized",
}
_READINGS: Final = {"Sample.Periodic": "MeterValuePeriodic", "Sample.Clock": "MeterValueClock", "Trigger": "Trigger"}
TOKEN_TYPE: Final = "ISO14443"  # noqa: S105  (a card)


class V2:
    """`Speech` of 2.0.1 or 2.1: `wire` is the version's own messages."""

    tells_changes = True

    def __init__(self, protocol: Protocol, wire: ModuleType) -> None:
        self.protocol = protocol
        self.wire: Any = wire

    def boot(self, charger: "VirtualCharger") -> Words:
        """BootNotification (B01)."""
        config = charger.config
        station = self.wire.ChargingStationType(
            model=config.model[:20],
            vendor_name=config.vendor[:50],
            serial_number=(config.serial or config.identity)[:25],
            firmware_version=charger.firmware[:50],
        )
        message = self.wire.BootNotification(charging_station=station, reason=charger.boot_reason)
        return Words("BootNotification", message)

    def read_boot(self, response: Any) -> Registration:
        """Status and interval."""
        return Registration(response.status, response.interval)

    def heartbeat(self) -> Words:
        """Heartbeat (G02)."""
        return Words("Heartbeat", self.wire.Heartbeat())

    def status_word(self, connector: Connector) -> str | None:
        """One of five; the charger as such has none."""
        return availability(connector) if connector.number else None

    def status(self, connector: Connector, at: datetime) -> Words:
        """StatusNotification (G01): every EVSE here has one connector."""
        message = self.wire.StatusNotification(
            timestamp=format_time(at),
            connector_status=availability(connector),
            evse_id=connector.number,
            connector_id=1,
        )
        return Words("StatusNotification", message)

    def progress(self, kind: str, status: str, request_id: int | None) -> Words | None:
        """FirmwareStatusNotification, LogStatusNotification or PublishFirmwareStatusNotification (L, N)."""
        name = {"firmware": "FirmwareStatusNotification", "publish_firmware": "PublishFirmwareStatusNotification"}.get(
            kind, "LogStatusNotification"
        )
        fields: dict[str, Any] = {"status": status, "request_id": request_id}
        if status == "Published":
            fields["location"] = ["http://local-controller.invalid/firmware"]
        return Words(name, getattr(self.wire, name)(**fields))

    def security_event(self, kind: str, info: str, at: datetime) -> Words:
        """SecurityEventNotification (A04)."""
        message = self.wire.SecurityEventNotification(type=kind, timestamp=format_time(at), tech_info=info)
        return Words("SecurityEventNotification", message)

    def sign(self, csr: str) -> Words:
        """SignCertificate (A02)."""
        message = self.wire.SignCertificate(csr=csr, certificate_type="ChargingStationCertificate")
        return Words("SignCertificate", message)

    def reservation_ended(self, reservation_id: int, how: str) -> Words:
        """ReservationStatusUpdate (H04)."""
        message = self.wire.ReservationStatusUpdate(reservation_id=reservation_id, reservation_update_status=how)
        return Words("ReservationStatusUpdate", message)

    def new_ref(self) -> str:
        """The charger names its transactions."""
        return str(new_id())

    def token(self, tag: str) -> Any:
        """A tag as the wire has it."""
        return self.wire.IdTokenType(id_token=tag, type=TOKEN_TYPE)

    def authorize(self, tag: str) -> Words:
        """Authorize (C01)."""
        return Words("Authorize", self.wire.Authorize(id_token=self.token(tag)))

    def read_authorize(self, response: Any) -> str:
        """The token's status."""
        return str(response.id_token_info.status)

    def fact(self, fact: Fact) -> Words:
        """TransactionEvent (E), or MeterValues outside of transactions (J01)."""
        at = format_time(fact.at)
        match fact:
            case Started(transaction=transaction):
                trigger = "Authorized" if transaction.remote_start_id is None else "RemoteStart"
                began = [
                    Sampled("Energy.Active.Import.Register", str(transaction.meter_start_wh), "Wh", None, "Outlet")
                ]
                return self._event(
                    fact,
                    transaction,
                    "Started",
                    trigger,
                    {"charging_state": "Charging", "remote_start_id": transaction.remote_start_id},
                    meter_value=[self._meter_value(at, began, "Transaction.Begin")],
                    id_token=self.token(transaction.tag),
                    reservation_id=transaction.reservation_id,
                )
            case Changed(transaction=transaction):
                state = _STATES.get(fact.status, "EVConnected")
                return self._event(fact, transaction, "Updated", "ChargingStateChanged", {"charging_state": state})
            case Metered(transaction=Transaction() as transaction):
                values = [self._meter_value(at, fact.samples, fact.context)]
                trigger = _READINGS.get(fact.context, "MeterValuePeriodic")
                return self._event(fact, transaction, "Updated", trigger, {}, meter_value=values)
            case Metered():
                values = [self._meter_value(at, fact.samples, fact.context)]
                return Words("MeterValues", self.wire.MeterValues(evse_id=fact.connector, meter_value=values))
            case Stopped(transaction=transaction):
                return self._event(
                    fact,
                    transaction,
                    "Ended",
                    _TRIGGERS.get(fact.reason, "AbnormalCondition"),
                    {"stopped_reason": _REASONS[fact.reason]},
                    meter_value=[self._meter_value(at, fact.samples, "Transaction.End")] if fact.samples else None,
                    id_token=None if fact.tag is None else self.token(fact.tag),
                )
            case _:
                raise TypeError(f"no words for {type(fact).__name__}")

    def _event(
        self, fact: Fact, transaction: Transaction, kind: str, trigger: str, info: dict[str, Any], **fields: Any
    ) -> Words:
        if fact.number is None:
            fact.number, transaction.events = transaction.events, transaction.events + 1
        message = self.wire.TransactionEvent(
            event_type=kind,
            timestamp=format_time(fact.at),
            trigger_reason=trigger,
            seq_no=fact.number,
            offline=fact.offline,
            transaction_info=self.wire.TransactionType(transaction_id=str(transaction.ref), **info),
            evse=self.wire.EVSEType(id=fact.connector, connector_id=1),
            **fields,
        )
        return Words("TransactionEvent", message)

    def _meter_value(self, at: str, samples: Iterable[Sampled], context: str) -> Any:
        return self.wire.MeterValueType(
            timestamp=at,
            sampled_value=[
                self.wire.SampledValueType(
                    value=float(sample.value),
                    measurand=sample.measurand,
                    context=context,
                    phase=sample.phase,
                    location=sample.location,
                    unit_of_measure=self.wire.UnitOfMeasureType(unit=sample.unit),
                )
                for sample in samples
            ],
        )

    def read_fact(self, fact: Fact, response: Any) -> str | None:  # noqa: ARG002  (the charger chose the name)
        """What the CSMS thinks of the token, where it says."""
        info = getattr(response, "id_token_info", None)
        return None if info is None else str(info.status)

    def obey(self, charger: "VirtualCharger", action: str, payload: bytes) -> Obeyed:
        """Whatever 2.x asks for."""
        request, _ = decode_request(self.protocol, action, payload, Validation.STRICT, from_csms=True)
        return v2_orders.COMMANDS[action](Order(charger, self.wire, request))
