# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
# mypy: disable-error-code="untyped-decorator"
"""PyPI `ocpp` as a charger of 2.0.1 and 2.1: its own schema validation judges every word of ours."""

import asyncio
from pathlib import Path
from typing import Any

import ocpp.v21 as lib21
import ocpp.v201 as lib201
import pytest
import websockets
from ocpp.routing import on

from tests.interop.journey import SECRET, prepare
from tests.interop.journey2 import REF, obeyed, remembered
from tests.support.csms import running
from tests.support.postgres import Database


def alien_of(library: Any) -> Any:
    """A charge point of that library's version."""
    call, call_result = library.call, library.call_result

    class Alien(library.ChargePoint):  # type: ignore[misc,name-defined]
        def __init__(self, identity: str, connection: Any) -> None:
            super().__init__(identity, connection, response_timeout=10)
            self.started: asyncio.Queue[Any] = asyncio.Queue()
            self.ended: asyncio.Queue[Any] = asyncio.Queue()
            self.jobs: set[asyncio.Task[None]] = set()

        async def event(self, kind: str, number: int, wh: str, unit: str, **more: Any) -> Any:
            trigger = {"Started": "RemoteStart", "Updated": "MeterValuePeriodic", "Ended": "RemoteStop"}[kind]
            info = {"transaction_id": REF, **more.pop("info", {})}
            context = {"Started": "Transaction.Begin", "Updated": "Sample.Periodic", "Ended": "Transaction.End"}[kind]
            sampled = [{"value": float(wh), "context": context, "unit_of_measure": {"unit": unit}}]
            return await self.call(
                call.TransactionEvent(
                    event_type=kind,
                    timestamp=f"2026-11-23T10:{number:02}:00Z",
                    trigger_reason=trigger,
                    seq_no=number,
                    transaction_info=info,
                    evse={"id": 1, "connector_id": 1},
                    meter_value=[{"timestamp": f"2026-11-23T10:{number:02}:00Z", "sampled_value": sampled}],
                    **more,
                )
            )

        def _later(self, work: Any) -> None:
            task = asyncio.create_task(work)
            self.jobs.add(task)
            task.add_done_callback(self.jobs.discard)

        async def state(self, status: str) -> None:
            await self.call(
                call.StatusNotification(
                    timestamp="2026-11-23T10:00:00Z", connector_status=status, evse_id=1, connector_id=1
                )
            )

        @on("RequestStartTransaction")
        def start_it(self, id_token: Any, remote_start_id: int, **_: Any) -> Any:
            async def begin() -> None:
                info = {"charging_state": "Charging", "remote_start_id": remote_start_id}
                self.started.put_nowait(await self.event("Started", 0, "1000", "Wh", id_token=id_token, info=info))

            self._later(begin())
            return call_result.RequestStartTransaction(status="Accepted", transaction_id=REF)

        @on("RequestStopTransaction")
        def stop_it(self, transaction_id: str, **_: Any) -> Any:
            async def end() -> None:
                info = {"stopped_reason": "Remote"}
                self.ended.put_nowait(await self.event("Ended", 3, "8360", "Wh", info=info))

            assert transaction_id == REF
            self._later(end())
            return call_result.RequestStopTransaction(status="Accepted")

        @on("ClearCache")
        def clear_cache(self, **_: Any) -> Any:
            return call_result.ClearCache(status="Accepted")

        @on("Reset")
        def reset(self, **_: Any) -> Any:
            return call_result.Reset(status="Accepted")

        @on("UnlockConnector")
        def unlock(self, **_: Any) -> Any:
            return call_result.UnlockConnector(status="OngoingAuthorizedTransaction")

        @on("GetVariables")
        def get_variables(self, get_variable_data: list[Any], **_: Any) -> Any:
            found = [{**each, "attribute_status": "Accepted", "attribute_value": "300"} for each in get_variable_data]
            return call_result.GetVariables(get_variable_result=found)

        @on("SetVariables")
        def set_variables(self, set_variable_data: list[Any], **_: Any) -> Any:
            done = []
            for each in set_variable_data:
                done.append(
                    {k: v for k, v in each.items() if k != "attribute_value"} | {"attribute_status": "Accepted"}
                )
            return call_result.SetVariables(set_variable_result=done)

        @on("ChangeAvailability")
        def change_availability(self, **_: Any) -> Any:
            return call_result.ChangeAvailability(status="Scheduled")

        @on("DataTransfer")
        def data_transfer(self, **_: Any) -> Any:
            return call_result.DataTransfer(status="UnknownVendorId")

        @on("TriggerMessage")
        def trigger(self, **_: Any) -> Any:
            self._later(self.state("Occupied"))
            return call_result.TriggerMessage(status="Accepted")

        @on("GetBaseReport")
        def base_report(self, request_id: int, **_: Any) -> Any:
            async def tell() -> None:
                for part in range(2):
                    variable = {
                        "component": {"name": "EVSE", "evse": {"id": part + 1}},
                        "variable": {"name": "AvailabilityState"},
                        "variable_attribute": [{"value": "Available"}],
                    }
                    await self.call(
                        call.NotifyReport(
                            request_id=request_id,
                            generated_at="2026-11-23T10:00:00Z",
                            seq_no=part,
                            tbc=part == 0,
                            report_data=[variable],
                        )
                    )

            self._later(tell())
            return call_result.GetBaseReport(status="Accepted")

    return Alien


@pytest.mark.parametrize(("library", "protocol"), [(lib201, "ocpp2.0.1"), (lib21, "ocpp2.1")], ids=["2.0.1", "2.1"])
async def test_a_charger_of_pypi_ocpp(database: Database, tmp_path: Path, library: Any, protocol: str) -> None:
    """Boot, status, authorize, start, meter values, commands, report, stop, data transfer, and all of it remembered."""
    call = library.call
    async with running(database, tmp_path) as csms:
        await prepare(csms)
        url = csms.url.replace("ws://", f"ws://ALIEN:{SECRET.replace(' ', '%20')}@") + "/ALIEN"
        async with websockets.connect(url, subprotocols=[websockets.Subprotocol(protocol)]) as connection:
            alien = alien_of(library)("ALIEN", connection)
            listening = asyncio.create_task(alien.start())
            station = {"vendor_name": "Acme", "model": "Two"}
            booted = await alien.call(call.BootNotification(charging_station=station, reason="PowerUp"))
            assert (booted.status, booted.interval) == ("Accepted", 300)
            assert (await alien.call(call.Heartbeat())).current_time.endswith("Z")
            await alien.state("Available")
            token = {"id_token": "TAG", "type": "ISO14443"}
            assert (await alien.call(call.Authorize(id_token=token))).id_token_info["status"] == "Accepted"
            row = await csms.command("ALIEN", {"type": "start_transaction", "token": "TAG", "connector_id": 1})
            assert row["status"] == "accepted"
            begun = await asyncio.wait_for(alien.started.get(), 10)
            assert begun.id_token_info["status"] == "Accepted"
            await alien.event("Updated", 1, "3450", "Wh")
            await alien.event("Updated", 2, "6.1", "kWh")
            await obeyed(csms)
            row = await csms.command("ALIEN", {"type": "stop_transaction", "transaction_id": REF})
            assert row["status"] == "accepted"
            await asyncio.wait_for(alien.ended.get(), 10)
            await alien.state("Available")
            assert (await alien.call(call.DataTransfer(vendor_id="org.example"))).status == "UnknownVendorId"
            listening.cancel()
        await remembered(csms)
