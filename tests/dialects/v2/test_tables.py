# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Every action of 2.0.1 and 2.1, both directions: read, answered, written, understood."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from csms.dialects.base import Dialect, NotExpressibleError
from csms.dialects.v2.dialect import V21, V201
from csms.dialects.v2.mirror import word
from csms.domain import commands as domain
from csms.domain import messages
from csms.domain.certificates import CertificateHash
from csms.domain.chargers import RegistrationStatus
from csms.domain.tokens import INVALID, Authorization, AuthorizationStatus
from csms.ocpp.codec import ACTIONS, Validation, decode_request, decode_response
from tests.support.samples import build, sample

DIALECTS = [V201, V21]
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
ACCEPTED = Authorization(AuthorizationStatus.ACCEPTED, NOW, "GROUP")
CERTIFICATE = CertificateHash("sha256", "aa", "bb", "0c")
AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
ANSWERS: dict[str, list[messages.Answer]] = {
    "BootNotification": [messages.BootAnswer(status, 30, NOW) for status in RegistrationStatus],
    "Heartbeat": [messages.HeartbeatAnswer(NOW)],
    "Authorize": [
        messages.AuthorizationAnswer(ACCEPTED, "certificate_revoked"),
        messages.AuthorizationAnswer(INVALID),
    ],
    "TransactionEvent": [
        messages.TransactionAnswer(7, None),
        messages.TransactionAnswer(7, ACCEPTED, Decimal("12.34")),
    ],
    "DataTransfer": [messages.VendorAnswer(status, {"x": [1]}) for status in messages.VendorAnswerStatus],
    "NotifyEVChargingNeeds": [messages.DecisionAnswer(accepted) for accepted in (True, False)],
    "NotifyEVChargingSchedule": [messages.DecisionAnswer(accepted) for accepted in (True, False)],
    "OpenPeriodicEventStream": [messages.DecisionAnswer(accepted) for accepted in (True, False)],
    "PullDynamicScheduleUpdate": [
        messages.DecisionAnswer(accepted=False),
        messages.DecisionAnswer(accepted=True, data={"limit": 8.0}),
    ],
    "VatNumberValidation": [
        messages.DecisionAnswer(accepted=False, reason="no register", data={"vat_number": "NL1", "evse_id": 1}),
        messages.DecisionAnswer(accepted=True, data={"vat_number": "NL1"}),
    ],
    "SignCertificate": [
        messages.DecisionAnswer(accepted=True),
        messages.DecisionAnswer(accepted=False, reason="the key is too short"),
    ],
    "Get15118EVCertificate": [
        messages.ContractCertificateAnswer(accepted=True, exi_response="RVhJ", remaining=None),
        messages.ContractCertificateAnswer(accepted=False, exi_response="", reason="unreachable"),
    ],
    "GetCertificateStatus": [
        messages.CertificateStatusAnswer("T0NTUA=="),
        messages.CertificateStatusAnswer(None, "the responder did not answer"),
    ],
    "GetCertificateChainStatus": [
        messages.CertificateChainStatusAnswer(
            tuple((CERTIFICATE, source, ("http://ocsp.example.com/",)) for source in ("ocsp", "crl")),
            (("good", AT), ("failed", AT)),
        ),
    ],
}


def inbound(dialect: Dialect) -> list[str]:
    """Actions that the dialect reads."""
    return sorted(dialect.inbound)


@pytest.mark.parametrize(
    ("dialect", "action"),
    [pytest.param(d, action, id=f"{d.protocol}-{action}") for d in DIALECTS for action in inbound(d)],
)
@pytest.mark.parametrize("full", [False, True], ids=["least", "most"])
def test_every_message_of_a_charger_is_read_and_answered(dialect: Dialect, action: str, full: bool) -> None:
    """The least and the most that the schema allows; each answer satisfies the version's own schema."""
    known = ACTIONS[dialect.protocol][action]
    payload = msgspec.json.encode(sample(known.request, full=full))
    for validation in Validation:
        report, entry, findings = dialect.read(action, payload, validation)
        assert isinstance(report, messages.Report)
        assert findings == ()
    if action in dialect.sends:
        with pytest.raises(TypeError):
            entry.answer(None)
        return
    for answer in ANSWERS.get(action, [messages.Acknowledged()]):
        written = dialect.answer(entry, answer)
        decode_response(dialect.protocol, action, written, Validation.STRICT)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: str(dialect.protocol))
def test_every_action_has_its_place(dialect: Dialect) -> None:
    """Each action is read, written, or named as unsupported with the reason; none is forgotten."""
    known = ACTIONS[dialect.protocol]
    from_charger = {name for name, action in known.items() if action.from_charger}
    assert set(dialect.inbound) | set(dialect.unsupported) == from_charger
    assert not set(dialect.inbound) & set(dialect.unsupported)
    assert {entry.action for entry in dialect.outbound.values()} == {n for n, a in known.items() if a.from_csms}


_LOCATED = (domain.UpdateFirmware, domain.PublishFirmware, domain.GetLog, domain.GetDiagnostics)


