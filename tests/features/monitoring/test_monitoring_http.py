# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What a 2.x charger reports of itself, from its socket to the API, and the commands that ask for it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from csms.features.monitoring.service import PATIENCE, ReportSweeper
from csms.kit.clock import FakeClock
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from tests.features.whole import Whole
from tests.support.charger import Charger, connected
from tests.support.eventually import eventually

HERE = "/api/v1/chargers/CP1"
NOW = "2026-11-23T10:00:00Z"
BOOT = {"chargingStation": {"vendorName": "Acme", "model": "Two", "modem": {"iccid": "1"}}, "reason": "PowerUp"}


@pytest.fixture
async def two(whole: Whole) -> AsyncIterator[Charger]:
    """CP1 with 2.1, booted."""
    async with connected(whole.csms.url, "CP1", protocols=("ocpp2.1",)) as charger:
        assert (await charger.call("BootNotification", BOOT))["status"] == "Accepted"
        yield charger


def variable(name: str, value: str | None, component: str = "OCPPCommCtrlr", **attribute: Any) -> dict[str, Any]:
    """A variable of a report."""
    shown = {"mutability": "ReadWrite", **attribute} | ({} if value is None else {"value": value})
    return {
        "component": {"name": component},
        "variable": {"name": name},
        "variableAttribute": [shown],
        "variableCharacteristics": {"dataType": "integer", "supportsMonitoring": True, "unit": "s"},
    }


async def part(charger: Charger, request_id: int, seq: int, last: bool, *data: Any) -> None:
    """A NotifyReport."""
    payload = {"requestId": request_id, "generatedAt": NOW, "seqNo": seq, "tbc": not last, "reportData": list(data)}
    assert await charger.call("NotifyReport", payload) == {}


async def test_a_report_is_put_together_in_whatever_order_its_parts_come(whole: Whole, two: Charger) -> None:
    """Asked by the API, told in parts, the last before the first; the device model is remembered with its secrets masked."""
    two.answers["GetBaseReport"] = {"status": "Accepted"}
    sent = await whole.command({"type": "get_base_report", "base": "full_inventory"})
    number = sent["body"]["request_id"]
    assert sent["status"] == "accepted"
    assert two.heard == [("GetBaseReport", {"requestId": number, "reportBase": "FullInventory"})]
    await part(two, number, 1, True, variable("BasicAuthPassword", "hush", "SecurityCtrlr", mutability="WriteOnly"))
    (listed,) = await whole.items(f"{HERE}/reports", kind="device_model")
    assert (listed["status"], listed["parts"], listed["finished_at"]) == ("collecting", 1, None)
    await part(two, number, 0, False, variable("HeartbeatInterval", "300"))
    await part(two, number, 0, False, variable("HeartbeatInterval", "301"))
    (listed,) = await whole.items(f"{HERE}/reports", request_id=str(number))
    assert (listed["status"], listed["parts"]) == ("complete", 2)
    found = (await whole.client.get(f"{HERE}/reports/{listed['id']}")).json()
    assert [item["variable"]["name"] for item in found["items"]] == ["HeartbeatInterval", "BasicAuthPassword"]
    assert "hush" not in str(found)
    known = {item["key"]: item["value"] for item in await whole.items(f"{HERE}/configuration")}
    assert known == {"OCPPCommCtrlr.HeartbeatInterval": "301", "SecurityCtrlr.BasicAuthPassword": "***"}
    missing = await whole.refused("GET", f"{HERE}/reports/0192f000-0000-7000-8000-000000000004")
    assert missing == (404, "not_found")


async def test_variables_are_read_and_set_by_their_paths(whole: Whole, two: Charger) -> None:
    """The named commands of 1.6 work on 2.x too; what was read or set is remembered."""
    path = "Connector@1:1.Available"
    component = {"name": "Connector", "evse": {"id": 1, "connectorId": 1}}
    two.answers["GetVariables"] = lambda payload: {
        "getVariableResult": [
            {
                "attributeStatus": "Accepted",
                "attributeValue": "true",
                "component": component,
                "variable": {"name": "Available"},
            },
            {
                "attributeStatus": "UnknownVariable",
                "component": {"name": "A"},
                "variable": {"name": "B"},
            },
        ]
    }
    read = await whole.command({"type": "get_configuration", "keys": [path, "A.B"]})
    assert (read["status"], read["reason"]) == ("accepted", "A.B: the charger does not have the variable")
    two.answers["SetVariables"] = {
        "setVariableResult": [
            {"attributeStatus": "RebootRequired", "component": component, "variable": {"name": "Available"}}
        ]
    }
    done = await whole.command({"type": "change_configuration", "key": path, "value": "false"})
    assert (done["status"], done["reason"]) == ("accepted", "takes effect after a restart of the charger")
    assert two.heard[-1][1]["setVariableData"][0]["attributeValue"] == "false"

    async def remembered() -> bool:
        return any(item["value"] == "false" for item in await whole.items(f"{HERE}/configuration", key=path))

    assert await eventually(remembered)


async def test_events_are_kept_once(whole: Whole, two: Charger) -> None:
    """A monitor triggers; the charger was not answered and says it again."""
    event = {
        "eventId": 7,
        "timestamp": NOW,
        "trigger": "Alerting",
        "actualValue": "92",
        "component": {"name": "EVSE", "evse": {"id": 1}},
        "variable": {"name": "Temperature"},
        "eventNotificationType": "CustomMonitor",
        "variableMonitoringId": 3,
        "severity": 2,
    }
    told = {"generatedAt": NOW, "seqNo": 0, "eventData": [event]}
    assert await two.call("NotifyEvent", told) == {}
    assert await two.call("NotifyEvent", told) == {}
    (found,) = await whole.items(f"{HERE}/device-events", severity="2")
    assert (found["variable"], found["value"], found["monitor_id"]) == ("EVSE@1.Temperature", "92", 3)


