# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the benchmark of the API asks, and the database that it asks."""

from datetime import UTC, datetime

import pytest
from bench.api import LIMIT_S, Size, table
from bench.mixing import among_others, mixed
from bench.queries import Values, items_of, lists_of, questions, values_of
from bench.seed import estimated_bytes, fill, quiet
from bench.seed_fleet import tokens
from bench.seed_rows import ORGANIZATIONS, World, identity, tag

from bench import asking
from csms.main.api import describe_api
from tests.support.postgres import Database

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SAMPLES = {"status": Values("accepted", "blocked"), "created_at": Values(low="2026-01-01", high="2026-11-01")}


def test_a_list_is_asked_for_everything_that_its_document_allows() -> None:
    """Orders, fields, filters by a frequent and a rare value, ranges from either end, enumerated truths, files."""
    document = describe_api()
    lists = {each.template: each for each in lists_of(document)}
    cards = lists["/api/v1/tokens"]
    assert cards.table == "tokens"
    assert lists["/api/v1/audit"].table == "audit_log"
    asked = {each.name: each.path for each in questions(cards, "/api/v1/tokens", SAMPLES)}
    assert asked["/tokens sort=-value"] == "/api/v1/tokens?sort=-value"
    assert asked["/tokens fields"] == "/api/v1/tokens?fields=id,value,type"
    assert asked["/tokens status rare"] == "/api/v1/tokens?status=blocked"
    assert asked["/tokens status[prefix] rare"] == "/api/v1/tokens?status[prefix]=blocke"
    assert asked["/tokens created_at[gte] few"] == "/api/v1/tokens?created_at[gte]=2026-11-01"
    assert asked["/tokens created_at[lt] few"] == "/api/v1/tokens?created_at[lt]=2026-01-01"
    chargers = {each.name for each in questions(lists["/api/v1/chargers"], "/api/v1/chargers", {})}
    assert {"/chargers online true", "/chargers online false", "/chargers retired true"} <= chargers
    assert "/api/v1/tokens/{token_id}" in items_of(document)
    assert not {"/api/v1/events", "/api/v1/tokens", "/api/v1/files/{file_id}/content"} & set(items_of(document))
    searched = (
        {"name": "q", "in": "query", "schema": {}},
        {"name": "format", "in": "query", "schema": {"enum": ["csv"]}},
    )
    paged = [{"name": name, "in": "query", "schema": {}} for name in ("limit", "cursor")]
    new = lists_of({"paths": {"/api/v1/new-things": {"get": {"parameters": [*paged, *searched]}}}})[0]
    named = {each.name: each for each in questions(new, "/api/v1/new-things", {"name": Values("Ab", "Cd")})}
    assert named["/new-things q rare"].path == "/api/v1/new-things?q=cd"
    assert named["/new-things format=csv"].stream
    assert new.table == "new_things"


