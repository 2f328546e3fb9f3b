# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Drivers over HTTP, and what becomes of their tokens at the charger."""

import asyncio
import io
import json
import re
import zipfile
from typing import Any
from uuid import uuid4

from csms.features.tokens.service import TokenService
from csms.kit.db.metadata import metadata
from csms.migrations.models import load_tables
from tests.api.support import Product
from tests.features.imports.support import applied, counts, imported, send
from tests.features.people.test_people import person
from tests.features.whole import Whole
from tests.support.charger import Charger
from tests.support.csms import TESTER

DRIVERS, TOKENS, GROUPS = "/api/v1/drivers", "/api/v1/tokens", "/api/v1/token-groups"
PRIVACY = "/api/v1/privacy"


async def _answer(charger: Charger, tag: str) -> str:
    found: str = (await charger.call("Authorize", {"idTag": tag}))["idTagInfo"]["status"]
    return found


async def test_a_driver_charges_and_is_blocked(whole: Whole, charger: Charger) -> None:
    """Their tokens count while they do; what they charged is theirs in every spelling; in the end nothing is left."""
    anna = await whole.create(DRIVERS, name="Anna", email="anna@example.org", external_id="K-1")
    path = f"{DRIVERS}/{anna['id']}"
    assert [row["name"] for row in await whole.items(DRIVERS, id=[anna["id"], str(uuid4())])] == ["Anna"]
    assert await whole.items(DRIVERS, id=str(uuid4())) == []
    assert await whole.items(f"{path}/transactions") == []
    token = await whole.create(f"{path}/tokens", value="04AB", group="Fleet")
    assert (token["driver_id"], token["status"]) == (anna["id"], "accepted")
    other = await whole.create(TOKENS, value="04AB_X")
    expired = await whole.create(TOKENS, value="OLD", status="expired")
    assert (await whole.client.post(f"{path}/tokens", json={"token_id": expired["id"]})).status_code == 200
    assert [row["value"] for row in await whole.items(f"{path}/tokens", sort="value")] == ["04AB", "OLD"]
    assert [row["id"] for row in await whole.items(TOKENS, driver_id=anna["id"], status="accepted")] == [token["id"]]

    assert await _answer(charger, "04ab") == "Accepted"
    number = (await charger.start("04ab_77"))["transactionId"]
    assert await whole.refused("DELETE", path) == (409, "driver_charges")
    await whole.client.patch(path, json={"status": "blocked"})
    assert [await _answer(charger, tag) for tag in ("04AB", "04ab_77", "OLD")] == ["Blocked", "Blocked", "Expired"]
    assert await _answer(charger, "04AB_X") == "Accepted"
    assert (await whole.client.get(f"{TOKENS}/{token['id']}")).json()["status"] == "accepted"
    kit = whole.csms.application.kit
    assert kit is not None
    async with kit.units(TESTER) as uow:  # what is written into the lists of chargers
        assert [row["value"] for row in await TokenService(kit.clock).usable(uow, 10)] == ["04AB_X"]
    await charger.stop(number, 1500, "2026-11-23T11:00:00Z", idTag="04ab_77")
    refused = (await charger.start(" 04AB "))["transactionId"]
    await charger.stop(refused, 1600, "2026-11-23T12:00:00Z")
    theirs = await charger.start("04AB_X")
    await charger.stop(theirs["transactionId"], 1700, "2026-11-23T13:00:00Z")
    charged = await whole.items(f"{path}/transactions", sort="created_at")
    assert [(row["id_tag"], row["authorization"]) for row in charged] == [
        ("04ab_77", "accepted"),
        (" 04AB ", "blocked"),
    ]

    await whole.client.patch(path, json={"status": "active"})
    assert await _answer(charger, "04AB") == "Accepted"
    await whole.client.patch(path, json={"status": "blocked"})
    assert (await whole.client.delete(f"{path}/tokens/{token['id']}")).status_code == 204
    assert await _answer(charger, "04AB") == "Blocked"  # nobody's now, and no way round
    await whole.client.patch(f"{TOKENS}/{token['id']}", json={"status": "accepted"})
    assert await _answer(charger, "04AB") == "Accepted"
    assert (await whole.client.post(f"{path}/tokens", json={"token_id": token["id"]})).json()["driver_id"] == anna["id"]
    assert (await whole.client.delete(path)).status_code == 204
    assert [await _answer(charger, tag) for tag in ("04AB", "OLD", "04AB_X")] == ["Blocked", "Expired", "Accepted"]
    left = {row["value"]: (row["status"], row["driver_id"]) for row in await whole.items(TOKENS)}
    assert left == {"04AB": ("blocked", None), "OLD": ("expired", None), "04AB_X": ("accepted", None)}
    assert other["driver_id"] is None
    assert await whole.refused("GET", path) == (404, "driver_not_found")
    lines = await whole.items("/api/v1/audit", subject_kind="driver", sort="at")
    assert [line["action"].rpartition(":")[2] for line in lines] == ["create", *["update"] * 3, "delete"]
    lines = await whole.items("/api/v1/audit", subject_id=token["id"], sort="at")
    done = [line["action"].rpartition(":")[2] for line in lines]
    assert done == ["create", "assign", "unassign", "update", "assign", "unassign"]
    assert (lines[2]["before"], lines[2]["after"]) == (
        {"driver_id": anna["id"], "status": "accepted"},
        {"driver_id": None, "status": "blocked"},
    )


