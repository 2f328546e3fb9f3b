# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Chargers over HTTP: provisioned, changed, retired; their secrets are shown once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import event

from csms.domain.events import ChargerChanged, ChargerRetired
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.ids import new_id
from tests.api.support import Product

CHARGERS = "/api/v1/chargers"
AT = datetime(2026, 11, 23, 11, tzinfo=UTC)


@asynccontextmanager
async def heard(api: Product, *kinds: type[Any]) -> AsyncIterator[asyncio.Queue[Any]]:
    """What the bus tells of these events."""
    queue: asyncio.Queue[Any] = asyncio.Queue()
    async with await api.bus.subscribe(kinds, queue.put):
        yield queue


async def secret_hash(api: Product, charger_id: str) -> bytes | None:
    """What is stored of a charger's secret."""
    found: bytes | None = await api.sql.fetchval("SELECT secret_hash FROM chargers WHERE id = $1", charger_id)
    return found


async def test_a_password_is_made_and_shown_once(api: Product) -> None:
    """201 with Location and the password; afterwards only its keyed hash is there."""
    answer = await api.client.post(CHARGERS, json={"id": "CP1", "name": "Gate"})
    assert answer.status_code == 201
    assert answer.headers["location"] == "/api/v1/chargers/CP1"
    assert answer.headers["cache-control"] == "no-store"
    created = answer.json()
    password = created.pop("password")
    assert len(password) >= 16
    stored = await secret_hash(api, "CP1")
    assert stored is not None
    assert api.site.keys.verify_secret(password.encode(), stored)
    read = await api.client.get(f"{CHARGERS}/CP1")
    assert read.json() == created
    assert read.headers["etag"] == answer.headers["etag"]
    assert (created["security_profile"], created["has_password"], created["validation"]) == (1, True, "advisory")
    assert (created["status"], created["online"], created["connectors"]) == ("unknown", False, [])
    assert password not in str(await api.sql.fetch("SELECT * FROM audit_log"))


async def test_a_password_of_ones_own_is_not_repeated(api: Product) -> None:
    """Whoever sent it knows it."""
    created = await api.create(CHARGERS, id="CP1", password="sixteen-or-more!", validation="strict")
    assert "password" not in created
    assert created["validation"] == "strict"
    stored = await secret_hash(api, "CP1")
    assert stored == api.site.keys.hash_secret(b"sixteen-or-more!")


async def test_profile_0_has_no_password(api: Product) -> None:
    """Nothing is generated, and one that is sent is refused rather than forgotten."""
    created = await api.create(CHARGERS, id="CP0", security_profile=0, default_protocol="ocpp1.6")
    assert (created["has_password"], created["default_protocol"]) == (False, "ocpp1.6")
    assert await secret_hash(api, "CP0") is None
    body = {"id": "CP1", "security_profile": 0, "password": "sixteen-or-more!"}
    assert await api.refused("POST", CHARGERS, json=body) == (400, "invalid_request")


MISFITS: list[dict[str, Any]] = [
    {},
    {"id": ""},
    {"id": "x" * 49},
    {"id": "a:b"},
    {"id": "a/b"},
    {"id": "a\\b"},
    {"id": "a\0b"},
    {"id": "a\nb"},
    {"id": "\u202eabc"},
    {"id": " a"},
    {"id": ".."},
    {"id": 5},
    {"id": "CP1", "password": "fifteen-chars-!"},
    {"id": "CP1", "password": "x" * 201},
    {"id": "CP1", "security_profile": 4},
    {"id": "CP1", "validation": "lax"},
    {"id": "CP1", "default_protocol": "ocpp1.5"},
    {"id": "CP1", "heartbeat_interval_s": 1},
    {"id": "CP1", "organization_id": str(new_id())},
    {"id": "CP1", "secret_hash": "00"},
    {"id": "CP1", "boot_status": "accepted"},
]


