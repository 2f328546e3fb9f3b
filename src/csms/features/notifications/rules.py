# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The words of a message: templates that put in named values and do nothing else, and texts that stay texts."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from csms.kit.errors import InvalidError, NotFoundError
from csms.kit.mail import one_line, plain

VALUES: Final[Mapping[str, str]] = {
    "title": "What is the matter, on one line.",
    "body": "What is known of it, on lines of its own.",
    "url": "Where it is in the web app; empty where the installation has no public address.",
    "severity": "How bad it is: info, warning or critical.",
    "kind": "The kind of message.",
}
SUBJECT: Final = "{{ title }}"
TEXT: Final = "{{ body }}\n\n{{ url }}"
_PLACE: Final = re.compile(r"\{\{([^{}]*)\}\}")
_KIND: Final = re.compile(r"[a-z][a-z0-9_.]{0,63}")
_LANGUAGE: Final = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
_BODY_MAX: Final = 20_000


class TemplateNotFoundError(NotFoundError):
    """No kind of message is called so, or no language is written so."""

    code: ClassVar[str] = "notification_template_not_found"


class UnknownPlaceholderError(InvalidError):
    """A template asks for a value that there is not."""

    code: ClassVar[str] = "unknown_placeholder"


@dataclass(frozen=True, slots=True)
class Words:
    """A message in the words in which it is sent."""

    subject: str
    text: str


def check_name(kind: str, language: str) -> None:
    """Raises TemplateNotFoundError."""
    if not _KIND.fullmatch(kind) or not _LANGUAGE.fullmatch(language):
        raise TemplateNotFoundError(
            "a template is of a kind such as alert_raised, and in a language such as de or de-AT"
        )


def check_template(**fields: str) -> None:
    """Fields of a template by their names. Raises UnknownPlaceholderError, which says in which it is."""
    errors = []
    for name, template in fields.items():
        for found in _PLACE.findall(template):
            if found.strip() not in VALUES:
                says = f"there is no value {found.strip()[:50]!r}; there are {', '.join(VALUES)}, as {{{{ title }}}}"
                errors.append({"path": f"body.{name}", "message": says})
                break
    if errors:
        raise UnknownPlaceholderError("; ".join(each["message"] for each in errors), errors=errors)


def render(subject: str, text: str, values: Mapping[str, str | None]) -> Words:
    """Put the values in, once: what stands in a value is not looked at again."""

    def put(found: re.Match[str]) -> str:
        return values.get(found[1].strip()) or ""

    return Words(one_line(_PLACE.sub(put, subject)) or "(no title)", plain(_PLACE.sub(put, text)).strip()[:_BODY_MAX])


def as_html(words: Words, url: str | None) -> str:
    """The same for a mail: every text is escaped; a link only to what is one."""
    link = ""
    if url is not None and url.startswith(("https://", "http://")):
        address = html.escape(plain(url), quote=True)
        link = f'<p><a href="{address}">{address}</a></p>'
    text = html.escape(words.text, quote=True).replace("\n", "<br>\n")
    return (
        f"<!doctype html><html><head><title>{html.escape(words.subject)}</title></head>"
        f"<body><p>{text}</p>{link}</body></html>"
    )


def for_chat(text: str) -> str:
    """A text that calls nobody: chats ring everybody at @everyone or <!channel>."""
    return text.replace("@", "@\u200b").replace("<!", "<\u200b!")
