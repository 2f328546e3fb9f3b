# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Logs: one line per event, no secrets, no forged lines."""

import asyncio
import io
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from csms.kit.log import MASK, bound, configure, escape, is_secret, mask_text, plain

SECRET = "s3cr3t-Zx9_qW"


class Output(io.StringIO):
    """A stream that may call itself a terminal."""

    def __init__(self, terminal: bool = False) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        """As told."""
        return self._terminal

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The JSON lines."""
        return [msgspec.json.decode(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def output() -> Iterator[Output]:
    """Everything logged, as JSON; the configuration of before is restored."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = Output()
    logging.captureWarnings(False)  # pytest puts its own hook around every test
    configure("debug", "json", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    logging.captureWarnings(False)


def test_a_line_is_json_with_time_level_logger_and_the_bound_context(output: Output) -> None:
    """Context is on lines of both kinds, inside the `with` only."""
    with bound(request_id="r-1", charger_id="CP 1", trace_id=None):
        structlog.get_logger("csms.gateway").info("connected", protocol="ocpp1.6")
        logging.getLogger("csms.kit").warning("slow by %d ms", 7, extra={"step": "commit"})
    structlog.get_logger("csms.gateway").info("after")
    first, second, third = output.lines
    assert first["event"] == "connected"
    assert (first["level"], first["logger"], first["protocol"]) == ("info", "csms.gateway", "ocpp1.6")
    assert datetime.fromisoformat(first["at"]).tzinfo is not None
    assert (second["event"], second["level"], second["step"]) == ("slow by 7 ms", "warning", "commit")
    for line in (first, second):
        assert (line["request_id"], line["charger_id"]) == ("r-1", "CP 1")
        assert "trace_id" not in line
    assert "request_id" not in third


async def test_the_context_follows_into_tasks_and_stays_apart_between_them(output: Output) -> None:
    """Two chargers served at once do not mix."""

    async def serve(name: str) -> None:
        with bound(charger_id=name):
            await asyncio.sleep(0)
            structlog.get_logger().info("served", name=name)

    await asyncio.gather(*(serve(f"C{n}") for n in range(5)))
    served = [line for line in output.lines if line["event"] == "served"]
    assert [line["charger_id"] for line in served] == [line["name"] for line in served]
    assert len(served) == 5


@pytest.mark.parametrize(
    "name", ["uvicorn.error", "uvicorn.access", "sqlalchemy.engine", "alembic.runtime", "aiohttp.access", "pgqueuer"]
)
def test_the_libraries_logs_take_the_same_way(name: str) -> None:
    """Handlers they brought are gone; nothing is printed twice."""
    logger = logging.getLogger(name)
    logger.addHandler(logging.StreamHandler(io.StringIO()))
    stream = Output()
    configure("debug", "json", stream)
    logger.warning("password=%s", SECRET)
    assert len(stream.lines) == 1
    assert SECRET not in stream.getvalue()
    structlog.reset_defaults()


def test_chatty_libraries_are_quiet_unless_debugging() -> None:
    """Access lines and statements only at debug."""
    stream = Output()
    configure("info", "json", stream)
    for name in ("uvicorn.access", "aiohttp.access", "sqlalchemy.engine"):
        logging.getLogger(name).info("chatter")
    structlog.get_logger().debug("detail")
    assert stream.lines == []
    logging.getLogger("uvicorn.error").info("started")
    assert len(stream.lines) == 1
    configure("debug", "json", stream)
    logging.getLogger("uvicorn.access").info("GET /")
    assert len(stream.lines) == 2
    logging.getLogger("sqlalchemy.engine").info("INSERT … [parameters: %s]", SECRET)
    assert len(stream.lines) == 2
    structlog.reset_defaults()


def test_warnings_are_logged(output: Output) -> None:
    """Python's warnings module ends in the log."""
    warnings.warn("old thing", UserWarning, stacklevel=1)
    assert "old thing" in output.lines[-1]["event"]


def test_auto_is_console_on_a_terminal_and_json_elsewhere() -> None:
    """And an unknown level is refused."""
    for terminal in (True, False):
        stream = Output(terminal)
        configure("info", "auto", stream)
        structlog.get_logger().info("hello", charger="A")
        assert stream.getvalue().startswith("{") is not terminal
    with pytest.raises(ValueError, match="loud"):
        configure("loud")
    structlog.reset_defaults()


class Kind(StrEnum):
    """An enumeration."""

    ONE = "one"


class Wire(msgspec.Struct):
    """What the gateway might log."""

    key: str
    value: str


class Variable(msgspec.Struct):
    """A 2.x variable."""

    name: str


class SetVariable(msgspec.Struct):
    """A 2.x setting."""

    variable: Variable
    attribute_value: str


@dataclass
class Opaque:
    """Something with a repr."""

    password: str


SECRET_VALUES: list[Any] = [
    {"password": SECRET},
    {"Authorization": f"Basic {SECRET}"},
    {"headers": {"X-API-Key": SECRET, "Cookie": f"session={SECRET}", "set-cookie": [SECRET]}},
    {"nested": [{"deeper": ({"client_secret": SECRET},)}]},
    {"AuthorizationKey": SECRET, "refresh_token": SECRET, "apiKey": SECRET, "privateKey": SECRET},
    {"key": "AuthorizationKey", "value": SECRET},
    {"value": SECRET, "key": "AuthorizationKey"},
    {"variable": {"name": "BasicAuthPassword"}, "attributeValue": SECRET},
    {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}, "attributeValue": SECRET},
    Wire("AuthorizationKey", SECRET),
    SetVariable(Variable("BasicAuthPassword"), SECRET),
    Opaque(SECRET),
    f'[2,"1","ChangeConfiguration",{{"key":"AuthorizationKey","value":"{SECRET}"}}]',
    f'[2,"1","ChangeConfiguration",{{"value":"{SECRET}","key":"AuthorizationKey"}}]'.encode(),
    f'broken frame "key":"AuthorizationKey","value":"{SECRET}"',
    f"Authorization: Basic {SECRET}",
    f"authorization='Bearer {SECRET}'",
    f"GET /?token={SECRET}&x=1",
    f"postgresql://csms:{SECRET}@db/csms",
    f"redis://:{SECRET}@cache:6379/0",
    f"{{'password': '{SECRET}'}}",
    f'password = "{SECRET}"',
    f"x-api-key: {SECRET}",
    f"ChangeConfiguration(key='AuthorizationKey', value='{SECRET}')",
    ValueError(f"login failed with password={SECRET}"),
    {"secret": 12345678, "pwd": SECRET},
    b"Basic " + SECRET.encode(),
]


