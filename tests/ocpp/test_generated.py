# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The generated types: fresh, complete, and of one mind with the official schemas."""

import json
from random import Random

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.ocpp import codegen, v16, v21, v201
from csms.ocpp.codec import (
    ACTIONS,
    Protocol,
    Validation,
    decode_request,
    decode_response,
    encode,
    encode_checked,
    response_of,
)
from csms.ocpp.errors import LocalProtocolError, RemoteProtocolError
from tests.ocpp.samples import make, official, schemas, spoil

EVERY = [(protocol, *name) for protocol in Protocol for name in schemas(protocol)]


def judge(protocol: Protocol, action: str, kind: str, payload: bytes) -> msgspec.Struct:
    """The message by strict validation."""
    if kind == "response":
        return decode_response(protocol, action, payload, Validation.STRICT)[0]
    from_csms = not ACTIONS[protocol][action].from_charger
    return decode_request(protocol, action, payload, Validation.STRICT, from_csms=from_csms)[0]


def tenths(schema: object) -> bool:
    """Whether a schema asks for multiples of 0.1, which jsonschema judges in binary fractions."""
    return "multipleOf" in json.dumps(schema)


def descriptions() -> set[str]:
    """Every description sentence of the official schemas that is longer than a name."""
    found = set()

    def collect(node: object) -> None:
        if isinstance(node, dict):
            text = node.get("description")
            if isinstance(text, str) and " " in text.strip():
                found.add(text.strip())
            for item in node.values():
                collect(item)

    for protocol in Protocol:
        for schema in schemas(protocol).values():
            collect(schema)
    assert len(found) > 100
    return found


def test_generated_files_are_fresh() -> None:
    """The committed files are what the generator writes today."""
    assert codegen.stale() == []
    assert codegen.main(["--check"]) == 0


def test_a_stale_file_is_reported(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A committed file that differs makes --check fail and say which."""
    texts = codegen.generate()
    path = codegen.HERE / "v16" / "messages.py"
    monkeypatch.setattr(codegen, "generate", lambda: texts | {path: texts[path] + "# changed by hand"})
    assert codegen.main(["--check"]) == 1
    assert str(path) in capsys.readouterr().err


def test_no_description_text_is_copied() -> None:
    """The specification's texts are not ours to ship."""
    for path, text in codegen.generate().items():
        assert text.startswith(codegen.HEADER), path
        assert not any(text_of_ours in text for text_of_ours in descriptions()), path


@pytest.mark.parametrize(
    ("actions", "total", "from_charger", "from_csms"),
    [(v16.ACTIONS, 39, 14, 26), (v201.ACTIONS, 64, 25, 40), (v21.ACTIONS, 91, 37, 55)],
)
def test_action_counts(actions: dict[str, object], total: int, from_charger: int, from_csms: int) -> None:
    """Every action is there, in the direction that its specification gives; 2.1's 91 include the SEND."""
    entries = list(actions.values())
    assert (len(entries), sum(e.from_charger for e in entries), sum(e.from_csms for e in entries)) == (  # type: ignore[attr-defined]
        total,
        from_charger,
        from_csms,
    )
    assert [name for name, e in actions.items() if e.from_charger and e.from_csms] == ["DataTransfer"]  # type: ignore[attr-defined]
    assert all(e.name == name == e.request.__name__ for name, e in actions.items())  # type: ignore[attr-defined]


def test_directions_that_are_easily_mistaken() -> None:
    """NotifyWebPaymentStarted goes to the charger (2.1 Part 2 C25.FR.21); the SEND comes from it, unanswered."""
    started = v21.ACTIONS["NotifyWebPaymentStarted"]
    assert (started.from_charger, started.from_csms) == (False, True)
    stream = v21.ACTIONS["NotifyPeriodicEventStream"]
    assert (stream.from_charger, stream.from_csms, stream.response) == (True, False, None)
    assert [a.name for table in ACTIONS.values() for a in table.values() if a.response is None] == [stream.name]


@pytest.mark.parametrize(("protocol", "action", "kind"), EVERY)
def test_agrees_with_the_schema(protocol: Protocol, action: str, kind: str) -> None:
    """Strict validation judges right and spoilt messages as the official schema does, and writes back what it read."""
    schema = official(protocol, action, kind)
    validator = jsonschema.validators.validator_for(schema)(schema)
    random = Random(f"{protocol}{action}{kind}")
    for full in (0.0, 0.3, 0.7, 1.0):
        right = make(schema, random, full=full)
        message = judge(protocol, action, kind, json.dumps(right).encode())
        written = encode_checked(message)
        assert json.loads(written) == right
        assert list(json.loads(written)) == [name for name in schema.get("properties", {}) if name in right]  # type: ignore[attr-defined]
        assert judge(protocol, action, kind, written) == message
        for _ in range(6):
            spoilt = spoil(right, random)
            payload = json.dumps(spoilt, ensure_ascii=random.random() < 0.5).encode()
            try:
                judge(protocol, action, kind, payload)
                accepted = True
            except RemoteProtocolError:
                accepted = False
            if not tenths(schema):
                assert accepted == validator.is_valid(spoilt), spoilt


@given(st.sampled_from(EVERY), st.integers())
def test_advisory_never_changes_a_right_message(which: tuple[Protocol, str, str], seed: int) -> None:
    """A message that satisfies its schema is read the same in both modes, without findings."""
    protocol, action, kind = which
    payload = json.dumps(make(official(*which), Random(seed))).encode()
    strict = judge(protocol, action, kind, payload)
    if kind == "response":
        advisory = decode_response(protocol, action, payload)
    else:
        advisory = decode_request(protocol, action, payload, from_csms=not ACTIONS[protocol][action].from_charger)
    assert advisory == (strict, ())
    assert encode(advisory[0]) == encode(strict)


def test_wire_names_are_exact() -> None:
    """Attributes are snake_case; names that no rule gives back are spelt out."""
    reading = v16.SampledValue(value="1", measurand="SoC")
    assert encode(reading) == b'{"value":"1","measurand":"SoC"}'
    period = v21.ChargingSchedulePeriodType(start_period=0, limit=16.0, limit_l2=10.0)
    assert encode(period) == b'{"startPeriod":0,"limit":16.0,"limit_L2":10.0}'
    battery = v21.BatteryDataType(evse_id=1, serial_number="a", soc=50.0, soh=99.5)
    assert encode(battery) == b'{"evseId":1,"serialNumber":"a","soC":50.0,"soH":99.5}'


def test_response_of() -> None:
    """The answer's type is found by action, and the SEND has none."""
    assert response_of(Protocol.V201, "Heartbeat") is v201.HeartbeatResponse
    with pytest.raises(LocalProtocolError):
        response_of(Protocol.V21, "NotifyPeriodicEventStream")
    with pytest.raises(LocalProtocolError):
        decode_response(Protocol.V21, "NotifyPeriodicEventStream", b"{}")
    with pytest.raises(LocalProtocolError):
        decode_response(Protocol.V16, "Nonsense", b"{}")