MISFITS: list[dict[str, Any]] = [
    {},
    {"name": ""},
    {"name": "A\nB"},
    {"name": "A", "email": "nobody"},
    {"name": "A", "phone": "call me"},
    {"name": "A", "language": "German"},
    {"name": "A", "external_id": ""},
    {"name": "A", "status": "retired"},
    {"name": "A", "note": "x" * 501},
    {"name": "A", "id": str(uuid4())},
]


async def test_what_is_refused(api: Product) -> None:
    """Bodies that do not fit, what is another's, what nobody saw; lists find what is looked for."""
    for body in MISFITS:
        assert await api.refused("POST", DRIVERS, json=body) == (422, "invalid_body"), body
    anna = await api.create(
        DRIVERS, name="Anna", email="a@example.org", external_id="K-1", phone="+49 30 1234", language="de"
    )
    bert = await api.create(DRIVERS, name="Bert_50%", external_id="K-2")
    await api.create(DRIVERS, name="Carla", status="blocked")
    path = f"{DRIVERS}/{anna['id']}"
    assert await api.refused("POST", DRIVERS, json={"name": "X", "external_id": "K-1"}) == (409, "driver_taken")
    assert await api.refused("PATCH", path, json={"external_id": "K-2"}) == (409, "driver_taken")
    assert await api.refused("PATCH", path, json={"name": None}) == (400, "invalid_request")
    seen = (await api.client.get(path)).headers["etag"]
    same = await api.client.patch(path, json={"name": "Anna"}, headers={"If-Match": seen})
    assert (same.headers["etag"], same.json()["updated_at"]) == (seen, anna["updated_at"])
    api.clock.advance(1)
    changed = await api.client.patch(path, json={"email": None}, headers={"If-Match": seen})
    assert (changed.json()["email"], changed.json()["phone"]) == (None, "+49 30 1234")
    for method in ("PATCH", "DELETE"):
        stale: dict[str, Any] = {"headers": {"If-Match": seen}} | ({"json": {"note": "y"}} if method == "PATCH" else {})
        assert await api.refused(method, path, **stale) == (412, "stale")
    for query, names in (
        ({"q": "_50%"}, ["Bert_50%"]),
        ({"q": "k-"}, ["Anna", "Bert_50%"]),
        ({"status": "blocked"}, ["Carla"]),
        ({"sort": "-name"}, ["Carla", "Bert_50%", "Anna"]),
    ):
        assert [row["name"] for row in await api.items(DRIVERS, **query)] == names

    token = await api.create(f"{path}/tokens", value="T1")
    theirs = f"{DRIVERS}/{bert['id']}/tokens"
    for body in ({}, {"token_id": token["id"], "value": "T2"}, {"token_id": token["id"], "note": "x"}):
        assert await api.refused("POST", theirs, json=body) == (422, "invalid_body"), body
    assert await api.refused("POST", theirs, json={"token_id": token["id"]}) == (409, "token_assigned")
    assert await api.refused("POST", theirs, json={"value": "t1"}) == (409, "token_taken")
    assert await api.refused("POST", theirs, json={"token_id": str(uuid4())}) == (404, "token_not_found")
    assert await api.refused("DELETE", f"{theirs}/{token['id']}") == (404, "token_not_found")
    again = await api.client.post(f"{path}/tokens", json={"token_id": token["id"]})
    assert (again.status_code, again.json()["updated_at"]) == (200, token["updated_at"])
    await api.sql.execute(
        "INSERT INTO tokens (id, organization_id, value, normalized, driver_id)"
        " SELECT gen_random_uuid(), organization_id, 'N' || n, 'N' || n, id FROM drivers, generate_series(1, 200) n"
        " WHERE name = 'Bert_50%'"
    )
    assert await api.refused("POST", theirs, json={"value": "T3"}) == (409, "too_many_tokens")
    for gone in ("", "/tokens", "/transactions"):
        assert await api.refused("GET", f"{DRIVERS}/{uuid4()}{gone}") == (404, "driver_not_found")

    viewer, finance = [{"headers": (await person(api, role, role=role)).headers} for role in ("viewer", "finance")]
    for method, url in (("GET", DRIVERS), ("GET", f"{path}/transactions"), ("DELETE", path)):
        assert await api.refused(method, url, **viewer) == (403, "forbidden"), url
    assert (await api.client.get(f"{path}/tokens", **finance)).status_code == 200
    assert await api.refused("PATCH", path, json={"name": "X"}, **finance) == (403, "forbidden")


