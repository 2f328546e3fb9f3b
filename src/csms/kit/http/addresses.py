# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Which addresses are on the internet."""

from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

# IPv6 that may end at any IPv4 address: translated, tunnelled, compatible; and site-local, which Python calls global.
_DISGUISED: Final = tuple(
    IPv6Network(each) for each in ("64:ff9b::/32", "2001::/32", "2002::/16", "::/96", "::ffff:0:0:0/96", "fec0::/10")
)


def is_public(address: str) -> bool:
    """Whether an address is on the internet: not loopback, private, link-local, multicast, reserved or disguised."""
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return is_public(str(parsed.ipv4_mapped))
        if any(parsed in network for network in _DISGUISED):
            return False
    return parsed.is_global and not parsed.is_multicast
