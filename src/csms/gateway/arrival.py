# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What a handshake shows: credentials, and whether the charger spoke another version before."""

from collections.abc import Iterable

from aiohttp import web

from csms.domain.chargers import Provisioned
from csms.gateway.auth import Credential, read_basic
from csms.gateway.settings import GatewaySettings
from csms.gateway.tls import certificate_name, certificate_serial
from csms.kit.addresses import TrustedProxies


def address_of(request: web.Request, proxies: TrustedProxies) -> str:
    """Where the charger is: the peer, or who a trusted proxy says it is."""
    return proxies.client(request.remote, request.headers.getall("X-Forwarded-For", [])) or "?"


def credential_of(request: web.Request, settings: GatewaySettings) -> Credential:
    """The name and password, whether it is TLS (here, or at a proxy before us), and the client certificate.

    Where the proxies are named, only what comes from them had its TLS there.
    """
    proxied = settings.proxied_tls and (not settings.proxies or request.remote in settings.proxies)
    transport = request.transport
    secured = None if transport is None else transport.get_extra_info("ssl_object")
    peer = None if secured is None else secured.getpeercert()
    return Credential(
        basic=read_basic(request.headers.get("Authorization")),
        secure=secured is not None or proxied,
        certificate_name=certificate_name(peer),
        certificate_serial=certificate_serial(peer),
    )


def downgrade_of(charger: Provisioned, protocol: str, versions: Iterable[str]) -> str | None:
    """In words, where a charger comes back with an older version than before; `versions` are the oldest first."""
    order = list(versions)
    last = charger.last_protocol
    if last not in order or order.index(protocol) >= order.index(last):
        return None
    return f"it spoke {last} before and speaks {protocol} now"


def offer_of(request: web.Request) -> str:
    """In words, which versions a charger offered that no version was agreed on."""
    offered = request.headers.get("Sec-WebSocket-Protocol", "")
    return f"it offered {offered[:100]!r}" if offered else "it offered no version"
