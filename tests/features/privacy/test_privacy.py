# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A person gets what is stored about them, and it is gone when they want that; the bill and the chain stay."""

import io
import json
import re
import zipfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID, metadata
from csms.kit.jobs.base import JobId
from csms.kit.privacy import Subject
from csms.main.privacy import HOLDINGS, NOT_PERSONAL, privacy_runner
from csms.migrations.models import load_tables
from tests.api.support import Product

TAG = "Anna+1"
PERSONAL = re.compile(
    r"^(?:.*id_tag|username|display_name|created_by|email|actor_name|actor|.*address|user_agent|phone|token_type)$"
)


WRITTEN = [
    ("AB", '{"idTag": "ab"}', True),
    ("AB", '{"idToken":{"idToken":" VID:AB_1 "}}', True),
    ("AB", '{"idTag": "abc"}', False),
    ("AB", '{"value": "AB"}', False),
    ("A.", '{"idTag": "ab"}', False),
    ('Ä"\\', '{"token": "Ä\\"\\\\"}', True),
]


class Job:
    """A job that runs now."""

    attempt, kind = 1, "privacy"

    def __init__(self, payload: bytes) -> None:
        self.id, self.organization_id, self.payload = JobId(uuid4()), DEFAULT_ORGANIZATION_ID, payload

    async def progress(self, done: int, total: int | None = None) -> None:
        """Nobody looks."""


@pytest.fixture
def run(api: Product, tmp_path: Path) -> Callable[[], Awaitable[dict[str, int]]]:
    """Does what was asked for last, as the worker would."""

    async def go() -> dict[str, int]:
        payload = await api.sql.fetchval(
            "SELECT payload FROM pgqueuer WHERE entrypoint = 'privacy' ORDER BY id DESC LIMIT 1"
        )
        found = json.loads(payload)
        work = found.get("payload", found)
        return await privacy_runner(api.units, tmp_path, api.clock).run(Job(json.dumps(work).encode()))

    return go


async def _everything(api: Product) -> str:
    """All texts of all tables."""
    load_tables()
    parts = []
    for table in metadata.tables:
        parts += [row[0] for row in await api.sql.fetch(f'SELECT t::text FROM "{table}" t')]
    return "\n".join(parts)


async def _import(api: Product, kind: str, subject: str, cells: dict[str, str]) -> None:
    """A table of one row that became somebody or something."""
    table, shown = uuid4(), list(cells.values())
    await api.insert(
        "imports", id=table, kind=kind, status="done", dry_run=False, on_conflict="fail", file_name="t.csv",
        file_bytes=1, wanted={}, sample=[shown], total=1, permissions=[], job=uuid4(), actor_kind="user",
        actor_name="admin",
    )  # fmt: skip
    row = {"key": shown[0].lower(), "values": cells, "faults": {}, "status": "created", "subject": subject}
    await api.insert("import_rows", **{"import": table}, number=2, **row)


async def _session(api: Product) -> tuple[str, UUID]:
    """A token that charged: a transaction with events and readings, commands, messages, a reservation, a list."""
    token = (await api.create("/api/v1/tokens", value=TAG, note="Anna A."))["id"]
    await api.create("/api/v1/tokens", value="Anna+12", note="somebody else")
    change = uuid4()
    await api.insert(
        "bulk_changes", id=change, kind="tokens", filter={"value": [TAG]}, change={"note": "Anna A."}, total=1,
        job=uuid4(), actor_kind="user", actor_name="admin",
    )  # fmt: skip
    await api.insert("bulk_change_targets", bulk=change, number=1, token_id=UUID(token))
    for kind, subject, cells in (("tokens", token, {"value": TAG}), ("drivers", str(uuid4()), {"tokens": f"X; {TAG}"})):
        await _import(api, kind, subject, cells)
    await api.insert("chargers", id="CP1")
    at = api.clock.now()
    own = await api.transaction("CP1", id_tag="ANNA+1 ", stop_id_tag="VID:anna+1", status="completed", energy_wh=7000)
    await api.transaction("CP1", id_tag="Anna+12", evse_id=2, status="completed", transaction_id=7)
    await api.insert(
        "transaction_events", transaction=own, seq_no=0, stage="started", trigger="Authorized", id_tag=TAG, offline=False,
        details={"idToken": {"idToken": "anna+1_serial", "type": "Central"}}, received_at=at,
    )  # fmt: skip
    await api.reading("CP1", own, at, 1000)
    for tag in ("ANNA+1 ", TAG, "Anna+12"):
        await api.insert("charging_days", charger_id="CP1", day=at.date(), id_tag=tag, first=1, energy_wh=[7000])
    for request in (f'{{"idTag" : "{TAG}","meterStart":1}}', '{"idTag":"Anna+12"}', f'{{"vendorId":"{TAG}"}}'):
        await api.sql.execute("SELECT csms_make_partitions($1)", at)
        await api.insert(
            "ocpp_messages", charger_id="CP1", received_at=at, at=at, epoch=1, direction="in", message_id="1",
            action="StartTransaction", protocol="ocpp1.6", request=request, response='{"idTagInfo":{}}', outcome="result",
        )  # fmt: skip
    await api.insert(
        "commands", id=uuid4(), charger_id="CP1", type="start_transaction", body={"token": TAG, "connector_id": 1},
        status="accepted", actor_name="admin", expires_at=at,
    )  # fmt: skip
    await api.insert(
        "reservations", id=uuid4(), charger_id="CP1", reservation_id=1, id_tag=TAG, status="used", expires_at=at
    )
    await api.insert("local_lists", charger_id="CP1", version=1, entries=[{"token": TAG, "status": "accepted"}])
    return token, own


