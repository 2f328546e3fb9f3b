# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Lists: pages without gaps or repeats, filters by type, and nothing that a stranger writes reaches the SQL."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import ColumnElement, text
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.transactions.tables import transactions
from csms.kit.db.engine import AppDatabase
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.errors import InvalidError
from csms.kit.http.filters import Filter, InvalidFilterError
from csms.kit.http.json import encode
from csms.kit.http.paging import InvalidCursorError, InvalidPageError, Listing, page, read_page
from csms.kit.ids import new_id
from tests.support.postgres import Database

T = transactions.c
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LISTING = Listing(
    columns={name: T[name] for name in ("id", "charger_id", "id_tag", "energy_wh", "status", "created_at", "flags")},
    key=T.id,
    sorts={"created_at": T.created_at, "stop_timestamp": T.stop_timestamp, "id_tag": T.id_tag},
    default_sort="-created_at",
    filters={
        "charger_id": Filter(T.charger_id, fold=True),
        "status": Filter(T.status, values=("active", "completed", "suspect")),
        "connector_id": Filter(T.connector_id),
        "id": Filter(T.id),
        "energy_wh": Filter(T.energy_wh),
        "created_at": Filter(T.created_at),
        "flags": Filter(T.flags),
    },
)


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[AsyncConnection]:
    """Seven transactions of one charger: two share an instant, three have not stopped."""
    admin = await database.connect()
    await admin.execute("INSERT INTO chargers (id, organization_id) VALUES ('CP1', $1)", DEFAULT_ORGANIZATION_ID)
    for n in range(7):
        await admin.execute(
            "INSERT INTO transactions (id, organization_id, charger_id, evse_id, connector_id, transaction_id, id_tag,"
            ' "authorization", energy_wh, stop_timestamp, status, flags, created_at)'
            " VALUES ($1, $2, 'CP1', 1, $3, $4, $5, 'accepted', $6, $7, $8, $9, $10)",
            new_id(),
            DEFAULT_ORGANIZATION_ID,
            n % 2 + 1,
            n + 1,
            f"TAG_{n}%",
            Decimal(f"{n}00.125"),
            NOON + timedelta(hours=n // 2) if n < 4 else None,
            "completed" if n < 4 else "active",
            ["late"] if n == 2 else ["late", "backwards"] if n == 3 else [],
            NOON + timedelta(minutes=n // 2),
        )
    await admin.close()
    app = AppDatabase(database.app_url)
    async with app.connect() as found:
        await found.execute(
            text("SELECT set_config('csms.organization_id', :id, true)"), {"id": str(DEFAULT_ORGANIZATION_ID)}
        )
        yield found
    await app.close()


async def tags(
    connection: AsyncConnection, *query: tuple[str, str], ways: tuple[ColumnElement[bool], ...] = ()
) -> list[str]:
    """The tags of all pages, in order."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        asked = [*query, *([("cursor", cursor)] if cursor else [])]
        answer = await page(connection, LISTING, read_page(LISTING, asked), ways=ways)
        found += [item["id_tag"] for item in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "stop_timestamp", "-stop_timestamp", "id_tag"])
@pytest.mark.parametrize("limit", ["1", "2", "3", "7"])
async def test_pages_neither_repeat_nor_leave_out(connection: AsyncConnection, sort: str, limit: str) -> None:
    """Walking in any page size gives the rows of one big page in the same order, equal and missing values included."""
    whole = await tags(connection, ("sort", sort), ("limit", "500"))
    assert len(whole) == 7
    assert await tags(connection, ("sort", sort), ("limit", limit)) == whole
    if "stop_timestamp" in sort:
        assert sorted(whole[4:]) == ["TAG_4%", "TAG_5%", "TAG_6%"]


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "stop_timestamp", "-stop_timestamp", "id_tag"])
@pytest.mark.parametrize("limit", ["1", "2", "500"])
async def test_a_list_that_has_two_ways(connection: AsyncConnection, sort: str, limit: str) -> None:
    """Rows of either way are there, once each, in the order of the list; filters hold for both."""
    ways = (T.status == "completed", T.connector_id == 1)
    either = [tag for tag in await tags(connection, ("sort", sort)) if tag != "TAG_5%"]
    assert await tags(connection, ("sort", sort), ("limit", limit), ways=ways) == either
    both = [tag for tag in either if tag in ("TAG_4%", "TAG_6%")]
    assert await tags(connection, ("sort", sort), ("limit", limit), ("status", "active"), ways=ways) == both


async def test_a_row_that_arrives_meanwhile_moves_nothing(connection: AsyncConnection) -> None:
    """A newer row after the first page does not push an old one onto the second page again."""
    first = await page(connection, LISTING, read_page(LISTING, [("limit", "3")]))
    await connection.execute(
        text(
            "INSERT INTO transactions (id, organization_id, charger_id, evse_id, connector_id, id_tag, status,"
            " \"authorization\", reported_ref) SELECT gen_random_uuid(), organization_id, id, 1, 1, 'NEW', 'active',"
            " 'accepted', 'x' FROM chargers"
        )
    )
    second = await page(connection, LISTING, read_page(LISTING, [("cursor", first["next_cursor"] or "")]))
    seen = [item["id_tag"] for item in first["items"] + second["items"]]
    assert len(seen) == len(set(seen)) == 7
    assert "NEW" not in seen


async def test_the_total_is_an_estimate(connection: AsyncConnection) -> None:
    """A whole list says its length; a part of one says what the planner expects, filters considered."""
    whole = await page(connection, LISTING, read_page(LISTING, []))
    assert (whole["total_estimate"], whole["next_cursor"]) == (7, None)
    part = await page(connection, LISTING, read_page(LISTING, [("limit", "2"), ("status", "completed")]))
    assert part["total_estimate"] >= 3
    assert part["next_cursor"] is not None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ([("charger_id", "cp1")], 7),
        ([("charger_id", "CP1"), ("charger_id", "CP2")], 7),
        ([("charger_id", "CP%")], 0),
        ([("charger_id[prefix]", "c")], 7),
        ([("charger_id[prefix]", "%")], 0),
        ([("status", "active")], 3),
        ([("connector_id", "2")], 3),
        ([("connector_id[gte]", "2")], 3),
        ([("energy_wh[gt]", "100.125"), ("energy_wh[lte]", "300.125")], 2),
        ([("created_at[lt]", "2026-11-23T12:01:00Z")], 2),
        ([("created_at[lt]", "2026-11-23T14:01:00 02:00")], 2),
        ([("flags[contains_any]", "backwards"), ("flags[contains_any]", "nothing")], 1),
        ([("flags", "late")], 2),
    ],
)
async def test_filters(connection: AsyncConnection, query: list[tuple[str, str]], expected: int) -> None:
    """Each kind of column compares as itself."""
    assert len(await tags(connection, *query)) == expected


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("colour", "red", "charger_id, connector_id"),
        ("id_tag; DROP TABLE users", "x", "there is no filter"),
        ("organization_id", str(DEFAULT_ORGANIZATION_ID), "there is no filter"),
        ("status", "open", "active, completed, suspect"),
        ("status[gte]", "active", "status= only"),
        ("connector_id", "1 OR 1=1", "whole number"),
        ("connector_id", "99999999", "whole number"),
        ("connector_id", "१", "whole number"),
        ("id", "42", "UUID"),
        ("id", "{00000000-0000-7000-8000-00000000000}", "UUID"),
        ("energy_wh[gt]", "NaN", "number"),
        ("energy_wh[gt]", "1e999999", "number"),
        ("created_at[gt]", "yesterday", "instant"),
        ("created_at[gt]", "2026-01-01T00:00:00", "instant"),
        ("created_at[gt]", "9999-12-31T23:59:59-10:00", "instant"),
        ("charger_id", "a\0b", "NUL"),
        ("charger_id", "x" * 501, "500"),
        ("charger_id[contains_any]", "x", "charger_id[prefix]"),
    ],
)
def test_junk_is_refused_by_name(key: str, value: str, says: str) -> None:
    """An unknown field or a value of another kind is a 400 that names what there is."""
    with pytest.raises(InvalidFilterError) as refusal:
        read_page(LISTING, [(key, value)])
    assert says in refusal.value.detail
    assert refusal.value.status == 400


@pytest.mark.parametrize("limit", ["0", "501", "-1", "x", "", "٣", "99999999999999999999"])
def test_limits_are_bounded(limit: str) -> None:
    """Nobody asks for the whole table."""
    with pytest.raises(InvalidPageError):
        read_page(LISTING, [("limit", limit)])


@pytest.mark.parametrize("query", [("sort", "energy_wh"), ("sort", "--created_at"), ("fields", "organization_id")])
def test_only_declared_orders_and_fields(query: tuple[str, str]) -> None:
    """Sorting by what no index serves, or reading what the list does not show, is refused."""
    with pytest.raises(InvalidPageError):
        read_page(LISTING, [query])


async def test_fields_choose_columns(connection: AsyncConnection) -> None:
    """`fields` thins the items out; paging goes on working."""
    answer = await page(connection, LISTING, read_page(LISTING, [("fields", "id_tag"), ("limit", "2")]))
    assert answer["items"] == [{"id_tag": "TAG_6%"}, {"id_tag": answer["items"][1]["id_tag"]}]
    assert answer["next_cursor"]


def cursor(document: object) -> str:
    """A cursor as an attacker writes it."""
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


KEY = "00000000-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "x",
        "!!!!",
        "é",
        "A" * 5000,
        cursor({}),
        cursor(["created_at", NOON.isoformat(), KEY]),  # of another order
        cursor(["-created_at", "now", KEY]),
        cursor(["-created_at", None, KEY]),
        cursor(["-created_at", NOON.isoformat(), "' OR ''='"]),
        cursor(["-created_at", NOON.isoformat(), KEY, "more"]),
        cursor(["-created_at", 5, KEY]),
        cursor([[[[["-created_at"]]]]]),
        cursor(["-created_at", NOON.isoformat(), KEY]) + "=",
    ],
)
def test_tampered_cursors_are_refused(raw: str) -> None:
    """What no answer of ours held is a 400, never an error inside."""
    with pytest.raises(InvalidCursorError):
        read_page(LISTING, [("cursor", raw)])


async def test_an_honest_cursor_is_read_back(connection: AsyncConnection) -> None:
    """The same cursor under another order is refused."""
    first = await page(connection, LISTING, read_page(LISTING, [("limit", "1")]))
    raw = first["next_cursor"] or ""
    value, key = read_page(LISTING, [("cursor", raw)]).after or (None, None)
    assert isinstance(value, datetime)
    assert isinstance(key, UUID)
    with pytest.raises(InvalidError):
        read_page(LISTING, [("cursor", raw), ("sort", "id_tag")])


async def test_rows_become_json(connection: AsyncConnection) -> None:
    """Decimals are numbers, instants end in Z, ids are text."""
    answer = await page(connection, LISTING, read_page(LISTING, [("sort", "id_tag"), ("limit", "2")]))
    item = json.loads(encode(answer["items"][1]), parse_float=Decimal)
    assert item["energy_wh"] == Decimal("100.125")
    assert item["created_at"] == "2026-11-23T12:00:00Z"
    assert UUID(item["id"])


def test_parameters_for_the_document() -> None:
    """Every filter and order is told in the OpenAPI document."""
    names = {parameter["name"] for parameter in LISTING.parameters()}
    assert {"limit", "cursor", "sort", "fields", "status", "created_at[gte]", "charger_id[prefix]"} <= names