async def test_bodies_that_do_not_fit(api: Product) -> None:
    """Odd identities, weak passwords, columns that are not the caller's: 422, and no row."""
    for body in MISFITS:
        assert await api.refused("POST", CHARGERS, json=body) == (422, "invalid_body"), body
    assert await api.sql.fetchval("SELECT count(*) FROM chargers") == 0


async def test_identities_that_are_fine(api: Product) -> None:
    """Letters of any kind; found again in any letter case."""
    for identity in ("x" * 48, "CP 1", "Ladesäule-7", "AÉ"):
        await api.create(CHARGERS, id=identity)
        for spelled in (identity, identity.upper(), identity.lower()):
            assert (await api.client.get(f"{CHARGERS}/{spelled}")).json()["id"] == identity


async def test_an_identity_is_taken_in_any_letter_case_by_anybody(api: Product) -> None:
    """409 without a word of whose it is (decisions 2)."""
    await api.create(CHARGERS, id="CP1")
    assert await api.refused("POST", CHARGERS, json={"id": "cp1"}) == (409, "identity_taken")
    other = new_id()
    await api.sql.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Rival')", other)
    await api.insert("chargers", id="THEIRS", organization_id=other)
    answer = await api.client.post(CHARGERS, json={"id": "theirs"})
    assert (answer.status_code, answer.json()["code"]) == (409, "identity_taken")
    assert "Rival" not in answer.text
    assert str(other) not in answer.text


async def test_changes(api: Product) -> None:
    """Only what is named changes; gateways hear of what concerns the connection; the audit has before and after."""
    await api.create(CHARGERS, id="CP1", name="Gate")
    async with heard(api, ChargerChanged) as events:
        changed = await api.client.patch(f"{CHARGERS}/cp1", json={"name": "Yard"})
        assert changed.json()["name"] == "Yard"
        changed = await api.client.patch(f"{CHARGERS}/CP1", json={"validation": "strict"})
        assert (changed.json()["name"], changed.json()["validation"]) == ("Yard", "strict")
        assert (await asyncio.wait_for(events.get(), 5)).charger_id == "CP1"
        assert events.empty()  # a name is no reason to hang up
    audit = await api.items("/api/v1/audit", action="charger:charger:update", sort="at")
    assert [(line["before"], line["after"]) for line in audit] == [
        ({"name": "Gate"}, {"name": "Yard"}),
        ({"validation": "advisory"}, {"validation": "strict"}),
    ]


async def test_profiles_and_passwords_go_together(api: Product) -> None:
    """Profile 0 forgets the secret, profile 1 asks for one."""
    await api.create(CHARGERS, id="CP1")
    down = await api.client.patch(f"{CHARGERS}/CP1", json={"security_profile": 0})
    assert (down.json()["security_profile"], down.json()["has_password"]) == (0, False)
    assert await secret_hash(api, "CP1") is None
    patch = ("PATCH", f"{CHARGERS}/CP1")
    assert await api.refused(*patch, json={"security_profile": 1}) == (400, "invalid_request")
    assert await api.refused(*patch, json={"password": "sixteen-or-more!"}) == (400, "invalid_request")
    assert await api.refused("POST", f"{CHARGERS}/CP1/rotate-secret") == (400, "invalid_request")
    assert await api.refused(*patch, json={"validation": None}) == (400, "invalid_request")
    assert await api.refused(*patch, json={"id": "CP2"}) == (422, "invalid_body")
    up = await api.client.patch(f"{CHARGERS}/CP1", json={"security_profile": 1, "password": "sixteen-or-more!"})
    assert (up.json()["security_profile"], up.json()["has_password"]) == (1, True)


async def test_a_secret_is_rotated(api: Product) -> None:
    """The new one is shown once and stored hashed; the connection is opened anew."""
    await api.create(CHARGERS, id="CP1")
    before = await secret_hash(api, "CP1")
    async with heard(api, ChargerChanged) as events:
        answer = await api.client.post(f"{CHARGERS}/CP1/rotate-secret")
        assert (await asyncio.wait_for(events.get(), 5)).charger_id == "CP1"
    assert answer.headers["cache-control"] == "no-store"
    stored = await secret_hash(api, "CP1")
    assert stored != before
    assert stored == api.site.keys.hash_secret(answer.json()["password"].encode())