def command_of(kind: type[domain.Command], *, full: bool) -> Any:
    """A command with what a version needs beside the least."""
    command = build(kind, full=full)
    extra: dict[str, Any] = {}
    names = command.__struct_fields__
    for name in ("request_id", "reservation_id", "version"):
        if name in names and getattr(command, name) is None and kind is not domain.SendSignedCertificate:
            extra[name] = 5
    if "charger_ref" in names:
        extra["charger_ref"] = "T-1"
    if isinstance(command, domain.SetNetworkProfile):
        extra["profile"] = msgspec.structs.replace(command.profile, security_profile=1, ocpp_version="ocpp20")
    if isinstance(command, domain.GetLog):
        extra["log"] = "security"
    if isinstance(command, domain.GetConfiguration):
        extra["keys"] = ("OCPPCommCtrlr.HeartbeatInterval", "Connector@1:1.Available#max_set")
    if isinstance(command, domain.ChangeConfiguration):
        extra["key"] = "AuthCtrlr[x%2Ey].Enabled"
    if isinstance(command, domain.GetCustomerInformation):
        extra |= {"token": None, "certificate": None, "customer": "C1"}
    if isinstance(command, _LOCATED):
        extra["location"] = "https://example.org/f"  # where none is named the CSMS puts its own
    if isinstance(command, domain.PublishFirmware):
        extra["checksum"] = "0" * 32
    if isinstance(command, domain.SetChargingProfile):
        extra["profile"] = msgspec.structs.replace(command.profile, id=9)
    if isinstance(command, domain.StartTransaction) and command.charging_profile is not None:
        extra["charging_profile"] = msgspec.structs.replace(command.charging_profile, id=9)
    if isinstance(command, domain.SetDisplayMessage):
        extra["message"] = msgspec.structs.replace(command.message, id=9)
    return msgspec.structs.replace(command, **extra)


@pytest.mark.parametrize("kind", sorted(V21.outbound, key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__)
def test_every_command_is_written_in_2_1(kind: type[domain.Command]) -> None:
    """The least and the most that a command can say satisfy the schema, and the least and the most answers are read."""
    for full in (False, True):
        command = command_of(kind, full=full)
        outgoing = V21.write(command)
        decode_request(V21.protocol, outgoing.action, outgoing.payload, Validation.STRICT, from_csms=True)
        response = ACTIONS[V21.protocol][outgoing.action].response
        outcome = V21.outcome(command, outgoing.action, msgspec.json.encode(sample(response, full=full)))
        assert outcome.status in set(domain.OutcomeStatus)
        assert outcome.result is not None


@pytest.mark.parametrize("kind", sorted(V201.outbound, key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__)
def test_the_least_of_every_command_is_written_in_2_0_1(kind: type[domain.Command]) -> None:
    """What 2.1 added is absent or optional."""
    command = command_of(kind, full=False)
    if isinstance(command, domain.SetChargingProfile):
        period = msgspec.structs.replace(command.profile.schedules[0].periods[0], limit=16.0)
        schedule = msgspec.structs.replace(command.profile.schedules[0], periods=(period,))
        command = msgspec.structs.replace(
            command, profile=msgspec.structs.replace(command.profile, schedules=(schedule,))
        )
    outgoing = V201.write(command)
    decode_request(V201.protocol, outgoing.action, outgoing.payload, Validation.STRICT, from_csms=True)
    response = ACTIONS[V201.protocol][outgoing.action].response
    outcome = V201.outcome(command, outgoing.action, msgspec.json.encode(sample(response, full=True)))
    assert outcome.status in set(domain.OutcomeStatus)


def test_what_2_0_1_cannot_say_is_refused_in_words() -> None:
    """Fields and values that 2.1 added name themselves."""
    command = command_of(domain.SetChargingProfile, full=True)
    with pytest.raises(NotExpressibleError, match="SetChargingProfile"):
        V201.write(command)
    with pytest.raises(NotExpressibleError, match="no message for UpdateDynamicSchedule"):
        V201.write(build(domain.UpdateDynamicSchedule, full=False))


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (domain.GetConfiguration(), "name keys"),
        (domain.GetConfiguration(keys=("Heartbeat",)), "names no variable"),
        (domain.StopTransaction(ref=7), "did not name this transaction"),
        (domain.GetCustomerInformation(report=True, clear=False, request_id=1), "exactly one"),
        (domain.GetCustomerInformation(report=True, clear=False, customer="C"), "request id"),
        (domain.GetBaseReport("full_inventory"), "GetBaseReport"),
        (domain.SendLocalList("full"), "version"),
        (domain.StartTransaction("TAG"), "request id"),
        (domain.ReserveNow("TAG", NOW), "needs an id"),
        (domain.GetLog(log="security", location="https://example.org/x"), "request id"),
        (domain.GetChargingProfiles(), "request id"),
    ],
)
def test_what_cannot_be_said_is_told(command: Any, words: str) -> None:
    """The reason is for the person who asked."""
    with pytest.raises(NotExpressibleError, match=words):
        V21.write(command)


def test_words() -> None:
    """Wire words as the domain spells them."""
    wire = ["TxDefaultProfile", "HVMomCess", "A", "EVConnected", "ISO14443", "Pct-Max", "SuspendedEVSE"]
    assert [word(item) for item in wire] == [
        "tx_default_profile",
        "hv_mom_cess",
        "A",
        "ev_connected",
        "iso14443",
        "pct_max",
        "suspended_evse",
    ]
