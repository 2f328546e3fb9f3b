# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Mails over a real connection: encrypted where it was asked for, and to nobody in the clear by accident."""

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from csms.kit.clock import FakeClock
from csms.kit.config import MailSettings, Settings
from csms.kit.mail import Mailer, MailError, one_line, plain
from tests.support.smtp import smtp
from tests.support.tls import Authority

CLOCK = FakeClock(datetime(2026, 11, 23, 12, tzinfo=UTC))


def mailer(port: int, trust: ssl.SSLContext | None = None, **settings: Any) -> Mailer:
    """A mailer for a server on loopback."""
    whole = {"host": "127.0.0.1", "port": port, "sender": "csms@example.com", "timeout_s": 2, **settings}
    return Mailer(MailSettings(**whole), CLOCK, trust)


async def test_encrypted(tmp_path: Path) -> None:
    """STARTTLS goes before the password and the mail; a server without it, or with another's certificate, gets none."""
    authority = Authority(tmp_path)
    server_side, client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), authority.client()
    own = authority.issue("127.0.0.1")
    server_side.load_cert_chain(own.certificate, own.key)
    async with smtp(tls=server_side, password="letmein") as server:
        secret = {"username": "csms", "password": SecretStr("letmein")}
        sender = mailer(server.port, client_side, tls="starttls", **secret)
        assert await sender.deliver(["a@example.com"], "Einladung für Sie", "Text", "<p>Text</p>", key="one") == []
        ((_, recipients, message),) = server.mails
        assert (recipients, server.encrypted) == (["a@example.com"], [True])
        assert (message["Subject"], message["Message-ID"]) == ("Einladung für Sie", "<one@example.com>")
        assert message["Date"] == "Mon, 23 Nov 2026 12:00:00 +0000"
        with pytest.raises(MailError, match="certificate"):
            await mailer(server.port, tls="starttls", **secret).send("a@example.com", "x", "x")
        server.tls = None
        with pytest.raises(MailError, match="STARTTLS"):
            await sender.send("a@example.com", "x", "x")
        assert len(server.mails) == 1


async def test_what_goes_wrong() -> None:
    """Each failure is a MailError with words, none of them the password."""
    async with smtp(password="letmein", refuse={"b@example.com"}) as server:
        wrong = mailer(server.port, tls="none", username="csms", password=SecretStr("4f7cc8ab"))
        with pytest.raises(MailError, match="did not let us in") as caught:
            await wrong.send("a@example.com", "x", "x")
        assert "4f7cc8ab" not in str(caught.value)
        right = mailer(server.port, tls="none", username="csms", password=SecretStr("letmein"))
        with pytest.raises(MailError, match="did not take it"):
            await right.send(["b@example.com"], "x", "x")
        with pytest.raises(MailError, match="an address is none"):
            await right.send("a@example.com\nBcc: c@example.com", "x", "x")
        await right.send("a@example.com", "x\r\nBcc: c@example.com", "a\x00b")
        assert server.mails[0][2]["Subject"] == "x Bcc: c@example.com"
        server.hang = True
        with pytest.raises(MailError, match="within 2 s"):
            await right.send("a@example.com", "x", "x")
        port = server.port
    with pytest.raises(MailError, match="did not take it"):
        await mailer(port, tls="tls").send("a@example.com", "x", "x")
    nobody = Mailer(MailSettings(), CLOCK)
    assert not nobody.configured
    with pytest.raises(MailError, match="CSMS_MAIL__HOST"):
        await nobody.send("a@example.com", "x", "x")


def test_settings() -> None:
    """A password does not go over a network in the clear."""
    plain_text = MailSettings(host="mail.example.com", tls="none", password=SecretStr("x"))
    with pytest.raises(ValidationError, match=r"mail\.tls"):
        Settings(mail=plain_text)
    assert Settings(mail=MailSettings(host="127.0.0.1", tls="none", password=SecretStr("x"))).mail.host == "127.0.0.1"


def test_texts() -> None:
    """What is not shown is taken out; line ends stay in a text and not in a title."""
    assert one_line(" a\r\n b\tc\x1b[0m\u202e ") == "a b c[0m"
    assert plain("a\r\nb\x00\u2028\tc") == "a\nb\tc"
