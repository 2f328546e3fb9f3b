# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Payloads in and out: what is refused with which code, what is forgiven with which finding."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.ocpp import v16, v21, v201
from csms.ocpp.codec import (
    ACTIONS,
    Finding,
    Protocol,
    Validation,
    decode_request,
    decode_response,
    encode,
    encode_checked,
)
from csms.ocpp.errors import LocalProtocolError, RemoteProtocolError
from csms.ocpp.judge import MAX_FINDINGS

STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
BOOT = {"chargePointVendor": "v", "chargePointModel": "m"}
BOOT2 = {"reason": "PowerUp", "chargingStation": {"model": "m", "vendorName": "v"}}
READING = {"timestamp": "2026-11-23T10:00:00Z", "sampledValue": [{"value": "1"}]}
V16, V201, V21 = Protocol.V16, Protocol.V201, Protocol.V21


def read(protocol: Protocol, action: str, payload: Any, **options: Any) -> tuple[Any, tuple[Finding, ...]]:
    """The message and findings of a payload given as bytes or as plain values."""
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return decode_request(protocol, action, data, **options)


def refusal(protocol: Protocol, action: str, payload: Any, **options: Any) -> RemoteProtocolError:
    """How a payload is refused."""
    with pytest.raises(RemoteProtocolError) as caught:
        read(protocol, action, payload, **options)
    assert 0 < len(caught.value.description) <= 255
    return caught.value


STRICT = {"validation": Validation.STRICT}


@pytest.mark.parametrize(
    ("protocol", "code"), [(V16, "NotImplemented"), (V201, "NotImplemented"), (V21, "NotImplemented")]
)
def test_unknown_action(protocol: Protocol, code: str) -> None:
    """An action that no version knows is NotImplemented, however long its name."""
    error = refusal(protocol, "Nonsense" * 100, {})
    assert error.code == code
    assert error.description == f"{('Nonsense' * 100)[:60]} is no action of {protocol}"


def test_known_action_of_the_wrong_direction() -> None:
    """A known action that only the other side sends is NotSupported; DataTransfer goes both ways."""
    for protocol in Protocol:
        assert refusal(protocol, "Reset", {}).code == "NotSupported"
        assert refusal(protocol, "Heartbeat", {}, from_csms=True).code == "NotSupported"
        assert read(protocol, "DataTransfer", {"vendorId": "v"}, from_csms=True)[1] == ()
        assert read(protocol, "DataTransfer", {"vendorId": "v"})[1] == ()
    assert refusal(V16, "Reset", {}).description == "Reset is not sent by a charger"
    assert refusal(V16, "Heartbeat", {}, from_csms=True).description == "Heartbeat is not sent by a CSMS"
    assert read(V16, "Reset", {"type": "Hard"}, from_csms=True)[0] == v16.Reset(type="Hard")


