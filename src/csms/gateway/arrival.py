# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What a handshake shows: credentials, and whether the charger spoke another version before."""

from collections.abc import Iterable

from aiohttp import web

from csms.domain.chargers import Provisioned
from csms.gateway.auth import Credential, read_basic
from csms.gateway.tls import certificate_name, certificate_serial


def credential_of(request: web.Request, proxied_tls: bool) -> Credential:
    """The name and password, whether it is TLS (here, or at a proxy before us), and the client certificate."""
    transport = request.transport
    secured = None if transport is None else transport.get_extra_info("ssl_object")
    peer = None if secured is None else secured.getpeercert()
    return Credential(
        basic=read_basic(request.headers.get("Authorization")),
        secure=secured is not None or proxied_tls,
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
