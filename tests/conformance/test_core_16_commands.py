# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: N802  (tests carry the names of the certification cases)
"""OCPP 1.6 Core: the certification cases in which the CSMS acts."""

from tests.conformance.words import ACCEPTED, at, connector, facts, outcome
from tests.support.charger import Charger
from tests.support.csms import Csms

START = {"type": "start_transaction", "token": "TAG", "connector_id": 1}


async def test_TC_061_CSMS_clear_cache(csms: Csms, charger: Charger) -> None:
    """ClearCache goes out without fields."""
    charger.answers["ClearCache"] = ACCEPTED
    assert await outcome(csms, {"type": "clear_cache"}) == ("accepted", None)
    assert charger.heard == [("ClearCache", {})]


async def test_TC_010_CSMS_remote_start_cable_in(csms: Csms, charger: Charger) -> None:
    """The cable is in: the charger obeys, and the command knows the transaction that followed."""
    charger.answers["RemoteStartTransaction"] = ACCEPTED
    await charger.status("Preparing")
    assert await outcome(csms, START) == ("accepted", None)
    assert charger.heard == [("RemoteStartTransaction", {"connectorId": 1, "idTag": "TAG"})]
    assert (await csms.row("SELECT effect FROM commands"))["effect"] == "awaited"
    started = await charger.start()
    await charger.status("Charging")
    assert started["idTagInfo"] == ACCEPTED
    row = await csms.row("SELECT effect, transaction_id FROM commands")
    assert (row["effect"], row["transaction_id"]) == ("started", (await csms.transaction())["id"])


async def test_TC_011_1_CSMS_remote_start_then_cable(csms: Csms, charger: Charger) -> None:
    """Accepted first, the cable comes after: Preparing, Start, Charging."""
    charger.answers["RemoteStartTransaction"] = ACCEPTED
    assert await outcome(csms, START) == ("accepted", None)
    await charger.status("Preparing")
    assert await connector(csms) == "preparing"
    started = await charger.start()
    await charger.status("Charging")
    assert (await facts(csms, started["transactionId"]))["status"] == "active"
    assert (await csms.row("SELECT effect FROM commands"))["effect"] == "started"


async def test_TC_011_2_CSMS_remote_start_no_cable(csms: Csms, charger: Charger) -> None:
    """Nobody plugs in: Preparing, then Available again, and no transaction follows."""
    charger.answers["RemoteStartTransaction"] = ACCEPTED
    assert await outcome(csms, START) == ("accepted", None)
    await charger.status("Preparing")
    await charger.status("Available")
    assert await connector(csms) == "available"
    row = await csms.row("SELECT effect, transaction_id FROM commands")
    assert (row["effect"], row["transaction_id"]) == ("awaited", None)
    assert await csms.rows("SELECT * FROM transactions") == []


async def test_TC_012_CSMS_remote_stop(csms: Csms, charger: Charger) -> None:
    """The transaction is named by the number that the charger knows, and ends with reason Remote."""
    charger.answers["RemoteStopTransaction"] = ACCEPTED
    number = (await charger.start())["transactionId"]
    key = (await csms.transaction(number))["id"]
    assert await outcome(csms, {"type": "stop_transaction", "transaction_id": str(key)}) == ("accepted", None)
    assert charger.heard == [("RemoteStopTransaction", {"transactionId": number})]
    assert await charger.stop(number, 1700, at(30), reason="Remote") == {}
    stored = await facts(csms, number)
    assert (stored["status"], stored["reason"], stored["energy_wh"]) == ("completed", "Remote", 700)


async def test_TC_013_CSMS_hard_reset(csms: Csms, charger: Charger) -> None:
    """Reset Hard is accepted, the charger boots anew."""
    charger.answers["Reset"] = ACCEPTED
    assert await outcome(csms, {"type": "reset", "kind": "hard"}) == ("accepted", None)
    assert charger.heard == [("Reset", {"type": "Hard"})]
    assert (await charger.boot())["status"] == "Accepted"


async def test_TC_014_CSMS_soft_reset(csms: Csms, charger: Charger) -> None:
    """Reset Soft ends the transaction first."""
    charger.answers["Reset"] = ACCEPTED
    number = (await charger.start())["transactionId"]
    assert await outcome(csms, {"type": "reset", "kind": "soft"}) == ("accepted", None)
    assert charger.heard == [("Reset", {"type": "Soft"})]
    await charger.stop(number, 1200, at(5), reason="SoftReset")
    assert (await facts(csms, number))["reason"] == "SoftReset"
    assert (await charger.boot())["status"] == "Accepted"


async def test_TC_017_1_CSMS_unlock_detachable_cable(csms: Csms, charger: Charger) -> None:
    """Unlocked."""
    charger.answers["UnlockConnector"] = {"status": "Unlocked"}
    assert await outcome(csms, {"type": "unlock", "connector_id": 1}) == ("accepted", None)
    assert charger.heard == [("UnlockConnector", {"connectorId": 1})]


async def test_TC_017_2_CSMS_unlock_fixed_cable(csms: Csms, charger: Charger) -> None:
    """A fixed cable has no lock: not supported, in words."""
    charger.answers["UnlockConnector"] = {"status": "NotSupported"}
    status, reason = await outcome(csms, {"type": "unlock", "connector_id": 1})
    assert (status, reason) == ("not_supported", "the charger has no such connector lock")