@pytest.mark.parametrize("value", SECRET_VALUES, ids=repr)
@pytest.mark.parametrize("format_", ["json", "console"])
def test_secrets_never_appear(value: Any, format_: Any) -> None:
    """As a value, as the event's text, as an argument of the standard library, in a traceback, in the context."""
    stream = Output()
    configure("debug", format_, stream)
    log = structlog.get_logger()
    log.info("event", payload=value)
    log.info("event", payload=[{"deep": value}])
    logging.getLogger("lib").warning("got %s", value)
    logging.getLogger("lib").warning("got", extra={"payload": value})
    if isinstance(value, str):
        log.info(value)
        with bound(note=value):
            log.info("event")
    try:
        raise RuntimeError(value) from ValueError(value)
    except RuntimeError:
        log.exception("failed")
        logging.getLogger("lib").exception("failed")
    assert "event" in stream.getvalue()
    assert SECRET not in stream.getvalue()
    assert "12345678" not in stream.getvalue()
    structlog.reset_defaults()


def test_keyword_secrets_are_masked_and_the_rest_is_kept(output: Output) -> None:
    """By key at the top level too; harmless neighbours stay readable."""
    structlog.get_logger().info("login", user="anna", password=SECRET, token=None, has_password=True, tries=3)
    line = output.lines[0]
    assert line["password"] == MASK
    assert (line["user"], line["tries"], line["token"], line["has_password"]) == ("anna", 3, None, True)


@pytest.mark.parametrize("format_", ["json", "console"])
def test_a_charger_cannot_forge_a_line(format_: Any) -> None:
    """Newlines, terminal sequences, line separators and turned text arrive visible, also inside exceptions and keys."""
    stream = Output()
    configure("info", format_, stream)
    evil = "CP1\n2026 [info] forged\r\x1b[31m\u2028\u202e\x85\x00\ud800"
    structlog.get_logger().info("boot", vendor=evil, nested={evil: [evil]})
    logging.getLogger("lib").warning("vendor %s", evil)
    assert len(stream.getvalue().splitlines()) == 2
    for character in "\r\x1b\u2028\u202e\x85\x00":
        assert character not in stream.getvalue()
    try:
        raise ValueError(evil)
    except ValueError:
        structlog.get_logger().exception("failed")
    forged = [line for line in stream.getvalue().splitlines() if line.startswith("2026 [info]")]
    assert forged == []
    structlog.reset_defaults()


def test_values_of_all_kinds_become_plain_data() -> None:
    """Ids, times, enumerations, sets, structs, exceptions, recursion."""
    assert plain(UUID(int=1)) == "00000000-0000-0000-0000-000000000001"
    assert plain(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00+00:00"
    assert plain(Kind.ONE) == "one"
    assert plain({1: {2.5}}) == {"1": [2.5]}
    assert plain(Wire("Heartbeat", "60")) == {"key": "Heartbeat", "value": "60"}
    assert plain(ValueError("x")) == "ValueError: x"
    loop: list[Any] = []
    loop.append(loop)
    assert "…" in str(plain(loop))
    assert len(plain("x" * 100_000)) < 10_000


def test_ordinary_words_are_not_taken_for_secrets() -> None:
    """Masking everything would hide what logs are for."""
    for key in ("charger_id", "connector", "idTag", "vendor", "author", "monkey", "key_count", "status"):
        assert not is_secret(key)
    for text in ("MeterValues from CP-1", "http://localhost:8080/api", "12 keys read", "ratio 3:4"):
        assert mask_text(text) == text


@given(st.text())
def test_escaped_text_is_one_line_and_can_always_be_written(text: str) -> None:
    """Whatever comes in."""
    escaped = escape(text)
    assert len(escaped.splitlines()) <= 1
    escaped.encode()
