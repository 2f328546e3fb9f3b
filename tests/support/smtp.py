# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A mail server on loopback that speaks as much SMTP as a client of ours needs, and keeps what it was given."""

import asyncio
import base64
import email
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from typing import cast


@dataclass
class SmtpServer:
    """`refuse` are recipients it does not take; `answer` is said to DATA; `password` is asked for when it is set."""

    port: int = 0
    tls: ssl.SSLContext | None = None
    password: str | None = None
    refuse: set[str] = field(default_factory=set)
    answer: str = "250 taken"
    hang: bool = False
    mails: list[tuple[str, list[str], EmailMessage]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            if self.hang:
                await asyncio.sleep(60)
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(*lines: str) -> None:
            writer.write("".join(f"{line}\r\n" for line in lines).encode())

        say("220 mail.test")
        secure = writer.get_extra_info("ssl_object") is not None
        signed_in = self.password is None
        sender, recipients = "", list[str]()
        while line := (await reader.readline()).decode().strip():
            verb = line.split(" ", 1)[0].upper()
            if verb == "EHLO":
                offers = ["AUTH PLAIN"] if self.password is not None else []
                offers += ["STARTTLS"] if self.tls is not None and not secure else []
                names = ["mail.test", *offers, "8BITMIME"]
                say(*(f"250-{name}" for name in names[:-1]), f"250 {names[-1]}")
            elif verb == "STARTTLS" and self.tls is not None:
                say("220 go on")
                await writer.drain()
                await writer.start_tls(self.tls)
                secure = True
            elif verb == "AUTH":
                given = base64.b64decode(line.split()[-1]).split(b"\0")[-1].decode()
                signed_in = given == self.password
                say("235 come in" if signed_in else "535 no")
            elif verb == "MAIL":
                sender, recipients = line[line.index("<") + 1 : line.index(">")], []
                say("250 well" if signed_in else "530 who are you")
            elif verb == "RCPT":
                address = line[line.index("<") + 1 : line.index(">")]
                if address in self.refuse:
                    say("550 not here")
                else:
                    recipients.append(address)
                    say("250 well")
            elif verb == "DATA":
                say("354 go on")
                raw = (await reader.readuntil(b"\r\n.\r\n"))[:-3].replace(b"\r\n..", b"\r\n.")
                if self.answer.startswith("250"):
                    message = cast(EmailMessage, email.message_from_bytes(raw, policy=policy.default))
                    self.mails.append((sender, recipients, message))
                    self.encrypted.append(secure)
                say(self.answer)
            else:
                say("221 bye" if verb == "QUIT" else "250 well")
            await writer.drain()


@asynccontextmanager
async def smtp(**options: object) -> AsyncIterator[SmtpServer]:
    """It listens until the end of the block."""
    server = SmtpServer(**options)  # type: ignore[arg-type]
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
