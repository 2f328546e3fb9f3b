# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Logs: one line per event, as JSON for machines or aligned for a terminal, without secrets and without forged lines.

Everything passes the same last steps, whether it was written with structlog or with the standard library (uvicorn,
SQLAlchemy, Alembic, aiohttp): values become plain data, secrets are masked by key and by shape, control characters are
made visible. What is masked is a net below careful code, not a licence to log secrets.
"""

import codecs
import logging
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, Literal, TextIO, cast

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

MASK: Final = "***"
MAX_TEXT: Final = 8192
MAX_DEPTH: Final = 10

Format = Literal["auto", "json", "console"]

_SECRET_WORDS: Final = (
    "password", "passwd", "passphrase", "secret", "authorization", "cookie", "apikey", "credential", "privatekey",
    "signingkey", "encryptionkey",
)  # fmt: skip
_SECRET_ENDS: Final = ("token", "tokens", "pwd", "otp", "totp")
_PAIR_NAMES: Final = ("key", "name", "variable", "component")
_PAIR_VALUES: Final = frozenset({"value", "attributevalue", "values"})

_KEY: Final = (
    r"[\w.-]*(?:password|passwd|passphrase|secret|authorization[_-]?key|api[_-]?key|private[_-]?key|cookie|token|pwd)"
)
_SHAPES: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"(?i)\b(basic|bearer|digest)(\s+|%20|\+)[\w.~+/=:-]{3,}"), rf"\1\2{MASK}"),
    (re.compile(r"(://[^\s/:@]*):[^\s/@]+@"), rf"\1:{MASK}@"),
    (
        re.compile(
            rf"""(?i)(\b["']?{_KEY}["']?\s*(?:=>|[:=])\s*)"""
            rf"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\*{{3}}|[^\s,;&)}}\]]+)"""
        ),
        rf"\1{MASK}",
    ),
)
# key=AuthorizationKey, value=…: the name stands as a value, the secret is its neighbour
_NAMED: Final = re.compile(rf"""(?i)["']?{_KEY}["']?\s*[,)}}\]]""")
_NEIGHBOUR: Final = (
    re.compile(r"""(?i)((?:attribute_?)?values?["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s,;&)}\]]+)"""),
    rf"\1{MASK}",
)
_HINT: Final = re.compile(r"(?i)pass|secret|author|cookie|key|token|pwd|basic|bearer|digest|://")
# what starts a new line or turns the text around, in a terminal or in a viewer
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
# Python reads a codec from a file when it is first used: with no files left, that could not be logged.
codecs.lookup("unicode_escape")


def is_secret(key: str) -> bool:
    """Whether a value under this key must not be shown."""
    plain = key.lower().replace("_", "").replace("-", "").replace(" ", "")
    return plain.endswith(_SECRET_ENDS) or any(word in plain for word in _SECRET_WORDS)


def mask_text(text: str) -> str:
    """Mask what looks like a secret inside a text; a text that is JSON is masked by its keys."""
    if not _HINT.search(text):
        return text
    if text[:1] in ("[", "{"):
        try:
            return msgspec.json.encode(plain(msgspec.json.decode(text))).decode()
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            pass  # not JSON after all: by shape, below
    shapes = (*_SHAPES, _NEIGHBOUR) if _NAMED.search(text) else _SHAPES
    for pattern, replacement in shapes:
        text = pattern.sub(replacement, text)
    return text


