# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""OCPP 1.6 messages of a charger, wire to domain and back."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from csms.dialects.times import format_time, parse_time
from csms.dialects.v16.dialect import V16
from csms.domain.chargers import ChargingPhase, ConnectorState, RegistrationStatus
from csms.domain.messages import (
    Acknowledged,
    AuthorizationAnswer,
    BootAnswer,
    BootReported,
    HeartbeatAnswer,
    MeterReported,
    ProgressReported,
    Report,
    StatusReported,
    TransactionAnswer,
    TransactionReported,
    TransactionStage,
    VendorAnswer,
    VendorAnswerStatus,
    VendorMessage,
)
from csms.domain.metering import decode_code
from csms.domain.tokens import Authorization, AuthorizationStatus
from csms.ocpp.codec import ACTIONS, Protocol, Validation
from csms.ocpp.errors import RemoteProtocolError

NOW = datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC)


def read(action: str, payload: object, validation: Validation = Validation.ADVISORY) -> Report:
    report, _, _ = V16.read(action, json.dumps(payload).encode(), validation)
    return report


def answer(action: str, payload: object, value: object) -> object:
    _, inbound, _ = V16.read(action, json.dumps(payload).encode(), Validation.ADVISORY)
    return json.loads(V16.answer(inbound, value))


BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}
START = {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": "2026-11-23T10:00:00Z"}
STOP = {"transactionId": 7, "meterStop": 10, "timestamp": "2026-11-23T11:00:00Z"}


def meter(*samples: dict[str, str], timestamp: str = "2026-11-23T10:00:00Z") -> MeterReported:
    payload = {"connectorId": 1, "meterValue": [{"timestamp": timestamp, "sampledValue": list(samples)}]}
    report = read("MeterValues", payload)
    assert isinstance(report, MeterReported)
    return report


def test_boot_tells_what_the_charger_is() -> None:
    """The box serial number stands in for a missing one; empty fields are absent."""
    report = read("BootNotification", {**BOOT, "chargeBoxSerialNumber": "B1", "iccid": "", "meterType": "M"})
    assert report == BootReported(
        vendor="Acme",
        model="One",
        serial_number="B1",
        firmware_version=None,
        details={"meter_type": "M", "charge_box_serial_number": "B1"},
    )


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (RegistrationStatus.ACCEPTED, "Accepted"),
        (RegistrationStatus.PENDING, "Pending"),
        (RegistrationStatus.REJECTED, "Rejected"),
    ],
)
def test_boot_is_answered_with_status_time_and_interval(status: RegistrationStatus, word: str) -> None:
    """The time is UTC with milliseconds and Z (steve#96, steve#1371)."""
    assert answer("BootNotification", BOOT, BootAnswer(status, 300, NOW)) == {
        "status": word,
        "currentTime": "2026-11-23T10:00:00.123Z",
        "interval": 300,
    }


def test_heartbeat_is_answered_with_the_time() -> None:
    """Nothing else is said."""
    assert answer("Heartbeat", {}, HeartbeatAnswer(NOW)) == {"currentTime": "2026-11-23T10:00:00.123Z"}


@pytest.mark.parametrize(
    ("word", "state", "phase"),
    [
        ("Available", ConnectorState.AVAILABLE, None),
        ("Preparing", ConnectorState.OCCUPIED, ChargingPhase.PREPARING),
        ("Charging", ConnectorState.OCCUPIED, ChargingPhase.CHARGING),
        ("SuspendedEV", ConnectorState.OCCUPIED, ChargingPhase.SUSPENDED_EV),
        ("SuspendedEVSE", ConnectorState.OCCUPIED, ChargingPhase.SUSPENDED_EVSE),
        ("Finishing", ConnectorState.OCCUPIED, ChargingPhase.FINISHING),
        ("Reserved", ConnectorState.RESERVED, None),
        ("Unavailable", ConnectorState.UNAVAILABLE, None),
        ("Faulted", ConnectorState.FAULTED, None),
    ],
)
def test_nine_statuses_are_five_states_and_a_phase(
    word: str, state: ConnectorState, phase: ChargingPhase | None
) -> None:
    """The domain follows the richer shape of 2.x."""
    report = read("StatusNotification", {"connectorId": 2, "status": word, "errorCode": "NoError"})
    assert isinstance(report, StatusReported)
    assert (report.evse_id, report.connector_id, report.state, report.phase) == (2, 2, state, phase)
    assert report.error_code is None


def test_a_lock_failure_keeps_its_error_and_its_words() -> None:
    """Error code, info and the vendor's own code are facts."""
    report = read(
        "StatusNotification",
        {
            "connectorId": 1,
            "status": "Faulted",
            "errorCode": "ConnectorLockFailure",
            "info": "jammed",
            "vendorId": "v",
            "vendorErrorCode": "E7",
            "timestamp": "2026-11-23T10:00:00.5+01:00",
        },
    )
    assert isinstance(report, StatusReported)
    assert (report.error_code, report.info, report.vendor_id, report.vendor_error_code) == (
        "ConnectorLockFailure",
        "jammed",
        "v",
        "E7",
    )
    assert report.at == datetime(2026, 11, 23, 9, 0, 0, 500000, tzinfo=UTC)