async def test_if_match_guards_what_people_edit(api: Product) -> None:
    """Stale is 412; a heartbeat or status meanwhile is nobody's edit and in nobody's way."""
    await api.create(CHARGERS, id="CP1")
    seen = (await api.client.get(f"{CHARGERS}/CP1")).headers["etag"]
    await api.sql.execute("UPDATE chargers SET status = 'Available', updated_at = now()")
    await api.insert("charger_heartbeats", charger_id="CP1", at=AT)
    changed = await api.client.patch(f"{CHARGERS}/CP1", json={"name": "A"}, headers={"If-Match": seen})
    assert changed.status_code == 200
    assert changed.headers["etag"] != seen
    stale = {"json": {"name": "B"}, "headers": {"If-Match": seen}}
    assert await api.refused("PATCH", f"{CHARGERS}/CP1", **stale) == (412, "stale")
    assert (await api.client.patch(f"{CHARGERS}/CP1", json={"name": "B"}, headers={"If-Match": "*"})).is_success


async def test_of_two_edits_of_the_same_state_one_wins(api: Product) -> None:
    """Two at once with the same tag: the second sees what the first did."""
    await api.create(CHARGERS, id="CP1")
    seen = (await api.client.get(f"{CHARGERS}/CP1")).headers["etag"]
    answers = await asyncio.gather(
        *(
            api.client.patch(f"{CHARGERS}/CP1", json={"name": name}, headers={"If-Match": seen})
            for name in ("A", "B", "C")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]


async def test_retired_means_refused_but_kept(api: Product) -> None:
    """DELETE retires and tells the gateways; again is no error; nothing can be changed; the identity stays taken."""
    await api.create(CHARGERS, id="CP1")
    await api.transaction("CP1", status="completed", transaction_id=1)
    async with heard(api, ChargerRetired) as events:
        assert (await api.client.delete(f"{CHARGERS}/cp1")).status_code == 204
        assert (await asyncio.wait_for(events.get(), 5)).charger_id == "CP1"
    retired = (await api.client.get(f"{CHARGERS}/CP1")).json()["retired_at"]
    assert retired is not None
    api.clock.advance(60)
    assert (await api.client.delete(f"{CHARGERS}/CP1")).status_code == 204
    assert (await api.client.get(f"{CHARGERS}/CP1")).json()["retired_at"] == retired
    assert await api.refused("PATCH", f"{CHARGERS}/CP1", json={"name": "A"}) == (409, "charger_retired")
    assert await api.refused("POST", f"{CHARGERS}/CP1/rotate-secret") == (409, "charger_retired")
    assert await api.refused("POST", CHARGERS, json={"id": "CP1"}) == (409, "identity_taken")
    assert await api.refused("DELETE", f"{CHARGERS}/CP1", params={"purge": "true"}) == (409, "has_transactions")
    assert len(await api.items("/api/v1/transactions", charger_id="CP1")) == 1


async def test_an_open_transaction_keeps_its_charger(api: Product) -> None:
    """409, and nothing happened."""
    await api.create(CHARGERS, id="CP1")
    await api.transaction("CP1")
    for purge in ("false", "true"):
        refused = await api.refused("DELETE", f"{CHARGERS}/CP1", params={"purge": purge})
        assert refused == (409, "transaction_open")
    assert (await api.client.get(f"{CHARGERS}/CP1")).json()["retired_at"] is None


async def test_purge_frees_an_identity_without_transactions(api: Product) -> None:
    """The row goes with what hangs on it, retired before or not."""
    await api.create(CHARGERS, id="CP1")
    await api.insert("charger_hardware", id=new_id(), charger_id="CP1", seen_at=AT)
    await api.client.delete(f"{CHARGERS}/CP1")
    assert (await api.client.delete(f"{CHARGERS}/CP1", params={"purge": "true"})).status_code == 204
    assert await api.refused("GET", f"{CHARGERS}/CP1") == (404, "charger_not_found")
    assert await api.sql.fetchval("SELECT count(*) FROM charger_hardware") == 0
    await api.create(CHARGERS, id="cp1")


OF_ONE_CHARGER = [
    ("GET", ""),
    ("PATCH", ""),
    ("DELETE", ""),
    ("POST", "/rotate-secret"),
    ("GET", "/connectors"),
    ("GET", "/configuration"),
    ("GET", "/messages"),
    ("GET", "/hardware"),
    ("GET", "/findings"),
]


async def test_unknown_chargers(api: Product) -> None:
    """404 everywhere, for identities of other organizations too."""
    other = new_id()
    await api.sql.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Rival')", other)
    await api.insert("chargers", id="THEIRS", organization_id=other)
    for method, path in OF_ONE_CHARGER:
        options = {"json": {}} if method == "PATCH" else {}
        for identity in ("NOBODY", "THEIRS", "x" * 300, "%25"):
            refused = await api.refused(method, f"{CHARGERS}/{identity}{path}", **options)
            assert refused == (404, "charger_not_found"), (method, path)
        assert await api.refused(method, f"{CHARGERS}/%00{path}", **options) == (404, "not_found")


async def online(api: Product, charger_id: str, node: str, *, online: bool = True) -> None:
    """A connection on a node."""
    await api.insert(
        "charger_connections",
        charger_id=charger_id,
        node_id=node,
        epoch=1,
        online=online,
        protocol="ocpp1.6",
        address="192.0.2.7",
        connected_at=AT,
    )


async def test_online_is_a_connection_on_a_node_that_lives(api: Product) -> None:
    """A node that died takes its chargers with it, though nobody wrote that down."""
    now = datetime.now(UTC)
    for node, lease in (("alive", now + timedelta(minutes=5)), ("dead", now - timedelta(seconds=1))):
        await api.insert("gateway_nodes", id=node, started_at=now, lease_until=lease)
    for identity, node, connected in (("A", "alive", True), ("B", "dead", True), ("C", "alive", False)):
        await api.create(CHARGERS, id=identity)
        await online(api, identity, node, online=connected)
    await api.create(CHARGERS, id="D")
    assert {item["id"]: item["online"] for item in await api.items(CHARGERS)} == {
        "A": True,
        "B": False,
        "C": False,
        "D": False,
    }
    assert [item["id"] for item in await api.items(CHARGERS, online="true")] == ["A"]
    assert (await api.client.get(f"{CHARGERS}/A")).json()["protocol"] == "ocpp1.6"


async def test_who_has_ever_connected_and_who_has_a_fault(api: Product) -> None:
    """A fault of one connector is one of its charger; whoever came once has connected, though it is away now."""
    await api.insert("gateway_nodes", id="node", started_at=AT, lease_until=AT)
    for identity in ("CAME", "NEVER", "FAULT"):
        await api.create(CHARGERS, id=identity)
    await online(api, "CAME", "node", online=False)
    await connector(api, "CAME", 1)
    await connector(api, "FAULT", 1)
    await connector(api, "FAULT", 2, "Faulted")

    async def ids(**filters: str) -> list[str]:
        return [item["id"] for item in await api.items(CHARGERS, **filters)]

    assert await ids(ever_connected="true") == ["CAME"]
    assert await ids(ever_connected="false") == ["FAULT", "NEVER"]
    assert await ids(faulted="true") == ["FAULT"]
    assert await ids(faulted="false") == ["CAME", "NEVER"]
    assert await ids(faulted="true", ever_connected="true") == []


async def test_the_order_of_heartbeats(api: Product) -> None:
    """By instant, equal ones by identity, those never heard of last in both directions; pages neither repeat nor skip."""
    for identity in "ABCDEFGH":
        await api.create(CHARGERS, id=identity)
    for identity, minutes in zip("HGFED", (3, 1, 1, 1, 2), strict=True):
        await api.insert("charger_heartbeats", charger_id=identity, at=AT + timedelta(minutes=minutes))

    async def paged(**asked: str) -> str:
        found, cursor = "", None
        while cursor is not None or not found:
            more = {} if cursor is None else {"cursor": cursor}
            answer = (await api.client.get(CHARGERS, params={**asked, **more, "limit": "2"})).json()
            found += "".join(item["id"] for item in answer["items"])
            cursor = answer["next_cursor"]
        return found

    assert await paged(sort="last_heartbeat") == "EFGDHABC"
    assert await paged(sort="-last_heartbeat") == "HDGFECBA"
    since = (AT + timedelta(minutes=2)).isoformat()
    assert await paged(sort="last_heartbeat", **{"last_heartbeat[gte]": since}) == "DH"
    assert await paged(**{"last_heartbeat[lt]": since}) == "EFG"
    assert (await api.client.get(f"{CHARGERS}/H")).json()["last_heartbeat"] == "2026-11-23T11:03:00Z"
    assert (await api.client.get(f"{CHARGERS}/A")).json()["last_heartbeat"] is None


async def test_the_order_in_which_they_were_lost(api: Product) -> None:
    """The newest first, those that never were connected last: what the overview asks for, of those that are away."""
    await api.insert("gateway_nodes", id="node", started_at=AT, lease_until=AT)
    for identity in "ABCDE":
        await api.create(CHARGERS, id=identity)
    for identity, minutes in zip("BDC", (1, 3, 2), strict=True):
        lost = AT + timedelta(minutes=minutes)
        common = {"node_id": "node", "epoch": 1, "online": False, "connected_at": AT}
        await api.insert("charger_connections", charger_id=identity, disconnected_at=lost, **common)

    async def ids(**asked: str) -> str:
        return "".join([item["id"] for item in await api.items(CHARGERS, **asked)])

    assert await ids(sort="disconnected_at") == "BCDAE"
    assert await ids(sort="-disconnected_at") in {"DCBAE", "DCBEA"}
    assert await ids(sort="-disconnected_at", ever_connected="true", online="false") == "DCB"


async def connector(api: Product, charger_id: str, number: int, status: str = "Available") -> None:
    """A connector as the gateway stores it."""
    await api.insert(
        "connectors",
        charger_id=charger_id,
        evse_id=number,
        connector_id=number,
        status=status,
        state=status.lower(),
        last_status_update=AT,
        status_at=AT,
    )


async def test_connectors_are_in_the_item_and_in_a_list(api: Product) -> None:
    """In order, without connector 0, which is the charger itself."""
    await api.create(CHARGERS, id="CP1")
    for number in (2, 0, 1):
        await connector(api, "CP1", number)
    item = (await api.client.get(f"{CHARGERS}/CP1")).json()
    assert [each["connector_id"] for each in item["connectors"]] == [1, 2]
    listed = await api.items(f"{CHARGERS}/CP1/connectors")
    assert [each["connector_id"] for each in listed] == [1, 2]
    assert datetime.fromisoformat(listed[0]["status_at"]) == AT
    assert datetime.fromisoformat(item["connectors"][0]["status_at"]) == AT


async def test_a_list_takes_as_many_queries_for_many_as_for_few(api: Product) -> None:
    """No query per charger (N+1): the same statements for 2 and for 40."""

    async def statements() -> int:
        count = 0

        def counted(*_: Any) -> None:
            nonlocal count
            count += 1

        engine = api.units._database.engine.sync_engine
        event.listen(engine, "after_cursor_execute", counted)
        try:
            await api.items(CHARGERS, limit=100)
        finally:
            event.remove(engine, "after_cursor_execute", counted)
        return count

    async def fill(first: int, last: int) -> None:
        for number in range(first, last):
            await api.insert("chargers", id=f"CP{number}")
            await connector(api, f"CP{number}", 1)

    await fill(0, 2)
    await statements()  # the first one signs in, too
    few = await statements()
    await fill(2, 40)
    assert await statements() == few <= 3


QUERIES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["A1", "a2", "B1"]),
    ({"sort": "-id"}, ["B1", "a2", "A1"]),
    ({"id": "A2"}, ["a2"]),
    ({"id[prefix]": "A"}, ["A1", "a2"]),
    ({"name": "gate"}, ["A1"]),
    ({"vendor": "Acme"}, ["a2"]),
    ({"retired": "true"}, ["B1"]),
    ({"retired": "false", "status": "unknown"}, ["A1", "a2"]),
    ({"security_profile": ["0", "1"]}, ["A1", "a2", "B1"]),
]


