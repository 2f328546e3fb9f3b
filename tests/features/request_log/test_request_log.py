# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The request log: what is kept of whom, who sees it, and that nobody waits for it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2

from csms.features.request_log.ingest import RequestWriter
from csms.kit.clock import SystemClock
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.http.can import PRINCIPAL
from csms.kit.http.principal import Principal
from csms.kit.http.request_log import Line, RequestLog
from csms.kit.metrics import Metrics
from tests.api.support import Product, product
from tests.support.postgres import Database

OTHER = UUID("0192f000-0000-7000-8000-0000000000aa")
AT = datetime(2031, 3, 4, 23, 59, tzinfo=UTC)


@asynccontextmanager
async def logging(
    database: Database, folder: Path, *, every: bool = False, **options: Any
) -> AsyncIterator[tuple[Product, RequestLog]]:
    """The API with its log, written when a test says so."""
    writer = RequestWriter(database.app_url)
    log = RequestLog(writer.write, SystemClock(), Metrics(process=False), every=every, interval_s=3600)
    try:
        async with product(database, folder, requests=log, **options) as api:
            yield api, log
    finally:
        writer.close()


def line(**values: Any) -> Line:
    """A line of the default organization."""
    usual: dict[str, Any] = {
        "id": uuid4(), "organization_id": DEFAULT_ORGANIZATION_ID, "at": AT, "method": "PUT", "path": "/api/v1/x",
        "route": "/api/v1/x", "status": 200, "actor_kind": "user", "actor_id": "u", "actor_name": "anna",
        "address": None, "request_id": "r", "trace_id": "t", "took_ms": 1, "sent_bytes": 2,
    }  # fmt: skip
    return Line(**{**usual, **values})


async def _user(api: Product, username: str, role: str) -> httpx2.AsyncClient:
    password = f"the horse of {username}"
    await api.create("/api/v1/users", username=username, password=password, role=role)
    await api.sql.execute("UPDATE users SET must_change_password = false WHERE username = $1", username)
    client = api.as_nobody()
    client.headers.update(await api.site.bearer(username, password))
    return client


