# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Colours that text can be read on: contrast as WCAG 2.2 defines it (success criterion 1.4.3)."""

from typing import Final

LIGHT_TEXT: Final = "#ffffff"
DARK_TEXT: Final = "#131a24"
"""The web app's two colours of text on a coloured surface."""
ENOUGH: Final = 4.5


def _linear(channel: int) -> float:
    """A channel of sRGB (0 to 255) as light."""
    share = channel / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def luminance(color: str) -> float:
    """The relative luminance of `#rrggbb`: 0 is black, 1 is white."""
    red, green, blue = (_linear(part) for part in bytes.fromhex(color.removeprefix("#")))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black and white)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def text_on(color: str) -> str:
    """The text that is read best on a colour. Raises ValueError where neither is read well enough."""
    light, dark = contrast(color, LIGHT_TEXT), contrast(color, DARK_TEXT)
    if max(light, dark) < ENOUGH:
        raise ValueError(
            f"a colour on which text can be read: on {color} white has a contrast of {light:.2f}:1 and dark text one of"
            f" {dark:.2f}:1, {ENOUGH}:1 is needed; take a darker or a lighter one"
        )
    return LIGHT_TEXT if light >= dark else DARK_TEXT
