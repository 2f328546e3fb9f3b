# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The configuration keys of OCPP 1.6 Core (§9.1) that a virtual charger keeps, and what it accepts for them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MEASURANDS: Final = (
    "Energy.Active.Import.Register",
    "Power.Active.Import",
    "Power.Offered",
    "Current.Import",
    "Voltage",
    "SoC",
)
DEFAULT_MEASURANDS: Final = "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC"
PROFILES: Final = "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger"
_FIXED: Final = {
    "ChargeProfileMaxStackLevel": "10",
    "ChargingScheduleAllowedChargingRateUnit": "Current,Power",
    "ChargingScheduleMaxPeriods": "100",
    "MaxChargingProfilesInstalled": "50",
    "LocalAuthListMaxLength": "1000",
    "SendLocalListMaxLength": "1000",
    "ReserveConnectorZeroSupported": "true",
    "SupportedFileTransferProtocols": "HTTP,HTTPS",
    "SecurityProfile": "0",
}
_MAX_INTEGER: Final = 2**31 - 1


class Changed(StrEnum):
    """The outcome of a change (OCPP 1.6 §7.22)."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    REBOOT_REQUIRED = "RebootRequired"
    NOT_SUPPORTED = "NotSupported"


def _integer(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text[:11]) <= _MAX_INTEGER


def _boolean(text: str) -> bool:
    return text.lower() in ("true", "false")


def _measurands(text: str) -> bool:
    return all(name.strip() in MEASURANDS for name in text.split(",")) if text else True


def _rotation(text: str) -> bool:
    return len(text) <= 500


@dataclass(slots=True)
class _Key:
    value: str
    accepts: Callable[[str], bool] | None  # None: read only
    reboot: bool = False
    secret: bool = False


def _keys(connectors: int, sample_interval_s: int) -> dict[str, _Key]:
    fixed = {
        **_FIXED,
        "NumberOfConnectors": str(connectors),
        "SupportedFeatureProfiles": PROFILES,
        "SupportedFeatureProfilesMaxLength": "6",
        "GetConfigurationMaxKeys": "50",
        "MeterValuesSampledDataMaxLength": str(len(MEASURANDS)),
        "MeterValuesAlignedDataMaxLength": str(len(MEASURANDS)),
        "StopTxnSampledDataMaxLength": str(len(MEASURANDS)),
        "ConnectorPhaseRotationMaxLength": str(connectors + 1),
    }
    integers = {
        "ClockAlignedDataInterval": "0",
        "ConnectionTimeOut": "60",
        "HeartbeatInterval": "300",
        "MeterValueSampleInterval": str(sample_interval_s),
        "ResetRetries": "1",
        "TransactionMessageAttempts": "3",
        "TransactionMessageRetryInterval": "20",
    }
    booleans = {
        "AllowOfflineTxForUnknownId": "false",
        "AuthorizationCacheEnabled": "true",
        "AuthorizeRemoteTxRequests": "false",
        "LocalAuthorizeOffline": "true",
        "LocalAuthListEnabled": "true",
        "LocalPreAuthorize": "false",
        "StopTransactionOnEVSideDisconnect": "true",
        "StopTransactionOnInvalidId": "true",
        "UnlockConnectorOnEVSideDisconnect": "true",
    }
    lists = {
        "MeterValuesAlignedData": "Energy.Active.Import.Register",
        "MeterValuesSampledData": DEFAULT_MEASURANDS,
        "StopTxnSampledData": "Energy.Active.Import.Register",
    }
    rotation = ",".join(f"{number}.RST" for number in range(connectors + 1))
    return {
        **{name: _Key(value, None) for name, value in fixed.items()},
        **{name: _Key(value, _integer) for name, value in integers.items()},
        **{name: _Key(value, _boolean) for name, value in booleans.items()},
        **{name: _Key(value, _measurands) for name, value in lists.items()},
        "ConnectorPhaseRotation": _Key(rotation, _rotation),
        "WebSocketPingInterval": _Key("0", _integer, reboot=True),
        "AuthorizationKey": _Key("", lambda text: 0 < len(text) <= 40, secret=True),
    }


class Configuration:
    """Keys and values. Names are compared without regard to case (§5.8: chargers differ); listed as spelt here."""

    def __init__(self, connectors: int, sample_interval_s: int = 60) -> None:
        self._keys = _keys(connectors, sample_interval_s)
        self._names = {name.lower(): name for name in self._keys}

    def text(self, name: str) -> str:
        """A value."""
        return self._keys[name].value

    def integer(self, name: str) -> int:
        """A value that is a number."""
        return int(self._keys[name].value)

    def boolean(self, name: str) -> bool:
        """A value that is true or false."""
        return self._keys[name].value.lower() == "true"

    def listed(self, name: str) -> tuple[str, ...]:
        """A value that is a list."""
        return tuple(part.strip() for part in self._keys[name].value.split(",") if part.strip())

    def put(self, name: str, value: str) -> None:
        """Set a value from inside, read only or not."""
        self._keys[name].value = value

    def change(self, name: str, value: str) -> tuple[str, Changed]:
        """Set a value from outside; the key's own spelling and the outcome."""
        spelt = self._names.get(name.lower())
        if spelt is None:
            return name, Changed.NOT_SUPPORTED
        key = self._keys[spelt]
        if key.accepts is None or not key.accepts(value):
            return spelt, Changed.REJECTED
        key.value = value
        return spelt, Changed.REBOOT_REQUIRED if key.reboot else Changed.ACCEPTED

    def read(self, names: Iterable[str]) -> tuple[list[tuple[str, bool, str | None]], list[str]]:
        """(name, read only, value) of the named keys, of all if none is named; and the names nobody knows.

        Secrets are listed without a value: the security extension makes AuthorizationKey write only.
        """
        asked = list(names) or list(self._keys)
        known: list[tuple[str, bool, str | None]] = []
        unknown: list[str] = []
        for name in asked:
            spelt = self._names.get(name.lower())
            if spelt is None:
                unknown.append(name)
                continue
            key = self._keys[spelt]
            known.append((spelt, key.accepts is None, None if key.secret else key.value))
        return known, unknown