async def test_lists_are_filtered_and_sorted(api: Product) -> None:
    """By the fields that the document names."""
    await api.insert("chargers", id="A1", name="Gate")
    await api.insert("chargers", id="a2", vendor="Acme", security_profile=0)
    await api.insert("chargers", id="B1", retired_at=AT)
    for query, expected in QUERIES:
        assert sorted(item["id"] for item in await api.items(CHARGERS, **query)) == sorted(expected), query


async def test_a_list_goes_on_by_cursor(api: Product) -> None:
    """Pages of two over five, each charger once."""
    for number in range(5):
        await api.insert("chargers", id=f"CP{number}")
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = (await api.client.get(CHARGERS, params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"CP{number}" for number in range(5)]
    assert await api.refused("GET", CHARGERS, params={"cursor": "e30"}) == (400, "invalid_cursor")
    assert await api.refused("GET", CHARGERS, params={"secret_hash": "x"}) == (400, "invalid_filter")


async def test_history_of_hardware_and_findings(api: Product) -> None:
    """Newest first, of this charger only."""
    for identity in ("CP1", "CP2"):
        await api.create(CHARGERS, id=identity)
    for minute, serial in enumerate(("S1", "S2")):
        at = AT + timedelta(minutes=minute)
        await api.insert("charger_hardware", id=new_id(), charger_id="CP1", serial_number=serial, seen_at=at)
        await api.insert(
            "conformance_findings",
            charger_id="CP1",
            action="StatusNotification",
            code=f"code{minute}",
            path="$.status",
            detail="unknown value",
            count=minute + 1,
            first_seen_at=at,
            last_seen_at=at,
        )
    hardware = await api.items(f"{CHARGERS}/CP1/hardware")
    assert [item["serial_number"] for item in hardware] == ["S2", "S1"]
    findings = await api.items(f"{CHARGERS}/CP1/findings")
    assert [(item["code"], item["count"]) for item in findings] == [("code1", 2), ("code0", 1)]
    paged = (await api.client.get(f"{CHARGERS}/CP1/findings", params={"limit": 1})).json()
    rest = await api.items(f"{CHARGERS}/CP1/findings", limit=1, cursor=paged["next_cursor"])
    assert [item["code"] for item in rest] == ["code0"]
    assert await api.items(f"{CHARGERS}/CP2/hardware") == await api.items(f"{CHARGERS}/CP2/findings") == []


async def test_security_events(api: Product) -> None:
    """Newest first, of known and unknown identities of this organization."""
    for minute, (identity, organization) in enumerate(
        [("CP1", DEFAULT_ORGANIZATION_ID), ("stranger", DEFAULT_ORGANIZATION_ID)]
    ):
        await api.insert(
            "security_events",
            id=new_id(),
            organization_id=organization,
            charger_id=identity,
            kind="wrong_secret",
            detail="refused",
            address="192.0.2.1",
            at=AT + timedelta(minutes=minute),
        )
    found = await api.items("/api/v1/security-events")
    assert [item["charger_id"] for item in found] == ["stranger", "CP1"]
    assert [item["charger_id"] for item in await api.items("/api/v1/security-events", charger_id="cp1")] == ["CP1"]
