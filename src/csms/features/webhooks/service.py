# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of webhooks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import RowMapping

from csms.features.webhooks import repository
from csms.features.webhooks.rules import TEST, message
from csms.features.webhooks.schemas import WebhookCreate, WebhookUpdate
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError
from csms.kit.http.outbound import OutboundError
from csms.kit.http.webhook import WebhookSender, new_webhook_secret
from csms.kit.ids import new_id
from csms.kit.secretbox import SecretBox

OLD_SECRET_LIFE: Final = timedelta(hours=24)
MOST: Final = 100
_TRIED_ANEW: Final = {"failures": 0, "failing_since": None, "retry_at": None, "last_error": None}


class WebhookNotFoundError(NotFoundError):
    """No such receiver."""

    code: ClassVar[str] = "webhook_not_found"


class DeliveryNotFoundError(NotFoundError):
    """No such delivery, or it is older than deliveries are kept."""

    code: ClassVar[str] = "delivery_not_found"


class DeliveryPendingError(ConflictError):
    """It waits to be sent already."""

    code: ClassVar[str] = "delivery_pending"


class WebhookAddressError(InvalidError):
    """An address that nothing is sent to."""

    code: ClassVar[str] = "webhook_address"


class TooManyWebhooksError(ConflictError):
    """The organization has as many receivers as it may."""

    code: ClassVar[str] = "too_many_webhooks"


@dataclass(frozen=True, slots=True)
class Target:
    """Where something is sent, and what signs it."""

    url: str
    secrets: tuple[str, ...]


def context(key: UUID) -> str:
    """What a sealed secret is for."""
    return f"webhooks.secret:{key}"


def open_target(box: SecretBox, key: UUID, row: RowMapping, now: datetime) -> Target:
    """A stored address with its secrets. Raises SealedSecretError."""
    sealed = [row["secret"]]
    if row["previous_secret"] is not None and row["previous_secret_until"] > now:
        sealed.append(row["previous_secret"])
    return Target(row["url"], tuple(box.open(each, context(key)).decode() for each in sealed))


