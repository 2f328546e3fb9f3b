# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The identity of a charger, from its path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.gateway.identity import read_identity


@pytest.mark.parametrize(
    ("path", "identity"),
    [
        ("/ocpp/CP1", "CP1"),
        ("/ocpp/CP1/", "CP1"),
        ("/ocpp/CP1?x=1", "CP1"),
        ("/ocpp/CP%201", "CP 1"),
        ("/ocpp/caf%C3%A9", "café"),
        ("/ocpp/prefix/CP1", "CP1"),
        ("/ocpp/CP1/CP1", "CP1"),
        ("/ocpp/" + "x" * 48, "x" * 48),
    ],
)
def test_the_last_segment_is_the_identity(path: str, identity: str) -> None:
    """Percent-encoded (core#1093), with segments of the charger's own before it (steve#689)."""
    assert read_identity(path) == identity


@pytest.mark.parametrize(
    "path",
    [
        "/ocpp/",
        "/ocpp",
        "/other/CP1",
        "/ocpp/..",
        "/ocpp/%2e%2e",
        "/ocpp/a%2Fb",
        "/ocpp/a%5Cb",
        "/ocpp/a%00b",
        "/ocpp/a%0Ab",
        "/ocpp/a:b",
        "/ocpp/%FF",
        "/ocpp/%20CP1",
        "/ocpp/" + "x" * 49,
        "/ocpp/" + "x" * 300,
    ],
)
def test_what_is_no_identity_is_refused(path: str) -> None:
    """Traversal, NUL, newline, colon, undecodable bytes and 300 characters name no charger (attack 11)."""
    assert read_identity(path) is None


@given(st.text())
def test_any_path_is_read_without_an_exception(path: str) -> None:
    """Whatever stands in a path."""
    found = read_identity("/ocpp/" + path)
    assert found is None or 0 < len(found) <= 48