async def test_what_is_known_of_the_holder_of_a_token(
    api: Product, run: Callable[[], Awaitable[dict[str, int]]], tmp_path: Path
) -> None:
    """Put together in a file that can be fetched for a week, by whoever may, and not a word about others."""
    token, _ = await _session(api)
    answer = await api.client.post("/api/v1/privacy/exports", json={"token_id": token})
    assert answer.status_code == 202
    path = answer.headers["location"]
    assert await api.refused("GET", f"{path}/content") == (404, "privacy_request_not_found")
    counts = await run()
    shown = (await api.client.get(path)).json()
    assert (shown["status"], shown["counts"]) == ("done", counts)
    assert counts == {
        "audit_log": 2, "ocpp_messages": 1, "meter_values": 1, "commands": 1, "bulk_commands": 0, "bulk_changes": 1,
        "bulk_change_targets": 1, "imports": 1, "import_rows": 1, "local_lists": 1, "saved_views": 0,
        "charger_report_parts": 0, "charger_notices": 0, "reservations": 1, "transaction_events": 1, "transactions": 1,
        "charging_days": 2,
        "tokens": 1,
    }  # fmt: skip
    fetched = await api.client.get(f"{path}/content")
    assert fetched.headers["content-type"] == "application/zip"
    assert fetched.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(fetched.content)) as packed:
        content = {name: json.loads(packed.read(name)) for name in packed.namelist()}
    assert content["about.json"]["name"] == TAG.upper()
    assert content["tokens.json"][0]["note"] == "Anna A."
    assert content["transactions.json"][0]["energy_wh"] == 7000
    assert content["bulk_commands.json"] == []
    assert "Anna+12" not in str(content)
    assert [each["id"] for each in await api.items("/api/v1/privacy/exports", status="done")] == [shown["id"]]
    (line,) = await api.items("/api/v1/audit", action="privacy:person:download")
    assert line["subject_id"] == token

    runner = privacy_runner(api.units, tmp_path, api.clock)
    assert await runner.sweep(Job(b"")) == {"files": 0}
    api.clock.advance(timedelta(days=7).total_seconds())
    assert await runner.sweep(Job(b"")) == {"files": 1}
    assert not [each for each in (tmp_path / "exports").rglob("*") if each.is_file()]
    headers = await api.site.bearer()
    assert await api.refused("GET", f"{path}/content", headers=headers) == (404, "privacy_request_not_found")
    assert (await api.client.get(path, headers=headers)).json()["status"] == "expired"


