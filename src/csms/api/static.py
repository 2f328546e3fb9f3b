# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Plain pages and their files: status at `/`, what links in mails lead to, the API reference; nothing from afar."""

import html
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, HTMLResponse

from csms.kit.errors import NotFoundError

ASSETS: Final = Path(__file__).parent / "assets"
_BUNDLE: Final = "scalar.js"
_SERVED: Final = {
    "status.css": "text/css",
    "status.mjs": "text/javascript",
    "invitation.mjs": "text/javascript",
    "reference.css": "text/css",
    "reference.mjs": "text/javascript",
    "icon.svg": "image/svg+xml",
    _BUNDLE: "text/javascript",
}
# The reference's components write style elements; scripts and connections stay with this origin all the same.
_REFERENCE_CSP: Final = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'"
)


def _page(name: str, values: dict[str, str], status: int = 200, csp: str | None = None) -> HTMLResponse:
    content = (ASSETS / name).read_text(encoding="utf-8")
    for key, value in values.items():
        content = content.replace(f"{{{{{key}}}}}", html.escape(value))
    headers = {"Cache-Control": "no-cache"} | ({} if csp is None else {"Content-Security-Policy": csp})
    return HTMLResponse(content, status, headers)


def router(
    version: str, ocpp_url: str, docs_url: str, *, insecure_lan: bool = False, assets: Path = ASSETS
) -> APIRouter:
    """The pages; what they show of this installation is written into them."""
    pages = APIRouter(include_in_schema=False)
    values = {"version": version, "ocpp_url": ocpp_url, "docs_url": docs_url}

    @pages.api_route("/", methods=["GET", "HEAD"])
    async def status_page() -> Response:
        name = "status.html"
        return _page(name, values | {"banner": "" if insecure_lan else "hidden"})

    # one page: its script does what the address is for
    @pages.api_route("/verify-email", methods=["GET", "HEAD"])
    @pages.api_route("/reset-password", methods=["GET", "HEAD"])
    @pages.api_route("/invitation", methods=["GET", "HEAD"])
    async def invitation_page() -> Response:
        return _page("invitation.html", {})

    @pages.api_route("/api/docs", methods=["GET", "HEAD"])
    async def reference_page() -> Response:
        if not (assets / _BUNDLE).is_file():
            return _page("reference-missing.html", values, 503)
        return _page("reference.html", values, csp=_REFERENCE_CSP)

    @pages.api_route("/assets/{name}", methods=["GET", "HEAD"])
    async def asset(name: str) -> Response:
        media_type = _SERVED.get(name)
        path = assets / name
        if media_type is None or not path.is_file():
            raise NotFoundError("there is no such file")
        return FileResponse(path, media_type=media_type, headers={"Cache-Control": "no-cache"})

    return pages
