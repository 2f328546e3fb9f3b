# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of notifications. Other features send with `NotificationService.send`, inside their own transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import RowMapping

from csms.features.accounts import identity_repository
from csms.features.notifications import repository, rules
from csms.features.notifications.rules import TemplateNotFoundError, Words
from csms.features.notifications.schemas import (
    AppriseConfig,
    ChannelCreate,
    ChannelUpdate,
    EmailConfig,
    TemplateBody,
    WebhookConfig,
)
from csms.features.notifications.senders import Letter, SendError, Senders
from csms.kit.apprise_process import AppriseError, scheme_of
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError
from csms.kit.http.outbound import OutboundError
from csms.kit.http.webhook import new_webhook_secret
from csms.kit.ids import new_id
from csms.kit.mail import one_line, plain

MOST: Final = 100
_TITLE_MAX: Final = 500
_BODY_MAX: Final = 20_000
_URL_MAX: Final = 2_000
_DEDUP_MAX: Final = 500


class ChannelNotFoundError(NotFoundError):
    """No such channel."""

    code: ClassVar[str] = "channel_not_found"


class NotificationNotFoundError(NotFoundError):
    """No such notification, or it is older than they are kept."""

    code: ClassVar[str] = "notification_not_found"


class NotificationNotDeadError(ConflictError):
    """Only what was given up is sent again."""

    code: ClassVar[str] = "notification_not_dead"


class ChannelAddressError(InvalidError):
    """An address that nothing is sent to."""

    code: ClassVar[str] = "channel_address"


class MailNotConfiguredError(ConflictError):
    """The installation has no mail server."""

    code: ClassVar[str] = "mail_not_configured"


class TooManyChannelsError(ConflictError):
    """The organization has as many channels as it may."""

    code: ClassVar[str] = "too_many_channels"


@dataclass(frozen=True)
class Message:
    """What somebody is to be told. With the same `dedup` it goes over a channel once."""

    kind: str
    severity: str
    title: str
    body: str
    url: str | None
    dedup: str


@dataclass(frozen=True, slots=True)
class MessageKind:
    """A kind of message that a feature sends: what it tells, and one as it could be sent."""

    description: str
    example: Message


@dataclass(frozen=True, slots=True)
class Target:
    """Where a test goes."""

    kind: str
    config: dict[str, Any]


async def words_for(uow: UnitOfWork, row: RowMapping, language: str) -> Words:
    """A message in the words of its kind and language: those that were set, else the program's."""
    found = await repository.template(uow.connection, row["kind"], language)
    subject, text = (rules.SUBJECT, rules.TEXT) if found is None else (found["subject"], found["text"])
    return rules.render(subject, text, {name: row[name] for name in rules.VALUES})


