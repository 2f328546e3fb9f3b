# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Texts in any letter case: found by an index, of one's own organization only; and the order of a range."""

import base64
import importlib
import json
import pkgutil
from collections.abc import Sequence

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

import csms.features
from csms.features.chargers.repository import CHARGERS, get
from csms.features.tokens.repository import TOKENS
from csms.features.transactions.repository import TRANSACTIONS
from csms.kit.db.engine import AppDatabase
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.http import spellings
from csms.kit.http.paging import Listing, page, read_page
from csms.kit.http.spellings import Searched, Spelled, parts_of, settle, trigrams_of
from csms.kit.ids import new_id
from tests.support.postgres import Database

OTHER = new_id()


async def _fill(database: Database) -> None:
    admin = await database.connect()
    await admin.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Other')", OTHER)
    chargers = [(f"Cp-{number:03d}", DEFAULT_ORGANIZATION_ID, "Yard") for number in range(250)]
    chargers += [("CP-X", DEFAULT_ORGANIZATION_ID, "yard"), ("cp-hidden", OTHER, "Yard")]
    await admin.executemany("INSERT INTO chargers (id, organization_id, name) VALUES ($1, $2, $3)", chargers)
    tags = ["AbC", "abc", "ABC", "abd", "zz"]
    await admin.executemany(
        "INSERT INTO transactions (id, organization_id, charger_id, evse_id, connector_id, transaction_id, id_tag,"
        " \"authorization\", status, start_timestamp, created_at) VALUES ($1, $2, $3, 1, 1, $4, $5, 'accepted', 'active',"
        " now() - make_interval(hours => $4), now() - make_interval(hours => 9 - $4))",
        [(new_id(), DEFAULT_ORGANIZATION_ID, "Cp-001", number + 1, tag) for number, tag in enumerate(tags)],
    )
    await admin.execute(
        'INSERT INTO tokens (id, organization_id, "value", normalized) VALUES ($1, $2, \'De-Abc\', \'DE-ABC\')',
        new_id(), DEFAULT_ORGANIZATION_ID,
    )  # fmt: skip
    await admin.execute("ANALYZE")
    await admin.close()


async def _ids(connection: AsyncConnection, listing: Listing, *query: tuple[str, str], shown: str = "id") -> list[str]:
    wanted = read_page(listing, [*query, ("fields", shown), ("limit", "500")])
    return [item[shown] for item in (await page(connection, listing, wanted))["items"]]


async def _steps(connection: AsyncConnection, sql: str) -> str:
    return "\n".join(row[0] for row in await connection.execute(text(f"EXPLAIN {sql}")))


async def test_any_letter_case_is_found_by_an_index_and_never_elsewhere(database: Database) -> None:
    """Equal or a beginning, one or many values; what another organization has is not there."""
    await _fill(database)
    app = AppDatabase(database.app_url)
    async with app.connect() as connection:
        await connection.execute(
            text("SELECT set_config('csms.organization_id', :id, true)"), {"id": str(DEFAULT_ORGANIZATION_ID)}
        )
        assert await _ids(connection, CHARGERS, ("id", "CP-007")) == ["Cp-007"]
        assert await _ids(connection, CHARGERS, ("id", "cp-hidden")) == []
        assert await _ids(connection, CHARGERS, ("id", "cp-x"), ("id", "cP-001")) == ["CP-X", "Cp-001"]
        assert await _ids(connection, CHARGERS, ("id[prefix]", "CP-24")) == [f"Cp-24{n}" for n in range(10)]
        assert len(await _ids(connection, CHARGERS, ("id[prefix]", "cp-"))) == 251  # more than are looked up
        assert len(await _ids(connection, CHARGERS, ("name", "YARD"))) == 251
        tags = {"AbC", "abc", "ABC"}
        assert set(await _ids(connection, TRANSACTIONS, ("id_tag", "aBC"), shown="id_tag")) == tags
        assert set(await _ids(connection, TRANSACTIONS, ("id_tag[prefix]", "AB"), shown="id_tag")) == {*tags, "abd"}
        assert await _ids(connection, TRANSACTIONS, ("id_tag", "none")) == []
        assert len(await _ids(connection, TRANSACTIONS, ("charger_id", "CP-001"))) == 5
        assert await _ids(connection, TOKENS, ("value", "de-abc "), shown="value") == ["De-Abc"]
        assert await _ids(connection, TOKENS, ("value[prefix]", "de-"), shown="value") == ["De-Abc"]
        found = await get(connection, "cP-010")
        assert found is not None
        assert found["id"] == "Cp-010"
        assert await get(connection, "cp-hidden") is None
        # the condition is right without a look-up too, and no index serves that one: which is why there is one
        plain = Spelled(CHARGERS.key, "chargers.id", ["CP-007"])
        assert (await connection.execute(CHARGERS.select(["id"]).where(plain))).scalars().all() == ["Cp-007"]
        slow = await _steps(connection, "SELECT 1 FROM chargers WHERE lower(id) = 'cp-007'")
        assert "uq_chargers_id_lower" not in slow
        quick = await _steps(connection, "SELECT 1 FROM chargers WHERE id = (SELECT csms_charger_named('cp-007'))")
        assert "Index Cond: ((id)" in quick or "AND ((id)" in quick
        assert await settle(connection, ()) == ()
    await app.close()


