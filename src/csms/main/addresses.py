# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Where chargers connect to, as they have to be told."""

from typing import Final
from urllib.parse import urlsplit

from csms.api.installation import ChargerAddress
from csms.kit.config import OcppSettings

_HERE: Final = frozenset({"127.0.0.1", "::1", "0.0.0.0", "::"})  # noqa: S104  (shown, not bound)
_PLAIN: Final = [0, 1]


def shown(host: str) -> str:
    """A host as people write it: decisions say `localhost` for what is bound to this machine."""
    return "localhost" if host in _HERE else host


def charger_addresses(ocpp: OcppSettings, port: int | None = None, tls_port: int | None = None) -> list[ChargerAddress]:
    """Each address with the security profiles that are served there; the ports are those that were really taken."""
    port, tls_port = port or ocpp.port, tls_port or ocpp.tls_port
    base = ocpp.public_url or f"ws://{shown(ocpp.host)}:{port}"
    over_tls = [2, 3] if ocpp.tls_client_ca is not None and tls_port is not None else [2]
    if base.startswith("wss:") and (ocpp.proxied_tls or tls_port is not None):
        return [_address(base, over_tls)]
    found = [_address(base, _PLAIN)]
    if tls_port is not None:
        host = urlsplit(base).hostname or shown(ocpp.host)
        found.append(_address(f"wss://{f'[{host}]' if ':' in host else host}:{tls_port}", over_tls))
    return found


def _address(base: str, profiles: list[int]) -> ChargerAddress:
    return ChargerAddress(url=f"{base}/ocpp/{{identity}}", security_profiles=profiles)
