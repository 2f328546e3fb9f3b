# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Servers under test: processes of their own on the first core; PostgreSQL shares the second with the generator."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import asyncpg
from tests.faults.cluster import cluster

from bench.load import SECRET, TAG, identity
from csms.kit.crypto import InstallationKeys
from csms.kit.db.embedded import urls_of
from csms.kit.db.embedded_place import choose_place
from csms.kit.db.embedded_process import processes_of
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.ids import new_id

ADMIN_PASSWORD = "bench-admin-password-1"
_CPUS = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
PINNED = len(_CPUS) >= 2
_LOWEST = 19
# As docs/howto/own-postgresql.md and the embedded one have it.
_POSTGRES = {
    "max_wal_size": "2GB", "wal_compression": "on", "checkpoint_timeout": "15min", "random_page_cost": "1.1",
    "jit": "off",
}  # fmt: skip
_HERTZ = os.sysconf("SC_CLK_TCK")


def pin(pids: Iterable[int], core: int) -> None:
    """Keep processes on one core, where there are two."""
    if PINNED:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.sched_setaffinity(pid, {_CPUS[core]})


def _step_back(pid: int) -> None:
    """Leave the processor to others: in its session, and its session where the system shares out by sessions."""
    os.setpriority(os.PRIO_PROCESS, pid, _LOWEST)
    with suppress(OSError):  # it does not
        Path(f"/proc/{pid}/autogroup").write_text(str(_LOWEST))


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def typesetter_at_large(server: "Server") -> AsyncIterator[None]:
    """Meanwhile what makes PDFs, a process of its own, need not wait for the core that the server has for itself."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")

    def look() -> None:
        for pid in children.read_text().split():
            with suppress(ProcessLookupError, FileNotFoundError):
                if b"typesetter" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.sched_setaffinity(int(pid), _CPUS)

    async def keep_looking() -> None:
        while True:
            look()
            await asyncio.sleep(0.2)

    if not PINNED:
        yield
        return
    look()  # where the kernel does not tell of children, that is said before anything is measured
    looking = asyncio.create_task(keep_looking())
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


@dataclass
class Server:
    """Something that answers chargers."""

    name: str
    port: int
    process: "subprocess.Popen[bytes]"
    secret: str | None = None

    def cpu_s(self) -> float:
        """Processor time of the server's own process so far."""
        return cpu_s([self.process.pid])

    def resident_mb(self) -> float:
        """Memory of the server's own process."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass
class Csms(Server):
    """`csms serve` with its embedded PostgreSQL."""

    http_port: int = 0
    superuser_url: str = ""
    app_database_url: str = ""
    cluster: Path = Path()

    def database_cpu_s(self) -> float:
        """Processor time of PostgreSQL's processes that live now."""
        return cpu_s(processes_of(self.cluster))


def cpu_s(pids: Iterable[int]) -> float:
    ticks = 0
    for pid in pids:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / _HERTZ


def busy_s() -> float:
    """Processor time of everything on this machine since it started, what its host gave to others among it."""
    user, nice, system, _idle, _wait, *rest = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9])
    return (user + nice + system + sum(rest)) / _HERTZ


def _launch(
    arguments: list[str], environment: dict[str, str], log: Path, program: str = sys.executable
) -> "subprocess.Popen[bytes]":
    with log.open("ab") as output:
        process = subprocess.Popen(
            [program, *arguments], env=environment, stdin=subprocess.PIPE, stdout=output, stderr=output
        )
    pin([process.pid], 0)
    return process