def test_an_unknown_status_is_kept_as_it_came() -> None:
    """`Error` is no status of 1.6 and is heard all the same (lbb#1248)."""
    report = read("StatusNotification", {"connectorId": 1, "status": "Error", "errorCode": "NoError"})
    assert isinstance(report, StatusReported)
    assert (report.status, report.state) == ("Error", ConnectorState.UNKNOWN)


def test_authorize_is_answered_with_what_is_known() -> None:
    """Status, expiry and group; a group that does not fit 1.6 is left out."""
    known = Authorization(AuthorizationStatus.EXPIRED, NOW, "family")
    assert answer("Authorize", {"idTag": "T"}, AuthorizationAnswer(known)) == {
        "idTagInfo": {"expiryDate": "2026-11-23T10:00:00.123Z", "parentIdTag": "family", "status": "Expired"}
    }
    long = Authorization(AuthorizationStatus.BLOCKED, None, "g" * 21)
    assert answer("Authorize", {"idTag": "T"}, AuthorizationAnswer(long)) == {"idTagInfo": {"status": "Blocked"}}


def test_a_start_is_a_transaction_report_without_a_number() -> None:
    """The number is ours to give."""
    assert read("StartTransaction", {**START, "reservationId": 3, "meterStart": 1234}) == TransactionReported(
        stage=TransactionStage.STARTED,
        at=datetime(2026, 11, 23, 10, tzinfo=UTC),
        evse_id=1,
        connector_id=1,
        token="TAG",
        register_wh=Decimal(1234),
        reservation_id=3,
    )


def test_a_start_is_answered_with_number_and_tag_info() -> None:
    """Both are required: a charger rejects an answer without them (citrineos#166)."""
    known = Authorization(AuthorizationStatus.ACCEPTED)
    assert answer("StartTransaction", START, TransactionAnswer(42, known)) == {
        "idTagInfo": {"status": "Accepted"},
        "transactionId": 42,
    }
    assert answer("StartTransaction", START, TransactionAnswer(42, None)) == {
        "idTagInfo": {"status": "Invalid"},
        "transactionId": 42,
    }


def test_a_stop_without_a_reason_was_local() -> None:
    """An absent reason means Local."""
    report = read("StopTransaction", STOP)
    assert isinstance(report, TransactionReported)
    assert (report.stage, report.ref, report.reason, report.token) == (TransactionStage.ENDED, 7, "Local", None)


def test_a_stop_is_answered_with_tag_info_only_if_a_tag_was_shown() -> None:
    """idTagInfo is optional in the answer."""
    assert answer("StopTransaction", STOP, TransactionAnswer(7, None)) == {}
    assert answer("StopTransaction", STOP, TransactionAnswer(7, Authorization(AuthorizationStatus.INVALID))) == {
        "idTagInfo": {"status": "Invalid"}
    }


def test_a_stop_carries_its_meter_values() -> None:
    """transactionData is read like MeterValues."""
    data = [{"timestamp": "2026-11-23T10:30:00Z", "sampledValue": [{"value": "5", "context": "Transaction.End"}]}]
    report = read("StopTransaction", {**STOP, "transactionData": data})
    assert isinstance(report, TransactionReported)
    assert report.readings[0].energy_wh == 5


def test_the_default_sample_is_the_import_register_in_wh() -> None:
    """Everything but the value may be left out."""
    reading = meter({"value": "1500.5"}).readings[0]
    assert reading.energy_wh == Decimal("1500.5")
    assert decode_code(reading.samples[0].code) == ("Energy.Active.Import.Register", None, "Outlet", "Wh")


def test_samples_of_different_contexts_are_readings_of_their_own() -> None:
    """A begin value in a periodic message stays a begin value."""
    readings = meter({"value": "1", "context": "Transaction.Begin"}, {"value": "2"}).readings
    assert [(reading.context, reading.energy_wh) for reading in readings] == [(2, 1), (0, 2)]


@pytest.mark.parametrize("value", ["", "abc", "NaN", "Infinity", "1e400", "9" * 16, "12,5"])
def test_values_that_no_meter_shows_are_kept_and_flagged(value: str) -> None:
    """An unreadable value is no number, but the reading around it stands."""
    reading = meter({"value": value}, {"value": "7", "measurand": "SoC"}).readings[0]
    assert reading.flags == ("unreadable_value",)
    assert reading.samples[0].value.is_nan()
    assert reading.samples[0].raw == value
    assert reading.energy_wh is None
    assert reading.samples[1].value == 7


