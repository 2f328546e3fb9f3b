# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Whose word is taken for where a request comes from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.kit.addresses import TrustedProxies, parse_address

PROXIES = TrustedProxies(["10.0.0.1", "192.168.0.0/16", "2001:db8::/32"])


@pytest.mark.parametrize(
    ("peer", "headers", "client"),
    [
        ("10.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["198.51.100.9, 203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["198.51.100.9", "203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["203.0.113.7, 192.168.3.4"], "203.0.113.7"),
        ("10.0.0.1", ["192.168.9.9, 192.168.3.4"], "192.168.9.9"),
        ("10.0.0.1", ["junk, 192.168.3.4"], "192.168.3.4"),
        ("10.0.0.1", ["203.0.113.7, junk"], "10.0.0.1"),
        ("10.0.0.1", [" 203.0.113.7:4711 "], "203.0.113.7"),
        ("10.0.0.1", ["[2001:db9::1]:80"], "2001:db9::1"),
        ("::ffff:10.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("2001:db8::5", ["203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.2", ["203.0.113.7"], "10.0.0.2"),
        ("203.0.113.1", ["10.0.0.1"], "203.0.113.1"),
        (None, ["203.0.113.7"], None),
    ],
)
def test_the_nearest_that_is_no_proxy_of_ours_is_the_client(peer: str, headers: list[str], client: str) -> None:
    """What stands before it was written by that one, and may be anything."""
    assert PROXIES.client(peer, headers) == client


@given(peer=st.ip_addresses().map(str), said=st.lists(st.text(max_size=60), max_size=5))
def test_whoever_is_not_named_is_not_believed(peer: str, said: list[str]) -> None:
    """Whatever they say."""
    assert TrustedProxies().client(peer, said) == peer
    if peer not in PROXIES:
        assert PROXIES.client(peer, said) == peer
    found = PROXIES.client("10.0.0.1", said)
    assert found is not None
    assert parse_address(found) is not None


def test_a_chain_has_an_end() -> None:
    """Thousands of hops are not walked through."""
    assert PROXIES.client("10.0.0.1", [", ".join(["203.0.113.7"] + ["192.168.1.1"] * 50_000)]) == "192.168.1.1"


def test_names_are_refused() -> None:
    """They would never match; everybody may be named by one sign."""
    with pytest.raises(ValueError, match="neither an address nor a network"):
        TrustedProxies(["caddy"])
    assert not TrustedProxies()
    everybody = TrustedProxies(["*"])
    assert everybody
    assert everybody.client("203.0.113.1", ["198.51.100.9"]) == "198.51.100.9"
    assert "no address" not in everybody
