# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of files: the firmware library, links for chargers, what they send."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar, Final
from urllib.parse import quote, urlsplit
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping

from csms.domain.commands import AnyCommand, GetDiagnostics, GetLog, PublishFirmware, UpdateFirmware
from csms.domain.commands.locations import locations
from csms.domain.events import CommandIssued, FileReceived
from csms.features.files import repository
from csms.features.files.links import LinkTokens
from csms.features.files.schemas import FirmwareUpdate
from csms.kit.clock import Clock
from csms.kit.db.partitions import Retention, months_before
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import CsmsError, InvalidError, NotFoundError
from csms.kit.files import FileStore, Stored, file_name
from csms.kit.ids import new_id

SCHEMES: Final = ("https", "http", "ftp", "ftps", "sftp")
_NEED_IMAGE: Final = (UpdateFirmware, PublishFirmware)
_PLAIN: Final = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")  # RFC 3986 section 2


class LocationRefusedError(InvalidError):
    """A charger would be sent to a host that nobody allowed."""

    code: ClassVar[str] = "location_not_allowed"


class NoPublicUrlError(InvalidError):
    """Nobody said how chargers reach this installation."""

    code: ClassVar[str] = "no_public_url"


class FirmwareNotFoundError(NotFoundError):
    """No such image."""

    code: ClassVar[str] = "firmware_not_found"


class FileNotThereError(NotFoundError):
    """No such file."""

    code: ClassVar[str] = "file_not_found"


class LinkUnknownError(NotFoundError):
    """Nobody made that link, or not for this."""

    code: ClassVar[str] = "link_not_found"


class LinkOverError(CsmsError):
    """The link was used, or its time is over."""

    code: ClassVar[str] = "link_over"
    status: ClassVar[int] = 410
    title: ClassVar[str] = "Gone"


