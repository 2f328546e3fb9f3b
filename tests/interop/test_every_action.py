# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Every action of the three versions over a socket, each of our words judged by the schemas of PyPI `ocpp`."""

from typing import Any

import msgspec
import pytest
from ocpp.exceptions import OCPPError
from ocpp.messages import Call, CallResult, validate_payload

from csms.dialects.base import Dialect
from csms.dialects.v2.dialect import V21, V201
from csms.dialects.v16.dialect import V16
from csms.domain import commands as domain
from csms.ocpp.codec import ACTIONS
from tests.conformance.words import ACCEPTED
from tests.dialects.v2.test_tables import command_of
from tests.features.commands.obeyed_16 import OBEYED_16
from tests.support.charger import connected
from tests.support.csms import TESTER, Csms
from tests.support.samples import sample

OLD_BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}
BOOT = {"chargingStation": {"vendorName": "Acme", "model": "Two"}, "reason": "PowerUp"}
VERSIONS = {"ocpp1.6": "1.6", "ocpp2.0.1": "2.0.1", "ocpp2.1": "2.1"}
DIALECTS = [pytest.param(dialect, id=str(dialect.protocol)) for dialect in (V16, V201, V21)]


async def _judged(message: Call | CallResult, dialect: Dialect) -> None:
    try:
        await validate_payload(message, VERSIONS[str(dialect.protocol)])
    except OCPPError as error:
        raise AssertionError(f"{message.action}: {error.description} {error.details}") from error


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_every_message_of_a_charger_gets_a_right_answer(csms: Csms, dialect: Dialect) -> None:
    """The least and the most that a charger can say."""
    async with connected(csms.url, "CP1", protocols=(str(dialect.protocol),)) as charger:
        boot = OLD_BOOT if dialect is V16 else BOOT
        assert (await charger.call("BootNotification", boot))["status"] == "Accepted"
        for full in (False, True):
            for action in sorted(set(dialect.inbound) - dialect.sends):
                payload = sample(ACTIONS[dialect.protocol][action].request, full=full)
                answer = await charger.call(action, payload)
                await _judged(CallResult("1", answer, action), dialect)


def _commands(dialect: Dialect) -> list[domain.AnyCommand]:
    if dialect is not V16:
        return [command_of(kind, full=False) for kind in dialect.outbound if kind is not domain.SetChargingProfile]
    bodies = [case[0] for case in OBEYED_16]
    return [msgspec.convert(body, domain.AnyCommand) for body in bodies]


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_every_command_is_understood(csms: Csms, dialect: Dialect) -> None:
    """Each goes out, fits the schema of somebody else, and what is answered is an outcome."""
    heard: list[str] = []
    async with connected(csms.url, "CP1", protocols=(str(dialect.protocol),)) as charger:
        boot = OLD_BOOT if dialect is V16 else BOOT
        assert (await charger.call("BootNotification", boot))["status"] == "Accepted"
        for command in _commands(dialect):
            action = dialect.write(command).action
            response = ACTIONS[dialect.protocol][action].response
            answer = sample(response, full=True)
            charger.answers[action] = answer | (ACCEPTED if "status" in answer else {})
            row = await _send(csms, command)
            assert row["status"] in {"accepted", "rejected", "not_supported"}, (command, dict(row))
            for name, payload in charger.heard:
                await _judged(Call("1", name, payload), dialect)
                heard.append(name)
            charger.heard.clear()
    expected = {action for action, known in ACTIONS[dialect.protocol].items() if known.from_csms}
    if dialect is not V16:
        assert expected - set(heard) <= {"SetChargingProfile", "DataTransfer"}


async def _send(csms: Csms, command: domain.AnyCommand) -> Any:
    kit, service = csms.application.kit, csms.application.commands
    assert kit is not None
    assert service is not None
    async with kit.units(TESTER) as uow:
        row = await service.issue_command(uow, "CP1", command)
        closed = service.expect(row["id"])
    await closed
    async with kit.units(TESTER) as uow:
        return await service.get(uow, "CP1", row["id"])
