# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of chargers: provision, change, retire, approve."""

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import RowMapping

from csms.domain.chargers import CLOSED_PROVISIONED
from csms.domain.commands import AnyCommand
from csms.domain.events import ChargerChanged, ChargerDisconnected, ChargerRetired
from csms.domain.secrets import new_password, new_profile
from csms.features.chargers import repository, sets
from csms.features.chargers.schemas import Approval, ChargerCreate, ChargerUpdate
from csms.features.settings.rules import ChargerSettings
from csms.features.settings.service import load as load_settings
from csms.features.sites.repository import get_site
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError
from csms.kit.http.ratelimit import RateLimit
from csms.kit.ids import new_secret

# What changes how a charger is let in or heard: its connection is opened anew.
_RECONNECT = frozenset(
    {
        "security_profile",
        "secret_hash",
        "validation",
        "default_protocol",
        "protocols",
        "ping",
        "registration",
        "heartbeat_interval_s",
    }
)


_WITHOUT_PASSWORD = frozenset({0, 3})


class ChargerNotFoundError(NotFoundError):
    """No such charger."""

    code: ClassVar[str] = "charger_not_found"


class IdentityTakenError(ConflictError):
    """The identity is in use somewhere in the installation; nobody is told where."""

    code: ClassVar[str] = "identity_taken"


class TransactionOpenError(ConflictError):
    """A charger with an open transaction is not retired."""

    code: ClassVar[str] = "transaction_open"


class ProfileLoweredError(ConflictError):
    """A command would have a charger go back to a weaker security profile."""

    code: ClassVar[str] = "profile_lowered"


class HasTransactionsError(ConflictError):
    """A charger with transactions is retired, never deleted."""

    code: ClassVar[str] = "has_transactions"


class ChargerRetiredError(ConflictError):
    """A retired charger is not changed."""

    code: ClassVar[str] = "charger_retired"


class SiteUnknownError(InvalidError):
    """The site that a charger is put at does not exist."""

    code: ClassVar[str] = "site_not_found"


class SiteNeededError(InvalidError):
    """Without a site the charger would be out of its maker's sight."""

    code: ClassVar[str] = "site_needed"


