# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Origins of web addresses, so narrow that they can stand in a Content-Security-Policy as they are."""

import re
from typing import Final
from urllib.parse import urlsplit

_HOST: Final = re.compile(
    r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*"
)
_URL: Final = re.compile(r"[!#-&(-:=?-~]+")  # printable ASCII without blanks, quotes, semicolons and angle brackets


def origin_of(url: str) -> str:
    """`https://host[:port]` of an https address. Raises ValueError for everything else."""
    wanted = "an address such as https://maps.example.org/style.json, without a user name"
    if _URL.fullmatch(url) is None:
        raise ValueError(wanted)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError(wanted) from error
    if parts.scheme != "https" or parts.username is not None or _HOST.fullmatch(host) is None:
        raise ValueError(wanted)
    return f"https://{host}" if port is None or port == 443 else f"https://{host}:{port}"
