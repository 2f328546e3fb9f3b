# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""OCPP 1.6 in a charger's mouth: the words it says, and the commands of Core and Remote Trigger (`v16_profiles`: the
rest).
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from csms.dialects.times import format_time
from csms.ocpp import v16
from csms.ocpp.codec import Protocol, Validation, decode_request
from csms.simulator import orders, v16_profiles
from csms.simulator.configuration import Changed
from csms.simulator.connection import Words
from csms.simulator.device import Connector, Fact, Metered, Sampled, Started, Stopped, Transaction
from csms.simulator.speech import Obeyed, Registration

if TYPE_CHECKING:
    from csms.simulator.charger import VirtualCharger

ECHO_VENDOR: Final = "csms-lite"
NO_REF: Final = -1  # of a transaction whose start could never be delivered
_PLAIN_PROGRESS: Final = frozenset(
    {"Downloaded", "DownloadFailed", "Downloading", "Idle", "InstallationFailed", "Installing", "Installed"}
)
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
    return transaction.ref if isinstance(transaction.ref, int) else NO_REF


class V16:
    """`Speech` of OCPP 1.6."""

    protocol = Protocol.V16
    tells_changes = False

    def boot(self, charger: "VirtualCharger") -> Words:
        """BootNotification (§4.2)."""
        config = charger.config
        message = v16.BootNotification(
            charge_point_vendor=config.vendor[:20],
            charge_point_model=config.model[:20],
            charge_point_serial_number=(config.serial or config.identity)[:25],
            firmware_version=charger.firmware[:50],
            meter_type="Virtual meter",
        )
        return Words("BootNotification", message)

    def read_boot(self, response: v16.BootNotificationResponse) -> Registration:
        """Status and interval."""
        return Registration(response.status, response.interval)

    def heartbeat(self) -> Words:
        """Heartbeat (§4.6)."""
        return Words("Heartbeat", v16.Heartbeat())

    def status_word(self, connector: Connector) -> str:
        """One of nine (§7.7)."""
        return connector.status.value

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

    def progress(self, kind: str, status: str, request_id: int | None) -> Words | None:
        """FirmwareStatusNotification (§4.5), DiagnosticsStatusNotification (§4.4), or the security extension's."""
        if kind == "diagnostics":
            message = v16.DiagnosticsStatusNotification(status=status)  # type: ignore[arg-type]
            return Words("DiagnosticsStatusNotification", message)
        if kind == "log":
            log = v16.LogStatusNotification(status=status, request_id=request_id)  # type: ignore[arg-type]
            return Words("LogStatusNotification", log)
        if request_id is not None:
            signed = v16.SignedFirmwareStatusNotification(status=status, request_id=request_id)  # type: ignore[arg-type]
            return Words("SignedFirmwareStatusNotification", signed)
        if status not in _PLAIN_PROGRESS:
            return None
        return Words("FirmwareStatusNotification", v16.FirmwareStatusNotification(status=status))  # type: ignore[arg-type]

    def security_event(self, kind: str, info: str, at: datetime) -> Words:
        """SecurityEventNotification (security whitepaper)."""
        message = v16.SecurityEventNotification(type=kind, timestamp=format_time(at), tech_info=info)
        return Words("SecurityEventNotification", message)

    def sign(self, csr: str) -> Words:
        """SignCertificate (security whitepaper)."""
        return Words("SignCertificate", v16.SignCertificate(csr=csr))

    def reservation_ended(self, reservation_id: int, how: str) -> None:
        """The status of the connector says it (§5.13)."""

    def new_ref(self) -> None:
        """The CSMS numbers transactions."""

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
                    reservation_id=transaction.reservation_id,
                )
                return Words("StartTransaction", start)
            case Metered(transaction=of):
                reading = v16.MeterValue(timestamp=at, sampled_value=_sampled(fact.samples, fact.context))
                ref = of.ref if of is not None and isinstance(of.ref, int) else None
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
        """Whatever 1.6 and its security extension ask for."""
        request, _ = decode_request(Protocol.V16, action, payload, Validation.STRICT, from_csms=True)
        return COMMANDS[type(request)](charger, request)


def _remote_start(charger: "VirtualCharger", request: v16.RemoteStartTransaction) -> Obeyed:
    after = orders.remote_start(charger, request.connector_id, request.id_tag)
    if after is not None and request.charging_profile is not None and request.connector_id is not None:
        charger.memory.put_profile(v16_profiles.profile_of(request.connector_id, request.charging_profile))
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
    after: orders.After | None = None
    if changed is Changed.ACCEPTED and name == "AuthorizationKey":
        after = partial(orders.new_password, charger, request.value)
    elif changed is Changed.ACCEPTED:
        after = partial(orders.configuration_changed, charger, name)
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
    status, after = _triggered(charger, request)
    return Obeyed(v16.TriggerMessageResponse(status=status), after)  # type: ignore[arg-type]


def _extended_trigger(charger: "VirtualCharger", request: v16.ExtendedTriggerMessage) -> Obeyed:
    status, after = _triggered(charger, request)
    return Obeyed(v16.ExtendedTriggerMessageResponse(status=status), after)  # type: ignore[arg-type]


def _triggered(
    charger: "VirtualCharger", request: v16.TriggerMessage | v16.ExtendedTriggerMessage
) -> tuple[str, orders.After | None]:
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
        case other:
            after = v16_profiles.extended_trigger(charger, other)
    return "Accepted" if after else "Rejected", after


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
    v16.ExtendedTriggerMessage: _extended_trigger,
    **v16_profiles.COMMANDS,
}