# payload, code in 1.6, code in 2.x, path; the same mistakes in the shapes of both
@pytest.mark.parametrize("validation", Validation)
@pytest.mark.parametrize(
    ("protocol", "action", "payload", "code", "path"),
    [
        (V16, "Authorize", {}, "ProtocolError", "idTag"),
        (V201, "BootNotification", {"reason": "PowerUp"}, "OccurrenceConstraintViolation", "chargingStation"),
        (V16, "MeterValues", {"connectorId": 1, "meterValue": []}, "OccurenceConstraintViolation", "meterValue"),
        (V21, "MeterValues", {"evseId": 1, "meterValue": []}, "OccurrenceConstraintViolation", "meterValue"),
        (V16, "StatusNotification", STATUS | {"connectorId": [1]}, "TypeConstraintViolation", "connectorId"),
        (V16, "StatusNotification", STATUS | {"connectorId": 1.5}, "TypeConstraintViolation", "connectorId"),
        (V16, "StatusNotification", STATUS | {"connectorId": "one"}, "TypeConstraintViolation", "connectorId"),
        (V16, "StatusNotification", STATUS | {"connectorId": ""}, "TypeConstraintViolation", "connectorId"),
        (V16, "StatusNotification", STATUS | {"connectorId": None}, "TypeConstraintViolation", "connectorId"),
        (V16, "StatusNotification", STATUS | {"status": ""}, "PropertyConstraintViolation", "status"),
        (V16, "StatusNotification", STATUS | {"info": True}, "TypeConstraintViolation", "info"),
        (V16, "StopTransaction", {"meterStop": 1, "timestamp": "2026-11-23T10:00:00Z", "transactionId": 1, "reason": "Whim"},
         "PropertyConstraintViolation", "reason"),
        (V21, "TransactionEvent", {"eventType": "Whim", "timestamp": "2026-11-23T10:00:00Z", "triggerReason": "Trigger",
                                   "seqNo": 1, "transactionInfo": {"transactionId": "1"}},
         "PropertyConstraintViolation", "eventType"),
        (V16, "MeterValues", {"connectorId": 1, "meterValue": READING}, "TypeConstraintViolation", "meterValue"),
        (V16, "MeterValues", {"connectorId": 1, "meterValue": [READING, 1]}, "TypeConstraintViolation", "meterValue[1]"),
        (V16, "MeterValues", {"connectorId": 1, "meterValue": [READING | {"sampledValue": [{"value": "1", "phase": "L9"}]}]},
         "PropertyConstraintViolation", "meterValue[0].sampledValue[0].phase"),
        (V201, "Heartbeat", {"customData": {"a": 1}}, "OccurrenceConstraintViolation", "customData.vendorId"),
        (V201, "Heartbeat", {"customData": [1]}, "TypeConstraintViolation", "customData"),
        (V201, "NotifyReport", {"requestId": 1, "generatedAt": "2026-11-23T10:00:00Z", "seqNo": 1, "tbc": "true"},
         "TypeConstraintViolation", "tbc"),
        (V21, "NotifyDERStartStop", {"controlId": "1", "started": True, "timestamp": "2026-11-23T10:00:00Z",
                                     "supersededIds": ["x"] * 25}, "OccurrenceConstraintViolation", "supersededIds"),
        (V21, "StatusNotification", {"timestamp": "2026-11-23T10:00:00Z", "connectorStatus": "Available", "evseId": -1,
                                     "connectorId": 1}, "PropertyConstraintViolation", "evseId"),
        (V21, "NotifyEVChargingNeeds", {"evseId": 0, "chargingNeeds": {"requestedEnergyTransfer": "DC"}},
         "PropertyConstraintViolation", "evseId"),
        (V201, "NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "DC",
         "dcChargingParameters": {"evMaxCurrent": 1, "evMaxVoltage": 1, "stateOfCharge": 101}}},
         "PropertyConstraintViolation", "chargingNeeds.dcChargingParameters.stateOfCharge"),
    ],
)  # fmt: skip
def test_refused_in_both_modes(
    protocol: Protocol, action: str, payload: Any, code: str, path: str, validation: Validation
) -> None:
    """What has no clear meaning gets the CALLERROR of that version, with the place in description and details."""
    error = refusal(protocol, action, payload, validation=validation)
    assert error.code == code
    assert error.details == {"path": path}
    assert error.description.startswith(f"{path}: ")


def test_incomplete_payload_says_so() -> None:
    """1.6J names the case "payload is incomplete"."""
    assert refusal(V16, "Authorize", {}).description == "idTag: the payload is incomplete, this field is missing"


