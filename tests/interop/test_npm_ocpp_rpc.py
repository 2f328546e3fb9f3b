# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""npm `ocpp-rpc` in strict mode as the charger."""

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.interop.journey import ROOT, SECRET, obeyed, prepare, remembered
from tests.support.csms import running
from tests.support.postgres import Database

MODULES = ROOT / "web" / "node_modules"


async def test_a_charger_of_npm_ocpp_rpc(database: Database, tmp_path: Path) -> None:
    """The same journey; not one of our messages fails its validators."""
    node = shutil.which("node")
    if node is None or not (MODULES / "ocpp-rpc").is_dir():
        pytest.skip("NOT PROVEN: npm's ocpp-rpc is not installed, run `make web/node_modules/.stamp`")
    async with running(database, tmp_path) as csms:
        await prepare(csms)
        process = await asyncio.create_subprocess_exec(
            node,
            str(Path(__file__).with_name("client.mjs")),
            csms.url,
            "ALIEN",
            SECRET,
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
            assert await step("protocol") == "ocpp1.6"
            assert (await step("boot"))["status"] == "Accepted"
            assert (await step("heartbeat"))["currentTime"].endswith("Z")
            assert await step("authorize") == {"idTagInfo": {"status": "Accepted"}}
            await step("ready")
            start = {"type": "start_transaction", "token": "TAG", "connector_id": 1}
            assert (await csms.command("ALIEN", start))["status"] == "accepted"
            begun = await step("started")
            assert begun["idTagInfo"] == {"status": "Accepted"}
            await obeyed(csms)
            stop = {"type": "stop_transaction", "transaction_id": begun["transactionId"]}
            assert (await csms.command("ALIEN", stop))["status"] == "accepted"
            assert await step("stopped") == {"idTagInfo": {"status": "Accepted"}}
            assert await step("data") == {"status": "UnknownVendorId"}
            process.stdin.close()
            assert await asyncio.wait_for(process.wait(), 10) == 0
            assert await lines.read() == b""
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        await remembered(csms, begun["transactionId"])
