# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The identity of a charger, from the path of its connection."""

from typing import Final
from urllib.parse import unquote_to_bytes

MAX_IDENTITY: Final = 48
_FORBIDDEN: Final = frozenset(':/\\<>"')
PATH: Final = "/ocpp/"


def read_identity(raw_path: str) -> str | None:
    """The percent-decoded last segment of the path; None where it is no identity.

    Chargers put segments of their own between the configured URL and their identity, or repeat it (steve#689); the last
    one counts. An identity has 1 to 48 printable characters, no colon (it is the user name of HTTP Basic), no slash,
    and nothing that markup is made of (it is shown to people).
    """
    path = raw_path.partition("?")[0]
    if not path.startswith(PATH):
        return None
    segments = [segment for segment in path.removeprefix(PATH).split("/") if segment]
    if not segments:
        return None
    try:
        identity = unquote_to_bytes(segments[-1]).decode()
    except UnicodeDecodeError:
        return None
    if not is_identity(identity):
        return None
    return identity


def is_identity(identity: str) -> bool:
    """Whether a text may be an identity."""
    return (
        0 < len(identity) <= MAX_IDENTITY
        and identity.isprintable()
        and _FORBIDDEN.isdisjoint(identity)
        and identity == identity.strip()
        and identity not in {".", ".."}
    )
