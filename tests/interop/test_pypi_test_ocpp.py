# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""PyPI `test-ocpp`: a program with which people try whether a CSMS lets them in, plain and over TLS."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.support.csms import running
from tests.support.postgres import Database
from tests.support.tls import Authority

SECRET = "0123456789abcdef"
PROGRAM = Path(sys.executable).with_name("test-ocpp")


async def _tried(url: str, *options: str) -> tuple[int | None, str]:
    """Its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        PROGRAM, url, "CP1", *options, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, out.decode()


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_it_says_that_all_is_well(database: Database, tmp_path: Path, version: str) -> None:
    """With the password, without TLS and with it; with another password it is not let in."""
    authority = Authority(tmp_path)
    files = authority.issue("localhost")
    tls = {"tls_port": 0, "tls_cert": files.certificate, "tls_key": files.key}
    async with running(database, tmp_path, **tls) as csms:
        await csms.charger("CP1", password=SECRET)
        with_password = ("--ocpp", version, "--password", SECRET)
        for url, more in ((csms.url, ()), (csms.tls_url, ("--ca", str(authority.file)))):
            code, said = await _tried(url, *with_password, *more)
            assert code == 0, said
            assert f"ocpp{version}" in said
            assert "BootNotification" in said
            assert "Heartbeat" in said
        code, said = await _tried(csms.url, "--ocpp", version, "--password", "fedcba9876543210")
        assert code == 1, said
        assert "401" in said
