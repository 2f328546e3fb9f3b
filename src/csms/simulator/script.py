# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Plays a scenario file against a CSMS: each step waits for its answer, the first that goes wrong ends it."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from csms.ocpp.codec import Protocol
from csms.ocpp.errors import LocalProtocolError
from csms.ocpp.rpc import CallReceived
from csms.simulator import steps
from csms.simulator.charger import SPEECHES, ChargerConfig, Runtime, VirtualCharger
from csms.simulator.connection import CallRefused, ConnectFailed, Connection, Disconnected, Failure
from csms.simulator.device import Connector, Status
from csms.simulator.dice import dice
from csms.simulator.physics import Outlet, Vehicle
from csms.simulator.speech import ACCEPTED
from csms.simulator.steps import Script, ScriptError

_ANSWER_S: Final = 35.0


def contains(whole: Any, part: Any) -> bool:
    """Whether everything in `part` is in `whole`: objects by their fields, lists by position, else equal."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(key in whole and contains(whole[key], part[key]) for key in part)
    if isinstance(part, list):
        return (
            isinstance(whole, list)
            and len(whole) >= len(part)
            and all(contains(mine, theirs) for mine, theirs in zip(whole, part, strict=False))
        )
    return bool(whole == part)


@dataclass(slots=True)
class _Heard:
    action: str
    payload: Any


def _config(script: Script, url: str, password: str | None, tls: ssl.SSLContext | bool) -> ChargerConfig:
    try:
        protocol = Protocol(script.protocol)
    except ValueError as error:
        raise ScriptError(f"{script.protocol!r} is no OCPP version") from error
    if protocol not in SPEECHES:
        raise ScriptError(f"virtual chargers speak {', '.join(SPEECHES)} so far")
    outlet = Outlet(script.power_kw * 1000, phases=0 if script.dc else 3)
    return ChargerConfig(
        identity=script.identity,
        url=url,
        password=password,
        protocol=protocol,
        outlets=(outlet,) * script.connectors,
        model="Virtual DC" if script.dc else "Virtual AC",
        sample_interval_s=script.sample_interval_s,
        tls=tls,
    )


class Player:
    """One run of a scenario."""

    def __init__(
        self,
        script: Script,
        runtime: Runtime,
        url: str,
        *,
        password: str | None = None,
        tls: ssl.SSLContext | bool = True,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._script = script
        self._runtime = runtime
        self._tell = tell
        secret = script.password if password is None else password
        self.charger = VirtualCharger(_config(script, url, secret, tls), runtime, dice(script.identity))
        self.charger.uplink.boots = False
        self.charger.expectation = self._on_call
        self._answers: dict[str, steps.Answer] = {}
        self._heard: list[_Heard] = []
        self._reader: asyncio.Task[None] | None = None
        self._accepted = False

    async def play(self) -> None:
        """All steps. Raises ScriptError with the number of the one that went wrong."""
        try:
            for number, step in enumerate(self._script.steps, start=1):
                words = f"{number:3} {_words(step)}"
                try:
                    await self._step(step)
                except ScriptError as error:
                    raise ScriptError(f"step {words.strip()}: {error}") from error
                except (Failure, ConnectFailed, LocalProtocolError) as error:
                    raise ScriptError(f"step {words.strip()}: {error}") from error
                self._tell(words)
        finally:
            await self.charger.stop(finish=False)

    # Over 50 lines because every step of the language has its branch, and each is a line or three.
    async def _step(self, step: steps.AnyStep) -> None:  # noqa: PLR0912  (one branch a step)
        charger = self.charger
        match step:
            case steps.Connect():
                await self._connect(step.fails)
            case steps.Disconnect():
                await self._disconnect()
            case steps.Boot():
                await self._boot(step.expect)
            case steps.Heartbeat():
                await self._connection.call(charger.speech.heartbeat())
            case steps.SetStatus():
                await self._status(step)
            case steps.Authorize():
                response = await self._connection.call(charger.speech.authorize(step.tag))
                _same("the tag's status", charger.speech.read_authorize(response), step.expect)
            case steps.Plug():
                car = Vehicle(step.battery_wh, step.arrival_soc, step.target_soc)
                charger.plug(self._connector(step.connector), car)
            case steps.Unplug():
                charger.unplug(self._connector(step.connector))
                await self._told()
            case steps.Start():
                await self._start(step)
            case steps.Meter():
                connector = self._connector(step.connector)
                connector.register_wh += step.add_wh
                charger.meter(connector, step.context)
                await self._told()
            case steps.Stop():
                if charger.stop_transaction(self._connector(step.connector), step.reason, step.tag) is None:
                    raise ScriptError("no transaction runs there")
                await self._told()
            case steps.Fault():
                charger.fault(self._connector(step.connector), step.error_code, step.info)
            case steps.Recover():
                charger.recover(self._connector(step.connector))
            case steps.Offline():
                await self._vanish(step.seconds, reboot=False)
            case steps.PowerLoss():
                await self._vanish(step.seconds, reboot=True)
            case steps.Wait():
                await self._runtime.wheel.sleep(step.seconds)
            case steps.Raw():
                await self._raw(step)
            case steps.Call():
                await self._call(step)
            case steps.Answer():
                self._answers[step.action] = step
            case steps.Expect():
                await self._expect(step)

    # -- the line ----------------------------------------------------------------------------------------------------

    @property
    def _connection(self) -> Connection:
        connection = self.charger.uplink.connection
        if connection is None:
            raise Disconnected("there is no connection; a `connect` step opens one")
        return connection

    def _connector(self, number: int) -> Connector:
        connector = self.charger.main if number == 0 else self.charger.connector(number)
        if connector is None:
            raise ScriptError(f"the charger has {len(self.charger.connectors)} connectors")
        return connector

    async def _connect(self, fails: str | None) -> None:
        try:
            await self.charger.uplink.open()
        except ConnectFailed as failure:
            if fails is None or fails not in failure.reason:
                raise
            return
        self._reader = self.charger.spawn(self._serve())
        if fails is not None:
            raise ScriptError("it connected, which it should not")
        if self._accepted:
            self.charger.uplink.become_ready()

    async def _serve(self) -> None:
        await self.charger.uplink.serve()

    async def _disconnect(self) -> None:
        await self._connection.close()
        if self._reader is not None:
            await self._reader

    async def _vanish(self, seconds: float, *, reboot: bool) -> None:
        if reboot:
            self.charger.lose_power(seconds)
        else:
            self.charger.go_offline(seconds)
        if self._reader is not None:
            await self._reader
        await self._runtime.wheel.sleep(seconds)
        if reboot:
            self._accepted = False
        await self._connect(None)
        if reboot:
            await self._boot(ACCEPTED)
        await self._told()

    async def _boot(self, expect: str) -> None:
        registration = await self.charger.uplink.boot_once(self._connection)
        _same("the registration", registration.status, expect)
        self._accepted = registration.status == ACCEPTED
        if self._accepted:
            self.charger.uplink.become_ready()

    async def _told(self) -> None:
        """Facts are acknowledged, if anybody is there to do it."""
        if self.charger.ready and not await self.charger.drained(_ANSWER_S):
            raise ScriptError(f"not acknowledged within {_ANSWER_S:.0f} s")

    # -- steps -------------------------------------------------------------------------------------------------------

    async def _status(self, step: steps.SetStatus) -> None:
        connector = self._connector(step.connector)
        connector.status = step.status
        connector.error_code = connector.told_error = step.error_code
        connector.info = step.info
        connector.operative = step.status is not Status.UNAVAILABLE
        await self._connection.call(self.charger.speech.status(connector, self._runtime.time.stamp()))

    async def _start(self, step: steps.Start) -> None:
        charger, connector = self.charger, self._connector(step.connector)
        if connector.transaction is not None:
            raise ScriptError("a transaction runs there already")
        transaction = charger.start_transaction(connector, step.tag)
        if not charger.ready:
            return
        await charger.until(lambda: transaction.ref is not None or transaction.lost, _ANSWER_S)
        if transaction.ref is None:
            raise ScriptError("the start was not acknowledged")
        _same("the tag's status", charger.cache.get(step.tag), step.expect)

    async def _raw(self, step: steps.Raw) -> None:
        connection = self._connection
        coming = asyncio.ensure_future(connection.next_raw())
        await asyncio.sleep(0)
        await connection.send_raw(step.text)
        if step.expect is None:
            coming.cancel()
            return
        try:
            async with asyncio.timeout(step.within_s):
                frame = await coming
        except TimeoutError as error:
            raise ScriptError(f"no frame came within {step.within_s:g} s") from error
        if step.expect not in frame.decode("utf-8", "replace"):
            raise ScriptError(f"{frame.decode('utf-8', 'replace')} does not contain {step.expect!r}")

    async def _call(self, step: steps.Call) -> None:
        payload = msgspec.json.encode(step.payload)
        try:
            answer = msgspec.to_builtins(await self._connection.call_raw(step.action, payload))
        except CallRefused as refused:
            if step.error is None:
                raise
            _same("the error", refused.code, step.error)
            return
        if step.error is not None:
            raise ScriptError(f"it was answered with {answer} and not with {step.error}")
        if not contains(answer, step.expect):
            raise ScriptError(f"the answer was {answer}, expected {step.expect}")

    async def _expect(self, step: steps.Expect) -> None:
        def matching() -> _Heard | None:
            return next(
                (one for one in self._heard if one.action == step.action and contains(one.payload, step.payload)), None
            )

        if not await self.charger.until(lambda: matching() is not None, step.within_s):
            others = ", ".join(f"{one.action} {one.payload}" for one in self._heard) or "nothing"
            raise ScriptError(f"{step.action} did not come within {step.within_s:g} s; heard {others}")
        self._heard.clear()

    def _on_call(self, connection: Connection, call: CallReceived) -> bool:
        """Remember a command; True if it was answered by the script."""
        try:
            self._heard.append(_Heard(call.action, msgspec.json.decode(call.payload)))
        except msgspec.DecodeError:
            return False  # the charger's own answer says what is wrong with it
        self.charger.changed()
        canned = self._answers.get(call.action)
        if canned is None:
            return False
        if canned.error is not None:
            connection.session.refuse(call.message_id, canned.error, "as the scenario wants it")
        else:
            connection.session.answer(call.message_id, msgspec.json.encode(canned.payload))
        return True


def _same(what: str, got: object, wanted: object) -> None:
    if got != wanted:
        raise ScriptError(f"{what} was {got}, expected {wanted}")


def _words(step: steps.AnyStep) -> str:
    values = msgspec.to_builtins(step)
    defaults = {field.name: field.default for field in msgspec.structs.fields(step)}
    said = " ".join(f"{key}={value}" for key, value in values.items() if key != "do" and value != defaults.get(key))
    return f"{values['do']} {said}".rstrip()
