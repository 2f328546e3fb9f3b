# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Puts the request log together."""

from contextlib import AsyncExitStack

from csms.features.request_log.ingest import RequestWriter
from csms.kit.clock import Clock
from csms.kit.config import Settings
from csms.kit.http.request_log import RequestLog
from csms.kit.metrics import Metrics


async def open_request_log(
    settings: Settings, url: str, clock: Clock, metrics: Metrics, stack: AsyncExitStack
) -> RequestLog | None:
    """Writing until the stack is closed; None where nothing is to be kept."""
    kept = settings.http.request_log
    if kept == "off":
        return None
    writer = RequestWriter(url, pgbouncer=settings.database.pgbouncer)
    found = RequestLog(writer.write, clock, metrics, every=kept == "all")
    stack.callback(writer.close)
    await found.start()
    stack.push_async_callback(found.stop)
    return found
