# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Contrast as WCAG computes it, and which text is read on which colour."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.kit.colors import DARK_TEXT, ENOUGH, LIGHT_TEXT, contrast, text_on

COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#ff0000", "#ffffff", 4.0),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_known_pairs(one: str, other: str, expected: float) -> None:
    """Figures that are published for these pairs, in both directions."""
    assert contrast(one, other) == pytest.approx(expected, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


@given(COLORS)
def test_the_text_that_is_chosen_can_be_read(color: str) -> None:
    """It has enough contrast, and the other one has no more; a refused colour has too little with both."""
    light, dark = contrast(color, LIGHT_TEXT), contrast(color, DARK_TEXT)
    if max(light, dark) < ENOUGH:
        with pytest.raises(ValueError, match=f"{light:.2f}:1"):
            text_on(color)
    else:
        assert contrast(color, text_on(color)) == max(light, dark)


def test_colors_in_the_middle_are_refused() -> None:
    """There are such, and their neighbours are fine."""
    with pytest.raises(ValueError, match=r"on #808080 white has a contrast of 3\.95:1 and dark text one of 4\.4"):
        text_on("#808080")
    assert (text_on("#757575"), text_on("#828282")) == (LIGHT_TEXT, DARK_TEXT)
