# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A WebSocket of aiohttp whose texts are heard as they arrive, without a turn of the event loop for each of them.

aiohttp puts messages into a queue and wakes the task that waits for one, which costs about as much as all that is done
with an ordinary message. Whatever is not heard at once (controls, and texts while their hearer is busy) takes that way.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from aiohttp import WSMsgType, web
from aiohttp._websocket.reader import WebSocketDataQueue
from aiohttp.http import WebSocketReader, WebSocketWriter
from aiohttp.web_request import BaseRequest

_QUEUE_BYTES: Final = 2**16
_TEXT: Final = WSMsgType.TEXT
_HEADS: Final = [bytes((0x81, size)) for size in range(126)]  # of unmasked text frames (RFC 6455 §5.2)


class _Ears(WebSocketDataQueue):
    """`hear` says whether it took a text; it is not asked while older ones wait."""

    hear: Callable[[str], bool] | None = None

    def feed_data(self, data: Any, size: int) -> None:
        """A message has arrived."""
        if self.hear is None or data.type is not _TEXT or self._buffer or not self.hear(data.data):
            super().feed_data(data, size)


class ListeningSocket(web.WebSocketResponse):
    """`hear_with` names who is asked first; `compressed` sockets write by `send_frame` only."""

    def hear_with(self, hear: Callable[[str], bool]) -> None:
        """From now on."""
        reader = self._reader
        assert isinstance(reader, _Ears)
        reader.hear = hear

    def deafen(self) -> None:
        """Take texts by `receive` again."""
        if isinstance(self._reader, _Ears):
            self._reader.hear = None

    def _post_start(self, request: BaseRequest, protocol: str | None, writer: WebSocketWriter) -> None:
        """As aiohttp 3.14 does it, with our queue (`tests/gateway/test_ears.py` says what has to hold of it)."""
        self._ws_protocol = protocol
        self._writer = writer
        self._reader = _Ears(request._protocol, _QUEUE_BYTES, loop=asyncio.get_running_loop())
        self._parser = WebSocketReader(self._reader, self._max_msg_size, bool(self._compress), decode_text=True)
        request.protocol.set_parser(self._parser)
        request.protocol.keep_alive(False)


def text_frames(payloads: list[bytes]) -> bytes:
    """Frames of a server, one after the other."""
    parts = []
    for payload in payloads:
        size = len(payload)
        if size < len(_HEADS):
            parts.append(_HEADS[size])
        elif size < 2**16:
            parts.append(b"\x81\x7e" + size.to_bytes(2))
        else:
            parts.append(b"\x81\x7f" + size.to_bytes(8))
        parts.append(payload)
    return b"".join(parts)
