# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Core profile: MeterValues (§4.7) and the sampled values that transactions carry too (§7.33, §7.43)."""

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from csms.dialects.base import Inbound
from csms.dialects.times import parse_time
from csms.domain.messages import Acknowledged, MeterReported
from csms.domain.metering import (
    ENERGY_REGISTER,
    Reading,
    Sample,
    context_code,
    register_wh,
    sample_code,
    to_base,
)
from csms.ocpp import v16

_NOT_A_NUMBER: Final = Decimal("NaN")
_MAX_DIGITS: Final = 15  # before the decimal point; more is no meter's
_MAX_DECIMALS: Final = -9


def read_number(text: str) -> Decimal | None:
    """A sampled value as a number; None where it is none that a meter shows."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if not value.is_finite() or value.adjusted() >= _MAX_DIGITS:
        return None
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < _MAX_DECIMALS:
        return round(value, -_MAX_DECIMALS)
    return value


def read_sample(wire: v16.SampledValue) -> tuple[Sample, str | None]:
    """A sampled value in base units, and a flag if something about it was doubted."""
    measurand = wire.measurand or ENERGY_REGISTER
    code = sample_code(measurand, wire.phase, wire.location)
    raw = measurand if code >> 7 == 0 else None
    if wire.format == "SignedData":
        return Sample(code, _NOT_A_NUMBER, wire.value), None  # kept byte-exact: a signature covers it
    number = read_number(wire.value)
    if number is None:
        return Sample(code, _NOT_A_NUMBER, wire.value), "unreadable_value"
    value, fits = to_base(number, wire.unit, measurand)
    return Sample(code, value, raw), None if fits else "unit_mismatch"


def read_readings(wire: Iterable[v16.MeterValue]) -> tuple[Reading, ...]:
    """One Reading per time stamp and context."""
    readings: list[Reading] = []
    for meter_value in wire:
        at = parse_time(meter_value.timestamp)
        by_context: dict[int, tuple[list[Sample], list[str]]] = {}
        for sampled in meter_value.sampled_value:
            sample, flag = read_sample(sampled)
            samples, flags = by_context.setdefault(context_code(sampled.context), ([], []))
            samples.append(sample)
            if flag is not None and flag not in flags:
                flags.append(flag)
        readings += [_reading(at, context, samples, flags) for context, (samples, flags) in by_context.items()]
    return tuple(readings)


def _reading(at: object, context: int, samples: Sequence[Sample], flags: Sequence[str]) -> Reading:
    kept = tuple(samples)
    energy = register_wh(kept)
    return Reading(at, context, kept, energy if energy is None or energy.is_finite() else None, tuple(flags))  # type: ignore[arg-type]


def read_ref(ref: int | None) -> int | None:
    """A transaction reference; chargers say 0 or -1 where they have none (ev-dashboard#1817, libocpp#495)."""
    return ref if ref is not None and ref > 0 else None


def read_meter_values(wire: v16.MeterValues) -> MeterReported:
    """Readings of a connector; connector 0 is the charger's main meter."""
    return MeterReported(
        evse_id=wire.connector_id,
        connector_id=wire.connector_id,
        ref=read_ref(wire.transaction_id),
        readings=read_readings(wire.meter_value),
    )


def answer_meter_values(_: Acknowledged) -> v16.MeterValuesResponse:
    """Stored."""
    return v16.MeterValuesResponse()


INBOUND: Final[dict[type, Inbound]] = {v16.MeterValues: Inbound(read_meter_values, answer_meter_values)}
