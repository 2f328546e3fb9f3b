# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The life of one connector: cars come, charge, leave; things go wrong now and then."""

import asyncio
from typing import TYPE_CHECKING, Final

from csms.ocpp import v16
from csms.simulator.basic.car import Car, Meter

if TYPE_CHECKING:
    from csms.simulator.basic.charger import VirtualCharger

# What the CSMS believes of a register: the energy of accelerated sessions stays below it.
_BELIEVED_W: Final = 400_000.0
_STEP_S: Final = 5.0
_LINGER_S: Final = (20.0, 240.0)


class Connector:
    """States as OCPP 1.6 names them."""

    def __init__(self, charger: "VirtualCharger", number: int) -> None:
        self.charger = charger
        self.number = number
        self.status = "Available"
        self.meter = Meter(float(charger.rng.randrange(10_000, 4_000_000)))
        self.transaction_id: int | None = None
        self.charging = False
        self._car: Car | None = None
        self._power_w = 0.0
        self._operative = True
        self._stop_reason: str | None = None
        self._remote_token: str | None = None
        self._called = asyncio.Event()

    @property
    def free(self) -> bool:
        """Whether somebody may begin here."""
        return self._operative and not self.charging and self.status in {"Available", "Preparing"}

    def start_remotely(self, token: str) -> bool:
        """Begin for that token as soon as a car is there (one comes at once)."""
        if not self.free:
            return False
        self._remote_token = token
        self._called.set()
        return True

    def interrupt(self, reason: str) -> None:
        """End the transaction that runs, for that reason."""
        if self.charging:
            self._stop_reason = reason

    def set_operative(self, operative: bool) -> bool:
        """In or out of service; True where that has to wait for the end of a transaction."""
        self._operative = operative
        self._called.set()
        return self.charging and not operative

    async def live(self) -> None:
        """One car after the other."""
        charger, rng = self.charger, self.charger.rng
        await charger.online.wait()
        await charger.sleep(rng.uniform(0, charger.profile.idle_s[0]))
        while True:
            await self._wait_for_a_car()
            if not self._operative:
                await self._set("Unavailable")
                await self._until_operative()
                await self._set("Available")
                continue
            if rng.random() < charger.profile.fault_rate:
                await self._break_down()
                continue
            await self._serve()

    async def _wait_for_a_car(self) -> None:
        charger = self.charger
        self._called.clear()
        idle_s = charger.rng.uniform(*charger.profile.idle_s) / charger.profile.speed
        try:
            await asyncio.wait_for(self._called.wait(), idle_s)
        except TimeoutError:
            return  # nobody called: a car came by itself

    async def _until_operative(self) -> None:
        while not self._operative:
            self._called.clear()
            await self._called.wait()

    async def _set(self, status: str, error_code: str = "NoError") -> None:
        self.status = status
        await self.charger.report(self.number, status, error_code)

    async def _break_down(self) -> None:
        rng = self.charger.rng
        await self._set("Faulted", rng.choice(("GroundFailure", "ConnectorLockFailure", "HighTemperature")))
        await self.charger.sleep(rng.uniform(60, 300))
        await self._set("Available")

    async def _serve(self) -> None:
        charger, rng = self.charger, self.charger.rng
        self._car = Car.arriving(rng)
        await self._set("Preparing")
        token = self._take_remote_token()
        if token is None:
            await charger.sleep(rng.uniform(5, 20))
            token = self._take_remote_token() or rng.choice(charger.profile.tokens)
            if not await charger.authorize(token):
                await charger.sleep(10)
                await self._set("Available")
                return
        await self._charge(token)
        await self._set("Finishing")
        await charger.sleep(rng.uniform(*_LINGER_S))
        self._car = None
        await self._set("Available" if self._operative else "Unavailable")

    async def _charge(self, token: str) -> None:
        charger, rng = self.charger, self.charger.rng
        self.transaction_id = None
        self._stop_reason = None
        self.charging = True
        begin_wh, begun = self.meter.shown_wh, charger.stamp()
        charger.note(
            lambda: v16.StartTransaction(connector_id=self.number, id_tag=token, meter_start=begin_wh, timestamp=begun),
            self._numbered,
        )
        charger.statistics.sessions += 1
        await self._set("Charging")
        patience_s = rng.uniform(900, 5400)
        drops_at_s = patience_s * rng.uniform(0.2, 0.6) if rng.random() < charger.profile.offline_rate else None
        elapsed_s = told_s = 0.0
        car = self._car or Car.arriving(rng)
        while not self._interrupted() and elapsed_s < patience_s:
            await charger.sleep(_STEP_S)
            elapsed_s += _STEP_S
            self._draw(car, elapsed_s)
            if car.full and self.status == "Charging":
                self._power_w = 0.0
                await self._set("SuspendedEV")
                patience_s = min(patience_s, elapsed_s + rng.uniform(60, 600))
            if elapsed_s - told_s >= charger.profile.meter_interval_s:
                told_s = elapsed_s
                reading = self.meter_values("Sample.Periodic")
                charger.note(lambda reading=reading: self._with_number(reading))  # type: ignore[misc]
            if drops_at_s is not None and elapsed_s >= drops_at_s:
                drops_at_s = None
                await charger.lose_network(rng.uniform(2, 8))
        self._end(token)

    def _interrupted(self) -> bool:
        return self._stop_reason is not None

    def _take_remote_token(self) -> str | None:
        token, self._remote_token = self._remote_token, None
        return token

    def _draw(self, car: Car, elapsed_s: float) -> None:
        """Energy of a step; accelerated sessions draw as if time ran, within what a CSMS believes of a meter."""
        speed = self.charger.profile.speed
        self._power_w = car.power_w(elapsed_s)
        believed = min(1.0, _BELIEVED_W / max(1.0, self._power_w * speed))
        energy_wh = car.draw(elapsed_s, _STEP_S * believed)
        self.meter.add(energy_wh)
        self.charger.statistics.energy_wh += energy_wh

    def _numbered(self, answer: v16.StartTransactionResponse) -> None:
        self.transaction_id = answer.transaction_id
        if answer.id_tag_info.status != "Accepted":
            self.interrupt("DeAuthorized")

    def _with_number(self, reading: v16.MeterValues) -> v16.MeterValues:
        return v16.MeterValues(
            connector_id=reading.connector_id, transaction_id=self.transaction_id, meter_value=reading.meter_value
        )

    def _end(self, token: str) -> None:
        charger = self.charger
        reason = self._stop_reason or charger.rng.choice(("Local", "Local", "EVDisconnected"))
        end_wh, ended = self.meter.shown_wh, charger.stamp()
        shown = token if reason == "Local" else None
        self.charging = False
        self._power_w = 0.0
        charger.note(
            lambda: v16.StopTransaction(
                id_tag=shown,
                meter_stop=end_wh,
                timestamp=ended,
                transaction_id=self.transaction_id if self.transaction_id is not None else -1,
                reason=reason,  # type: ignore[arg-type]
            )
        )

    def meter_values(self, context: str) -> v16.MeterValues:
        """What the meter shows now."""
        car = self._car
        phases = car.phases if car else 3
        current_a = car.current_a(self._power_w) if car else 0.0

        def sample(value: str, measurand: str, unit: str, phase: str | None = None) -> v16.SampledValue:
            return v16.SampledValue(
                value=value,
                context=context,  # type: ignore[arg-type]
                measurand=measurand,  # type: ignore[arg-type]
                phase=phase,  # type: ignore[arg-type]
                unit=unit,  # type: ignore[arg-type]
            )

        samples = [
            sample(str(self.meter.shown_wh), "Energy.Active.Import.Register", "Wh"),
            sample(f"{self._power_w:.0f}", "Power.Active.Import", "W"),
            *(sample(f"{current_a:.1f}", "Current.Import", "A", f"L{n}") for n in range(1, phases + 1)),
            *(sample("230.0", "Voltage", "V", f"L{n}-N") for n in range(1, phases + 1)),
        ]
        if car is not None:
            samples.append(sample(f"{car.soc * 100:.0f}", "SoC", "Percent"))
        return v16.MeterValues(
            connector_id=self.number,
            meter_value=[v16.MeterValue(timestamp=self.charger.stamp(), sampled_value=samples)],
        )
