# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Commands to an OCPP 1.6 charger: domain to wire, answers to outcomes."""

import json
from typing import Any

import pytest

from csms.dialects.base import NotExpressibleError, error_outcome
from csms.dialects.v16.dialect import V16
from csms.domain.commands import (
    AnyCommand,
    Call,
    ChangeAvailability,
    ChangeConfiguration,
    ClearCache,
    DataTransfer,
    GetConfiguration,
    OutcomeStatus,
    Reset,
    StartTransaction,
    StopTransaction,
    TriggerMessage,
    Unlock,
    Variable,
)
from csms.ocpp.errors import RemoteProtocolError

WRITTEN: list[tuple[AnyCommand, str, dict[str, Any]]] = [
    (StartTransaction("TAG"), "RemoteStartTransaction", {"idTag": "TAG"}),
    (StartTransaction("TAG", 2), "RemoteStartTransaction", {"connectorId": 2, "idTag": "TAG"}),
    (StopTransaction(42), "RemoteStopTransaction", {"transactionId": 42}),
    (Reset("soft"), "Reset", {"type": "Soft"}),
    (Reset("hard"), "Reset", {"type": "Hard"}),
    (Unlock(1), "UnlockConnector", {"connectorId": 1}),
    (ChangeAvailability(True), "ChangeAvailability", {"connectorId": 0, "type": "Operative"}),
    (ChangeAvailability(False, 3), "ChangeAvailability", {"connectorId": 3, "type": "Inoperative"}),
    (GetConfiguration(), "GetConfiguration", {}),
    (GetConfiguration(("HeartbeatInterval",)), "GetConfiguration", {"key": ["HeartbeatInterval"]}),
    (ChangeConfiguration("K", "v"), "ChangeConfiguration", {"key": "K", "value": "v"}),
    (ClearCache(), "ClearCache", {}),
    (DataTransfer("v", "m", "d"), "DataTransfer", {"vendorId": "v", "messageId": "m", "data": "d"}),
    (
        TriggerMessage("status_notification", 1),
        "TriggerMessage",
        {"requestedMessage": "StatusNotification", "connectorId": 1},
    ),
    (Call("Reset", {"type": "Hard"}), "Reset", {"type": "Hard"}),
]


@pytest.mark.parametrize(("command", "action", "payload"), WRITTEN)
def test_each_command_has_its_wire_message(command: AnyCommand, action: str, payload: dict[str, Any]) -> None:
    """Empty optional fields are left out; the payload satisfies the schema."""
    outgoing = V16.write(command)
    assert (outgoing.action, json.loads(outgoing.payload)) == (action, payload)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (StartTransaction("T" * 21), "idTag"),
        (ChangeConfiguration("k" * 51, "v"), "key"),
        (Call("Nonsense", {}), "no action"),
        (Call("Reset", {"type": "Sideways"}), "type"),
        (Call("Heartbeat", {}), "not sent by a CSMS"),
    ],
)
def test_what_1_6_cannot_say_is_refused_with_the_reason(command: AnyCommand, said: str) -> None:
    """The person who asked is told; nothing is sent."""
    with pytest.raises(NotExpressibleError, match=said):
        V16.write(command)


