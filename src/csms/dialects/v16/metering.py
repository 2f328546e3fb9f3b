# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Core profile: MeterValues (§4.7) and the sampled values that transactions carry too (§7.33, §7.43)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

from csms.dialects.base import Inbound
from csms.dialects.times import parse_time
from csms.dialects.v16.numbers import MAX_REGISTER_WH, read_connector
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
from csms.ocpp import v16

_NOT_A_NUMBER: Final = Decimal("NaN")
_MAX_DIGITS: Final = 15  # before the decimal point; more is no meter's
_MAX_DECIMALS: Final = -9
_SHORT: Final = 10
_PLAIN: Final = frozenset("0123456789.+- ")


def read_number(text: str) -> Decimal | None:
    """A sampled value as a number; None where it is none that a meter shows."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if len(text) <= _SHORT and _PLAIN.issuperset(text):
        return value  # too short to be beyond the bounds below
    if not value.is_finite() or value.adjusted() >= _MAX_DIGITS:
        return None
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < _MAX_DECIMALS:
        return round(value, -_MAX_DECIMALS)
    return value


@lru_cache(maxsize=4096)
def _kind(
    measurand: str | None, unit: str | None, phase: str | None, location: str | None
) -> tuple[int, Decimal | None, str | None, str | None]:
    """Code, factor to the base unit, the name of a measurand that has no code, and what is doubted."""
    name = measurand or ENERGY_REGISTER
    code = sample_code(name, phase, location)
    factor, fits = unit_factor(unit, name)
    return code, factor, name if code >> 7 == 0 else None, None if fits else "unit_mismatch"


def read_sample(wire: v16.SampledValue) -> tuple[Sample, str | None]:
    """A sampled value in base units, and a flag if something about it was doubted."""
    code, factor, raw, doubt = _kind(wire.measurand, wire.unit, wire.phase, wire.location)
    if wire.format == "SignedData":
        return Sample(code, _NOT_A_NUMBER, wire.value), None  # kept byte-exact: a signature covers it
    number = read_number(wire.value)
    if number is None:
        return Sample(code, _NOT_A_NUMBER, wire.value), "unreadable_value"
    return Sample(code, number if factor is None else number * factor, raw), doubt


def read_readings(wire: Iterable[v16.MeterValue]) -> tuple[Reading, ...]:
    """One Reading per time stamp and context."""
    readings: list[Reading] = []
    for meter_value in wire:
        at = parse_time(meter_value.timestamp)
        sampled = meter_value.sampled_value
        contexts = dict.fromkeys([each.context or DEFAULT_CONTEXT for each in sampled])
        for context in contexts:
            of = sampled if len(contexts) == 1 else [x for x in sampled if (x.context or DEFAULT_CONTEXT) == context]
            readings.append(_reading(at, context, of))
    return tuple(readings)


def _reading(at: datetime | None, context: str, wire: Sequence[v16.SampledValue]) -> Reading:
    read = [read_sample(sampled) for sampled in wire]
    kept = tuple([sample for sample, _ in read])
    doubts = [flag for _, flag in read if flag is not None]
    energy = register_wh(kept)
    if energy is not None and not (energy.is_finite() and abs(energy) <= MAX_REGISTER_WH - 1):
        energy = None
    return Reading(at, context_code(context), kept, energy, tuple(dict.fromkeys(doubts)) if doubts else ())


def read_ref(ref: int | None) -> int | None:
    """A transaction reference; chargers say 0 or -1 where they have none (ev-dashboard#1817, libocpp#495)."""
    return ref if ref is not None and ref > 0 else None


def read_meter_values(wire: v16.MeterValues) -> MeterReported:
    """Readings of a connector; connector 0 is the charger's main meter."""
    connector = read_connector(wire.connector_id)
    return MeterReported(
        evse_id=connector,
        connector_id=connector,
        ref=read_ref(wire.transaction_id),
        readings=read_readings(wire.meter_value),
    )


def answer_meter_values(_: Acknowledged) -> v16.MeterValuesResponse:
    """Stored."""
    return v16.MeterValuesResponse()


INBOUND: Final[dict[type, Inbound]] = {v16.MeterValues: Inbound(read_meter_values, answer_meter_values)}
