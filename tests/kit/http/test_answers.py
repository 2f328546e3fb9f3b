# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Kept answers: for whom, until when, and how many."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any
from uuid import UUID

import httpx2
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, Response

from csms.kit.http.answers import MAX_AGE_S, QUESTION, SURE_S, Answers
from csms.kit.http.json import rows_response
from csms.kit.http.principal import Principal
from csms.kit.http.routes import Route
from csms.kit.metrics import Metrics

OURS, THEIRS = UUID(int=1), UUID(int=2)
PLACE = UUID(int=3)


class Kitchen:
    """An app with some routes whose answers are numbered, and the clock of what is kept."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.served = 0
        self.during: list[UUID] = []
        self.metrics = Metrics(process=False)
        routes = {"/list": ("sites", "chargers"), "/item": ("sites",), "/large": (), "/odd/{kind}": ()}
        self.answers = Answers(
            routes, 40_000, self.metrics, harmless=("account:session:",), monotonic=lambda: self.now_s
        )
        self.answers.sure(self.now_s)
        self.app = FastAPI()
        self.app.state.answers = self.answers
        self.app.include_router(self._router())
        transport = httpx2.ASGITransport(app=self.app)
        self.client = httpx2.AsyncClient(transport=transport, base_url="http://csms.test")

    def _router(self) -> APIRouter:
        api = APIRouter(route_class=Route)

        def who(request: Request, organization: int = 1, may: str = "all") -> None:
            grants = {"all": {"a": None, "b": None}, "less": {"a": None}, "here": {"a": frozenset({PLACE}), "b": None}}
            principal = Principal(UUID(int=9), "x", UUID(int=organization), "r", False, grants[may])
            if request.scope[QUESTION] is not None:
                request.scope[QUESTION].look(principal)

        who.__annotations__["request"] = Request
        asks = Annotated[None, Depends(who)]

        @api.get("/list")
        async def numbered(_: asks) -> Response:
            self.served += 1
            number = self.served
            for organization in self.during:  # a change is committed and told while rows are being read
                self.answers.changed(organization, "sites")
            return rows_response({"items": [number]})

        @api.get("/item")
        async def item(_: asks) -> Response:
            self.served += 1
            return rows_response({"number": self.served}, headers={"ETag": '"own"'})

        @api.get("/large")
        async def large(_: asks, size: int = 10) -> Response:
            self.served += 1
            return rows_response({"text": "x" * size})

        @api.get("/odd/{kind}")
        async def odd(_: asks, kind: str) -> Response:
            self.served += 1
            answers = {
                "status": rows_response({}, 202),
                "text": Response(b"text", media_type="text/plain"),
                "cookie": rows_response({}, headers={"Set-Cookie": "a=b"}),
                "private": rows_response({}, headers={"Cache-Control": "no-store"}),
            }
            return answers[kind]

        @api.post("/list")
        async def change(_: asks) -> Response:
            self.served += 1
            return rows_response({})

        return api

    async def is_kept(self, path: str = "/list", **query: Any) -> bool:
        """Whether an answer came from memory."""
        before = self.served
        answer = await self.client.get(path, params=query)
        assert answer.status_code in {200, 202}
        return self.served == before

    def counted(self, outcome: str) -> float:
        """The metric."""
        return self.metrics.answers.labels(outcome).value


@pytest.fixture
async def kitchen() -> AsyncIterator[Kitchen]:
    """Two organizations, three kinds of rights."""
    found = Kitchen()
    async with found.client:
        yield found


async def test_the_same_question_of_the_same_rights(kitchen: Kitchen) -> None:
    """Another organization, fewer rights, another place, another query: another answer."""
    askers: list[dict[str, Any]] = [
        {},
        {"organization": 2},
        {"may": "less"},
        {"may": "here"},
        {"may": "less", "organization": 2},
        {"q": "a"},
        {"q": "b"},
    ]
    assert [await kitchen.is_kept(**each) for each in askers] == [False] * 7
    assert [await kitchen.is_kept(**each) for each in askers] == [True] * 7
    bodies = {(await kitchen.client.get("/list", params=each)).content for each in askers}
    assert len(bodies) == 7
    assert kitchen.counted("kept") == 14
    assert kitchen.counted("made") == 7
    assert not await kitchen.is_kept(q="x" * 2000)
    assert not await kitchen.is_kept(q="x" * 2000)
    assert (await kitchen.client.post("/list")).status_code == 200
    assert (await kitchen.client.post("/list")).status_code == 200
    assert "csms_http_answers_bytes" in kitchen.metrics.render().decode()


async def test_a_change_ends_what_is_kept(kitchen: Kitchen) -> None:
    """Of its organization and its tables; a read that began before a change is not kept for after it."""
    answers = kitchen.answers
    steps: list[tuple[Callable[[], None], bool]] = [
        (lambda: answers.changed(OURS, "sites"), False),
        (lambda: answers.changed(THEIRS, "sites"), True),
        (lambda: answers.changed(OURS, "tokens"), True),
        (lambda: answers.changed(OURS, "chargers"), False),
        (lambda: answers.own_change(OURS, ["account:session:create"]), True),
        (lambda: answers.own_change(OURS, ["account:session:create", "site:site:update"]), False),
        (lambda: answers.own_change(THEIRS, ["site:site:update"]), True),
        (answers.forget_all, False),
    ]
    for change, kept in steps:
        await kitchen.is_kept()
        change()
        assert await kitchen.is_kept() is kept
        assert await kitchen.is_kept()
    answers.changed(OURS, "sites")
    kitchen.during = [OURS]
    assert not await kitchen.is_kept()
    kitchen.during = []
    assert not await kitchen.is_kept()
    assert await kitchen.is_kept()


async def test_nothing_is_given_while_changes_may_be_untold(kitchen: Kitchen) -> None:
    """Where nobody has said for two seconds that all was told; and nothing for longer than five minutes."""
    await kitchen.is_kept()
    kitchen.now_s += SURE_S - 0.01
    assert await kitchen.is_kept()
    kitchen.now_s += 0.01
    assert not await kitchen.is_kept()
    assert not await kitchen.is_kept()
    assert kitchen.counted("unsure") == 2
    kitchen.answers.sure(kitchen.now_s)
    assert await kitchen.is_kept()  # nothing was told meanwhile
    kitchen.answers.unsure()
    assert not await kitchen.is_kept()
    kitchen.now_s += MAX_AGE_S
    kitchen.answers.sure(kitchen.now_s)
    assert not await kitchen.is_kept()
    assert await kitchen.is_kept()


async def test_whoever_has_it_is_told_so(kitchen: Kitchen) -> None:
    """304 for the tag of all of an answer, made anew or not; an item's own tag is for changes only."""
    first = await kitchen.client.get("/list")
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"] == "Authorization, X-API-Key, Cookie"
    for header in (first.headers["etag"], f'"old", W/{first.headers["etag"]}', "*"):
        again = await kitchen.client.get("/list", headers={"If-None-Match": header})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["cache-control"] == "private, no-cache"
    assert kitchen.counted("unchanged") == 3
    assert (await kitchen.client.get("/list", headers={"If-None-Match": '"other"'})).json() == first.json()
    kitchen.answers.changed(OURS, "sites")
    changed = await kitchen.client.get("/list", headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    kitchen.answers.unsure()
    kitchen.served -= 1  # the same body, made anew
    known = {"If-None-Match": changed.headers["etag"]}
    assert (await kitchen.client.get("/list", headers=known)).status_code == 304
    kitchen.answers.sure(kitchen.now_s)
    for _ in range(2):
        item = await kitchen.client.get("/item", headers={"If-None-Match": '"own"'})
        assert (item.status_code, item.headers["etag"]) == (200, '"own"')


async def test_room_is_bounded_and_some_answers_are_not_kept(kitchen: Kitchen) -> None:
    """The one asked for longest ago goes first; large ones, refusals, files, cookies and secrets are not kept."""
    for number in range(60):
        await kitchen.is_kept(q=number)
        assert await kitchen.is_kept(q=0)
        assert kitchen.answers.bytes <= 40_000
    assert await kitchen.is_kept(q=59)
    assert not await kitchen.is_kept(q=1)
    assert not await kitchen.is_kept("/large", size=6000)
    assert not await kitchen.is_kept("/large", size=6000)
    assert not await kitchen.is_kept("/large", size=600)
    assert await kitchen.is_kept("/large", size=600)
    for kind in ("status", "text", "cookie", "private"):
        assert not await kitchen.is_kept(f"/odd/{kind}")
        assert not await kitchen.is_kept(f"/odd/{kind}")
    kitchen.answers.forget_all()
    assert kitchen.answers.bytes == 0
    kitchen.answers.max_bytes = 0
    assert not await kitchen.is_kept()
    assert not await kitchen.is_kept()