def escape(text: str) -> str:
    """Make control characters visible, so that nothing from outside starts a line of its own."""
    if not text.isascii():
        text = text.encode("utf-8", "backslashreplace").decode()
    return _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def plain(value: Any, depth: int = 0) -> Any:
    """Any value as plain data without secrets."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth > MAX_DEPTH:
        return "…"
    match value:
        case Enum():
            return plain(value.value, depth + 1)
        case str():
            return _text(value)
        case bytes() | bytearray() | memoryview():
            return _text(bytes(value).decode("utf-8", "backslashreplace"))
        case msgspec.Struct():
            fields = {field: getattr(value, field) for field in value.__struct_fields__}
            return _mapping(fields, depth)
        case Mapping():
            return _mapping(value, depth)
        case set() | frozenset():
            return [plain(item, depth + 1) for item in value]
        case Sequence():
            return [plain(item, depth + 1) for item in value]
        case datetime() | date():
            return value.isoformat()
        case BaseException():
            return _text(f"{type(value).__name__}: {value}")
        case _:
            return _text(str(value))


def _text(text: str) -> str:
    if len(text) <= MAX_TEXT:
        return escape(mask_text(text))
    return escape(mask_text(text[: MAX_TEXT * 2])[:MAX_TEXT]) + "…"


def _mapping(values: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    # {"key": "AuthorizationKey", "value": …} and {"variable": {"name": "BasicAuthPassword"}, "attributeValue": …}
    names = [values.get(name) for name in _PAIR_NAMES]
    names += [name.get("name") for name in names if isinstance(name, Mapping)]
    names += [getattr(name, "name", None) for name in names if isinstance(name, msgspec.Struct)]
    pair = any(isinstance(name, str) and is_secret(name) for name in names)
    result: dict[str, Any] = {}
    for key, value in values.items():
        name = str(key)
        neighbour = pair and name.lower().replace("_", "") in _PAIR_VALUES
        if (neighbour or is_secret(name)) and not isinstance(value, bool | None):
            result[escape(name)] = MASK
        else:
            result[escape(name)] = plain(value, depth + 1)
    return result


_KEEP_LINES: Final = ("exception", "stack")


def _clean(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The last step before rendering, for every line."""
    kept = {name: event.pop(name) for name in _KEEP_LINES if isinstance(event.get(name), str)}
    cleaned = cast(EventDict, _mapping(event, 0))
    for name, text in kept.items():
        # line by line: a forged line inside an exception's message must not look like one of ours
        cleaned[name] = "\n".join("  " + escape(mask_text(line)) for line in text.split("\n"))
    return cleaned


def _render_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    return msgspec.json.encode(event).decode()


_ROUTED: Final = (
    "uvicorn", "uvicorn.error", "uvicorn.access", "aiohttp.access", "aiohttp.server", "aiohttp.web", "aiohttp.client",
    "sqlalchemy", "sqlalchemy.engine", "sqlalchemy.pool", "alembic", "asyncpg", "pgqueuer", "asyncio", "py.warnings",
)  # fmt: skip
_ACCESS: Final = frozenset({"uvicorn.access", "aiohttp.access"})
"""Only at debug: requests are in the metrics."""
_NEVER_CHATTY: Final = {
    # statements come with their parameters, which no mask can know
    "sqlalchemy": logging.WARNING,
    "sqlalchemy.engine": logging.WARNING,
    "sqlalchemy.pool": logging.WARNING,
    "asyncio": logging.INFO,
}


def configure(level: str = "info", format: Format = "auto", stream: TextIO | None = None) -> None:  # noqa: A002
    """Send every log of the process to `stream` (default: standard output) in one format.

    `auto` is `console` on a terminal and `json` elsewhere. May be called again. Start uvicorn with `log_config=None`.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"no log level is called {level!r}")
    stream = sys.stdout if stream is None else stream
    console = format == "console" or (format == "auto" and stream.isatty())
    first: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.StackInfoRenderer(),
    ]
    last: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        _clean,
        structlog.dev.ConsoleRenderer(colors=stream.isatty(), timestamp_key="at") if console else _render_json,
    ]
    structlog.configure(
        processors=[*first, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=[*first, structlog.stdlib.ExtraAdder()], processors=last)
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    logging.captureWarnings(True)
    for name in _ROUTED:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        least = _NEVER_CHATTY.get(name, number)
        if name in _ACCESS and number > logging.DEBUG:
            least = logging.WARNING
        logger.setLevel(max(least, number))


def bound(**values: str | None) -> AbstractContextManager[None]:
    """Put `request_id`, `charger_id`, `trace_id`… on every line logged inside the `with`, and in tasks begun there."""
    present = {name: value for name, value in values.items() if value is not None}
    return cast(AbstractContextManager[None], structlog.contextvars.bound_contextvars(**present))
