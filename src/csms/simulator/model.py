# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The device model of a 2.x charger (part 1 §4): components, variables, and the configuration behind some of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from csms.simulator.configuration import Changed
from csms.simulator.device import Status

if TYPE_CHECKING:
    from csms.simulator.charger import VirtualCharger
    from csms.simulator.device import Connector

# component, variable, key of the configuration behind it, data type, unit
_BACKED: Final = (
    ("OCPPCommCtrlr", "HeartbeatInterval", "HeartbeatInterval", "integer", "s"),
    ("OCPPCommCtrlr", "WebSocketPingInterval", "WebSocketPingInterval", "integer", "s"),
    ("OCPPCommCtrlr", "MessageAttempts", "TransactionMessageAttempts", "integer", None),
    ("OCPPCommCtrlr", "MessageAttemptInterval", "TransactionMessageRetryInterval", "integer", "s"),
    ("AuthCtrlr", "AuthorizeRemoteStart", "AuthorizeRemoteTxRequests", "boolean", None),
    ("AuthCtrlr", "LocalAuthorizeOffline", "LocalAuthorizeOffline", "boolean", None),
    ("AuthCtrlr", "LocalPreAuthorize", "LocalPreAuthorize", "boolean", None),
    ("AuthCtrlr", "OfflineTxForUnknownIdEnabled", "AllowOfflineTxForUnknownId", "boolean", None),
    ("AuthCacheCtrlr", "Enabled", "AuthorizationCacheEnabled", "boolean", None),
    ("LocalAuthListCtrlr", "Enabled", "LocalAuthListEnabled", "boolean", None),
    ("TxCtrlr", "EVConnectionTimeOut", "ConnectionTimeOut", "integer", "s"),
    ("TxCtrlr", "StopTxOnEVSideDisconnect", "StopTransactionOnEVSideDisconnect", "boolean", None),
    ("TxCtrlr", "StopTxOnInvalidId", "StopTransactionOnInvalidId", "boolean", None),
    ("SampledDataCtrlr", "TxUpdatedInterval", "MeterValueSampleInterval", "integer", "s"),
    ("SampledDataCtrlr", "TxUpdatedMeasurands", "MeterValuesSampledData", "MemberList", None),
    ("SampledDataCtrlr", "TxEndedMeasurands", "StopTxnSampledData", "MemberList", None),
    ("AlignedDataCtrlr", "Interval", "ClockAlignedDataInterval", "integer", "s"),
    ("AlignedDataCtrlr", "Measurands", "MeterValuesAlignedData", "MemberList", None),
)
# component, variable, value, data type, whether it can be written
_OWN: Final = (
    ("OCPPCommCtrlr", "NetworkConfigurationPriority", "1", "SequenceList", True),
    ("OCPPCommCtrlr", "FileTransferProtocols", "HTTP,HTTPS", "MemberList", False),
    ("OCPPCommCtrlr", "OfflineThreshold", "60", "integer", True),
    ("OCPPCommCtrlr", "ResetRetries", "1", "integer", True),
    ("DeviceDataCtrlr", "ItemsPerMessage", "20", "integer", False),
    ("DeviceDataCtrlr", "BytesPerMessage", "65536", "integer", False),
    ("SecurityCtrlr", "OrganizationName", "CSMS Lite", "string", True),
    ("SecurityCtrlr", "CertificateEntries", "20", "integer", False),
    ("AuthCtrlr", "Enabled", "true", "boolean", True),
    ("SmartChargingCtrlr", "Enabled", "true", "boolean", True),
    ("SmartChargingCtrlr", "ProfileStackLevel", "10", "integer", False),
    ("SmartChargingCtrlr", "RateUnit", "A,W", "MemberList", False),
    ("ReservationCtrlr", "Enabled", "true", "boolean", True),
    ("MonitoringCtrlr", "Enabled", "true", "boolean", True),
    ("DisplayMessageCtrlr", "Enabled", "true", "boolean", True),
    ("TxCtrlr", "TxStartPoint", "PowerPathClosed", "MemberList", False),
    ("TxCtrlr", "TxStopPoint", "EVConnected,PowerPathClosed", "MemberList", False),
    ("ClockCtrlr", "TimeSource", "Heartbeat", "SequenceList", False),
)
_AVAILABILITY: Final = {
    Status.AVAILABLE: "Available",
    Status.RESERVED: "Reserved",
    Status.UNAVAILABLE: "Unavailable",
    Status.FAULTED: "Faulted",
}
PASSWORD: Final = ("SecurityCtrlr", "BasicAuthPassword")


def availability(connector: "Connector") -> str:
    """One of the five states of a connector (2.x part 2 §3.14)."""
    return _AVAILABILITY.get(connector.status, "Occupied")


