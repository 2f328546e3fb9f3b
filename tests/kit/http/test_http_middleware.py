# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What every request gets: an id, a limit, headers, a line in the log, a number in the metrics, a document if refused."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import httpx2
import pytest
from fastapi import APIRouter, FastAPI, Request
from pydantic import BaseModel
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from csms.kit.clock import FakeClock
from csms.kit.errors import ConflictError, CrowdedError, NotFoundError, UnavailableError
from csms.kit.http import problems
from csms.kit.http.json import rows_response
from csms.kit.http.limits import RequestLimits
from csms.kit.http.middleware import HttpMiddleware
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.problems import InvalidTokenError, TooManyRequestsError
from csms.kit.http.ratelimit import RateLimit
from csms.kit.http.require import require, require_signed_in
from csms.kit.metrics import Metrics

LIMIT = 200
ALICE = Principal(UUID(int=1), "alice", UUID(int=2), "reader", False, {"thing:thing:read": None})
NEWCOMER = Principal(UUID(int=3), "bob", UUID(int=2), "reader", True, {"thing:thing:read": None})


class Thing(BaseModel):
    """A body."""

    name: str
    password: str


def routes() -> APIRouter:
    """Routes that go wrong in every way."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/things/{thing_id}")
    async def get_thing(thing_id: int) -> dict[str, int]:
        return {"id": thing_id}

    @router.post("/things")
    async def add_thing(thing: Thing) -> str:
        return thing.name

    @router.get("/fail/{how}")
    async def fail(how: str) -> None:
        raise {
            "conflict": ConflictError("it is there already", thing="7"),
            "away": UnavailableError("the database is away"),
            "crowd": CrowdedError("too much at once"),
            "often": TooManyRequestsError("slow down", 7),
            "bug": RuntimeError("the password is hunter2"),
        }.get(how, NotFoundError("nothing"))

    @router.get("/guarded")
    async def guarded(request: Request, principal: Annotated[Principal, require("thing:thing:read")]) -> Any:
        scope = scope_of(request, principal)
        return rows_response([scope.organization_id, scope.actor.name, scope.address, scope.request_id])

    @router.get("/forbidden")
    async def forbidden(principal: Annotated[Principal, require("thing:thing:delete")]) -> str:
        return principal.username

    @router.get("/self")
    async def about_me(principal: Annotated[Principal, require_signed_in(fresh_password=False)]) -> str:
        return principal.username

    return router


async def authenticate(token: str) -> Principal:
    """Tokens of this test."""
    known = {"alice": ALICE, "bob": NEWCOMER}
    if token not in known:
        raise InvalidTokenError("not known")
    return known[token]


@pytest.fixture
def metrics() -> Metrics:
    """Empty."""
    return Metrics(process=False)


@pytest.fixture
async def client(metrics: Metrics) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a small application inside the middleware."""
    app = FastAPI()
    app.state.authenticate = authenticate
    app.state.limits = RequestLimits(1_000, 10_000, 100)
    problems.install(app)
    app.include_router(routes())
    clock = FakeClock(datetime(2026, 11, 23, tzinfo=UTC))
    app.add_middleware(HttpMiddleware, metrics=metrics, clock=clock, max_body_bytes=LIMIT)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://t") as found:
        yield found


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("DELETE", "/api/v1/things/1", 405, "method_not_allowed"),
        ("GET", "/api/v1/things/one", 422, "invalid_body"),
        ("GET", "/api/v1/fail/conflict", 409, "conflict"),
        ("GET", "/api/v1/fail/away", 503, "unavailable"),
        ("GET", "/api/v1/fail/crowd", 503, "busy"),
        ("GET", "/api/v1/fail/often", 429, "too_many_requests"),
        ("GET", "/api/v1/fail/bug", 500, "internal_error"),
        ("GET", "/api/v1/guarded", 401, "unauthorized"),
    ],
)
async def test_every_refusal_is_a_problem_document(
    client: httpx2.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    """RFC 9457: the media type, the members, and the trace id that the log line has."""
    with capture_logs() as logs:
        answer = await client.request(method, path)
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "detail", "trace_id"} <= set(body)
    assert body["trace_id"] == answer.headers["x-request-id"]
    assert [line["status"] for line in logs if line["event"] == "http"] == [status]


async def test_a_bug_says_nothing_of_the_inside(client: httpx2.AsyncClient) -> None:
    """The answer is the same for every bug; the log has the exception."""
    with capture_logs() as logs:
        answer = await client.get("/api/v1/fail/bug")
    assert "hunter2" not in answer.text
    assert "RuntimeError" not in answer.text
    assert [line["log_level"] for line in logs] == ["error", "info"]
    assert logs[0]["exc_info"]