@pytest.mark.parametrize(
    ("protocol", "action", "payload", "finding", "strict_code", "expected"),
    [
        (V16, "BootNotification", BOOT | {"chargePointVendor": "x" * 21},
         ("text_too_long", "chargePointVendor", "21 characters, at most 20 allowed"), "PropertyConstraintViolation",
         v16.BootNotification(charge_point_vendor="x" * 21, charge_point_model="m")),
        (V16, "BootNotification", BOOT | {"colour": "red"},
         ("unknown_field", "colour", 'no such field; "red"'), "FormationViolation",
         v16.BootNotification(charge_point_vendor="v", charge_point_model="m")),
        (V201, "Heartbeat", {"x": {"y": 1}}, ("unknown_field", "x", "no such field; an object"), "FormatViolation",
         v201.Heartbeat()),
        (V201, "BootNotification", BOOT2 | {"reason": "Aliens"},
         ("unknown_value", "reason", '"Aliens" is not one of the allowed values'), "PropertyConstraintViolation",
         v201.BootNotification(reason="Aliens",  # type: ignore[arg-type]
                               charging_station=v201.ChargingStationType(model="m", vendor_name="v"))),
        (V16, "StatusNotification", STATUS | {"status": "Broken"},
         ("unknown_value", "status", '"Broken" is not one of the allowed values'), "PropertyConstraintViolation",
         v16.StatusNotification(connector_id=1, error_code="NoError", status="Broken")),  # type: ignore[arg-type]
        (V16, "StatusNotification", STATUS | {"errorCode": "E42"},
         ("unknown_value", "errorCode", '"E42" is not one of the allowed values'), "PropertyConstraintViolation",
         v16.StatusNotification(connector_id=1, error_code="E42", status="Available")),  # type: ignore[arg-type]
        (V16, "StatusNotification", STATUS | {"status": " available"},
         ("letter_case", "status", '" available" is written Available'), "PropertyConstraintViolation",
         v16.StatusNotification(connector_id=1, error_code="NoError", status="Available")),
        (V16, "StatusNotification", {"connectorID": 1, "errorCode": "NoError", "status": "Available"},
         ("letter_case", "connectorID", "the field is named connectorId"), "FormationViolation",
         v16.StatusNotification(connector_id=1, error_code="NoError", status="Available")),
        (V16, "StatusNotification", STATUS | {"connectorId": " 7 "},
         ("text_for_number", "connectorId", 'expected an integer, got " 7 "'), "TypeConstraintViolation",
         v16.StatusNotification(connector_id=7, error_code="NoError", status="Available")),
        (V16, "StatusNotification", STATUS | {"info": None},
         ("empty_field", "info", "null; an absent field is left out"), "TypeConstraintViolation",
         v16.StatusNotification(connector_id=1, error_code="NoError", status="Available")),
        (V16, "StatusNotification", STATUS | {"timestamp": ""},
         ("empty_field", "timestamp", "an empty text; an absent field is left out"), "TypeConstraintViolation",
         v16.StatusNotification(connector_id=1, error_code="NoError", status="Available")),
        (V16, "StatusNotification", STATUS | {"timestamp": "2026-11-23 10:00"},
         ("date_time", "timestamp", '"2026-11-23 10:00" is no RFC 3339 date-time'), "PropertyConstraintViolation",
         v16.StatusNotification(connector_id=1, error_code="NoError", status="Available", timestamp="2026-11-23 10:00")),
        (V16, "Authorize", b'{"idTag":12.50}', ("number_for_text", "idTag", "expected a text, got 12.50"),
         "TypeConstraintViolation", v16.Authorize(id_tag="12.50")),
        (V16, "MeterValues", {"connectorId": 1, "meterValue": [READING | {"sampledValue": []}]},
         ("empty_list", "meterValue[0].sampledValue", "an empty list, at least one entry required"),
         "OccurenceConstraintViolation",
         v16.MeterValues(connector_id=1, meter_value=[v16.MeterValue(timestamp=READING["timestamp"], sampled_value=[])])),  # type: ignore[arg-type]
        (V16, "MeterValues", {"connectorId": 1, "meterValue": [READING | {"sampledValue": [{"value": "1", "unit": "hz"}]}]},
         ("misspelling", "meterValue[0].sampledValue[0].unit", '"hz" is written Hertz'), "PropertyConstraintViolation",
         v16.MeterValues(connector_id=1, meter_value=[v16.MeterValue(timestamp=READING["timestamp"],  # type: ignore[arg-type]
                         sampled_value=[v16.SampledValue(value="1", unit="Hertz")])])),
        (V201, "ReportChargingProfiles", {"requestId": 1, "chargingLimitSource": "CSO", "evseId": 1, "chargingProfile": [
            {"id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative",
             "chargingSchedule": [{"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod":
                                   [{"startPeriod": 0, "limit": "6.5"}]}]}]},
         ("text_for_number", "chargingProfile[0].chargingSchedule[0].chargingSchedulePeriod[0].limit",
          'expected a number, got "6.5"'), "TypeConstraintViolation", None),
        (V201, "StatusNotification", {"timestamp": "2026-11-23T10:00:00Z", "connectorStatus": "Melted", "evseId": 1,
                                      "connectorId": 1},
         ("unknown_value", "connectorStatus", '"Melted" is not one of the allowed values'),
         "PropertyConstraintViolation", None),
        (V201, "Authorize", {"idToken": {"idToken": "a", "type": "ISO14443"}, "iso15118CertificateHashData": []},
         ("empty_field", "iso15118CertificateHashData", "an empty list; left out if absent"),
         "OccurrenceConstraintViolation", v201.Authorize(id_token=v201.IdTokenType(id_token="a", type="ISO14443"))),
        (V201, "BootNotification", {"reason": "PowerUp", "chargingStation": {"model": "m", "vendorName": "v", "modem": None}},
         ("empty_field", "chargingStation.modem", "null; an absent field is left out"), "TypeConstraintViolation",
         v201.BootNotification(reason="PowerUp", charging_station=v201.ChargingStationType(model="m", vendor_name="v"))),
        (V21, "TransactionEvent", {"eventType": "Started", "timestamp": "2026-11-23T10:00:00Z", "triggerReason": "Trigger",
                                   "seqNo": 1, "transactionInfo": {"transactionId": "1"}, "idToken": {}},
         ("empty_field", "idToken", "an empty object; left out if absent"), "OccurrenceConstraintViolation", None),
        (V201, "Heartbeat", {"customData": {"vendorId": "v" * 256}},
         ("text_too_long", "customData.vendorId", "256 characters, at most 255 allowed"), "PropertyConstraintViolation",
         v201.Heartbeat(custom_data={"vendorId": "v" * 256})),
    ],
)  # fmt: skip
def test_forgiven_with_a_finding(
    protocol: Protocol, action: str, payload: Any, finding: tuple[str, str, str], strict_code: str, expected: Any
) -> None:
    """Advisory validation reads the message and lists exactly what it forgave; strict validation refuses it."""
    message, findings = read(protocol, action, payload)
    assert findings == (Finding(*finding),)
    if expected is not None:
        assert message == expected
    error = refusal(protocol, action, payload, **STRICT)
    assert error.code == strict_code
    assert error.details == {"path": finding[1]}


