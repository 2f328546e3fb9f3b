# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How the gateway behaves; filled from the settings tree by `main`."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from csms.dialects.quirks import Library
from csms.gateway.tls import TlsFiles
from csms.kit.addresses import TrustedProxies

_REST_OF_ONE_S: Final = 0.000_02
_MOST_REST_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Per connection. Times in seconds."""

    max_inbox: int = 32
    call_timeout_s: float = 30.0
    ping_interval_s: float = 30.0
    missed_pongs: int = 3
    settle_after_boot_s: float = 0.5
    pace_before_boot_s: float = 1.0
    ask_status_after_s: float = 30.0  # 0: never
    quirks: Library = field(default_factory=Library)


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Of the whole door."""

    host: str = "127.0.0.1"
    port: int = 9000
    reuse_port: bool = False  # several processes listen there
    onboarding: str = "closed"
    max_message_bytes: int = 1024 * 1024
    heartbeat_interval_s: int = 300
    retry_interval_s: int = 60
    drain_timeout_s: float = 10.0
    max_group: int = 500
    lanes: int = 2
    tls: TlsFiles | None = None
    tls_port: int = 0
    proxied_tls: bool = False
    compression: bool = True
    unknown_tags_per_minute: int = 10
    handshake_timeout_s: float = 20.0
    half_open_per_address: int = 500
    proxies: TrustedProxies = field(default_factory=TrustedProxies)
    link: LinkSettings = field(default_factory=LinkSettings)


def rest_s(chargers: int) -> float:
    """How far apart groups begin that are committed: with many chargers, whose messages are not answered one by one,
    each message costs a fraction of a transaction; with few, nobody waits.
    """
    return min(chargers * _REST_OF_ONE_S, _MOST_REST_S)


class Tuning:
    """What may change while the gateway runs; here it stays what it was at the start."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings

    def onboarding(self) -> str:
        """How unknown chargers are met: closed, approval or open."""
        return self._settings.onboarding

    def retry_interval_s(self) -> int:
        """What waiting chargers are told."""
        return self._settings.retry_interval_s

    def heartbeat_interval_s(self, organization_id: UUID) -> int:
        """What accepted chargers of an organization are told."""
        del organization_id
        return self._settings.heartbeat_interval_s

    def link(self, organization_id: UUID) -> LinkSettings:
        """How a new connection of an organization's charger behaves."""
        del organization_id
        return self._settings.link