async def test_changes_and_failures_are_kept_and_found(database: Database, tmp_path: Path) -> None:
    """Of users and keys, without queries, bodies and strangers; found by every field; other roles see nothing."""
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    async with logging(database, tmp_path) as (api, log):
        viewer = await _user(api, "vera", "viewer")
        await log.flush()
        await api.sql.execute("DELETE FROM api_requests")
        headers = {"X-Request-Id": "mine", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
        made = await api.client.post("/api/v1/tokens?secret=hunter2", json={"valeu": "hunter2"}, headers=headers)
        assert made.status_code == 422
        token = await api.create("/api/v1/tokens", value="T1")
        assert (await api.client.get("/api/v1/tokens?q=hunter2")).status_code == 200
        assert (await api.client.get(f"/api/v1/tokens/{uuid4()}")).status_code == 404
        assert (await viewer.post("/api/v1/tokens", json={"value": "T2"})).status_code == 403
        assert (await viewer.get("/api/v1/requests")).status_code == 403
        async with api.as_nobody() as nobody:
            assert (await nobody.get("/api/v1/tokens")).status_code == 401
            wrong = {"username": "admin", "password": "wrong"}
            assert (await nobody.post("/api/v1/auth/login", json=wrong)).status_code == 401
            body = {"name": "k", "permissions": ["token:token:read"]}
            key = (await api.create("/api/v1/api-keys", **body))["key"]
            by_key = await nobody.delete(f"/api/v1/tokens/{token['id']}", headers={"X-API-Key": key})
            assert by_key.status_code == 403
        assert await api.items("/api/v1/requests") == []
        await log.flush()
        await log.flush()

        found = await api.items("/api/v1/requests", sort="at")
        assert [(each["method"], each["route"], each["status"], each["actor_name"]) for each in found] == [
            ("POST", "/api/v1/tokens", 422, "admin"),
            ("POST", "/api/v1/tokens", 201, "admin"),
            ("GET", "/api/v1/tokens/{token_id}", 404, "admin"),
            ("POST", "/api/v1/tokens", 403, "vera"),
            ("GET", "/api/v1/requests", 403, "vera"),
            ("POST", "/api/v1/api-keys", 201, "admin"),
            ("DELETE", "/api/v1/tokens/{token_id}", 403, "k"),
        ]
        assert "hunter2" not in str(found)
        first = found[0]
        assert (first["request_id"], first["trace_id"], first["address"]) == ("mine", trace, "127.0.0.1")
        assert first["path"] == "/api/v1/tokens"
        assert first["sent_bytes"] > 100
        assert found[-1]["actor_kind"] == "api_key"
        counts = {
            "method=DELETE": 1,
            "method=GET": 2,
            "path[prefix]=/api/v1/tokens/": 2,
            "route=/api/v1/tokens": 3,
            "status=403": 3,
            "status[gte]=400&status[lt]=500": 5,
            "actor_kind=user": 6,
            "actor_name=vera": 2,
            f"actor_id={found[-1]['actor_id']}": 1,
            "address=127.0.0.1": 7,
            "address=192.0.2.1": 0,
            "request_id=mine": 1,
            f"trace_id={trace}": 1,
            "took_ms[gte]=100000": 0,
            f"at[lte]={found[2]['at']}&at[gte]={found[0]['at']}": 3,
        }
        for query, count in counts.items():
            answer = await api.client.get(f"/api/v1/requests?{query}")
            assert len(answer.json()["items"]) == count, query
        exported = await api.client.get("/api/v1/requests", params={"format": "csv"})
        assert exported.text.count("vera") == 2
        await viewer.aclose()


async def test_partitions_days_and_organizations(database: Database, tmp_path: Path) -> None:
    """A batch over midnight, and of several organizations, goes into its days; nobody sees another's."""
    async with logging(database, tmp_path, every=True) as (api, log):
        await api.sql.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Other')", OTHER)
        writer = RequestWriter(database.app_url, pgbouncer=True)
        next_day = AT + timedelta(minutes=2)
        lines = [line(), line(at=next_day, path="/ä" * 100), line(organization_id=OTHER), line(at=next_day)]
        await writer.write(lines)
        await writer.write([line(at=next_day)])
        writer.close()
        days = "SELECT count(*) FROM api_requests_20310304 UNION ALL SELECT count(*) FROM api_requests_20310305"
        assert [row[0] for row in await api.sql.fetch(days)] == [2, 3]
        assert len(await api.items("/api/v1/requests")) == 4
        await log.flush()  # with all that was only read
        assert {each["route"] for each in await api.items("/api/v1/requests", method="GET")} == {"/api/v1/requests"}
        assert await api.sql.fetchval("SELECT count(*) FROM api_requests WHERE organization_id = $1", OTHER) == 1


def _scope(number: int, method: str = "POST") -> dict[str, Any]:
    principal = Principal(uuid4(), "anna", DEFAULT_ORGANIZATION_ID, "admin", False)
    return {
        "method": method, "path": f"/{number}", "csms.request_id": "r", "csms.trace_id": "t", PRINCIPAL: principal,
    }  # fmt: skip


async def test_nobody_waits_and_memory_is_bounded(database: Database) -> None:
    """What does not fit is counted; what a database that is away missed is written later; the end writes the rest."""
    metrics = Metrics(process=False)
    writer = RequestWriter("postgresql://nobody@127.0.0.1:1/none")

    def counted() -> dict[str, float]:
        return {name: metrics.request_log.labels(name).value for name in ("stored", "dropped", "failed")}

    async def write(lines: Sequence[Line]) -> None:
        await writer.write(lines)

    log = RequestLog(write, SystemClock(), metrics, room=5, interval_s=0.01)
    for number in range(7):
        log.note(_scope(number), f"/{number}", 200, 0.01, 10)
    log.note(_scope(8, "GET"), "/8", 200, 0.01, 10)
    log.note(_scope(9, "GET"), "/9", 429, 0.01, 10)
    log.note({"method": "POST"}, "/10", 401, 0.01, 10)
    assert counted() == {"stored": 0, "dropped": 2, "failed": 0}
    await log.flush()
    assert counted() == {"stored": 0, "dropped": 2, "failed": 0}
    writer = RequestWriter(database.app_url)
    await log.flush()
    assert counted() == {"stored": 5, "dropped": 2, "failed": 0}
    log.note(_scope(11), "/\udc80" + "x" * 600, 200, 1e9, 10)
    log.note(_scope(12), "/nul\0", 200, 0.01, 10)  # what no server lets through is refused by the database
    await log.flush()
    assert counted() == {"stored": 5, "dropped": 2, "failed": 2}
    log.note(_scope(11), "/\udc80" + "x" * 600, 200, 1e9, 10)
    await log.start()
    for number in range(100):
        log.note(_scope(number), "/later", 200, 0.01, 10)
        await asyncio.sleep(0.002)
    await log.stop()
    before = counted()
    assert before["stored"] + before["dropped"] == 108
    assert before["stored"] > 10
    writer.close()

    gone = RequestLog(RequestWriter("postgresql://nobody@127.0.0.1:1/none").write, SystemClock(), metrics)
    await gone.start()
    gone.note(_scope(1), "/1", 200, 0.01, 10)
    await gone.stop()
    assert counted() == before | {"dropped": before["dropped"] + 1}