def test_boundaries_of_texts_and_lists() -> None:
    """The greatest allowed length is allowed, counted in characters."""
    assert read(V16, "Authorize", {"idTag": "😀" * 20}, **STRICT) == (v16.Authorize(id_tag="😀" * 20), ())
    assert refusal(V16, "Authorize", {"idTag": "x" * 21}, **STRICT).code == "PropertyConstraintViolation"
    assert read(V201, "Heartbeat", {"customData": {"vendorId": "v" * 255}}, **STRICT)[1] == ()
    started = {"controlId": "1", "started": True, "timestamp": "2026-11-23T10:00:00Z", "supersededIds": ["x"] * 24}
    assert read(V21, "NotifyDERStartStop", started, **STRICT)[1] == ()


def test_empty_texts_and_objects_that_are_allowed() -> None:
    """An empty text is a text, and an object without required fields may be empty."""
    message, findings = read(V16, "StatusNotification", STATUS | {"info": "", "vendorId": ""}, **STRICT)
    assert (message.info, message.vendor_id, findings) == ("", "", ())
    criteria = {"requestId": 1, "chargingProfile": {}}
    assert read(V201, "GetChargingProfiles", criteria, from_csms=True)[1] == ()
    assert read(V16, "StopTransaction", {"meterStop": 1, "timestamp": READING["timestamp"], "transactionId": 1,
                                         "transactionData": []}, **STRICT)[0].transaction_data == []  # fmt: skip


def test_an_empty_object_says_nothing() -> None:
    """An empty object in place of an optional one is left out, or refused as what must not occur (errata's spelling)."""
    payload = {"connectorId": 1, "idTag": "a", "chargingProfile": {}}
    assert (
        refusal(V16, "RemoteStartTransaction", payload, from_csms=True, **STRICT).code == "OccurenceConstraintViolation"
    )
    assert read(V16, "RemoteStartTransaction", payload, from_csms=True)[0].charging_profile is None


def test_both_spellings_of_celsius_and_hertz_count() -> None:
    """1.6 misspells Celsius and its erratum adds Hertz: all are allowed, in strict validation too, in both messages."""
    for unit in ("Celcius", "Celsius", "Hertz"):
        reading = READING | {"sampledValue": [{"value": "1", "unit": unit}]}
        message, findings = read(V16, "MeterValues", {"connectorId": 1, "meterValue": [reading]}, **STRICT)
        assert (message.meter_value[0].sampled_value[0].unit, findings) == (unit, ())
        stop = {"meterStop": 1, "timestamp": READING["timestamp"], "transactionId": 1, "transactionData": [reading]}
        assert read(V16, "StopTransaction", stop, **STRICT)[1] == ()


