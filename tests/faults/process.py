# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`csms serve` as its operators run it: a process with settings in its environment, and a door that is knocked at."""

import asyncio
import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import asyncpg

import csms
from csms.kit.db.embedded import urls_of
from csms.kit.db.embedded_place import choose_place
from csms.kit.db.embedded_process import processes_of

ADMIN_PASSWORD = "correct-horse-battery"
CLI = "csms.main.cli"
# A process runs the csms that its tests see, wherever they were started.
_IMPORTS = os.pathsep.join(str(path) for path in (Path(csms.__file__).parents[1], Path(__file__).parents[2]))
_PR_SET_PDEATHSIG = 1


def quiet_port() -> int:
    """A free port that no outgoing connection is given: a client that knocks at a closed one could reach itself."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def die_with_us() -> Callable[[], None] | None:
    """For `preexec_fn`: a test run that is killed leaves nothing behind."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


class CsmsProcess:
    """Started, killed and started again on the same data and the same ports."""

    def __init__(
        self, folder: Path, *, role: str = "all", name: str = "csms", module: str = CLI, **settings: str
    ) -> None:
        self.name = name
        self.role = role
        self._module = module
        self.data_dir = folder / "data"
        self.http_port, self.ocpp_port = quiet_port(), quiet_port()
        self._log = folder / f"{name}.log"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CSMS_")},
            "PYTHONPATH": os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), _IMPORTS))),
            "CSMS_DATA_DIR": str(self.data_dir),
            "CSMS_HTTP__PORT": str(self.http_port),
            "CSMS_OCPP__PORT": str(self.ocpp_port),
            "CSMS_ADMIN__PASSWORD": ADMIN_PASSWORD,
            "CSMS_BACKUP__ENABLED": "false",
            "CSMS_LOG__LEVEL": "warning",
            **settings,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self._http: aiohttp.ClientSession | None = None
        self._token = ""

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                await self.exit_code(60)
            except TimeoutError:
                self.kill()
        if self._http is not None:
            await self._http.close()
        if error is not None:
            sys.stderr.write(f"--- the last words of {self.name} ---\n{self.last_words(60)}\n")

    # -- the process

    def launch(self) -> None:
        """Start it; whether it becomes ready is another question."""
        with self._log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self._module, "serve", "--role", self.role],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # as a service has; the system shares processors out by sessions
                preexec_fn=die_with_us(),  # noqa: PLW1509  (one call, and nothing else can set it in the child)
            )

    async def start(self, patience_s: float = 60) -> None:
        """Start it and wait until it is ready."""
        self.launch()
        async with asyncio.timeout(patience_s):
            while await self.status("/readyz") != 200:
                assert self.running, f"csms ended before it was ready: {self.last_words()}"
                await asyncio.sleep(0.05)

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        """Its number."""
        assert self.process is not None
        return self.process.pid

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    async def exit_code(self, patience_s: float) -> int:
        """Wait for its end."""
        assert self.process is not None
        async with asyncio.timeout(patience_s):
            while (code := self.process.poll()) is None:
                await asyncio.sleep(0.02)
        return code

    def last_words(self, lines: int = 5) -> str:
        """The end of what it said."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])

    def said(self) -> str:
        """Everything that it said, in all its lives."""
        return self._log.read_text(errors="replace")

    # -- its database

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own folder, where there is an embedded one."""
        return choose_place(self.data_dir).data.resolve()

    def servers(self) -> list[int]:
        """All processes of the embedded PostgreSQL."""
        return processes_of(self.cluster)

    def postmaster(self) -> int | None:
        """Their head."""
        try:
            pid = int((self.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        return pid if pid in self.servers() else None

    async def sql(self) -> asyncpg.Connection:
        """Look into the embedded database, as its superuser."""
        head, _, query = urls_of(choose_place(self.data_dir)).superuser.partition("?")
        return await asyncpg.connect(f"{head.rpartition('/')[0]}/csms?{query}")

    # -- its doors

    @property
    def ocpp_url(self) -> str:
        """Where chargers connect."""
        return f"ws://127.0.0.1:{self.ocpp_port}/ocpp"

    async def status(self, path: str) -> int | None:
        """The HTTP status of a GET without credentials; None where nobody listens."""
        assert self._http is not None
        try:
            async with self._http.get(f"http://127.0.0.1:{self.http_port}{path}") as answer:
                return answer.status
        except aiohttp.ClientError:
            return None

    async def text(self, path: str) -> str:
        """What a GET without credentials answers."""
        assert self._http is not None
        async with self._http.get(f"http://127.0.0.1:{self.http_port}{path}") as answer:
            return await answer.text()

    async def sign_in(self) -> None:
        """As the administrator."""
        status, body = await self.ask("POST", "/api/v1/auth/login", username="admin", password=ADMIN_PASSWORD)
        assert status == 200, body
        self._token = body["access_token"]

    async def ask(self, method: str, path: str, key: str | None = None, **body: Any) -> tuple[int, Any]:
        """A request to the API: status and body. `key`: of idempotency."""
        assert self._http is not None
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        if key is not None:
            headers["Idempotency-Key"] = key
        url = f"http://127.0.0.1:{self.http_port}{path}"
        async with self._http.request(method, url, headers=headers, json=body or None) as answer:
            return answer.status, await answer.json(content_type=None)

    async def get(self, path: str) -> Any:
        """What a GET of the API answers."""
        status, body = await self.ask("GET", path)
        assert status == 200, (path, body)
        return body

    async def all_of(self, path: str) -> list[dict[str, Any]]:
        """A list, page after page."""
        items: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = await self.get(f"{path}?limit=500{cursor}")
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = f"&cursor={page['next_cursor']}"

    async def provision(self, identities: list[str], password: str, tag: str) -> None:
        """Chargers with a password, and a token that may charge."""
        await self.sign_in()
        for identity in identities:
            status, body = await self.ask("POST", "/api/v1/chargers", id=identity, password=password)
            assert status == 201, body
        status, body = await self.ask("POST", "/api/v1/tokens", value=tag)
        assert status == 201, body