async def test_tokens_of_one_group(api: Product) -> None:
    """Counted, blocked, accepted and renamed together; a name may have any letters."""
    for value, group, status in (
        ("A", "Fleet", "accepted"),
        ("B", "Fleet", "accepted"),
        ("C", "Fleet", "expired"),
        ("D", "Vans", "accepted"),
        ("E", None, "accepted"),
    ):
        await api.create(TOKENS, value=value, group=group, status=status)
    fleet = {"name": "Fleet", "tokens": 3, "accepted": 2, "blocked": 0, "expired": 1, "invalid": 0}
    listed = (await api.items(GROUPS))[0]
    assert listed.pop("can")["block_token_group"]
    assert listed == fleet
    assert [row["name"] for row in await api.items(GROUPS, sort="tokens")] == ["Vans", "Fleet"]
    assert [row["name"] for row in await api.items(GROUPS, q="van", fields="name")] == ["Vans"]
    blocked = await api.client.post(f"{GROUPS}/Fleet/block")
    assert blocked.json() == {**fleet, "accepted": 0, "blocked": 2}
    assert (await api.client.post(f"{GROUPS}/Fleet/block")).json() == blocked.json()
    assert (await api.client.post(f"{GROUPS}/Fleet/unblock")).json() == fleet
    assert await api.refused("POST", f"{GROUPS}/Fleet/rename", json={"name": "Vans"}) == (409, "token_group_taken")
    assert await api.refused("POST", f"{GROUPS}/Nobody/block") == (404, "token_group_not_found")
    assert await api.refused("POST", f"{GROUPS}/{'x' * 37}/block") == (422, "invalid_body")
    odd = "a/b block"
    renamed = await api.client.post(f"{GROUPS}/Fleet/rename", json={"name": odd})
    assert renamed.json() == {**fleet, "name": odd}
    async with api.as_nobody() as plain:  # the document's paths know no slash inside a name
        for action, expected in (("block", 0), ("unblock", 2)):
            answer = await plain.post(f"{GROUPS}/a%2Fb%20block/{action}", headers=api.client.headers)
            assert (answer.status_code, answer.json()["accepted"]) == (200, expected)
        assert (await plain.post(f"{GROUPS}/%00/block", headers=api.client.headers)).status_code == 404
    assert (await api.client.post(f"{GROUPS}/Vans/rename", json={"name": "Vans"})).json()["name"] == "Vans"
    lines = await api.items("/api/v1/audit", subject_kind="token_group", sort="at")
    assert [(line["action"], line["after"]["tokens"]) for line in lines] == [
        ("token:group:update", 2),
        ("token:group:update", 2),
        ("token:group:rename", 3),
        ("token:group:update", 2),
        ("token:group:update", 2),
    ]


