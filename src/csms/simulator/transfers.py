# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Firmware that a virtual charger fetches and installs, logs that it sends: over HTTP(S), for real."""

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import aiohttp

from csms.simulator.device import StopReason
from csms.simulator.keys import is_signed

if TYPE_CHECKING:
    from csms.simulator.charger import VirtualCharger

_TIMEOUT_S: Final = 60.0
_MAX_IMAGE: Final = 1024**3


class TransferFailed(Exception):  # noqa: N818
    """The other side could not be reached, or refused."""


@dataclass(frozen=True, slots=True)
class Update:
    """Firmware to be fetched and installed."""

    location: str
    request_id: int | None
    retrieve_at: datetime | None = None
    install_at: datetime | None = None
    certificate: str | None = None
    signature: str | None = None
    retries: int = 0
    retry_interval_s: int = 10


@dataclass(frozen=True, slots=True)
class Delivery:
    """A log to be sent; `kind` is log or diagnostics."""

    kind: str
    location: str
    request_id: int | None
    name: str
    retries: int = 0
    retry_interval_s: int = 10


class Transfers:
    """The transfers of one charger: one update and one delivery at a time, a new one takes the old one's place."""

    def __init__(self, charger: "VirtualCharger") -> None:
        self._charger = charger
        self._running: dict[str, asyncio.Task[None]] = {}
        self.told: dict[str, tuple[str, int | None]] = {}  # by kind: status and request

    def update(self, update: Update) -> bool:
        """Fetch and install; whether another update is given up for it."""
        return self._begin("firmware", lambda: self._update(update))

    def deliver(self, delivery: Delivery) -> bool:
        """Send a log; whether another is given up for it."""
        return self._begin(delivery.kind, lambda: self._deliver(delivery))

    def publish(self, location: str, checksum: str, request_id: int, retries: int, interval_s: int) -> None:
        """Fetch firmware and offer it to others (2.x L03)."""
        self._begin("publish_firmware", lambda: self._publish(location, checksum, request_id, retries, interval_s))

    def again(self, kind: str) -> None:
        """Tell once more how far it is; idle, if nothing is under way."""
        running = self._running.get(kind)
        status, request_id = self.told.get(kind, ("Idle", None))
        if running is None or running.done():
            status, request_id = "Idle", None
        self._charger.uplink.say_progress(kind, status, request_id)

    def _begin(self, kind: str, work: Callable[[], Awaitable[None]]) -> bool:
        earlier = self._running.get(kind)
        replaces = earlier is not None and not earlier.done()
        if replaces and earlier is not None:
            earlier.cancel()

        async def run() -> None:
            await work()

        self._running[kind] = self._charger.spawn(run())
        return replaces

    async def _tell(self, kind: str, status: str, request_id: int | None) -> None:
        """Each step is answered before the next is taken: a restart would swallow what waits."""
        self.told[kind] = (status, request_id)
        await self._charger.uplink.tell_progress(kind, status, request_id)

    async def _wait(self, until: datetime | None) -> None:
        if until is not None:
            seconds = (until - self._charger.runtime.time.stamp()).total_seconds()
            if seconds > 0:
                await self._charger.until_sim(lambda: False, seconds)

    async def _update(self, update: Update) -> None:
        charger, number = self._charger, update.request_id
        now = charger.runtime.time.stamp()
        if update.retrieve_at is not None and update.retrieve_at > now:
            await self._tell("firmware", "DownloadScheduled", number)
            await self._wait(update.retrieve_at)
        await self._tell("firmware", "Downloading", number)
        try:
            image = await self._tried(lambda: self._fetch(update.location), update.retries, update.retry_interval_s)
        except TransferFailed:
            await self._tell("firmware", "DownloadFailed", number)
            return
        await self._tell("firmware", "Downloaded", number)
        if update.certificate is not None:
            if not is_signed(image, update.certificate, _decoded(update.signature)):
                await self._tell("firmware", "InvalidSignature", number)
                charger.uplink.say_security_event("InvalidFirmwareSignature", "the image is not the signer's")
                return
            await self._tell("firmware", "SignatureVerified", number)
        if update.install_at is not None and update.install_at > charger.runtime.time.stamp():
            await self._tell("firmware", "InstallScheduled", number)
            await self._wait(update.install_at)
        await charger.until(lambda: all(each.transaction is None for each in charger.connectors))
        await self._tell("firmware", "Installing", number)
        await self._tell("firmware", "InstallRebooting", number)
        name = unquote(urlsplit(update.location).path.rpartition("/")[2])
        charger.firmware = (name or hashlib.sha256(image).hexdigest()[:12])[:50]
        await charger.restart(StopReason.REBOOT)
        await charger.until(lambda: charger.ready)
        await self._tell("firmware", "Installed", number)

    async def _deliver(self, delivery: Delivery) -> None:
        await self._tell(delivery.kind, "Uploading", delivery.request_id)
        content = "\n".join(self._charger.memory.lines).encode() + b"\n"
        try:
            put = lambda: self._put(delivery.location, delivery.name, content)  # noqa: E731
            await self._tried(put, delivery.retries, delivery.retry_interval_s)
        except TransferFailed:
            failed = "UploadFailed" if delivery.kind == "diagnostics" else "UploadFailure"
            await self._tell(delivery.kind, failed, delivery.request_id)
            return
        await self._tell(delivery.kind, "Uploaded", delivery.request_id)

    async def _publish(self, location: str, checksum: str, request_id: int, retries: int, interval_s: int) -> None:
        await self._tell("publish_firmware", "Downloading", request_id)
        try:
            image = await self._tried(lambda: self._fetch(location), retries, interval_s)
        except TransferFailed:
            await self._tell("publish_firmware", "DownloadFailed", request_id)
            return
        await self._tell("publish_firmware", "Downloaded", request_id)
        if hashlib.md5(image, usedforsecurity=False).hexdigest() != checksum.lower():
            await self._tell("publish_firmware", "InvalidChecksum", request_id)
            return
        await self._tell("publish_firmware", "ChecksumVerified", request_id)
        self._charger.memory.published[checksum.lower()] = location
        await self._tell("publish_firmware", "Published", request_id)

    async def _tried(self, work: Callable[[], Awaitable[bytes]], retries: int, interval_s: int) -> bytes:
        for left in range(retries, -1, -1):
            try:
                return await work()
            except TransferFailed:
                if not left:
                    raise
                await self._charger.until_sim(lambda: False, interval_s)
        raise TransferFailed

    async def _fetch(self, location: str) -> bytes:
        async with self._request("GET", location) as response:
            found = await response.content.read(_MAX_IMAGE)
            while piece := await response.content.read(_MAX_IMAGE):
                found += piece
            return found

    async def _put(self, location: str, name: str, content: bytes) -> bytes:
        async with self._request("PUT", f"{location.rstrip('/')}/{name}", content):
            return b""

    def _request(self, method: str, location: str, content: bytes | None = None) -> "_Request":
        return _Request(self._charger, method, location, content)


class _Request:
    """One request; TransferFailed for everything that goes wrong with it."""

    def __init__(self, charger: "VirtualCharger", method: str, location: str, content: bytes | None) -> None:
        self._charger, self._method, self._location, self._content = charger, method, location, content
        self._response: aiohttp.ClientResponse | None = None

    async def __aenter__(self) -> aiohttp.ClientResponse:
        if not self._location.startswith(("http://", "https://")):
            raise TransferFailed(f"a virtual charger knows HTTP only, not {self._location.partition(':')[0]}")
        try:
            self._response = await self._charger.runtime.http.request(
                self._method,
                self._location,
                data=self._content,
                ssl=self._charger.config.tls,
                timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
            )
            self._response.raise_for_status()
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            if self._response is not None:
                self._response.release()
            raise TransferFailed(str(error)) from error
        return self._response

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._response is not None:
            self._response.release()
        if isinstance(error, aiohttp.ClientError | OSError | TimeoutError):
            raise TransferFailed(str(error)) from error


def _decoded(signature: str | None) -> bytes:
    try:
        return base64.b64decode(signature or "", validate=True)
    except (binascii.Error, ValueError):
        return b""