class FileService:
    """Firmware goes down and logs come up by links of one command each, under the public URL."""

    def __init__(
        self,
        store: FileStore,
        tokens: LinkTokens,
        clock: Clock,
        *,
        base_url: str | None,
        hosts: Sequence[str],
        link_life: timedelta,
    ) -> None:
        """`hosts` are those that a command may name besides; `base_url` is how chargers reach us."""
        self.store = store
        self._tokens = tokens
        self._clock = clock
        self._base_url = None if base_url is None else base_url.rstrip("/")
        self._hosts = frozenset(host.lower() for host in hosts)
        self._link_life = link_life

    # -- commands --------------------------------------------------------------------------------------------------

    async def check(self, uow: UnitOfWork, command: AnyCommand) -> None:
        """Refuse a command that sends a charger where nobody allowed, or to what is not there."""
        for location in locations(command):
            self._check(location)
        if isinstance(command, _NEED_IMAGE):
            if (command.location is None) == (command.firmware is None):
                raise InvalidError("name one of the two: firmware (an image of the library), or location (a URL)")
            if command.firmware is not None:
                await self.image(uow, command.firmware)
            elif isinstance(command, PublishFirmware) and command.checksum is None:
                raise InvalidError("an image at a location needs its checksum: the MD5 of it")
        if _wants_link(command) and self._base_url is None:
            raise NoPublicUrlError(
                "nobody said how chargers reach this installation: set CSMS_HTTP__PUBLIC_URL or CSMS_FILES__PUBLIC_URL,"
                " or name a location"
            )

    async def prepare(self, uow: UnitOfWork, event: CommandIssued) -> AnyCommand:
        """Just before a command is sent: the link by which the charger fetches or sends, which is stored nowhere,

        and what the library knows of the image.
        """
        command = event.command
        if not _wants_link(command) or self._base_url is None:
            return command
        assert isinstance(command, UpdateFirmware | PublishFirmware | GetLog | GetDiagnostics)
        now = self._clock.now()
        name, start = "", now
        if isinstance(command, _NEED_IMAGE):
            if command.firmware is None:
                return command
            image = await self.image(uow, command.firmware)
            command = _with_image(command, image)
            kind, name = "firmware", f"/{quote(image['name'])}"
            start = max(now, getattr(command, "retrieve_at", now))
        else:
            kind = command.log if isinstance(command, GetLog) else "diagnostics"
        link = await repository.make_link(
            uow.connection,
            {
                "id": new_id(),
                "organization_id": uow.scope.organization_id,
                "charger_id": event.charger_id,
                "command": event.id,
                "kind": kind,
                "firmware": getattr(command, "firmware", None),
                "request_id": command.request_id,
                "created_at": now,
                "expires_at": start + self._link_life,
            },
        )
        token = self._tokens.make(uow.scope.organization_id, link)
        return msgspec.structs.replace(command, location=f"{self._base_url}/files/{token}{name}")

    def _check(self, location: str) -> None:
        try:
            parts = urlsplit(location)
            host, _ = (parts.hostname or "").lower(), parts.port
        except ValueError:
            parts, host = urlsplit(""), ""
        if not host or parts.scheme.lower() not in SCHEMES:
            raise LocationRefusedError(f"a location is a URL with a host, by {', '.join(SCHEMES)}")
        if not _PLAIN.fullmatch(location) or parts.netloc.count("@") > 1:
            # chargers would read another host in it than we do: a backslash as a slash, the first @ for the last
            raise LocationRefusedError(
                "a location has one @ at most and only the characters of URLs: write others as %XX, in passwords too"
            )
        if host not in self._hosts:
            raise LocationRefusedError(
                f"chargers are not sent to {host}: leave location out and the file goes over this installation, or add "
                "the host to CSMS_FILES__HOSTS"
            )

    # -- firmware --------------------------------------------------------------------------------------------------

    async def image(self, uow: UnitOfWork, key: UUID, *, lock: bool = False) -> RowMapping:
        """One image."""
        row = await repository.image(uow.connection, key, lock=lock)
        if row is None:
            raise FirmwareNotFoundError(f"there is no firmware {key}")
        return row

    async def add_image(self, uow: UnitOfWork, key: UUID, stored: Stored, words: dict[str, Any]) -> RowMapping:
        """Put an image that was received into the library."""
        now = self._clock.now()
        values = {
            "id": key,
            "organization_id": uow.scope.organization_id,
            **words,
            "size_bytes": stored.size_bytes,
            "sha256": stored.sha256,
            "md5": stored.md5,
            "created_at": now,
            "updated_at": now,
        }
        await repository.add_image(uow.connection, values)
        uow.audit("firmware:image:create", "firmware", str(key), None, {**words, "sha256": stored.sha256})
        return await self.image(uow, key)

    async def change_image(self, uow: UnitOfWork, key: UUID, body: FirmwareUpdate) -> RowMapping:
        """Change what is named."""
        before = await self.image(uow, key, lock=True)
        changes: dict[str, Any] = body.model_dump(exclude_unset=True)
        if changes.get("name", "") is None:
            raise InvalidError("name cannot be empty: leave it out to keep it as it is")
        if not changes:
            return before
        await repository.change_image(uow.connection, key, {**changes, "updated_at": self._clock.now()})
        old = {name: before[name] for name in changes}
        uow.audit("firmware:image:update", "firmware", str(key), old, changes)
        return await self.image(uow, key)

    async def remove_image(self, uow: UnitOfWork, key: UUID) -> None:
        """Take an image out of the library; chargers that have not fetched it yet cannot any more."""
        row = await self.image(uow, key, lock=True)
        await repository.remove_image(uow.connection, key)
        uow.audit("firmware:image:delete", "firmware", str(key), {"name": row["name"], "sha256": row["sha256"]}, None)

    # -- files of chargers -----------------------------------------------------------------------------------------

    async def file(self, uow: UnitOfWork, key: UUID) -> RowMapping:
        """One file that a charger sent."""
        row = await repository.file(uow.connection, key)
        if row is None:
            raise FileNotThereError(f"there is no file {key}")
        return row

    async def remove_file(self, uow: UnitOfWork, key: UUID) -> None:
        """Forget a file."""
        row = await self.file(uow, key)
        await repository.remove_file(uow.connection, key)
        uow.audit("charger:file:delete", "file", str(key), {name: row[name] for name in ("charger_id", "name")}, None)

    # -- chargers at the door --------------------------------------------------------------------------------------

    def read_token(self, token: str) -> tuple[UUID, UUID]:
        """Organization and link."""
        found = self._tokens.read(token)
        if found is None:
            raise LinkUnknownError("nobody made this link")
        return found

    async def link(self, uow: UnitOfWork, key: UUID, *, down: bool) -> RowMapping:
        """A link that is still good, for fetching or for sending."""
        row = await repository.link(uow.connection, key)
        if row is None or (row["kind"] == "firmware") != down:
            raise LinkUnknownError("there is nothing behind this link")
        if row["used_at"] is not None or row["expires_at"] <= self._clock.now():
            raise LinkOverError("this link was used, or its time is over: the command has to be sent again")
        return row

    async def received(
        self,
        uow: UnitOfWork,
        key: UUID,
        link: RowMapping,
        stored: Stored,
        names: Sequence[str | None],
        content_type: str | None,
    ) -> None:
        """Keep what a charger sent, under the first of the names that is one."""
        now = self._clock.now()
        if not await repository.use_link(uow.connection, link["id"], now):
            raise LinkOverError("this link was used: the command has to be sent again")
        own = f"{link['charger_id']}-{link['kind']}"
        values = {
            "id": key,
            "organization_id": uow.scope.organization_id,
            "charger_id": link["charger_id"],
            "kind": link["kind"],
            "command": link["command"],
            "request_id": link["request_id"],
            "name": next((name for given in (*names, own) if (name := file_name(given))), str(key)),
            "content_type": None if content_type is None else content_type[:100],
            "size_bytes": stored.size_bytes,
            "sha256": stored.sha256,
            "created_at": now,
        }
        await repository.add_file(uow.connection, values)
        uow.record(
            FileReceived(
                organization_id=uow.scope.organization_id,
                charger_id=link["charger_id"],
                id=key,
                of=link["kind"],
                command=link["command"],
                size_bytes=stored.size_bytes,
                at=now,
            )
        )

    async def sweep(self, uow: UnitOfWork, kept: Retention) -> int:
        """Forget what is older than is kept; files without a row go after the commit, at the next sweep."""
        now = self._clock.now()
        progress_before = months_before(now, kept.status_history_months)
        await repository.forget(uow.connection, now - timedelta(days=kept.files_days), progress_before, now)
        return await self.store.sweep(uow.scope.organization_id, await repository.known(uow.connection))


def _wants_link(command: AnyCommand) -> bool:
    """Whether we say where: the command names no location."""
    kinds = (UpdateFirmware, PublishFirmware, GetLog, GetDiagnostics)
    return isinstance(command, kinds) and command.location is None


def _with_image(command: UpdateFirmware | PublishFirmware, image: RowMapping) -> UpdateFirmware | PublishFirmware:
    """What the command leaves out and the library knows; a signature only together with its certificate."""
    if isinstance(command, PublishFirmware):
        return msgspec.structs.replace(command, checksum=image["md5"]) if command.checksum is None else command
    if command.signature is not None or command.signing_certificate is not None:
        return command
    if image["signature"] is None or image["signing_certificate"] is None:
        return command
    return msgspec.structs.replace(
        command, signature=image["signature"], signing_certificate=image["signing_certificate"]
    )
