# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the process that sends by Apprise may do, tried in a process of its own: the guard cannot be taken off again."""

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from csms.kit.apprise_child import Guard, PrivateError
from tests.support.receiver import receiver

_TRIES = """
import json, os, socket, subprocess, sys
from csms.kit.apprise_child import Guard
import encodings.idna
Guard(["localhost"]).close()
port = int(sys.argv[1])
def connect(address):
    with socket.create_connection(address, 2):
        return "connected"
tries = {
    "read": lambda: open("/etc/hostname").read(),
    "read above": lambda: open(sys.prefix + "/../../etc/hostname").read(),
    "write": lambda: open(sys.prefix + "/written", "w"),
    "append": lambda: open(os.open(sys.prefix + "/written", os.O_CREAT | os.O_WRONLY), "a"),
    "run": lambda: subprocess.run(["true"]),
    "system": lambda: os.system("true"),
    "fork": lambda: os.fork() or os._exit(0),
    "remove": lambda: os.remove(sys.argv[2]),
    "unix": lambda: socket.socket(socket.AF_UNIX).connect("/dev/log"),
    "udp": lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("10.0.0.1", 514)),
    "listen": lambda: socket.socket().bind(("127.0.0.1", 0)),
    "address": lambda: socket.socket().connect(("127.0.0.1", port)),
    "number": lambda: socket.socket().connect(("2130706433", port)),
    "name": lambda: connect(("127.0.0.1", port)),
    "beside": lambda: open(sys.prefix + "-x/x").read(),
    "python": lambda: bool(open(json.__file__).read()),
    "null": lambda: open("/dev/null").read(),
    "allowed": lambda: connect(("localhost", port)),
}
said = {}
for name, attempt in tries.items():
    try:
        said[name] = str(attempt())
    except Exception as error:
        said[name] = type(error).__name__
sys.stdout.write(json.dumps(said))
"""


async def test_what_is_not_allowed(tmp_path: Path) -> None:
    """Files, programs, addresses inside: refused to whoever tries; Python's own files and what was allowed are not."""
    victim = tmp_path / "victim"
    victim.write_text("x")
    async with receiver() as server:
        port = server.url.split(":")[2].partition("/")[0]
        command = [sys.executable, "-I", "-c", _TRIES, port, str(victim)]
        run = subprocess.run
        done = await asyncio.to_thread(run, command, capture_output=True, text=True, timeout=60, check=True)
    said = json.loads(done.stdout)
    allowed = {"python": "True", "null": "", "allowed": "connected"}
    assert {name: said.pop(name) for name in allowed} == allowed, done.stderr
    assert said.pop("name") == "PrivateError"
    assert {name: word for name, word in said.items() if word != "PermissionError"} == {}
    assert victim.exists()


def test_the_guard_by_itself() -> None:
    """Its answers, one by one, without closing the process of the tests."""
    guard = Guard(["localhost"])
    for event, arguments in (
        ("open", ("/etc/passwd", "r", 0)),
        ("open", (b"/etc/passwd", None, 0)),
        ("open", (f"{sys.prefix}/x", "w", 0)),
        ("open", (f"{sys.prefix}/../x", "r", 0)),
        ("open", (f"{sys.prefix}/x", None, 1)),
        ("subprocess.Popen", ("true",)),
        ("socket.connect", (None, ("127.0.0.1", 80))),
        ("socket.connect", (None, "/dev/log")),
        ("socket.connect", (None, ("example.com", 80))),  # names come through `resolve`, or not at all
        ("socket.sendto", (None, ("10.0.0.1", 80))),
    ):
        with pytest.raises(PermissionError):
            guard.hear(event, arguments)
    for event, arguments in (
        ("open", (f"{sys.prefix}/x", "rb", 0)),
        ("open", (3, "r", 0)),
        ("socket.connect", (None, ("8.8.8.8", 443))),
        ("socket.sendmsg", (None, None)),
        ("import", ("json",)),
    ):
        guard.hear(event, arguments)
    with pytest.raises(PrivateError):
        guard.resolve(b"127.0.0.1", 80)
    assert guard.resolve("8.8.8.8", 80, type=socket.SOCK_STREAM)
    assert guard.resolve("localhost", 80)
    guard.hear("socket.connect", (None, (guard.resolve("localhost", 80)[0][4][0], 80)))
