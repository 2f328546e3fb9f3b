# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""OCPP 1.6 Core in a charger's mouth: the words it says and the commands it understands."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from csms.dialects.times import format_time
from csms.ocpp import v16
from csms.ocpp.codec import Protocol, Validation, decode_request
from csms.ocpp.errors import RemoteProtocolError
from csms.simulator import orders
from csms.simulator.configuration import Changed
from csms.simulator.connection import Words
from csms.simulator.device import Connector, Fact, Metered, Sampled, Started, Stopped, Transaction
from csms.simulator.speech import Obeyed, Registration

if TYPE_CHECKING:
    from csms.simulator.charger import ChargerConfig, VirtualCharger

ECHO_VENDOR: Final = "csms-lite"
NO_REF: Final = -1  # of a transaction whose start could never be delivered
_Obey: TypeAlias = Callable[["VirtualCharger", Any], Obeyed]


def _sampled(samples: Iterable[Sampled], context: str) -> list[v16.SampledValue]:
    return [
        v16.SampledValue(
            value=sample.value,
            context=context,  # type: ignore[arg-type]
            measurand=sample.measurand,  # type: ignore[arg-type]
            phase=sample.phase,  # type: ignore[arg-type]
            location=sample.location,  # type: ignore[arg-type]
            unit=sample.unit,  # type: ignore[arg-type]
        )
        for sample in samples
    ]


def _ref(transaction: Transaction) -> int:
    return NO_REF if transaction.ref is None else transaction.ref


class V16:
    """`Speech` of OCPP 1.6."""

    protocol = Protocol.V16

    def boot(self, config: "ChargerConfig") -> Words:
        """BootNotification (§4.2)."""
        message = v16.BootNotification(
            charge_point_vendor=config.vendor[:20],
            charge_point_model=config.model[:20],
            charge_point_serial_number=(config.serial or config.identity)[:25],
            firmware_version=config.firmware[:50],
            meter_type="Virtual meter",
        )
        return Words("BootNotification", message)

    def read_boot(self, response: v16.BootNotificationResponse) -> Registration:
        """Status and interval."""
        return Registration(response.status, response.interval)

    def heartbeat(self) -> Words:
        """Heartbeat (§4.6)."""
        return Words("Heartbeat", v16.Heartbeat())

    def status(self, connector: Connector, at: datetime) -> Words:
        """StatusNotification (§4.9)."""
        message = v16.StatusNotification(
            connector_id=connector.number,
            error_code=connector.error_code,  # type: ignore[arg-type]
            info=connector.info[:50] if connector.info else None,
            status=connector.status.value,
            timestamp=format_time(at),
        )
        return Words("StatusNotification", message)

    def authorize(self, tag: str) -> Words:
        """Authorize (§4.1)."""
        return Words("Authorize", v16.Authorize(id_tag=tag))

    def read_authorize(self, response: v16.AuthorizeResponse) -> str:
        """The tag's status."""
        return response.id_tag_info.status

    def fact(self, fact: Fact) -> Words:
        """StartTransaction (§4.8), MeterValues (§4.7) or StopTransaction (§4.10)."""
        at = format_time(fact.at)
        match fact:
            case Started(transaction=transaction):
                start = v16.StartTransaction(
                    connector_id=fact.connector,
                    id_tag=transaction.tag,
                    meter_start=transaction.meter_start_wh,
                    timestamp=at,
                )
                return Words("StartTransaction", start)
            case Metered(transaction=of):
                reading = v16.MeterValue(timestamp=at, sampled_value=_sampled(fact.samples, fact.context))
                ref = None if of is None else of.ref
                values = v16.MeterValues(connector_id=fact.connector, transaction_id=ref, meter_value=[reading])
                return Words("MeterValues", values)
            case Stopped(transaction=transaction):
                last = v16.MeterValue(timestamp=at, sampled_value=_sampled(fact.samples, "Transaction.End"))
                stop = v16.StopTransaction(
                    id_tag=fact.tag,
                    meter_stop=fact.meter_wh,
                    timestamp=at,
                    transaction_id=_ref(transaction),
                    reason=fact.reason.value,
                    transaction_data=[last] if fact.samples else None,
                )
                return Words("StopTransaction", stop)
            case _:
                raise TypeError(f"no words for {type(fact).__name__}")

    def read_fact(self, fact: Fact, response: Any) -> str | None:
        """The number of a started transaction; what the CSMS thinks of the tag."""
        match response:
            case v16.StartTransactionResponse() if isinstance(fact, Started):
                fact.transaction.ref = response.transaction_id
                return response.id_tag_info.status
            case v16.StopTransactionResponse(id_tag_info=v16.IdTagInfo() as info):
                return info.status
            case _:
                return None

    def obey(self, charger: "VirtualCharger", action: str, payload: bytes) -> Obeyed:
        """Whatever Core and RemoteTrigger ask for; the rest of 1.6 is refused as NotSupported."""
        request, _ = decode_request(Protocol.V16, action, payload, Validation.STRICT, from_csms=True)
        obey = COMMANDS.get(type(request))
        if obey is None:
            raise RemoteProtocolError("NotSupported", f"this charger does not support {action}")
        return obey(charger, request)


