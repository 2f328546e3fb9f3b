# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""No command has a charger go back to a weaker security profile, by whatever way it is written (attack 35)."""

from pathlib import Path
from typing import Any

import pytest

from tests.features.whole import whole as open_whole
from tests.support.postgres import Database

_DATA = {"ocppVersion": "OCPP20", "ocppTransport": "JSON", "ocppCsmsUrl": "ws://x", "messageTimeout": 30}
_PROFILE = {"interface": "wired0", "csms_url": "ws://x", "message_timeout_s": 30, "ocpp_version": "ocpp20"}
_VARIABLE = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "SecurityProfile"}}


def _call(action: str, **payload: Any) -> dict[str, Any]:
    return {"type": "call", "action": action, "payload": payload}


def lowering(profile: int) -> list[dict[str, Any]]:
    """All ways."""
    data = {**_DATA, "ocppInterface": "Wired0", "securityProfile": profile}
    return [
        {"type": "change_configuration", "key": "SecurityProfile", "value": str(profile)},
        {"type": "change_configuration", "key": "securityprofile", "value": str(profile)},
        _call("ChangeConfiguration", key="SecurityProfile", value=str(profile)),
        {"type": "set_variables", "variables": [{**_VARIABLE, "value": str(profile)}]},
        _call("SetVariables", setVariableData=[{**_VARIABLE, "attributeValue": str(profile)}]),
        {"type": "set_network_profile", "slot": 1, "profile": {**_PROFILE, "security_profile": profile}},
        _call("SetNetworkProfile", configurationSlot=1, connectionData=data),
    ]


@pytest.mark.parametrize("way", range(7))
async def test_a_weaker_profile_is_refused(database: Database, tmp_path: Path, way: int) -> None:
    """Refused before it is sent, and no command is kept; the same and a stronger one go their way."""
    async with open_whole(database, tmp_path) as whole:
        await whole.csms.charger("SAFE", security_profile=2, password="a-secret-of-16-b")
        path = "/api/v1/chargers/SAFE/commands"
        for weaker in (0, 1):
            assert await whole.refused("POST", path, json=lowering(weaker)[way]) == (409, "profile_lowered")
        assert await whole.items("/api/v1/commands") == []
        for fine in (2, 3):
            answer = await whole.client.post(path, json=lowering(fine)[way])
            assert answer.status_code == 202, answer.text
