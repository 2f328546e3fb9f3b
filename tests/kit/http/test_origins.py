# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Origins that may stand in a Content-Security-Policy: nothing else gets in there."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.kit.http.origins import origin_of

_ORIGIN = re.compile(r"https://[a-z0-9.-]+(?::[0-9]{1,5})?")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://maps.example.org/style.json?key=a%20b", "https://maps.example.org"),
        ("https://MAPS.example.org:8443", "https://maps.example.org:8443"),
        ("https://maps.example.org:443/", "https://maps.example.org"),
        ("https://xn--krte-loa.example/s#x", "https://xn--krte-loa.example"),
    ],
)
def test_of_addresses(url: str, origin: str) -> None:
    """Lower case, without the usual port."""
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "http://maps.example.org/",
        "//maps.example.org",
        "https://",
        "https://user@maps.example.org",
        "https://maps.example.org;script-src *",
        "https://maps.example.org 'unsafe-inline'",
        "https://*.example.org",
        "https://*",
        "https://kärte.example",
        "https://maps.example.org:99999",
        "https://maps.example.org:x",
        "https://[::1]/",
        "https://maps.example.org\\@evil.example",
        "https://a..example",
        "javascript:alert(1)",
        "data:text/css,x",
        "https://maps.example.org/\n",
        "",
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    """With a sentence that says what is wanted."""
    with pytest.raises(ValueError, match=r"https://maps\.example\.org/style\.json"):
        origin_of(url)


@given(st.text(max_size=40).map(lambda text: f"https://{text}") | st.text(max_size=40))
def test_whatever_comes_only_an_origin_leaves(url: str) -> None:
    """No blank, quote, semicolon or wildcard."""
    try:
        assert _ORIGIN.fullmatch(origin_of(url))
    except ValueError:
        return