def test_integers_written_with_a_point_are_integers() -> None:
    """1.0 is an integer; 1.5 is none; neither loses digits on the way."""
    for written, value in ((b"1.0", 1), (b"1e2", 100), (b"-0", 0), (b"9007199254740993.0", 9007199254740993)):
        payload = b'{"connectorId":%b,"errorCode":"NoError","status":"Available"}' % written
        message, findings = read(V16, "StatusNotification", payload, **STRICT)
        assert (message.connector_id, findings) == (value, ())
        assert type(message.connector_id) is int


@pytest.mark.parametrize(
    ("limit", "allowed"), [("21.4", True), ("0.1", True), ("1e3", True), ("21.40", True), ("21.45", False), ("0.05", False),
                           ("2145e-2", False), ("2140e-2", True)]
)  # fmt: skip
def test_tenths(limit: str, allowed: bool) -> None:
    """multipleOf 0.1 is judged in tenths, not in binary fractions."""
    payload = (
        b'{"connectorId":1,"csChargingProfiles":{"chargingProfileId":1,"stackLevel":0,"chargingProfilePurpose":'
        b'"TxProfile","chargingProfileKind":"Relative","chargingSchedule":{"chargingRateUnit":"A",'
        b'"chargingSchedulePeriod":[{"startPeriod":0,"limit":%b}]}}}' % limit.encode()
    )
    if allowed:
        message, findings = read(V16, "SetChargingProfile", payload, from_csms=True, **STRICT)
        assert findings == ()
        assert message.cs_charging_profiles.charging_schedule.charging_schedule_period[0].limit == float(limit)
    else:
        error = refusal(V16, "SetChargingProfile", payload, from_csms=True)
        assert error.code == "PropertyConstraintViolation"
        assert error.description.endswith("has more than one decimal place")


@pytest.mark.parametrize(
    ("protocol", "code"), [(V16, "FormationViolation"), (V201, "FormatViolation"), (V21, "FormatViolation")]
)
@pytest.mark.parametrize(
    "payload",
    [
        b"", b"{", b"[]", b"1", b'"text"', b"true", b'{"vendorId":"v"', b"{'vendorId':1}", b'{"vendorId":NaN}',
        b'{"vendorId":Infinity}', b'{"vendorId":-Infinity}', b'{"vendorId":"\x00"}', b'{"vendorId":"a\\u0000"}',
        b'{"vendorId":"\\ud800"}', b'{"vendorId":"\\udc00\\ud800"}', b'{"vendorId":"\\ud800x"}', b'{"vendorId":"\xff"}',
        b'{"vendorId":"\xed\xa0\x80"}', b'{"vendorId":"v"} x', b"\xef\xbb\xbf{}", b'{"vendorId":01}',
        b'{"vendorId":"v","data":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"vendorId":"v","data":' + b"[" * 100_000,
        b'{"vendorId":"v","data":' + b'{"a":' * 64 + b"1" + b"}" * 64 + b"}",
        b'{"\\u0000":1,"vendorId":"v"}',
    ],
)  # fmt: skip
def test_syntax(protocol: Protocol, code: str, payload: bytes) -> None:
    """Whatever is no storable JSON object is refused as a violation of form, in that version's spelling."""
    assert refusal(protocol, "DataTransfer", payload).code == code


@pytest.mark.parametrize("number", [b"1" * 5000, b"-" + b"1" * 5000, b"1e999", b"-1e999", b"1e99999999999999999999999",
                                    b"9223372036854775808"])  # fmt: skip
def test_numbers_beyond_reason(number: bytes) -> None:
    """A number that nothing can hold is refused as a violation of form, wherever it stands."""
    whole = b'{"connectorId":%b,"errorCode":"NoError","status":"Available"}' % number
    assert refusal(V16, "StatusNotification", whole).code == "FormationViolation"
    if number != b"9223372036854775808":
        anything = b'{"vendorId":"v","data":{"a":[%b]}}' % number
        assert refusal(V201, "DataTransfer", anything).code == "FormatViolation"
        real = (
            b'{"evseId":1,"meterValue":[{"timestamp":"2026-11-23T10:00:00Z","sampledValue":[{"value":%b}]}]}' % number
        )
        assert refusal(V201, "MeterValues", real).code == "FormatViolation"


