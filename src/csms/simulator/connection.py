# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""One WebSocket to a CSMS: opened, spoken through with `RpcSession`, closed. One CALL in flight, the rest queue."""

import asyncio
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import quote

import aiohttp
import msgspec

from csms.kit.clock import Clock
from csms.kit.ids import new_message_id
from csms.ocpp.codec import Protocol, Validation, decode_response, encode_checked
from csms.ocpp.errors import LocalProtocolError, RemoteProtocolError
from csms.ocpp.rpc import CallReceived, ErrorReceived, OutboundCall, ResultReceived, RpcSession
from csms.simulator.simtime import Timer, Wheel
from csms.simulator.statistics import Statistics

MAX_MESSAGE_BYTES: Final = 1024 * 1024
_HANDSHAKE_S: Final = 20.0
_CLOSE_S: Final = 5.0


class Failure(Exception):  # noqa: N818  (a state more than an error)
    """A call that got no usable answer."""


class Disconnected(Failure):
    """There is no connection, or it ended before the answer came."""


class CallRefused(Failure):
    """The CSMS answered with a CALLERROR, or with a payload that cannot be used."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description


class CallTimedOut(Failure):
    """The CSMS did not answer in time."""


class ConnectFailed(Exception):  # noqa: N818
    """The CSMS could not be reached or did not let the charger in.

    `reason` is short and the same for all chargers alike; `remedy` says what to do; `permanent`: trying again alone
    will not help.
    """

    def __init__(self, reason: str, remedy: str, *, permanent: bool) -> None:
        super().__init__(f"{reason}. {remedy}")
        self.reason = reason
        self.remedy = remedy
        self.permanent = permanent


OnResult: TypeAlias = Callable[[Any], None]  # gets the response message or a Failure


@dataclass(frozen=True, slots=True)
class Words:
    """A request ready to be sent."""

    action: str
    message: msgspec.Struct


_REMEDIES: Final = {
    401: (
        "the CSMS refused the credentials (HTTP 401)",
        "Give the right --password, and make sure that the charger exists (CSMS Lite answers 401 to strangers too): "
        "csms charger create IDENTITY, or serve with CSMS_OCPP__ONBOARDING=approval",
        True,
    ),
    403: ("the CSMS forbids this charger (HTTP 403)", "Look into the CSMS's log for the reason", True),
    404: (
        "the CSMS knows neither path nor identity (HTTP 404)",
        "Check the URL (CSMS Lite: ws://HOST:9000/ocpp, the identity is appended) and create the charger first",
        True,
    ),
    409: ("a charger with this identity is already connected (HTTP 409)", "Stop the other one, or wait", False),
    426: ("the address answers, but not with a WebSocket (HTTP 426)", "Check the URL", True),
    429: ("the CSMS refuses for now: too many failed attempts (HTTP 429)", "Wait a minute", False),
    503: ("the CSMS is starting or stopping (HTTP 503)", "It is tried again", False),
}


class Socket(aiohttp.ClientWebSocketResponse[Any]):
    """A client WebSocket that can vanish."""

    def abort(self) -> None:
        """Cut the connection without a word, as a power failure does."""
        connection = self._conn
        if connection is not None and connection.transport is not None:
            connection.transport.abort()


def new_http(**options: Any) -> aiohttp.ClientSession:
    """The HTTP client that all chargers of a process share."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=300),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_HANDSHAKE_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        ws_response_class=Socket,
        **options,
    )


