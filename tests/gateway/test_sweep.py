# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Every field of every message that a charger can send, broken in every way, through a real gateway.

Somebody else's schemas (PyPI `ocpp`) say what is a violation. Strict refuses each of them; advisory forgives or refuses;
neither ends the connection, nor is any of it an internal error.
"""

import asyncio
import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from jsonschema_rs import Draft4Validator
from ocpp.messages import MessageType, get_validator

from csms.dialects.base import Dialect
from csms.dialects.v2.dialect import V21, V201
from csms.dialects.v16.dialect import V16
from csms.ocpp.codec import ACTIONS
from tests.support.charger import CallError, connected
from tests.support.csms import Csms
from tests.support.samples import sample

pytestmark = pytest.mark.no_cover  # some hundred thousand times the same lines, which others cover

VERSIONS = {"ocpp1.6": "1.6", "ocpp2.0.1": "2.0.1", "ocpp2.1": "2.1"}
DIALECTS = [pytest.param(dialect, id=str(dialect.protocol)) for dialect in (V16, V201, V21)]
WRONG: tuple[Any, ...] = (None, [], {}, "", "NoSuchValue", -1, 5, 1.5, 2**31, 2**63, True, "x" * 11_000)
ABREAST = 16  # connections
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
    """The message with one place changed; only what holds that place is copied, as there are thousands of them."""
    step, *rest = path
    changed = copy.copy(payload)
    if rest:
        changed[step] = _with(payload[step], tuple(rest), value, remove=remove)
    elif remove:
        del changed[step]
    else:
        changed[step] = value
    return changed


def _broken(payload: Any) -> Iterator[Any]:
    """The message, each time with one thing changed."""
    for path in _paths(payload):
        yield _with(payload, path, None, remove=True)
        for value in WRONG:
            yield _with(payload, path, value)
    yield payload | {"surprise": 1}


@cache
def judge(protocol: str, action: str) -> Draft4Validator:
    """The schema that PyPI `ocpp` has of a request. It reads no times, as that package's own validator reads none.

    There are ten thousands of messages, and this validator takes the thirtieth part of the time of that one.
    """
    schema = get_validator(MessageType.Call, action, VERSIONS[protocol]).schema
    return Draft4Validator(schema, validate_formats=False)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("validation", ["strict", "advisory"])
async def test_every_violation_gets_an_answer(csms: Csms, dialect: Dialect, validation: str) -> None:
    """A few connections for all of it, so that their messages are stored together, and each works afterwards."""
    protocol = str(dialect.protocol)
    boot = {"chargingStation": {"vendorName": "Acme", "model": "Two"}, "reason": "PowerUp"}
    if dialect is V16:
        boot = {"chargePointVendor": "Acme", "chargePointModel": "One"}
    broken = (
        (action, payload)
        for action in sorted(set(dialect.inbound) - dialect.sends)
        for payload in _broken(sample(ACTIONS[dialect.protocol][action].request, full=True))
    )
    taken: list[str] = []
    internal: list[str] = []

    async def sweep(name: str) -> int:
        count = 0
        async with connected(csms.url, name, protocols=(protocol,)) as charger:
            assert (await charger.call("BootNotification", boot))["status"] == "Accepted"
            for action, payload in broken:
                refused = None
                try:
                    await charger.call(action, payload)
                except ConnectionError as error:
                    why = await csms.rows("SELECT closed_by, close_code, close_reason FROM charger_connections")
                    raise AssertionError(f"{action} ended the connection: {why}, {payload}"[:1000]) from error
                except CallError as error:
                    refused = error
                    if error.code == "InternalError":
                        internal.append(f"{action}: {payload}"[:300])
                if validation == "strict" and refused is None and not judge(protocol, action).is_valid(payload):
                    taken.append(f"{action}: {payload}"[:300])
                count += 1
            assert "currentTime" in await charger.call("Heartbeat")
            assert not charger.closed.is_set()
        return count

    names = [await csms.charger(f"SWEPT{number}", validation=validation) for number in range(ABREAST)]
    counts = await asyncio.gather(*(sweep(name) for name in names))
    assert (taken, internal) == ([], [])
    assert sum(counts) > 800
