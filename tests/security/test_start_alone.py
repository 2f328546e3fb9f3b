# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The process by itself: it asks nobody on the network (attack 40), and outlives a shortage of files (attack 39)."""

import asyncio
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.process import CsmsProcess
from tests.support.charger import connected

# Python itself tells of every connection, datagram and name that it is asked for; uvloop does not ask Python, so it stays out.
GUARD = """
import os, sys
sys.modules["uvloop"] = None
def guard(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        told = arguments[1]
        host = told[0] if isinstance(told, tuple) else "unix"
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host not in (None, "", "unix", "localhost", "127.0.0.1", "::1", "0.0.0.0"):
        with open(os.environ["GUARD_FILE"], "a") as told:
            told.write(f"{event} {host}\\n")
        raise ConnectionRefusedError(f"the test allows loopback only: {host}")
sys.addaudithook(guard)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that the account of an embedded PostgreSQL can reach, gone afterwards."""
    found = Path(tempfile.mkdtemp(prefix="csms-alone-"))
    found.chmod(0o755)
    yield found
    shutil.rmtree(found, ignore_errors=True)


@pytest.mark.timeout(300)
async def test_a_first_start_needs_no_network_and_few_files(folder: Path) -> None:
    """Nobody but loopback is asked for; with no files left a charger that is there is answered, and once there are, everybody."""
    (folder / "guard").mkdir()
    (folder / "guard" / "sitecustomize.py").write_text(GUARD)
    asked = folder / "asked"
    asked.touch(0o666)
    asked.chmod(0o666)
    _the_guard_works(folder, asked)
    os.environ["PYTHONPATH"], before = str(folder / "guard"), os.environ.get("PYTHONPATH")
    os.environ["GUARD_FILE"] = str(asked)
    try:
        async with CsmsProcess(folder) as csms:
            await csms.start(patience_s=150)
            await csms.provision(["CP1", "CP2"], "a-password-of-sixteen", "TAG")
            await _without_files(csms)
    finally:
        del os.environ["GUARD_FILE"], os.environ["PYTHONPATH"]
        if before is not None:
            os.environ["PYTHONPATH"] = before
    assert asked.read_text() == ""


def _the_guard_works(folder: Path, asked: Path) -> None:
    code = "import socket; socket.create_connection(('192.0.2.1', 9), timeout=1)"
    environment = {**os.environ, "PYTHONPATH": str(folder / "guard"), "GUARD_FILE": str(asked)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert "loopback only" in done.stderr
    assert "192.0.2.1" in asked.read_text()
    asked.write_text("")


async def _without_files(csms: CsmsProcess) -> None:
    assert csms.process is not None
    pid = csms.process.pid
    secret = "a-password-of-sixteen"
    async with connected(csms.ocpp_url, "CP1", password=secret, boot=True) as charger:
        soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        in_use = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (in_use + 5, hard))
        crowd = [socket.create_connection(("127.0.0.1", csms.ocpp_port), timeout=5) for _ in range(40)]
        async with asyncio.timeout(60):
            while "out of system resource" not in csms.said():
                await asyncio.sleep(0.05)
        assert (await charger.call("Heartbeat", timeout_s=30))["currentTime"]
        start = {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z"}
        starting = asyncio.create_task(charger.call("StartTransaction", start, timeout_s=60))
        await asyncio.sleep(0.5)  # stored at once where a connection to the database is idle, else it waits
        for one in crowd:
            one.close()
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
        started = await starting
        assert started["idTagInfo"]["status"] == "Accepted"
        assert started["transactionId"] > 0
        async with connected(csms.ocpp_url, "CP2", password=secret, boot=True) as other:
            assert (await other.call("Heartbeat"))["currentTime"]
        assert await csms.status("/readyz") == 200
    assert "Logging error" not in csms.said()