def _searched_lists() -> dict[str, Listing]:
    """The lists that are searched by trigrams, by their tables."""
    found: dict[str, Listing] = {}
    for feature in pkgutil.iter_modules(csms.features.__path__):
        package = importlib.import_module(f"csms.features.{feature.name}")
        for module in pkgutil.iter_modules(package.__path__):
            if "repository" in module.name:
                names = vars(importlib.import_module(f"{package.__name__}.{module.name}")).values()
                lists = [each for each in names if isinstance(each, Listing)]
                found |= {
                    table.name: each for each in lists if (table := trigrams_of(parts_of(each.search))) is not None
                }
    return found


async def test_a_name_that_a_charger_gave_is_found_as_a_whole(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is written, beside parts of the other texts; without the index of trigrams the same."""
    await _fill(database)
    admin = await database.connect()
    await admin.execute("UPDATE transactions SET charger_ref = 'b7%1-AbD-' || id_tag WHERE id_tag <> 'zz'")
    await admin.close()
    app = AppDatabase(database.app_url)
    async with app.connect() as connection:
        await connection.execute(
            text("SELECT set_config('csms.organization_id', :id, true)"), {"id": str(DEFAULT_ORGANIZATION_ID)}
        )
        for most in (5_000, 0):
            monkeypatch.setattr(spellings, "_MOST_FOUND", most)
            for wanted, expected in {
                "b7%1-AbD-AbC": {"AbC"}, "b7%1-abd-AbC": set(), "b7%1-AbD": set(), "%": set(), "b7": set(),
                "abd": {"abd"}, "ABC": {"AbC", "abc", "ABC"}, "p-001": {"AbC", "abc", "ABC", "abd", "zz"},
            }.items():  # fmt: skip
                found = await _ids(connection, TRANSACTIONS, ("q", wanted), shown="id_tag")
                assert set(found) == expected, (most, wanted)
    await app.close()


async def test_a_part_of_a_text_is_found_by_an_index_and_never_elsewhere(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same rows with the index and without; signs of patterns are signs; too much is read in order instead."""
    await _fill(database)
    app = AppDatabase(database.app_url)
    async with app.connect() as connection:
        await connection.execute(
            text("SELECT set_config('csms.organization_id', :id, true)"), {"id": str(DEFAULT_ORGANIZATION_ID)}
        )
        await connection.execute(text("UPDATE chargers SET model = E'50%_A\\\\B' WHERE id = 'Cp-009'"))
        for wanted, expected in {
            "p-00": 10, "P-00": 10, "yArD": 251, "hidden": 0, "nobody has this": 0, "-X": 1, "c": 251,
            "50%_A": 1, "%_A": 1, "0%_a\\b": 1, "50%xA": 0, "500": 0, "%": 1, "___": 0, "": 251,
        }.items():  # fmt: skip
            assert len(await _ids(connection, CHARGERS, ("q", wanted))) == expected, wanted
        for most in (3, 300):
            monkeypatch.setattr(spellings, "_MOST_FOUND", most)
            condition = Searched(parts_of(CHARGERS.search), "%p-00%")
            (settled,) = await settle(connection, (condition,))
            assert (" LIKE " in str(settled)) is (most == 3)
            for each in (condition, settled):
                rows = (await connection.execute(CHARGERS.select(["id"]).where(each))).scalars().all()
                assert sorted(rows) == [f"Cp-00{number}" for number in range(10)]
        lists = _searched_lists()
        assert len(lists) > 5
        for name, listing in lists.items():  # the function knows every one of them
            answer = await connection.execute(select(Searched(parts_of(listing.search), "%no such thing%").asked()))
            assert answer.scalar_one() == [], name
    for refused in ("'users', ARRAY['username']", "'chargers', ARRAY['secret_hash']", "'chargers', '{}'::text[]"):
        async with app.connect() as connection:
            with pytest.raises(DBAPIError, match="is searched by trigrams"):
                await connection.execute(text(f"SELECT csms_found({refused}, '%', 1)"))
    await app.close()


async def test_a_range_is_read_in_its_own_order_and_the_estimate_goes_along(database: Database) -> None:
    """Unless an order is named; pages behind the first ask the planner nothing."""
    await _fill(database)
    range_of = [("start_timestamp[gte]", "2020-01-01T00:00:00Z")]
    assert read_page(TRANSACTIONS, []).sort == "-created_at"
    assert read_page(TRANSACTIONS, range_of).sort == "-start_timestamp"
    assert read_page(TRANSACTIONS, [*range_of, ("sort", "created_at")]).sort == "created_at"
    assert read_page(TRANSACTIONS, [*range_of, ("created_at[lt]", "2030-01-01T00:00:00Z")]).sort == "-created_at"
    assert read_page(CHARGERS, [("created_at[lt]", "2030-01-01T00:00:00Z")]).sort == "created_at"
    assert read_page(TRANSACTIONS, [("connector_id[gt]", "0")]).sort == "-created_at"
    app = AppDatabase(database.app_url)
    async with app.connect() as connection:
        await connection.execute(
            text("SELECT set_config('csms.organization_id', :id, true)"), {"id": str(DEFAULT_ORGANIZATION_ID)}
        )
        numbers: list[int] = []
        cursor: Sequence[tuple[str, str]] = ()
        while True:
            wanted = read_page(TRANSACTIONS, [*range_of, ("limit", "2"), *cursor])
            answer = await page(connection, TRANSACTIONS, wanted)
            numbers += [item["transaction_id"] for item in answer["items"]]
            if answer["next_cursor"] is None:
                break
            raw = answer["next_cursor"]
            told = json.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))[3]
            assert told == answer["total_estimate"]
            cursor = [("cursor", raw)]
        assert numbers == [1, 2, 3, 4, 5]
    await app.close()
