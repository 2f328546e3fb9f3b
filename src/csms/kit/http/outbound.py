# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Requests to servers of others, at addresses that others choose: bounded, no redirects, never into our own network."""

import asyncio
import socket
import threading
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, cast

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from csms.kit.http.addresses import is_public

TIMEOUT_S: Final = 10.0
MAX_BYTES: Final = 256 * 1024
_OK: Final = 200


class OutboundError(Exception):
    """Nothing usable came back; the text says why."""


class Lookups(AbstractResolver):
    """Names looked up in threads of their own: a name server that does not answer holds up no other work of the
    process, nor its end.
    """

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._running = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Addresses of a host."""
        if self._running >= self._most:
            raise OSError("too many names are being looked up, and none is found")
        loop = asyncio.get_running_loop()
        found: asyncio.Future[list[Any]] = loop.create_future()

        def over(result: list[Any] | OSError) -> None:
            self._running -= 1
            if found.done():  # nobody waits any more
                return
            if isinstance(result, OSError):
                found.set_exception(result)
            else:
                found.set_result(result)

        def look() -> None:
            result: list[Any] | OSError
            try:
                result = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
            except OSError as error:
                result = error
            except ValueError as error:  # a name that cannot be one
                result = OSError(str(error))
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(over, result)

        self._running += 1
        threading.Thread(target=look, daemon=True, name="lookup").start()
        return [
            ResolveResult(hostname=host, host=target[0], port=port, family=kind, proto=protocol, flags=0)
            for kind, _, protocol, _, target in await found
        ]

    async def close(self) -> None:
        """Threads end by themselves."""


class _PublicResolver(AbstractResolver):
    """Resolves to public addresses only. What is resolved is what is connected to: a name cannot change in between."""

    def __init__(self, private_hosts: Collection[str], inner: AbstractResolver) -> None:
        self._private_hosts = private_hosts
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Addresses of a host."""
        found = await self._inner.resolve(host, port, family)
        if host not in self._private_hosts:
            found = [item for item in found if is_public(item["host"])]
        if not found:
            raise OSError(f"{host} has no public address")
        return found

    async def close(self) -> None:
        """The resolver inside belongs to whoever gave it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said: `body` is its beginning, as far as was asked for."""

    status: int
    body: bytes
    complete: bool
    retry_after: str | None = None


class Outbound:
    """Asks servers. `private_hosts` are names or addresses inside our own network that may be asked all the same.

    Without `allow_http`, others than those are asked by HTTPS only. Proxies that the environment names are not used:
    behind one nobody could tell where a request goes.
    """

    def __init__(
        self,
        private_hosts: Collection[str] = (),
        *,
        timeout_s: float = TIMEOUT_S,
        allow_http: bool = True,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._private_hosts = frozenset(host.lower() for host in private_hosts)
        self._timeout_s = timeout_s
        self._allow_http = allow_http
        self._resolver = resolver or Lookups()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """The body of a 200 answer, at most 256 KiB of it. Raises OutboundError."""
        return await self._whole("POST", url, body, headers)

    async def get(self, url: str, headers: Mapping[str, str]) -> bytes:
        """The same of a GET."""
        return await self._whole("GET", url, b"", headers)

    async def _whole(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        answer = await self.send(url, body, headers, read=MAX_BYTES, method=method)
        if answer.status != _OK:
            raise OutboundError(f"{URL(url).host} answered {answer.status}")
        if not answer.complete:
            raise OutboundError(f"{URL(url).host} answered with more than {MAX_BYTES} bytes")
        return answer.body

    async def send(
        self, url: str, body: bytes, headers: Mapping[str, str], *, read: int, method: str = "POST"
    ) -> Answer:
        """Ask; any status is an answer, a redirect too, which is not followed. Raises OutboundError."""
        address = self.check(url)
        connector = aiohttp.TCPConnector(
            resolver=_PublicResolver(self._private_hosts, self._resolver),
            socket_factory=self._guard(str(address.raw_host)),
            force_close=True,
        )
        timeout = aiohttp.ClientTimeout(total=self._timeout_s)
        # packed answers could be a thousand times as long as what was read of them
        wanted = {"Accept-Encoding": "identity", **headers}
        try:
            async with (
                aiohttp.ClientSession(
                    connector=connector, timeout=timeout, trust_env=False, auto_decompress=False
                ) as session,
                session.request(method, address, data=body or None, headers=wanted, allow_redirects=False) as answer,
            ):
                content, complete = await _beginning(answer, read)
                return Answer(answer.status, content, complete, answer.headers.get("Retry-After"))
        except TimeoutError as error:
            raise OutboundError(f"{address.host} did not answer within {self._timeout_s:g} s") from error
        except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError, ValueError) as error:
            raise OutboundError(f"{address.host} cannot be asked: {_why(error)}") from error

    def check(self, url: str) -> URL:
        """The address as it will be asked, as far as it can be judged before its name is resolved."""
        try:
            address = URL(url)
            host = address.raw_host or ""
        except ValueError as error:
            raise OutboundError("the address is no URL") from error
        if address.scheme not in {"http", "https"} or not host:
            raise OutboundError("only http and https addresses are asked")
        if address.user is not None or address.password is not None:
            raise OutboundError("an address with a name and a password is not asked")
        if host in self._private_hosts:
            return address
        if not _may_be_public(host.rstrip(".")):
            raise OutboundError(f"{host} is an address inside a private network")
        if address.scheme == "http" and not self._allow_http:
            raise OutboundError("only https addresses are asked")
        return address

    def _guard(self, host: str) -> Any:
        """The last look, at the very address that is connected to, however it was come by."""

        def make(found: tuple[Any, ...]) -> socket.socket:
            family, kind, protocol, _, target = found
            if host not in self._private_hosts and not is_public(cast(str, target[0])):
                raise OSError(f"{host} is an address inside a private network")
            return socket.socket(family, kind, protocol)

        return make


def _may_be_public(host: str) -> bool:
    """Of an address whether it is; of a name what can be said before it is resolved.

    What ends in a number is an address to the system's resolver, however it is spelt: 127.1, 0x7f000001.
    """
    last = host.rpartition(".")[2].lower()
    if ":" in host or last.isdigit() or last.startswith("0x"):
        try:
            return is_public(host)
        except ValueError:
            return False
    return host.lower() != "localhost" and not host.lower().endswith(".localhost")


def _why(error: Exception) -> str:
    """What the system or the resolver said; aiohttp's own words leave it out where there is no number for it."""
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return str(inner) or type(inner).__name__


async def _beginning(answer: aiohttp.ClientResponse, most: int) -> tuple[bytes, bool]:
    """At most so many bytes, and whether that was all."""
    content = b""
    async for piece in answer.content.iter_chunked(16 * 1024):
        content += piece
        if len(content) > most:
            return content[:most], False
    return content, True
