# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Several gateway processes of one machine at one port."""

from pathlib import Path

import pytest

from csms.kit.errors import UnavailableError
from csms.main.application import Role
from tests.faults.process import quiet_port
from tests.support.charger import connected
from tests.support.csms import running
from tests.support.postgres import Database
from tests.support.valkey import ValkeyServer


async def test_two_gateways_share_a_port(database: Database, tmp_path: Path) -> None:
    """Both get some of the chargers, and when one drains the other takes all that come."""
    port = quiet_port()
    async with ValkeyServer() as valkey:
        shared = {"role": Role.GATEWAY, "redis": valkey.url, "port": port, "reuse_port": True}
        async with running(database, tmp_path / "one", **shared) as one:
            async with running(database, tmp_path / "two", **shared) as two:
                await one.charger("CP1")
                nodes = set()
                for _ in range(200):  # which one it is, the kernel draws
                    async with connected(one.url, "CP1", boot=True):
                        row = await one.row("SELECT node_id FROM charger_connections WHERE charger_id = 'CP1'")
                        nodes.add(row["node_id"])
                    if len(nodes) == 2:
                        break
                assert len(nodes) == 2
                assert one.url == two.url
            for _ in range(5):
                async with connected(one.url, "CP1", boot=True):
                    pass


async def test_a_port_is_shared_by_those_only_that_say_so(database: Database, tmp_path: Path) -> None:
    """A second csms that is started by mistake does not take half of the chargers."""
    port = quiet_port()
    async with running(database, tmp_path / "one", port=port):
        with pytest.raises(UnavailableError, match="in use"):
            async with running(database, tmp_path / "two", port=port):
                pass
