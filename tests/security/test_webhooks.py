# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Addresses that others choose lead nobody into our own network (attack 22): not by what they are, nor by what they
become.
"""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from csms.kit.apprise_process import SCHEMES, AppriseError, AppriseSender
from csms.kit.config import MailSettings, WebhookSettings
from csms.kit.http.addresses import is_public
from csms.kit.http.outbound import Lookups, Outbound, OutboundError
from tests.api.support import Product, product
from tests.support.postgres import Database
from tests.support.receiver import receiver

INSIDE = (
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://017700000001/",
    "https://１２７.0.0.1/",  # becomes 127.0.0.1 when the name is normalized
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fc00::1]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
)
MALFORMED = (
    "http://example.com/",  # without TLS
    "https://user:password@example.com/",
    "https://example.com:99999/",
    "https://exa\\mple.com@127.0.0.1/",
    "https:///nowhere",
)


class Scripted(AbstractResolver):
    """A name server that answers what it is told, one answer after the other."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The next answer; the last one for ever."""
        answer = self._answers[min(self.asked, len(self._answers) - 1)]
        self.asked += 1
        return [
            ResolveResult(hostname=host, host=each, port=port, family=socket.AF_INET, proto=0, flags=0)
            for each in answer
        ]

    async def close(self) -> None:
        """Nothing is held."""


async def refusal(outbound: Outbound, url: str) -> str:
    """Why nothing came back."""
    with pytest.raises(OutboundError) as caught:
        await outbound.send(url, b"{}", {}, read=100)
    return str(caught.value)


@pytest.fixture
async def api(database: Database, tmp_path: Path) -> AsyncIterator[Product]:
    """With nothing allowed, and a mail server that does not matter."""
    options = {"webhooks": WebhookSettings(timeout_s=1), "mail": MailSettings(host="127.0.0.1")}
    async with product(database, tmp_path, **options) as found:
        yield found


async def test_no_receiver_inside(api: Product) -> None:
    """Refused when it is set up: each spelling of an address in our own network, and what is no plain HTTPS address."""
    channel = {"name": "x", "config": {"kind": "webhook", "url": ""}}
    for url in (*INSIDE, *MALFORMED):
        for path, code, body in (
            ("/api/v1/webhooks", "webhook_address", {"url": url, "event_types": ["*"]}),
            ("/api/v1/notification-channels", "channel_address", channel | {"config": {"kind": "webhook", "url": url}}),
        ):
            answer = await api.client.post(path, json=body)
            assert (answer.status_code, answer.json().get("code")) == (400, code), (url, answer.text)
    allowed = await api.create("/api/v1/webhooks", url="https://inside.invalid/", event_types=["*"])
    tested = (await api.client.post(f"/api/v1/webhooks/{allowed['id']}/test")).json()
    assert tested["delivered"] is False


async def test_nothing_is_sent_inside() -> None:
    """The same where it is sent, by the door that every request goes through."""
    outbound = Outbound(timeout_s=2)
    for url in (*INSIDE, *MALFORMED[1:]):
        started_s = time.monotonic()
        assert await refusal(outbound, url), url
        assert time.monotonic() - started_s < 1.5, url
    assert "network" in await refusal(Outbound(allow_http=False), "http://127.0.0.1/")
    assert "https" in await refusal(Outbound(allow_http=False), "http://example.com/")
    assert [is_public(each) for each in ("8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8")] == [True] * 3


async def test_a_name_that_changes() -> None:
    """DNS rebinding: what was looked at is what is connected to; what a name becomes is looked at again."""
    async with receiver() as inside:
        port = inside.url.split(":")[2].partition("/")[0]
        url = f"http://rebind.example:{port}/"
        for resolver in (Scripted(["127.0.0.1"]), Scripted(["192.0.2.1"], ["127.0.0.1"]), Scripted(["10.0.0.1"])):
            outbound = Outbound(timeout_s=0.5, resolver=resolver)
            for _ in range(3):
                assert "no public address" in await refusal(outbound, url)
            assert resolver.asked == 3  # nothing was remembered from before
        mixed = Outbound(timeout_s=0.5, resolver=Scripted(["127.0.0.1", "203.0.114.1"]))
        assert await refusal(mixed, url)
        assert inside.asked == []
        allowed = Outbound(("rebind.example",), timeout_s=5, resolver=Scripted(["127.0.0.1"]))
        assert (await allowed.send(url, b"{}", {}, read=100)).status == 204
        assert len(inside.asked) == 1


