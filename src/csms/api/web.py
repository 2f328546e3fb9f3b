# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The operator web app: its one page for every address that a browser opens, and the files it loads.

What has its content in its name never changes and is kept by browsers for good; the page itself is asked for each time.
Beside each text there is what it is in Brotli and gzip, made when the app was built (`make web`).
"""

import hashlib
import mimetypes
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from csms.kit.http.origins import origin_of

FOLDER: Final = Path(__file__).parent / "assets" / "app"
_PAGE: Final = "index.html"
_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_EACH_TIME: Final = "no-cache"
# React Aria writes one rule into the page, for presses on touch screens; this is its hash.
_REACT_ARIA: Final = "'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o='"
_OTHERS: Final = ("/api/", "/files/", "/healthz", "/readyz", "/metrics", "/assets/", "/static/")
_REFUSED: Final = re.compile(r";\s*q=0(\.0*)?\s*$", re.IGNORECASE)  # RFC 9110, 12.4.2
_ENCODINGS: Final = {"br": ".br", "gzip": ".gz"}
_MISSING: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>CSMS Lite</title>
<h1>The web app is not built</h1><p>Say <code>make web</code>, then load this page again. The API works without it:
<a href="/api/docs">reference</a>.</p></html>"""


def policy(origins: Sequence[str] = ()) -> str:
    """What the page may load: its own files, and maps from where the settings say.

    What is not exactly an origin is left out: whatever was stored, it adds no directive and no wider source.
    """
    maps = "".join(f" {origin}" for origin in origins if _is_origin(origin))
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self' {_REACT_ARIA}; img-src 'self' data: blob:{maps}; "
        f"font-src 'self'; connect-src 'self'{maps}; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )


def _is_origin(text: str) -> bool:
    try:
        return origin_of(text) == text
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    media_type: str
    etag: str
    encodings: Mapping[str, Path]

    def answer(self, request: Request, cache: str) -> Response:
        """The file, in the smallest form that the client takes, or word that it has it already."""
        encoding, path = self._best(request.headers.get("accept-encoding", ""))
        etag = f'"{self.etag}-{encoding or "plain"}"'
        headers = {"Cache-Control": cache, "Vary": "Accept-Encoding", "ETag": etag}
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if encoding is not None:
            headers["Content-Encoding"] = encoding
        return FileResponse(path, media_type=self.media_type, headers=headers)

    def _best(self, accepted: str) -> tuple[str | None, Path]:
        named = {part.partition(";")[0].strip() for part in accepted.split(",") if not _REFUSED.search(part)}
        for name, path in self.encodings.items():
            if name in named:
                return name, path
        return None, self.path


def _file(path: Path) -> _File:
    # Python does not know these everywhere, and a script of another type is not run.
    known = {".js": "text/javascript", ".mjs": "text/javascript", ".woff2": "font/woff2", ".json": "application/json"}
    media_type = known.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    encodings = {name: path.with_name(path.name + end) for name, end in _ENCODINGS.items()}
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:20]
    return _File(path, media_type, digest, {name: each for name, each in encodings.items() if each.is_file()})


@cache
def _files(folder: Path) -> Mapping[str, _File]:
    """Read once for a process: their content is what its answers are known by."""
    return {
        path.relative_to(folder).as_posix(): _file(path)
        for path in (sorted(folder.rglob("*")) if folder.is_dir() else ())
        if path.is_file() and path.suffix not in _ENCODINGS.values()
    }


class WebApp:
    """The built app, as it was when the process began. `origins`: of whom its page may ask maps, by now."""

    def __init__(self, folder: Path = FOLDER, *, origins: Callable[[], Sequence[str]] = tuple) -> None:
        self._origins = origins
        self._files = _files(folder)

    def routes(self) -> list[Route]:
        """Its files, and the page; they come after all others."""
        public = [name for name in self._files if "/" not in name and name != _PAGE]
        files = [Route("/static/{name:path}", self._static, methods=["GET"])]
        files += [Route(f"/{name}", self._public, methods=["GET"]) for name in public]
        return [*files, _Page("/{path:path}", self._page, methods=["GET"])]

    async def _static(self, request: Request) -> Response:
        found = self._files.get(f"static/{request.path_params['name']}")
        if found is None:
            return Response("there is no such file", 404, media_type="text/plain")
        return found.answer(request, _FOR_GOOD)

    async def _public(self, request: Request) -> Response:
        return self._files[request.url.path[1:]].answer(request, _EACH_TIME)

    async def _page(self, request: Request) -> Response:
        page = self._files.get(_PAGE)
        answer = HTMLResponse(_MISSING, 503) if page is None else page.answer(request, _EACH_TIME)
        answer.headers["Content-Security-Policy"] = policy(self._origins())
        return answer


class _Page(Route):
    """For browsers that open an address, and at the root for all: a program that errs gets its problem document."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            return Match.NONE, {}
        accept = next((value for name, value in scope["headers"] if name == b"accept"), b"")
        is_wanted = b"text/html" in accept or scope["path"] == "/"
        if not is_wanted or f"{scope['path']}/".startswith(_OTHERS):
            return Match.NONE, {}
        return super().matches(scope)
