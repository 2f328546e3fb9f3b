# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Meter rows are spelled by us, so whatever a charger says has to come back from the database as it was."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csms.domain.metering import Reading, Sample
from csms.features.transactions.ingest import meter_row, write_meters
from csms.kit.db.ingest import Unit
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.ids import new_id
from tests.support.postgres import Database

NOW = datetime(2026, 11, 24, 12, 30, 15, 123456, tzinfo=UTC)
texts = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(["", "NULL", "null", "\\N", "\\", '"', "{}", "a,b", "\t", "\n", "\r\n", "\\.", "\\x41", " x "]),
)
numbers = st.one_of(
    st.decimals(min_value=-(10**15), max_value=10**15, places=3, allow_nan=False, allow_infinity=False),
    st.sampled_from(
        [Decimal("NaN"), Decimal("1E+3"), Decimal("-0"), Decimal("0.000000001"), Decimal("123456789012345.6")]
    ),
)
samples = st.builds(Sample, st.integers(0, 30_000), numbers, st.none() | texts)
readings = st.builds(
    Reading,
    at=st.none() | st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    context=st.integers(0, 10),
    samples=st.lists(samples, max_size=5).map(tuple),
    energy_wh=st.none() | numbers.filter(lambda number: number.is_finite() and abs(number) < 10**14),
    flags=st.lists(st.sampled_from(["unit_mismatch", "unreadable_value"]), unique=True).map(tuple),
)


def _same(stored: Decimal, said: Decimal) -> bool:
    return stored == said or (stored.is_nan() and said.is_nan())


async def test_a_reading_comes_back_as_it_was(database: Database) -> None:
    """Quotes, backslashes, tabs, lines, words that mean something in COPY or in arrays; numbers of any shape."""
    connection = await database.connect("csms_ingest")
    reader = await database.connect()
    await connection.execute("SELECT csms_make_partitions($1)", NOW)

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.tuples(readings, texts.filter(bool), st.none() | texts), min_size=1, max_size=4))
    def prepare(drawn: list[tuple[Reading, str, str | None]]) -> None:
        cases.append(drawn)

    cases: list[list[tuple[Reading, str, str | None]]] = []
    prepare()
    for drawn in cases:
        key = new_id()
        lines = [
            meter_row(DEFAULT_ORGANIZATION_ID, charger, number, 2, key, ref, NOW, reading, ("late",))
            for number, (reading, charger, ref) in enumerate(drawn)
        ]
        transaction = connection.transaction()
        await transaction.start()
        await write_meters(Unit(connection, NOW), lines)
        await transaction.commit()
        rows = await reader.fetch("SELECT * FROM meter_values WHERE transaction = $1 ORDER BY evse_id", key)
        assert len(rows) == len(drawn)
        for row, (reading, charger, ref) in zip(rows, drawn, strict=True):
            assert (row["charger_id"], row["reported_ref"], row["measured_at"]) == (charger, ref, reading.at)
            assert (row["organization_id"], row["received_at"]) == (DEFAULT_ORGANIZATION_ID, NOW)
            assert (row["connector_id"], row["context"]) == (2, reading.context)
            assert row["energy_wh"] == (None if reading.energy_wh is None else round(reading.energy_wh, 3))
            assert row["codes"] == [sample.code for sample in reading.samples]
            assert all(_same(*pair) for pair in zip(row["values"], [s.value for s in reading.samples], strict=True))
            raw = [sample.raw for sample in reading.samples]
            assert row["raw"] == (raw if any(item is not None for item in raw) else None)
            assert row["flags"] == [*reading.flags, "late"]
    await connection.close()
    await reader.close()