ANSWERED: list[tuple[AnyCommand, str, dict[str, Any], OutcomeStatus]] = [
    (StartTransaction("T"), "RemoteStartTransaction", {"status": "Accepted"}, OutcomeStatus.ACCEPTED),
    (StartTransaction("T"), "RemoteStartTransaction", {"status": "Rejected"}, OutcomeStatus.REJECTED),
    (StopTransaction(1), "RemoteStopTransaction", {"status": "Rejected"}, OutcomeStatus.REJECTED),
    (Reset(), "Reset", {"status": "Accepted"}, OutcomeStatus.ACCEPTED),
    (Unlock(1), "UnlockConnector", {"status": "Unlocked"}, OutcomeStatus.ACCEPTED),
    (Unlock(1), "UnlockConnector", {"status": "UnlockFailed"}, OutcomeStatus.REJECTED),
    (Unlock(1), "UnlockConnector", {"status": "NotSupported"}, OutcomeStatus.NOT_SUPPORTED),
    (Unlock(1), "UnlockConnector", {"status": "Melted"}, OutcomeStatus.ERROR),
    (ChangeAvailability(True), "ChangeAvailability", {"status": "Scheduled"}, OutcomeStatus.ACCEPTED),
    (ClearCache(), "ClearCache", {"status": "Rejected"}, OutcomeStatus.REJECTED),
    (ClearCache(), "ClearCache", {"status": "Accepted"}, OutcomeStatus.ACCEPTED),
    (ChangeConfiguration("k", "v"), "ChangeConfiguration", {"status": "RebootRequired"}, OutcomeStatus.ACCEPTED),
    (ChangeConfiguration("k", "v"), "ChangeConfiguration", {"status": "NotSupported"}, OutcomeStatus.NOT_SUPPORTED),
    (ChangeConfiguration("k", "v"), "ChangeConfiguration", {"status": "Rejected"}, OutcomeStatus.REJECTED),
    (DataTransfer("v"), "DataTransfer", {"status": "Accepted"}, OutcomeStatus.ACCEPTED),
    (DataTransfer("v"), "DataTransfer", {"status": "UnknownVendorId"}, OutcomeStatus.REJECTED),
    (TriggerMessage("heartbeat"), "TriggerMessage", {"status": "NotImplemented"}, OutcomeStatus.NOT_SUPPORTED),
    (Call("Reset", {}), "Reset", {"status": "Rejected"}, OutcomeStatus.REJECTED),
    (Call("Reset", {}), "Reset", {"status": "Accepted"}, OutcomeStatus.ACCEPTED),
    (Call("TriggerMessage", {}), "TriggerMessage", {"status": "NotImplemented"}, OutcomeStatus.NOT_SUPPORTED),
    (Call("GetConfiguration", {}), "GetConfiguration", {}, OutcomeStatus.ACCEPTED),
]


@pytest.mark.parametrize(("command", "action", "payload", "status"), ANSWERED)
def test_each_answer_is_an_outcome(
    command: AnyCommand, action: str, payload: dict[str, Any], status: OutcomeStatus
) -> None:
    """The raw answer is kept beside it."""
    outcome = V16.outcome(command, action, json.dumps(payload).encode())
    assert (outcome.status, outcome.result) == (status, payload)


def test_configuration_is_read_with_what_the_charger_does_not_know() -> None:
    """Known keys become variables; unknown ones are named."""
    payload = {
        "configurationKey": [{"key": "A", "readonly": True, "value": "1"}, {"key": "B", "readonly": False}],
        "unknownKey": ["C"],
    }
    outcome = V16.outcome(GetConfiguration(), "GetConfiguration", json.dumps(payload).encode())
    assert outcome.variables == (Variable("A", "1", True), Variable("B", None, False))
    assert outcome.status is OutcomeStatus.ACCEPTED
    assert outcome.reason == "unknown to the charger: C"


def test_a_key_that_the_charger_does_not_know_is_not_supported() -> None:
    """Only unknown keys in the answer: nothing was read."""
    outcome = V16.outcome(GetConfiguration(("C",)), "GetConfiguration", b'{"unknownKey":["C"]}')
    assert outcome.status is OutcomeStatus.NOT_SUPPORTED


def test_a_number_where_a_text_belongs_is_forgiven_in_an_answer() -> None:
    """Integer configuration values (mh#695) are read, and said so."""
    outcome = V16.outcome(
        GetConfiguration(), "GetConfiguration", b'{"configurationKey":[{"key":"A","readonly":false,"value":5}]}'
    )
    assert outcome.variables == (Variable("A", "5", False),)
    assert outcome.reason is not None
    assert "not quite by the specification" in outcome.reason


def test_an_answer_that_cannot_be_understood_raises() -> None:
    """The caller reports it as an error outcome."""
    with pytest.raises(RemoteProtocolError):
        V16.outcome(Reset(), "Reset", b'{"nothing":1}')


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("NotImplemented", OutcomeStatus.NOT_SUPPORTED),
        ("NotSupported", OutcomeStatus.NOT_SUPPORTED),
        ("InternalError", OutcomeStatus.ERROR),
    ],
)
def test_a_callerror_is_an_outcome_too(code: str, status: OutcomeStatus) -> None:
    """What the charger does not implement is not supported; all else is an error with its words."""
    outcome = error_outcome(code, "because")
    assert (outcome.status, outcome.reason) == (status, f"{code}: because")
    assert error_outcome(code, "").reason == code


def test_capabilities_are_those_of_the_tables() -> None:
    """Raw calls, and each command that the version has a message for."""
    assert V16.capabilities >= {"call", "start_transaction", "reserve_now", "update_firmware", "install_certificate"}
    assert "get_variables" not in V16.capabilities
