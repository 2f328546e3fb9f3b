# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What a walk over a payload carries along: how strict it is, what it forgave, and how it refuses."""

import json
from enum import StrEnum
from typing import Final, NoReturn

import msgspec

from csms.ocpp.errors import Protocol, RemoteProtocolError, spell

MAX_FINDINGS: Final = 32
SHOWN: Final = 60
_MAX_PATH: Final = 200


class Validation(StrEnum):
    """How strictly a charger's messages are judged."""

    ADVISORY = "advisory"
    STRICT = "strict"


class Finding(msgspec.Struct, frozen=True, gc=False):
    """One forgiven departure from the schema: what kind, where in the payload, and what was there."""

    code: str
    path: str
    detail: str


class Number(str):
    """A JSON number as it was written, so that no digit is lost when it should have been a text."""

    __slots__ = ()


class Walk:
    """One walk: the rules it judges by and what it found."""

    __slots__ = ("boot", "findings", "protocol", "strict")

    def __init__(self, protocol: Protocol, *, strict: bool, boot: bool = False) -> None:
        self.protocol = protocol
        self.strict = strict
        self.boot = boot
        self.findings: list[Finding] = []

    def fail(self, code: str, path: str, reason: str) -> NoReturn:
        """Refuses the message."""
        place = f"{path[:_MAX_PATH]}: " if path else ""
        details = {"path": path[:_MAX_PATH]} if path else {}
        raise RemoteProtocolError(spell(self.protocol, code), f"{place}{reason}", details)

    def forgive(self, code: str, path: str, detail: str, refusal: str) -> None:
        """Lists a finding; in strict validation refuses with the given code instead."""
        if self.strict:
            self.fail(refusal, path, detail)
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(code, path, detail))

    def missing(self, path: str) -> NoReturn:
        """Refuses an incomplete message (1.6: "payload is incomplete", OCPP-J §4.2.3)."""
        code = "ProtocolError" if self.protocol is Protocol.V16 else "OccurrenceConstraintViolation"
        self.fail(code, path, "the payload is incomplete, this field is missing")


def show(value: object) -> str:
    """A value for a description: short, and in JSON's own words."""
    if type(value) is Number:
        text = str(value)
    elif isinstance(value, list):
        return "a list"
    elif isinstance(value, dict):
        return "an object"
    else:
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