@dataclass(slots=True)
class Variable:
    """A variable of a component; `read` gives its actual value, None: it cannot be read."""

    component: str
    name: str
    data_type: str
    read: Callable[[], str] | None
    key: str | None = None  # of the configuration
    evse: int | None = None
    connector: int | None = None
    unit: str | None = None
    writable: bool = False
    value: str = ""

    def stored(self) -> str:
        """The value that is kept here, not in the configuration."""
        return self.value

    @property
    def mutability(self) -> str:
        """How it may be used."""
        if self.read is None:
            return "WriteOnly"
        return "ReadWrite" if self.writable else "ReadOnly"


class DeviceModel:
    """All variables of one charger; names are compared without regard to case."""

    def __init__(self, charger: "VirtualCharger") -> None:
        self._charger = charger
        self.variables = list(self._made(charger))

    def __iter__(self) -> Iterator[Variable]:
        return iter(self.variables)

    def _made(self, charger: "VirtualCharger") -> Iterator[Variable]:
        configuration = charger.configuration
        for component, name, key, kind, unit in _BACKED:
            yield Variable(component, name, kind, partial(configuration.text, key), key, unit=unit, writable=True)
        for component, name, value, kind, writable in _OWN:
            own = Variable(component, name, kind, None, value=value, writable=writable)
            own.read = own.stored
            yield own
        yield Variable(*PASSWORD, "string", None, writable=True)
        config = charger.config
        facts: tuple[tuple[str, str, Callable[[], str]], ...] = (
            ("SecurityCtrlr", "Identity", lambda: config.identity),
            ("SecurityCtrlr", "SecurityProfile", lambda: configuration.text("SecurityProfile")),
            ("ChargingStation", "VendorName", lambda: config.vendor),
            ("ChargingStation", "Model", lambda: config.model),
            ("ChargingStation", "SerialNumber", lambda: config.serial or config.identity),
            ("ChargingStation", "FirmwareVersion", lambda: charger.firmware),
            ("ChargingStation", "AvailabilityState", lambda: availability(charger.main)),
            ("LocalAuthListCtrlr", "Entries", lambda: str(len(charger.memory.local_list))),
            ("ClockCtrlr", "DateTime", lambda: charger.runtime.time.stamp().isoformat()),
        )
        for component, name, read in facts:
            yield Variable(component, name, "string", read)
        for each in charger.connectors:
            yield from self._of(each)

    @staticmethod
    def _of(connector: "Connector") -> Iterator[Variable]:
        number, outlet = connector.number, connector.outlet
        kind = "cCCS2" if outlet.is_dc else "cType2"
        evse: tuple[tuple[str, str, Callable[[], str], str | None], ...] = (
            ("AvailabilityState", "OptionList", lambda: availability(connector), None),
            ("Available", "boolean", lambda: str(connector.operative).lower(), None),
            ("Power", "decimal", lambda: f"{connector.power_w:.1f}", "W"),
            ("SupplyPhases", "integer", lambda: str(outlet.phases), None),
        )
        for name, data_type, read, unit in evse:
            yield Variable("EVSE", name, data_type, read, evse=number, unit=unit)
        for name, read_one in (
            ("AvailabilityState", lambda: availability(connector)),
            ("ConnectorType", lambda: kind),
            ("Problem", lambda: str(connector.faulted).lower()),
        ):
            yield Variable("Connector", name, "string", read_one, evse=number, connector=1)

    def component(self, name: str, evse: int | None, connector: int | None) -> bool:
        """Whether there is such a component."""
        return any(
            each.component.lower() == name.lower() and (each.evse, each.connector) == (evse, connector)
            for each in self.variables
        )

    def find(self, component: str, name: str, evse: int | None, connector: int | None) -> Variable | None:
        """One variable."""
        wanted = (component.lower(), name.lower(), evse, connector)
        return next(
            (
                each
                for each in self.variables
                if (each.component.lower(), each.name.lower(), each.evse, each.connector) == wanted
            ),
            None,
        )

    def write(self, variable: Variable, value: str) -> str:
        """Set a value; Accepted, Rejected or RebootRequired."""
        if not variable.writable:
            return "Rejected"
        if variable.key is not None:
            changed = self._charger.configuration.change(variable.key, value)[1]
            return changed.value if changed is not Changed.NOT_SUPPORTED else "Rejected"
        good = {
            "integer": value.isascii() and value.isdigit(),
            "boolean": value.lower() in ("true", "false"),
        }.get(variable.data_type, 0 < len(value) <= 1000)
        if good and variable.read is not None:
            variable.value = value
        return "Accepted" if good else "Rejected"
