# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Webhooks on a clock that stands: who gets what, when it is tried again, when it is given up, what may be changed."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from csms.domain.commands import ChangeConfiguration, Outcome, OutcomeStatus
from csms.domain.events import (
    EVENTS,
    CommandFinished,
    CommandIssued,
    DurableEvent,
    SecurityEventRaised,
    TransactionStarted,
)
from csms.features.webhooks.handlers import FanOut
from csms.features.webhooks.jobs import Deliveries, Receiver, Sweeper
from csms.features.webhooks.rules import PUBLIC
from csms.kit.config import WebhookSettings
from csms.kit.crypto import InstallationKeys
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import Scope
from csms.kit.ids import new_id
from csms.kit.metrics import Metrics
from csms.kit.retries import Patience
from csms.kit.secretbox import SecretBox
from csms.main.outgoing import outgoing
from tests.api.support import Product, product
from tests.support.postgres import Database
from tests.support.receiver import Receiver as Server
from tests.support.receiver import receiver

HOOKS = "/api/v1/webhooks"
OWN = WebhookSettings(private_hosts=("127.0.0.1",), timeout_s=1)
EVENT = TransactionStarted(
    organization_id=DEFAULT_ORGANIZATION_ID,
    charger_id="CP1",
    at=datetime(2026, 11, 23, 12, tzinfo=UTC),
    id=UUID(int=7),
    transaction_id=1,
    connector_id=1,
    id_tag="TAG",
)