async def test_the_seeder_fills_a_database_the_same_each_time(database: Database) -> None:
    """Three organizations, every table, readings in their months; filters find a frequent and a rare value."""
    world = World(0.0002, NOW)
    assert estimated_bytes(World(1.0, NOW)) > 1000 * world.rows["transactions"]
    await fill(database.superuser_url, world, quiet)
    connection = await database.connect()
    counts = {
        name: await connection.fetchval(f"SELECT count(*) FROM {name}")
        for name in (*world.rows, "meter_values", "connectors", "charger_connections", "bulk_targets")
    }
    assert {name: counts[name] for name in ("chargers", "tokens", "commands")} == {
        "chargers": 20, "tokens": 40, "commands": 60,
    }  # fmt: skip
    assert 180 <= counts["transactions"] <= 220
    assert 1_500 <= counts["meter_values"] <= 2_500
    assert counts["connectors"] == 40
    assert {str(row[0]) for row in await connection.fetch("SELECT DISTINCT organization_id FROM chargers")} == {
        key for key, _, _ in ORGANIZATIONS
    }
    strays = (
        "SELECT count(*) FROM meter_values m WHERE NOT EXISTS (SELECT FROM transactions t WHERE t.id = m.transaction)"
    )
    assert await connection.fetchval(strays) == 0
    assert await connection.fetchval("SELECT min(received_at) FROM meter_values") >= world.since
    assert await connection.fetchval("SELECT count(*) FROM chargers WHERE id = $1", identity(0)) == 1
    assert await connection.fetchval("SELECT normalized FROM tokens WHERE value = $1", tag(7)) == tag(7).upper()
    # the product's own rights hold on what was loaded into partitions
    own = await database.connect("csms_app")
    await own.execute("SELECT set_config('csms.organization_id', $1, false)", ORGANIZATIONS[1][0])
    assert 0 < await own.fetchval("SELECT count(*) FROM chargers") < 20
    found = await values_of(connection, "chargers", "boot_status")
    assert found is not None
    assert (found.frequent, await values_of(connection, "nothing", "x")) == ("accepted", None)
    truth = await values_of(connection, "chargers", "retired")
    assert truth is not None
    assert truth.frequent == "false"
    assert await values_of(connection, "chargers", "online") is None
    await own.close()
    await connection.close()
    with pytest.raises(SystemExit, match="empty database"):
        await fill(database.superuser_url, world, quiet)
    assert list(tokens(world)) == list(tokens(World(0.0002, NOW)))
    assert list(tokens(world)) != list(tokens(World(0.0002, NOW, seed=2)))


def test_the_table_flags_what_is_slow_and_what_grows() -> None:
    """The ratio is of being asked alone; the 99th percentile of the open loop."""
    small, large = Size(0.01), Size(1.0)
    small.alone.times = {"a": [0.004], "b": [0.004]}
    large.alone.times = {"a": [0.004], "b": [0.009]}
    large.together.times = {"a": [0.01] * 9 + [LIMIT_S * 2], "b": [0.01]}
    slow, grows = table([small, large])
    assert (slow.slow, slow.grows, slow.ratio) == (True, False, 1.0)
    assert (grows.slow, grows.grows) == (False, True)


def test_one_question_in_fifty_is_for_a_file() -> None:
    """The rest are pages, and none of them is left out."""
    pages = [(f"p{number}", b"", False) for number in range(120)]
    files = [("f1", b"", True), ("f2", b"", True)]
    mix = mixed(pages + files)
    assert sum(each[2] for each in mix) * 50 == len(mix)
    assert {each[0] for each in mix} == {each[0] for each in pages + files}
    assert sorted(mixed(pages)) == sorted(pages)


def test_what_stands_out_is_asked_again_between_all_others() -> None:
    """A hundred times, pages more often than files, for five minutes at most."""
    pages = [(f"p{number}", b"", False) for number in range(60)]
    files = [(f"f{number}", b"", True) for number in range(40)]
    questions, users, seconds = among_others(pages + files, {"p3", "f5"}, 50)
    assert (len(questions), users, seconds) == (2500, 50, 50.0)
    names = [each[0] for each in questions]
    assert names.count("f5") >= 100
    assert names.count("p3") >= 600
    assert len(set(names)) > 90
    assert among_others(pages + files, {each[0] for each in files}, 50)[2] == 300.0
    only, _, _ = among_others(pages, {"p3"}, 50)
    assert {each[0] for each in only} == {each[0] for each in pages}


def test_a_request_is_bytes() -> None:
    """HTTP/1.1, with the token where there is one."""
    assert asking.request_of(80, "/x", "t").startswith(
        b"GET /x HTTP/1.1\r\nHost: 127.0.0.1:80\r\nAuthorization: Bearer t"
    )
    assert b"Authorization" not in asking.request_of(80, "/x")
    assert asking.body_of(b"HTTP/1.1 200 OK\r\na: b\r\n\r\nbody") == b"body"