class NotificationService:
    """Channels, templates, and messages to send."""

    def __init__(self, senders: Senders, clock: Clock, kinds: Sequence[MessageKind] = ()) -> None:
        self._senders = senders
        self._clock = clock
        self._kinds = {each.example.kind: each for each in kinds}

    async def send(self, uow: UnitOfWork, channel_ids: Sequence[UUID], message: Message) -> None:
        """Keep a message for every channel that is there and in use; it goes out after the commit."""
        now = self._clock.now()
        common = {
            "organization_id": uow.scope.organization_id,
            "dedup": message.dedup.replace("\0", "\ufffd")[:_DEDUP_MAX],
            "kind": message.kind,
            "severity": message.severity,
            "title": one_line(message.title, _TITLE_MAX),
            "body": plain(message.body)[:_BODY_MAX],
            "url": None if message.url is None else one_line(message.url, _URL_MAX),
            "due_at": now,
            "created_at": now,
        }
        channels = await repository.enabled(uow.connection, channel_ids)
        if channels:
            await repository.store(uow.connection, [{"id": new_id(), "channel": each, **common} for each in channels])

    # -- channels

    async def get(self, uow: UnitOfWork, key: UUID, *, lock: bool = False) -> RowMapping:
        """One channel."""
        row = await repository.get(uow.connection, key, lock=lock)
        if row is None:
            raise ChannelNotFoundError(f"there is no notification channel {key}")
        return row

    async def shown(self, uow: UnitOfWork, row: RowMapping) -> dict[str, Any]:
        """A channel as it is shown alone: with whose address is not known to be theirs."""
        found: list[str] | None = None
        if row["kind"] == "email":
            recipients = (await self._config(uow, row["id"]))["recipients"]
            found = [_masked(each) for each in await identity_repository.unverified(uow.connection, recipients)]
        return {**row, "unverified": found}

    async def check(self, config: EmailConfig | WebhookConfig | AppriseConfig | None) -> str:
        """How a configuration is shown, before anything is stored: this may take seconds. Raises InvalidError."""
        if config is None:
            return ""
        try:
            match config:
                case EmailConfig():
                    return self._mail_target(config)
                case WebhookConfig():
                    self._senders.webhooks.check(config.url)
                    return "/".join(config.url.split("/", 3)[:3]) + "/…"
                case AppriseConfig():
                    service = await self._senders.apprise.check(config.url)
                    return f"{service.name} ({scheme_of(config.url)}://{service.host or '…'})"
        except (OutboundError, AppriseError) as error:
            raise ChannelAddressError(f"nothing can be sent there: {error}") from error

    async def create(self, uow: UnitOfWork, body: ChannelCreate, target: str) -> dict[str, Any]:
        """A channel; of a webhook with its secret."""
        if await repository.count(uow.connection) >= MOST:
            raise TooManyChannelsError(f"there are {MOST} notification channels already: delete one first")
        key, now = new_id(), self._clock.now()
        secret = new_webhook_secret() if isinstance(body.config, WebhookConfig) else None
        values = {
            "name": body.name,
            "language": body.language,
            "enabled": body.enabled,
            "kind": body.config.kind,
            "target": target,
        }
        config = _stored(body.config, secret)
        await repository.add(
            uow.connection,
            {
                **values,
                "id": key,
                "organization_id": uow.scope.organization_id,
                "config": self._senders.seal(key, config),
                "created_at": now,
                "updated_at": now,
            },
        )
        uow.audit("notification:channel:create", "notification_channel", str(key), None, values)
        return await self.shown(uow, await self.get(uow, key)) | {"secret": secret}

    async def update(self, uow: UnitOfWork, key: UUID, body: ChannelUpdate, target: str) -> RowMapping:
        """Change what is named; the secret of a webhook stays."""
        before = await self.get(uow, key, lock=True)
        changes = body.model_dump(exclude_unset=True, exclude={"config"})
        for name, value in changes.items():
            if value is None:
                raise InvalidError(f"{name} cannot be empty: leave it out to keep it as it is")
        stored: dict[str, Any] = {}
        if body.config is not None:
            if body.config.kind != before["kind"]:
                raise InvalidError(f"the channel is of the kind {before['kind']}: make another one")
            secret = (await self._config(uow, key)).get("secret")
            stored = {"config": self._senders.seal(key, _stored(body.config, secret))}
            changes["target"] = target
        if not changes:
            return before
        await repository.change(uow.connection, key, {**changes, **stored, "updated_at": self._clock.now()})
        old = {name: before[name] for name in changes}
        uow.audit("notification:channel:update", "notification_channel", str(key), old, changes)
        return await self.get(uow, key)

    async def delete(self, uow: UnitOfWork, key: UUID) -> None:
        """No more goes over it; what waits is forgotten."""
        row = await self.get(uow, key, lock=True)
        await repository.remove(uow.connection, key)
        uow.audit("notification:channel:delete", "notification_channel", str(key), {"name": row["name"]}, None)

    async def target(self, uow: UnitOfWork, key: UUID) -> Target:
        """Where a test goes."""
        row = await self.get(uow, key)
        uow.audit("notification:channel:test", "notification_channel", str(key), None, None)
        return Target(row["kind"], await self._config(uow, key))

    async def test(self, target: Target) -> dict[str, Any]:
        """Send a message at once, beside the queue, and tell what came of it; outside of any transaction."""
        words = Words("A test of CSMS Lite", "If you can read this, the channel works.")
        try:
            error = await self._senders.send(target.kind, target.config, Letter(new_id(), "test", "info", words, None))
        except SendError as refused:
            return {"sent": False, "error": str(refused)}
        return {"sent": True, "error": error}

    # -- what was sent

    async def resend(self, uow: UnitOfWork, key: UUID) -> RowMapping:
        """Send again what was given up."""
        row = await repository.notification(uow.connection, key)
        if row is None:
            raise NotificationNotFoundError(f"there is no notification {key}")
        if not await repository.again(uow.connection, key, self._clock.now()):
            raise NotificationNotDeadError(f"it is {row['status']}: only what was given up is sent again")
        uow.audit("notification:notification:resend", "notification", str(key), None, None)
        found = await repository.notification(uow.connection, key)
        assert found is not None
        return found

    # -- templates

    def kinds(self) -> list[dict[str, Any]]:
        """The kinds of messages that are sent, and the values that their words may have in them."""
        return [
            {
                "kind": name,
                "description": kind.description,
                "subject": rules.SUBJECT,
                "text": rules.TEXT,
                "values": [
                    {"name": value, "description": says, "example": getattr(kind.example, value) or ""}
                    for value, says in rules.VALUES.items()
                ],
            }
            for name, kind in self._kinds.items()
        ]

    async def template(self, uow: UnitOfWork, kind: str, language: str, *, lock: bool = False) -> dict[str, Any]:
        """The words of a kind in a language. Raises TemplateNotFoundError."""
        rules.check_name(kind, language)
        if lock:
            await repository.hold_template(uow.connection, kind, language)
        found = await repository.template(uow.connection, kind, language)
        if found is not None:
            return dict(found)
        self._check_kind(kind)
        words = {"subject": rules.SUBJECT, "text": rules.TEXT}
        return {"kind": kind, "language": language, **words, "own": False, "updated_at": None}

    def preview(self, kind: str, body: TemplateBody) -> dict[str, Any]:
        """The example of a kind in given words; nothing is sent. Raises UnknownPlaceholderError."""
        example = self._check_kind(kind).example
        rules.check_template(subject=body.subject, text=body.text)
        words = rules.render(body.subject, body.text, {name: getattr(example, name) for name in rules.VALUES})
        return {"subject": words.subject, "text": words.text}

    async def set_template(self, uow: UnitOfWork, kind: str, language: str, body: TemplateBody) -> dict[str, Any]:
        """Set words. Raises UnknownPlaceholderError."""
        before = await self.template(uow, kind, language, lock=True)
        self._check_kind(kind)
        rules.check_template(subject=body.subject, text=body.text)
        values = {"kind": kind, "language": language, "subject": body.subject, "text": body.text}
        now = self._clock.now()
        await repository.set_template(
            uow.connection, {**values, "organization_id": uow.scope.organization_id, "updated_at": now}
        )
        old = {name: before[name] for name in values}
        uow.audit("notification:template:set", "notification_template", f"{kind}/{language}", old, values)
        return await self.template(uow, kind, language)

    async def drop_template(self, uow: UnitOfWork, kind: str, language: str) -> None:
        """Back to the program's words. Raises TemplateNotFoundError."""
        rules.check_name(kind, language)
        before = await repository.template(uow.connection, kind, language)
        if before is not None and await repository.drop_template(uow.connection, kind, language):
            old = {name: before[name] for name in ("kind", "language", "subject", "text")}
            uow.audit("notification:template:delete", "notification_template", f"{kind}/{language}", old, None)

    def _check_kind(self, kind: str) -> MessageKind:
        found = self._kinds.get(kind)
        if found is None:
            raise TemplateNotFoundError(f"no message is of the kind {kind}; there are {', '.join(self._kinds)}")
        return found

    async def _config(self, uow: UnitOfWork, key: UUID) -> dict[str, Any]:
        sealed = await repository.sealed(uow.connection, key)
        assert sealed is not None
        return self._senders.open(key, sealed)

    def _mail_target(self, config: EmailConfig) -> str:
        if not self._senders.mailer.configured:
            raise MailNotConfiguredError("the installation has no mail server: set CSMS_MAIL__HOST")
        try:
            return ", ".join(_masked(each) for each in config.recipients)
        except (ValueError, IndexError) as error:
            raise ChannelAddressError(f"an address is none: {error}") from error


def _masked(address: str) -> str:
    parsed = Address(addr_spec=address)
    return f"{parsed.username[:1]}***@{parsed.domain}"


def _stored(config: EmailConfig | WebhookConfig | AppriseConfig, secret: str | None) -> dict[str, Any]:
    return config.model_dump(exclude={"kind"}) | ({} if secret is None else {"secret": secret})
