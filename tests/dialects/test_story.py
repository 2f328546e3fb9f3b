# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""One story in all versions: what the chargers say differs, what the features hear is the same."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from csms.dialects.base import Dialect
from csms.dialects.v2.dialect import V21, V201
from csms.dialects.v16.dialect import V16
from csms.domain import commands as domain
from csms.domain import messages
from csms.domain.chargers import ConnectorState
from csms.domain.tokens import Authorization, AuthorizationStatus
from csms.ocpp.codec import Validation

START, STOP = "2026-11-23T10:00:00Z", "2026-11-23T11:00:00Z"
CSR = "-----BEGIN CERTIFICATE REQUEST-----"
Said = tuple[str, dict[str, Any]]


def _event(kind: str, seq: int, at: str, trigger: str, wh: int, context: str, **extra: Any) -> Said:
    sampled = {"value": wh, "context": context, "measurand": "Energy.Active.Import.Register"}
    info = {"transactionId": "T-1"} | extra.pop("info", {})
    return "TransactionEvent", {
        "eventType": kind,
        "timestamp": at,
        "triggerReason": trigger,
        "seqNo": seq,
        "transactionInfo": info,
        "meterValue": [{"timestamp": at, "sampledValue": [sampled]}],
        **extra,
    }


TOKEN = {"idToken": "TAG", "type": "ISO14443"}
OLD: dict[str, Said] = {
    "boot": (
        "BootNotification",
        {
            "chargePointVendor": "Acme",
            "chargePointModel": "One",
            "chargePointSerialNumber": "S1",
            "firmwareVersion": "1.0",
        },
    ),
    "status": ("StatusNotification", {"connectorId": 1, "status": "Faulted", "errorCode": "NoError"}),
    "authorize": ("Authorize", {"idTag": "TAG"}),
    "start": ("StartTransaction", {"connectorId": 1, "idTag": "TAG", "meterStart": 1000, "timestamp": START}),
    "stop": (
        "StopTransaction",
        {"transactionId": 7, "idTag": "TAG", "meterStop": 1700, "timestamp": STOP, "reason": "Remote"},
    ),
    "firmware": ("SignedFirmwareStatusNotification", {"status": "Downloading", "requestId": 4}),
    "log": ("LogStatusNotification", {"status": "Uploading", "requestId": 5}),
    "certificate": ("SignCertificate", {"csr": CSR}),
    "security": ("SecurityEventNotification", {"type": "FirmwareUpdated", "timestamp": START, "techInfo": "x"}),
    "vendor": ("DataTransfer", {"vendorId": "acme", "messageId": "m", "data": "d"}),
}
NEW: dict[str, Said] = {
    "boot": (
        "BootNotification",
        {
            "reason": "PowerUp",
            "chargingStation": {
                "vendorName": "Acme",
                "model": "One",
                "serialNumber": "S1",
                "firmwareVersion": "1.0",
            },
        },
    ),
    "status": (
        "StatusNotification",
        {"evseId": 1, "connectorId": 1, "connectorStatus": "Faulted", "timestamp": START},
    ),
    "authorize": ("Authorize", {"idToken": TOKEN}),
    "start": _event(
        "Started", 0, START, "Authorized", 1000, "Transaction.Begin", evse={"id": 1, "connectorId": 1}, idToken=TOKEN
    ),
    "stop": _event(
        "Ended", 1, STOP, "RemoteStop", 1700, "Transaction.End", idToken=TOKEN, info={"stoppedReason": "Remote"}
    ),
    "firmware": ("FirmwareStatusNotification", {"status": "Downloading", "requestId": 4}),
    "log": ("LogStatusNotification", {"status": "Uploading", "requestId": 5}),
    "certificate": ("SignCertificate", {"csr": CSR}),
    "security": ("SecurityEventNotification", {"type": "FirmwareUpdated", "timestamp": START, "techInfo": "x"}),
    "vendor": ("DataTransfer", {"vendorId": "acme", "messageId": "m", "data": "d"}),
}


@dataclass(frozen=True)
class Heard:
    """What a feature hears, whatever the version."""

    kind: type[messages.Report]
    facts: Mapping[str, Any]


AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
STORY = {
    "boot": Heard(
        messages.BootReported,
        {"vendor": "Acme", "model": "One", "serial_number": "S1", "firmware_version": "1.0", "details": {}},
    ),
    "status": Heard(
        messages.StatusReported,
        {"evse_id": 1, "connector_id": 1, "status": "faulted", "state": ConnectorState.FAULTED, "phase": None},
    ),
    "authorize": Heard(messages.AuthorizationRequested, {"token": "TAG", "certificate": None}),
    "start": Heard(
        messages.TransactionReported,
        {
            "stage": messages.TransactionStage.STARTED,
            "at": AT,
            "evse_id": 1,
            "connector_id": 1,
            "token": "TAG",
            "register_wh": Decimal(1000),
            "reservation_id": None,
        },
    ),
    "stop": Heard(
        messages.TransactionReported,
        {
            "stage": messages.TransactionStage.ENDED,
            "at": AT.replace(hour=11),
            "token": "TAG",
            "register_wh": Decimal(1700),
            "reason": "Remote",
        },
    ),
    "firmware": Heard(messages.ProgressReported, {"kind": "firmware", "status": "Downloading", "request_id": 4}),
    "log": Heard(messages.ProgressReported, {"kind": "log", "status": "Uploading", "request_id": 5}),
    "certificate": Heard(messages.CertificateRequested, {"csr": CSR, "kind": "charging_station", "request_id": None}),
    "security": Heard(messages.SecurityEventReported, {"kind": "FirmwareUpdated", "at": AT, "info": "x"}),
    "vendor": Heard(messages.VendorMessage, {"vendor_id": "acme", "message_id": "m", "data": "d"}),
}
DIALECTS = [pytest.param(dialect, id=str(dialect.protocol)) for dialect in (V16, V201, V21)]


