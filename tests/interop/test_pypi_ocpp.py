# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
# mypy: disable-error-code="untyped-decorator"
"""PyPI `ocpp` as the charger: its own schema validation judges every word of ours."""

import asyncio
from pathlib import Path
from typing import Any

import websockets
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.datatypes import KeyValue

from tests.interop.journey import SECRET, obeyed, prepare, remembered
from tests.support.csms import running
from tests.support.postgres import Database


class Alien(ChargePoint):  # type: ignore[misc]
    """A charge point of that library."""

    def __init__(self, identity: str, connection: Any) -> None:
        super().__init__(identity, connection, response_timeout=10)
        self.started: asyncio.Queue[int] = asyncio.Queue()
        self.jobs: set[asyncio.Task[None]] = set()

    async def charge(self, tag: str, meter: int = 1000) -> int:
        """Start; the number it was given."""
        begun = await self.call(
            call.StartTransaction(connector_id=1, id_tag=tag, meter_start=meter, timestamp="2026-11-23T10:00:00Z")
        )
        assert begun.id_tag_info["status"] == "Accepted"
        return int(begun.transaction_id)

    async def meter(self, number: int, at: str, wh: str, unit: str) -> None:
        """A reading."""
        value = {"timestamp": at, "sampled_value": [{"value": wh, "unit": unit}]}
        await self.call(call.MeterValues(connector_id=1, transaction_id=number, meter_value=[value]))

    async def finish(self, number: int) -> None:
        """Stop."""
        await self.call(
            call.StopTransaction(
                meter_stop=8360, timestamp="2026-11-23T11:00:00Z", transaction_id=number, id_tag="TAG", reason="Local"
            )
        )

    def _later(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self.jobs.add(task)
        task.add_done_callback(self.jobs.discard)

    @on("RemoteStartTransaction")
    def remote_start(self, id_tag: str, **_: Any) -> Any:
        """Obey."""

        async def begin() -> None:
            self.started.put_nowait(await self.charge(id_tag))

        self._later(begin())
        return call_result.RemoteStartTransaction(status="Accepted")

    @on("RemoteStopTransaction")
    def remote_stop(self, transaction_id: int) -> Any:
        """Obey."""
        self._later(self.finish(transaction_id))
        return call_result.RemoteStopTransaction(status="Accepted")

    @on("ClearCache")
    def clear_cache(self) -> Any:
        """Obey."""
        return call_result.ClearCache(status="Accepted")

    @on("Reset")
    def reset(self, **_: Any) -> Any:
        """Obey."""
        return call_result.Reset(status="Accepted")

    @on("UnlockConnector")
    def unlock(self, **_: Any) -> Any:
        """A fixed cable."""
        return call_result.UnlockConnector(status="NotSupported")

    @on("GetConfiguration")
    def get_configuration(self, key: list[str]) -> Any:
        """The first is known, the second is not."""
        known = KeyValue(key=key[0], readonly=False, value="300")
        return call_result.GetConfiguration(configuration_key=[known], unknown_key=key[1:])

    @on("ChangeConfiguration")
    def change_configuration(self, **_: Any) -> Any:
        """Obey."""
        return call_result.ChangeConfiguration(status="Accepted")

    @on("ChangeAvailability")
    def change_availability(self, **_: Any) -> Any:
        """At the end of the transaction."""
        return call_result.ChangeAvailability(status="Scheduled")

    @on("DataTransfer")
    def data_transfer(self, **_: Any) -> Any:
        """It knows no vendor either."""
        return call_result.DataTransfer(status="UnknownVendorId")

    @on("TriggerMessage")
    def trigger(self, connector_id: int, **_: Any) -> Any:
        """Obey."""
        self._later(self.state(connector_id, "Charging"))
        return call_result.TriggerMessage(status="Accepted")

    async def state(self, connector: int, status: str) -> None:
        """StatusNotification."""
        await self.call(call.StatusNotification(connector_id=connector, error_code="NoError", status=status))


async def test_a_charger_of_pypi_ocpp(database: Database, tmp_path: Path) -> None:
    """Boot, status, authorize, start, meter values, commands, stop, data transfer, and all of it remembered."""
    async with running(database, tmp_path) as csms:
        await prepare(csms)
        url = csms.url.replace("ws://", f"ws://ALIEN:{SECRET.replace(' ', '%20')}@") + "/ALIEN"
        async with websockets.connect(url, subprotocols=[websockets.Subprotocol("ocpp1.6")]) as connection:
            assert connection.subprotocol == "ocpp1.6"
            alien = Alien("ALIEN", connection)
            listening = asyncio.create_task(alien.start())
            booted = await alien.call(call.BootNotification(charge_point_model="One", charge_point_vendor="Acme"))
            assert (booted.status, booted.interval) == ("Accepted", 300)
            await alien.call(call.Heartbeat())
            await alien.state(0, "Available")
            await alien.state(1, "Preparing")
            known = await alien.call(call.Authorize(id_tag="TAG"))
            assert known.id_tag_info == {"status": "Accepted"}
            row = await csms.command("ALIEN", {"type": "start_transaction", "token": "TAG", "connector_id": 1})
            assert row["status"] == "accepted"
            number = await asyncio.wait_for(alien.started.get(), 10)
            await alien.meter(number, "2026-11-23T10:20:00Z", "3450", "Wh")
            await alien.meter(number, "2026-11-23T10:40:00Z", "6.1", "kWh")
            await obeyed(csms)
            stop = {"type": "stop_transaction", "transaction_id": number}
            assert (await csms.command("ALIEN", stop))["status"] == "accepted"
            await asyncio.gather(*alien.jobs)
            await alien.state(1, "Available")
            answer = await alien.call(call.DataTransfer(vendor_id="org.example", data="hello"))
            assert answer.status == "UnknownVendorId"
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        await remembered(csms, number)
        effect = await csms.row("SELECT effect FROM commands WHERE type = 'start_transaction'")
        assert effect["effect"] == "started"
