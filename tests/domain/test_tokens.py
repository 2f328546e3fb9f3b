# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tokens: normal form, spellings of brands, the answer."""

from datetime import UTC, datetime, timedelta

import pytest

from csms.domain.tokens import AuthorizationStatus, authorize, candidates, normalize

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize("spelt", ["04a2b3", "04A2B3", " 04a2B3 "])
def test_letter_case_and_blanks_do_not_matter(spelt: str) -> None:
    """Identifiers are case-insensitive (steve#1900)."""
    assert normalize(spelt) == "04A2B3"


def test_brands_that_add_something_are_looked_up_without_it() -> None:
    """KEBA appends `_serial`, Alpitronic prefixes `VID:`; the exact form comes first."""
    assert candidates("tag_1234") == ("TAG_1234", "TAG")
    assert candidates("vid:04aa") == ("VID:04AA", "04AA")
    assert candidates("plain") == ("PLAIN",)
    assert candidates("_x") == ("_X",)


def test_an_accepted_token_expires_with_its_time() -> None:
    """Expired from its very instant on."""
    assert authorize("accepted", NOW + timedelta(seconds=1), "g", NOW).status is AuthorizationStatus.ACCEPTED
    assert authorize("accepted", NOW, None, NOW).status is AuthorizationStatus.EXPIRED
    assert authorize("accepted", None, None, NOW).status is AuthorizationStatus.ACCEPTED


@pytest.mark.parametrize("status", ["blocked", "expired", "invalid"])
def test_other_states_are_told_as_they_are(status: str) -> None:
    """A blocked token is Blocked, not Invalid (citrineos#215)."""
    answer = authorize(status, NOW - timedelta(days=1), "group", NOW)
    assert (answer.status.value, answer.group) == (status, "group")