class WebhookService:
    """Who gets which events."""

    def __init__(self, sender: WebhookSender, box: SecretBox, clock: Clock) -> None:
        self._sender = sender
        self._box = box
        self._clock = clock

    async def get(self, uow: UnitOfWork, key: UUID, *, lock: bool = False) -> RowMapping:
        """One receiver."""
        row = await repository.get(uow.connection, key, lock=lock)
        if row is None:
            raise WebhookNotFoundError(f"there is no webhook {key}")
        return row

    async def create(self, uow: UnitOfWork, body: WebhookCreate) -> dict[str, Any]:
        """A receiver, with its secret."""
        self._check(body.url)
        if await repository.count(uow.connection) >= MOST:
            raise TooManyWebhooksError(f"there are {MOST} webhooks already: delete one first")
        key, now, secret = new_id(), self._clock.now(), new_webhook_secret()
        values = {
            **body.model_dump(),
            "id": key,
            "organization_id": uow.scope.organization_id,
            "secret": self._box.seal(secret.encode(), context(key)),
            "created_at": now,
            "updated_at": now,
        }
        await repository.add(uow.connection, values)
        uow.audit("webhook:webhook:create", "webhook", str(key), None, _audited(body.model_dump(mode="json")))
        return dict(await self.get(uow, key)) | {"secret": secret}

    async def update(self, uow: UnitOfWork, key: UUID, body: WebhookUpdate) -> RowMapping:
        """Change what is named; another address is tried at once."""
        before = await self.get(uow, key, lock=True)
        changes = body.model_dump(exclude_unset=True)
        for name in ("url", "event_types"):
            if name in changes and changes[name] is None:
                raise InvalidError(f"{name} cannot be empty: leave it out to keep it as it is")
        if not changes:
            return before
        if "url" in changes:
            self._check(changes["url"])
            changes |= _TRIED_ANEW
        await repository.change(uow.connection, key, {**changes, "updated_at": self._clock.now()})
        named = body.model_dump(mode="json", exclude_unset=True)
        old = _audited({name: before[name] for name in named})
        uow.audit("webhook:webhook:update", "webhook", str(key), old, _audited(named))
        return await self.get(uow, key)

    async def delete(self, uow: UnitOfWork, key: UUID) -> None:
        """No more is sent, and what was is forgotten."""
        row = await self.get(uow, key, lock=True)
        await repository.remove(uow.connection, key)
        uow.audit("webhook:webhook:delete", "webhook", str(key), _audited({"url": row["url"]}), None)

    async def rotate(self, uow: UnitOfWork, key: UUID) -> dict[str, Any]:
        """A new secret; for a day the one before signs too, so that the receiver can change over in its own time."""
        await self.get(uow, key, lock=True)
        row = await repository.address(uow.connection, key)
        assert row is not None
        now, secret = self._clock.now(), new_webhook_secret()
        values = {
            "secret": self._box.seal(secret.encode(), context(key)),
            "previous_secret": row["secret"],
            "previous_secret_until": now + OLD_SECRET_LIFE,
            "updated_at": now,
        }
        await repository.change(uow.connection, key, values)
        uow.audit("webhook:secret:rotate", "webhook", str(key), None, None)
        return dict(await self.get(uow, key)) | {"secret": secret}

    async def pause(self, uow: UnitOfWork, key: UUID) -> RowMapping:
        """Hold back what comes; it is sent when the receiver goes on, as long as deliveries are kept."""
        row = await self.get(uow, key, lock=True)
        if row["status"] == "active":
            values = {"status": "paused", "paused_reason": "person", "updated_at": self._clock.now()}
            await repository.change(uow.connection, key, values)
            uow.audit("webhook:webhook:pause", "webhook", str(key), None, None)
        return await self.get(uow, key)

    async def resume(self, uow: UnitOfWork, key: UUID) -> RowMapping:
        """Go on where it stopped, at once."""
        await self.get(uow, key, lock=True)
        values = {"status": "active", "paused_reason": None, "updated_at": self._clock.now(), **_TRIED_ANEW}
        await repository.change(uow.connection, key, values)
        await repository.fresh(uow.connection, key)
        uow.audit("webhook:webhook:resume", "webhook", str(key), None, None)
        return await self.get(uow, key)

    async def target(self, uow: UnitOfWork, key: UUID) -> Target:
        """Where a test goes."""
        row = await repository.address(uow.connection, key)
        if row is None:
            raise WebhookNotFoundError(f"there is no webhook {key}")
        uow.audit("webhook:webhook:test", "webhook", str(key), None, None)
        return open_target(self._box, key, row, self._clock.now())

    async def test(self, target: Target) -> dict[str, Any]:
        """Send a message at once, beside the queue, and tell what came of it; outside of any transaction."""
        body = message(TEST, self._clock.now(), {"text": "A test of CSMS Lite"})
        sent = await self._sender.send(target.url, target.secrets, f"evt_{new_id().hex}", body)
        return {
            "delivered": sent.error is None,
            "response_status": sent.status,
            "latency_ms": sent.latency_ms,
            "error": sent.error,
        }

    async def delivery(self, uow: UnitOfWork, webhook: UUID, key: UUID) -> RowMapping:
        """One delivery."""
        row = await repository.delivery(uow.connection, webhook, key)
        if row is None:
            raise DeliveryNotFoundError(f"there is no delivery {key} of this webhook")
        return row

    async def redeliver(self, uow: UnitOfWork, webhook: UUID, key: UUID) -> RowMapping:
        """Send one again, with the id that it had."""
        await self.delivery(uow, webhook, key)
        if not await repository.again(uow.connection, webhook, only=key):
            raise DeliveryPendingError("it waits to be sent already")
        uow.audit("webhook:delivery:redeliver", "webhook", str(webhook), None, {"delivery": str(key)})
        return await self.delivery(uow, webhook, key)

    async def redeliver_dead(self, uow: UnitOfWork, webhook: UUID) -> int:
        """Send all that were given up again, in their order and before what came after them."""
        await self.get(uow, webhook)
        count = await repository.again(uow.connection, webhook)
        uow.audit("webhook:delivery:redeliver", "webhook", str(webhook), None, {"count": count})
        return count

    def _check(self, url: str) -> None:
        try:
            self._sender.check(url)
        except OutboundError as error:
            raise WebhookAddressError(f"nothing can be sent there: {error}") from error


def _audited(values: dict[str, Any]) -> dict[str, Any]:
    """Of an address only the server: the rest often holds a token."""
    if "url" not in values:
        return values
    return {**values, "url": "/".join(values["url"].split("/", 3)[:3])}
