# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables become chargers and tokens: tried first, row by row, with what is wrong field by field."""

import csv
from datetime import datetime
from typing import Any

from csms.domain.events import JobProgressed
from tests.features.imports.support import IMPORTS, act, book, counts, imported
from tests.features.whole import Whole
from tests.support.eventually import eventually

CHARGERS = (
    "Ladepunkt;Bezeichnung;Sicherheitsprofil;Passwort;OCPP;Heartbeat;Ping;Wartung\r\n"
    "ACME-1;Hof Süd;1;0123456789abcdef;1.6;60;ja;x\r\n"
    'ACME-2;"Hof\nNord";1;;"1.6, 2.0.1";;;\r\n'
    "ACME-3;;0;;;;nein;\r\n"
    "\r\n"
    "ACME 4;ok;7;short;3.0;5;vielleicht;\r\n"
    "acme-1;again;;;;;;\r\n"
    ";nobody;;;;;;\r\n"
)


async def test_a_dry_run_then_the_run(whole: Whole) -> None:
    """The first tells what would be and changes nothing; the second does it, and only the importer gets passwords."""
    found = await imported(whole, CHARGERS.encode("cp1252"), kind="chargers", dry_run="true")
    assert (found["status"], found["total"], counts(found)) == ("done", 6, (3, 0, 0, 3))
    assert found["format"] == {"format": "csv", "encoding": "cp1252", "delimiter": ";", "sheet": None}
    assert found["headers"][-1] == "Wartung"
    assert found["mapping"] == {
        "Ladepunkt": "id",
        "Bezeichnung": "name",
        "Sicherheitsprofil": "security_profile",
        "Passwort": "password",
        "OCPP": "protocols",
        "Heartbeat": "heartbeat_interval_s",
        "Ping": "ping",
    }
    assert found["sample"][0] == ["ACME-1", "Hof Süd", "1", "***", "1.6", "60", "ja", "x"]
    assert [row["id"] for row in await whole.items("/api/v1/chargers")] == ["CP1"]
    assert await whole.csms.rows("SELECT FROM audit_log WHERE action = 'charger:charger:create'") == []
    failed = await whole.items(f"{IMPORTS}/{found['id']}/rows", status="failed")
    assert [row["number"] for row in failed] == [6, 7, 8]
    wrong = {error["field"]: error["code"] for error in failed[0]["errors"]}
    assert wrong == {
        "security_profile": "literal_error",
        "password": "value_error",
        "protocols": "literal_error",
        "heartbeat_interval_s": "greater_than_equal",
        "ping": "bool_parsing",
    }
    assert failed[1]["errors"] == [{"field": "id", "code": "twice_in_file", "message": "row 2 is about the same"}]
    assert failed[2]["errors"][0] == {"field": "id", "code": "missing", "message": "Field required"}
    assert "password" not in failed[0]["values"]
    assert found["secrets"] == 0

    done = await act(whole, found["id"], "run")
    assert (done["dry_run"], counts(done), done["secrets"]) == (False, (3, 0, 0, 3), 1)
    chargers = {row["id"]: row for row in await whole.items("/api/v1/chargers")}
    assert chargers["ACME-1"]["name"] == "Hof Süd"
    assert chargers["ACME-2"]["name"] == "Hof\nNord"
    assert (chargers["ACME-1"]["heartbeat_interval_s"], chargers["ACME-1"]["protocols"]) == (60, ["ocpp1.6"])
    assert chargers["ACME-2"]["protocols"] == ["ocpp1.6", "ocpp2.0.1"]
    assert (chargers["ACME-3"]["ping"], chargers["ACME-3"]["has_password"]) == (False, False)
    created = await whole.items(f"{IMPORTS}/{found['id']}/rows", status="created")
    assert [row["subject"] for row in created] == ["ACME-1", "ACME-2", "ACME-3"]
    audit = await whole.csms.rows("SELECT actor_name FROM audit_log WHERE action = 'charger:charger:create'")
    assert [row["actor_name"] for row in audit] == ["admin"] * 3
    await _passwords(whole, found["id"])
    assert await whole.refused("POST", f"{IMPORTS}/{found['id']}/run") == (409, "import_over")