def _said(dialect: Dialect, step: str) -> Said:
    return (OLD if dialect is V16 else NEW)[step]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("step", STORY)
def test_the_same_is_heard(dialect: Dialect, step: str) -> None:
    """The same Report with the same facts."""
    action, payload = _said(dialect, step)
    report, _, findings = dialect.read(action, json.dumps(payload).encode(), Validation.STRICT)
    assert type(report) is STORY[step].kind
    assert {name: getattr(report, name) for name in STORY[step].facts} == STORY[step].facts
    assert findings == ()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_offline_replay_is_told_by_whoever_can(dialect: Dialect) -> None:
    """2.x marks what happened offline; in 1.6 the time says it. Nothing else changes."""
    for step in ("start", "stop"):
        action, payload = _said(dialect, step)
        live, _, _ = dialect.read(action, json.dumps(payload).encode(), Validation.STRICT)
        if dialect is V16:
            continue
        late, _, _ = dialect.read(action, json.dumps(payload | {"offline": True}).encode(), Validation.STRICT)
        assert isinstance(live, messages.TransactionReported)
        assert isinstance(late, messages.TransactionReported)
        assert (live.offline, late.offline) == (False, True)
        assert late.at == live.at


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_same_is_answered(dialect: Dialect) -> None:
    """An Answer of the domain becomes the version's own, with the same meaning."""
    action, payload = _said(dialect, "authorize")
    _, entry, _ = dialect.read(action, json.dumps(payload).encode(), Validation.STRICT)
    authorization = Authorization(AuthorizationStatus.BLOCKED, expires_at=AT, group="G")
    answer = json.loads(dialect.answer(entry, messages.AuthorizationAnswer(authorization)))
    info = answer["idTagInfo" if dialect is V16 else "idTokenInfo"]
    assert info["status"] == "Blocked"
    assert "G" in (info.get("parentIdTag"), info.get("groupIdToken", {}).get("idToken"))
    assert AT.isoformat()[:19] in str(info)


COMMANDS: list[tuple[domain.AnyCommand, str, str]] = [
    (domain.StartTransaction("TAG", evse_id=1, request_id=3), "RemoteStartTransaction", "RequestStartTransaction"),
    (domain.StopTransaction(7, "T-1"), "RemoteStopTransaction", "RequestStopTransaction"),
    (domain.Reset("hard"), "Reset", "Reset"),
    (domain.Unlock(1, 1), "UnlockConnector", "UnlockConnector"),
    (domain.ChangeAvailability(operative=False, evse_id=1), "ChangeAvailability", "ChangeAvailability"),
    (domain.TriggerMessage("status_notification", 1), "TriggerMessage", "TriggerMessage"),
    (domain.ReserveNow("TAG", AT, evse_id=1, reservation_id=4), "ReserveNow", "ReserveNow"),
    (domain.SendLocalList("full", version=2), "SendLocalList", "SendLocalList"),
    (domain.GetLog(log="security", location="https://example.org/", request_id=5), "GetLog", "GetLog"),
    (domain.GetDiagnostics(location="https://example.org/", request_id=5), "GetDiagnostics", "GetLog"),
    (
        domain.UpdateFirmware(
            location="https://example.org/f",
            retrieve_at=AT,
            signing_certificate="PEM",
            signature="c2ln",
            request_id=6,
        ),
        "SignedUpdateFirmware",
        "UpdateFirmware",
    ),
    (domain.InstallCertificate("csms_root", "PEM"), "InstallCertificate", "InstallCertificate"),
    (domain.SendSignedCertificate("PEM"), "CertificateSigned", "CertificateSigned"),
    (domain.ClearCache(), "ClearCache", "ClearCache"),
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("command", "old", "new"), COMMANDS, ids=lambda value: type(value).__name__)
def test_the_same_is_asked(dialect: Dialect, command: domain.AnyCommand, old: str, new: str) -> None:
    """A command is the version's own message; Accepted means the same everywhere."""
    action = old if dialect is V16 else new
    assert dialect.write(command).action == action
    plain = {"GetDiagnostics": b'{"fileName":"d"}'}.get(action, b'{"status":"Accepted"}')
    if action == "UnlockConnector":
        plain = b'{"status":"Unlocked"}'
    assert dialect.outcome(command, action, plain).status is domain.OutcomeStatus.ACCEPTED
