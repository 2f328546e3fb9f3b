# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Who is really there behind a proxy: X-Forwarded-For is believed from addresses that are named, and nobody else."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

_MAX_HOPS: Final = 32
EVERYBODY: Final = "*"


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """An address, also with a port (`192.0.2.1:80`, `[2001:db8::1]:80`); None where it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def network_of(address: str | None) -> str:
    """What one household or machine has of addresses: an IPv6 network of 64 bits counts as one."""
    found = None if address is None else parse_address(address)
    if found is None:
        return "unknown"
    return found.exploded[:19] if isinstance(found, IPv6Address) else str(found)


def parse_network(text: str) -> IPv4Network | IPv6Network:
    """An address or a network. Raises ValueError that says so."""
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is neither an address nor a network such as 10.0.0.0/8") from None


class TrustedProxies:
    """Addresses and networks of proxies that tell the truth."""

    def __init__(self, addresses: Iterable[str] = ()) -> None:
        """Raises ValueError for what is no address; `*` is everybody."""
        named = list(addresses)
        self._everybody = EVERYBODY in named
        self._networks = [parse_network(each) for each in named if each != EVERYBODY]

    def __bool__(self) -> bool:
        """Whether any is named."""
        return self._everybody or bool(self._networks)

    def __contains__(self, address: str | None) -> bool:
        """Whether a peer is one of them."""
        found = None if address is None else parse_address(address)
        return found is not None and self._trusts(found)

    def client(self, peer: str | None, forwarded_for: Sequence[str]) -> str | None:
        """The address of whoever asks: the last one in the chain that is no proxy of ours.

        What stands before it in the header was written by that one, and may be anything.
        """
        if peer is None or peer not in self:
            return peer
        current = peer
        hops = [hop for header in forwarded_for for hop in header.split(",")][-_MAX_HOPS:]
        for hop in reversed(hops):
            found = parse_address(hop)
            if found is None:
                break
            current = str(found)
            if not self._trusts(found):
                break
        return current

    def _trusts(self, address: IPv4Address | IPv6Address) -> bool:
        return self._everybody or any(address in network for network in self._networks)