async def test_TC_018_1_CSMS_unlock_during_a_session(csms: Csms, charger: Charger) -> None:
    """Unlocking ends the transaction with reason UnlockCommand."""
    charger.answers["UnlockConnector"] = {"status": "Unlocked"}
    number = (await charger.start())["transactionId"]
    await charger.status("Charging")
    assert await outcome(csms, {"type": "unlock", "connector_id": 1}) == ("accepted", None)
    await charger.status("Finishing")
    await charger.stop(number, 1900, at(30), reason="UnlockCommand")
    stored = await facts(csms, number)
    assert (stored["status"], stored["reason"]) == ("completed", "UnlockCommand")


async def test_TC_019_1_CSMS_get_all_keys(csms: Csms, charger: Charger) -> None:
    """No key named means all: the field is left out, and every value comes back."""
    keys = [
        {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
        {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
    ]
    charger.answers["GetConfiguration"] = {"configurationKey": keys}
    row = await csms.command("CP1", {"type": "get_configuration"})
    assert charger.heard == [("GetConfiguration", {})]
    assert (row["status"], row["result"]) == ("accepted", {"configurationKey": keys})


async def test_TC_019_2_CSMS_get_one_key(csms: Csms, charger: Charger) -> None:
    """One key by name; one that the charger does not know is named to the operator."""
    known = {"key": "SupportedFeatureProfiles", "readonly": True, "value": "Core"}
    charger.answers["GetConfiguration"] = lambda asked: (
        {"configurationKey": [known]} if asked == {"key": [known["key"]]} else {"unknownKey": asked["key"]}
    )
    row = await csms.command("CP1", {"type": "get_configuration", "keys": ["SupportedFeatureProfiles"]})
    assert (row["status"], row["result"]) == ("accepted", {"configurationKey": [known]})
    unknown = await outcome(csms, {"type": "get_configuration", "keys": ["Nonsense"]})
    assert unknown == ("not_supported", "unknown to the charger: Nonsense")


async def test_TC_021_CSMS_change_configuration(csms: Csms, charger: Charger) -> None:
    """Key and value as texts; a change that needs a restart says so."""
    change = {"type": "change_configuration", "key": "MeterValueSampleInterval", "value": "60"}
    charger.answers["ChangeConfiguration"] = ACCEPTED
    assert await outcome(csms, change) == ("accepted", None)
    assert charger.heard == [("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "60"})]
    charger.answers["ChangeConfiguration"] = {"status": "RebootRequired"}
    assert await outcome(csms, change) == ("accepted", "takes effect after a restart of the charger")


async def test_TC_026_CSMS_remote_start_rejected(csms: Csms, charger: Charger) -> None:
    """Rejected: no transaction is awaited."""
    charger.answers["RemoteStartTransaction"] = {"status": "Rejected"}
    assert (await outcome(csms, START))[0] == "rejected"
    assert (await csms.row("SELECT effect FROM commands"))["effect"] is None
    assert await csms.rows("SELECT * FROM transactions") == []


async def test_TC_028_CSMS_remote_stop_rejected(csms: Csms, charger: Charger) -> None:
    """A number that the charger does not know is sent and rejected; what really runs goes on."""
    charger.answers["RemoteStopTransaction"] = {"status": "Rejected"}
    number = (await charger.start())["transactionId"]
    other = number - 1 if number > 1 else 2
    assert (await outcome(csms, {"type": "stop_transaction", "transaction_id": other}))[0] == "rejected"
    assert charger.heard == [("RemoteStopTransaction", {"transactionId": other})]
    assert (await facts(csms, number))["status"] == "active"


async def test_TC_030_CSMS_unlock_fails(csms: Csms, charger: Charger) -> None:
    """UnlockFailed is a refusal with its reason."""
    charger.answers["UnlockConnector"] = {"status": "UnlockFailed"}
    status, reason = await outcome(csms, {"type": "unlock", "connector_id": 1})
    assert (status, reason) == ("rejected", "the connector could not be unlocked")


async def test_TC_031_CSMS_unlock_unknown_connector(csms: Csms, charger: Charger) -> None:
    """A connector that the charger does not have is asked for all the same: it answers NotSupported."""
    charger.answers["UnlockConnector"] = lambda asked: {
        "status": "Unlocked" if asked["connectorId"] <= 2 else "NotSupported"
    }
    assert (await outcome(csms, {"type": "unlock", "connector_id": 9}))[0] == "not_supported"
    assert charger.heard == [("UnlockConnector", {"connectorId": 9})]


async def test_TC_040_1_CSMS_change_configuration_not_supported(csms: Csms, charger: Charger) -> None:
    """A key that the charger does not know."""
    charger.answers["ChangeConfiguration"] = {"status": "NotSupported"}
    changed = await outcome(csms, {"type": "change_configuration", "key": "Nonsense", "value": "1"})
    assert changed == ("not_supported", "the charger does not know this key")


async def test_TC_040_2_CSMS_change_configuration_rejected(csms: Csms, charger: Charger) -> None:
    """A value that the charger refuses."""
    charger.answers["ChangeConfiguration"] = {"status": "Rejected"}
    change = {"type": "change_configuration", "key": "MeterValueSampleInterval", "value": "-1"}
    assert (await outcome(csms, change))[0] == "rejected"