async def open_socket(
    http: aiohttp.ClientSession,
    url: str,
    identity: str,
    protocol: Protocol,
    *,
    password: str | None = None,
    tls: ssl.SSLContext | bool = True,
    ping_interval_s: float | None = None,
) -> Socket:
    """The handshake (OCPP-J 1.6 §3): identity in the path, subprotocol, Basic credentials. Raises ConnectFailed."""
    target = f"{url.rstrip('/')}/{quote(identity, safe='')}"
    headers = {} if password is None else {"Authorization": aiohttp.encode_basic_auth(identity, password)}
    try:
        async with asyncio.timeout(_HANDSHAKE_S):
            socket = await http.ws_connect(
                target,
                protocols=(protocol.value,),
                headers=headers,
                ssl=tls,
                max_msg_size=MAX_MESSAGE_BYTES,
                heartbeat=ping_interval_s,
                timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_S),
                decode_text=False,
            )
    except aiohttp.WSServerHandshakeError as error:
        default = (f"the CSMS answered HTTP {error.status}", "Check the URL and the CSMS's log", error.status < 500)
        reason, remedy, permanent = _REMEDIES.get(error.status, default)
        raise ConnectFailed(reason, remedy, permanent=permanent) from error
    except aiohttp.ClientConnectorCertificateError as error:
        reason = "the CSMS's certificate is not trusted"
        raise ConnectFailed(reason, "Give its CA with --ca-file", permanent=True) from error
    except aiohttp.InvalidURL as error:
        raise ConnectFailed(f"{url} is no URL", "Give one like ws://127.0.0.1:9000/ocpp", permanent=True) from error
    except TimeoutError as error:
        raise ConnectFailed("the CSMS does not answer", "Check host and port", permanent=False) from error
    except (aiohttp.ClientError, OSError) as error:
        reason = f"cannot connect to {_host(url)}: {_cause(error)}"
        raise ConnectFailed(reason, "Is the CSMS running there (csms serve)?", permanent=False) from error
    if socket.protocol != protocol.value:
        await socket.close(code=aiohttp.WSCloseCode.PROTOCOL_ERROR)
        reason = f"the CSMS does not speak {protocol.value}"
        raise ConnectFailed(reason, "Choose another --protocol, or check that the URL is an OCPP-J one", permanent=True)
    if not isinstance(socket, Socket):
        raise TypeError("the HTTP client was not made by new_http")
    return socket


def _host(url: str) -> str:
    return url.rpartition("//")[2].partition("/")[0]


def _cause(error: BaseException) -> str:
    inner = getattr(error, "os_error", error)
    number = getattr(inner, "errno", None)
    return os.strerror(number) if isinstance(number, int) and number > 0 else str(inner)


