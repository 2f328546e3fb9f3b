# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A scripted charging station of OCPP 2.0.1, and cases that are one command with what is on the wire for it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.words import ACCEPTED, outcome
from tests.support.charger import Charger, connected
from tests.support.csms import Csms

BOOT = {"chargingStation": {"vendorName": "Acme", "model": "Two"}, "reason": "PowerUp"}
Message = tuple[str, dict[str, Any], Any]  # action, payload, the CSMS's answer


def now(minute: int = 0) -> str:
    """A time of the station's."""
    return f"2026-11-23T10:{minute:02}:00Z"


def token(value: str = "TAG", kind: str = "ISO14443") -> dict[str, str]:
    """An idToken."""
    return {"idToken": value, "type": kind}


def meter(wh: float, context: str = "Sample.Periodic", minute: int = 0, **extra: Any) -> list[dict[str, Any]]:
    """A meterValue with the import register."""
    sampled = {"value": wh, "context": context, "measurand": "Energy.Active.Import.Register", **extra}
    return [{"timestamp": now(minute), "sampledValue": [sampled]}]


class Station:
    """The words of 2.0.1 over a scripted charger; events are numbered by themselves."""

    def __init__(self, charger: Charger, csms: Csms) -> None:
        self.charger = charger
        self.csms = csms
        self._seq: dict[str, int] = {}

    @property
    def answers(self) -> dict[str, Any]:
        """What the station answers, by action."""
        return self.charger.answers

    @property
    def heard(self) -> list[tuple[str, dict[str, Any]]]:
        """What the CSMS asked."""
        return self.charger.heard

    async def call(self, action: str, payload: dict[str, Any]) -> Any:
        """Send a message; its answer."""
        return await self.charger.call(action, payload)

    async def boot(self, reason: str = "PowerUp", **station: Any) -> Any:
        """BootNotification."""
        payload = {"reason": reason, "chargingStation": {**BOOT["chargingStation"], **station}}  # type: ignore[dict-item]
        return await self.call("BootNotification", payload)

    async def status(self, state: str = "Available", evse: int = 1, connector: int = 1) -> None:
        """StatusNotification, and the NotifyEvent that 2.0.1 sends beside it."""
        payload = {"timestamp": now(), "connectorStatus": state, "evseId": evse, "connectorId": connector}
        assert await self.call("StatusNotification", payload) == {}

    async def authorize(self, value: str = "TAG", kind: str = "ISO14443", **extra: Any) -> Any:
        """Authorize; the idTokenInfo."""
        return (await self.call("Authorize", {"idToken": token(value, kind), **extra}))["idTokenInfo"]

    async def event(self, kind: str, trigger: str, tx: str = "T-1", minute: int | None = None, **extra: Any) -> Any:
        """TransactionEvent; its answer."""
        seq = self._seq.get(tx, 0)
        self._seq[tx] = seq + 1
        payload = {
            "eventType": kind,
            "timestamp": now(seq if minute is None else minute),
            "triggerReason": trigger,
            "seqNo": seq,
            "transactionInfo": {"transactionId": tx, **extra.pop("info", {})},
            **extra,
        }
        return await self.call("TransactionEvent", payload)

    async def started(self, trigger: str = "Authorized", tx: str = "T-1", evse: int = 1, **extra: Any) -> Any:
        """The usual beginning: by a token, on an EVSE, with the register."""
        given = {"idToken": token(), "meterValue": meter(1000, "Transaction.Begin"), **extra}
        return await self.event("Started", trigger, tx, evse={"id": evse, "connectorId": 1}, **given)

    async def charging(self, tx: str = "T-1") -> None:
        """Energy flows."""
        assert await self.event("Updated", "ChargingStateChanged", tx, info={"chargingState": "Charging"}) == {}

    async def ended(self, trigger: str, reason: str, tx: str = "T-1", wh: float = 1700, **extra: Any) -> Any:
        """The usual end, with the register."""
        values = meter(wh, "Transaction.End", 30)
        return await self.event(
            "Ended", trigger, tx, minute=30, info={"stoppedReason": reason}, meterValue=values, **extra
        )


@asynccontextmanager
async def station_of(
    csms: Csms, identity: str = "CP1", *, boot: bool = True, url: str | None = None, **options: Any
) -> AsyncIterator[Station]:
    """A station that has connected, and booted if not told otherwise."""
    async with connected(url or csms.url, identity, protocols=("ocpp2.0.1",), **options) as charger:
        station = Station(charger, csms)
        if boot:
            assert (await station.boot())["status"] == "Accepted"
        yield station


Check = Callable[[Csms], Awaitable[None]]


@dataclass
class CommandCase:
    """A command, what the station hears and answers, what becomes of it, what the station tells then."""

    body: dict[str, Any]
    action: str
    wire: dict[str, Any]
    answer: dict[str, Any] = field(default_factory=lambda: ACCEPTED)
    status: str = "accepted"
    reason: str | None = None
    before: Callable[[Station], Awaitable[None]] | None = None
    then: Callable[[int], Sequence[Message]] = lambda _: ()
    check: Check | None = None

    async def run(self, station: Station) -> dict[str, Any]:
        """Carry it out; the payload that the station heard."""
        if self.before is not None:
            await self.before(station)
        station.heard.clear()
        station.answers[self.action] = self.answer
        found, reason = await outcome(station.csms, self.body)
        assert [(action, payload) for action, payload in station.heard] == [(self.action, self.wire)]
        assert found == self.status, reason
        if self.reason is not None:
            assert reason == self.reason
        payload = station.heard[0][1]
        for action, told, answer in self.then(payload.get("requestId", 0)):
            assert await station.call(action, told) == answer
        if self.check is not None:
            await self.check(station.csms)
        return payload
