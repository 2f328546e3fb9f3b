# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Configuration keys of a virtual charger: a believable set of the standard ones."""

from csms.ocpp import v16

_READONLY = {
    "ConnectorPhaseRotationMaxLength": "2",
    "GetConfigurationMaxKeys": "50",
    "NumberOfConnectors": "1",
    "SupportedFeatureProfiles": "Core,RemoteTrigger",
    "SupportedFileTransferProtocols": "",
}
_WRITABLE = {
    "AllowOfflineTxForUnknownId": "true",
    "AuthorizationCacheEnabled": "true",
    "AuthorizeRemoteTxRequests": "false",
    "ClockAlignedDataInterval": "0",
    "ConnectionTimeOut": "60",
    "HeartbeatInterval": "300",
    "LocalAuthorizeOffline": "true",
    "LocalPreAuthorize": "false",
    "MeterValueSampleInterval": "30",
    "MeterValuesSampledData": "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC",
    "ResetRetries": "1",
    "StopTransactionOnEVSideDisconnect": "true",
    "StopTransactionOnInvalidId": "true",
    "TransactionMessageAttempts": "5",
    "TransactionMessageRetryInterval": "5",
    "UnlockConnectorOnEVSideDisconnect": "true",
    "WebSocketPingInterval": "0",
}
_AFTER_REBOOT = frozenset({"WebSocketPingInterval"})
_NUMBERS = frozenset(key for key, value in _WRITABLE.items() if value.isdigit())


class Configuration:
    """What a charger can be asked and told."""

    def __init__(self, connectors: int) -> None:
        self._readonly = {**_READONLY, "NumberOfConnectors": str(connectors)}
        self._writable = dict(_WRITABLE)

    def number(self, key: str) -> int:
        """A key's value as a number."""
        return int(self._writable[key])

    def text(self, key: str) -> str:
        """A key's value."""
        return self._writable.get(key, self._readonly.get(key, ""))

    def set(self, key: str, value: str) -> None:
        """Set a key from inside the charger."""
        self._writable[key] = value

    def get(self, request: v16.GetConfiguration) -> v16.GetConfigurationResponse:
        """§5.8."""
        everything = {**self._readonly, **self._writable}
        wanted = list(request.key or ()) or sorted(everything)
        known = [
            v16.KeyValue(key=key, readonly=key in self._readonly, value=everything[key])
            for key in wanted
            if key in everything
        ]
        unknown = [key for key in wanted if key not in everything]
        return v16.GetConfigurationResponse(configuration_key=known or None, unknown_key=unknown or None)

    def change(self, request: v16.ChangeConfiguration) -> v16.ChangeConfigurationResponse:
        """§5.3."""
        key, value = request.key, request.value
        if key in self._readonly or (key in _NUMBERS and not (value.isascii() and value.isdigit())):
            return v16.ChangeConfigurationResponse(status="Rejected")
        if key not in self._writable:
            return v16.ChangeConfigurationResponse(status="NotSupported")
        self._writable[key] = value
        return v16.ChangeConfigurationResponse(status="RebootRequired" if key in _AFTER_REBOOT else "Accepted")