async def _passwords(whole: Whole, key: str) -> None:
    """Sealed while they wait, handed out once, and right; those of the file are forgotten where they worked."""
    kit = whole.csms.application.kit
    assert kit is not None
    rows = await whole.csms.rows("SELECT number, secret, generated FROM import_rows ORDER BY number")
    assert [(row["number"], row["secret"] is None, row["generated"] is None) for row in rows] == [
        (2, True, True),
        (3, True, False),
        (4, True, True),
        (6, False, True),
        (7, True, True),
        (8, True, True),
    ]
    answer = await whole.client.get(f"{IMPORTS}/{key}/secrets")
    assert answer.headers["cache-control"] == "no-store"
    ((identity, password),) = list(csv.reader(answer.text.splitlines()))[1:]
    assert identity == "ACME-2"
    for name, secret in ((identity, password), ("ACME-1", "0123456789abcdef")):
        row = await whole.csms.row("SELECT secret_hash FROM chargers WHERE id = $1", name)
        assert kit.keys.verify_secret(secret.encode(), row["secret_hash"])
    assert await whole.refused("GET", f"{IMPORTS}/{key}/secrets") == (404, "secrets_gone")
    assert (await whole.client.get(f"{IMPORTS}/{key}")).json()["secrets"] == 0
    stored = await whole.csms.rows(
        "SELECT i::text || r::text AS all FROM imports i JOIN import_rows r ON r.import = i.id"
    )
    assert not any(secret in row["all"] for row in stored for secret in (password, "0123456789abcdef", "short;"))


async def test_a_workbook_of_tokens(whole: Whole) -> None:
    """Dates, numbers and texts of Excel; what is there is skipped, changed or refused, as was asked."""
    await whole.csms.sql.execute("UPDATE organizations SET time_zone = 'Europe/Berlin'")
    rows = [
        ["UID", "Gültig bis", "Status", "Gruppe", "Bemerkung"],
        ["04A1B2C3", datetime(2027, 7, 1), "aktiv", "Fleet", "'=1+1"],  # noqa: DTZ001  (Excel knows no zone)
        [4711, "31.12.2027 18:30", "gesperrt", None, "'tis"],
        ["tag9", 46753.5, "accepted", None, None],
        ["9E+10", "01/02/2027", "lost", "x" * 37, None],
        [12345678901234567890, None, None, None, None],
    ]
    done = await imported(whole, book(rows), name="Karten.xlsx", kind="tokens")
    assert (done["format"]["format"], done["format"]["sheet"], counts(done)) == ("xlsx", "Sheet1", (3, 0, 0, 2))
    tokens = {row["value"]: row for row in await whole.items("/api/v1/tokens")}
    assert tokens["04A1B2C3"]["expires_at"] == "2027-06-30T22:00:00Z"
    assert (tokens["04A1B2C3"]["note"], tokens["4711"]["note"]) == ("=1+1", "'tis")
    assert (tokens["4711"]["status"], tokens["4711"]["expires_at"]) == ("blocked", "2027-12-31T17:30:00Z")
    assert tokens["tag9"]["expires_at"] == "2028-01-01T11:00:00Z"
    failed = await whole.items(f"{IMPORTS}/{done['id']}/rows", status="failed")
    assert {error["field"] for error in failed[0]["errors"]} == {"value", "expires_at"}
    assert "15 digits" in failed[1]["errors"][0]["message"]

    again = "value,status,note\n04a1b2c3,blocked,\nTAG9,accepted,\nnew,,\n"
    refused = await imported(whole, again, kind="tokens")
    assert counts(refused) == (1, 0, 0, 2)
    (first, _) = await whole.items(f"{IMPORTS}/{refused['id']}/rows", status="failed")
    assert first["errors"][0]["code"] == "already_there"
    assert counts(await imported(whole, again, kind="tokens", on_conflict="skip")) == (0, 0, 3, 0)
    changed = await imported(whole, again, kind="tokens", on_conflict="update")
    assert counts(changed) == (0, 1, 2, 0)
    (skipped, _) = await whole.items(f"{IMPORTS}/{changed['id']}/rows", status="skipped")
    assert (skipped["reason"], skipped["subject"]) == ("it is so already", tokens["tag9"]["id"])
    token = (await whole.client.get(f"/api/v1/tokens/{tokens['04A1B2C3']['id']}")).json()
    assert (token["status"], token["note"], token["group"]) == ("blocked", "=1+1", "Fleet")
    found = await whole.items(IMPORTS, kind="tokens", status="done")
    assert len(found) == 4
    assert await whole.items(IMPORTS, status="failed") == []


