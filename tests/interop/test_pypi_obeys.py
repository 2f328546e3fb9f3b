# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""PyPI `ocpp` as a charger that obeys every command of its version: what it reads and answers is its own validation's."""

import asyncio
from typing import Any

import ocpp.v16 as lib16
import ocpp.v21 as lib21
import ocpp.v201 as lib201
import pytest
import websockets
from ocpp.charge_point import camel_to_snake_case
from ocpp.routing import on

from csms.dialects.base import Dialect
from csms.dialects.v2.dialect import V21, V201
from csms.dialects.v16.dialect import V16
from csms.ocpp.codec import ACTIONS
from tests.interop.test_every_action import _commands, _send
from tests.support.csms import Csms
from tests.support.samples import sample

VERSIONS = [
    pytest.param(V16, lib16, id="1.6"),
    pytest.param(V201, lib201, id="2.0.1"),
    pytest.param(V21, lib21, id="2.1"),
]


def _obedient(dialect: Dialect, library: Any, heard: list[str]) -> Any:
    """A charge point of that library with a handler for every action that a CSMS may send."""

    def obey(action: str, response: Any) -> Any:
        words = camel_to_snake_case(sample(response, full=False))

        def handle(self: Any, **_: Any) -> Any:
            heard.append(action)
            return getattr(library.call_result, action)(**words)

        handle.__name__ = f"handle_{action}"  # by which the library finds it
        return on(action)(handle)

    known = {name: each for name, each in ACTIONS[dialect.protocol].items() if each.from_csms}
    handlers = {f"handle_{name}": obey(name, each.response) for name, each in known.items()}
    return type("Obedient", (library.ChargePoint,), handlers)


@pytest.mark.parametrize(("dialect", "library"), VERSIONS)
async def test_every_command_is_obeyed(csms: Csms, dialect: Dialect, library: Any) -> None:
    """Each command arrives, passes the validation of somebody else, and comes back with an outcome."""
    heard: list[str] = []
    protocol = websockets.Subprotocol(str(dialect.protocol))
    async with websockets.connect(f"{csms.url}/CP1", subprotocols=[protocol]) as connection:
        charger = _obedient(dialect, library, heard)("CP1", connection)
        listening = asyncio.create_task(charger.start())
        boot = {"charge_point_vendor": "A", "charge_point_model": "B"}
        if dialect is not V16:
            boot = {"charging_station": {"vendor_name": "A", "model": "B"}, "reason": "PowerUp"}  # type: ignore[dict-item]
        assert (await charger.call(library.call.BootNotification(**boot))).status == "Accepted"
        for command in _commands(dialect):
            row = await _send(csms, command)
            assert row["status"] in {"accepted", "rejected", "not_supported"}, (command, dict(row))
        listening.cancel()
    expected = {action for action, each in ACTIONS[dialect.protocol].items() if each.from_csms}
    assert len(heard) >= len(_commands(dialect))
    if dialect is not V16:  # the rest of 1.6 is in test_pypi_ocpp.py
        assert expected - set(heard) <= {"SetChargingProfile", "DataTransfer"}
