# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of local lists: the next version, all tokens as one list, and what a charger is known to have."""

from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping

from csms.domain.commands import AnyCommand, LocalListEntry, SendLocalList
from csms.domain.tokens import normalize
from csms.features.commands.service import CommandService
from csms.features.local_lists import repository
from csms.features.tokens.service import TokenService
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, NotFoundError

MAX_ENTRIES: Final = 10_000


class LocalListUnknownError(NotFoundError):
    """Nothing is known of that charger's list."""

    code: ClassVar[str] = "local_list_unknown"


class TooManyTokensError(ConflictError):
    """More tokens than one message may hold."""

    code: ClassVar[str] = "too_many_tokens"


async def with_version(uow: UnitOfWork, charger_id: str, command: AnyCommand) -> AnyCommand:
    """A list without a version gets the one after the last that is known of the charger; other commands stay."""
    if not isinstance(command, SendLocalList) or command.version is not None:
        return command
    row = await repository.get(uow.connection, charger_id, lock=True)
    return msgspec.structs.replace(command, version=1 if row is None else max(row["version"], 0) + 1)


async def known(uow: UnitOfWork, charger_id: str) -> RowMapping:
    """What is known of a charger's list."""
    row = await repository.get(uow.connection, charger_id)
    if row is None:
        raise LocalListUnknownError(
            f"nothing is known of the local list of {charger_id!r}: send one, or ask with get_local_list_version"
        )
    return row


class LocalListService:
    """Sends all tokens to a charger."""

    def __init__(self, tokens: TokenService, commands: CommandService) -> None:
        self._tokens = tokens
        self._commands = commands

    async def send_all(self, uow: UnitOfWork, charger_id: str, key: str | None) -> RowMapping:
        """A command with all tokens that may charge; what is blocked or expired is left out (default deny)."""
        rows = await self._tokens.usable(uow, MAX_ENTRIES + 1)
        if len(rows) > MAX_ENTRIES:
            raise TooManyTokensError(
                f"there are more than {MAX_ENTRIES} tokens: send the ones that matter here with send_local_list"
            )
        entries = tuple(
            LocalListEntry(
                token=row["value"], status="accepted", group=row["group"] or None, expires_at=row["expires_at"]
            )
            for row in rows
        )
        return await self._commands.issue_command(uow, charger_id, SendLocalList("full", entries), key)

    async def spellings(self, uow: UnitOfWork, token_id: UUID) -> frozenset[str]:
        """How a token may stand on a list."""
        value: str = (await self._tokens.get(uow, token_id))["value"]
        return frozenset({value, normalize(value), value.lower()})


async def remember(
    uow: UnitOfWork, organization_id: UUID, charger_id: str, command: SendLocalList, now: datetime
) -> None:
    """A charger took a list or changes to it. The same changes twice are the same list."""
    entries: dict[str, Any] | None = {}
    if command.update == "differential":
        row = await repository.get(uow.connection, charger_id, lock=True)
        entries = None if row is None or row["entries"] is None else {one["token"]: one for one in row["entries"]}
    if entries is not None:
        for entry in command.entries:
            if entry.status is None:
                entries.pop(entry.token, None)
            else:
                entries[entry.token] = {name: value for name, value in _plain(entry).items() if value is not None}
    values = {
        "charger_id": charger_id,
        "organization_id": organization_id,
        "version": command.version or 0,
        "entries": None if entries is None else list(entries.values()),
        "updated_at": now,
    }
    await repository.put(uow.connection, values)


def _plain(entry: LocalListEntry) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(entry)
    return plain


async def remember_version(
    uow: UnitOfWork, organization_id: UUID, charger_id: str, version: int, now: datetime
) -> None:
    """A charger told its version: if it is another than ours, the entries are not those that we know."""
    row = await repository.get(uow.connection, charger_id, lock=True)
    entries: list[Any] | None = None
    if row is not None and row["version"] == version:
        entries = row["entries"]
    elif version <= 0:
        entries = []
    values = {
        "charger_id": charger_id,
        "organization_id": organization_id,
        "version": version,
        "entries": entries,
        "updated_at": now,
    }
    await repository.put(uow.connection, values)
