# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What leaves the installation on its own: events to receivers, messages to people, mails."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter

from csms.features.alerts.rules import MESSAGES
from csms.features.notifications import jobs as notification_jobs
from csms.features.notifications import routes as notification_routes
from csms.features.notifications.senders import Senders
from csms.features.notifications.service import NotificationService
from csms.features.webhooks import jobs as webhook_jobs
from csms.features.webhooks import routes as webhook_routes
from csms.features.webhooks.handlers import FanOut
from csms.features.webhooks.rules import PUBLIC
from csms.features.webhooks.service import WebhookService
from csms.kit.apprise_process import AppriseSender
from csms.kit.bus.base import Bus
from csms.kit.clock import Clock
from csms.kit.config import MailSettings, WebhookSettings
from csms.kit.crypto import InstallationKeys
from csms.kit.db.lanes import Lanes
from csms.kit.db.outbox_consumer import Consumer
from csms.kit.db.outbox_parking import Delivery
from csms.kit.db.partitions import Retention
from csms.kit.db.uow import Scope, UnitsOfWork
from csms.kit.http.outbound import Outbound
from csms.kit.http.webhook import WebhookSender
from csms.kit.jobs.base import JobKind, RunningJob, Schedule
from csms.kit.mail import Mailer
from csms.kit.metrics import Metrics
from csms.kit.secretbox import SecretBox
from csms.main.version import VERSION


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The ways out; `notifications` is what other features send with, `mailer` what accounts do."""

    mailer: Mailer
    sender: WebhookSender
    senders: Senders
    box: SecretBox
    webhooks: WebhookService
    notifications: NotificationService


def outgoing(keys: InstallationKeys, clock: Clock, webhooks: WebhookSettings, mail: MailSettings) -> Outgoing:
    """Put them together; nothing is connected before it is used."""
    outbound = Outbound(webhooks.private_hosts, allow_http=webhooks.allow_http, timeout_s=webhooks.timeout_s)
    sender, box, mailer = WebhookSender(outbound, clock, f"CSMS-Lite/{VERSION}"), SecretBox(keys), Mailer(mail, clock)
    senders = Senders(mailer, sender, AppriseSender(webhooks.private_hosts), box, clock)
    return Outgoing(
        mailer,
        sender,
        senders,
        box,
        WebhookService(sender, box, clock),
        NotificationService(senders, clock, MESSAGES),
    )


def outgoing_routers(units: UnitsOfWork, ways: Outgoing) -> list[APIRouter]:
    """Their routes."""
    return [webhook_routes.router(units, ways.webhooks), notification_routes.router(units, ways.notifications)]


class OutgoingWork:
    """What the worker does for them."""

    def __init__(self, units: UnitsOfWork, ways: Outgoing, clock: Clock, metrics: Metrics, bus: Bus) -> None:
        self._units = units
        self._clock = clock
        self._bus = bus
        self._fan_out = FanOut(units)
        self._deliveries = webhook_jobs.Deliveries(units, ways.sender, ways.box, clock, metrics)
        self._notifications = notification_jobs.Sending(units, ways.senders, clock, metrics)
        self.webhook_lanes = Lanes("webhooks", self._deliveries.claim, self._deliver, bus=bus)
        self.notification_lanes = Lanes("notifications", self._notifications.claim, self._notify, bus=bus, at_once=16)

    def consumers(self, **common: Any) -> list[Consumer]:
        """Events out of the outbox, so that every receiver gets them in one order."""
        return [
            Consumer(
                "webhooks",
                self._fan,
                types=tuple(PUBLIC),
                order=lambda _: "",
                together=self._fan_together,
                concurrency=1,
                **common,
            )
        ]

    def lanes(self) -> list[Lanes[Any]]:
        """What sends."""
        return [self.webhook_lanes, self.notification_lanes]

    def jobs(self, kept: Callable[[], Awaitable[Retention]]) -> tuple[list[JobKind], list[Schedule]]:
        """Forget, every hour, what is older than is kept."""
        webhooks, notifications = webhook_jobs.Sweeper(self._clock), notification_jobs.Sweeper(self._clock)

        async def run(_: RunningJob) -> dict[str, int]:
            days = (await kept()).deliveries_days
            gone = {"webhook_deliveries": 0, "notifications": 0}
            for organization_id in await self._units.organizations():
                for name, sweep in (("webhook_deliveries", webhooks.sweep), ("notifications", notifications.sweep)):
                    count = -1
                    while count:
                        async with self._units(Scope.system(organization_id)) as uow:
                            count = await sweep(uow, days)
                        gone[name] += count
            return gone

        return [JobKind("deliveries", run, timeout_s=1800)], [Schedule("deliveries", "53 * * * *", "deliveries")]

    async def _fan(self, delivery: Delivery) -> None:
        await self._fan_together([delivery])

    async def _fan_together(self, deliveries: Sequence[Delivery]) -> None:
        if await self._fan_out.together([(each.id, each.event) for each in deliveries]):  # type: ignore[misc]
            self._bus.wake(self.webhook_lanes.name)

    async def _deliver(self, receiver: webhook_jobs.Receiver) -> None:
        await self._deliveries.serve(receiver, lambda: self.webhook_lanes.stopping)

    async def _notify(self, channel: notification_jobs.Channel) -> None:
        await self._notifications.serve(channel, lambda: self.notification_lanes.stopping)
