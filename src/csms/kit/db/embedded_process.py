# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Processes of the embedded cluster: started so that they die with us, watched without polling, found after a crash."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

import structlog

from csms.kit.db.embedded_place import Account

log = structlog.get_logger(__name__)

_PR_SET_PDEATHSIG: Final = 1
_STOP_S: Final = 60.0
_POLL_S: Final = 0.1


def spawn(
    command: Sequence[str], account: Account, output: IO[bytes] | int, death_signal: signal.Signals
) -> "subprocess.Popen[bytes]":
    """Start a program as an account, in a session of its own.

    The kernel sends `death_signal` when the *thread* that called this ends: call it from the thread of the event loop.
    """
    dropped = account.uid is not None
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        user=account.uid,
        group=account.gid,
        extra_groups=[] if dropped else None,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        preexec_fn=_die_with_parent(death_signal) if sys.platform == "linux" else None,  # noqa: PLW1509
    )


def _die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """What the child does, after it changed its user, which would clear it: ask to be stopped when its parent dies."""
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)  # the parent died between fork and prctl

    return prepare


async def ended(process: "subprocess.Popen[bytes]") -> int:
    """Wait for the end of a child and return its exit code."""
    loop = asyncio.get_running_loop()
    while (code := process.poll()) is None:
        try:
            descriptor = os.pidfd_open(process.pid)
        except (AttributeError, OSError):
            await asyncio.sleep(_POLL_S)  # a kernel before 5.3, or not Linux
            continue
        over = asyncio.Event()
        loop.add_reader(descriptor, over.set)
        try:
            await over.wait()
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)
    return code


async def kill_all(process: "subprocess.Popen[bytes]", patience_s: float = 5.0) -> None:
    """End what `spawn` started, by force, and whatever that started; wait until none of them writes any more."""
    for _ in range(int(patience_s / _POLL_S)):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # of zombies only, some systems say
            break
        if process.poll() is not None and not any(_lives(pid) for pid in _session_of(process.pid)):
            break
        await asyncio.sleep(_POLL_S)
    process.wait()


def _session_of(leader: int) -> list[int]:
    """Who lives in a session, where the system tells."""
    if not Path("/proc/self").exists():
        return []
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            if os.getsid(int(entry.name)) == leader:
                found.append(int(entry.name))
    return found


async def end(process: "subprocess.Popen[bytes]") -> None:
    """Stop a server: in order, at once, by force."""
    for number, patience_s in ((signal.SIGINT, _STOP_S), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
        if process.poll() is not None:
            return
        process.send_signal(number)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await ended(process)


async def end_orphans(data: Path) -> None:
    """Clear what a crash left of a cluster that we hold the lock of.

    A server that lives on is stopped, one process at a time if its head is gone; then a pid file is stale, whoever has
    its number now, and PostgreSQL would refuse to start because of it.
    """
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        head = _head_of(data)
        living = [head] if head is not None else processes_of(data)
        if not living:
            break
        log.warning("an older server still runs, stopping it", pids=living, signal=number.name)
        for pid in living:
            with suppress(ProcessLookupError):
                os.kill(pid, number if head is not None or number is signal.SIGKILL else signal.SIGTERM)
        await _gone(data, _STOP_S if number is signal.SIGINT else 10.0)
    (data / "postmaster.pid").unlink(missing_ok=True)


async def _gone(data: Path, patience_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(patience_s):
            while _head_of(data) is not None or processes_of(data):  # noqa: ASYNC110
                await asyncio.sleep(_POLL_S / 2)  # nobody tells us of processes that are not our children


def _head_of(data: Path) -> int | None:
    """The living server that the pid file names; a zombie, a stranger and another cluster's server are none."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    return pid if _lives(pid) and _is_server_of(pid, data) else None


def processes_of(data: Path) -> list[int]:
    """Everything that lives and works in a cluster's folder, as every process of PostgreSQL does."""
    if not Path("/proc/self").exists():
        return []
    numbers = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [pid for pid in numbers if _works_in(pid, data) and _lives(pid)]


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


def _works_in(pid: int, data: Path) -> bool:
    try:
        folder, program = Path(f"/proc/{pid}/cwd").readlink(), Path(f"/proc/{pid}/exe").readlink()
    except OSError:
        return False
    return folder == data and program.name.removesuffix(" (deleted)") == "postgres"


def _is_server_of(pid: int, data: Path) -> bool:
    """By what it is and where it works; where we may not look (no CAP_SYS_PTRACE), by its command line."""
    try:
        Path(f"/proc/{pid}/exe").readlink()
    except PermissionError:
        with suppress(OSError):
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            return Path(os.fsdecode(arguments[0])).name == "postgres" and os.fsencode(data) in arguments
        return False
    except OSError:
        return False
    return _works_in(pid, data)
