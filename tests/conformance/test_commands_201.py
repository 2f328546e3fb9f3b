# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""OCPP 2.0.1: the certification cases that are one command of the CSMS, and what the station tells because of it.

Over 400 lines because it is a table: a case is read beside its neighbours.
"""

from collections.abc import Sequence
from typing import Any
from unittest.mock import ANY

import pytest

from tests.conformance.station import CommandCase, Message, Station, meter, now, station_of, token
from tests.conformance.words import eventually_row, progress
from tests.support.csms import Csms

REJECTED = {"status": "Rejected"}
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "ab", "issuerKeyHash": "cd", "serialNumber": "0e"}
OWN_HASH = {"hash_algorithm": "sha256", "issuer_name_hash": "ab", "issuer_key_hash": "cd", "serial_number": "0e"}
COMPONENT = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AvailabilityState"}}
POWER = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}
EVENT = {"eventId": 1, "timestamp": now(), "trigger": "Alerting", "actualValue": "7", **POWER}
DATA = {**COMPONENT, "variableAttribute": [{"value": "Available", "mutability": "ReadOnly"}]}


def report(number: int, *, parts: int = 2, data: Any = DATA) -> list[Message]:
    """NotifyReport in parts."""
    return [
        (
            "NotifyReport",
            {"requestId": number, "generatedAt": now(), "seqNo": seq, "tbc": seq < parts - 1, "reportData": [data]},
            {},
        )
        for seq in range(parts)
    ]


def monitors(number: int) -> list[Message]:
    """NotifyMonitoringReport in one part."""
    monitoring = {"id": 3, "transaction": False, "value": 1, "type": "UpperThreshold", "severity": 5}
    data = {**POWER, "variableMonitoring": [monitoring]}
    payload = {"requestId": number, "seqNo": 0, "generatedAt": now(), "tbc": False, "monitor": [data]}
    return [("NotifyMonitoringReport", payload, {})]


async def complete(csms: Csms) -> None:
    """The report that was asked for is whole."""
    await eventually_row(csms, "SELECT FROM charger_reports WHERE status = 'complete'")


async def noted(csms: Csms) -> None:
    """The event is kept and told."""
    await csms.row("SELECT FROM device_events")
    await csms.row("SELECT FROM outbox WHERE type = 'device_event_raised'")


def variable(name: str, value: str | None = None, status: str = "Accepted") -> dict[str, Any]:
    """A result of GetVariables or SetVariables."""
    result = {"attributeStatus": status, "component": {"name": "OCPPCommCtrlr"}, "variable": {"name": name}}
    return result if value is None else result | {"attributeValue": value}


def ask(name: str, value: str | None = None) -> dict[str, Any]:
    """The same as it is asked for, in our words."""
    asked: dict[str, Any] = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": name}}
    return asked if value is None else asked | {"value": value}


def on_wire(name: str, value: str | None = None) -> dict[str, Any]:
    """The same as it is sent."""
    return {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": name}, "attributeType": "Actual"} | (
        {} if value is None else {"attributeValue": value}
    )


NETWORK = {
    "ocpp_version": "ocpp20",
    "transport": "json",
    "csms_url": "wss://csms.example.com/ocpp",
    "message_timeout_s": 30,
    "security_profile": 2,
    "interface": "wired0",
}
WIRE_NETWORK = {
    "ocppVersion": "OCPP20",
    "ocppTransport": "JSON",
    "ocppCsmsUrl": "wss://csms.example.com/ocpp",
    "messageTimeout": 30,
    "securityProfile": 2,
    "ocppInterface": "Wired0",
}
SET_NETWORK = {"type": "set_network_profile", "slot": 1, "profile": NETWORK}
WIRE_SET_NETWORK = {"configurationSlot": 1, "connectionData": WIRE_NETWORK}


async def busy(station: Station) -> None:
    """A transaction goes on at EVSE 1."""
    await station.started()
    await station.charging()


async def two_busy(station: Station) -> None:
    for tx, evse in (("T-1", 1), ("T-2", 2)):
        await station.started(tx=tx, evse=evse)
        await station.charging(tx)


def _reboots(reason: str = "RemoteReset") -> list[Message]:
    payload = {"reason": reason, "chargingStation": {"vendorName": "Acme", "model": "Two"}}
    return [("BootNotification", payload, {"currentTime": ANY, "interval": ANY, "status": "Accepted"})]


def _ends(reason: str = "ImmediateReset") -> list[Message]:
    payload = {
        "eventType": "Ended",
        "timestamp": now(30),
        "triggerReason": "ResetCommand",
        "seqNo": 2,
        "transactionInfo": {"transactionId": "T-1", "stoppedReason": reason},
        "meterValue": meter(1700, "Transaction.End", 30),
    }
    return [("TransactionEvent", payload, {})]


async def transaction_ended(csms: Csms) -> None:
    """The transaction is over, with its energy."""
    row = await csms.transaction()
    assert (row["status"], row["energy_wh"]) == ("completed", 700)


PROVISIONING = {
    "TC_B_06_CSMS": CommandCase(
        {"type": "get_variables", "variables": [ask("HeartbeatInterval")]},
        "GetVariables",
        {"getVariableData": [on_wire("HeartbeatInterval")]},
        {"getVariableResult": [variable("HeartbeatInterval", "300")]},
        check=lambda csms: _known(csms, "OCPPCommCtrlr.HeartbeatInterval", "300"),
    ),
    "TC_B_07_CSMS": CommandCase(
        {"type": "get_variables", "variables": [ask("HeartbeatInterval"), ask("Odd")]},
        "GetVariables",
        {"getVariableData": [on_wire("HeartbeatInterval"), on_wire("Odd")]},
        {
            "getVariableResult": [
                variable("HeartbeatInterval", "300"),
                variable("Odd", status="UnknownVariable"),
            ]
        },
        reason="OCPPCommCtrlr.Odd: the charger does not have the variable",
        check=lambda csms: _known(csms, "OCPPCommCtrlr.HeartbeatInterval", "300"),
    ),
    "TC_B_09_CSMS": CommandCase(
        {"type": "set_variables", "variables": [ask("HeartbeatInterval", "60")]},
        "SetVariables",
        {"setVariableData": [on_wire("HeartbeatInterval", "60")]},
        {"setVariableResult": [variable("HeartbeatInterval")]},
        check=lambda csms: _known(csms, "OCPPCommCtrlr.HeartbeatInterval", "60"),
    ),
    "TC_B_10_CSMS": CommandCase(
        {"type": "set_variables", "variables": [ask("HeartbeatInterval", "60"), ask("MessageTimeout", "30")]},
        "SetVariables",
        {"setVariableData": [on_wire("HeartbeatInterval", "60"), on_wire("MessageTimeout", "30")]},
        {"setVariableResult": [variable("HeartbeatInterval"), variable("MessageTimeout", status="RebootRequired")]},
        reason="takes effect after a restart of the charger",
        check=lambda csms: _known(csms, "OCPPCommCtrlr.MessageTimeout", "30"),
    ),
    **{
        case: CommandCase(
            {"type": "get_base_report", "base": base},
            "GetBaseReport",
            {"requestId": ANY, "reportBase": wire},
            then=report,
            check=complete,
        )
        for case, base, wire in (
            ("TC_B_12_CSMS", "configuration_inventory", "ConfigurationInventory"),
            ("TC_B_13_CSMS", "full_inventory", "FullInventory"),
            ("TC_B_14_CSMS", "summary_inventory", "SummaryInventory"),
        )
    },
    "TC_B_18_CSMS": CommandCase(
        {"type": "get_report", "criteria": ["problem"], "variables": [COMPONENT]},
        "GetReport",
        {"requestId": ANY, "componentCriteria": ["Problem"], "componentVariable": [COMPONENT]},
        then=report,
        check=complete,
    ),
    "TC_B_20_CSMS": CommandCase(
        {"type": "reset", "kind": "soft"}, "Reset", {"type": "OnIdle"}, then=lambda _: _reboots()
    ),
    "TC_B_21_CSMS": CommandCase(
        {"type": "reset", "kind": "soft"},
        "Reset",
        {"type": "OnIdle"},
        {"status": "Scheduled"},
        reason="scheduled: it happens when the transaction ends",
        before=busy,
        then=lambda _: [*_ends("EVDisconnected"), *_reboots("ScheduledReset")],
        check=transaction_ended,
    ),
    "TC_B_22_CSMS": CommandCase(
        {"type": "reset", "kind": "hard"},
        "Reset",
        {"type": "Immediate"},
        before=busy,
        then=lambda _: [*_ends(), *_reboots()],
        check=transaction_ended,
    ),
    "TC_B_25_CSMS": CommandCase({"type": "reset", "evse_id": 1}, "Reset", {"type": "OnIdle", "evseId": 1}),
    "TC_B_26_CSMS": CommandCase(
        {"type": "reset", "evse_id": 1},
        "Reset",
        {"type": "OnIdle", "evseId": 1},
        {"status": "Scheduled"},
        before=busy,
        then=lambda _: _ends("EVDisconnected"),
        check=transaction_ended,
    ),
    "TC_B_27_CSMS": CommandCase(
        {"type": "reset", "kind": "hard", "evse_id": 1},
        "Reset",
        {"type": "Immediate", "evseId": 1},
        before=busy,
        then=lambda _: _ends(),
        check=transaction_ended,
    ),
    "TC_B_42_CSMS": CommandCase(SET_NETWORK, "SetNetworkProfile", WIRE_SET_NETWORK),
    "TC_B_44_CSMS": CommandCase(
        SET_NETWORK, "SetNetworkProfile", WIRE_SET_NETWORK, {"status": "Failed"}, "rejected", "it failed"
    ),
}


async def _known(csms: Csms, key: str, value: str) -> None:
    row = await eventually_row(csms, "SELECT value FROM configurations WHERE key = $1", key)
    assert row["value"] == value


def _trigger(message: str, **place: int) -> dict[str, Any]:
    return {"type": "trigger_message", "message": message, **place}


SAMPLED = {"evseId": 1, "meterValue": meter(1000, "Trigger")}
TRIGGERS = {
    "TC_F_11_CSMS": CommandCase(
        _trigger("MeterValues", evse_id=1),
        "TriggerMessage",
        {"requestedMessage": "MeterValues", "evse": {"id": 1}},
        then=lambda _: [("MeterValues", SAMPLED, {})],
        check=lambda csms: _meters(csms, 1),
    ),
    "TC_F_12_CSMS": CommandCase(
        _trigger("MeterValues"),
        "TriggerMessage",
        {"requestedMessage": "MeterValues"},
        then=lambda _: [("MeterValues", SAMPLED | {"evseId": evse}, {}) for evse in (1, 2)],
        check=lambda csms: _meters(csms, 2),
    ),
    "TC_F_13_CSMS": CommandCase(
        _trigger("TransactionEvent", evse_id=1),
        "TriggerMessage",
        {"requestedMessage": "TransactionEvent", "evse": {"id": 1}},
        before=busy,
        then=lambda _: [("TransactionEvent", _triggered("T-1"), {})],
        check=lambda csms: _seen(csms, {"T-1": 3}),
    ),
    "TC_F_14_CSMS": CommandCase(
        _trigger("TransactionEvent"),
        "TriggerMessage",
        {"requestedMessage": "TransactionEvent"},
        before=two_busy,
        then=lambda _: [("TransactionEvent", _triggered(tx), {}) for tx in ("T-1", "T-2")],
        check=lambda csms: _seen(csms, {"T-1": 3, "T-2": 3}),
    ),
    "TC_F_15_CSMS": CommandCase(
        _trigger("LogStatusNotification"),
        "TriggerMessage",
        {"requestedMessage": "LogStatusNotification"},
        then=lambda _: [("LogStatusNotification", {"status": "Idle"}, {})],
    ),
    "TC_F_18_CSMS": CommandCase(
        _trigger("FirmwareStatusNotification"),
        "TriggerMessage",
        {"requestedMessage": "FirmwareStatusNotification"},
        then=lambda _: [("FirmwareStatusNotification", {"status": "Idle"}, {})],
    ),
    "TC_F_20_CSMS": CommandCase(
        _trigger("Heartbeat"),
        "TriggerMessage",
        {"requestedMessage": "Heartbeat"},
        then=lambda _: [("Heartbeat", {}, {"currentTime": ANY})],
    ),
    **{
        case: CommandCase(
            _trigger("StatusNotification", evse_id=1, connector_id=1),
            "TriggerMessage",
            {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}},
            then=lambda _, state=state: [  # type: ignore[misc]
                (
                    "StatusNotification",
                    {"timestamp": now(), "connectorStatus": state, "evseId": 1, "connectorId": 1},
                    {},
                )
            ],
            check=lambda csms, state=state: _state(csms, state.lower()),  # type: ignore[misc]
        )
        for case, state in (("TC_F_23_CSMS", "Available"), ("TC_F_24_CSMS", "Occupied"))
    },
    "TC_F_27_CSMS": CommandCase(
        _trigger("FirmwareStatusNotification"),
        "TriggerMessage",
        {"requestedMessage": "FirmwareStatusNotification"},
        {"status": "NotImplemented"},
        "not_supported",
        "the charger cannot be asked for that message",
    ),
}


def _triggered(tx: str) -> dict[str, Any]:
    info = {"transactionId": tx, "chargingState": "Charging"}
    return {
        "eventType": "Updated",
        "timestamp": now(5),
        "triggerReason": "Trigger",
        "seqNo": 2,
        "transactionInfo": info,
        "meterValue": meter(1200, "Trigger", 5),
    }


async def _meters(csms: Csms, count: int) -> None:
    rows = await csms.rows("SELECT DISTINCT evse_id FROM meter_values")
    assert len(rows) == count


async def _seen(csms: Csms, expected: dict[str, int]) -> None:
    rows = await csms.rows("SELECT charger_ref, upper(seq_seen) AS seen, status FROM transactions")
    assert {row["charger_ref"]: row["seen"] for row in rows} == expected
    assert {row["status"] for row in rows} == {"active"}


async def _state(csms: Csms, state: str) -> None:
    row = await csms.row("SELECT status FROM connectors WHERE evse_id = 1")
    assert row["status"] == state


def availability(operative: bool, **place: int) -> dict[str, Any]:
    """ChangeAvailability in our words."""
    return {"type": "change_availability", "operative": operative, **place}


def _told(state: str) -> list[Message]:
    payload = {"timestamp": now(), "connectorStatus": state, "evseId": 1, "connectorId": 1}
    return [("StatusNotification", payload, {})]


def _place(level: str) -> tuple[dict[str, int], dict[str, Any]]:
    if level == "station":
        return {}, {}
    if level == "evse":
        return {"evse_id": 1}, {"evse": {"id": 1}}
    return {"evse_id": 1, "connector_id": 1}, {"evse": {"id": 1, "connectorId": 1}}


AVAILABILITY = {
    case: CommandCase(
        availability(operative, **_place(level)[0]),
        "ChangeAvailability",
        {"operationalStatus": "Operative" if operative else "Inoperative", **_place(level)[1]},
        then=lambda _, operative=operative: _told("Available" if operative else "Unavailable"),  # type: ignore[misc]
        check=lambda csms, operative=operative: _state(csms, "available" if operative else "unavailable"),  # type: ignore[misc]
    )
    for case, level, operative in (
        ("TC_G_03_CSMS", "evse", False),
        ("TC_G_04_CSMS", "evse", True),
        ("TC_G_05_CSMS", "station", False),
        ("TC_G_06_CSMS", "station", True),
        ("TC_G_07_CSMS", "connector", False),
        ("TC_G_08_CSMS", "connector", True),
    )
} | {
    case: CommandCase(
        availability(False, **_place(level)[0]),
        "ChangeAvailability",
        {"operationalStatus": "Inoperative", **_place(level)[1]},
        {"status": "Scheduled"},
        reason="scheduled: it happens when the transaction ends",
        before=busy,
        then=lambda _: [*_ends("EVDisconnected"), *_told("Unavailable")],
        check=transaction_ended,
    )
    for case, level in (("TC_G_11_CSMS", "evse"), ("TC_G_14_CSMS", "station"), ("TC_G_17_CSMS", "connector"))
}

FIRMWARE_BODY = {
    "type": "update_firmware",
    "location": "https://files.example.com/fw.bin",
    "retrieve_at": now(),
    "signing_certificate": PEM,
    "signature": "c2ln",
}
WIRE_FIRMWARE = {
    "requestId": ANY,
    "firmware": {
        "location": "https://files.example.com/fw.bin",
        "retrieveDateTime": now().replace("Z", ".000Z"),
        "signingCertificate": PEM,
        "signature": "c2ln",
    },
}


def _firmware(*statuses: str) -> Any:
    def then(number: int) -> Sequence[Message]:
        return [("FirmwareStatusNotification", {"status": status, "requestId": number}, {}) for status in statuses]

    return then


def _update(*statuses: str, **more: Any) -> CommandCase:
    async def check(csms: Csms) -> None:
        if statuses:
            assert await progress(csms, "firmware") == statuses[-1]

    return CommandCase(FIRMWARE_BODY, "UpdateFirmware", WIRE_FIRMWARE, then=_firmware(*statuses), check=check, **more)


_FETCHED = ("Downloading", "Downloaded", "SignatureVerified")
FIRMWARE = {
    "TC_L_01_CSMS": _update(*_FETCHED, "Installing", "InstallRebooting", "Installed"),
    "TC_L_02_CSMS": _update(*_FETCHED, "InstallScheduled", "Installing", "Installed"),
    "TC_L_03_CSMS": _update("DownloadScheduled", *_FETCHED, "Installing", "Installed"),
    "TC_L_04_CSMS": _update(
        answer={"status": "RevokedCertificate"}, status="rejected", reason="the signing certificate is revoked"
    ),
    "TC_L_05_CSMS": _update(
        answer={"status": "InvalidCertificate"}, status="rejected", reason="the signing certificate is not valid"
    ),
    "TC_L_06_CSMS": _update("Downloading", "Downloaded", "InvalidSignature"),
    "TC_L_07_CSMS": _update("Downloading", "DownloadFailed"),
    "TC_L_08_CSMS": _update(*_FETCHED, "Installing", "InstallVerificationFailed"),
    "TC_L_09_CSMS": _update(*_FETCHED, "Installing", "InstallationFailed"),
    "TC_L_10_CSMS": _update(
        *_FETCHED, answer={"status": "AcceptedCanceled"}, reason="what was under way before was cancelled"
    ),
    "TC_L_11_CSMS": _update(answer=REJECTED, status="rejected"),
    "TC_L_13_CSMS": _update(*_FETCHED, "InstallScheduled", before=busy),
}


def _installed(case: str, kinds: list[str], wire: list[str], answer: dict[str, Any], **more: Any) -> Any:
    body = {"type": "get_installed_certificates", "kinds": kinds}
    asked = {"certificateType": wire} if wire else {}
    return {case: CommandCase(body, "GetInstalledCertificateIds", asked, answer, **more)}


def _chain(kind: str) -> dict[str, Any]:
    return {
        "status": "Accepted",
        "certificateHashDataChain": [{"certificateType": kind, "certificateHashData": HASH}],
    }


def _install(kind: str, wire: str, answer: str = "Accepted", **more: Any) -> CommandCase:
    body = {"type": "install_certificate", "kind": kind, "certificate": PEM}
    sent = {"certificateType": wire, "certificate": PEM}
    return CommandCase(body, "InstallCertificate", sent, {"status": answer}, **more)


CERTIFICATES = {
    **_installed(
        "TC_M_13_CSMS", ["manufacturer_root"], ["ManufacturerRootCertificate"], _chain("ManufacturerRootCertificate")
    ),
    **_installed("TC_M_14_CSMS", ["v2g_root"], ["V2GRootCertificate"], _chain("V2GRootCertificate")),
    **_installed("TC_M_15_CSMS", ["v2g_chain"], ["V2GCertificateChain"], _chain("V2GCertificateChain")),
    **_installed("TC_M_16_CSMS", ["mo_root"], ["MORootCertificate"], _chain("MORootCertificate")),
    **_installed("TC_M_18_CSMS", [], [], _chain("CSMSRootCertificate")),
    **_installed(
        "TC_M_19_CSMS",
        ["manufacturer_root"],
        ["ManufacturerRootCertificate"],
        {"status": "NotFound"},
        status="rejected",
        reason="not found",
    ),
    "TC_M_20_CSMS": CommandCase(
        {"type": "delete_certificate", "certificate": OWN_HASH}, "DeleteCertificate", {"certificateHashData": HASH}
    ),
    "TC_M_21_CSMS": CommandCase(
        {"type": "delete_certificate", "certificate": OWN_HASH},
        "DeleteCertificate",
        {"certificateHashData": HASH},
        {"status": "Failed"},
        "rejected",
        "it failed",
    ),
    "TC_M_01_CSMS": _install("csms_root", "CSMSRootCertificate"),
    "TC_M_02_CSMS": _install("manufacturer_root", "ManufacturerRootCertificate"),
    "TC_M_03_CSMS": _install("v2g_root", "V2GRootCertificate"),
    "TC_M_04_CSMS": _install("mo_root", "MORootCertificate"),
    "TC_M_05_CSMS": _install("csms_root", "CSMSRootCertificate", "Failed", status="rejected", reason="it failed"),
}

UPLOAD = "https://files.example.com/up/"


def _log(kind: str, wire: str, *statuses: str, **more: Any) -> CommandCase:
    def then(number: int) -> Sequence[Message]:
        return [("LogStatusNotification", {"status": status, "requestId": number}, {}) for status in statuses]

    async def check(csms: Csms) -> None:
        if statuses:
            assert await progress(csms, "log") == statuses[-1]

    body = {"type": "get_log", "log": kind, "location": UPLOAD}
    sent = {"logType": wire, "requestId": ANY, "log": {"remoteLocation": UPLOAD}}
    return CommandCase(body, "GetLog", sent, then=then, check=check, **more)


async def _uploading(station: Station) -> None:
    await _log("diagnostics", "DiagnosticsLog", "Uploading").run(station)


async def _cancelled(csms: Csms) -> None:
    assert await progress(csms, "log") == "Uploaded"
    rows = await csms.rows("SELECT reason FROM commands ORDER BY created_at")
    assert [row["reason"] for row in rows] == [None, "what was under way before was cancelled"]


LOGS = {
    "TC_N_25_CSMS": _log("diagnostics", "DiagnosticsLog", "Uploading", "Uploaded"),
    "TC_N_34_CSMS": _log("diagnostics", "DiagnosticsLog", answer=REJECTED, status="rejected"),
    "TC_N_35_CSMS": _log("security", "SecurityLog", "Uploading", "Uploaded"),
    "TC_N_36_CSMS": CommandCase(
        {"type": "get_log", "log": "diagnostics", "location": UPLOAD},
        "GetLog",
        {"logType": "DiagnosticsLog", "requestId": ANY, "log": {"remoteLocation": UPLOAD}},
        {"status": "AcceptedCanceled"},
        before=_uploading,
        then=lambda number: [
            ("LogStatusNotification", {"status": "AcceptedCanceled", "requestId": number - 1}, {}),
            ("LogStatusNotification", {"status": "Uploading", "requestId": number}, {}),
            ("LogStatusNotification", {"status": "Uploaded", "requestId": number}, {}),
        ],
        check=_cancelled,
    ),
}


def _customer(report_: bool, clear: bool, told: str | None, **named: Any) -> CommandCase:
    """Customer information of a token, if none other is named."""
    named = named or {"own": {"token": "TAG"}, "wire": {"idToken": token()}}

    def then(number: int) -> Sequence[Message]:
        if told is None:
            return []
        payload = {"data": told, "seqNo": 0, "tbc": False, "generatedAt": now(), "requestId": number}
        return [("NotifyCustomerInformation", payload, {})]

    async def check(csms: Csms) -> None:
        if told is None:
            return
        await complete(csms)
        row = await csms.row("SELECT text FROM charger_report_parts")
        assert (row["text"] or "") == told

    return CommandCase(
        {"type": "get_customer_information", "report": report_, "clear": clear, **named["own"]},
        "CustomerInformation",
        {"requestId": ANY, "report": report_, "clear": clear, **named["wire"]},
        then=then,
        check=check,
    )


async def _has_list(station: Station) -> None:
    entries = [{"token": "TAG", "status": "accepted"}]
    body = {"type": "send_local_list", "update": "full", "entries": entries}
    wire = {
        "versionNumber": 1,
        "updateType": "Full",
        "localAuthorizationList": [{"idToken": token(), "idTokenInfo": {"status": "Accepted"}}],
    }
    await CommandCase(body, "SendLocalList", wire).run(station)


CUSTOMERS = {
    "TC_N_27_CSMS": _customer(True, False, "a name"),
    "TC_N_28_CSMS": _customer(True, False, ""),
    "TC_N_29_CSMS": CommandCase(
        {"type": "get_customer_information", "report": True, "clear": False, "token": "TAG"},
        "CustomerInformation",
        {"requestId": ANY, "report": True, "clear": False, "idToken": token()},
        REJECTED,
        "rejected",
    ),
    "TC_N_30_CSMS": _customer(True, True, "a name"),
    "TC_N_31_CSMS": _customer(True, True, ""),
    "TC_N_32_CSMS": _customer(False, True, ""),
    "TC_N_62_CSMS": _customer(True, True, "a name", own={"customer": "C-7"}, wire={"customerIdentifier": "C-7"}),
    "TC_N_63_CSMS": _customer(True, True, "a name", own={"certificate": OWN_HASH}, wire={"customerCertificate": HASH}),
}

WANTED = {"criteria": ["threshold_monitoring"]}
MONITORING = {
    case: CommandCase(
        {"type": "get_monitoring_report", **own},
        "GetMonitoringReport",
        {"requestId": ANY, **wire},
        then=monitors,
        check=complete,
    )
    for case, own, wire in (
        ("TC_N_01_CSMS", WANTED, {"monitoringCriteria": ["ThresholdMonitoring"]}),
        ("TC_N_02_CSMS", {"variables": [POWER]}, {"componentVariable": [POWER]}),
        (
            "TC_N_03_CSMS",
            WANTED | {"variables": [POWER]},
            {"monitoringCriteria": ["ThresholdMonitoring"], "componentVariable": [POWER]},
        ),
        ("TC_N_47_CSMS", {}, {}),
        (
            "TC_N_60_CSMS",
            {"criteria": ["delta_monitoring", "periodic_monitoring"], "variables": [POWER, COMPONENT]},
            {
                "monitoringCriteria": ["DeltaMonitoring", "PeriodicMonitoring"],
                "componentVariable": [POWER, COMPONENT],
            },
        ),
    )
}


def _monitor(kind: str, wire_kind: str, value: float, event: dict[str, Any] | None) -> CommandCase:
    own = {**POWER, "type": kind, "value": value, "severity": 5}
    sent = {**POWER, "type": wire_kind, "value": value, "severity": 5}
    result = {**POWER, "id": 3, "status": "Accepted", "type": wire_kind, "severity": 5}
    told = {"generatedAt": now(), "seqNo": 0, "tbc": False, "eventData": [event]}
    return CommandCase(
        {"type": "set_monitors", "monitors": [own]},
        "SetVariableMonitoring",
        {"setMonitoringData": [sent]},
        {"setMonitoringResult": [result]},
        then=lambda _: [] if event is None else [("NotifyEvent", told, {})],
        check=None if event is None else noted,
    )


def _raised(trigger: str, notification: str, **more: Any) -> dict[str, Any]:
    return EVENT | {"trigger": trigger, "eventNotificationType": notification, **more}


MONITORING |= {
    "TC_N_05_CSMS": CommandCase(
        {"type": "set_monitoring_base", "base": "all"}, "SetMonitoringBase", {"monitoringBase": "All"}
    ),
    "TC_N_08_CSMS": _monitor(
        "upper_threshold", "UpperThreshold", 6, _raised("Alerting", "CustomMonitor", variableMonitoringId=3)
    ),
    "TC_N_24_CSMS": _monitor("periodic", "Periodic", 60, _raised("Periodic", "CustomMonitor", variableMonitoringId=3)),
    "TC_N_50_CSMS": _monitor(
        "periodic_clock_aligned", "PeriodicClockAligned", 900, _raised("Periodic", "CustomMonitor")
    ),
    "TC_N_16_CSMS": CommandCase({"type": "set_monitoring_level", "severity": 4}, "SetMonitoringLevel", {"severity": 4}),
    "TC_N_17_CSMS": CommandCase(
        {"type": "set_monitoring_level", "severity": 10}, "SetMonitoringLevel", {"severity": 10}, REJECTED, "rejected"
    ),
    "TC_N_18_CSMS": CommandCase(
        {"type": "clear_monitors", "ids": [3]},
        "ClearVariableMonitoring",
        {"id": [3]},
        {"clearMonitoringResult": [{"status": "Accepted", "id": 3}]},
    ),
    "TC_N_44_CSMS": CommandCase(
        {"type": "clear_monitors", "ids": [3]},
        "ClearVariableMonitoring",
        {"id": [3]},
        {"clearMonitoringResult": [{"status": "Rejected", "id": 3}]},
        "rejected",
    ),
    "TC_N_21_CSMS": CommandCase(
        {"type": "set_monitoring_base", "base": "hard_wired_only"},
        "SetMonitoringBase",
        {"monitoringBase": "HardWiredOnly"},
        then=lambda _: [
            (
                "NotifyEvent",
                {
                    "generatedAt": now(),
                    "seqNo": 0,
                    "tbc": False,
                    "eventData": [_raised("Alerting", "HardWiredMonitor", severity=2)],
                },
                {},
            )
        ],
        check=noted,
    ),
}

CASES = PROVISIONING | TRIGGERS | AVAILABILITY | FIRMWARE | CERTIFICATES | LOGS | CUSTOMERS | MONITORING


@pytest.mark.parametrize("case", CASES)
async def test_a_command(csms: Csms, case: str) -> None:
    """The station hears exactly that, its answer is the outcome, and what it tells then is stored."""
    async with station_of(csms) as station:
        await CASES[case].run(station)


async def test_TC_N_46_CSMS_customer_on_the_local_list(csms: Csms) -> None:  # noqa: N802
    """A customer's data is cleared: the token comes off the station's list, which is known here as shorter."""
    async with station_of(csms) as station:
        await _has_list(station)
        await eventually_row(csms, "SELECT FROM local_lists WHERE version = 1")
        await _customer(False, True, "").run(station)
        body = {"type": "send_local_list", "update": "differential", "entries": [{"token": "TAG"}]}
        wire = {"versionNumber": 2, "updateType": "Differential", "localAuthorizationList": [{"idToken": token()}]}
        await CommandCase(body, "SendLocalList", wire).run(station)
        row = await eventually_row(csms, "SELECT entries FROM local_lists WHERE version = 2")
        assert row["entries"] == []


async def test_TC_N_49_CSMS_alert_cleared_after_a_reboot(csms: Csms) -> None:  # noqa: N802
    """The threshold was exceeded, the station restarted, the alert is gone: both are kept."""
    async with station_of(csms) as station:
        for number, cleared in ((1, False), (2, True)):
            if cleared:
                await station.boot("LocalReset")
            event = _raised("Alerting", "CustomMonitor", eventId=number, cleared=cleared, variableMonitoringId=3)
            told = {"generatedAt": now(), "seqNo": 0, "tbc": False, "eventData": [event]}
            assert await station.call("NotifyEvent", told) == {}
    rows = await csms.rows("SELECT cleared FROM device_events ORDER BY event_id")
    assert [row["cleared"] for row in rows] == [False, True]