def test_numbers_too_small_for_reason() -> None:
    """A number that is nothing but an exponent is no integer, and 0 where decimals are allowed."""
    whole = b'{"connectorId":1e-99999999999999999999999,"errorCode":"NoError","status":"Available"}'
    assert refusal(V16, "StatusNotification", whole).code == "FormationViolation"
    assert read(V201, "CostUpdated", b'{"totalCost":1e-9999,"transactionId":"1"}', from_csms=True)[0].total_cost == 0.0


def test_the_widest_integers() -> None:
    """64 bits are held, and a text of many digits stays a text."""
    for number in (2**63 - 1, -(2**63)):
        assert read(V16, "StatusNotification", STATUS | {"connectorId": number}, **STRICT)[0].connector_id == number
    assert refusal(V16, "StatusNotification", STATUS | {"connectorId": -(2**63) - 1}).code == "FormationViolation"
    assert read(V16, "DataTransfer", {"vendorId": "v", "data": "1" * 5000})[1] == ()


def test_duplicate_keys_mean_the_last_one() -> None:
    """The last of two equal keys counts, on the fast path and in the walk alike."""
    assert read(V16, "Authorize", b'{"idTag":"a","idTag":"b"}')[0].id_tag == "b"
    assert read(V16, "Authorize", b'{"idTag":"a","x":1,"idTag":"b"}')[0].id_tag == "b"
    assert read(V201, "Heartbeat", b'{"customData":{"vendorId":"a","vendorId":"b"}}')[0].custom_data == {
        "vendorId": "b"
    }


def test_escapes_that_are_fine() -> None:
    """Escaped backslashes, pairs and other escapes are texts like any other."""
    payload = b'{"idTag":"\\\\u0000 \\ud83d\\ude00\\u00e9"}'
    assert read(V16, "Authorize", payload, **STRICT) == (v16.Authorize(id_tag="\\u0000 😀é"), ())


def test_a_payload_of_null() -> None:
    """2.x allows null where a message has no fields; 1.6 does not."""
    assert read(V201, "Heartbeat", b"null", **STRICT) == (v201.Heartbeat(), ())
    assert read(V21, "Heartbeat", b" null ") == (v21.Heartbeat(), ())
    assert refusal(V201, "Authorize", b"null").code == "OccurrenceConstraintViolation"
    assert refusal(V16, "Heartbeat", b"null").description == "the payload has to be an object, not null"


def test_data_of_any_kind_in_2x() -> None:
    """DataTransfer.data is any JSON in 2.x, read as plain values, and a text in 1.6."""
    data = {"a": [1, 2.5, None, True, "x", {"b": 10**17}], "c": 1e300}
    assert read(V201, "DataTransfer", {"vendorId": "v", "data": data}, **STRICT)[0].data == data
    assert read(V201, "DataTransfer", {"vendorId": "v", "data": None}, **STRICT)[0].data is None
    assert (
        refusal(V16, "DataTransfer", {"vendorId": "v", "data": {}}, **STRICT).code == "OccurenceConstraintViolation"
        if False
        else refusal(V16, "DataTransfer", {"vendorId": "v", "data": {}}, **STRICT).code == "TypeConstraintViolation"
    )


def test_findings_are_bounded() -> None:
    """A message full of mistakes lists only the first of them."""
    _, findings = read(V16, "Heartbeat", {f"x{index}": 1 for index in range(1000)})
    assert len(findings) == MAX_FINDINGS
    assert findings[0] == Finding("unknown_field", "x0", "no such field; 1")


def test_descriptions_fit_and_can_be_stored() -> None:
    """Whatever the peer wrote, the description is at most 255 characters and storable."""
    error = refusal(V16, "Heartbeat", {"é" * 1000: "x" * 1000}, **STRICT)
    assert error.description == "é" * 60 + ': no such field; "' + "x" * 58 + "…"
    deep = {"vendorId": "v", "customData": {"vendorId": "v", "k" * 5000: b"1e999".decode()}}
    payload = json.dumps(deep).replace('"1e999"', "1e999").encode()
    error = refusal(V201, "DataTransfer", payload)
    assert len(error.details["path"]) == 200
    assert len(error.description) <= 255


def test_responses_are_judged_alike() -> None:
    """A CALLRESULT is read by its action's response, with the same forgiveness."""
    assert decode_response(V16, "Reset", b'{"status":"accepted"}') == (
        v16.ResetResponse(status="Accepted"),
        (Finding("letter_case", "status", '"accepted" is written Accepted'),),
    )
    with pytest.raises(RemoteProtocolError) as caught:
        decode_response(V16, "Reset", b'{"status":"accepted"}', Validation.STRICT)
    assert caught.value.code == "PropertyConstraintViolation"


