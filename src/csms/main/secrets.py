# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`csms secrets …`: the keys that stored secrets are sealed with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import MetaData

from csms.kit import keyring
from csms.kit.config import Settings
from csms.kit.db import sealed
from csms.kit.db.metadata import metadata
from csms.kit.keyring import KeyInUseError
from csms.kit.secretbox import SecretBox
from csms.main.host import OPERATOR, Host, host
from csms.migrations.models import load_tables


class Safe:
    """The secrets of an installation, on its host."""

    def __init__(self, here: Host, tables: MetaData | None = None) -> None:
        self._here = here
        load_tables()
        self._columns = sealed.sealed_columns(metadata if tables is None else tables)
        self._box = SecretBox(here.keys)

    async def status(self) -> dict[str, Any]:
        """The keys, which of them seals, and what needs each; keys that are needed and not there have `known` false."""
        counts = await self._counts()
        keys = self._box.key_ids
        return {
            "seals_with": self._box.seals_with,
            "keys": [
                {"id": key, "known": key in keys, "secrets": sum(of.values()), "columns": dict(sorted(of.items()))}
                for key, of in ((key, counts.get(key, {})) for key in sorted(keys | counts.keys()))
            ],
        }

    async def prepare(self) -> str:
        """A key that opens already and seals with the next rotation: time to copy keys.json to other machines."""
        key = keyring.prepare_key(self._here.data_dir, self._here.clock.now())
        await self._audit("prepare", key, None)
        return key

    async def rotate(self) -> tuple[str, sealed.Rewrapped]:
        """Seal with a new key, or the one that was prepared, and give all stored secrets its envelope."""
        now = self._here.clock.now()
        keyring.prepare_key(self._here.data_dir, now)
        key = keyring.use_newest_key(self._here.data_dir, now)
        done = await sealed.rewrap_all(self._here.units, await self._organizations(), self._columns, self._box)
        await self._audit("rotate", key, {"renewed": done.renewed, "unopenable": sum(done.unopenable.values())})
        return key, done

    async def resume(self) -> tuple[str, sealed.Rewrapped]:
        """Envelopes of the key that seals now for what a rotation that was interrupted left."""
        done = await sealed.rewrap_all(self._here.units, await self._organizations(), self._columns, self._box)
        return self._box.seals_with, done

    async def forget(self, key: str) -> None:
        """Take a key away that no secret needs. Raises KeyInUseError, KeyUnknownError."""
        now = self._here.clock.now()
        keyring.check_forgettable(self._here.data_dir, key, now)
        needed = (await self._counts()).get(key)
        if needed:
            where = ", ".join(f"{count} in {column}" for column, count in sorted(needed.items()))
            raise KeyInUseError(f"{key} is needed by stored secrets ({where}): `csms secrets rotate` first")
        keyring.forget_key(self._here.data_dir, key, now)
        await self._audit("forget", key, None)

    async def unopenable(self) -> dict[str, int]:
        """How many secrets no key opens, by column."""
        found = await sealed.unopenable(self._here.units, await self._organizations(), self._columns, self._box)
        return dict(sorted(found.items()))

    async def _counts(self) -> dict[str, Any]:
        return await sealed.count_by_key(self._here.units, await self._organizations(), self._columns)

    async def _organizations(self) -> list[Any]:
        return await self._here.units.organizations()

    async def _audit(self, what: str, key: str, after: object) -> None:
        async with self._here.units(OPERATOR) as uow:
            uow.audit(f"system:secrets:{what}", "secret_key", key, None, after)


@asynccontextmanager
async def safe(settings: Settings) -> AsyncIterator[Safe]:
    """The safe of the installation that the settings name."""
    async with host(settings) as here:
        yield Safe(here)
