# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How the gateway behaves; filled from the settings tree by `main`."""

from dataclasses import dataclass, field

from csms.dialects.quirks import Library
from csms.gateway.tls import TlsFiles


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
    link: LinkSettings = field(default_factory=LinkSettings)
