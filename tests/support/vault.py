# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A small server with Vault's HTTP API: KV version 2, AppRole, Kubernetes, namespaces, sealed, slow, or talking junk."""

import json
import secrets
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, bytes]


def _json(status: int, content: Any) -> Answer:
    return status, json.dumps(content).encode()


def _error(status: int, *said: str) -> Answer:
    return _json(status, {"errors": list(said)})


@dataclass
class Vault:
    """What it has and how it behaves; `asked` are the methods and paths it heard."""

    secrets: dict[str, Any] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=lambda: {"root"})
    approles: dict[str, str] = field(default_factory=dict)
    kubernetes: dict[str, str] = field(default_factory=dict)
    namespace: str | None = None
    sealed: bool = False
    delay_s: float = 0.0
    drip_s: float = 0.0
    instead: Answer | None = None
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> Answer:
        """One request."""
        self.asked.append(f"{method} {path}")
        time.sleep(self.delay_s)
        if self.instead is not None:
            return self.instead
        if self.sealed:
            return _error(503, "Vault is sealed")
        if headers.get("X-Vault-Namespace") != self.namespace:
            return _error(404)
        if path.startswith("/v1/auth/"):
            return self._login(path.split("/")[3], json.loads(body))
        if headers.get("X-Vault-Token") not in self.tokens:
            return _error(403, "permission denied")
        mount, _, name = path.removeprefix("/v1/").partition("/data/")
        found = self.secrets.get(f"{mount}/{name}")
        if found is None:
            return _error(404)
        return _json(200, {"data": {"data": found, "metadata": {"version": 3}}})

    def _login(self, mount: str, said: dict[str, Any]) -> Answer:
        known = (
            self.approles.get(said.get("role_id", ""), "?") == said.get("secret_id")
            if mount == "approle"
            else self.kubernetes.get(said.get("role", ""), "?") == said.get("jwt")
        )
        if not known:
            return _error(400, f"invalid role or secret ID {said}")
        token = secrets.token_hex(8)
        self.tokens.add(token)
        return _json(200, {"auth": {"client_token": token}})


@contextmanager
def vault(tls: ssl.SSLContext | None = None) -> Iterator[Vault]:
    """It listens until the end of the block."""
    found = Vault()

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, content = found.answer(self.command, self.path, self.headers, body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if status in {301, 307}:
                self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            try:
                for start in range(0, len(content), 65_536 if not found.drip_s else 8):
                    self.wfile.write(content[start : start + (65_536 if not found.drip_s else 8)])
                    time.sleep(found.drip_s)
            except OSError:
                pass  # whoever asked has hung up

        do_GET = do_POST = _handle  # noqa: N815  (the names are http.server's)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    found.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_address[1]}"
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
