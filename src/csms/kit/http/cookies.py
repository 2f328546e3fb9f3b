# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The cookie of a browser's session, and what guards it: browsers send cookies whoever makes them ask.

A request that changes something counts only if it comes from our own pages (`Origin`, `Sec-Fetch-Site`); whatever says
neither is refused. Requests with an access token are not concerned: no browser adds one by itself.
"""

from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from csms.kit.http.problems import ForbiddenError

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_PREFIXED: Final = "__Host-csms"
_PLAIN: Final = "csms_session"
_MAX_VALUE: Final = 256


class CrossOriginError(ForbiddenError):
    """The request does not come from a page of ours."""

    code: ClassVar[str] = "cross_origin"


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """`secure` where people reach us by TLS.

    `origins`: where our pages are, as far as that was set; nothing else is ours then. Unset: at the address that is
    asked, and at `origin`.
    """

    secure: bool = False
    origin: str | None = None
    origins: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """With TLS a name that browsers let nobody else set: no neighbour below the same domain, no plain page."""
        return _PREFIXED if self.secure else _PLAIN

    def read(self, request: HTTPConnection) -> str | None:
        """What the browser sent, if it can be one of ours."""
        value = request.cookies.get(self.name)
        return value if value and len(value) <= _MAX_VALUE else None

    def give(self, response: Response, value: str, max_age_s: int) -> None:
        """Hand out a session."""
        response.set_cookie(
            self.name, value, max_age=max_age_s, path="/", secure=self.secure, httponly=True, samesite="lax"
        )

    def take(self, response: Response) -> None:
        """Have the browser forget it."""
        response.delete_cookie(self.name, path="/", secure=self.secure, httponly=True, samesite="lax")

    def check_own(self, request: Request) -> None:
        """Refuse a request that changes something and does not show that a page of ours sent it."""
        if request.method in SAFE_METHODS:
            return
        if request.headers.get("sec-fetch-site") != "same-origin" and request.headers.get("origin") is None:
            raise CrossOriginError("with a cookie, the header Origin has to name this server")
        self.check_not_foreign(request)

    def check_not_foreign(self, request: Request) -> None:
        """Refuse a request that a page of somebody else sent; one that says nothing was sent by no browser."""
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        if site not in {None, "same-origin"} or not self._is_own(request, site, origin):
            raise CrossOriginError(f"this request comes from a page of another origin{self._where()}")

    def _is_own(self, request: Request, site: str | None, origin: str | None) -> bool:
        """A name that leads to this machine, and that nobody set, is somebody else's: its pages may be too."""
        asked = request.headers.get("host", "")
        if self.origins:
            if origin is not None:
                return origin in self.origins
            return site is None or asked.lower() in {urlsplit(each).netloc for each in self.origins}
        return origin in {None, self.origin, f"{request.url.scheme}://{asked}"}

    def _where(self) -> str:
        if not self.origins:
            return ""
        return f": ours are at {', '.join(sorted(self.origins))} (CSMS_HTTP__PUBLIC_URL, CSMS_HTTP__CORS_ORIGINS)"


def origin_of(url: str | None) -> str | None:
    """Scheme, host and port of a URL, as browsers name them."""
    if url is None:
        return None
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in {None, default} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"
