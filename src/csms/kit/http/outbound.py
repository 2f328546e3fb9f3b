# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Requests to servers of others, at addresses that others choose: bounded, no redirects, never into our own network."""

import asyncio
import socket
from collections.abc import Collection, Mapping
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

TIMEOUT_S: Final = 10.0
MAX_BYTES: Final = 256 * 1024
_OK: Final = 200


class OutboundError(Exception):
    """Nothing usable came back; the text says why."""


def is_public(address: str) -> bool:
    """Whether an address is on the internet: not loopback, private, link-local, multicast or reserved."""
    parsed = ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_global and not parsed.is_multicast


class _PublicResolver(AbstractResolver):
    """Resolves to public addresses only. What is resolved is what is connected to: a name cannot change in between."""

    def __init__(self, private_hosts: Collection[str]) -> None:
        self._private_hosts = private_hosts
        self._inner = aiohttp.ThreadedResolver()

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
        """Nothing is held."""


class Outbound:
    """Asks servers. `private_hosts` are names or addresses inside our own network that may be asked all the same."""

    def __init__(self, private_hosts: Collection[str] = (), *, timeout_s: float = TIMEOUT_S) -> None:
        self._private_hosts = frozenset(private_hosts)
        self._timeout_s = timeout_s

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """The body of a 200 answer, at most 256 KiB of it. Raises OutboundError."""
        return await self._ask("POST", url, body, headers)

    async def get(self, url: str, headers: Mapping[str, str]) -> bytes:
        """The same of a GET."""
        return await self._ask("GET", url, None, headers)

    async def _ask(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        self._check(url)
        connector = aiohttp.TCPConnector(resolver=_PublicResolver(self._private_hosts))
        timeout = aiohttp.ClientTimeout(total=self._timeout_s)
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as session,
                session.request(method, url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                if answer.status != _OK:
                    raise OutboundError(f"{_host(url)} answered {answer.status}")
                return await _bounded(answer, url)
        except TimeoutError as error:
            raise OutboundError(f"{_host(url)} did not answer within {self._timeout_s:g} s") from error
        except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError) as error:
            raise OutboundError(f"{_host(url)} cannot be asked: {str(error) or type(error).__name__}") from error

    def _check(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError as error:
            raise OutboundError("the address is no URL") from error
        if parts.scheme not in {"http", "https"} or not host:
            raise OutboundError("only http and https addresses are asked")
        if parts.username is not None:
            raise OutboundError("an address with a name and a password is not asked")
        try:
            public = is_public(host)
        except ValueError:
            return  # a name: looked at when it is resolved
        if not public and host not in self._private_hosts:
            raise OutboundError(f"{host} is an address inside a private network")


async def _bounded(answer: aiohttp.ClientResponse, url: str) -> bytes:
    content = b""
    async for piece in answer.content.iter_chunked(64 * 1024):
        content += piece
        if len(content) > MAX_BYTES:
            raise OutboundError(f"{_host(url)} answered with more than {MAX_BYTES} bytes")
    return content


def _host(url: str) -> Any:
    return urlsplit(url).hostname
