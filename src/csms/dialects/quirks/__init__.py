# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What certain chargers do otherwise than they should, as data: one TOML file for each brand, each entry with a test.

A quirk says whom it concerns (vendor, model, firmware, as patterns), what is known and from where, and what is done
about it: readings rescaled, profiles fitted, commands kept away, pings left out. What all chargers are forgiven is not
here but in `csms.ocpp.judge` and in the dialects.
"""

import tomllib
from collections.abc import Iterable
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib import resources
from math import floor
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from csms.dialects.base import NotExpressibleError
from csms.domain.charging_profiles import ChargingProfile, ChargingSchedulePeriod
from csms.domain.commands import AnyCommand, SetChargingProfile, StartTransaction, tag_of
from csms.domain.messages import MeterReported, Report, TransactionReported
from csms.domain.metering import ENERGY_REGISTER, Reading, decode_code

_MAINS_V: Final = 230.0


class QuirkError(ValueError):
    """A file of quirks is not right: which, and where."""


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Rescale(_Part, frozen=True, kw_only=True):
    """Values of a measurand are in another unit than they say: multiplied by `factor`."""

    measurand: str
    factor: Decimal


class Profiles(_Part, frozen=True, kw_only=True):
    """What the charger takes of charging profiles."""

    min_stack_level: int = 0
    max_stack_level: int | None = None
    max_periods: int | None = None
    unit: Literal["A", "W"] | None = None  # the only one: limits are converted at 230 V a phase
    min_limit_a: float | None = None  # below it, but for 0, a limit is refused: it is never raised


class Refusal(_Part, frozen=True, kw_only=True):
    """A command that does harm: it is not sent. `where` names fields that have to be so for that."""

    command: str
    reason: str
    where: dict[str, Any] = {}


class Example(_Part, frozen=True, kw_only=True):
    """A test. Inbound: `frame` (a payload in JSON), and what the Report has after it. Outbound: `command`, and `sent`
    (what the payload has) or `refused`.
    """

    protocol: str
    action: str | None = None
    frame: str | None = None
    report: dict[str, Any] = {}
    command: dict[str, Any] | None = None
    sent: dict[str, Any] = {}
    refused: bool = False


class Quirk(_Part, frozen=True, kw_only=True):
    """One peculiarity. Patterns are those of a shell (`*`, `?`), letter case does not count."""

    id: str
    vendor: str
    model: str = "*"
    firmware: str = "*"
    why: str
    source: str
    readings: tuple[Rescale, ...] = ()
    register_factor: Decimal | None = None  # of meterStart and meterStop
    profiles: Profiles | None = None
    refuse: tuple[Refusal, ...] = ()
    ping: bool = True
    settle_s: float = 0.0  # after a boot, before the first command
    test: tuple[Example, ...] = ()

    def concerns(self, vendor: str, model: str, firmware: str) -> bool:
        """Whether a charger has it."""
        pairs = ((vendor, self.vendor), (model, self.model), (firmware, self.firmware))
        return all(fnmatchcase(text.lower(), pattern.lower()) for text, pattern in pairs)


class Quirks:
    """The quirks of one charger; false if it has none."""

    __slots__ = ("_factors", "_register", "all", "ping", "settle_s")

    def __init__(self, quirks: tuple[Quirk, ...]) -> None:
        self.all = quirks
        self.ping = all(each.ping for each in quirks)
        self.settle_s = max((each.settle_s for each in quirks), default=0.0)
        self._factors = {rule.measurand: rule.factor for each in quirks for rule in each.readings}
        self._register = next((each.register_factor for each in quirks if each.register_factor is not None), None)

    def __bool__(self) -> bool:
        return bool(self.all)

    def read(self, report: Report) -> Report:
        """A Report as it was meant."""
        if isinstance(report, MeterReported) and self._factors:
            return msgspec.structs.replace(report, readings=self._rescaled(report.readings))
        if isinstance(report, TransactionReported) and (self._factors or self._register is not None):
            register = report.register_wh
            if register is not None and self._register is not None:
                register *= self._register
            return msgspec.structs.replace(report, register_wh=register, readings=self._rescaled(report.readings))
        return report

    def _rescaled(self, readings: tuple[Reading, ...]) -> tuple[Reading, ...]:
        return tuple(self._reading(each) for each in readings)

    def _reading(self, reading: Reading) -> Reading:
        samples = []
        for sample in reading.samples:
            factor = self._factors.get(decode_code(sample.code)[0])
            samples.append(sample if factor is None else msgspec.structs.replace(sample, value=sample.value * factor))
        energy = reading.energy_wh
        if energy is not None and ENERGY_REGISTER in self._factors:
            energy *= self._factors[ENERGY_REGISTER]
        return msgspec.structs.replace(reading, samples=tuple(samples), energy_wh=energy)

    def write(self, command: AnyCommand) -> tuple[AnyCommand, str | None]:
        """The command as this charger takes it, and what was changed. Raises NotExpressibleError for a refusal."""
        for quirk in self.all:
            for refusal in quirk.refuse:
                if tag_of(type(command)) == refusal.command and all(
                    getattr(command, name, None) == value for name, value in refusal.where.items()
                ):
                    raise NotExpressibleError(f"not sent to this charger: {refusal.reason} ({quirk.id})")
        changed: str | None = None
        for quirk in self.all:
            if quirk.profiles is not None:
                command, words = _fitted(command, quirk.profiles)
                changed = f"{words} ({quirk.id})" if words else changed
        return command, changed


NONE: Final = Quirks(())


def _fitted(command: AnyCommand, limits: Profiles) -> tuple[AnyCommand, str | None]:
    if isinstance(command, SetChargingProfile):
        profile, words = _fitted_profile(command.profile, limits)
        return msgspec.structs.replace(command, profile=profile), words
    if isinstance(command, StartTransaction) and command.charging_profile is not None:
        profile, words = _fitted_profile(command.charging_profile, limits)
        return msgspec.structs.replace(command, charging_profile=profile), words
    return command, None


def _fitted_profile(profile: ChargingProfile, limits: Profiles) -> tuple[ChargingProfile, str | None]:
    said: list[str] = []
    profile = _in_unit(profile, limits, said)
    longest = max(len(schedule.periods) for schedule in profile.schedules)
    if limits.max_periods is not None and longest > limits.max_periods:
        raise NotExpressibleError(f"this charger takes {limits.max_periods} periods in a schedule, not {longest}")
    level = max(profile.stack_level, limits.min_stack_level)
    if limits.max_stack_level is not None:
        level = min(level, limits.max_stack_level)
    if level != profile.stack_level:
        said.append(f"sent with stack level {level}")
        profile = msgspec.structs.replace(profile, stack_level=level)
    return profile, ", ".join(said) or None


def _in_unit(profile: ChargingProfile, limits: Profiles, said: list[str]) -> ChargingProfile:
    """Limits in the unit that the charger takes; a limit that it does not take is refused."""
    schedules = []
    for schedule in profile.schedules:
        periods = schedule.periods
        if limits.unit is not None and schedule.unit != limits.unit:
            if schedule.min_charging_rate is not None or any(_more_than_a_limit(period) for period in periods):
                raise NotExpressibleError(f"this charger takes {limits.unit} only: give the profile in that")
            said.append(f"sent in {limits.unit}")
            periods = tuple(
                msgspec.structs.replace(period, limit=_converted(period.limit, period.number_phases, limits.unit))
                for period in periods
            )
            schedule = msgspec.structs.replace(schedule, unit=limits.unit, periods=periods)  # noqa: PLW2901
        for period in periods if limits.min_limit_a is not None and schedule.unit == "A" else ():
            if period.limit is not None and 0 < period.limit < (limits.min_limit_a or 0):
                raise NotExpressibleError(
                    f"this charger takes no limit between 0 and {limits.min_limit_a:g} A: {period.limit:g} A"
                )
        schedules.append(schedule)
    return msgspec.structs.replace(profile, schedules=tuple(schedules))


def _more_than_a_limit(period: ChargingSchedulePeriod) -> bool:
    """Limits of single phases, setpoints and the like (2.1)."""
    names = (name for name in period.__struct_fields__ if name.startswith(("limit_", "discharge_", "setpoint")))
    return any(getattr(period, name) is not None for name in names)


def _converted(limit: float | None, phases: int | None, unit: str) -> float | None:
    """Amperes are of each phase; rounded down, so that a limit is kept."""
    if limit is None:
        return None
    volts = _MAINS_V * (phases or 3)
    return floor(limit / volts * 10) / 10 if unit == "A" else float(floor(limit * volts))


class Library:
    """All quirks that are known."""

    def __init__(self, quirks: Iterable[Quirk] = ()) -> None:
        self.quirks = tuple(quirks)
        self._of = lru_cache(maxsize=4096)(self._find)

    def of(self, vendor: str | None, model: str | None, firmware: str | None) -> Quirks:
        """Those of a charger, by what it told at its boot."""
        return self._of(vendor or "", model or "", firmware or "") if self.quirks else NONE

    def _find(self, vendor: str, model: str, firmware: str) -> Quirks:
        return Quirks(tuple(each for each in self.quirks if each.concerns(vendor, model, firmware)))


class _File(_Part, frozen=True, kw_only=True):
    quirk: tuple[Quirk, ...]


def parse(text: str, name: str) -> tuple[Quirk, ...]:
    """The quirks of a file. Raises QuirkError."""
    try:
        return msgspec.convert(tomllib.loads(text), _File, strict=False).quirk
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise QuirkError(f"{name}: {error}") from error


def load(folder: Path | None = None) -> Library:
    """Those that come with the product, and those of a folder. An id that is there twice: the folder's counts."""
    found: dict[str, Quirk] = {}
    own = sorted((each for each in resources.files(__name__).iterdir() if each.name.endswith(".toml")), key=_name)
    given = sorted(folder.glob("*.toml")) if folder is not None else []
    for file in [*own, *given]:
        found |= {each.id: each for each in parse(file.read_text(encoding="utf-8"), file.name)}
    return Library(found.values())


def _name(file: Any) -> str:
    return str(file.name)
