# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Bodies that are one file: raw, or the first file of a form (multipart/form-data, RFC 7578), piece by piece.

The other parts of a form are texts: few, short, and known once the file was read.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, ClassVar, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from csms.kit.errors import CsmsError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_IDLE_S: Final = 60.0
_MAX_FIELDS: Final = 20
_MAX_FIELD_BYTES: Final = 48 * 1024  # of all together


class BrokenUploadError(CsmsError):
    """The body did not come whole, or is not what its headers say."""

    code: ClassVar[str] = "broken_upload"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "Broken upload"


class Upload:
    """The file in a request's body. `name`, `content_type` and `fields` are known once `pieces` was read."""

    def __init__(self, request: Request) -> None:
        self._request = request
        kind, options = parse_options_header(request.headers.get("content-type", ""))
        self._boundary = options.get(b"boundary") if kind == b"multipart/form-data" else None
        self.is_form = kind == b"multipart/form-data"
        self.content_type = None if self.is_form else kind.decode("latin-1") or None
        _, disposition = parse_options_header(request.headers.get("content-disposition", ""))
        self.name = disposition.get(b"filename", b"").decode(errors="replace") or None
        self.fields: dict[str, str] = {}

    async def pieces(self) -> AsyncIterator[bytes]:
        """The file's content."""
        if not self.is_form:
            async for piece in self._raw():
                yield piece
            return
        if not self._boundary:
            raise BrokenUploadError("the form has no boundary: see RFC 7578 section 4.1")
        part = _FirstFile()
        parser = MultipartParser(self._boundary, part.callbacks())
        async for piece in self._raw():
            try:
                parser.write(piece)
            except (FormParserError, ValueError) as error:
                raise BrokenUploadError(f"the form cannot be read: {error}") from error
            if part.content:
                yield bytes(part.content)
                part.content.clear()
        if not part.is_whole:
            raise BrokenUploadError("the form holds no file, or ends before the file does")
        self.name = part.name or self.name
        self.content_type = part.content_type
        self.fields = part.fields()

    async def _raw(self) -> AsyncIterator[bytes]:
        stream = self._request.stream().__aiter__()
        while True:
            try:
                async with asyncio.timeout(_IDLE_S):
                    piece = await anext(stream)
            except StopAsyncIteration:
                return
            except ClientDisconnect as error:
                raise BrokenUploadError("the connection ended before the file did") from error
            except TimeoutError as error:
                raise BrokenUploadError(f"nothing came for {_IDLE_S:g} s: send it again") from error
            yield piece


class _FirstFile:
    """Callbacks of the parser: the first part with a file name counts, others with one are passed over."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.name: str | None = None
        self.content_type: str | None = None
        self.is_whole = False
        self._is_file = False
        self._texts: dict[str, bytearray] = {}
        self._text: bytearray | None = None
        self._text_bytes = 0
        self._field = bytearray()
        self._value = bytearray()
        self._headers: dict[bytes, bytes] = {}

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_field,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header,
            "on_headers_finished": self._on_headers,
            "on_part_data": self._on_data,
            "on_part_end": self._end,
        }

    def fields(self) -> dict[str, str]:
        """The parts that are texts, by their names."""
        try:
            return {name: text.decode() for name, text in self._texts.items()}
        except UnicodeDecodeError as error:
            raise BrokenUploadError("the form has a text that is not UTF-8") from error

    def _begin(self) -> None:
        self._headers = {}
        self._text = None

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        self._headers[bytes(self._field).lower()] = bytes(self._value)
        self._field.clear()
        self._value.clear()

    def _on_headers(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if b"filename" not in options and b"name" in options:
            self._begin_text(options[b"name"].decode(errors="replace"))
        self._is_file = b"filename" in options and not self.is_whole
        if self._is_file:
            self.name = options[b"filename"].decode(errors="replace") or None
            kind, _ = parse_options_header(self._headers.get(b"content-type", b""))
            self.content_type = kind.decode("latin-1") or None

    def _begin_text(self, name: str) -> None:
        if name in self._texts:
            raise BrokenUploadError(f"the form has the part {name[:50]!r} twice")
        if len(self._texts) >= _MAX_FIELDS:
            raise BrokenUploadError(f"the form has more than {_MAX_FIELDS} parts")
        self._text = self._texts[name] = bytearray()

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self.content += data[start:end]
        elif self._text is not None:
            self._text_bytes += end - start
            if self._text_bytes > _MAX_FIELD_BYTES:
                raise BrokenUploadError(f"the texts of the form have more than {_MAX_FIELD_BYTES} bytes")
            self._text += data[start:end]

    def _end(self) -> None:
        self.is_whole = self.is_whole or self._is_file
        self._is_file = False