async def test_a_token_is_erased(api: Product, run: Callable[[], Awaitable[dict[str, int]]]) -> None:
    """Not while it charges; then from everywhere, under one pseudonym; others, energy and the audit chain stay."""
    token, own = await _session(api)
    open_one = await api.transaction("CP1", id_tag=TAG, evse_id=3, transaction_id=9)
    assert await api.refused("POST", "/api/v1/privacy/erasures", json={"token_id": token}) == (409, "transaction_open")
    await api.sql.execute("UPDATE transactions SET status = 'completed' WHERE id = $1", open_one)
    answer = await api.client.post("/api/v1/privacy/erasures", json={"token_id": token})
    assert answer.status_code == 202
    assert (await api.client.get(f"/api/v1/tokens/{token}")).json()["status"] == "blocked"
    counts = await run()
    assert counts | {"audit_log": 0} == {
        "ocpp_messages": 1, "audit_log": 0, "commands": 1, "bulk_commands": 0, "bulk_changes": 1,
        "bulk_change_targets": 1, "imports": 2, "import_rows": 2, "local_lists": 1, "reservations": 1,
        "charger_report_parts": 0, "charger_notices": 0, "transaction_events": 1, "transactions": 2, "tokens": 1,
        "saved_views": 0,
        "charging_days": 2,
    }  # fmt: skip
    assert await run() == {}  # started again after it was done
    assert (await api.client.get(answer.headers["location"])).json()["status"] == "done"
    row = await api.sql.fetchrow("SELECT id_tag, stop_id_tag, energy_wh FROM transactions WHERE id = $1", own)
    assert row is not None
    pseudonym = row["id_tag"]
    assert re.fullmatch(r"ERASED-[0-9a-f]{12}", pseudonym)
    assert (row["stop_id_tag"], row["energy_wh"]) == (pseudonym, 7000)
    messages = {row[0] for row in await api.sql.fetch("SELECT request FROM ocpp_messages")}
    assert messages == {f'{{"idTag" : "{pseudonym}","meterStart":1}}', '{"idTag":"Anna+12"}', f'{{"vendorId":"{TAG}"}}'}
    left = re.sub(f'"vendorId":"+{re.escape(TAG)}"', "", (await _everything(api)).replace("\\", "").replace('""', '"'))
    assert not re.search(r"anna\+1\b", left, re.IGNORECASE), left
    assert "Anna A." not in left
    assert "somebody else" in left
    lines = await api.items("/api/v1/audit", subject_id=token, sort="at")
    assert {line["action"]: line["erased"] for line in lines} == {
        "token:token:create": True,
        "privacy:person:erase": True,
        "privacy:audit:erase": False,
    }
    assert (await api.client.get("/api/v1/audit/verify")).json()["intact"]


async def test_a_user_is_erased(api: Product, run: Callable[[], Awaitable[dict[str, int]]]) -> None:
    """Nobody erases themselves; another one signs in no more, and is no name in anything they did."""
    me = (await api.client.get("/api/v1/me")).json()["id"]
    assert await api.refused("POST", "/api/v1/privacy/erasures", json={"user_id": me}) == (403, "own_account")
    password = await api.site.accounts.create_admin("Bertha")
    bertha = str(await api.sql.fetchval("SELECT id FROM users WHERE username = 'Bertha'"))
    await api.sql.execute(
        "UPDATE users SET email = 'bertha@example.org', must_change_password = false WHERE username = 'Bertha'"
    )
    headers = {**await api.site.bearer("Bertha", password), "User-Agent": "Bertha's phone"}
    made = await api.client.post("/api/v1/tokens", json={"value": "T1"}, headers=headers)
    assert made.status_code == 201
    await api.insert("chargers", id="CP1")
    await api.insert(
        "configuration_history", id=uuid4(), charger_id="CP1", key="K", actor_name="Bertha", at=api.clock.now()
    )
    await _import(api, "users", bertha, {"username": "Bertha"})
    await api.client.post("/api/v1/privacy/exports", json={"user_id": bertha})
    exported = await run()
    assert (exported["users"], exported["configuration_history"], exported["refresh_tokens"]) == (1, 1, 1)
    assert (exported["imports"], exported["import_rows"]) == (1, 1)
    answer = await api.client.post("/api/v1/privacy/erasures", json={"user_id": bertha})
    assert answer.status_code == 202
    counts = await run()
    assert (counts["users"], counts["refresh_tokens"]) == (1, 1)
    assert (await api.site.login("Bertha", password)).status_code == 401
    left = await _everything(api)
    assert "bertha" not in left.lower()
    done = await api.items(f"/api/v1/users/{bertha}/activity", action="token:token:create")
    assert [(line["actor_name"], line["address"], line["erased"]) for line in done] == [("", None, True)]
    found = (await api.client.get("/api/v1/audit/verify")).json()
    assert (found["intact"], found["erased"] > 0) == (True, True)


