# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A central system as the documentation of PyPI `ocpp` builds one, on `websockets` and uvloop. It stores nothing.

Validation runs in the event loop: the library's hop to a thread for each message would make it slower.
"""

import asyncio
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import ocpp.messages
import uvloop
import websockets
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import Action, AuthorizationStatus, RegistrationStatus


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_ACCEPTED = IdTagInfo(status=AuthorizationStatus.accepted)


class Peer(ChargePoint):
    """Answers what the bench asks."""

    @on(Action.boot_notification)
    def boot(self, **_: Any) -> call_result.BootNotification:
        return call_result.BootNotification(current_time=_now(), interval=300, status=RegistrationStatus.accepted)

    @on(Action.heartbeat)
    def heartbeat(self) -> call_result.Heartbeat:
        return call_result.Heartbeat(current_time=_now())

    @on(Action.status_notification)
    def status(self, **_: Any) -> call_result.StatusNotification:
        return call_result.StatusNotification()

    @on(Action.authorize)
    def authorize(self, **_: Any) -> call_result.Authorize:
        return call_result.Authorize(id_tag_info=_ACCEPTED)

    @on(Action.start_transaction)
    def start_transaction(self, **_: Any) -> call_result.StartTransaction:
        return call_result.StartTransaction(transaction_id=1, id_tag_info=_ACCEPTED)

    @on(Action.meter_values)
    def meter_values(self, **_: Any) -> call_result.MeterValues:
        return call_result.MeterValues()

    @on(Action.stop_transaction)
    def stop_transaction(self, **_: Any) -> call_result.StopTransaction:
        return call_result.StopTransaction(id_tag_info=_ACCEPTED)


async def _serve(connection: Any) -> None:
    with suppress(websockets.ConnectionClosed):
        await Peer(connection.request.path.rpartition("/")[2], connection).start()


async def main(port: int) -> None:
    """Serve until killed."""
    ocpp.messages.ASYNC_VALIDATION = False
    async with websockets.serve(
        _serve,
        "127.0.0.1",
        port,
        subprotocols=[websockets.Subprotocol("ocpp1.6")],
        compression=None,
        ping_interval=None,
    ):
        await asyncio.Future()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
