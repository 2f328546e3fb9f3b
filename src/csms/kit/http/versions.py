# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How a route says that it will go: `@api.get("/old", **deprecated(since, sunset, "/api/v1/new"))`.

The headers are those of RFC 9745 (Deprecation), RFC 8594 (Sunset) and RFC 5829 (successor-version).
"""

from datetime import datetime
from email.utils import format_datetime
from typing import Any

from fastapi import Depends
from starlette.requests import Request

GONE = "csms.deprecated"
"""Where the headers of a deprecated route stand in the ASGI scope until its answer begins."""


def deprecated(since: datetime, sunset: datetime, successor: str) -> dict[str, Any]:
    """What a route is declared with: marked in the API document, and told with every answer. Instants are aware."""
    if sunset <= since:
        raise ValueError("a route is deprecated before it goes")
    headers = {
        "Deprecation": f"@{int(since.timestamp())}",
        "Sunset": format_datetime(sunset, usegmt=True),
        "Link": f'<{successor}>; rel="successor-version"',
    }

    async def tell(request: Request) -> None:
        request.scope[GONE] = headers

    return {"deprecated": True, "dependencies": [Depends(tell)]}
