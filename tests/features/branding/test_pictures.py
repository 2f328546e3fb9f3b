# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What is a logo and what is not, by its bytes alone."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.features.branding.rules import MAX_SIDE, MIN_SIDE, LogoRefusedError, Picture, read_picture
from tests.features.branding.pictures import PICTURES

STILL = ("png", "jpeg", "progressive", "lossy", "lossless", "alpha")
KINDS = {"png": "image/png", "jpeg": "image/jpeg", "progressive": "image/jpeg"}


@pytest.mark.parametrize("name", STILL)
def test_real_pictures(name: str) -> None:
    """Each kind of file that encoders write."""
    assert read_picture(PICTURES[name]) == Picture(KINDS.get(name, "image/webp"), 24, 16)


@pytest.mark.parametrize("name", ["apng", "anim"])
def test_what_moves_is_refused(name: str) -> None:
    """Nothing moves on a page that nobody can stop."""
    with pytest.raises(LogoRefusedError, match="moves"):
        read_picture(PICTURES[name])


@pytest.mark.parametrize("name", STILL)
def test_every_beginning_of_a_picture_is_refused(name: str) -> None:
    """However much of it is missing, and never with anything but a refusal."""
    whole = PICTURES[name]
    for length in range(len(whole)):
        with pytest.raises(LogoRefusedError):
            read_picture(whole[:length])


@pytest.mark.parametrize(
    "content",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"\xef\xbb\xbf<?xml version='1.0'?><svg/>",
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"GIF89a" + bytes(100),
        b"BM" + bytes(100),
        b"RIFF\x04\x00\x00\x00WAVE",
        b" " + PICTURES["png"],
    ],
)
def test_other_files_are_refused(content: bytes) -> None:
    """Whatever their name says."""
    with pytest.raises(LogoRefusedError, match="PNG, JPEG or WebP"):
        read_picture(content)


@pytest.mark.parametrize(
    ("side", "good"), [(MIN_SIDE - 1, False), (MIN_SIDE, True), (MAX_SIDE, True), (MAX_SIDE + 1, False)]
)
def test_sides(side: int, good: bool) -> None:
    """Neither a dot nor a wall, in both directions."""
    for width, height in ((side, 100), (100, side)):
        content = PICTURES["png"][:16] + struct.pack(">II", width, height) + PICTURES["png"][24:]
        if good:
            assert read_picture(content) == Picture("image/png", width, height)
        else:
            with pytest.raises(LogoRefusedError, match=f"{width} x {height}"):
                read_picture(content)


@given(st.sampled_from(STILL), st.integers(0, 700), st.binary(min_size=1, max_size=8))
def test_broken_pictures_are_refused_or_bounded(name: str, at: int, noise: bytes) -> None:
    """Whatever is written over them: no other error, and no picture beyond the bounds."""
    whole = PICTURES[name]
    at %= len(whole)
    try:
        found = read_picture(whole[:at] + noise + whole[at + len(noise) :])
    except LogoRefusedError:
        return
    assert MIN_SIDE <= min(found.width, found.height) <= max(found.width, found.height) <= MAX_SIDE