@pytest.mark.parametrize("wrap", [bytes, memoryview, msgspec.Raw])
def test_payloads_of_every_type(wrap: Any) -> None:
    """bytes, memoryview and msgspec.Raw are read alike."""
    assert decode_request(V16, "Authorize", wrap(b'{"idTag":"a"}')) == (v16.Authorize(id_tag="a"), ())
    assert decode_request(V16, "Authorize", wrap(b'{"idTag":1}'))[0] == v16.Authorize(id_tag="1")


def test_encode_writes_compact_json_in_schema_order() -> None:
    """No blanks, no absent fields, the schema's order whatever the constructor's."""
    message = v16.BootNotificationResponse(interval=300, status="Accepted", current_time="2026-11-23T10:00:00Z")
    assert encode(message) == b'{"status":"Accepted","currentTime":"2026-11-23T10:00:00Z","interval":300}'
    assert encode(v16.HeartbeatResponse(current_time="x")) == b'{"currentTime":"x"}'
    assert encode(v16.MeterValuesResponse()) == b"{}"
    assert (
        encode(v201.Heartbeat(custom_data={"vendorId": "v", "x": None})) == b'{"customData":{"vendorId":"v","x":null}}'
    )


@pytest.mark.parametrize(
    "message",
    [
        v16.HeartbeatResponse(current_time="soon"),
        v16.HeartbeatResponse(current_time=None),  # type: ignore[arg-type]
        v16.Authorize(id_tag="x" * 21),
        v16.Authorize(id_tag="\0"),
        v16.Authorize(id_tag="\ud800"),
        v16.Authorize(id_tag=5),  # type: ignore[arg-type]
        v16.ResetResponse(status="accepted"),  # type: ignore[arg-type]
        v16.StatusNotification(connector_id=2**63, error_code="NoError", status="Available"),
        v16.ChargingSchedulePeriod(start_period=0, limit=21.45),
        v16.ChargingSchedulePeriod(start_period=0, limit=float("nan")),
        v201.CostUpdated(total_cost=float("inf"), transaction_id="1"),
        v201.Heartbeat(custom_data={"x": 1}),
        v201.MeterValues(evse_id=1, meter_value=[]),
        v201.DataTransfer(vendor_id="v", data=object()),
    ],
)
def test_encode_checked_finds_our_own_mistakes(message: msgspec.Struct) -> None:
    """Constructors check nothing, so what goes out is judged, and a mistake is ours."""
    with pytest.raises(LocalProtocolError, match=type(message).__name__):
        encode_checked(message)


def test_encode_checked_returns_what_encode_returns() -> None:
    """A right message is written the same either way."""
    message = v16.ChargingSchedulePeriod(start_period=0, limit=21.4)
    assert encode_checked(message) == encode(message) == b'{"startPeriod":0,"limit":21.4}'
    data = v201.Heartbeat(custom_data={"vendorId": "v", "x": None})
    assert encode_checked(data) == encode(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.sampled_from(["vendorId", "customData",
    "connectorId", "status", "meterValue", "sampledValue", "timestamp", "evseId", "value"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(
    st.sampled_from(Protocol),
    st.sampled_from(
        ["MeterValues", "StatusNotification", "BootNotification", "DataTransfer", "Heartbeat", "Authorize"]
    ),
    st.one_of(st.binary(), JSON.map(lambda value: json.dumps(value).encode())),
    st.sampled_from(Validation),
)
def test_nothing_but_protocol_errors(protocol: Protocol, action: str, payload: bytes, validation: Validation) -> None:
    """Any payload is read or refused with a code of its version; what was read can be written."""
    try:
        message, findings = decode_request(protocol, action, payload, validation)
    except RemoteProtocolError as error:
        refused = error
    else:
        assert isinstance(message, ACTIONS[protocol][action].request)
        assert validation is Validation.ADVISORY or not findings
        assert b"\\u0000" not in encode(message).replace(b"\\\\", b"")
        return
    assert refused.code in {"FormationViolation", "FormatViolation", "ProtocolError", "OccurrenceConstraintViolation",
                        "OccurenceConstraintViolation", "TypeConstraintViolation", "PropertyConstraintViolation"}  # fmt: skip
    assert json.dumps(refused.details)
