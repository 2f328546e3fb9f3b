# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""OpenID Connect as a client: discovery, the exchange of a code, and what an ID token has to be to be believed."""

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import quote_plus, urlencode, urlsplit

import msgspec
from authlib.oidc.core import CodeIDToken
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, OKPKey, RSAKey

from csms.kit.clock import Clock
from csms.kit.http.outbound import Outbound, OutboundError

# What is signed with a key that only the provider has. Neither `none` nor HS…: their "key" is known to others.
ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
LEEWAY_S: Final = 60
_REMEMBER_S: Final = 3600.0
_REFETCH_S: Final = 60.0
_MOST_KEYS: Final = 50
_MAX_TOKEN: Final = 32 * 1024
_MIN_RSA_BITS: Final = 2048
_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_ACCEPT: Final = {"Accept": "application/json"}
_Url = Annotated[str, msgspec.Meta(max_length=2000)]


class OpenIdError(Exception):
    """The provider is not what it should be, or what it says cannot be believed; the text says why."""


class Metadata(msgspec.Struct, frozen=True):
    """What a provider says of itself (OpenID Connect Discovery 1.0 section 3)."""

    issuer: _Url
    authorization_endpoint: _Url
    token_endpoint: _Url
    jwks_uri: _Url
    token_endpoint_auth_methods_supported: list[str] = msgspec.field(default_factory=lambda: ["client_secret_basic"])
    authorization_response_iss_parameter_supported: bool = False


class _Keys(msgspec.Struct):
    keys: list[dict[str, Any]]


class _TokenAnswer(msgspec.Struct):
    id_token: str
    access_token: str | None = None


