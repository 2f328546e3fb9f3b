# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Kinds of chargers that are known to do otherwise, through the whole CSMS."""

from pathlib import Path
from typing import Any

import pytest

from csms.kit.config import OcppSettings
from csms.kit.errors import InvalidError
from csms.main.build_gateway import gateway_settings
from tests.features.whole import Whole
from tests.features.whole import whole as open_whole
from tests.support.charger import Charger, connected
from tests.support.postgres import Database

WALLBOX = {"chargePointVendor": "Wall Box Chargers", "chargePointModel": "PUP1", "firmwareVersion": "6.6"}
OPENEVSE = {"chargePointVendor": "OpenEVSE", "chargePointModel": "ESP32", "firmwareVersion": "4.2.2"}
PERIOD = {"start_s": 0, "limit": 16}


async def _boots(charger: Charger, **what: str) -> None:
    assert (await charger.call("BootNotification", what))["status"] == "Accepted"


async def test_energy_in_another_unit_than_it_says(database: Database, tmp_path: Path) -> None:
    """OpenEVSE#703: 361 kWh labelled Wh. Billed as what flowed, in the session and after a reconnect without a boot."""
    async with open_whole(database, tmp_path) as whole:
        await whole.csms.token("TAG")
        start = {"connectorId": 1, "idTag": "TAG", "meterStart": 361, "timestamp": "2026-11-24T10:00:00Z"}
        async with connected(whole.csms.url, "CP1") as charger:
            await _boots(charger, **OPENEVSE)
            number = (await charger.call("StartTransaction", start))["transactionId"]
        async with connected(whole.csms.url, "CP1") as charger:
            stop = {"transactionId": number, "meterStop": 365, "timestamp": "2026-11-24T10:30:00Z"}
            await charger.call("StopTransaction", stop)
        (found,) = await whole.items("/api/v1/transactions")
        assert (found["meter_start"], found["energy_wh"]) == (361_000, 4_000)
        (quirk,) = (await whole.client.get("/api/v1/chargers/CP1/quirks")).json()["items"]
        assert quirk["id"] == "openevse-kwh-as-wh"


async def test_a_profile_as_this_charger_takes_it(database: Database, tmp_path: Path) -> None:
    """Wallbox: stack level 0 only; whoever asked for more is told. The first command waits until the boot is through."""
    async with open_whole(database, tmp_path) as whole, connected(whole.csms.url, "CP1") as charger:
        gateway = whole.csms.application.gateway
        assert gateway is not None
        await _boots(charger, **WALLBOX)
        link = next(iter(gateway._directory._links.values()))
        assert link.quirks.settle_s == 10
        link._not_before_s = 0.0
        charger.answers["SetChargingProfile"] = {"status": "Accepted"}
        schedule: dict[str, Any] = {"unit": "A", "periods": [PERIOD]}
        profile = {"stack_level": 3, "purpose": "tx_default_profile", "kind": "relative", "schedules": [schedule]}
        found = await whole.command({"type": "set_charging_profile", "evse_id": 1, "profile": profile})
        assert found["reason"] == "sent with stack level 0 (wallbox-stack-level)"
        assert charger.heard[-1][1]["csChargingProfiles"]["stackLevel"] == 0


async def test_a_command_that_does_harm_is_not_sent(whole: Whole) -> None:
    """StarCharge (lbb#1096): said why, and the charger hears nothing."""
    async with connected(whole.csms.url, "CP1") as charger:
        await _boots(charger, chargePointVendor="StarCharge", chargePointModel="Artemis")
        found = await whole.command({"type": "trigger_message", "message": "boot_notification"})
        assert found["status"] == "not_supported"
        assert "starcharge-trigger-boot" in found["reason"]
        assert charger.heard == []


def test_a_folder_that_is_not_right(tmp_path: Path) -> None:
    """The start says which file, and where."""
    with pytest.raises(InvalidError, match="is no folder"):
        gateway_settings(OcppSettings(quirks=tmp_path / "nowhere"))
    (tmp_path / "x.toml").write_text("[[quirk]]\nid = 'x'\n")
    with pytest.raises(InvalidError, match=r"x\.toml"):
        gateway_settings(OcppSettings(quirks=tmp_path))
