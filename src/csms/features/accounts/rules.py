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

Purpose = Literal["invitation", "reset", "verification", "change", "notice"]
LIVES: Final[Mapping[Purpose, timedelta]] = {
    "invitation": timedelta(days=7),
    "reset": timedelta(hours=1),
    "verification": timedelta(hours=24),
    "change": timedelta(hours=24),
    "notice": timedelta(hours=24),
}
# behind the #: it is sent to no server, and so written into no log; what is only to be known has none
PATHS: Final[Mapping[Purpose, str]] = {
    "invitation": "/invitation#",
    "reset": "/reset-password#token=",
    "verification": "/verify-email#",
    "change": "/verify-email#",
}
_NAME_MAX: Final = 100
_SUBJECTS: Final[Mapping[Purpose, str]] = {
    "invitation": "Your account at CSMS Lite",
    "reset": "A new password for CSMS Lite",
    "verification": "Is this your address? CSMS Lite asks",
    "change": "Is this your new address? CSMS Lite asks",
    "notice": "Mails of CSMS Lite are to go to another address",
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
    "change": (
        "This address was entered as the new one of the user {username} at CSMS Lite, organization {organization}. "
        "If that is you, say so here; it ends all your sessions:",
        "If it is not you, do nothing.",
    ),
    "notice": (
        "Somebody, probably you, asked that mails for the user {username} at {origin} go to another address from now "
        "on. They will, once a link is opened that was sent there.",
        "If it was not you, choose a new password at once, which ends this, and tell an administrator.",
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


def write(purpose: Purpose, link: str | None, expires: str, *, username: str, organization: str, origin: str) -> Letter:
    """The mail of a purpose."""
    values = {"username": inert(username), "organization": inert(organization), "origin": origin}
    before, after = (words.format(**values) for words in _WORDS[purpose])
    shown = ""
    if link is not None:
        after = f"The link is good once, until {expires}. {after}"
        shown = f'<p><a href="{html.escape(link)}">{html.escape(link)}</a></p>'
    text = "\n\n".join((before, after) if link is None else (before, link, after)) + "\n"
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title></title></head><body>'
        f"<p>{html.escape(before)}</p>{shown}<p>{html.escape(after)}</p>"
        "</body></html>"
    )
    return Letter(_SUBJECTS[purpose], text, page)