async def test_a_crowd_is_refused_cheaply(client: httpx2.AsyncClient) -> None:
    """Whoever has too much to do writes no traceback for each whom it refuses; they are told when to come back."""
    with capture_logs() as logs:
        answer = await client.get("/api/v1/fail/crowd")
    assert answer.headers["retry-after"] == "5"
    assert logs[0]["log_level"] == "warning"
    assert "exc_info" not in logs[0]


async def test_refusals_say_when_to_come_back(client: httpx2.AsyncClient) -> None:
    """Retry-After for both kinds of "not now"; what an error knows more is a member of its own."""
    assert (await client.get("/api/v1/fail/often")).headers["retry-after"] == "7"
    with capture_logs():
        assert (await client.get("/api/v1/fail/away")).headers["retry-after"] == "5"
    assert (await client.get("/api/v1/fail/conflict")).json()["thing"] == "7"


async def test_what_was_sent_is_not_repeated(client: httpx2.AsyncClient) -> None:
    """A refused body may hold a password: neither answer nor log shows it."""
    with capture_logs() as logs:
        answer = await client.post("/api/v1/things?secret=s3cret", json={"nam": "x", "password": ["hunter2"]})
    assert answer.status_code == 422
    assert {item["path"] for item in answer.json()["errors"]} == {"body.name", "body.password"}
    assert "hunter2" not in answer.text
    assert "s3cret" not in str(logs)


async def test_bodies_have_a_limit(client: httpx2.AsyncClient) -> None:
    """Announced or not, a body beyond the limit is 413; one at the limit is read."""
    body = b'{"name": "x", "password": "y"}'
    json_type = {"Content-Type": "application/json"}

    async def chunks(total: int) -> AsyncIterator[bytes]:
        yield body
        for _ in range(total - len(body)):
            yield b" "

    assert (await client.post("/api/v1/things", content=body.ljust(LIMIT), headers=json_type)).status_code == 200
    assert (await client.post("/api/v1/things", content=chunks(LIMIT), headers=json_type)).status_code == 200
    for content in (body.ljust(LIMIT + 1), chunks(LIMIT + 1), chunks(LIMIT * 50)):
        answer = await client.post("/api/v1/things", content=content, headers=json_type)
        assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")
    lie = {"Content-Length": "9" * 30, **json_type}
    assert (await client.post("/api/v1/things", content=body, headers=lie)).status_code == 413


async def test_safe_headers_on_everything(client: httpx2.AsyncClient) -> None:
    """Also on refusals: nobody frames it, nobody guesses a type, nothing is loaded from elsewhere."""
    for path in ("/api/v1/things/1", "/nowhere", "/api/v1/things/x"):
        headers = (await client.get(path)).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "strict-transport-security" not in headers
    assert "strict-transport-security" in (await client.get("https://t/nowhere")).headers
    assert (await client.get("/api/v1/things/1")).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("offered", "kept"),
    [
        ("abc-1.2_3", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("", False),
        ("a b", False),
        ("a\n", False),
        ("<b>", False),
    ],
)
async def test_request_ids(client: httpx2.AsyncClient, offered: str, kept: bool) -> None:
    """A sane id of the caller's is kept, anything else replaced."""
    found = (await client.get("/api/v1/things/1", headers={"X-Request-Id": offered})).headers["x-request-id"]
    assert (found == offered) is kept
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", found)