@pytest.mark.parametrize(
    ("text", "number"), [(" 12 ", "12"), ("-1", "-1"), ("1e3", "1000"), ("0.1234567891", "0.123456789")]
)
def test_numbers_are_read_as_chargers_write_them(text: str, number: str) -> None:
    """Blanks and exponents are met in the field (evcc)."""
    assert meter({"value": text}).readings[0].samples[0].value == Decimal(number)


def test_signed_data_is_kept_to_the_byte() -> None:
    """A signature covers every character."""
    signed = 'OCMF|{"FV":"1.0"}|{"SD":"30"}'
    sample = meter({"value": signed, "format": "SignedData"}).readings[0].samples[0]
    assert sample.raw == signed
    assert sample.value.is_nan()


def test_an_unknown_measurand_keeps_its_name() -> None:
    """`Request.Energy` (mh#54) is heard."""
    sample = meter({"value": "3", "measurand": "Request.Energy"}).readings[0].samples[0]
    assert (decode_code(sample.code)[0], sample.raw, sample.value) == ("Vendor", "Request.Energy", 3)


@pytest.mark.parametrize(("ref", "read_as"), [(None, None), (0, None), (-1, None), (5, 5)])
def test_no_transaction_is_written_in_three_ways(ref: int | None, read_as: int | None) -> None:
    """0 and -1 stand for none (ev-dashboard#1817, libocpp#495)."""
    payload: dict[str, object] = {
        "connectorId": 0,
        "meterValue": [{"timestamp": "2026-11-23T10:00:00Z", "sampledValue": [{"value": "1"}]}],
    }
    if ref is not None:
        payload["transactionId"] = ref
    report = read("MeterValues", payload)
    assert isinstance(report, MeterReported)
    assert report.ref == read_as


def test_an_empty_sampled_value_is_no_reason_to_refuse() -> None:
    """An empty list is sent by some (lbb#466)."""
    report = read(
        "MeterValues", {"connectorId": 1, "meterValue": [{"timestamp": "2026-11-23T10:00:00Z", "sampledValue": []}]}
    )
    assert isinstance(report, MeterReported)
    assert all(not reading.samples for reading in report.readings)


def test_data_transfer_is_a_vendor_message() -> None:
    """The answer names what was not known."""
    assert read("DataTransfer", {"vendorId": "v", "messageId": "m", "data": "d"}) == VendorMessage("v", "m", "d")
    unknown = VendorAnswer(VendorAnswerStatus.UNKNOWN_VENDOR_ID)
    assert answer("DataTransfer", {"vendorId": "v"}, unknown) == {"status": "UnknownVendorId"}


@pytest.mark.parametrize(
    ("action", "kind", "status"),
    [
        ("FirmwareStatusNotification", "firmware", "Installed"),
        ("DiagnosticsStatusNotification", "diagnostics", "Idle"),
    ],
)
def test_what_a_trigger_asks_for_is_heard(action: str, kind: str, status: str) -> None:
    """Firmware and diagnostics status are facts, stored before they are answered."""
    assert read(action, {"status": status}) == ProgressReported(kind, status)
    assert answer(action, {"status": status}, Acknowledged()) == {}


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("Nonsense", {}, "NotImplemented"),
        ("Reset", {"type": "Hard"}, "NotSupported"),
        ("Authorize", {}, "ProtocolError"),
        ("Authorize", {"idTag": [1]}, "TypeConstraintViolation"),
    ],
)
def test_what_cannot_be_understood_is_refused_in_1_6_spelling(action: str, payload: object, code: str) -> None:
    """The code says what was wrong."""
    with pytest.raises(RemoteProtocolError) as caught:
        read(action, payload)
    assert caught.value.code == code


def test_every_action_of_a_charger_is_read_or_named_as_unsupported() -> None:
    """Nothing is forgotten: each of the 14 has its row or its reason."""
    of_chargers = {name for name, action in ACTIONS[Protocol.V16].items() if action.from_charger}
    assert set(V16.inbound) | set(V16.unsupported) == of_chargers
    assert not set(V16.inbound) & set(V16.unsupported)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-23T10:00:00Z", datetime(2026, 11, 23, 10, tzinfo=UTC)),
        ("2026-11-23T10:00:00", datetime(2026, 11, 23, 10, tzinfo=UTC)),
        (" 2026-11-23T10:00:00.123456789Z ", datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2026-11-23T12:00:00+02:00", datetime(2026, 11, 23, 10, tzinfo=UTC)),
        ("0001-01-01T00:00:00+05:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_times_are_read_as_chargers_write_them(text: str | None, at: datetime | None) -> None:
    """A time that cannot be read is absent, never an error."""
    assert parse_time(text) == at


def test_times_are_written_in_utc_with_milliseconds() -> None:
    """An offset would be misread."""
    assert format_time(NOW) == "2026-11-23T10:00:00.123Z"
