# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Meter values (J): MeterValues, and the sampled values that transaction events carry too."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

import msgspec

from csms.dialects.base import Inbound
from csms.dialects.numbers import read_evse
from csms.dialects.times import parse_time
from csms.dialects.v2.mirror import to_words
from csms.domain.messages import Acknowledged, MeterReported
from csms.domain.metering import (
    DEFAULT_CONTEXT,
    ENERGY_REGISTER,
    Reading,
    Sample,
    context_code,
    register_wh,
    sample_code,
    unit_factor,
)
from csms.ocpp import v21

MAX_REGISTER_WH: Final = Decimal(10**15)
_NOT_A_NUMBER: Final = Decimal("NaN")
_MAX_MULTIPLIER: Final = 12
_MAX_DIGITS: Final = 15
_MAX_DECIMALS: Final = 9
_SHORT: Final = 10


@lru_cache(maxsize=4096)
def _kind(
    measurand: str | None, unit: str | None, multiplier: int | None, phase: str | None, location: str | None
) -> tuple[int, Decimal | None, str | None, str | None]:
    """Code, factor to the base unit, the name of a measurand that has no code, and what is doubted."""
    name = measurand or ENERGY_REGISTER
    code = sample_code(name, phase, location)
    factor, fits = unit_factor(unit, name)
    doubt = None if fits else "unit_mismatch"
    if multiplier:
        if abs(multiplier) > _MAX_MULTIPLIER:
            doubt = "unit_mismatch"
        else:
            factor = (factor or Decimal(1)).scaleb(multiplier)
    return code, factor, name if code >> 7 == 0 else None, doubt


def read_sample(wire: v21.SampledValueType) -> tuple[list[Sample], str | None]:
    """A sampled value in base units (its signed form beside it), and a flag if something about it was doubted."""
    unit = wire.unit_of_measure
    code, factor, raw, doubt = _kind(
        wire.measurand,
        None if unit is None else unit.unit,
        None if unit is None else unit.multiplier,
        wire.phase,
        wire.location,
    )
    text = repr(wire.value)
    number = Decimal(text)
    if factor is None and len(text) <= _SHORT and "e" not in text:
        samples = [Sample(code, number, raw)]  # too short to be beyond the bounds below
    elif number.adjusted() >= _MAX_DIGITS:
        samples = [Sample(code, _NOT_A_NUMBER, text)]
        doubt = "unreadable_value"
    else:
        number = number if factor is None else number * factor
        exponent = number.as_tuple().exponent
        if isinstance(exponent, int) and exponent < -_MAX_DECIMALS:
            number = round(number, _MAX_DECIMALS)
        samples = [Sample(code, number, raw)]
    signed = wire.signed_meter_value
    if signed is not None:
        samples.append(Sample(code, _NOT_A_NUMBER, msgspec.json.encode(to_words(signed)).decode()))
    return samples, doubt


def read_readings(wire: Iterable[v21.MeterValueType]) -> tuple[Reading, ...]:
    """One Reading per time stamp and context."""
    readings: list[Reading] = []
    for meter_value in wire:
        at = parse_time(meter_value.timestamp)
        by_context: dict[str, tuple[list[Sample], list[str]]] = {}
        for sampled in meter_value.sampled_value:
            found, flag = read_sample(sampled)
            context = sampled.context or DEFAULT_CONTEXT
            into = by_context.get(context)
            if into is None:
                into = by_context[context] = ([], [])
            samples, flags = into
            samples += found
            if flag is not None and flag not in flags:
                flags.append(flag)
        readings += [_reading(at, context_code(of), samples, flags) for of, (samples, flags) in by_context.items()]
    return tuple(readings)


def _reading(at: datetime | None, context: int, samples: Sequence[Sample], flags: Sequence[str]) -> Reading:
    kept = tuple(samples)
    energy = register_wh(kept)
    if energy is not None and abs(energy) >= MAX_REGISTER_WH:
        energy = None
    return Reading(at, context, kept, energy, tuple(flags))


def read_meter_values(wire: v21.MeterValues) -> MeterReported:
    """Readings of an EVSE outside of a transaction; EVSE 0 is the main meter (J01)."""
    return MeterReported(
        evse_id=read_evse(wire.evse_id, "evseId"), connector_id=0, ref=None, readings=read_readings(wire.meter_value)
    )


def answer_meter_values(_: Acknowledged) -> v21.MeterValuesResponse:
    """Stored."""
    return v21.MeterValuesResponse()


INBOUND: Final[dict[type, Inbound]] = {v21.MeterValues: Inbound(read_meter_values, answer_meter_values)}