async def _until_open(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    async with asyncio.timeout(60):
        while True:
            if process.poll() is not None:
                raise RuntimeError(f"it ended: {log.read_text()[-2000:]}")
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


def _clean_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CSMS_")}
    return {**kept, "PYTHONUNBUFFERED": "1"}


@asynccontextmanager
async def csms(chargers: int, profile: Path | None = None) -> AsyncIterator[Csms]:
    """A CSMS with default settings on a fresh data directory, its chargers provisioned with secrets (profile 1)."""
    folder = Path(tempfile.mkdtemp(prefix="csms-bench-"))
    folder.chmod(0o755)
    try:
        async with serving(folder / "data", profile=profile) as server:
            await provision(server.app_database_url, folder / "data", chargers)
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def gateway(chargers: int) -> AsyncIterator[Csms]:
    """A gateway by itself on the first core; an API node and a worker, which have their own machines elsewhere, make do
    with what PostgreSQL and the generator leave of the second.
    """
    folder = Path(tempfile.mkdtemp(prefix="csms-bench-"))
    folder.chmod(0o755)
    try:
        async with cluster(folder, gateways=1, apis=1, workers=1, configuration=_POSTGRES) as nodes:
            superuser = nodes.postgres.url("superuser")
            await provision(superuser, nodes.apis[0].data_dir, chargers)
            door, others = nodes.gateways[0], [nodes.apis[0].pid, nodes.workers[0].pid]
            pin([door.pid], 0)
            pin([*others, *nodes.postgres.processes()], 1)
            for pid in others:
                _step_back(pid)
            assert door.process is not None
            yield Csms(
                "csms", door.ocpp_port, door.process, SECRET, nodes.apis[0].http_port, superuser, superuser,
                nodes.postgres.data,
            )  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def serving(
    data_dir: Path, settings: Mapping[str, str] = MappingProxyType({}), profile: Path | None = None
) -> AsyncIterator[Csms]:
    """`csms serve` on a data directory with its embedded PostgreSQL; `settings` are further variables."""
    port, http_port = free_port(), free_port()
    environment = {
        **_clean_environment(),
        "CSMS_DATA_DIR": str(data_dir),
        "CSMS_HTTP__PORT": str(http_port),
        "CSMS_OCPP__PORT": str(port),
        "CSMS_ADMIN__PASSWORD": ADMIN_PASSWORD,
        **settings,
    }
    log = data_dir.parent / "csms.log"
    module = ["-m", "csms.main.cli", "serve"]
    process = _launch(["-m", "cProfile", "-o", str(profile), *module] if profile else module, environment, log)
    try:
        await _until_ready(http_port, process, log)
        place = choose_place(data_dir)
        urls = urls_of(place)
        pin(processes_of(place.data), 1)
        yield Csms(
            "csms", port, process, SECRET, http_port, urls.superuser, urls.superuser.replace("/postgres?", "/csms?"),
            place.data,
        )  # fmt: skip
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, 30)
        except subprocess.TimeoutExpired:
            process.kill()


async def _until_ready(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    def look() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    async with asyncio.timeout(120):
        while not await asyncio.to_thread(look):
            if process.poll() is not None:
                raise RuntimeError(f"csms ended: {log.read_text()[-2000:]}")
            await asyncio.sleep(0.1)


async def provision(url: str, data_dir: Path, chargers: int) -> None:
    """Chargers with a secret, and a token, straight into the database."""
    digest = InstallationKeys.load_or_create(data_dir).hash_secret(SECRET.encode())
    connection = await asyncpg.connect(url)
    try:
        await connection.executemany(
            "INSERT INTO chargers (id, organization_id, security_profile, secret_hash) VALUES ($1, $2, 1, $3)",
            [(identity(number), DEFAULT_ORGANIZATION_ID, digest) for number in range(chargers)],
        )
        await connection.execute(
            'INSERT INTO tokens (id, organization_id, "value", normalized, status) VALUES ($1, $2, $3, $3, $4)',
            new_id(), DEFAULT_ORGANIZATION_ID, TAG, "accepted",
        )  # fmt: skip
    finally:
        await connection.close()


def find_node() -> tuple[str, Path] | None:
    """Node.js and the folder with npm `ocpp-rpc`; None where they are not installed."""
    root = Path(__file__).parents[1]
    modules = root / "web" / "node_modules"
    node = shutil.which("node", path=f"{root / '.venv' / 'node' / 'bin'}:{os.environ.get('PATH', '')}")
    return (node, modules) if node is not None and (modules / "ocpp-rpc").is_dir() else None


@asynccontextmanager
async def node_peer(name: str, script: str) -> AsyncIterator[Server]:
    """One of bench.peers, for Node.js."""
    found = find_node()
    if found is None:
        raise RuntimeError("npm's ocpp-rpc is not installed: make web/node_modules/.stamp")
    node, modules = found
    environment = _clean_environment() | {"CLIENT_MODULES": str(modules), "NODE_ENV": "production"}
    async with _peer(name, [str(Path(__file__).parent / "peers" / script)], environment, program=node) as server:
        yield server


@asynccontextmanager
async def peer(name: str, module: str, line: str | None = None) -> AsyncIterator[Server]:
    """One of bench.peers; `line` goes to its input (an address with a password belongs on no command line)."""
    async with _peer(name, ["-m", module], _clean_environment(), line) as server:
        yield server


@asynccontextmanager
async def _peer(
    name: str, arguments: list[str], environment: dict[str, str], line: str | None = None, program: str = sys.executable
) -> AsyncIterator[Server]:
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="csms-bench-"))
    process = _launch([*arguments, str(port)], environment, folder / "log", program)
    try:
        if line is not None and process.stdin is not None:
            process.stdin.write(line.encode() + b"\n")
            process.stdin.flush()
        await _until_open(port, process, folder / "log")
        yield Server(name, port, process)
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 10)
        shutil.rmtree(folder, ignore_errors=True)
