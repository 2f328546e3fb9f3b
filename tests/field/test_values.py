# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Schemas and values: what is forgiven with a finding, what is refused, and what a strict charger is told (decision 9)."""

from decimal import Decimal
from typing import Any

import pytest

from tests.support.charger import CallError, Charger, connected
from tests.support.csms import Csms

BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
LONG = "Serial number of the charger, all of it"
AT = "2026-11-23T10:00:00Z"


def sampled(*values: dict[str, Any]) -> dict[str, Any]:
    """MeterValues of connector 1."""
    return {"connectorId": 1, "meterValue": [{"timestamp": AT, "sampledValue": list(values)}]}


FORGIVEN: list[tuple[str, str, dict[str, Any], str]] = [
    (
        "over-long serial (mh#128, lbb#213)",
        "BootNotification",
        {**BOOT, "chargePointSerialNumber": LONG},
        "text_too_long",
    ),
    ("over-long model (lbb#899)", "BootNotification", {**BOOT, "chargePointModel": LONG}, "text_too_long"),
    ("over-long tag (SmartEVSE#98)", "Authorize", {"idTag": "A" * 30}, "text_too_long"),
    ("unknown field", "StatusNotification", {**STATUS, "mood": "good"}, "unknown_field"),
    ("unknown status 'Error' (lbb#1248)", "StatusNotification", {**STATUS, "status": "Error"}, "unknown_value"),
    ("status in capitals", "StatusNotification", {**STATUS, "status": "AVAILABLE"}, "letter_case"),
    ("unknown error code", "StatusNotification", {**STATUS, "errorCode": "Meltdown"}, "unknown_value"),
    (
        "unknown measurand (mh#54)",
        "MeterValues",
        sampled({"value": "1", "measurand": "Request.Energy"}),
        "unknown_value",
    ),
    ("unknown unit", "MeterValues", sampled({"value": "1", "unit": "hogshead"}), "unknown_value"),
    ("unknown context", "MeterValues", sampled({"value": "1", "context": "Sample.Sometimes"}), "unknown_value"),
    (
        "unit Hz (lbb#1576)",
        "MeterValues",
        sampled({"value": "50", "measurand": "Frequency", "unit": "Hz"}),
        "misspelling",
    ),
    ("no samples (lbb#466)", "MeterValues", sampled(), "empty_list"),
    ("a number for a text (mh#695)", "MeterValues", sampled({"value": 1.5}), "number_for_text"),
    ("a text for a number", "StatusNotification", {**STATUS, "connectorId": "1"}, "text_for_number"),
    ("blanks in a number (evcc)", "StatusNotification", {**STATUS, "connectorId": " 1 "}, "text_for_number"),
    ("a time without zone", "StatusNotification", {**STATUS, "timestamp": "2026-11-23T10:00:00"}, "date_time"),
]


async def test_what_is_clear_is_forgiven_and_listed(csms: Csms, charger: Charger) -> None:
    """Advisory, the usual case (steve#1962, #1963): stored, answered, and a finding says what was odd."""
    for name, action, payload, code in FORGIVEN:
        await csms.sql.execute("DELETE FROM conformance_findings")
        assert isinstance(await charger.call(action, payload), dict), name
        found = {row["code"] for row in await csms.rows("SELECT code FROM conformance_findings")}
        assert code in found, (name, found)


async def test_a_strict_charger_is_refused_the_same(csms: Csms) -> None:
    """Strict, set per charger: every violation of the version's own schema is a CALLERROR, and nothing is stored."""
    await csms.charger("STRICT", validation="strict")
    async with connected(csms.url, "STRICT", boot=True) as charger:
        for name, action, payload, _ in FORGIVEN:
            with pytest.raises(CallError) as refusal:
                await charger.call(action, payload)
            assert refusal.value.code in {
                "FormationViolation",
                "TypeConstraintViolation",
                "PropertyConstraintViolation",
                "OccurenceConstraintViolation",
            }, name
        assert await charger.status() == {}
    assert await csms.rows("SELECT * FROM conformance_findings") == []
    assert await csms.rows("SELECT * FROM meter_values") == []
    assert (await csms.row("SELECT count(*) AS n FROM status_history"))["n"] == 1


async def test_findings_are_counted_not_repeated(csms: Csms, charger: Charger) -> None:
    """The same oddity a thousand times is one line with a number."""
    for _ in range(3):
        await charger.status("Error")
    row = await csms.row("SELECT action, code, path, count FROM conformance_findings")
    assert tuple(row) == ("StatusNotification", "unknown_value", "status", 3)


async def test_what_was_forgiven_is_kept_as_it_came(csms: Csms, charger: Charger) -> None:
    """Over-long texts whole, unknown words as they are."""
    await charger.boot(chargePointSerialNumber=LONG)
    await charger.status("Error", errorCode="Meltdown")
    assert (await csms.row("SELECT serial_number FROM chargers"))["serial_number"] == LONG
    row = await csms.row("SELECT status, state, error_code FROM connectors")
    assert tuple(row) == ("Error", "unknown", "Meltdown")


async def test_empty_texts_for_optional_fields(csms: Csms, charger: Charger) -> None:
    """ocpp.md, clients seen: "" where nothing was meant."""
    await charger.boot(chargePointSerialNumber="", firmwareVersion="", iccid="", meterType="")
    await charger.status("Available", info="", vendorId="", vendorErrorCode="")
    row = await csms.row("SELECT serial_number, details FROM chargers")
    assert tuple(row) == (None, {})
    row = await csms.row("SELECT info, vendor_id, vendor_error_code FROM connectors")
    assert tuple(row) == (None, None, None)