async def test_notices_are_kept_and_questions_answered(whole: Whole, two: Charger) -> None:
    """Needs of a vehicle are taken, a VAT number cannot be checked here, a stream is wanted."""
    needs = {"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "DC"}}
    assert await two.call("NotifyEVChargingNeeds", needs) == {"status": "Processing"}
    answer = await two.call("VatNumberValidation", {"vatNumber": "NL123"})
    assert (answer["status"], answer["vatNumber"]) == ("Rejected", "NL123")
    alarm = {"controlType": "HVMomCess", "timestamp": NOW, "customData": {"vendorId": "acme", "deep": [{"x": 1}]}}
    assert await two.call("NotifyDERAlarm", alarm) == {}
    found = await whole.items(f"{HERE}/notices", sort="received_at")
    assert [item["kind"] for item in found] == [
        "ev_charging_needs",
        "vat_number_validation",
        "der_alarm",
    ]
    assert found[2]["data"]["control_type"] == "hv_mom_cess"
    assert found[2]["data"]["custom_data"] == {"vendorId": "acme", "deep": [{"x": 1}]}


async def test_customer_information_is_one_text(whole: Whole, two: Charger) -> None:
    """Its parts are pieces of one text; a report of which nothing more comes is ended."""
    for seq, text in enumerate(("first, ", "second")):
        payload = {"requestId": 9, "generatedAt": NOW, "seqNo": seq, "tbc": True, "data": text}
        assert await two.call("NotifyCustomerInformation", payload) == {}
    kit = whole.csms.application.kit
    assert kit is not None
    clock = FakeClock(kit.clock.now() + PATIENCE + timedelta(seconds=1))
    await ReportSweeper(kit.units, clock).sweep(DEFAULT_ORGANIZATION_ID)
    (listed,) = await whole.items(f"{HERE}/reports")
    assert listed["status"] == "timed_out"
    assert (await whole.client.get(f"{HERE}/reports/{listed['id']}")).json()["text"] == "first, second"


async def test_security_events_of_chargers_are_kept(whole: Whole, two: Charger) -> None:
    """With the charger's time and its own words."""
    told = {"type": "TamperDetectionActivated", "timestamp": NOW, "techInfo": "lid"}
    assert await two.call("SecurityEventNotification", told) == {}
    row = await whole.csms.row("SELECT charger_id, kind, detail FROM security_events")
    assert tuple(row) == ("CP1", "TamperDetectionActivated", "lid")


async def test_a_transaction_is_stopped_by_any_of_its_names(whole: Whole, two: Charger) -> None:
    """The number we issued, our id, or the charger's own name: on the wire it is the charger's."""
    info = {"transactionId": "TX/1"}
    begun = {
        "eventType": "Started",
        "timestamp": NOW,
        "triggerReason": "RemoteStart",
        "seqNo": 0,
        "transactionInfo": {**info, "remoteStartId": 1},
    }
    two.answers["RequestStartTransaction"] = {"status": "Accepted"}
    started = await whole.command({"type": "start_transaction", "token": "TAG", "evse_id": 1})
    number = started["body"]["request_id"]
    begun["transactionInfo"]["remoteStartId"] = number  # type: ignore[index]
    assert await two.call("TransactionEvent", begun) == {}
    (row,) = await whole.items("/api/v1/transactions", charger_ref="TX/1")
    command = (await whole.client.get(f"{HERE}/commands/{started['id']}")).json()
    assert (command["effect"], command["transaction_id"]) == ("started", row["id"])
    two.answers["RequestStopTransaction"] = {"status": "Accepted"}
    for name in (row["transaction_id"], row["id"], "TX/1"):
        found = await whole.command({"type": "stop_transaction", "transaction_id": name})
        assert found["status"] == "accepted"
        assert two.heard[-1] == ("RequestStopTransaction", info)
    refused = await whole.command({"type": "stop_transaction", "transaction_id": 4711})
    assert refused["status"] == "not_supported"


async def test_the_same_key_gives_the_same_number(whole: Whole, two: Charger) -> None:
    """A command that was sent with a drawn number is the same one when its key comes again; secrets are masked."""
    two.answers["GetLog"] = {"status": "Accepted", "filename": "log.txt"}
    body = {"type": "get_log", "log": "security", "location": "https://example.org/x"}
    first = await whole.command(body, **{"Idempotency-Key": "k1"})
    again = await whole.command(body, **{"Idempotency-Key": "k1"})
    assert (again["id"], again["body"]) == (first["id"], first["body"])
    two.answers["SetNetworkProfile"] = {"status": "Accepted"}
    profile = {
        "interface": "wired0",
        "message_timeout_s": 30,
        "csms_url": "wss://example.org",
        "security_profile": 2,
        "basic_auth_password": "hush-hush-hush-16",
        "apn": {"apn": "internet", "authentication": "none", "password": "hush-hush-hush-16"},
        "vpn": {
            "server": "x",
            "user": "u",
            "password": "hush-hush-hush-16",
            "key": "hush-hush-hush-16",
            "type": "ikev2",
        },
    }
    done = await whole.command({"type": "set_network_profile", "slot": 1, "profile": profile})
    assert done["status"] == "accepted"
    assert two.heard[-1][1]["connectionData"]["vpn"]["key"] == "hush-hush-hush-16"
    assert "hush" not in str(done)
    exchanged = await eventually(lambda: whole.items(f"{HERE}/messages", action="SetNetworkProfile"))
    assert "hush" not in str(exchanged)
