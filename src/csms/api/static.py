# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The API reference: a plain page and its files, nothing from afar. All other pages are the web app's."""

import html
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, HTMLResponse

from csms.kit.errors import NotFoundError

ASSETS: Final = Path(__file__).parent / "assets"
_BUNDLE: Final = "scalar.js"
_SERVED: Final = {
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


def router(version: str, *, assets: Path = ASSETS) -> APIRouter:
    """The page, or what to do where its bundle is not built."""
    pages = APIRouter(include_in_schema=False)

    @pages.api_route("/api/docs", methods=["GET", "HEAD"])
    async def reference_page() -> Response:
        if not (assets / _BUNDLE).is_file():
            return _page("reference-missing.html", {"version": version}, 503)
        return _page("reference.html", {}, csp=_REFERENCE_CSP)

    @pages.api_route("/assets/{name}", methods=["GET", "HEAD"])
    async def asset(name: str) -> Response:
        media_type = _SERVED.get(name)
        path = assets / name
        if media_type is None or not path.is_file():
            raise NotFoundError("there is no such file")
        return FileResponse(path, media_type=media_type, headers={"Cache-Control": "no-cache"})

    return pages
