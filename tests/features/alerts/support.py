# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A fleet as the gateway would have stored it, and the worker's turns over it on a clock that is moved by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from csms.features.alerts.jobs import AlertSweeper
from csms.features.notifications.service import Message
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import UnitOfWork
from tests.api.support import Product

RULES = "/api/v1/alert-rules"
ALERTS = "/api/v1/alerts"
CHANNEL = uuid4()


@dataclass
class Sent:
    """Keeps what would have been sent; `fails` are titles that cannot be."""

    messages: list[tuple[Sequence[UUID], Message]] = field(default_factory=list)
    fails: set[str] = field(default_factory=set)

    async def send(self, uow: UnitOfWork, channel_ids: Sequence[UUID], message: Message) -> None:
        """A Notifier."""
        del uow
        if message.title in self.fails:
            raise RuntimeError("the channel is gone")
        self.messages.append((list(channel_ids), message))

    def titles(self) -> list[str]:
        """What was sent since this was asked last."""
        found = [message.title for _, message in self.messages]
        self.messages.clear()
        return found


@dataclass
class Premises:
    """An installation with a disk and a certificate."""

    disk: float = 0.5
    ends: dict[str, datetime] = field(default_factory=dict)

    def disk_used(self) -> float:
        """As it was set."""
        return self.disk

    def certificates(self) -> Mapping[str, datetime]:
        """As they were set."""
        return self.ends


class Fleet:
    """Chargers of one gateway."""

    def __init__(self, api: Product) -> None:
        self.api = api
        self.clock = api.clock
        self.sent = Sent()
        self.premises = Premises()
        self.sweeper = self.new_sweeper()
        self._signed_in_at = self.clock.now()

    def new_sweeper(self) -> AlertSweeper:
        """As after a restart of the worker."""
        return AlertSweeper(
            self.api.units, self.clock, self.api.site.metrics, self.premises, self.sent, "https://csms.test"
        )

    async def rule(self, condition: dict[str, Any], **options: Any) -> dict[str, Any]:
        """The only rule that there is, and no alert of another."""
        await self.sign_in()
        await self.api.items(RULES)  # so that the first rules are there
        await self.api.sql.execute("DELETE FROM alerts")
        await self.api.sql.execute("DELETE FROM alert_rules")
        await self.api.sql.execute(
            "INSERT INTO notification_channels (id, organization_id, name, kind, target, config)"
            " VALUES ($1, $2, 'c', 'webhook', 'x', '') ON CONFLICT DO NOTHING",
            CHANNEL, DEFAULT_ORGANIZATION_ID,
        )  # fmt: skip
        options = {"channels": [str(CHANNEL)], **options}
        return await self.api.create(RULES, name="The rule", condition=condition, **options)

    async def chargers(self, count: int, prefix: str = "CP") -> list[str]:
        """Connected chargers, in one statement."""
        await self._lease()
        await self.api.sql.execute(
            "INSERT INTO chargers (id, organization_id, created_at, security_profile) SELECT $3 || n, $1, $4, 0"
            " FROM generate_series(1, $2::int) n",
            DEFAULT_ORGANIZATION_ID, count, prefix, self.clock.now(),
        )  # fmt: skip
        await self.api.sql.execute(
            "INSERT INTO charger_connections (charger_id, organization_id, node_id, epoch, online, connected_at, seen_at)"
            " SELECT $3 || n, $1, 'node', 1, true, $4, $4 FROM generate_series(1, $2::int) n",
            DEFAULT_ORGANIZATION_ID, count, prefix, self.clock.now(),
        )  # fmt: skip
        return [f"{prefix}{number}" for number in range(1, count + 1)]

    async def offline(self, *chargers: str) -> None:
        """Their connections end now."""
        await self.api.sql.execute(
            "UPDATE charger_connections SET online = false, disconnected_at = $1 WHERE charger_id = ANY ($2)",
            self.clock.now(), list(chargers),
        )  # fmt: skip

    async def online(self, *chargers: str) -> None:
        """They connect now."""
        await self.api.sql.execute(
            "UPDATE charger_connections SET online = true, connected_at = $1, disconnected_at = NULL,"
            " connects = ($1::timestamptz || connects)[1:10] WHERE charger_id = ANY ($2)",
            self.clock.now(), list(chargers),
        )  # fmt: skip

    async def turn(self, seconds: float = 10) -> None:
        """Time goes by, and the worker has a turn."""
        self.clock.advance(seconds)
        await self._lease()
        await self.sweeper()

    async def _lease(self) -> None:
        await self.api.sql.execute(
            "INSERT INTO gateway_nodes (id, organization_id, started_at, lease_until) VALUES ('node', $1, $2, $3)"
            " ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until",
            DEFAULT_ORGANIZATION_ID, self.clock.now(), self.clock.now() + timedelta(seconds=10),
        )  # fmt: skip

    async def sign_in(self) -> None:
        """Anew, where the clock was moved far."""
        if abs(self.clock.now() - self._signed_in_at) > timedelta(minutes=5):
            self._signed_in_at = self.clock.now()
            self.api.client.headers.update(await self.api.site.bearer())

    async def alerts(self, **query: Any) -> list[dict[str, Any]]:
        """Alerts as they are listed, the oldest first."""
        await self.sign_in()
        return await self.api.items(ALERTS, **{"sort": "first_at", **query})

    async def standing(self) -> list[str]:
        """The titles of those that are not resolved and belong to no outage."""
        rows = await self.alerts(status=["open", "acknowledged", "snoozed"], member="false")
        return [row["title"] for row in rows]

    async def history(self, alert: dict[str, Any]) -> list[str]:
        """What happened to an alert."""
        return [row["kind"] for row in await self.api.items(f"{ALERTS}/{alert['id']}/events")]

    async def do(self, alert: dict[str, Any], what: str, **body: Any) -> dict[str, Any]:
        """Something that succeeds."""
        await self.sign_in()
        answer = await self.api.client.post(f"{ALERTS}/{alert['id']}/{what}", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def later_by(seconds: float) -> timedelta:
    """So much time."""
    return timedelta(seconds=seconds)
