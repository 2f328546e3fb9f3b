# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Messages to people: by mail, by signed webhook, by Apprise; in their words, once, until they are taken or given up."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from csms.features.notifications.jobs import Sending, Sweeper
from csms.features.notifications.rules import as_html, for_chat, render
from csms.features.notifications.service import Message
from csms.kit.config import MailSettings, WebhookSettings
from csms.kit.crypto import InstallationKeys
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.partitions import Retention
from csms.kit.db.uow import Scope
from csms.kit.ids import new_id
from csms.kit.jobs.base import JobId
from csms.kit.metrics import Metrics
from csms.main.outgoing import Outgoing, OutgoingWork, outgoing
from tests.api.support import Product, product
from tests.features.accounts.support import PASSWORD
from tests.features.whole import Whole
from tests.support.eventually import eventually
from tests.support.postgres import Database
from tests.support.receiver import receiver
from tests.support.smtp import SmtpServer, smtp

CHANNELS = "/api/v1/notification-channels"
SENT = "/api/v1/notifications"
WORDS = "/api/v1/notification-templates"
EVIL = "Säule <script>alert(1)</script>\r\nBcc: victim@example.com\0\x1b[31m {{ body }} ${x} {0.__class__}"


@dataclass
class Post:
    """The HTTP side, and the worker's part beside it, which works when it is told to."""

    api: Product
    mail: SmtpServer
    ways: Outgoing
    sending: Sending
    metrics: Metrics

    async def channel(self, config: dict[str, Any], **body: Any) -> dict[str, Any]:
        """A way to somebody."""
        return await self.api.create(CHANNELS, **{"name": "Ops", "config": config, **body})

    async def send(self, *channels: dict[str, Any], dedup: str = "1", **message: Any) -> None:
        """As another feature does it, inside its own transaction."""
        whole = {"kind": "alert_raised", "severity": "high", "title": "Fault", "body": "CP1 is faulted", "url": None}
        async with self.api.units(Scope.system(DEFAULT_ORGANIZATION_ID)) as uow:
            ids = [UUID(each["id"]) for each in channels]
            await self.ways.notifications.send(uow, ids, Message(**{**whole, **message}, dedup=dedup))

    async def work(self) -> int:
        """Send what is due; over how many channels."""
        lanes = await self.sending.claim(10)
        await asyncio.gather(*(self.sending.serve(each) for each in lanes))
        return len(lanes)

    async def later(self, seconds: float) -> None:
        """Time goes by; whoever was signed in does so again."""
        self.api.clock.advance(seconds)
        self.api.client.headers.update(await self.api.site.bearer())


MAIL = {"kind": "email", "recipients": ["ops@example.com", "fired@example.com"]}


@pytest.fixture
async def post(database: Database, tmp_path: Path) -> AsyncIterator[Post]:
    """With a mail server on loopback."""
    async with smtp(password="letmein") as server:
        own = WebhookSettings(private_hosts=("127.0.0.1",), timeout_s=1)
        mail = MailSettings(
            host="127.0.0.1",
            port=server.port,
            tls="none",
            username="csms",
            password=SecretStr("letmein"),
            sender="csms@example.com",
            timeout_s=2,
        )
        async with product(database, tmp_path, webhooks=own, mail=mail) as api:
            keys = InstallationKeys.load_or_create(tmp_path)
            ways, metrics = outgoing(keys, api.clock, own, mail), Metrics(process=False)
            yield Post(api, server, ways, Sending(api.units, ways.senders, api.clock, metrics), metrics)


