# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""npm `ocpp-rpc` in strict mode as a charger of 2.0.1 and 2.1."""

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.interop.journey import ROOT, SECRET, prepare
from tests.interop.journey2 import REF, obeyed, remembered
from tests.support.csms import running
from tests.support.postgres import Database

MODULES = ROOT / "web" / "node_modules"


@pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
async def test_a_charger_of_npm_ocpp_rpc(database: Database, tmp_path: Path, protocol: str) -> None:
    """The same journey; not one of our messages fails its validators."""
    node = shutil.which("node")
    if node is None or not (MODULES / "ocpp-rpc").is_dir():
        pytest.skip("NOT PROVEN: npm's ocpp-rpc is not installed, run `make web/node_modules/.stamp`")
    async with running(database, tmp_path) as csms:
        await prepare(csms)
        process = await asyncio.create_subprocess_exec(
            node,
            str(Path(__file__).with_name("client2.mjs")),
            csms.url,
            "ALIEN",
            SECRET,
            protocol,
            REF,
            env={**os.environ, "CLIENT_MODULES": str(MODULES)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        lines = process.stdout

        async def step(name: str) -> Any:
            line = await asyncio.wait_for(lines.readline(), 20)
            told, value = json.loads(line or b'["ended", null]')
            assert told == name, (told, value)
            return value

        try:
            assert await step("protocol") == protocol
            assert (await step("boot"))["status"] == "Accepted"
            assert (await step("heartbeat"))["currentTime"].endswith("Z")
            assert (await step("authorize"))["idTokenInfo"]["status"] == "Accepted"
            await step("ready")
            start = {"type": "start_transaction", "token": "TAG", "connector_id": 1}
            assert (await csms.command("ALIEN", start))["status"] == "accepted"
            assert (await step("started"))["idTokenInfo"]["status"] == "Accepted"
            await obeyed(csms)
            stop = {"type": "stop_transaction", "transaction_id": REF}
            assert (await csms.command("ALIEN", stop))["status"] == "accepted"
            await step("stopped")
            assert await step("data") == {"status": "UnknownVendorId"}
            process.stdin.close()
            assert await asyncio.wait_for(process.wait(), 10) == 0
            assert await lines.read() == b""
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        await remembered(csms)