async def _stored(csms: Csms, charger: Charger, *values: dict[str, Any]) -> Any:
    await csms.sql.execute("DELETE FROM meter_values")
    assert await charger.call("MeterValues", sampled(*values)) == {}
    return await csms.row('SELECT codes, "values", raw, energy_wh, flags FROM meter_values')


async def test_units_come_to_their_base(csms: Csms, charger: Charger) -> None:
    """kW, kWh and no unit at all (lbb#1989: a power without unit is W)."""
    row = await _stored(
        csms,
        charger,
        {"value": "7.36", "measurand": "Power.Active.Import", "unit": "kW"},
        {"value": "7360", "measurand": "Power.Active.Import"},
        {"value": "12.5", "unit": "kWh"},
        {"value": "21.5", "measurand": "Temperature", "unit": "Celcius"},
        {"value": "49.98", "measurand": "Frequency", "unit": "Hz"},
    )
    assert row["values"] == [Decimal(text) for text in ("7360", "7360", "12500", "21.5", "49.98")]
    assert (row["energy_wh"], row["flags"]) == (12_500, None)


async def test_a_unit_that_does_not_fit_is_doubted(csms: Csms, charger: Charger) -> None:
    """lbb#1617: Wh on a power. The figure is believed, its label is not."""
    row = await _stored(csms, charger, {"value": "3700", "measurand": "Power.Active.Import", "unit": "Wh"})
    assert (row["values"], row["flags"], row["energy_wh"]) == ([3_700], ["unit_mismatch"], None)


async def test_values_that_are_no_numbers_are_kept_raw(csms: Csms, charger: Charger) -> None:
    """Blanks around are passed over (evcc); words and nothing at all are kept as they came (lbb#466)."""
    row = await _stored(
        csms,
        charger,
        {"value": " 1500 "},
        {"value": "", "measurand": "Voltage"},
        {"value": "n/a", "measurand": "SoC"},
        {"value": "1,5", "measurand": "Current.Import"},
    )
    assert row["values"][0] == 1_500
    assert [value.is_nan() for value in row["values"][1:]] == [True, True, True]
    assert row["raw"][1:] == ["", "n/a", "1,5"]
    assert (row["energy_wh"], row["flags"]) == (1_500, ["unreadable_value"])


async def test_a_measurand_of_the_vendor_keeps_its_name(csms: Csms, charger: Charger) -> None:
    """mh#54: 'Request.Energy'."""
    row = await _stored(csms, charger, {"value": "17", "measurand": "Request.Energy", "unit": "Wh"})
    assert (row["codes"][0] >> 7, row["values"], row["raw"]) == (0, [17], ["Request.Energy"])


async def test_signed_values_stay_byte_exact(csms: Csms, charger: Charger) -> None:
    """A signature covers every character, blanks and all."""
    signed = ' OCMF|{"FV":"1.0","RD":[{"RV": 1.50}]}|{"SD":"3046"} '
    row = await _stored(csms, charger, {"value": signed, "format": "SignedData", "context": "Transaction.End"})
    assert row["raw"] == [signed]
    assert row["energy_wh"] is None


async def test_contexts_are_told_apart(csms: Csms, charger: Charger) -> None:
    """Begin and end of a transaction may come in one message."""
    await charger.call(
        "MeterValues",
        sampled({"value": "100", "context": "Transaction.Begin"}, {"value": "900", "context": "Transaction.End"}),
    )
    rows = await csms.rows("SELECT context, energy_wh FROM meter_values ORDER BY energy_wh")
    assert [tuple(row) for row in rows] == [(2, 100), (3, 900)]


async def test_figures_beyond_every_meter_leave_the_register_alone(csms: Csms, charger: Charger) -> None:
    """A register of 10^15 Wh and more is no register; the value itself is kept."""
    row = await _stored(csms, charger, {"value": "999999999999999", "unit": "kWh"})
    assert (row["values"], row["energy_wh"]) == ([999_999_999_999_999_000], None)


async def test_configuration_values_that_are_numbers(csms: Csms, charger: Charger) -> None:
    """mh#695: {"value": 60} where a text belongs; FoxESS leaves 'readonly' as a text."""
    charger.answers["GetConfiguration"] = {
        "configurationKey": [{"key": "MeterValueSampleInterval", "readonly": False, "value": 60}]
    }
    row = await csms.command("CP1", {"type": "get_configuration"})
    assert row["status"] == "accepted"
    assert row["result"]["configurationKey"][0]["value"] == 60


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"status": "accepted"}, "accepted"),
        ({"status": "Perhaps"}, "error"),
        ({}, "error"),
        ({"status": 17}, "error"),
        ({"status": None}, "error"),
        (CallError("NotImplemented", "", {}), "not_supported"),
        (CallError("NotSupported", "", {}), "not_supported"),
        (CallError("InternalError", "boom", {}), "error"),
        (CallError("MyOwnError", "x" * 1000, {}), "error"),
    ],
    ids=str,
)
async def test_whatever_a_charger_answers_closes_the_command(
    csms: Csms, charger: Charger, answer: object, status: str
) -> None:
    """Letter case is forgiven, nonsense is an error with a reason; nothing stays open."""
    charger.answers["Reset"] = answer
    row = await csms.command("CP1", {"type": "reset"})
    assert row["status"] == status
    assert status == "accepted" or row["reason"]
    assert (await charger.call("Heartbeat"))["currentTime"]
