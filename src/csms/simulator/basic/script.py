# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A charger that follows a script: for trying what one charger did, against any CSMS.

A script is TOML: `identity`, `password` and a list of `[[step]]`, each with one of
`call = "Action"` (with `payload`, and `expect`, a part of the answer, or `error`, a CALLERROR code), `await = "Action"`
(with `answer`), `raw = "text"`, `sleep = seconds`, `connect = true`, `close = true`.
`"$name"` in a payload is what `save = {name = "field"}` kept of an earlier answer.
"""

import asyncio
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from csms.ocpp.codec import ACTIONS, Protocol
from csms.simulator.basic.wire import CallRefusedError, HandshakeError, NotConnectedError, Wire


class ScriptError(Exception):
    """The script is wrong, or the CSMS did not do what it expects."""


class ScriptedCharger:
    """Runs a script step by step."""

    def __init__(self, script: dict[str, Any], url: str, password: str | None, tell: Callable[[str], None]) -> None:
        self._identity = str(script.get("identity", "SIM-0001"))
        self._password = password if password is not None else script.get("password")
        self._steps: list[dict[str, Any]] = script.get("step", [])
        self._url = url
        self._tell = tell
        self._saved: dict[str, Any] = {}
        self._heard: asyncio.Queue[tuple[str, Any, asyncio.Future[Any]]] = asyncio.Queue()
        self._wire = Wire({name: self._hear for name, it in ACTIONS[Protocol.V16].items() if it.from_csms}, _ignore)
        self._reader: asyncio.Task[Any] | None = None

    @classmethod
    def load(cls, path: Path, url: str, password: str | None, tell: Callable[[str], None]) -> "ScriptedCharger":
        """Read a script; ScriptError says what is wrong with it."""
        try:
            return cls(tomllib.loads(path.read_text()), url, password, tell)
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise ScriptError(f"{path}: {error}") from error

    async def run(self) -> None:
        """All steps; the first that fails ends it."""
        async with aiohttp.ClientSession() as http:
            try:
                await self._connect(http)
                for number, step in enumerate(self._steps, start=1):
                    try:
                        await asyncio.wait_for(self._step(http, step), float(step.get("timeout", 30)))
                    except (NotConnectedError, TimeoutError, TypeError, ValueError, msgspec.MsgspecError) as error:
                        raise ScriptError(f"step {number}: {type(error).__name__}: {error}") from error
                    except ScriptError as error:
                        raise ScriptError(f"step {number}: {error}") from error
            finally:
                await self._close()

    async def _connect(self, http: aiohttp.ClientSession) -> None:
        await self._close()
        try:
            await self._wire.open(http, self._url, self._identity, self._password)
        except (HandshakeError, NotConnectedError) as error:
            raise ScriptError(str(error)) from error
        self._reader = asyncio.create_task(self._wire.read())
        self._tell(f"connected as {self._identity}")

    async def _close(self) -> None:
        await self._wire.close()
        if self._reader is not None:
            await asyncio.gather(self._reader, return_exceptions=True)
            self._reader = None

    async def _step(self, http: aiohttp.ClientSession, step: dict[str, Any]) -> None:
        if "call" in step:
            await self._call(step)
        elif "await" in step:
            await self._await(step)
        elif "raw" in step:
            await self._wire.raw(str(step["raw"]))
        elif "sleep" in step:
            await asyncio.sleep(float(step["sleep"]))
        elif step.get("close"):
            await self._close()
        elif step.get("connect"):
            await self._connect(http)
        else:
            raise ScriptError(f"a step is one of call, await, raw, sleep, close, connect; this has {sorted(step)}")

    async def _call(self, step: dict[str, Any]) -> None:
        action = ACTIONS[Protocol.V16].get(str(step["call"]))
        if action is None:
            raise ScriptError(f"OCPP 1.6 has no action {step['call']!r}")
        payload = {key: self._filled(value) for key, value in step.get("payload", {}).items()}
        try:
            answer = msgspec.to_builtins(await self._wire.call(msgspec.convert(payload, action.request)))
        except CallRefusedError as error:
            if step.get("error") == error.code:
                self._tell(f"{action.name}: refused with {error.code}, as expected")
                return
            raise ScriptError(f"{action.name} was refused: {error}") from error
        if "error" in step:
            raise ScriptError(f"{action.name} was answered, {step['error']} was expected")
        self._tell(f"{action.name}: {msgspec.json.encode(answer).decode()}")
        _expect(action.name, step.get("expect", {}), answer)
        for name, field in step.get("save", {}).items():
            self._saved[name] = answer[field]

    async def _await(self, step: dict[str, Any]) -> None:
        action, request, future = await self._heard.get()
        if action != step["await"]:
            raise ScriptError(f"{step['await']} was awaited, {action} came")
        kind = ACTIONS[Protocol.V16][action].response
        if kind is None:
            raise ScriptError(f"{action} has no answer")
        self._tell(f"heard {action}: {msgspec.json.encode(request).decode()}")
        future.set_result(msgspec.convert(step.get("answer", {}), kind))

    async def _hear(self, request: Any) -> Any:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        await self._heard.put((type(request).__name__, request, future))
        return await future

    def _filled(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("$"):
            if value[1:] not in self._saved:
                raise ScriptError(f"{value} was never saved")
            return self._saved[value[1:]]
        return value


def _expect(action: str, expected: Any, answer: Any, path: str = "") -> None:
    if isinstance(expected, dict) and isinstance(answer, dict):
        for key, value in expected.items():
            _expect(action, value, answer.get(key), f"{path}.{key}")
    elif expected != answer:
        raise ScriptError(f"{action}{path}: {expected!r} was expected, {answer!r} came")


def _ignore(_: str, __: float) -> None:
    """A script keeps no statistics."""
