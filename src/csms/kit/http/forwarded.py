# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Behind a proxy: the client's address, the scheme and the host it asked for, from a proxy that is trusted."""

import re
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from csms.kit.addresses import TrustedProxies

_HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")
_SCHEMES: Final = frozenset({"http", "https"})


class ForwardedMiddleware:
    """Puts what a trusted proxy says where the application looks; what others say there is taken out."""

    def __init__(self, app: ASGIApp, trusted: TrustedProxies) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http":
            scope = self._seen_through(scope)
        await self._app(scope, receive, send)

    def _seen_through(self, scope: Scope) -> Scope:
        peer = scope["client"][0] if scope.get("client") else None
        own = [(name, value) for name, value in scope["headers"] if not name.startswith(b"x-forwarded-")]
        if peer is None or peer not in self._trusted:
            return {**scope, "headers": own}
        said = Headers(scope=scope)
        client = self._trusted.client(peer, said.getlist("x-forwarded-for"))
        found = {**scope, "headers": own}
        if client != peer:
            found["client"] = (client, 0)
        # of several proxies the nearest has added to the end
        scheme = said.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
        if scheme in _SCHEMES:
            found["scheme"] = scheme
        host = said.get("x-forwarded-host", "").rpartition(",")[2].strip()
        if _HOST.fullmatch(host):
            found["headers"] = [*((name, value) for name, value in own if name != b"host"), (b"host", host.encode())]
        return found
