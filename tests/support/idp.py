# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A small identity provider on loopback: discovery, keys, codes and ID tokens; and every way to get them wrong.

As a program, for tests in a browser: `python -m tests.support.idp '{"email": "ada@a.example"}'` says as whom people sign
in there, prints a line of JSON when it listens, and ends with its standard input.
"""

import asyncio
import base64
import hashlib
import hmac
import html
import json
import secrets
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from aiohttp import web
from cryptography.hazmat.primitives import serialization
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

CLIENT = "csms"
SECRET = "a secret:of the client"


def _part(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


class Idp:
    """What is set before a sign-in is what the provider says in it."""

    def __init__(self) -> None:
        self.url = ""
        self.claims: dict[str, Any] = {"sub": "42", "email": "Ada@a.example", "email_verified": True}
        self.now = int(time.time())
        self.algorithm = "RS256"
        self.header: dict[str, Any] = {}
        self.forge: str | None = None
        self.document: dict[str, Any] = {}
        self.iss: str | None = None
        self.methods = ["client_secret_basic"]
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        self.rotate()

    def rotate(self) -> None:
        """New keys; the old ones are published no more."""
        self.keys = {
            "RS256": RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig"}),
            "ES256": ECKey.generate_key("P-256", {"kid": secrets.token_hex(4), "use": "sig"}),
        }

    def authorize(self, location: str) -> dict[str, str]:
        """The person signs in at the provider: what the browser is sent back with."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert query["client_id"] == CLIENT
        code = secrets.token_urlsafe()
        self.codes[code] = query
        answer = {"code": code, "state": query["state"]}
        return answer | ({} if self.iss is None else {"iss": self.iss})

    def back(self, location: str, **changes: str | None) -> str:
        """The address that the browser is sent back to."""
        redirect = parse_qs(urlsplit(location).query)["redirect_uri"][0]
        answer = {name: value for name, value in {**self.authorize(location), **changes}.items() if value is not None}
        return f"{urlsplit(redirect).path}?{urlencode(answer)}"

    def _token(self, nonce: str) -> str:
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "iat": self.now,
            "exp": self.now + 300,
            "nonce": nonce,
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        key = self.keys[self.algorithm]
        header = {"alg": self.algorithm, "kid": key.kid, **self.header}
        if self.forge == "none":
            return f"{_part({**header, 'alg': 'none'})}.{_part(claims)}."
        if self.forge == "public key as secret":
            public = key.raw_value if not key.is_private else key.raw_value.public_key()
            pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            head = f"{_part({**header, 'alg': 'HS256'})}.{_part(claims)}"
            mac = hmac.digest(pem, head.encode(), hashlib.sha256)
            return f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        if self.forge == "foreign key":
            key = RSAKey.generate_key(2048)
        token = jwt.encode(header, claims, key, algorithms=[self.algorithm])
        if self.forge == "changed":
            head, _, signature = token.split(".")
            return f"{head}.{_part({**claims, 'sub': 'somebody else'})}.{signature}"
        return token

    async def discovery(self, _: web.Request) -> web.Response:
        """What the provider says of itself."""
        self.asked.append("discovery")
        document = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize?tenant=1",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": self.methods,
            "authorization_response_iss_parameter_supported": self.iss is not None,
        }
        return web.json_response(document | self.document)

    async def page(self, request: web.Request) -> web.Response:
        """What a person sees in a browser: they are known here, and go on by a link."""
        back = request.query["redirect_uri"] + "?" + urlencode(self.authorize(str(request.rel_url)))
        who = html.escape(str(self.claims.get("email", self.claims["sub"])))
        text = (
            '<!doctype html><html lang="en"><head><title>Company</title><link rel="icon" href="data:,"></head><body>'
            f'<main><h1>Company</h1><p><a href="{html.escape(back)}">Go on as {who}</a></p></main></body></html>'
        )
        return web.Response(text=text, content_type="text/html")

    async def published(self, _: web.Request) -> web.Response:
        """The public keys."""
        self.asked.append("keys")
        return web.json_response(KeySet(list(self.keys.values())).as_dict(private=False))

    async def token(self, request: web.Request) -> web.Response:
        """A code for an ID token, once, to the client that began, with the verifier that fits (RFC 7636)."""
        form = {str(name): str(value) for name, value in (await request.post()).items()}
        begun = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        if "Authorization" in request.headers:
            shown = base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
            known = shown == "csms:a+secret%3Aof+the+client"
        else:
            known = (form.get("client_id"), form.get("client_secret")) in {(CLIENT, SECRET), (CLIENT, None)}
        if (
            begun is None
            or not known
            or begun["code_challenge"] != challenge.decode()
            or begun["redirect_uri"] != form["redirect_uri"]
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response({"id_token": self._token(begun["nonce"]), "token_type": "Bearer"})


@asynccontextmanager
async def running_idp() -> AsyncIterator[Idp]:
    """A provider that listens."""
    idp = Idp()
    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", idp.discovery)
    app.router.add_get("/authorize", idp.page)
    app.router.add_get("/keys", idp.published)
    app.router.add_post("/token", idp.token)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    idp.url = f"http://{host}:{port}"
    try:
        yield idp
    finally:
        await runner.cleanup()


async def _serve(claims: str) -> None:
    async with running_idp() as idp:
        idp.claims |= json.loads(claims)
        sys.stdout.write(json.dumps({"issuer": idp.url, "client": CLIENT, "secret": SECRET}) + "\n")
        sys.stdout.flush()
        over = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
        while not over.done():
            idp.now = int(time.time())
            await asyncio.wait({over}, timeout=1)


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
