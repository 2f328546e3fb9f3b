# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tags tried one after another at one charger (attack 20): slowed and told, and no driver is locked out."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from csms.domain.chargers import Provisioned, RegistrationStatus
from csms.domain.ids import ChargerId, OrganizationId
from csms.domain.messages import Acknowledged, AuthorizationAnswer, TransactionAnswer
from csms.domain.tokens import INVALID, Authorization, AuthorizationStatus
from csms.gateway.guesses import Guesses
from csms.kit.clock import FakeClock
from tests.support.charger import Charger, connected
from tests.support.csms import running
from tests.support.eventually import eventually
from tests.support.postgres import Database

FREE = 20  # a minute: one more waits three seconds, less by what passed since the one before
HELD_S = 1.0
AT_ONCE_S = 2.5
ACCEPTED = Authorization(AuthorizationStatus.ACCEPTED)
BLOCKED = Authorization(AuthorizationStatus.BLOCKED)


class _Told:
    def __init__(self) -> None:
        self.kinds: list[str] = []

    def note(self, charger: Any, kind: str, detail: str, address: str) -> None:
        self.kinds.append(kind)


def _charger(identity: str) -> Provisioned:
    return Provisioned(
        ChargerId(identity),
        OrganizationId(uuid4()),
        security_profile=0,
        secret_hash=None,
        next_secret_hash=None,
        next_security_profile=None,
        validation="lenient",
        default_protocol=None,
        ping=True,
        heartbeat_interval_s=None,
        boot_status="accepted",
        registration=RegistrationStatus.ACCEPTED,
        retired=False,
    )


def test_how_long_an_answer_is_held() -> None:
    """So many are free, then as many as the rate allows; a spell is told once; whoever is known never waits."""
    clock, told = FakeClock(datetime(2026, 11, 28, tzinfo=UTC)), _Told()
    guesses = Guesses(6, told, clock)  # type: ignore[arg-type]  # it tells, and no more
    here, there = _charger("CP1"), _charger("CP2")
    unknown = AuthorizationAnswer(INVALID)

    def waits(answer: Any = unknown, charger: Any = here) -> float:
        return guesses.wait_s(answer, charger, "192.0.2.1")

    assert [waits() for _ in range(6)] == [0.0] * 6
    assert told.kinds == []
    assert waits() == pytest.approx(10.0)
    for harmless in (None, Acknowledged(), AuthorizationAnswer(ACCEPTED), AuthorizationAnswer(BLOCKED)):
        assert waits(harmless) == 0.0
    assert waits(TransactionAnswer(1, None)) == waits(TransactionAnswer(1, ACCEPTED)) == 0.0
    assert waits(charger=there) == 0.0
    tries = 0
    for _ in range(12):  # one that is answered at once asks again at once
        clock.advance(waits(TransactionAnswer(1, INVALID)))
        tries += 1
    assert tries == 12
    assert clock.monotonic() >= 110.0
    assert told.kinds == ["tag_guessing"]
    clock.advance(3600)
    assert [waits() for _ in range(7)][:6] == [0.0] * 6
    assert told.kinds == ["tag_guessing"] * 2
    strict = Guesses(1, told, clock)  # type: ignore[arg-type]
    assert strict.wait_s(unknown, here, "") == 0.0
    assert [strict.wait_s(unknown, here, "") for _ in range(3)] == [10.0] * 3  # a charger does not wait a minute
    for number in range(10_001):
        guesses.wait_s(unknown, _charger(f"X{number}"), "")
    assert len(guesses._tries) == 10_000


def _authorize(version: str, tag: str) -> tuple[str, dict[str, Any]]:
    told: Any = tag if version == "ocpp1.6" else {"idToken": tag, "type": "ISO14443"}
    return "Authorize", {"idTag" if version == "ocpp1.6" else "idToken": told}


def _start(version: str, tag: str) -> tuple[str, dict[str, Any]]:
    if version == "ocpp1.6":
        return "StartTransaction", {
            "connectorId": 1,
            "idTag": tag,
            "meterStart": 0,
            "timestamp": "2026-11-23T10:00:00Z",
        }
    return "TransactionEvent", {
        "eventType": "Started",
        "timestamp": "2026-11-23T10:00:00Z",
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": f"TX-{tag}"},
        "evse": {"id": 1, "connectorId": 1},
        "idToken": {"idToken": tag, "type": "ISO14443"},
    }


async def _asked(charger: Charger, action: str, payload: dict[str, Any]) -> tuple[str, float]:
    """What it says, and after how long."""
    began = time.monotonic()
    answer = await charger.call(action, payload)
    info = answer.get("idTagInfo") or answer["idTokenInfo"]
    return info["status"], time.monotonic() - began


async def _held(charger: Charger, version: str, make: Any, tries: int = 3) -> int:
    """Unknown ones until one waits; how many were answered at once. A slow machine makes one more free now and then."""
    for number in range(tries):
        status, took_s = await _asked(charger, *make(version, f"NO{number}"))
        assert status == ("Invalid" if version == "ocpp1.6" else "Unknown")
        if took_s > HELD_S:
            return number
    raise AssertionError(f"none of {tries} was held back")


async def _at_once(charger: Charger, version: str, make: Any, tag: str, told: str) -> None:
    status, took_s = await _asked(charger, *make(version, tag))
    assert (status, took_s < AT_ONCE_S) == (told, True)


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_unknown_tags_are_tried_slowly(database: Database, tmp_path: Path, version: str) -> None:
    """At one charger, by any message; coming back helps nobody; who is known is served at once, here and elsewhere."""
    async with running(database, tmp_path, unknown_tags_per_minute=FREE) as csms:
        await csms.token("TAG")
        for name in ("CP1", "CP2"):
            await csms.charger(name)
        async with connected(csms.url, "CP1", protocols=(version,), boot=version == "ocpp1.6") as charger:
            if version != "ocpp1.6":
                station = {"vendorName": "ACME", "model": "M1"}
                await charger.call("BootNotification", {"reason": "PowerUp", "chargingStation": station})
            assert await _held(charger, version, _authorize, FREE + 10) >= FREE
            await _at_once(charger, version, _authorize, "TAG", "Accepted")
            held = asyncio.create_task(_held(charger, version, _start))
            async with connected(csms.url, "CP2", boot=True) as other:  # nobody else notices
                await _at_once(other, "ocpp1.6", _authorize, "TAG", "Accepted")
                await _at_once(other, "ocpp1.6", _authorize, "NO", "Invalid")
            await held
            await _at_once(charger, version, _start, "TAG", "Accepted")
        if version == "ocpp1.6":
            async with connected(csms.url, "CP1") as charger:
                await _held(charger, version, _authorize)

        async def events() -> list[Any]:
            return await csms.rows("SELECT charger_id, kind FROM security_events")

        assert [tuple(row) for row in await eventually(events)] == [("CP1", "tag_guessing")]
