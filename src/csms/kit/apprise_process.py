# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Notifications to services by their Apprise address, each sent by a process of its own (`csms.kit.apprise_child`).

A service that hangs, answers without end or brings its code to a fall costs that process, which is ended after a time.
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

TIMEOUT_S: Final = 20.0
_AT_ONCE: Final = 4
_ANSWER_MAX: Final = 64 * 1024
_WORD: Final = re.compile(r"[^/:@?&=,;\s]{4,}")

# fmt: off
# Services at addresses of their own, asked by HTTPS.
_SERVICES: Final = frozenset({
    "46elks", "azure", "betterstack", "brevo", "bulksms", "clickatell", "clicksend", "discord", "fcm", "feishu",
    "flock", "gchat", "guilded", "httpsms", "ifttt", "ilert", "incidentio", "infobip", "join", "lark", "line",
    "mailersend", "mailgun", "msgbird", "o365", "octopush", "onesignal", "opsgenie", "pagerduty", "pagertree",
    "pbul", "plivo", "postmark", "pover", "prowl", "pushy", "resend", "seven", "sendgrid", "ses", "signl4",
    "sinch", "slack", "smtp2go", "sns", "sparkpost", "spike", "splunk", "squadcast", "stackfield", "telnyx",
    "tgram", "threema", "twilio", "twist", "victorops", "vonage", "webex", "whatsapp", "workflows", "wxteams",
    "zoom", "zulip",
})
# Services that people run themselves: with TLS, or without it at hosts that the operator names.
_ENCRYPTED: Final = frozenset({
    "apprises", "barks", "forms", "gotifys", "hassios", "jsons", "matrixs", "mastodons", "mmosts", "nctalks",
    "nclouds", "ntfys", "rockets", "signals", "synologys", "xmls",
})
# fmt: on
_PLAIN: Final = frozenset(each.removesuffix("s") for each in _ENCRYPTED)
SCHEMES: Final = _SERVICES | _ENCRYPTED | _PLAIN


class AppriseError(Exception):
    """A notification was not taken, or its address is no good; the text says why."""


@dataclass(frozen=True, slots=True)
class Service:
    """What an address stands for."""

    name: str
    host: str | None


def scheme_of(url: str) -> str:
    """The scheme of an address. Raises AppriseError for one that is not used here."""
    scheme, separator, _ = url.partition("://")
    scheme = scheme.strip().lower()
    if not separator or scheme not in SCHEMES:
        raise AppriseError(f"addresses that begin with {scheme[:30]!r} are not used")
    return scheme


class AppriseSender:
    """Checks addresses and sends to them; a few processes at a time."""

    def __init__(self, private_hosts: Collection[str] = (), *, timeout_s: float = TIMEOUT_S) -> None:
        self._private_hosts = frozenset(host.lower() for host in private_hosts)
        self._timeout_s = timeout_s
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def check(self, url: str) -> Service:
        """What an address stands for. Raises AppriseError."""
        scheme = scheme_of(url)
        found = await self._ask({"check": True, "url": url, "own_host": scheme in _PLAIN | _ENCRYPTED})
        service = Service(str(found["service"]), found["host"])
        named = service.host is not None and service.host.lower() in self._private_hosts
        if scheme in _PLAIN and not named:
            raise AppriseError(f"{scheme} is not encrypted: use {scheme}s, or have the host named in the settings")
        return service

    async def send(self, url: str, title: str, body: str) -> None:
        """Send once. Raises AppriseError."""
        scheme_of(url)
        await self._ask({"check": False, "url": url, "title": title, "body": body})

    async def _ask(self, task: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps({**task, "private_hosts": sorted(self._private_hosts)}).encode()
        async with self._room:
            try:
                async with asyncio.timeout(self._timeout_s):
                    raw = await _run(text)
            except TimeoutError as error:
                raise AppriseError(f"the service did not take it within {self._timeout_s:g} s") from error
        try:
            found: dict[str, Any] = json.loads(raw)
        except ValueError as error:
            raise AppriseError("the service could not be asked") from error
        if "error" in found:
            raise AppriseError(_without_secrets(str(found["error"]), task["url"]))
        return found


async def _run(task: bytes) -> bytes:
    """The process's answer; it does not outlive this call. Of our environment it gets nothing but the language."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        "csms.kit.apprise_child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in ("LANG", "LC_ALL", "SYSTEMROOT") if name in os.environ},
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a process without pipes")
    try:
        process.stdin.write(task)
        await process.stdin.drain()
        process.stdin.close()
        raw = await process.stdout.read(_ANSWER_MAX)
        await process.wait()
        return raw
    except ConnectionError:  # it ended without reading
        return b""
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _without_secrets(words: str, url: str) -> str:
    """What a service or Apprise said, without what stands in the address: its parts are often tokens."""
    for word in sorted(set(_WORD.findall(url.partition("://")[2])), key=len, reverse=True):
        for form in (word, unquote(word)):
            words = words.replace(form, "***")
    return " ".join(words.split())[:500]