async def test_columns_are_named_by_whoever_knows_them(whole: Whole) -> None:
    """A mapping wins over names; what it names has to be there, and each field has one column."""
    table = "id,Seriennummer,What,Name\n1,SN-1,label 1,x\n2,SN-2,label 2,y\n"
    mapping = {"seriennummer": "id", "What": "name", "Name": None}
    done = await imported(whole, table, kind="chargers", mapping=mapping, dry_run="true")
    assert done["mapping"] == {"Seriennummer": "id", "What": "name"}
    assert [row["values"]["id"] for row in await whole.items(f"{IMPORTS}/{done['id']}/rows")] == ["SN-1", "SN-2"]
    for content, wanted, code in (
        (table, {"Nothing": "id"}, "unknown_column"),
        ("Foo,Bar\n1,2\n", {}, "missing_column"),
        ("id,identity\n1,2\n", {}, "column_twice"),
        ("id,name\n", {}, "no_rows"),
        ("\n\n", {}, "no_rows"),
    ):
        failed = await imported(whole, content, kind="chargers", mapping=wanted)
        assert (failed["status"], failed["error"]["code"], failed["total"]) == ("failed", code, None)
        assert await whole.refused("POST", f"{IMPORTS}/{failed['id']}/run") == (409, "import_over")
    shown = await imported(whole, "Foo,Passwort\n1,secret\n", kind="chargers")
    assert (shown["headers"], shown["sample"]) == (["Foo", "Passwort"], [["1", "***"]])
    second = await imported(whole, book([["x"]], [["Tag"], ["T1"]], text=True), kind="tokens", sheet="sheet2")
    assert (second["format"]["sheet"], counts(second)) == ("Sheet2", (1, 0, 0, 0))
    nowhere = await imported(whole, book([["x"]], text=True), kind="tokens", sheet="Other")
    assert nowhere["error"]["code"] == "no_sheet"
    kinds = {each["kind"]: each for each in await whole.items(f"{IMPORTS}/kinds")}
    assert sorted(kinds) == ["chargers", "drivers", "tokens", "users"]
    fields: dict[str, dict[str, Any]] = {field["name"]: field for field in kinds["chargers"]["fields"]}
    assert (fields["id"]["required"], fields["password"]["secret"], fields["ping"]["type"]) == (True, True, "yes_no")
    assert fields["validation"]["values"] == ["advisory", "strict"]
    assert "AuthorizationKey" not in str(fields)


async def _last(told: list[JobProgressed], status: str) -> bool:
    return bool(told) and told[-1].status == status


async def test_the_failed_rows_again(whole: Whole) -> None:
    """What stood in their way is gone; rows that were done are not done again."""
    await whole.csms.charger("OLD")
    kit = whole.csms.application.kit
    assert kit is not None
    told: list[JobProgressed] = []

    async def hear(event: JobProgressed) -> None:
        told.append(event)

    await kit.bus.subscribe((JobProgressed,), hear)
    done = await imported(whole, "id,security_profile\nOLD,0\nNEW,0\n", kind="chargers")
    assert counts(done) == (1, 0, 0, 1)
    await eventually(lambda: _last(told, "succeeded"))
    own = [event for event in told if str(event.id) == done["job"]]
    assert [(event.status, event.done, event.total) for event in own if event.done] == [
        ("running", 2, 2),
        ("running", 2, 2),
        ("succeeded", 2, 2),
    ]
    assert {(event.of, event.charger_id) for event in own} == {("import", "")}
    await whole.csms.sql.execute("DELETE FROM chargers WHERE id = 'OLD'")
    again = await act(whole, done["id"], "retry")
    assert counts(again) == (2, 0, 0, 0)
    assert await whole.refused("POST", f"{IMPORTS}/{done['id']}/retry") == (409, "import_over")
    assert await whole.refused("POST", f"{IMPORTS}/{done['id']}/cancel") == (409, "import_over")
    await whole.csms.sql.execute("UPDATE imports SET failed = 1, created_at = now() - interval '8 days'")
    assert await whole.refused("POST", f"{IMPORTS}/{done['id']}/retry") == (409, "import_over")
    nowhere = f"{IMPORTS}/00000000-0000-7000-8000-000000000009"
    assert await whole.refused("GET", nowhere) == (404, "import_not_found")


async def test_chargers_at_their_sites(whole: Whole) -> None:
    """A site is told by its name or its id; a name that is none, or several's, is the row's own error."""
    sites = [await whole.create("/api/v1/sites", name=name) for name in ("Hof", "Hof", "Depot")]
    table = f"id,security_profile,Standort\nA,0,depot\nB,0,{sites[0]['id']}\nC,0,hof\nD,0,Nowhere\n"
    done = await imported(whole, table, kind="chargers")
    assert counts(done) == (2, 0, 0, 2)
    chargers = {row["id"]: row["site_id"] for row in await whole.items("/api/v1/chargers")}
    assert (chargers["A"], chargers["B"]) == (sites[2]["id"], sites[0]["id"])
    failed = await whole.items(f"{IMPORTS}/{done['id']}/rows", status="failed")
    assert [(row["errors"][0]["field"], row["errors"][0]["code"]) for row in failed] == [
        ("site_id", "site_unclear"),
        ("site_id", "site_unclear"),
    ]


async def test_a_connection_is_kept_where_nothing_changes(whole: Whole) -> None:
    """A table that says again what is so does not hang up on anybody; one that says otherwise does."""
    table = "id,security_profile,validation,name\nCP1,0,{},{}\n"
    same = await imported(whole, table.format("advisory", "Yard"), kind="chargers", on_conflict="update")
    assert counts(same) == (0, 1, 0, 0)
    changes = await whole.csms.rows("SELECT after FROM audit_log WHERE action = 'charger:charger:update'")
    assert [list(row["after"]) for row in changes] == [["name"]]
    other = await imported(whole, table.format("strict", "Yard"), kind="chargers", on_conflict="update")
    assert counts(other) == (0, 1, 0, 0)
