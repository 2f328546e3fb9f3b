# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What a dialect is: tables that say how each wire message is read, answered, written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from csms.domain.commands import Call, Command, Outcome, OutcomeStatus, tag_of
from csms.domain.messages import Report
from csms.ocpp.codec import Finding, Protocol, Validation, decode_request, decode_response, encode
from csms.ocpp.errors import LocalProtocolError, RemoteProtocolError

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message from a charger: wire to Report, Answer to wire."""

    read: Callable[[Any], Report]
    answer: Callable[[Any], msgspec.Struct]


@dataclass(frozen=True, slots=True)
class Outbound:
    """A command to a charger: Command to wire, the charger's answer to an Outcome.

    `also` are further actions that the command may become, by what it asks for.
    """

    action: str
    write: Callable[[Any], msgspec.Struct]
    read: Callable[[Any], Outcome]
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A CALL ready to be sent."""

    action: str
    payload: bytes


class NotExpressibleError(Exception):
    """This version of OCPP cannot say that; the text is for the person who asked."""


def needed(value: _T | None, what: str) -> _T:
    """A part that the wire must have. Raises NotExpressibleError where the command was not completed."""
    if value is None:
        raise NotExpressibleError(f"the command has no {what}")
    return value


@dataclass(frozen=True, slots=True)
class Dialect:
    """One protocol version onto the domain."""

    protocol: Protocol
    inbound: Mapping[str, Inbound]
    outbound: Mapping[type[Command], Outbound]
    unsupported: Mapping[str, str]
    readable_before_boot: frozenset[str] = frozenset({"BootNotification"})
    sends: frozenset[str] = frozenset()  # actions that travel as SEND and are never answered
    lift: Callable[[msgspec.Struct, bytes | None], msgspec.Struct] | None = None
    follows: Mapping[str, str] = field(default_factory=dict)  # what a charger sends because of an action of ours

    @property
    def capabilities(self) -> frozenset[str]:
        """Types of the commands that chargers of this version can be asked for."""
        return frozenset({tag_of(Call), *map(tag_of, self.outbound)})

    def asked_for(self, outgoing: Outgoing) -> tuple[str, ...]:
        """Actions that a charger sends because we asked: it may do so before its boot is accepted (2.x B02.FR.02)."""
        if not outgoing.action.endswith("TriggerMessage"):
            return tuple(name for action, name in self.follows.items() if action == outgoing.action)
        named = [name for name in self.inbound if f'"{name}"'.encode() in outgoing.payload]
        return (*named, "SignCertificate") if b'"Sign' in outgoing.payload else tuple(named)

    def read(self, action: str, payload: bytes, validation: Validation) -> tuple[Report, Inbound, tuple[Finding, ...]]:
        """A CALL's payload as a Report. Raises RemoteProtocolError with the code that the charger is told."""
        wire, findings = decode_request(self.protocol, action, payload, validation)
        entry = self.inbound.get(action)
        if entry is None:
            reason = self.unsupported.get(action, "this CSMS does not support it")
            raise RemoteProtocolError("NotSupported", f"{action}: {reason}")
        if self.lift is not None:
            wire = self.lift(wire, None if findings else payload)
        return entry.read(wire), entry, findings

    def answer(self, entry: Inbound, answer: object) -> bytes:
        """The CALLRESULT's payload for an Answer."""
        return encode(entry.answer(answer))

    def write(self, command: Command) -> Outgoing:
        """The CALL for a command. Raises NotExpressibleError with the reason."""
        if isinstance(command, Call):
            try:
                payload = msgspec.json.encode(command.payload)
                wire, _ = decode_request(self.protocol, command.action, payload, Validation.STRICT, from_csms=True)
            except RemoteProtocolError as error:
                raise NotExpressibleError(f"{command.action}: {error.description}") from error
            return Outgoing(command.action, encode(wire))
        entry = self.outbound.get(type(command))
        if entry is None:
            raise NotExpressibleError(f"{self.protocol} has no message for {type(command).__name__}")
        try:
            wire = entry.write(command)
            payload, action = encode(wire), type(wire).__name__
            decode_request(self.protocol, action, payload, Validation.STRICT, from_csms=True)
        except RemoteProtocolError as error:
            raise NotExpressibleError(f"{entry.action}: {error.description}") from error
        except LocalProtocolError as error:
            raise NotExpressibleError(f"{entry.action}: {error}") from error
        return Outgoing(action, payload)

    def outcome(self, command: Command, action: str, payload: bytes) -> Outcome:
        """What a CALLRESULT says about a command."""
        wire, findings = decode_response(self.protocol, action, payload, Validation.ADVISORY)
        if self.lift is not None:
            wire = self.lift(wire, None if findings else payload)
        raw = msgspec.json.decode(payload)
        outcome = raw_outcome(raw) if isinstance(command, Call) else self.outbound[type(command)].read(wire)
        reason = outcome.reason
        if reason is None and findings:
            reason = f"answer not quite by the specification: {findings[0].path}: {findings[0].detail}"
        return msgspec.structs.replace(outcome, result=raw, reason=reason)


_NOT_SUPPORTED = frozenset({"NotSupported", "NotImplemented"})
_REFUSED = frozenset(
    {"Rejected", "Failed", "UnlockFailed", "Invalid", "UnknownVendorId", "UnknownMessageId", "Occupied"}
)


def raw_outcome(raw: object) -> Outcome:
    """The outcome of a raw call: by its status field, if it has one."""
    status = raw.get("status") if isinstance(raw, dict) else None
    if status in _NOT_SUPPORTED:
        return Outcome(OutcomeStatus.NOT_SUPPORTED, reason=status)
    if status in _REFUSED:
        return Outcome(OutcomeStatus.REJECTED, reason=status)
    return Outcome(OutcomeStatus.ACCEPTED)


def error_outcome(code: str, description: str) -> Outcome:
    """The outcome of a command that the charger answered with a CALLERROR."""
    status = OutcomeStatus.NOT_SUPPORTED if code in _NOT_SUPPORTED else OutcomeStatus.ERROR
    return Outcome(status, reason=f"{code}: {description}" if description else code)