async def test_what_somebody_arranged_goes_with_them(
    api: Product, run: Callable[[], Awaitable[dict[str, int]]]
) -> None:
    """Preferences, dashboards and private views, handed out and erased; what they shared stays under the pseudonym."""
    password = await api.site.accounts.create_admin("Bertha")
    bertha = str(await api.sql.fetchval("SELECT id FROM users WHERE username = 'Bertha'"))
    await api.sql.execute(
        "UPDATE users SET must_change_password = false, email = 'b@example.org' WHERE id = $1", bertha
    )
    headers = await api.site.bearer("Bertha", password)
    documents = {"documents": {"notes": {"by": "Bertha"}}}
    assert (await api.client.patch("/api/v1/me/preferences", json=documents, headers=headers)).status_code == 200
    await api.client.post("/api/v1/dashboards", json={"name": "Bertha's"}, headers=headers)
    for name, shared in (("Bertha's own", False), ("Open", True)):
        view = {"screen": "chargers", "name": name, "shared": shared}
        assert (await api.client.post("/api/v1/views", json=view, headers=headers)).status_code == 201
    for value in (["BERTHA "], "b@example.org", bertha):
        await api.create("/api/v1/views", screen="audit", name=f"of {len(value)}", filter={"q": value})
    kept = await api.create("/api/v1/views", screen="audit", name="others", filter={"actor_name": ["anna"]})

    await api.client.post("/api/v1/privacy/exports", json={"user_id": bertha})
    exported = await run()
    assert (exported["user_preferences"], exported["dashboards"], exported["saved_views"]) == (1, 1, 2)
    assert (await api.client.post("/api/v1/privacy/erasures", json={"user_id": bertha})).status_code == 202
    counts = await run()
    assert (counts["user_preferences"], counts["dashboards"], counts["saved_views"]) == (1, 1, 4)
    left = await api.items("/api/v1/views", sort="name")
    assert [(each["id"] == kept["id"], each["name"]) for each in left] == [(False, "Open"), (True, "others")]
    assert left[0]["owner"].startswith("ERASED-")
    assert "bertha" not in (await _everything(api)).lower()


async def test_views_that_look_for_a_person_go_with_them(
    api: Product, run: Callable[[], Awaitable[dict[str, int]]]
) -> None:
    """By a token, or by anything that is known of a driver; whose views they are is not handed out."""
    token = (await api.create("/api/v1/tokens", value=TAG))["id"]
    driver = (await api.create("/api/v1/drivers", name="Änne A.", email="aenne@example.org", external_id="K-1"))["id"]
    wanted = {
        "tokens": TAG.lower(),
        "drivers": "Aenne@example.org",
        "transactions": driver,
        "map": "änne a.",
        "sites": "k-1",
    }
    for screen, value in wanted.items():
        await api.create("/api/v1/views", screen=screen, name="private", filter={"q": "x", "value": ["y", value]})
    await api.create("/api/v1/views", screen="chargers", name="kept", filter={"q": f"{TAG}2"})
    await api.client.post("/api/v1/privacy/exports", json={"token_id": token})
    assert (await run())["saved_views"] == 1
    for body, gone in (({"token_id": token}, 1), ({"driver_id": driver}, 4)):
        assert (await api.client.post("/api/v1/privacy/erasures", json=body)).status_code == 202
        assert (await run())["saved_views"] == gone
    assert [each["name"] for each in await api.items("/api/v1/views")] == ["kept"]


async def test_who_may_and_for_whom(api: Product) -> None:
    """One person a request, who is there; signed in; and the database's functions do nothing else."""
    for path in ("exports", "erasures"):
        url = f"/api/v1/privacy/{path}"
        assert await api.refused("POST", url, json={"token_id": str(uuid4())}) == (404, "person_not_found")
        assert await api.refused("POST", url, json={"user_id": str(uuid4())}) == (404, "person_not_found")
        for body in ({}, {"token_id": str(uuid4()), "user_id": str(uuid4())}, {"token_id": "x"}):
            assert (await api.refused("POST", url, json=body))[0] == 422
        assert await api.refused("GET", f"{url}/{uuid4()}") == (404, "privacy_request_not_found")
        assert await api.items(url) == []
        async with api.as_nobody() as nobody:
            assert (await nobody.post(url, json={"token_id": str(uuid4())})).status_code == 401
    for name, text, found in WRITTEN:  # as the database's regular expressions find it
        subject = Subject("token", uuid4(), name, "ERASED-0123456789ab")
        masking = "SELECT regexp_replace($1, $2, $3, 'gi')"
        masked = await api.sql.fetchval(masking, text, subject.pattern, subject.replacement)
        assert ("ERASED" in masked, masked != text) == (found, found), text
    for arguments in ("'.*', 'ERASED-0123456789ab'", "'(\"(?:idTag|x)\"\\s*:\\s*)\".*\"', 'Mallory'"):
        with pytest.raises(Exception, match="only a token is masked"):
            await api.sql.fetchval(f"SELECT csms_mask_messages({arguments}, now(), now())")


def test_every_column_that_looks_personal_is_somebodys() -> None:
    """A new table with a name, an address or a token in it is declared in csms/main/privacy.py."""
    load_tables()
    known = {holding.table.name for holding in HOLDINGS}
    unknown = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.c
        if PERSONAL.match(column.name) and table.name not in known
    }
    assert unknown - NOT_PERSONAL.keys() == set()
    for holding in HOLDINGS:
        assert (holding.erase is None) == (holding.kept is not None), holding.table.name
