# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Which pictures may be a logo: known by their first bytes, whole, and of a size that a page has room for.

SVG is refused: it is a document that may hold scripts, not a picture.
"""

import struct
from dataclasses import dataclass
from typing import ClassVar, Final

from csms.kit.errors import InvalidError

MAX_BYTES: Final = 200 * 1024
MIN_SIDE: Final = 16
MAX_SIDE: Final = 2048
MEDIA_TYPES: Final = ("image/png", "image/jpeg", "image/webp")
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_END: Final = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_JPEG: Final = b"\xff\xd8\xff"
_JPEG_END: Final = b"\xff\xd9"
# Frame headers (ITU-T T.81 table B.1): all but the tables of Huffman codes (C4), JPG (C8) and arithmetic coding (CC).
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
_SCAN: Final = 0xDA
_ANIMATED: Final = 0x02


class LogoRefusedError(InvalidError):
    """What was sent is not a picture that can be a logo."""

    code: ClassVar[str] = "logo_refused"


@dataclass(frozen=True, slots=True)
class Picture:
    """What a picture is."""

    media_type: str
    width: int
    height: int


def read_picture(content: bytes) -> Picture:
    """What the bytes are, whatever they were called. Raises LogoRefusedError."""
    try:
        found = _read(content)
    except (struct.error, IndexError) as error:
        raise LogoRefusedError("the picture is cut off: send the whole file") from error
    if found is None:
        raise LogoRefusedError("a logo is a PNG, JPEG or WebP picture; SVG is refused, because it may hold scripts")
    if not (MIN_SIDE <= found.width <= MAX_SIDE and MIN_SIDE <= found.height <= MAX_SIDE):
        raise LogoRefusedError(
            f"the picture has {found.width} x {found.height} pixels; each side has {MIN_SIDE} to {MAX_SIDE}"
        )
    return found


def _read(content: bytes) -> Picture | None:
    if content.startswith(_PNG):
        return _png(content)
    if content.startswith(_JPEG):
        return _jpeg(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _webp(content)
    return None


def _png(content: bytes) -> Picture:
    """Its first chunk is the header, its last one IEND (PNG specification, section 5.6)."""
    length, kind, width, height = struct.unpack_from(">I4sII", content, len(_PNG))
    if (length, kind) != (13, b"IHDR") or not content.endswith(_PNG_END):
        raise LogoRefusedError("the picture is no whole PNG file")
    if b"acTL" in content.partition(b"IDAT")[0]:
        raise LogoRefusedError("the picture moves: send one that stands still")
    return Picture("image/png", width, height)


def _jpeg(content: bytes) -> Picture:
    """Segments one after the other, up to the header of the frame (ITU-T T.81, section B.1.1)."""
    if not content.rstrip(b"\x00").endswith(_JPEG_END):
        raise LogoRefusedError("the picture is no whole JPEG file")
    at = 2
    while content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # a filler
            at += 1
            continue
        if marker in _ALONE:
            at += 2
            continue
        if marker == _SCAN:
            break
        (length,) = struct.unpack_from(">H", content, at + 2)
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", content, at + 5)
            return Picture("image/jpeg", width, height)
        at += 2 + max(length, 2)
    raise LogoRefusedError("the picture is no JPEG file: it does not say how large it is")


def _webp(content: bytes) -> Picture:
    """One of three kinds of first chunk (RFC 9649, section 2)."""
    (length,) = struct.unpack_from("<I", content, 4)
    if length + 8 != len(content):
        raise LogoRefusedError("the picture is no whole WebP file")
    kind, body = content[12:16], 20
    if kind == b"VP8X":
        if content[body] & _ANIMATED:
            raise LogoRefusedError("the picture moves: send one that stands still")
        width, height = (1 + int.from_bytes(content[at : at + 3], "little") for at in (body + 4, body + 7))
        content[body + 9]  # there at all
    elif kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, body + 1)
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", content, body + 6))
    else:
        raise LogoRefusedError("the picture is no WebP file: its first chunk is unknown")
    return Picture("image/webp", width, height)