class Connection:
    """An open connection. `on_call` gets each CALL of the CSMS and answers through `session`."""

    def __init__(
        self,
        socket: Socket,
        protocol: Protocol,
        clock: Clock,
        wheel: Wheel,
        statistics: Statistics,
        on_call: Callable[["Connection", CallReceived], None],
        call_timeout_s: float = 30.0,
    ) -> None:
        self.session = RpcSession(protocol)
        self.open = True
        self.close_code: int | None = None
        self._socket = socket
        self._clock = clock
        self._wheel = wheel
        self._statistics = statistics
        self._on_call = on_call
        self._call_timeout_s = call_timeout_s
        self._timer: Timer | None = None
        self._writer: asyncio.Task[None] | None = None
        self._raw_waiters: list[asyncio.Future[bytes]] = []

    async def run(self) -> None:
        """Read until the connection ends; then whoever waits for an answer is told."""
        try:
            while self.open:
                message = await self._socket.receive()
                if message.type is not aiohttp.WSMsgType.TEXT:
                    if message.type is aiohttp.WSMsgType.BINARY:
                        continue  # OCPP-J is text; 1.6 does not say what to do with anything else
                    break
                self._receive(message.data)
                await self._flush()
        finally:
            self._ended()

    def _ended(self) -> None:
        self.open = False
        self.close_code = self._socket.close_code
        if self._timer is not None:
            self._timer.cancel()
        for call in self.session.close():
            _resolve(call, Disconnected("the connection ended before the answer came"))
        for waiter in self._raw_waiters:
            if not waiter.done():
                waiter.set_exception(Disconnected("the connection ended"))

    def _receive(self, data: bytes) -> None:
        now_s = self._clock.monotonic()
        if self._raw_waiters:
            for waiter in self._raw_waiters:
                if not waiter.done():
                    waiter.set_result(data)
            self._raw_waiters.clear()
        event = self.session.receive(data, now_s)
        match event:
            case CallReceived():
                self._statistics.received[event.action[:40]] += 1
                self._on_call(self, event)
            case ResultReceived(call, payload):
                self._answered(call, now_s)
                _resolve(call, self._read(call, payload))
            case ErrorReceived(call, code, description):
                self._answered(call, now_s)
                self._statistics.errors[code] += 1
                _resolve(call, CallRefused(code, description))
            case _:
                self._statistics.errors[type(event).__name__] += 1

    def _read(self, call: OutboundCall, payload: bytes) -> msgspec.Struct | CallRefused:
        try:
            return decode_response(self.session.protocol, call.action, payload, Validation.STRICT)[0]
        except RemoteProtocolError as error:
            self._statistics.errors[f"bad {call.action} answer"] += 1
            return CallRefused(error.code, error.description)
        except LocalProtocolError:  # an action that no version knows, sent by a script
            return msgspec.json.decode(payload, type=_Anything)

    def _answered(self, call: OutboundCall, now_s: float) -> None:
        self._statistics.answered += 1
        if call.sent_at is not None:
            self._statistics.latency.add(now_s - call.sent_at)

    def post(self, words: Words, on_result: OnResult) -> None:
        """Send a CALL when it is its turn; `on_result` gets the response message or a Failure."""
        self.post_raw(words.action, encode_checked(words.message), on_result)

    def post_raw(self, action: str, payload: bytes, on_result: OnResult) -> None:
        """The same with a payload that nobody checked."""
        if not self.open:
            on_result(Disconnected("there is no connection"))
            return
        try:
            call = self.session.call(action, payload, new_message_id(), self._clock.monotonic(), self._call_timeout_s)
        except LocalProtocolError as error:
            on_result(Disconnected(str(error)))
            return
        call.context = on_result
        self._statistics.sent[action] += 1
        self.flush()

    async def call(self, words: Words) -> Any:
        """Send a CALL and wait for the response message. Raises a Failure."""
        return await self.call_raw(words.action, encode_checked(words.message))

    async def call_raw(self, action: str, payload: bytes) -> Any:
        """The same with a payload that nobody checked."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def finish(result: Any) -> None:
            if not future.done():
                future.set_result(result)

        self.post_raw(action, payload, finish)
        result = await future
        if isinstance(result, Failure):
            raise result
        return result

    async def send_raw(self, text: str) -> None:
        """Write anything at all."""
        await self._socket.send_str(text)

    async def next_raw(self) -> bytes:
        """The next frame that comes, whatever it is; it is handled as usual too."""
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._raw_waiters.append(future)
        return await future

    def answer(self, call: CallReceived, message: msgspec.Struct) -> None:
        """Answer a CALL of the CSMS; checked like everything that goes out."""
        self.session.answer(call.message_id, encode_checked(message))

    async def flushed(self) -> None:
        """Write what the session has to say, and wait until the socket took it."""
        await self._flush()

    def flush(self) -> None:
        """Write soon what the session has to say."""
        if self._writer is None or self._writer.done():
            self._writer = asyncio.get_running_loop().create_task(self._flush())

    async def _flush(self) -> None:
        try:
            while frames := self.session.data_to_send():
                for frame in frames:
                    await self._socket.send_frame(frame, aiohttp.WSMsgType.TEXT)
        except (ConnectionError, RuntimeError):
            self.open = False  # the reader sees the end of it
            return
        deadline_s = self.session.next_timeout()
        if deadline_s is not None and self._timer is None and self.open:
            self._timer = self._wheel.at(deadline_s, self._expire)

    def _expire(self) -> None:
        self._timer = None
        for call in self.session.expire(self._clock.monotonic()):
            self._statistics.timeouts += 1
            _resolve(call, CallTimedOut(f"{call.action} was not answered within {call.timeout_s:.0f} s"))
        if self.session.next_timeout() is not None and self.open:
            self.flush()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close in order."""
        await self._socket.close(code=code, message=reason.encode()[:120])

    def abort(self) -> None:
        """Vanish."""
        self.open = False
        self._socket.abort()


class _Anything(msgspec.Struct):
    """An answer whose fields nobody reads."""


def _resolve(call: OutboundCall, result: object) -> None:
    if callable(call.context):
        call.context(result)