@dataclass
class Post:
    """The HTTP side with the worker's part beside it, which works when it is told to."""

    api: Product
    server: Server
    fan_out: FanOut
    deliveries: Deliveries
    metrics: Metrics
    numbers: list[int] = field(default_factory=list)

    async def hook(self, **body: Any) -> dict[str, Any]:
        """A receiver."""
        return await self.api.create(HOOKS, **{"url": self.server.url, "event_types": ["*"], **body})

    async def tell(self, event: DurableEvent = EVENT, number: int | None = None) -> bool:
        """An event out of the outbox."""
        self.numbers.append(number or len(self.numbers) + 1)
        return await self.fan_out(self.numbers[-1], event)

    async def work(self) -> int:
        """Send what can be sent now; to how many receivers."""
        lanes = await self.deliveries.claim(10)
        await asyncio.gather(*(self.deliveries.serve(each) for each in lanes))
        return len(lanes)

    async def later(self, seconds: float) -> None:
        """Time goes by; whoever was signed in does so again."""
        self.api.clock.advance(seconds)
        self.api.client.headers.update(await self.api.site.bearer())

    async def look(self, hook: dict[str, Any]) -> dict[str, Any]:
        """A receiver as it is now."""
        found: dict[str, Any] = (await self.api.client.get(f"{HOOKS}/{hook['id']}")).json()
        return found

    async def sent(self, hook: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
        """What there is for it, oldest first."""
        return await self.api.items(f"{HOOKS}/{hook['id']}/deliveries", sort="created_at", **query)

    async def ask(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        """A request that has to succeed."""
        answer = await self.api.client.request(method, f"{HOOKS}/{path}", **options)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
async def post(database: Database, tmp_path: Path) -> AsyncIterator[Post]:
    """A receiver on loopback, which the settings allow."""
    async with product(database, tmp_path, webhooks=OWN) as api, receiver() as server:
        keys = InstallationKeys.load_or_create(tmp_path)
        ways, metrics = outgoing(keys, api.clock, OWN, api.app.state.mail), Metrics(process=False)
        deliveries = Deliveries(api.units, ways.sender, SecretBox(keys), api.clock, metrics)
        yield Post(api, server, FanOut(api.units), deliveries, metrics)


def test_every_durable_event_was_thought_of() -> None:
    """A new event is public, or somebody decided that it is not: then it belongs into the set here."""
    internal: set[type] = set()
    assert {each for each in EVENTS if each.kind == "durable"} == set(PUBLIC) | internal
    names = [name for name, _ in PUBLIC.values()]
    assert len(names) == len(set(names))


async def test_who_gets_what(post: Post) -> None:
    """By type and by charger; each once however often it is told; signed; without secrets; by one id everywhere."""
    everything = await post.hook(description="all")
    assert everything["secret"].startswith("whsec_")
    some = await post.hook(event_types=["security_event.raised"], charger_ids=["CP1", "CP2"])
    common = {"organization_id": DEFAULT_ORGANIZATION_ID, "at": EVENT.at}
    assert await post.tell()
    assert await post.tell(EVENT, 1)  # a consumer is told at least once
    await post.tell(SecurityEventRaised(charger_id="CP2", name="Tamper", info="x" * 3000, **common))
    await post.tell(SecurityEventRaised(charger_id="CP3", name="Tamper", info=None, **common))
    secret = ChangeConfiguration("AuthorizationKey", "4f7cc8ab11224433")
    command = {"charger_id": "CP1", "id": new_id(), "command": secret, **common}
    await post.tell(CommandIssued(expires_at=EVENT.at, **command))
    outcome = Outcome(OutcomeStatus.REJECTED, "no", {"status": "Rejected"})
    await post.tell(CommandFinished(outcome=outcome, **command))
    assert await post.work() == 2
    own = await post.sent(some)
    assert [(each["event_type"], each["status"], each["attempts"]) for each in own] == [
        ("security_event.raised", "delivered", 1)
    ]
    # two receivers are served at once: which of them is first with an event is not told
    came = {
        message_id: json.loads(body) for message_id, (_, body) in zip(post.server.ids, post.server.asked, strict=True)
    }
    texts = [came[each["event_id"]]["data"] for each in await post.sent(everything)]
    assert len(texts) == 5
    assert texts[0] == {
        "charger_id": "CP1",
        "id": str(EVENT.id),
        "transaction_id": 1,
        "connector_id": 1,
        "id_tag": "TAG",
    }
    assert len(texts[1]["info"]) == 2000
    assert texts[-2]["command"] == "change_configuration"
    assert (texts[-1]["status"], texts[-1]["reason"]) == ("rejected", "no")
    assert "4f7cc8ab11224433" not in str(post.server.asked)
    assert str(DEFAULT_ORGANIZATION_ID) not in str(post.server.asked)
    assert sorted(post.server.ids).count(own[0]["event_id"]) == 2  # one event, two receivers, one id
    detail = await post.ask("GET", f"{some['id']}/deliveries/{own[0]['id']}")
    assert json.loads(detail["payload"])["type"] == "security_event.raised"
    assert detail["payload"].encode() in [body for _, body in post.server.asked]
    assert post.metrics.webhook_deliveries.labels("delivered").value == 6


async def test_several_at_once_are_for_whom_each_by_itself_would_be(post: Post) -> None:
    """In one transaction of each organization, in the order in which they came; what was told before is not again."""
    everything = await post.hook()
    some = await post.hook(event_types=["security_event.raised"], charger_ids=["CP2"])
    common = {"organization_id": DEFAULT_ORGANIZATION_ID, "at": EVENT.at, "name": "Tamper", "info": None}
    events = [SecurityEventRaised(charger_id=f"CP{1 + number % 2}", **common) for number in range(6)]
    foreign = SecurityEventRaised(**{**common, "organization_id": new_id(), "charger_id": "CP2"})
    assert await post.fan_out.together([(3, events[2])])
    assert await post.fan_out.together([(99, foreign), *enumerate(events, 1)])
    assert not await post.fan_out.together([(99, foreign)])
    assert len(await post.sent(some)) == 3
    chargers = [
        json.loads((await post.ask("GET", f"{everything['id']}/deliveries/{each['id']}"))["payload"])
        for each in await post.sent(everything)
    ]
    assert [each["data"]["charger_id"] for each in chargers] == ["CP1", "CP1", "CP2", "CP2", "CP1", "CP2"]


async def test_backoff_and_order(post: Post) -> None:
    """The first in the queue is tried ever more seldom, what came after it waits; the receiver may ask for more time."""
    hook = await post.hook()
    await post.tell()
    await post.tell()
    post.server.answer = 500
    delays = []
    for number in range(1, 4):
        assert await post.work() == 1
        row = await post.look(hook)
        assert (row["failures"], row["last_error"]) == (number, "the receiver answered 500")
        retry_at = datetime.fromisoformat(row["retry_at"])
        delays.append((retry_at - post.api.clock.now()).total_seconds())
        assert await post.work() == 0
        await post.later(delays[-1])
    assert all(5 <= delay <= 5 * 2**number for number, delay in enumerate(delays, 1))
    assert set(post.server.ids) == {(await post.sent(hook))[0]["event_id"]}
    for status, header, low, high in (
        (503, "3600", 3600, 3600),
        (429, "Mon, 23 Nov 2026 13:00:00 GMT", 1, 3600),
        (429, "999999999", 43_200, 43_200),
        (503, "soon", 5, 43_200),
        (500, "3600", 5, 3599),  # only those two statuses mean it
    ):
        post.server.answer, post.server.headers = status, {"Retry-After": header}
        await post.api.sql.execute("UPDATE webhooks SET retry_at = NULL, failures = 0")
        assert await post.work() == 1
        retry_at = datetime.fromisoformat((await post.look(hook))["retry_at"])
        assert low <= (retry_at - post.api.clock.now()).total_seconds() <= high, header
    post.server.answer = 200
    post.server.body = b"x" * 300_000  # of which no more than the beginning is read
    await post.api.sql.execute("UPDATE webhooks SET retry_at = NULL")
    await post.work()
    assert [each["status"] for each in await post.sent(hook)] == ["delivered", "delivered"]
    assert (await post.look(hook))["failing_since"] is None


async def test_given_up_and_sent_again(post: Post) -> None:
    """Three days for an event, five for a receiver; what was given up is sent again before what came after it."""
    hook = await post.hook()
    for _ in range(3):
        await post.tell()
    ids = [each["event_id"] for each in await post.sent(hook)]
    post.server.answer = 500
    await post.work()
    await post.later(3 * 86_400)
    await post.work()  # the first is given up, and the next has its first attempt at once
    assert [each["status"] for each in await post.sent(hook)] == ["dead", "pending", "pending"]
    assert [each["attempts"] for each in await post.sent(hook)] == [2, 0, 0]
    await post.work()
    await post.later(2 * 86_400)
    await post.work()
    row = await post.look(hook)
    assert (row["status"], row["paused_reason"]) == ("paused", "failing")
    (told,) = await post.api.sql.fetch("SELECT payload FROM outbox WHERE type = 'webhook_paused'")
    assert (told["payload"]["id"], told["payload"]["reason"]) == (hook["id"], "failing")
    await post.tell()  # kept while it is paused
    assert await post.work() == 0
    post.server.answer, post.server.asked = 200, []
    assert await post.ask("POST", f"{hook['id']}/redeliver-dead") == {"count": 1}
    row = await post.ask("POST", f"{hook['id']}/resume")
    assert (row["status"], row["failures"], row["failing_since"]) == ("active", 0, None)
    assert await post.work() == 1
    assert post.server.ids[:3] == ids
    assert len(post.server.ids) == 4
    first = (await post.sent(hook))[0]
    again = await post.ask("POST", f"{hook['id']}/deliveries/{first['id']}/redeliver")
    assert (again["status"], again["event_id"]) == ("pending", ids[0])
    path = f"{HOOKS}/{hook['id']}/deliveries/{first['id']}/redeliver"
    assert await post.api.refused("POST", path) == (409, "delivery_pending")
    await post.work()
    assert post.server.ids[4:] == [ids[0]]
    assert post.metrics.webhook_deliveries.labels("dead").value == 1


async def test_gone_and_paused(post: Post) -> None:
    """410 pauses at once, a person does; a pause in the middle of an attempt is kept, what it brought too."""
    hook = await post.hook()
    await post.tell()
    post.server.answer = 410
    await post.work()
    row = await post.look(hook)
    assert (row["status"], row["paused_reason"], row["retry_at"] is None) == ("paused", "gone", False)
    assert [each["status"] for each in await post.sent(hook)] == ["pending"]
    await post.ask("POST", f"{hook['id']}/resume")
    post.server.answer = "hang"
    (lane,) = await post.deliveries.claim(10)
    assert await post.deliveries.claim(10) == []  # it is somebody's
    serving = asyncio.create_task(post.deliveries.serve(lane))
    while not post.server.busy:
        await asyncio.sleep(0.01)
    await post.ask("POST", f"{hook['id']}/pause")
    await post.ask("POST", f"{hook['id']}/pause")
    await serving
    row = await post.look(hook)
    assert (row["status"], row["paused_reason"], row["failures"]) == ("paused", "person", 1)
    audits = await post.api.sql.fetch("SELECT action FROM audit_log WHERE action LIKE 'webhook:%' ORDER BY id")
    assert [each["action"].split(":")[2] for each in audits] == ["create", "pause", "resume", "pause"]


async def test_another_process_takes_over(post: Post) -> None:
    """A lease that is over is taken; what the slow one learned late of a failure no longer counts, a success does."""
    hook = await post.hook()
    await post.tell()
    (lane,) = await post.deliveries.claim(10)
    post.server.answer = "hang"
    slow = asyncio.create_task(post.deliveries.serve(lane))
    while not post.server.busy:
        await asyncio.sleep(0.01)
    await post.api.sql.execute("UPDATE webhooks SET locked_until = now() - interval '1 s'")
    keys = post.api.site.keys
    ways = outgoing(keys, post.api.clock, OWN, post.api.app.state.mail)
    other = Deliveries(post.api.units, ways.sender, SecretBox(keys), post.api.clock, Metrics(process=False))
    (taken,) = await other.claim(10)
    await slow
    assert (await post.look(hook))["failures"] == 0
    post.server.answer = 200
    await other.serve(taken)
    assert [each["status"] for each in await post.sent(hook)] == ["delivered"]
    await post.ask("DELETE", hook["id"], 204)
    await other.serve(taken)  # deleted meanwhile: nothing to do, nothing to fail at
    async with post.api.units(Scope.system(DEFAULT_ORGANIZATION_ID)) as uow:
        post.api.clock.advance(31 * 86_400)
        assert await Sweeper(post.api.clock).sweep(uow, 30) == 0


async def test_old_deliveries_are_forgotten(post: Post) -> None:
    """Whatever became of them: a receiver that is paused for ever does not fill the disk."""
    hook = await post.hook()
    await post.tell()
    await post.api.sql.execute("UPDATE webhook_deliveries SET created_at = $1", post.api.clock.now())
    for days, gone in ((29, 0), (2, 1)):
        await post.later(days * 86_400)
        async with post.api.units(Scope.system(DEFAULT_ORGANIZATION_ID)) as uow:
            assert await Sweeper(post.api.clock).sweep(uow, 30) == gone
    assert await post.sent(hook) == []


async def test_secrets_change_over(post: Post) -> None:
    """For a day both sign; a secret that cannot be opened is told, and nothing is sent unsigned."""
    hook = await post.hook()
    rotated = await post.ask("POST", f"{hook['id']}/rotate-secret")
    assert rotated["secret"] != hook["secret"]
    assert "secret" not in await post.look(hook)
    for hours, both in ((23, True), (2, False)):
        await post.later(hours * 3600)
        post.server.asked.clear()
        tested = await post.ask("POST", f"{hook['id']}/test")
        assert (tested["delivered"], tested["response_status"], tested["error"]) == (True, 204, None)
        ((headers, body),) = post.server.asked
        assert json.loads(body)["type"] == "webhook.test"
        signatures = headers["webhook-signature"].split(" ")
        assert len(signatures) == (2 if both else 1)
        at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        assert at == post.api.clock.now()
        for number, each in enumerate((rotated, hook)[: len(signatures)]):
            assert Webhook(each["secret"]).sign(headers["webhook-id"], at, body.decode()) == signatures[number]
        with pytest.raises(WebhookVerificationError):  # old: a receiver must not take what was recorded
            Webhook(rotated["secret"]).verify(body, headers)
    stored = await post.api.sql.fetchrow("SELECT * FROM webhooks")
    assert hook["secret"] not in str(stored)
    await post.api.sql.execute("UPDATE webhooks SET secret = previous_secret || '\\x00'")
    await post.tell()
    post.server.asked.clear()
    await post.work()
    assert "rotate it" in (await post.look(hook))["last_error"]
    assert post.server.asked == []
    post.server.answer = 500
    await post.ask("POST", f"{hook['id']}/rotate-secret")
    assert await post.api.refused("POST", f"{HOOKS}/{hook['id']}/test") == (400, "sealed_secret")


async def test_what_is_refused(post: Post) -> None:
    """Unknown ones, empty changes, foreign types, too many; each with its code. What changes is tried at once."""
    api, nobody = post.api, f"{HOOKS}/{new_id()}"
    for method, path in (
        ("GET", nobody),
        ("PATCH", nobody),
        ("DELETE", nobody),
        ("GET", f"{nobody}/deliveries"),
        ("POST", f"{nobody}/test"),
        ("POST", f"{nobody}/rotate-secret"),
        ("POST", f"{nobody}/redeliver-dead"),
    ):
        body = {"json": {}} if method == "PATCH" else {}
        assert await api.refused(method, path, **body) == (404, "webhook_not_found")
    hook = await post.hook()
    path = f"{HOOKS}/{hook['id']}"
    assert await api.refused("GET", f"{path}/deliveries/{new_id()}") == (404, "delivery_not_found")
    for wrong in ({"event_types": ["no.such"]}, {"event_types": []}, {"url": "ftp://x.example"}, {"secret": "mine"}):
        whole = {"url": "https://example.com/hook", "event_types": ["*"], **wrong}
        assert (await api.client.post(HOOKS, json=whole)).status_code == 422, wrong
    assert await api.refused("PATCH", path, json={"url": None}) == (400, "invalid_request")
    assert await api.refused("PATCH", path, json={"url": "http://example.com/"}) == (400, "webhook_address")
    await api.sql.execute("UPDATE webhooks SET failures = 9, retry_at = now() + interval '9 days'")
    changed = await post.ask(
        "PATCH", hook["id"], json={"url": f"{post.server.url}/new?token=hidden", "description": "x"}
    )
    assert (changed["failures"], changed["retry_at"], changed["description"]) == (0, None, "x")
    assert await post.ask("PATCH", hook["id"], json={}) == changed
    audit = await api.sql.fetchval("SELECT after FROM audit_log WHERE action = 'webhook:webhook:update'")
    assert "hidden" not in str(audit)
    assert [each["id"] for each in await api.items(HOOKS, status="active")] == [hook["id"]]
    async with api.as_nobody() as stranger:
        assert (await stranger.get(HOOKS)).status_code == 401
    await api.sql.execute(
        "INSERT INTO webhooks (id, organization_id, url, event_types, secret)"
        " SELECT gen_random_uuid(), organization_id, url, event_types, secret FROM webhooks, generate_series(1, 99)"
    )
    answer = await api.refused("POST", HOOKS, json={"url": "https://example.com/", "event_types": ["*"]})
    assert answer == (409, "too_many_webhooks")


async def test_one_receiver_does_not_hold_another(post: Post) -> None:
    """A turn ends after a while, and whoever waited longest is next; a hanging one costs the others nothing."""
    slow = await post.hook()
    async with receiver() as quick:
        fast = await post.hook(url=quick.url)
        await post.tell()
        await post.tell()
        post.server.answer = "hang"
        lanes = await post.deliveries.claim(10)
        serving = [asyncio.create_task(post.deliveries.serve(each)) for each in lanes]
        while [each["status"] for each in await post.sent(fast)] != ["delivered", "delivered"]:
            await asyncio.sleep(0.01)
        assert post.server.busy == 1
        await asyncio.gather(*serving)
        await post.tell()
        await post.api.sql.execute("UPDATE webhooks SET retry_at = NULL")
        (first,) = await post.deliveries.claim(1)
        (second,) = await post.deliveries.claim(1)
        assert {first.id, second.id} == {UUID(slow["id"]), UUID(fast["id"])}
        await post.deliveries.serve(second, lambda: True)
        await post.deliveries.serve(Receiver(first.id, DEFAULT_ORGANIZATION_ID))


def test_patience() -> None:
    """The range doubles up to a bound, and no delay is outside of it, however many failures there were."""
    patience = Patience(first_s=5, most_s=100, total=timedelta(days=1))
    for failures, most in ((1, 10), (2, 20), (5, 100), (10_000, 100)):
        found = [patience.delay(failures).total_seconds() for _ in range(200)]
        assert min(found) >= 5
        assert max(found) <= most
        assert max(found) - min(found) > most / 10
    assert patience.delay(1, 50).total_seconds() == 50
    assert patience.delay(1, 1e9).total_seconds() == 100