async def test_a_mail(post: Post) -> None:
    """Once however often it was asked for; texts of chargers stay texts; where it goes is never shown again."""
    post.mail.refuse = {"fired@example.com"}
    channel = await post.channel(MAIL)
    assert channel["target"] == "o***@example.com, f***@example.com"
    assert channel["secret"] is None
    off = await post.channel(MAIL, name="Off", enabled=False)
    await post.send(channel, off, {"id": str(new_id())}, title=EVIL, body=EVIL, url='https://x.example/?a="b"&c=1')
    await post.send(channel, title="again")
    assert await post.work() == 1
    ((sender, recipients, message),) = post.mail.mails
    assert (sender, recipients) == ("csms@example.com", ["ops@example.com"])
    assert set(message.keys()) >= {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"}
    assert message["Bcc"] is None
    assert message["Subject"].startswith("Säule <script>alert(1)</script> Bcc: victim@example.com[31m {{ body }}")
    text, html = (part.get_content() for part in message.iter_parts())
    assert "<script>" in text
    assert not any(letter in text for letter in "\0\x1b")
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert 'href="https://x.example/?a=&quot;b&quot;&amp;c=1"' in html
    (sent,) = await post.api.items(SENT)
    assert (sent["status"], sent["attempts"], sent["channel"]) == ("sent", 1, channel["id"])
    assert "fired@example.com" in sent["error"]
    for answer in (await post.api.client.get(CHANNELS), await post.api.client.get(f"{CHANNELS}/{channel['id']}")):
        assert "ops@example.com" not in answer.text
    rows = await post.api.sql.fetch("SELECT * FROM notification_channels")
    audits = await post.api.sql.fetch("SELECT * FROM audit_log WHERE action LIKE 'notification:%'")
    assert len(audits) == 2
    assert "ops@example.com" not in str(rows) + str(audits)
    assert post.metrics.notifications.labels("email", "delivered").value == 1


async def test_tried_again_and_given_up(post: Post) -> None:
    """Ever more seldom, for a day; then it stands in the list, and can be sent again."""
    channel = await post.channel(MAIL)
    post.mail.answer = "451 not now"
    await post.send(channel)
    await post.send(channel, dedup="2")
    for attempts in range(1, 4):
        assert await post.work() == 1
        rows = await post.api.items(SENT)
        assert [(each["status"], each["attempts"]) for each in rows] == [("pending", attempts)] * 2
        assert "not now" in rows[0]["error"]
        assert await post.work() == 0
        await post.later(5 * 2**attempts)
    await post.later(86_400)
    await post.work()
    assert [each["status"] for each in await post.api.items(SENT)] == ["dead", "dead"]
    dead, other = await post.api.items(SENT, status="dead", channel=channel["id"], kind="alert_raised")
    post.mail.answer = "250 taken"
    again = await post.api.client.post(f"{SENT}/{dead['id']}/resend")
    assert again.json()["status"] == "pending"
    assert await post.api.refused("POST", f"{SENT}/{dead['id']}/resend") == (409, "notification_not_dead")
    assert await post.api.refused("POST", f"{SENT}/{new_id()}/resend") == (404, "notification_not_found")
    await post.work()
    assert len(post.mail.mails) == 1
    post.mail.password = "changed"
    tested = (await post.api.client.post(f"{CHANNELS}/{channel['id']}/test")).json()
    assert tested == {"sent": False, "error": "the mail server did not let us in (535)"}
    post.mail.hang = True
    tested = (await post.api.client.post(f"{CHANNELS}/{channel['id']}/test")).json()
    assert "did not take it within 2 s" in tested["error"]
    async with post.api.units(Scope.system(DEFAULT_ORGANIZATION_ID)) as uow:
        assert await Sweeper(post.api.clock).sweep(uow, 30) == 0
        post.api.clock.advance(30 * 86_400)
        assert await Sweeper(post.api.clock).sweep(uow, 30) == 2
    assert other["status"] == "dead"


async def test_a_receiver(post: Post) -> None:
    """Signed as webhooks are, by a secret that is shown once; the id is the same at every attempt."""
    async with receiver() as server:
        channel = await post.channel({"kind": "webhook", "url": f"{server.url}?token=hidden"})
        assert channel["secret"].startswith("whsec_")
        assert "hidden" not in channel["target"]
        await post.send(channel, url="https://csms.example/alerts/1")
        server.answer = 500
        await post.work()
        server.answer = 204
        await post.later(60)
        await post.work()
        (message,) = server.messages()
        assert message["type"] == "notification"
        assert message["data"] == {
            "kind": "alert_raised",
            "severity": "high",
            "title": "Fault",
            "body": "CP1 is faulted\n\nhttps://csms.example/alerts/1",
            "url": "https://csms.example/alerts/1",
        }
        assert len(server.ids) == 2
        changed = await post.api.client.patch(
            f"{CHANNELS}/{channel['id']}", json={"config": {"kind": "webhook", "url": server.url}, "name": "New"}
        )
        assert (changed.status_code, changed.json()["name"]) == (200, "New")
        tested = (await post.api.client.post(f"{CHANNELS}/{channel['id']}/test")).json()
        assert tested == {"sent": True, "error": None}
        await post.api.sql.execute("UPDATE notification_channels SET config = config || '\\x00'")
        await post.send(channel, dedup="2")
        await post.work()
        (waiting,) = await post.api.items(SENT, status="pending")
        assert "set its config anew" in waiting["error"]
        assert await post.api.refused("POST", f"{CHANNELS}/{channel['id']}/test") == (400, "sealed_secret")
        stopped, gone = await post.sending.claim(10), await post.sending.claim(10)
        assert (stopped, gone) == ([], [])
        deleted = await post.api.client.delete(f"{CHANNELS}/{channel['id']}")
        assert deleted.status_code == 204
        assert await post.api.items(SENT) == []


async def test_a_service(post: Post) -> None:
    """An Apprise address is checked when it is set up, sealed, and used in a process of its own."""
    async with receiver() as server:
        server.answer = 200
        url = f"json://127.0.0.1:{server.url.split(':')[2].partition('/')[0]}/tok3n-abcdef"
        channel = await post.channel({"kind": "apprise", "url": url})
        assert channel["target"] == "JSON (json://127.0.0.1)"
        await post.send(channel, body="@everyone <!channel>")
        await post.work()
        ((_, body),) = server.asked
        told = json.loads(body)
        assert (told["title"], told["message"]) == ("Fault", "@\u200beveryone <\u200b!channel>")
        assert "/tok3n-abcdef" not in str(await post.api.sql.fetch("SELECT * FROM notification_channels"))
        server.answer = 500
        tested = (await post.api.client.post(f"{CHANNELS}/{channel['id']}/test")).json()
        assert tested["sent"] is False
        assert "tok3n" not in tested["error"]


async def test_own_words(post: Post) -> None:
    """Templates per kind and language put in named values, once, and compute nothing."""
    api = post.api
    builtin = (await api.client.get(f"{WORDS}/alert_raised")).json()
    assert (builtin["subject"], builtin["own"]) == ("{{ title }}", False)
    german = {"subject": "[{{severity}}] {{ title }}", "text": "Achtung: {{ body }}\n{{ url }}"}
    for expected in (german, {**german, "text": "Achtung! {{ body }}"}):
        answer = await api.client.put(f"{WORDS}/alert_raised", params={"language": "de"}, json=expected)
        assert (answer.status_code, answer.json()["text"]) == (200, expected["text"])
    assert [each["language"] for each in await api.items(WORDS)] == ["de"]
    for template in ("{{ title.__class__ }}", "{{ title | upper }}", "{{ secret }}", "{{ 7*7 }}", "{{}}"):
        wrong = {"subject": "x", "text": template}
        assert await api.refused("PUT", f"{WORDS}/alert_raised", json=wrong) == (400, "unknown_placeholder"), template
    assert (
        await api.client.put(f"{WORDS}/alert_raised", json={"subject": "a\nBcc: x", "text": "x"})
    ).status_code == 422
    for path, language in (
        (f"{WORDS}/Alert-1", "de"),
        (f"{WORDS}/alert_raised", "german"),
        (f"{WORDS}/alert.raised", "de"),
    ):
        for method, body in (("GET", {}), ("DELETE", {}), ("PUT", {"json": german})):
            if method == "DELETE" and path.endswith("alert.raised"):
                continue  # one that was set before such kinds were refused can be taken away
            refusal = await api.refused(method, path, params={"language": language}, **body)
            assert refusal == (404, "notification_template_not_found")
    channel = await post.channel(MAIL, language="de")
    await post.send(channel, title="{{ body }} %s ${title}")
    await post.work()
    message = post.mail.mails[0][2]
    assert message["Subject"] == "[high] {{ body }} %s ${title}"
    assert next(message.iter_parts()).get_content().strip() == "Achtung! CP1 is faulted"
    for _ in range(2):
        gone = await api.client.delete(f"{WORDS}/alert_raised", params={"language": "de"})
        assert gone.status_code == 204
    assert await api.items(WORDS) == []


async def test_words_are_tried_before_they_are_set(post: Post) -> None:
    """With the example of each kind, by the values that there are; what cannot be used is told by its field."""
    api = post.api
    kinds = {each["kind"]: each for each in (await api.client.get("/api/v1/notification-kinds")).json()["items"]}
    assert kinds.keys() == {"alert_raised", "alert_resolved"}
    over = kinds["alert_resolved"]
    values = {each["name"]: each["example"] for each in over["values"]}
    assert values.keys() == {"title", "body", "url", "severity", "kind"}
    assert values["title"] == "Resolved: CP-0815 (Harbour, bay 3) is offline"
    assert all(each["description"] for each in over["values"])
    for words, expected in (
        ({"subject": over["subject"], "text": over["text"]}, (values["title"], f"{values['body']}\n\n{values['url']}")),
        (
            {"subject": "[{{severity}}]\u00a0{{ kind }}", "text": "{{body}}"},
            ("[critical] alert_resolved", values["body"]),
        ),
    ):
        shown = await api.client.post(f"{WORDS}/alert_resolved/preview", json=words)
        assert (shown.status_code, shown.json()) == (200, {"subject": expected[0], "text": expected[1]})
    wrong = {"subject": "{{ title }}", "text": "{{ title }} {{ secret }} {{ other }}"}
    for method, path in (("POST", f"{WORDS}/alert_raised/preview"), ("PUT", f"{WORDS}/alert_raised")):
        refused = await api.client.request(method, path, json=wrong)
        assert (refused.status_code, refused.json()["code"]) == (400, "unknown_placeholder")
        assert [each["path"] for each in refused.json()["errors"]] == ["body.text"]
        assert "'secret'" in refused.json()["detail"]
    usable = {"subject": "x", "text": "x"}
    assert await api.refused("POST", f"{WORDS}/alert.raised/preview", json=usable) == (
        404,
        "notification_template_not_found",
    )
    assert await api.items(WORDS) == []
    assert await api.items(SENT) == []
    assert post.mail.mails == []


async def test_words_that_somebody_else_set_are_not_written_over(post: Post) -> None:
    """Neither those that were delivered nor those that were set; and each change is in the audit log."""
    api, path = post.api, f"{WORDS}/alert_raised"
    delivered = (await api.client.get(path)).headers["etag"]
    first = await api.client.put(path, json={"subject": "1", "text": "1"}, headers={"If-Match": delivered})
    assert first.status_code == 200
    assert (await api.client.get(path)).headers["etag"] == first.headers["etag"] != delivered
    api.clock.advance(1)
    for tag, status in ((delivered, 412), (first.headers["etag"], 200), (first.headers["etag"], 412)):
        answer = await api.client.put(path, json={"subject": "2", "text": "2"}, headers={"If-Match": tag})
        assert answer.status_code == status
    assert (await api.client.get(path)).json()["subject"] == "2"
    assert (await api.client.delete(path)).status_code == 204
    assert (await api.client.get(path)).headers["etag"] == delivered
    audits = await api.sql.fetch("SELECT * FROM audit_log WHERE action LIKE 'notification:template:%' ORDER BY number")
    assert [each["action"] for each in audits] == ["notification:template:set"] * 2 + ["notification:template:delete"]
    assert {each["subject_id"] for each in audits} == {"alert_raised/en"}
    assert audits[2]["before"]["subject"] == "2"


async def test_two_who_set_words_at_once(post: Post) -> None:
    """One of them is told of the other, also where nothing was set before."""
    api, path = post.api, f"{WORDS}/alert_raised"
    tag = {"If-Match": (await api.client.get(path)).headers["etag"]}
    answers = await asyncio.gather(
        *(api.client.put(path, json={"subject": each, "text": each}, headers=tag) for each in "abcd")
    )
    assert sorted(each.status_code for each in answers) == [200, 412, 412, 412]


async def test_what_is_refused(post: Post) -> None:
    """Unknown ones, foreign kinds, bad addresses, too many; each with its code."""
    api, nobody = post.api, f"{CHANNELS}/{new_id()}"
    for method, path in (("GET", nobody), ("PATCH", nobody), ("DELETE", nobody), ("POST", f"{nobody}/test")):
        body = {"json": {"name": "x"}} if method == "PATCH" else {}
        assert await api.refused(method, path, **body) == (404, "channel_not_found")
    channel = await post.channel(MAIL)
    path = f"{CHANNELS}/{channel['id']}"
    assert channel["unverified"] == []
    await api.create("/api/v1/users", username="ops", email="OPS@example.com", password=PASSWORD)
    assert (await api.client.get(path)).json()["unverified"] == ["O***@example.com"]  # is told, and mailed all the same
    await api.sql.execute("UPDATE users SET email_verified_at = now()")
    assert (await api.client.get(path)).json()["unverified"] == []
    other = {"config": {"kind": "webhook", "url": "https://example.com/"}}
    assert await api.refused("PATCH", path, json=other) == (400, "invalid_request")
    assert await api.refused("PATCH", path, json={"name": None}) == (400, "invalid_request")
    assert (await api.client.patch(path, json={})).json()["updated_at"] == channel["updated_at"]
    recipients = {"config": {"kind": "email", "recipients": ["new@example.org"]}, "enabled": False, "language": "de"}
    assert (await api.client.patch(path, json=recipients)).json()["target"] == "n***@example.org"
    for config in (
        {"kind": "email", "recipients": []},
        {"kind": "email", "recipients": ["a@b\r\nBcc: c@d.e"]},
        {"kind": "email", "recipients": ["a@b.c, d@e.f"]},
        {"kind": "sms", "number": "1"},
        {"kind": "apprise", "url": "slack://x y"},
    ):
        assert (await api.client.post(CHANNELS, json={"name": "x", "config": config})).status_code == 422, config
    for config in (
        {"kind": "email", "recipients": ["a..b@example.com"]},
        {"kind": "apprise", "url": "file:///etc/passwd"},
        {"kind": "apprise", "url": "syslog://localhost"},
    ):
        refusal = await api.refused("POST", CHANNELS, json={"name": "x", "config": config})
        assert refusal == (400, "channel_address"), config
    async with api.as_nobody() as stranger:
        assert (await stranger.get(CHANNELS)).status_code == 401
    await api.sql.execute(
        "INSERT INTO notification_channels (id, organization_id, name, kind, target, config)"
        " SELECT gen_random_uuid(), organization_id, name, kind, target, config"
        " FROM notification_channels, generate_series(1, 99)"
    )
    assert await api.refused("POST", CHANNELS, json={"name": "x", "config": MAIL}) == (409, "too_many_channels")


async def test_without_a_mail_server(api: Product) -> None:
    """Nothing is pretended."""
    assert await api.refused("POST", CHANNELS, json={"name": "x", "config": MAIL}) == (409, "mail_not_configured")


async def _kept() -> Retention:
    return Retention()


class _Job:
    """A job that is running."""

    id, kind, payload, attempt = JobId(UUID(int=1)), "deliveries", b"", 1
    organization_id = DEFAULT_ORGANIZATION_ID

    async def progress(self, done: int, total: int | None = None) -> None:
        """Told to nobody."""


async def test_the_worker_sends(whole: Whole) -> None:
    """From a feature's transaction to the receiver, without anybody who asks."""
    async with receiver() as server:
        config = {"kind": "webhook", "url": server.url}
        channel = await whole.create(CHANNELS, name="Ops", config=config)
        kit = whole.csms.application.kit
        assert kit is not None
        ways = outgoing(kit.keys, kit.clock, kit.settings.webhooks, kit.settings.mail)
        async with kit.units(Scope.system(DEFAULT_ORGANIZATION_ID)) as uow:
            message = Message("alert_raised", "low", "Title", "Body", None, "1")
            await ways.notifications.send(uow, [UUID(channel["id"])], message)

        async def sent() -> list[dict[str, Any]]:
            return await whole.items(SENT, status="sent")

        assert await eventually(sent)
        server.verify([channel["secret"]])
        job = await whole.csms.row(
            "SELECT expression, entrypoint FROM pgqueuer_schedules WHERE entrypoint = 'deliveries'"
        )
        assert job["expression"] == "53 * * * *"
        await whole.csms.sql.execute("UPDATE notifications SET created_at = now() - interval '31 days'")
        ((forget,), _) = OutgoingWork(kit.units, ways, kit.clock, kit.metrics, kit.bus).jobs(_kept)
        assert await forget.handler(_Job()) == {"webhook_deliveries": 0, "notifications": 1}


def test_words() -> None:
    """A title is one line and never empty, a text keeps its lines, a link is only what is one."""
    words = render("{{ title }}", "{{body}}{{ url }}", {"title": "\r\n\0", "body": "a\r\nb\u202e", "url": None})
    assert (words.subject, words.text) == ("(no title)", "a\nb")
    assert "href" not in as_html(words, "javascript:alert(1)")
    assert "a<br>" in as_html(words, None)
    assert for_chat("a@b <!here>") == "a@\u200bb <\u200b!here>"