def _remote_start(charger: "VirtualCharger", request: v16.RemoteStartTransaction) -> Obeyed:
    after = orders.remote_start(charger, request.connector_id, request.id_tag)
    return Obeyed(v16.RemoteStartTransactionResponse(status="Accepted" if after else "Rejected"), after)


def _remote_stop(charger: "VirtualCharger", request: v16.RemoteStopTransaction) -> Obeyed:
    after = orders.remote_stop(charger, request.transaction_id)
    return Obeyed(v16.RemoteStopTransactionResponse(status="Accepted" if after else "Rejected"), after)


def _reset(charger: "VirtualCharger", request: v16.Reset) -> Obeyed:
    return Obeyed(v16.ResetResponse(status="Accepted"), orders.reset(charger, hard=request.type == "Hard"))


def _unlock(charger: "VirtualCharger", request: v16.UnlockConnector) -> Obeyed:
    status, after = orders.unlock(charger, request.connector_id)
    return Obeyed(v16.UnlockConnectorResponse(status=status), after)


def _change_availability(charger: "VirtualCharger", request: v16.ChangeAvailability) -> Obeyed:
    operative = request.type == "Operative"
    status, after = orders.change_availability(charger, request.connector_id, operative=operative)
    return Obeyed(v16.ChangeAvailabilityResponse(status=status), after)


def _get_configuration(charger: "VirtualCharger", request: v16.GetConfiguration) -> Obeyed:
    known, unknown = charger.configuration.read(request.key or ())
    keys = [v16.KeyValue(key=name, readonly=readonly, value=value) for name, readonly, value in known]
    return Obeyed(v16.GetConfigurationResponse(configuration_key=keys or None, unknown_key=unknown or None))


def _change_configuration(charger: "VirtualCharger", request: v16.ChangeConfiguration) -> Obeyed:
    name, changed = charger.configuration.change(request.key, request.value)
    after = (lambda: orders.configuration_changed(charger, name)) if changed is Changed.ACCEPTED else None
    return Obeyed(v16.ChangeConfigurationResponse(status=changed.value), after)


def _clear_cache(charger: "VirtualCharger", _: v16.ClearCache) -> Obeyed:
    if not charger.configuration.boolean("AuthorizationCacheEnabled"):
        return Obeyed(v16.ClearCacheResponse(status="Rejected"))
    charger.cache.clear()
    return Obeyed(v16.ClearCacheResponse(status="Accepted"))


def _data_transfer(_: "VirtualCharger", request: v16.DataTransfer) -> Obeyed:
    if request.vendor_id != ECHO_VENDOR:
        return Obeyed(v16.DataTransferResponse(status="UnknownVendorId"))
    return Obeyed(v16.DataTransferResponse(status="Accepted", data=request.data))


def _trigger(charger: "VirtualCharger", request: v16.TriggerMessage) -> Obeyed:
    number = request.connector_id
    after: orders.After | None
    match request.requested_message:
        case "BootNotification":
            after = charger.uplink.boot_again
        case "Heartbeat":
            after = charger.uplink.beat
        case "StatusNotification":
            after = orders.trigger_status(charger, number)
        case "MeterValues":
            after = orders.trigger_meter(charger, number)
        case _:
            return Obeyed(v16.TriggerMessageResponse(status="NotImplemented"))
    return Obeyed(v16.TriggerMessageResponse(status="Accepted" if after else "Rejected"), after)


COMMANDS: Final[dict[type, _Obey]] = {
    v16.RemoteStartTransaction: _remote_start,
    v16.RemoteStopTransaction: _remote_stop,
    v16.Reset: _reset,
    v16.UnlockConnector: _unlock,
    v16.ChangeAvailability: _change_availability,
    v16.GetConfiguration: _get_configuration,
    v16.ChangeConfiguration: _change_configuration,
    v16.ClearCache: _clear_cache,
    v16.DataTransfer: _data_transfer,
    v16.TriggerMessage: _trigger,
}
