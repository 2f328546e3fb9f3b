# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The charger's own life: boot, heartbeats, sessions, what is kept while the line is down."""

import asyncio
import base64
from typing import Any

from csms.simulator.charger import VirtualCharger
from csms.simulator.device import Status, StopReason
from tests.simulator.conftest import CAR, NewCharger
from tests.simulator.csms16 import NOW, RefusalError, ScriptedCsms


def wh(meter_values: dict[str, Any]) -> int:
    """The register in a MeterValues."""
    (reading,) = meter_values["meterValue"]
    return next(int(s["value"]) for s in reading["sampledValue"] if s["measurand"] == "Energy.Active.Import.Register")


async def charging(charger: VirtualCharger, csms: ScriptedCsms, tag: str = "TAG") -> int:
    """Plug in at connector 1 and start; the transaction's number."""
    connector = charger.connectors[0]
    charger.plug(connector, CAR)
    transaction = charger.start_transaction(connector, tag)
    assert await charger.until(lambda: transaction.ref is not None, 30)
    await csms.status("Charging")
    assert transaction.ref is not None
    return transaction.ref


async def test_connects_boots_and_says_every_status(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """Boot first, then the charger's own status and one for each connector."""
    await new_charger(identity="SIM/1 ü", password="secret")
    await csms.status("Available", 2)
    assert csms.identities == ["SIM/1 ü"]
    credentials = csms.authorizations[0]
    assert credentials is not None
    assert base64.b64decode(credentials.removeprefix("Basic ")) == "SIM/1 ü:secret".encode()
    assert [action for _, action, _ in csms.heard] == ["BootNotification"] + ["StatusNotification"] * 3
    assert [p["connectorId"] for p in csms.of("StatusNotification")] == [0, 1, 2]


async def test_pending_boot_is_repeated_and_nothing_else_said(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """Pending: again after the interval; only an accepted boot opens the mouth."""
    statuses = ["Pending", "Rejected", "Accepted"]
    csms.answers["BootNotification"] = lambda _: {"status": statuses.pop(0), "currentTime": NOW, "interval": 1}
    charger = await new_charger(ready=False)
    await csms.hears("BootNotification")
    charger.plug(charger.connectors[0], CAR)
    assert [action for _, action, _ in csms.heard] == ["BootNotification"]
    assert (await csms.command("SIM-1", "TriggerMessage", {"requestedMessage": "BootNotification"}))[
        "status"
    ] == "Accepted"
    await csms.hears("BootNotification", count=3)
    await csms.status("Preparing")


async def test_heartbeats_follow_the_interval(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """The interval of the boot answer is the HeartbeatInterval."""
    csms.interval_s = 1
    charger = await new_charger()
    await csms.hears("Heartbeat", count=2)
    assert charger.configuration.integer("HeartbeatInterval") == 1


async def test_a_session_from_plug_to_unplug(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """Statuses, start, growing register, stop: and the readings carry the transaction's number."""
    charger = await new_charger()
    connector = charger.connectors[0]
    charger.plug(connector, CAR)
    await csms.status("Preparing")
    assert await charger.authorize("TAG") == "Accepted"
    transaction = charger.start_transaction(connector, "TAG")
    await csms.hears("MeterValues", count=3)
    charger.stop_transaction(connector, StopReason.LOCAL, "TAG")
    charger.unplug(connector)
    stop = await csms.hears("StopTransaction")
    await csms.status("Available", count=2)
    assert csms.statuses() == ["Available", "Preparing", "Charging", "Finishing", "Available"]
    start = csms.of("StartTransaction")[0]
    registers = [start["meterStart"], *map(wh, csms.of("MeterValues")), stop["meterStop"]]
    assert registers == sorted(registers)
    assert stop["meterStop"] > start["meterStart"]
    assert {p["transactionId"] for p in csms.of("MeterValues")} == {transaction.ref} == {stop["transactionId"]}
    assert stop["reason"] == "Local"
    assert stop["transactionData"][0]["sampledValue"][0]["context"] == "Transaction.End"


async def test_facts_of_an_outage_are_replayed_in_order(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """Start, readings and stop of an offline session arrive after the reconnect, in order, with the right number."""
    charger = await new_charger()
    csms.forget()
    charger.go_offline(0.4)
    await charger.until(lambda: not charger.ready)
    connector = charger.connectors[1]
    charger.plug(connector, CAR)
    transaction = charger.start_transaction(connector, "TAG")
    for _ in range(3):
        charger.meter(connector, "Sample.Periodic")
    charger.stop_transaction(connector, StopReason.LOCAL)
    charger.unplug(connector)
    assert not csms.heard
    stop = await csms.hears("StopTransaction")
    facts = [(action, p) for _, action, p in csms.heard if action not in ("StatusNotification", "Heartbeat")]
    assert [action for action, _ in facts] == ["StartTransaction"] + ["MeterValues"] * 3 + ["StopTransaction"]
    assert stop["transactionId"] == transaction.ref
    assert all(p["transactionId"] == transaction.ref for action, p in facts if action == "MeterValues")
    # Not booted again, and only what changed is said: the connector is as it was before.
    assert "BootNotification" not in [action for _, action, _ in csms.heard]


async def test_an_unanswered_start_is_sent_again_after_the_reconnect(
    new_charger: NewCharger, csms: ScriptedCsms
) -> None:
    """A start whose answer was lost is repeated with the same time stamp and meter, and the stop waits for it."""
    charger = await new_charger()
    silent = csms.answers["StartTransaction"]
    csms.answers["StartTransaction"] = None
    charger.plug(charger.connectors[0], CAR)
    charger.start_transaction(charger.connectors[0], "TAG")
    first = await csms.hears("StartTransaction")
    charger.stop_transaction(charger.connectors[0], StopReason.LOCAL)
    csms.answers["StartTransaction"] = silent
    await csms.sockets["SIM-1"].close()
    await csms.hears("StopTransaction")
    assert csms.of("StartTransaction") == [first, first]


async def test_a_failing_fact_is_tried_as_often_as_configured(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """TransactionMessageAttempts CALLERRORs, then it is given up; the stop of a lost start has no number."""

    def broken(_: dict[str, Any]) -> dict[str, Any]:
        raise RefusalError("InternalError")

    charger = await new_charger()
    charger.configuration.put("TransactionMessageRetryInterval", "0")
    csms.answers["StartTransaction"] = broken
    charger.plug(charger.connectors[0], CAR)
    transaction = charger.start_transaction(charger.connectors[0], "TAG")
    await csms.hears("StartTransaction", count=3)
    charger.stop_transaction(charger.connectors[0], StopReason.LOCAL)
    stop = await csms.hears("StopTransaction")
    assert len(csms.of("StartTransaction")) == 3
    assert transaction.lost
    assert stop["transactionId"] == -1


async def test_a_csms_that_does_not_answer_loses_no_fact(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """Silence is no failure to process: the charger hangs up, comes back and sends it again."""
    charger = await new_charger(call_timeout_s=0.1)
    answering, csms.answers["StartTransaction"] = csms.answers["StartTransaction"], None
    charger.plug(charger.connectors[0], CAR)
    charger.start_transaction(charger.connectors[0], "TAG")
    await csms.hears("StartTransaction", count=2)
    csms.answers["StartTransaction"] = answering
    assert await charger.drained(30)
    assert charger.runtime.statistics.timeouts >= 2


async def test_an_unaccepted_tag_ends_the_transaction(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """StopTransactionOnInvalidId: the stop says DeAuthorized."""
    csms.answers["StartTransaction"] = {"transactionId": 7, "idTagInfo": {"status": "Blocked"}}
    charger = await new_charger()
    charger.plug(charger.connectors[0], CAR)
    charger.start_transaction(charger.connectors[0], "TAG")
    assert (await csms.hears("StopTransaction"))["reason"] == "DeAuthorized"


async def test_an_unaccepted_tag_may_only_suspend(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """Without StopTransactionOnInvalidId no energy flows any more, but the transaction stays."""
    csms.answers["StartTransaction"] = {"transactionId": 7, "idTagInfo": {"status": "Expired"}}
    charger = await new_charger()
    charger.configuration.put("StopTransactionOnInvalidId", "false")
    connector = charger.connectors[0]
    charger.plug(connector, CAR)
    charger.start_transaction(connector, "TAG")
    await csms.status("SuspendedEVSE")
    shown = connector.meter_wh
    await csms.hears("MeterValues", count=len(csms.of("MeterValues")) + 2)
    assert connector.meter_wh == shown
    assert connector.transaction is not None


async def test_offline_authorization_goes_by_cache_and_configuration(
    new_charger: NewCharger, csms: ScriptedCsms
) -> None:
    """Known tags by the cache, unknown ones only if AllowOfflineTxForUnknownId says so."""
    charger = await new_charger()
    assert await charger.authorize("KNOWN") == "Accepted"
    charger.go_offline(60)
    await charger.until(lambda: not charger.ready)
    assert await charger.authorize("KNOWN") == "Accepted"
    assert await charger.authorize("STRANGE") == "Invalid"
    charger.configuration.put("AllowOfflineTxForUnknownId", "true")
    assert await charger.authorize("STRANGE") == "Accepted"
    assert [p["idTag"] for p in csms.of("Authorize")] == ["KNOWN"]


async def test_power_loss_ends_transactions_after_the_boot(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """The boot comes first, then the stop with PowerLoss and the meter of that moment."""
    charger = await new_charger()
    number = await charging(charger, csms)
    csms.forget()
    charger.lose_power(0.05)
    stop = await csms.hears("StopTransaction")
    actions = [action for _, action, _ in csms.heard]
    assert actions.index("BootNotification") < actions.index("StopTransaction")
    assert (stop["reason"], stop["transactionId"]) == ("PowerLoss", number)


async def test_a_fault_suspends_and_recovers(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """Faulted with its error code, no energy meanwhile, then Charging again in the same transaction."""
    charger = await new_charger()
    await charging(charger, csms)
    connector = charger.connectors[0]
    charger.fault(connector, "GroundFailure", "earth leakage")
    faulted = await csms.status("Faulted")
    assert (faulted["errorCode"], faulted["info"]) == ("GroundFailure", "earth leakage")
    shown = connector.meter_wh
    charger.meter(connector, "Trigger")
    assert connector.meter_wh == shown
    charger.recover(connector)
    await csms.status("Charging", count=2)
    assert connector.transaction is not None


async def test_unplugging_ends_the_transaction_unless_configured_otherwise(
    new_charger: NewCharger, csms: ScriptedCsms
) -> None:
    """StopTransactionOnEVSideDisconnect: EVDisconnected, or SuspendedEV."""
    charger = await new_charger()
    await charging(charger, csms)
    charger.unplug(charger.connectors[0])
    assert (await csms.hears("StopTransaction"))["reason"] == "EVDisconnected"
    charger.configuration.put("StopTransactionOnEVSideDisconnect", "false")
    await charging(charger, csms)
    charger.unplug(charger.connectors[0])
    await csms.status("SuspendedEV")
    assert charger.connectors[0].transaction is not None


async def test_a_full_car_is_suspended(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """SuspendedEV when the battery has what it wanted."""
    charger = await new_charger()
    connector = charger.connectors[1]
    charger.plug(connector, type(CAR)(battery_wh=10_000.0, arrival_soc=70.0, target_soc=75.0))
    charger.start_transaction(connector, "TAG")
    await csms.status("SuspendedEV", 2)
    assert connector.status is Status.SUSPENDED_EV
    reading = await csms.hears("MeterValues")
    assert ("SoC", "75") in [(s["measurand"], s["value"]) for s in reading["meterValue"][0]["sampledValue"]]


async def test_the_backlog_is_bounded_and_loses_readings_only(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """When the memory is full, the oldest reading goes; start and stop stay."""
    charger = await new_charger(max_backlog=10)
    charger.go_offline(0.3)
    await charger.until(lambda: not charger.ready)
    csms.forget()
    connector = charger.connectors[0]
    charger.plug(connector, CAR)
    charger.start_transaction(connector, "TAG")
    for _ in range(50):
        charger.meter(connector, "Sample.Periodic")
    charger.stop_transaction(connector, StopReason.LOCAL)
    assert len(charger.uplink.backlog) == 10
    await csms.hears("StopTransaction")
    assert (len(csms.of("StartTransaction")), len(csms.of("MeterValues"))) == (1, 8)


async def test_only_one_call_is_in_flight(new_charger: NewCharger, csms: ScriptedCsms) -> None:
    """While one CALL waits for its answer, nothing else is sent."""
    charger = await new_charger()
    await csms.status("Available", 2)
    csms.forget()
    csms.answers["Authorize"] = None
    asking = asyncio.create_task(charger.authorize("TAG"))
    await csms.hears("Authorize")
    charger.uplink.beat()
    charger.meter(charger.connectors[0], "Trigger")
    assert (await csms.command("SIM-1", "ClearCache"))["status"] == "Accepted"  # a round trip the other way
    assert [action for _, action, _ in csms.heard] == ["Authorize"]
    asking.cancel()
