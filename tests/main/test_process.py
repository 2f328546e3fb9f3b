# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The process itself: signals, and a terminal that listens."""

import os
import pty
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_ready(port: int, process: "subprocess.Popen[bytes]", patience_s: float = 40) -> None:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        assert process.poll() is None, "csms ended before it was ready"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("csms was not ready in time")


def processes_below(folder: Path) -> list[str]:
    """Servers that still run on a data directory."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(folder) in words and "postgres" in words:
                found.append(words)
    return found


def test_csms_serves_until_it_is_told_to_stop(data_dir: Path) -> None:
    """Shown on a terminal: the password. SIGTERM: exit code 0, and no server left behind. kill -9: neither."""
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CSMS_")},
        "CSMS_DATA_DIR": str(data_dir),
        "CSMS_HTTP__PORT": str(port),
        "CSMS_OCPP__PORT": str(free_port()),
    }
    command = [sys.executable, "-m", "csms.main.cli", "serve"]
    leader, follower = pty.openpty()
    process = subprocess.Popen(command, env=environment, stdout=follower, stderr=subprocess.DEVNULL)
    wait_ready(port, process)
    shown = os.read(leader, 65_536).decode()
    assert "password:" in shown
    assert not (data_dir / "initial-password").exists()
    second = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert "in use by process" in second.stderr
    assert processes_below(data_dir) != []
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert processes_below(data_dir) == []

    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_ready(port, process)
    process.kill()
    process.wait(10)
    deadline = time.monotonic() + 15
    while processes_below(data_dir) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_below(data_dir) == []
    os.close(leader)
    os.close(follower)
