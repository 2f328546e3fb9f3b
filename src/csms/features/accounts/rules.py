# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The words of mails with links. Names are whatever people typed: in a mail they are text that leads nowhere."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from csms.kit.mail import one_line

Purpose = Literal["invitation", "reset", "verification"]
LIVES: Final[Mapping[Purpose, timedelta]] = {
    "invitation": timedelta(days=7),
    "reset": timedelta(hours=1),
    "verification": timedelta(hours=24),
}
# behind the #: it is sent to no server, and so written into no log
PATHS: Final[Mapping[Purpose, str]] = {
    "invitation": "/invitation#",
    "reset": "/reset-password#token=",
    "verification": "/verify-email#",
}
_NAME_MAX: Final = 100
_SUBJECTS: Final[Mapping[Purpose, str]] = {
    "invitation": "Your account at CSMS Lite",
    "reset": "A new password for CSMS Lite",
    "verification": "Is this your address? CSMS Lite asks",
}
_WORDS: Final[Mapping[Purpose, tuple[str, str]]] = {
    "invitation": (
        "You have the user name {username} at CSMS Lite, for the organization {organization}. Choose a password here:",
        "If you do not know what this is, do nothing.",
    ),
    "reset": (
        "Somebody, probably you, asked for a new password for the user {username} at {origin}. Set it here:",
        "If it was not you, do nothing: your password stays as it is.",
    ),
    "verification": (
        "This address was entered for the user {username} at CSMS Lite, organization {organization}. "
        "If that is you, say so here:",
        "If it is not you, do nothing.",
    ),
}
# What mail programs would make a link of: example.org, x@example.org, //host
_LEADS: Final = re.compile(r"(?<=\S)([.:/@])(?=\S)")
_JOINER: Final = "\u2060"  # shows nothing, and ends what looks like an address


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail, as it is handed to the mailer."""

    subject: str
    text: str
    html: str


def inert(name: str) -> str:
    """A name as it may stand in a mail: one line, not long, nothing to click."""
    return "\u201c" + _LEADS.sub(rf"\1{_JOINER}", one_line(name, _NAME_MAX)) + "\u201d"


def until(at: datetime, zone: str) -> str:
    """An end in the words of a time zone."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"


def write(purpose: Purpose, link: str, expires: str, *, username: str, organization: str, origin: str) -> Letter:
    """The mail of a purpose."""
    values = {"username": inert(username), "organization": inert(organization), "origin": origin}
    before, after = (words.format(**values) for words in _WORDS[purpose])
    holds = f"The link is good once, until {expires}."
    text = f"{before}\n\n{link}\n\n{holds} {after}\n"
    shown = html.escape(link)
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title></title></head><body>'
        f'<p>{html.escape(before)}</p><p><a href="{shown}">{shown}</a></p><p>{html.escape(f"{holds} {after}")}</p>'
        "</body></html>"
    )
    return Letter(_SUBJECTS[purpose], text, page)