CSV = """Kundennummer,Fahrer,E-Mail,Telefon,Status
K-1,Änne Müller,aenne@example.org,+49 30 1,aktiv
K-2,Bo,bo@example.org,,gesperrt
,Cy,,,
"""


async def _done(whole: Whole, path: str, body: dict[str, str]) -> dict[str, Any]:
    answer = await whole.client.post(f"{PRIVACY}/{path}", json=body)
    assert answer.status_code == 202, answer.text
    async with asyncio.timeout(60):
        while True:
            found: dict[str, Any] = (await whole.client.get(answer.headers["location"])).json()
            if found["status"] == "done":
                return found
            await asyncio.sleep(0.1)


async def test_drivers_come_with_their_tokens(api: Product) -> None:
    """New tokens are made, known ones given, others' refused; again nothing; and only by who may do that by hand."""
    known = (await api.create("/api/v1/tokens", value="KNOWN"))["id"]
    bo = await api.create(DRIVERS, name="Bo", external_id="K-2")
    await api.create(f"{DRIVERS}/{bo['id']}/tokens", value="BO1")
    table = (
        'external_id,name,cards\nK-1,Anne,"NEW1, known;NEW2"\nK-2,Bo,bo1\nK-3,Cy,BO1\nK-4,Di,9E+10\nK-5,Ed,\n'
        f"K-6,Fay,{'x' * 37}\n"
    )
    found = await applied(api, await send(api, table, kind="drivers", on_conflict="update"))
    assert counts(found) == (2, 0, 1, 3)
    rows = await api.items(f"/api/v1/imports/{found['id']}/rows", status="failed")
    told = [(row["number"], row["errors"][0]["field"], row["errors"][0]["code"]) for row in rows]
    assert told == [(4, None, "token_assigned"), (5, "tokens", "invalid_cell"), (7, "tokens", "string_too_long")]
    drivers = {row["external_id"]: row["id"] for row in await api.items(DRIVERS)}
    assert set(drivers) == {"K-1", "K-2", "K-5"}
    given = {row["value"] for row in await api.items("/api/v1/tokens", driver_id=drivers["K-1"])}
    assert given == {"NEW1", "NEW2", "KNOWN"}
    again = await applied(api, await send(api, table, kind="drivers", on_conflict="update"))
    assert counts(again) == (0, 0, 3, 3)
    more = await applied(
        api, await send(api, "external_id,name,token\nK-1,Anna,NEW3\n", kind="drivers", on_conflict="update")
    )
    assert counts(more) == (0, 1, 0, 0)
    assert len(await api.items("/api/v1/tokens", driver_id=drivers["K-1"])) == 4
    line = (await api.items("/api/v1/audit", subject_id=known, action="token:token:assign"))[0]
    assert line["actor_name"] == "admin"

    role = {"key": "drivers-only", "name": "d", "permissions": ["driver:driver:write", "data:import:run"]}
    assert (await api.client.post("/api/v1/roles", json=role)).status_code == 201
    http = await person(api, "dora", role="drivers-only")
    files = {"file": ("t.csv", b"external_id,name,token\nK-8,Gil,NEW8\nK-9,Hal,\n")}
    refused = await applied(api, await http.post("/api/v1/imports", data={"kind": "drivers"}, files=files))
    assert counts(refused) == (1, 0, 0, 1)
    (row,) = await api.items(f"/api/v1/imports/{refused['id']}/rows", status="failed")
    assert row["errors"][0]["code"] == "forbidden"
    assert await api.items("/api/v1/tokens", value="NEW8") == []


