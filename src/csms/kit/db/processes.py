# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Who runs now: each process writes how it does into its row of `processes`, every few seconds, and takes it away at
its end. A row that grows old is of a process that ended without a word."""

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

import msgspec
import structlog
from sqlalchemy import Column, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.kit.clock import Clock, Seldom
from csms.kit.db.metadata import metadata, timestamp
from csms.kit.figures import Sampler

log = structlog.get_logger(__name__)

INTERVAL_S: Final = 10.0
_TIMEOUT_S: Final = 5.0

# not owned by an organization: what the installation runs on
processes = Table(
    "processes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", Text, nullable=False),
    timestamp("started_at", nullable=False),
    timestamp("seen_at", nullable=False),
    Column("figures", JSONB, nullable=False),
)

_TELL: Final = text("""
INSERT INTO processes (id, role, host, pid, version, started_at, seen_at, figures)
VALUES (:id, :role, :host, :pid, :version, now(), now(), CAST(:figures AS jsonb))
ON CONFLICT (id) DO UPDATE SET seen_at = now(), figures = excluded.figures
""")
_FORGET: Final = text("DELETE FROM processes WHERE seen_at < now() - interval '1 hour'")
_END: Final = text("DELETE FROM processes WHERE id = :id")


class ProcessRow:
    """The row of this process."""

    def __init__(
        self,
        connect: Callable[[], AbstractAsyncContextManager[AsyncConnection]],
        node_id: str,
        role: str,
        version: str,
        sampler: Sampler,
        clock: Clock,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._connect = connect
        self._names = {
            "id": node_id,
            "role": role,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "version": version,
        }
        self._sampler = sampler
        self._interval_s = interval_s
        self._complaint = Seldom(clock)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Tell it from now on."""
        self._task = asyncio.create_task(self._run(), name="process-row")

    async def stop(self) -> None:
        """Say goodbye, where the database hears it."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        try:
            async with asyncio.timeout(_TIMEOUT_S), self._connect() as connection:
                await connection.execute(_END, {"id": self._names["id"]})
        except Exception as error:  # noqa: BLE001  (the row grows old instead)
            log.info("the database did not hear that this process ends", error=repr(error))

    async def _run(self) -> None:
        while True:
            figures = msgspec.json.encode(self._sampler.take()).decode()
            try:
                async with asyncio.timeout(_TIMEOUT_S), self._connect() as connection:
                    await connection.execute(_TELL, {**self._names, "figures": figures})
                    await connection.execute(_FORGET)
            except Exception as error:  # noqa: BLE001  (told again in a moment)
                if self._complaint.due():
                    log.warning("figures of this process could not be stored", error=repr(error))
            else:
                self._complaint.over()
            await asyncio.sleep(self._interval_s)