async def test_a_trace_goes_on(client: httpx2.AsyncClient) -> None:
    """W3C trace context: the caller's trace id is ours; a malformed one is not."""
    trace = "0af7651916cd43dd8448eb211c80319c"
    good = await client.get("/nowhere", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    bad = await client.get("/nowhere", headers={"traceparent": f"00-{'0' * 32}-b7ad6b7169203331-01"})
    assert good.json()["trace_id"] == trace
    assert bad.json()["trace_id"] != "0" * 32


async def test_metrics_by_route_template(client: httpx2.AsyncClient, metrics: Metrics) -> None:
    """Ids in paths make no series; what matches no route is one series for all."""
    for path in ("/api/v1/things/1", "/api/v1/things/2", "/a", "/b"):
        await client.get(path)
    assert {labels: child.value for labels, child in metrics.http_requests.items()} == {
        ("/api/v1/things/{thing_id}", "GET", "200"): 2.0,
        ("other", "GET", "404"): 2.0,
    }
    assert sum(child.count for _, child in metrics.http_request_seconds.items()) == 4


async def test_the_door_keeper(client: httpx2.AsyncClient) -> None:
    """401 without, 403 with too little, 403 before the password is changed; the scope knows who and from where."""

    async def ask(path: str, *tokens: str) -> tuple[int, Any]:
        headers = [("Authorization", f"Bearer {token}") for token in tokens]
        answer = await client.get(path, headers=[*headers, ("X-Request-Id", "r1")])
        body = answer.json()
        return answer.status_code, body["code"] if isinstance(body, dict) else body

    assert await ask("/api/v1/guarded", "alice") == (200, [str(UUID(int=2)), "alice", "127.0.0.1", "r1"])
    assert await ask("/api/v1/guarded", "eve") == (401, "invalid_token")
    assert await ask("/api/v1/guarded", "alice", "alice") == (401, "unauthorized")
    assert await ask("/api/v1/guarded", "bob") == (403, "password_change_required")
    assert await ask("/api/v1/self", "bob") == (200, "bob")
    assert await ask("/api/v1/forbidden", "alice") == (403, "forbidden")
    with capture_logs() as logs:
        await ask("/api/v1/guarded", "alice")
    assert logs[-1]["user"] == "alice"


def _http(path: str) -> Scope:
    return {"type": "http", "method": "GET", "path": path, "scheme": "http", "headers": [], "client": ("::1", 1)}


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def test_streams_pass_chunk_by_chunk(metrics: Metrics) -> None:
    """An endless answer: each event is out before the next is made."""
    sent: list[Message] = []
    made: list[bytes] = []

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        for n in range(3):
            made.append(b"data: %d\n\n" % n)
            await send({"type": "http.response.body", "body": made[-1], "more_body": True})
            assert [message["body"] for message in sent[1:]] == made
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Message) -> None:
        sent.append(message)

    await HttpMiddleware(stream, metrics, FakeClock(datetime(2026, 1, 1, tzinfo=UTC)))(_http("/events"), _nothing, send)
    assert len(sent) == 5


async def test_half_an_answer_is_cut_off(metrics: Metrics) -> None:
    """After the start of an answer a failure cannot become a document: the server has to close the connection."""

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("in the middle")

    async def send(message: Message) -> None:
        assert message["type"] == "http.response.start"

    middleware = HttpMiddleware(broken, metrics, FakeClock(datetime(2026, 1, 1, tzinfo=UTC)))
    with capture_logs(), pytest.raises(RuntimeError):
        await middleware(_http("/x"), _nothing, send)


async def test_a_client_that_left_is_counted(metrics: Metrics) -> None:
    """A request that is cancelled before an answer is no 200 and no 500."""

    async def never(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.Event().wait()

    async def send(message: Message) -> None:
        raise AssertionError("nobody is there")

    middleware = HttpMiddleware(never, metrics, FakeClock(datetime(2026, 1, 1, tzinfo=UTC)))
    task = asyncio.create_task(middleware(_http("/x"), _nothing, send))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [labels for labels, _ in metrics.http_requests.items()] == [("other", "GET", "499")]


async def test_more_than_a_process_answers_is_refused(metrics: Metrics) -> None:
    """A document, for those above the bound alone; whether the process lives is answered, and who is done makes room."""
    gate = asyncio.Event()

    async def patient(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/healthz":
            await gate.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    clock = FakeClock(datetime(2026, 1, 1, tzinfo=UTC))
    transport = httpx2.ASGITransport(app=HttpMiddleware(patient, metrics, clock, most_open=2))
    async with httpx2.AsyncClient(transport=transport, base_url="http://t") as client:
        waiting = [asyncio.create_task(client.get("/x")) for _ in range(2)]
        await asyncio.sleep(0.01)
        with capture_logs():
            refused = await client.get("/x")
        assert (refused.status_code, refused.json()["code"]) == (503, "busy")
        assert refused.headers["retry-after"] == "5"
        assert (await client.get("/healthz")).status_code == 204
        gate.set()
        assert [(await each).status_code for each in waiting] == [204, 204]
        assert (await client.get("/x")).status_code == 204


async def test_rate_limits() -> None:
    """Per key, exact under concurrency, and forgotten on request."""
    limit = RateLimit("test", "3/minute")

    waits: list[int] = []

    async def tried(key: str) -> bool:
        try:
            await limit.hit(key)
        except TooManyRequestsError as refusal:
            waits.append(refusal.retry_after_s)
            return False
        return True

    assert sum(await asyncio.gather(*(tried("a") for _ in range(20)))) == 3
    assert len(waits) == 17
    assert all(1 <= wait <= 120 for wait in waits)
    assert await tried("b")
    await limit.forget("a")
    assert await tried("a")