async def test_from_import_to_erasure(whole: Whole, charger: Charger) -> None:
    """A person comes in with a table, gets what is stored, and is gone from everywhere; others stay."""
    done = await imported(whole, CSV, kind="drivers")
    assert counts(done) == (3, 0, 0, 0)
    again = await imported(whole, CSV.replace("Bo,bo", "Bob,bo"), kind="drivers", on_conflict="update")
    assert counts(again) == (1, 1, 1, 0)  # whoever has no number is somebody new each time
    drivers = {row["external_id"]: row for row in await whole.items(DRIVERS)}
    assert (drivers["K-2"]["name"], drivers["K-2"]["status"]) == ("Bob", "blocked")
    anne = drivers["K-1"]["id"]
    tokens = [(await whole.create(f"{DRIVERS}/{anne}/tokens", value=v))["id"] for v in ("ANNE1", "ANNE2")]
    await whole.create(f"{DRIVERS}/{drivers['K-2']['id']}/tokens", value="BOB1")
    number = (await charger.start("anne1"))["transactionId"]
    who = {"driver_id": anne}
    assert await whole.refused("POST", f"{PRIVACY}/erasures", json=who) == (409, "driver_charges")
    await charger.stop(number, 1500, "2026-11-23T11:00:00Z", idTag="anne1")
    for url in (f"{PRIVACY}/exports", f"{PRIVACY}/erasures"):
        assert await whole.refused("POST", url, json={"driver_id": str(uuid4())}) == (404, "person_not_found")
        assert (await whole.refused("POST", url, json={**who, "token_id": tokens[0]}))[0] == 422

    export = await _done(whole, "exports", who)
    assert (export["subject_kind"], export["counts"]["drivers"], export["counts"]["tokens"]) == ("driver", 1, 2)
    fetched = await whole.client.get(f"{PRIVACY}/exports/{export['id']}/content")
    with zipfile.ZipFile(io.BytesIO(fetched.content)) as packed:
        content = {name: json.loads(packed.read(name)) for name in packed.namelist()}
    assert content["about.json"]["name"] == "Änne Müller"
    assert content["drivers.json"][0]["email"] == "aenne@example.org"
    assert [row["values"]["name"] for row in content["import_rows.json"]] == ["Änne Müller"] * 2
    assert content[f"token-{tokens[0]}/transactions.json"][0]["id_tag"] == "anne1"
    assert content[f"token-{tokens[1]}/transactions.json"] == []
    assert "bo@example.org" not in str(content)

    erased = (await _done(whole, "erasures", who))["counts"]
    assert (erased["drivers"], erased["tokens"], erased["transactions"], erased["import_rows"]) == (1, 2, 1, 2)
    driver = (await whole.client.get(f"{DRIVERS}/{anne}")).json()
    assert (driver["status"], driver["email"], driver["external_id"]) == ("blocked", None, None)
    tag = (await whole.csms.transaction())["id_tag"]
    assert re.fullmatch(r"ERASED-[0-9a-f]{12}", tag)
    assert tag != driver["name"]
    assert await whole.items(f"{DRIVERS}/{anne}/tokens") == []
    load_tables()
    left = ""
    for table in metadata.tables.keys() - {"outbox"}:  # events on their way, which are cleared once they are told
        left += "\n".join(row[0] for row in await whole.csms.rows(f'SELECT t::text FROM "{table}" t'))
    assert not re.search(r"änne|aenne|anne[12]|K-1|49 30 1", left, re.IGNORECASE)
    assert "bo@example.org" in left
    assert (await whole.client.get("/api/v1/audit/verify")).json()["intact"]
    assert await _answer(charger, "ANNE1") == "Invalid"
    repeated = await _done(whole, "erasures", who)
    assert repeated["counts"]["drivers"] == 1