class ChargerService:
    """Provisioning. Secrets are shown once, when they are made, and stored as keyed hashes."""

    def __init__(self, hash_secret: Callable[[bytes], bytes], clock: Clock) -> None:
        self._hash_secret = hash_secret
        self._clock = clock
        self._elsewhere = RateLimit("identities-elsewhere", "20/hour")

    async def get(self, uow: UnitOfWork, charger_id: str, *, lock: bool = False) -> RowMapping:
        """One charger; with `lock` nobody else changes it until the end of the unit of work."""
        row = await repository.get(uow.connection, charger_id, lock=lock)
        if row is None:
            raise ChargerNotFoundError(f"there is no charger {charger_id!r}")
        return row

    async def create(self, uow: UnitOfWork, body: ChargerCreate) -> tuple[RowMapping, str | None]:
        """Provision a charger; the password is returned where it was generated here."""
        generated = None
        secret = body.password
        if body.security_profile in _WITHOUT_PASSWORD:
            if secret is not None:
                raise InvalidError(
                    f"security profile {body.security_profile} has no password: leave it out, or take profile 1 or 2"
                )
        elif secret is None:
            secret = generated = new_secret()
        await self._check_site(uow, body.site_id)
        now = self._clock.now()
        values = {
            **body.model_dump(exclude={"password"}),
            "validation": body.validation or await self._validation(uow),
            "organization_id": uow.scope.organization_id,
            "secret_hash": None if secret is None else self._hash_secret(secret.encode()),
            "created_at": now,
            "updated_at": now,
        }
        if not await repository.add(uow.connection, values):
            raise await self._taken(uow, body.id)
        shown = body.model_dump(mode="json", exclude={"password"})
        uow.audit("charger:charger:create", "charger", body.id, None, shown)
        await self._changed(uow, body.id)
        return await self.get(uow, body.id), generated

    async def update(self, uow: UnitOfWork, charger_id: str, body: ChargerUpdate) -> RowMapping:
        """Change what is named in the body."""
        before = await self.get(uow, charger_id, lock=True)
        if before["retired_at"] is not None:
            raise ChargerRetiredError(f"charger {before['id']!r} is retired")
        changes: dict[str, Any] = body.model_dump(exclude_unset=True)
        for name in ("security_profile", "validation", "ping", "registration"):
            if name in changes and changes[name] is None:
                raise InvalidError(f"{name} cannot be empty: leave it out to keep it as it is")
        if "site_id" in changes:
            await self._check_site(uow, changes["site_id"])
        secret = changes.pop("password", None)
        profile = changes.get("security_profile", before["security_profile"])
        if secret is not None:
            if profile in _WITHOUT_PASSWORD:
                raise InvalidError(
                    f"security profile {profile} has no password: set security_profile to 1 or 2 with it"
                )
            changes["secret_hash"] = self._hash_secret(secret.encode())
        elif profile in _WITHOUT_PASSWORD:
            changes["secret_hash"] = None
        elif not before["has_password"]:
            raise InvalidError(f"security profile {profile} needs a password: send one, 16 bytes or more")
        if not changes:
            return before
        await repository.change(uow.connection, before["id"], {**changes, "updated_at": self._clock.now()})
        told = {name: value for name, value in changes.items() if name != "secret_hash"}
        if secret is not None:
            told["password"] = "changed"  # noqa: S105  (a word, not a secret)
        uow.audit("charger:charger:update", "charger", before["id"], {name: before.get(name) for name in told}, told)
        if _RECONNECT & changes.keys():
            await self._changed(uow, before["id"])
        return await self.get(uow, before["id"])

    @staticmethod
    async def _check_site(uow: UnitOfWork, site_id: UUID | None) -> None:
        """Where a charger stands is a site that is seen; who sees some sites only must name one of them."""
        if site_id is None:
            if uow.scope.places is not None:
                raise SiteNeededError("you see some sites only: say in site_id at which of them the charger stands")
        elif await get_site(uow.connection, site_id) is None:
            raise SiteUnknownError(f"there is no site {site_id}")

    async def rotate_secret(self, uow: UnitOfWork, charger_id: str) -> str:
        """Give a charger a new password; the old one stops working at once."""
        row = await self.get(uow, charger_id, lock=True)
        if row["retired_at"] is not None:
            raise ChargerRetiredError(f"charger {row['id']!r} is retired")
        if row["security_profile"] in _WITHOUT_PASSWORD:
            raise InvalidError(
                f"security profile {row['security_profile']} has no password: set security_profile to 1 or 2 first"
            )
        secret = new_secret()
        values = {
            "secret_hash": self._hash_secret(secret.encode()),
            "next_secret_hash": None,
            "updated_at": self._clock.now(),
        }
        await repository.change(uow.connection, row["id"], values)
        uow.audit("charger:secret:rotate", "charger", row["id"], None, None)
        await self._changed(uow, row["id"])
        return secret

    async def told(self, uow: UnitOfWork, charger_id: str, command: AnyCommand) -> AnyCommand:
        """Before a command goes out: a password in it lets the charger in, beside the one that it has.

        Raises ProfileLoweredError.
        """
        profile = new_profile(command)
        if profile is not None and profile < (row := await self.get(uow, charger_id))["security_profile"]:
            raise ProfileLoweredError(
                f"security profile {profile} is weaker than {row['security_profile']}, which the charger has: it would "
                "send its password in the clear, and not be let in. A charger that has to go back is set up anew"
            )
        secret = new_password(command)
        if secret:
            values = {"next_secret_hash": self._hash_secret(secret.encode())}
            await repository.change(uow.connection, charger_id, values)
        return command

    async def retire(self, uow: UnitOfWork, charger_id: str, *, purge: bool) -> None:
        """Refuse the identity from now on; with `purge` free it, if nothing was ever charged there."""
        row = await self.get(uow, charger_id, lock=True)
        has_any, has_open = await repository.has_transactions(uow.connection, row["id"])
        if has_open:
            raise TransactionOpenError(
                f"charger {row['id']!r} has an open transaction: stop it first, or wait for its end"
            )
        if purge:
            if has_any:
                raise HasTransactionsError(
                    f"charger {row['id']!r} has transactions, which are kept: retire it without purge"
                )
            await repository.remove(uow.connection, row["id"])
        elif row["retired_at"] is not None:
            return  # as it was asked for
        else:
            now = self._clock.now()
            await repository.change(uow.connection, row["id"], {"retired_at": now, "updated_at": now})
        uow.audit("charger:charger:delete", "charger", row["id"], {"name": row["name"]}, {"purged": purge})
        await self._hang_up(uow, row["id"])
        uow.record(ChargerRetired(organization_id=uow.scope.organization_id, charger_id=row["id"]))

    async def approve(self, uow: UnitOfWork, identity: str, body: Approval) -> tuple[RowMapping, str | None]:
        """Let a waiting charger in, with the secret it came with unless the body says otherwise."""
        waiting = await repository.get_waiting(uow.connection, identity)
        if waiting is None:
            raise ChargerNotFoundError(f"no charger {identity!r} waits for approval")
        secret_hash, profile = waiting["secret_hash"], body.security_profile
        if body.password is not None:
            secret_hash, profile = self._hash_secret(body.password.encode()), 1
        elif profile == 0:
            secret_hash = None
        elif secret_hash is not None:
            profile = 1
        else:
            raise InvalidError(
                f"charger {identity!r} came without a password: approve it with security_profile 0, "
                "or with a password that is then set in the charger"
            )
        now = self._clock.now()
        values = {
            "id": waiting["id"],
            "organization_id": uow.scope.organization_id,
            "name": body.name,
            "security_profile": profile,
            "secret_hash": secret_hash,
            "validation": await self._validation(uow),
            "vendor": waiting["vendor"],
            "model": waiting["model"],
            "serial_number": waiting["serial_number"],
            "firmware_version": waiting["firmware_version"],
            "created_at": now,
            "updated_at": now,
        }
        if not await repository.add(uow.connection, values):
            raise await self._taken(uow, identity)
        await repository.forget_waiting(uow.connection, waiting["id"])
        uow.audit("onboarding:charger:approve", "charger", waiting["id"], None, {"security_profile": profile})
        await self._changed(uow, waiting["id"])
        return await self.get(uow, waiting["id"]), None

    async def _taken(self, uow: UnitOfWork, identity: str) -> IdentityTakenError:
        """Whoever asks for identities that they do not see, one after another, is not told any more."""
        if await repository.get(uow.connection, identity) is None:
            await self._elsewhere.hit(str(uow.scope.organization_id))
        return IdentityTakenError(f"the identity {identity!r} is in use: choose another")

    @staticmethod
    async def _validation(uow: UnitOfWork) -> str:
        """How new chargers are judged, unless it is said of one."""
        return (await load_settings(uow, ChargerSettings)).validation

    async def reject(self, uow: UnitOfWork, identity: str) -> None:
        """Take a waiting charger off the list and hang up on it; it may knock again."""
        waiting = await repository.get_waiting(uow.connection, identity)
        if waiting is None:
            raise ChargerNotFoundError(f"no charger {identity!r} waits for approval")
        await repository.forget_waiting(uow.connection, waiting["id"])
        uow.audit("onboarding:charger:reject", "charger", waiting["id"], None, None)
        await self._changed(uow, waiting["id"])

    async def _changed(self, uow: UnitOfWork, charger_id: str) -> None:
        await self._hang_up(uow, charger_id)
        uow.record(ChargerChanged(organization_id=uow.scope.organization_id, charger_id=charger_id))

    async def _hang_up(self, uow: UnitOfWork, charger_id: str) -> None:
        """No write of the connection that is open now counts from here on, whether its gateway hears of it or not."""
        now, reason = self._clock.now(), CLOSED_PROVISIONED
        if await sets.hang_up(uow.connection, charger_id, now, reason):
            uow.record(
                ChargerDisconnected(
                    organization_id=uow.scope.organization_id, charger_id=charger_id, code=None, reason=reason, at=now
                )
            )
