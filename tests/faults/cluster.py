# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A whole cluster on this machine: PostgreSQL, Valkey, nodes of every role, and nginx before them.

`python -m tests.faults.cluster` (`make cluster`) starts one and keeps it until Ctrl C; tests and benchmarks use `cluster`.
"""

import argparse
import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Self

from tests.faults.external import ExternalPostgres
from tests.faults.process import ADMIN_PASSWORD, CLI, CsmsProcess, die_with_us, quiet_port
from tests.support.valkey import ValkeyServer

# Settings of one node, by its name: for a test that puts a line of its own between it and what it stands on.
Wire = Callable[[str, ExternalPostgres, ValkeyServer], Awaitable[Mapping[str, str]]]
CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx" / "nginx.conf"
_FOREGROUND = "daemon off; pid nginx.pid;"
# Debian's is compiled with folders that only root may write to.
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def find_nginx() -> str | None:
    """The program, where it is installed."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class Nginx:
    """The nginx.conf that is delivered, with this machine's nodes in its two small files."""

    def __init__(self, program: str, folder: Path, chargers: list[int], people: list[int]) -> None:
        self._program = program
        self._folder = folder / "nginx"
        self._doors = chargers, people
        self.port = quiet_port()
        self._process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> Self:
        self._folder.mkdir()
        shutil.copy(CONFIGURATION, self._folder / "nginx.conf")
        (self._folder / "door.conf").write_text(f"listen 127.0.0.1:{self.port} backlog=4096;\n")
        (self._folder / "places.conf").write_text(self._places())
        with (self._folder / "log").open("ab") as output:
            self._process = subprocess.Popen(
                [self._program, "-p", str(self._folder), "-c", "nginx.conf", "-e", "stderr", "-g", _FOREGROUND],
                stdout=output,
                stderr=output,
                preexec_fn=die_with_us(),  # noqa: PLW1509  (one call, and nothing else can set it in the child)
            )
        async with asyncio.timeout(10):
            while True:
                assert self._process.poll() is None, (self._folder / "log").read_text()[-2000:]
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            await asyncio.to_thread(self._process.wait, 10)

    def _places(self) -> str:
        lines = [f"{name}_temp_path {self._folder}/{name};" for name in _TEMPORARY]
        for name, ports in zip(("csms_chargers", "csms_people"), self._doors, strict=True):
            nodes = "".join(f" server 127.0.0.1:{port} max_fails=1 fail_timeout=5s;" for port in ports)
            lines.append(f"upstream {name} {{ least_conn;{nodes} }}")
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Cluster:
    """Nodes by role, and what they stand on."""

    gateways: tuple[CsmsProcess, ...]
    apis: tuple[CsmsProcess, ...]
    workers: tuple[CsmsProcess, ...]
    postgres: ExternalPostgres
    valkey: ValkeyServer
    nginx: Nginx | None

    @property
    def nodes(self) -> tuple[CsmsProcess, ...]:
        """All of csms."""
        return *self.gateways, *self.apis, *self.workers

    @property
    def ocpp_url(self) -> str:
        """Where chargers connect: at nginx, or at the first gateway."""
        return self.gateways[0].ocpp_url if self.nginx is None else f"ws://127.0.0.1:{self.nginx.port}/ocpp"

    @property
    def http_url(self) -> str:
        """Where people come in: at nginx, or at the first API node."""
        return f"http://127.0.0.1:{self.apis[0].http_port if self.nginx is None else self.nginx.port}"


@asynccontextmanager
async def cluster(
    folder: Path,
    *,
    gateways: int = 2,
    apis: int = 2,
    workers: int = 2,
    nginx: str | None = None,
    disk: Path | None = None,
    wire: Wire | None = None,
    module: str = CLI,
    patience_s: float = 60,
    settings: Mapping[str, str] = MappingProxyType({}),
    configuration: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Cluster]:
    """All of them ready. `nginx`: the program; without one the nodes are reached directly. `disk` and `configuration`
    are PostgreSQL's.
    """
    async with AsyncExitStack() as stack:
        valkey = await stack.enter_async_context(ValkeyServer())
        room = {} if disk is None else {"max_wal_size": "128MB"}
        postgres = ExternalPostgres(disk or folder, **{"max_connections": "300", **room, **configuration})
        await postgres.make()
        await postgres.start()
        stack.push_async_callback(postgres.stop)
        common = {
            "CSMS_DATABASE__URL": postgres.url(),
            "CSMS_REDIS__URL": valkey.url,
            "CSMS_HTTP__TRUSTED_PROXIES": '["127.0.0.1"]',
            "CSMS_OCPP__TRUSTED_PROXIES": '["127.0.0.1"]',
            **settings,
        }

        async def nodes(role: str, count: int) -> tuple[CsmsProcess, ...]:
            made = []
            for name in (f"{role}-{number}" for number in range(1, count + 1)):
                own = {} if wire is None else await wire(name, postgres, valkey)
                node = CsmsProcess(folder, role=role, name=name, module=module, **{**common, **own})
                made.append(await stack.enter_async_context(node))
            return tuple(made)

        people = await nodes("api", apis)
        await people[0].start(patience_s)  # it makes the keys and the administrator
        doors, helpers = await nodes("gateway", gateways), await nodes("worker", workers)
        await asyncio.gather(*(each.start(patience_s) for each in (*people[1:], *doors, *helpers)))
        proxy = None
        if nginx is not None:
            chargers = [each.ocpp_port for each in doors]
            proxy = Nginx(nginx, folder, chargers, [each.http_port for each in people])
            await stack.enter_async_context(proxy)
        yield Cluster(doors, people, helpers, postgres, valkey, proxy)


async def _keep(options: argparse.Namespace) -> None:
    folder = Path(tempfile.mkdtemp(prefix="csms-cluster-"))
    folder.chmod(0o755)
    program = find_nginx()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    print("starting PostgreSQL, Valkey and the nodes ...", flush=True)
    try:
        counts = {"gateways": options.gateways, "apis": options.apis, "workers": options.workers}
        async with cluster(folder, **counts, nginx=program) as all_:
            if program is None:
                print("nginx is not installed (apt install nginx): the nodes are reached directly")
            print(f"people    {all_.http_url}  (admin, {ADMIN_PASSWORD})")
            print(f"chargers  {all_.ocpp_url}/IDENTITY")
            for node in all_.nodes:
                print(f"  {node.name:10} http 127.0.0.1:{node.http_port}  ocpp 127.0.0.1:{node.ocpp_port}")
            print(f"logs and data in {folder}, gone at the end; Ctrl C ends it", flush=True)
            await stopped.wait()
            print("stopping ...", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make cluster", description=__doc__)
    for role in ("gateways", "apis", "workers"):
        parser.add_argument(f"--{role}", type=int, default=2, choices=range(1, 9), metavar="N", help="how many; 2")
    with suppress(KeyboardInterrupt):
        asyncio.run(_keep(parser.parse_args()))


if __name__ == "__main__":
    main()
