# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Schemathesis over the whole API of a server of its own, with a key that may do everything.

No 5xx, no status that the document does not promise, no answer that does not fit its schema. `make fuzz` runs it;
arguments after `--` go on to schemathesis.
"""

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# an endless answer; what would end the session of the test itself; and what asks a server of somebody else
LEFT_OUT = ("stream_events", "logout", "start_single_sign_on", "finish_single_sign_on")
BIN = Path(sys.executable).parent


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ask(url: str, body: Any = None, **headers: str) -> Any:
    """JSON from the server."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def wait(base: str, server: subprocess.Popen[bytes]) -> None:
    """Until it is ready."""
    for _ in range(240):
        if server.poll() is not None:
            raise SystemExit("the server ended; see its log above")
        try:
            ask(f"{base}/readyz")
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.5)
        else:
            return
    raise SystemExit("the server did not become ready")


def main() -> int:
    """Start, ask, stop."""
    password = secrets.token_urlsafe(16)
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="csms-fuzz-") as folder:
        settings = {
            "CSMS_DATA_DIR": folder,
            "CSMS_HTTP__PORT": str(port),
            "CSMS_OCPP__PORT": str(free_port()),
            "CSMS_ADMIN__PASSWORD": password,
            "CSMS_HTTP__REQUESTS_PER_MINUTE": "1000000",
            "CSMS_HTTP__REQUESTS_PER_MINUTE_ADDRESS": "1000000",
            "CSMS_HTTP__COMMANDS_PER_MINUTE_CHARGER": "100000",
            "CSMS_LOG__LEVEL": "error",
        }
        Path(folder).chmod(0o755)
        server = subprocess.Popen([BIN / "csms", "serve"], env={**os.environ, **settings})
        try:
            wait(base, server)
            token = ask(f"{base}/api/v1/auth/login", {"username": "admin", "password": password})["access_token"]
            bearer = {"Authorization": f"Bearer {token}"}
            every = [item["name"] for item in ask(f"{base}/api/v1/permissions", **bearer)["items"]]
            key = ask(f"{base}/api/v1/api-keys", {"name": "fuzz", "permissions": every}, **bearer)["key"]
            config = Path(folder) / "schemathesis.toml"
            config.write_text("[generation]\nwith-security-parameters = false\n")  # the key alone is sent
            command = [
                BIN / "schemathesis",
                *("--config-file", config, "run"),
                f"{base}/api/openapi.json",
                *("--header", f"X-API-Key: {key}", "--checks", CHECKS, "--continue-on-failure"),
                *("--request-timeout", "30", "--phases", "examples,coverage,fuzzing"),
                *(part for name in LEFT_OUT for part in ("--exclude-operation-id", name)),
                *sys.argv[1:],
            ]
            return subprocess.call(command)
        finally:
            server.terminate()
            server.wait(120)


if __name__ == "__main__":
    raise SystemExit(main())