class OpenId:
    """Asks providers. `private_hosts` are those inside our own network; only there plain http is allowed."""

    def __init__(self, clock: Clock, private_hosts: tuple[str, ...] = ()) -> None:
        self._clock = clock
        self._private_hosts = frozenset(private_hosts)
        self._outbound = Outbound(private_hosts)
        self._metadata: dict[str, tuple[float, Metadata]] = {}
        self._keys: dict[str, tuple[float, list[dict[str, Any]]]] = {}

    async def metadata(self, issuer: str) -> Metadata:
        """What is at the issuer's address, and really of that issuer; remembered for an hour."""
        remembered = self._metadata.get(issuer)
        if remembered is not None and self._clock.monotonic() - remembered[0] < _REMEMBER_S:
            return remembered[1]
        url = issuer.removesuffix("/") + _WELL_KNOWN
        found: Metadata = await self._get(url, Metadata)
        if found.issuer != issuer:
            raise OpenIdError(f"{url} is of another issuer: {found.issuer[:200]!r}")
        for each in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
            self._check(each)
        self._metadata[issuer] = (self._clock.monotonic(), found)
        return found

    async def probe(self, issuer: str) -> int:
        """Ask a provider now, whatever is remembered of it; how many keys it publishes that could sign ID tokens."""
        self._metadata.pop(issuer, None)
        found = await self.metadata(issuer)
        keys = (await self._get(found.jwks_uri, _Keys)).keys[:_MOST_KEYS]
        usable = sum(any(_fitting([key], None, algorithm) for algorithm in ALGORITHMS) for key in keys)
        if not usable:
            raise OpenIdError(f"{found.jwks_uri} has no key that ID tokens could be signed with")
        self._keys[found.jwks_uri] = (self._clock.monotonic(), keys)
        return usable

    async def exchange(
        self, provider: Metadata, client_id: str, secret: str | None, code: str, verifier: str, redirect_uri: str
    ) -> str:
        """The ID token for a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = {**_ACCEPT, "Content-Type": "application/x-www-form-urlencoded"}
        if secret is not None and "client_secret_basic" in provider.token_endpoint_auth_methods_supported:
            pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"  # RFC 6749 section 2.3.1
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form["client_id"] = client_id
            if secret is not None:
                form["client_secret"] = secret
        try:
            answer = await self._outbound.post(provider.token_endpoint, urlencode(form).encode(), headers)
            return msgspec.json.decode(answer, type=_TokenAnswer).id_token
        except (OutboundError, msgspec.MsgspecError) as error:
            raise OpenIdError(f"no token for the code: {error}") from error

    async def claims(self, provider: Metadata, client_id: str, id_token: str, nonce: str) -> Mapping[str, Any]:
        """What an ID token says, if it is the provider's, for us, of now, and of the sign-in that we began."""
        if len(id_token) > _MAX_TOKEN:
            raise OpenIdError("the ID token is too long")
        try:
            header = jws.extract_compact(id_token.encode()).headers()
            algorithm = header.get("alg")
            if algorithm not in ALGORITHMS:
                raise OpenIdError(f"ID tokens signed with {str(algorithm)[:20]!r} are not believed")
            key = await self._key(provider, header.get("kid"), str(algorithm))
            signed = jws.deserialize_compact(id_token, key, algorithms=[str(algorithm)])
            payload = msgspec.json.decode(signed.payload, type=dict[str, Any])
            claims = CodeIDToken(
                payload,
                dict(header),
                options={
                    "iss": {"essential": True, "value": provider.issuer},
                    "sub": {"essential": True},
                    "aud": {"essential": True, "value": client_id},
                },
                params={"nonce": nonce, "client_id": client_id},
            )
            claims.validate(now=int(self._clock.now().timestamp()), leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError, binascii.Error, msgspec.MsgspecError) as error:
            raise OpenIdError(f"the ID token is not believed: {str(error) or type(error).__name__}") from error
        if not isinstance(payload["sub"], str) or not 0 < len(payload["sub"]) <= 255:
            raise OpenIdError("the ID token names nobody")
        return payload

    async def _key(self, provider: Metadata, kid: object, algorithm: str) -> Key:
        """The provider's key; a name that is not known may be of a key made since the last look."""
        asked_at, keys = self._keys.get(provider.jwks_uri, (None, []))
        now = self._clock.monotonic()
        found = _fitting(keys, kid, algorithm)
        age = _REMEMBER_S if asked_at is None else now - asked_at
        if age >= _REMEMBER_S or (not found and age >= _REFETCH_S):
            keys = (await self._get(provider.jwks_uri, _Keys)).keys[:_MOST_KEYS]
            self._keys[provider.jwks_uri] = (now, keys)
            found = _fitting(keys, kid, algorithm)
        if len(found) != 1:
            raise OpenIdError("the ID token is signed with a key that the provider does not publish")
        key = JWKRegistry.import_key(found[0])
        if not isinstance(key, RSAKey | ECKey | OKPKey):
            raise OpenIdError("the provider's key is none that only the provider has")
        if isinstance(key, RSAKey) and key.raw_value.key_size < _MIN_RSA_BITS:
            raise OpenIdError("the provider's key is too short")
        return key

    async def _get(self, url: str, kind: Any) -> Any:
        self._check(url)
        try:
            return msgspec.json.decode(await self._outbound.get(url, _ACCEPT), type=kind)
        except (OutboundError, msgspec.MsgspecError) as error:
            raise OpenIdError(f"{url} cannot be used: {error}") from error

    def _check(self, url: str) -> None:
        try:
            parts = urlsplit(url)
        except ValueError as error:
            raise OpenIdError("the address is no URL") from error
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in self._private_hosts):
            raise OpenIdError("a provider is asked by https only")


def _fitting(keys: list[dict[str, Any]], kid: object, algorithm: str) -> list[dict[str, Any]]:
    kinds = {"R": "RSA", "P": "RSA", "E": "OKP" if algorithm == "EdDSA" else "EC"}
    return [
        key
        for key in keys
        if key.get("kty") == kinds[algorithm[0]]
        and (kid is None or key.get("kid") == kid)
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
    ]
