# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Whatever was said on the wire has to come back from the log as it was."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csms.features.ocpp_log.ingest import COLUMNS, MessageLog
from csms.kit.db.ingest import Unit
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.ids import new_id
from tests.support.postgres import Database

NOW = datetime(2026, 11, 24, 12, 30, 15, 123456, tzinfo=UTC)
texts = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40),
    st.sampled_from(
        ["", "NULL", "\\N", "\\", "\\.", "\n\\.\n", '{"a":"\\u00e4\\n"}', "\t", "\r\n", "\\x41", " x ", "ä€😀"]
    ),
)
payloads = texts
instants = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
exchanges = st.tuples(
    instants,
    st.none() | st.just(NOW + timedelta(microseconds=1)),
    st.integers(0, 2**62),
    st.sampled_from(["in", "out"]),
    texts,
    texts,
    st.sampled_from(["ocpp1.6", "ocpp2.1"]),
    payloads,
    st.none() | payloads,
    st.sampled_from(["result", "error", "timeout"]),
    st.none() | texts,
)


async def test_an_exchange_comes_back_as_it_was(database: Database) -> None:
    """Backslashes, tabs, lines, the end of a COPY, nothing beside an empty text."""
    connection = await database.connect("csms_ingest")
    reader = await database.connect()
    await connection.execute("SELECT csms_make_partitions($1)", NOW)
    cases: list[list[tuple[Any, ...]]] = []

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(exchanges, min_size=1, max_size=4))
    def prepare(drawn: list[tuple[Any, ...]]) -> None:
        cases.append(drawn)

    prepare()
    for drawn in cases:
        charger = f"CP\\{new_id()}"
        said = [(DEFAULT_ORGANIZATION_ID, f"{charger}-{number}", *row) for number, row in enumerate(drawn)]
        async with connection.transaction():
            await MessageLog().write(Unit(connection, NOW), said)
        rows = await reader.fetch(
            f"SELECT {', '.join(COLUMNS)}, received_at FROM ocpp_messages WHERE starts_with(charger_id, $1) ORDER BY 2",
            charger,
        )
        assert [tuple(row) for row in rows] == [(*row, NOW) for row in said]
    await connection.close()
    await reader.close()
