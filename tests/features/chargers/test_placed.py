# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Chargers of places, and what belongs to them, as a condition that an index serves."""

from uuid import UUID

import pytest
from sqlalchemy import String, column, text
from sqlalchemy.dialects import postgresql

from csms.features.chargers import placed
from csms.features.chargers.placed import PlacesFilter, site_filter
from csms.features.chargers.repository import concerned
from csms.features.chargers.tables import chargers
from csms.kit.db.engine import AppDatabase
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.http.spellings import LookedUp
from csms.kit.ids import new_id
from tests.support.postgres import Database

SITE = UUID(int=7)
OTHER = new_id()


def _standing() -> LookedUp:
    found = site_filter(column("charger_id", String)).condition("site_id", None, [str(SITE)])
    assert isinstance(found, LookedUp)
    return found


def _sql(known: list[str] | None) -> str:
    return str(_standing().known(known).compile(dialect=postgresql.dialect()))


def test_chargers_of_a_site_are_named_where_they_are_few() -> None:
    """None at all is nothing; where there are more than are worth naming the table is asked."""
    assert _sql([]) == "false"
    assert "ANY" in _sql(["A", "B"])
    assert "SELECT" not in _sql(["A", "B"])
    asked = "SELECT chargers.id"
    assert asked in _sql(None)
    assert asked in str(_standing().compile(dialect=postgresql.dialect()))
    here = PlacesFilter(chargers.c.places).condition("places", "contains_any", [str(SITE)])
    assert "SELECT" not in str(here.compile(dialect=postgresql.dialect()))


@pytest.mark.parametrize("most", [1_000, 2])
async def test_few_or_many_and_never_of_another_organization(
    database: Database, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Looked up by an index or read through, the answer is the same; `places` of another organization name nothing."""
    monkeypatch.setattr(placed, "_MOST_NAMED", most)
    admin = await database.connect()
    await admin.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Other')", OTHER)
    await admin.executemany(
        "INSERT INTO sites (id, organization_id, name, parent_id) VALUES ($1, $2, $3, $4)",
        [
            (SITE, DEFAULT_ORGANIZATION_ID, "Above", None),
            (UUID(int=8), DEFAULT_ORGANIZATION_ID, "Below", SITE),
            (UUID(int=9), OTHER, "Hidden", None),
        ],
    )
    await admin.executemany(
        "INSERT INTO chargers (id, organization_id, site_id) VALUES ($1, $2, $3)",
        [
            *((f"A{number}", DEFAULT_ORGANIZATION_ID, SITE) for number in range(3)),
            ("B", DEFAULT_ORGANIZATION_ID, UUID(int=8)),
            ("C", DEFAULT_ORGANIZATION_ID, None),
            ("H", OTHER, UUID(int=9)),
        ],
    )
    await admin.close()
    app = AppDatabase(database.app_url)
    async with app.connect() as connection:
        await connection.execute(
            text("SELECT set_config('csms.organization_id', :id, true)"), {"id": str(DEFAULT_ORGANIZATION_ID)}
        )

        async def found(*places: int) -> list[str]:
            pairs = [("places[contains_any]", str(UUID(int=place))) for place in places]
            return await concerned(connection, pairs, 500)

        assert await found(7) == ["A0", "A1", "A2", "B"]
        assert await found(8) == ["B"]
        assert await found(9) == []
        assert await found(8, 9) == ["B"]
        counted = text("SELECT csms_placed(ARRAY[CAST(:site AS uuid)], :most)")
        assert (await connection.execute(counted, {"site": SITE, "most": 3})).scalar_one() is None
        assert len((await connection.execute(counted, {"site": SITE, "most": 4})).scalar_one()) == 4
    await app.close()
