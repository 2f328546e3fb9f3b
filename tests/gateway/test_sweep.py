# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Every field of every message that a charger can send, broken in every way, through a real gateway.

Somebody else's schemas (PyPI `ocpp`) say what is a violation. Strict refuses each of them; advisory forgives or refuses;
neither ends the connection, nor is any of it an internal error.
"""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from ocpp.exceptions import OCPPError
from ocpp.messages import Call, validate_payload

from csms.dialects.base import Dialect
from csms.dialects.v2.dialect import V21, V201
from csms.dialects.v16.dialect import V16
from csms.ocpp.codec import ACTIONS
from tests.support.charger import CallError, connected
from tests.support.csms import Csms
from tests.support.samples import sample

VERSIONS = {"ocpp1.6": "1.6", "ocpp2.0.1": "2.0.1", "ocpp2.1": "2.1"}
DIALECTS = [pytest.param(dialect, id=str(dialect.protocol)) for dialect in (V16, V201, V21)]
WRONG: tuple[Any, ...] = (None, [], {}, "", "NoSuchValue", -1, 5, 1.5, 2**31, 2**63, True, "x" * 11_000)
Path = tuple[str | int, ...]


def _paths(value: Any, here: Path = ()) -> Iterator[Path]:
    """Every place in a message, the first of each list."""
    if here:
        yield here
    if isinstance(value, dict):
        for name, item in value.items():
            if name != "customData":
                yield from _paths(item, (*here, name))
    elif isinstance(value, list) and value:
        yield from _paths(value[0], (*here, 0))


def _with(payload: Any, path: Path, value: Any, *, remove: bool = False) -> Any:
    changed = copy.deepcopy(payload)
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    if remove:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return changed


def _broken(payload: Any) -> Iterator[Any]:
    """The message, each time with one thing changed."""
    for path in _paths(payload):
        yield _with(payload, path, None, remove=True)
        for value in WRONG:
            yield _with(payload, path, value)
    yield payload | {"surprise": 1}


async def _violates(dialect: Dialect, action: str, payload: Any) -> bool:
    try:
        await validate_payload(Call("1", action, payload), VERSIONS[str(dialect.protocol)])
    except OCPPError:
        return True
    return False


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("validation", ["strict", "advisory"])
async def test_every_violation_gets_an_answer(csms: Csms, dialect: Dialect, validation: str) -> None:
    """One connection for all of it, and it works afterwards."""
    await csms.charger("SWEPT", validation=validation)
    boot = {"chargingStation": {"vendorName": "Acme", "model": "Two"}, "reason": "PowerUp"}
    if dialect is V16:
        boot = {"chargePointVendor": "Acme", "chargePointModel": "One"}
    taken: list[str] = []
    internal: list[str] = []
    async with connected(csms.url, "SWEPT", protocols=(str(dialect.protocol),)) as charger:
        assert (await charger.call("BootNotification", boot))["status"] == "Accepted"
        for action in sorted(set(dialect.inbound) - dialect.sends):
            whole = sample(ACTIONS[dialect.protocol][action].request, full=True)
            for payload in _broken(whole):
                refused = None
                try:
                    await charger.call(action, payload)
                except CallError as error:
                    refused = error
                    if error.code == "InternalError":
                        internal.append(f"{action}: {payload}"[:300])
                if validation == "strict" and refused is None and await _violates(dialect, action, payload):
                    taken.append(f"{action}: {payload}"[:300])
        assert "currentTime" in await charger.call("Heartbeat")
        assert not charger.closed.is_set()
    assert (taken, internal) == ([], [])
