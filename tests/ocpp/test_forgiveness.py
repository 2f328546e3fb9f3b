# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Advisory validation forgives what decision 16 lists, and nothing else: judged by the schemas of PyPI `ocpp`.

Every field of every message that a charger can send is broken in every way of the sweep; what is taken all the same must
break the schema in a listed way only, and be listed as a finding.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from jsonschema_rs import Draft4Validator, ValidationError

from csms.ocpp.codec import ACTIONS, Protocol, Validation, decode_request
from csms.ocpp.errors import RemoteProtocolError
from tests.gateway.test_sweep import _broken, _with, judge
from tests.support.samples import sample

pytestmark = pytest.mark.no_cover  # some hundred thousand times the same lines, which others cover

# Statuses, measurands, units, contexts; at a boot its reason.
OPEN_WORDS = {"status", "connectorStatus", "errorCode", "measurand", "unit", "context"}
NOTHING: tuple[Any, ...] = (None, "", [], {})
NUMBER = re.compile(r"\s*-?\d+(\.\d+)?\s*")
CODES = {
    "date_time",
    "empty_field",
    "empty_list",
    "letter_case",
    "misspelling",
    "number_for_text",
    "text_for_number",
    "text_too_long",
    "unknown_field",
    "unknown_value",
}


def _messages(protocol: Protocol) -> Iterator[tuple[str, Any]]:
    for action, known in sorted(ACTIONS[protocol].items()):
        if known.from_charger and known.response is not None:
            for payload in _broken(sample(known.request, full=True)):
                yield action, payload


def _is_listed(error: ValidationError, validator: Draft4Validator, payload: Any, action: str) -> bool:
    """Whether this is one of the things that are forgiven."""
    path, value, kind = tuple(error.instance_path), error.instance, error.kind
    name = next((step for step in reversed(path) if isinstance(step, str)), "")
    if path and value in NOTHING and validator.is_valid(_with(payload, path, None, remove=True)):
        return True  # says nothing, and need not be there
    match kind.name:
        case "additionalProperties" | "maxLength":
            return True
        case "enum":
            known = {str(word).casefold() for word in kind.value}
            is_open = name in OPEN_WORDS or (action == "BootNotification" and name == "reason")
            return is_open or str(value).strip().casefold() in known
        case "type" if kind.value == ["string"]:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "type" if kind.value in (["number"], ["integer"]):
            return isinstance(value, str) and NUMBER.fullmatch(value) is not None
        case "minItems":
            return name == "sampledValue"
        case _:
            return False


@pytest.mark.parametrize("protocol", list(Protocol), ids=str)
def test_nothing_but_the_list_is_forgiven(protocol: Protocol) -> None:
    """What is right has no finding, what is taken is listed, what is not listed is refused."""
    odd: list[str] = []
    taken = 0
    for action, payload in _messages(protocol):
        try:
            _, findings = decode_request(protocol, action, msgspec.json.encode(payload), Validation.ADVISORY)
        except RemoteProtocolError:
            continue
        validator = judge(str(protocol), action)
        errors = [] if validator.is_valid(payload) else list(validator.iter_errors(payload))
        codes = {finding.code for finding in findings}
        assert codes <= CODES
        shown = f"{action} {sorted(codes)}: {[error.message for error in errors][:3]} {payload}"[:400]
        # Their validator reads no times, and their 1.6 schemas let some lists be empty that the specification does not.
        if not errors and codes - {"date_time", "empty_field", "empty_list"}:
            odd.append(f"nothing is wrong: {shown}")
        if errors and not codes:
            odd.append(f"taken, and not listed: {shown}")
        if not all(_is_listed(error, validator, payload, action) for error in errors):
            odd.append(f"taken, and may not be: {shown}")
        taken += bool(errors)
    assert odd == []
    assert taken > 50