async def test_redirects_proxies_and_endless_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A redirect is an answer and no way; the environment's proxy is not used; of an answer the beginning is read."""
    async with receiver() as inside, receiver() as allowed:
        monkeypatch.setenv("HTTP_PROXY", inside.url)
        monkeypatch.setenv("http_proxy", inside.url)
        monkeypatch.setenv("ALL_PROXY", inside.url)
        outbound = Outbound(("127.0.0.1",), timeout_s=5)
        for status in (301, 302, 303, 307, 308):
            allowed.answer, allowed.headers = status, {"Location": inside.url}
            assert (await outbound.send(allowed.url, b"{}", {}, read=100)).status == status
        assert inside.asked == []
        allowed.answer, allowed.headers, allowed.body = 200, {}, b"x" * 1_000_000
        answer = await outbound.send(allowed.url, b"{}", {}, read=100)
        assert (answer.body, answer.complete) == (b"x" * 100, False)
        with pytest.raises(OutboundError, match="more than"):
            await outbound.post(allowed.url, b"{}", {})
        allowed.answer = 404
        with pytest.raises(OutboundError, match="answered 404"):
            await outbound.post(allowed.url, b"{}", {})
        allowed.answer = 200
        allowed.body = b"well"
        assert await outbound.post(allowed.url, b"{}", {}) == b"well"
        allowed.headers = {"Content-Encoding": "gzip"}  # is not unpacked, so that it cannot be a bomb
        assert await outbound.post(allowed.url, b"{}", {}) == b"well"


async def test_a_name_server_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds up nobody else: neither threads that others need, nor more than a bounded number of its own."""
    release, real = threading.Event(), socket.getaddrinfo

    def slow(host: Any, *arguments: Any, **named: Any) -> Any:
        if str(host).endswith(".slow"):
            release.wait(10)
        return real(host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    lookups = Lookups(most=3)
    outbound = Outbound(timeout_s=0.2, resolver=lookups)
    refusals = await asyncio.gather(*(refusal(outbound, f"http://{number}.slow/") for number in range(3)))
    assert all("did not answer" in each for each in refusals)
    assert "too many names" in await refusal(outbound, "http://4.slow/")
    assert await asyncio.to_thread(lambda: "free") == "free"
    release.set()
    await asyncio.sleep(0.1)
    assert await lookups.resolve("127.0.0.1", 80)
    with pytest.raises(OSError, match=r"\w"):
        await lookups.resolve("x" * 300, 80)


async def test_apprise_is_held_too(tmp_path: Path) -> None:
    """Its services follow redirects and read files that an address names; what they run in lets them do neither."""
    for url in ("file:///etc/passwd", "syslog://", "dbus://", "windows://", "macosx://", "gnome://", "mailto://a@b.c",
                "mqtt://h/t", "smpp://h", "slack"):  # fmt: skip
        with pytest.raises(AppriseError, match="not used"):
            await AppriseSender().send(url, "title", "body")
    assert not SCHEMES & {
        "syslog",
        "rsyslog",
        "dbus",
        "kde",
        "glib",
        "exec",
        "custom",
        "growl",
        "mailto",
        "irc",
        "vapid",
    }
    template = tmp_path / "template.json"
    template.write_text('{"text": "4f7cc8ab11224433"}')
    async with receiver() as inside, receiver() as allowed:
        port = allowed.url.split(":")[2].partition("/")[0]
        own = AppriseSender(("127.0.0.1",))
        strange = AppriseSender()

        async def refused(sender: AppriseSender, url: str, *, check: bool = False) -> str:
            with pytest.raises(AppriseError) as caught:
                await (sender.check(url) if check else sender.send(url, "title", "body"))
            return str(caught.value)

        await own.send(f"json://127.0.0.1:{port}/tok3n", "title", "body")
        assert b"body" in allowed.asked[0][1]
        allowed.asked.clear()
        inside_port = inside.url.split(":")[2].partition("/")[0]
        allowed.answer, allowed.headers = 307, {"Location": f"http://localhost:{inside_port}/"}
        words, private, unencrypted, file = await asyncio.gather(
            refused(own, f"json://127.0.0.1:{port}/tok3n"),
            refused(strange, f"jsons://127.0.0.1:{port}/tok3n", check=True),
            refused(strange, "json://example.com/tok3n", check=True),
            refused(own, f"json://127.0.0.1:{port}/tok3n?template={template}&:x={template}"),
        )
        assert "tok3n" not in words
        assert "private network" in private
        assert "not encrypted" in unencrypted
        assert "4f7cc8ab11224433" not in file + str(allowed.asked)
        assert allowed.asked
        assert inside.asked == []


async def test_apprise_that_hangs() -> None:
    """A service that never answers costs a process, which is ended."""
    async with receiver() as hanging:
        hanging.answer = "hang"
        port = hanging.url.split(":")[2].partition("/")[0]
        with pytest.raises(AppriseError, match=r"within 2 s|connection error") as caught:
            await AppriseSender(("127.0.0.1",), timeout_s=2).send(f"json://127.0.0.1:{port}/", "title", "body")
        assert caught.value
