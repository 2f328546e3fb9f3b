# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What can be imported: for each kind its columns, and the services that make and change it.

An importer stands on the very services and bodies of the API: what those refuse, a row refuses.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, Literal, NamedTuple, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import RowMapping

from csms.domain.tokens import normalize
from csms.features.accounts.permissions import Permission
from csms.features.chargers.schemas import ChargerCreate, ChargerUpdate
from csms.features.chargers.service import ChargerNotFoundError, ChargerService
from csms.features.drivers.schemas import DriverCreate, DriverImport, DriverImportUpdate, DriverToken, DriverUpdate
from csms.features.drivers.service import DriverService
from csms.features.imports import repository
from csms.features.imports.rules import Column, columns_of
from csms.features.tokens.schemas import TokenCreate, TokenUpdate
from csms.features.tokens.service import TokenService
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, InvalidError
from csms.kit.http.principal import Principal

C = TypeVar("C", bound=BaseModel)
U = TypeVar("U", bound=BaseModel)
Existing = RowMapping | Mapping[str, Any]
OnConflict = Literal["skip", "update", "fail"]


class AlreadyThereError(ConflictError):
    """A row is about something that is known already."""

    code: ClassVar[str] = "already_there"


class SiteUnclearError(InvalidError):
    """A row names a site or a group that there is not, or several."""

    code: ClassVar[str] = "site_unclear"


@dataclass(frozen=True, slots=True)
class Made:
    """What a row became."""

    status: Literal["created", "updated", "skipped"]
    subject: str
    reason: str | None = None
    generated: str | None = None


class Created(NamedTuple):
    """The id of something new, a secret that was made for it, and what else is to be said of it."""

    subject: str
    generated: str | None = None
    said: str | None = None


@dataclass(frozen=True, slots=True)
class Importer(Generic[C, U]):
    """A kind of thing that tables can hold.

    `find` gives what is there already; `create` makes it, `update` changes it and gives its id; `fold` makes of an
    identity what two rows about the same thing have in common; `prepare` turns names into ids. `secret`: what the
    secret is, as a column of the file in which they are handed out, beside the id and the cells in `beside`.
    """

    kind: str
    identity: str
    columns: tuple[Column, ...]
    create_body: type[C]
    update_body: type[U]
    create_permission: str
    update_permission: str
    fold: Callable[[str], str]
    find: Callable[[UnitOfWork, str], Awaitable[Existing | None]]
    create: Callable[[UnitOfWork, Principal, C], Awaitable[Created]]
    update: Callable[[UnitOfWork, Principal, Existing, U], Awaitable[str]]
    prepare: Callable[[UnitOfWork, Mapping[str, Any]], Awaitable[Mapping[str, Any]]] | None = None
    secret: str = "password"  # noqa: S105  (the name of a column)
    beside: tuple[str, ...] = ()

    def needed(self, on_conflict: OnConflict) -> tuple[str, ...]:
        """The permissions that it takes."""
        return (self.create_permission, *([self.update_permission] if on_conflict == "update" else []))

    async def apply(
        self, uow: UnitOfWork, principal: Principal, values: Mapping[str, Any], on_conflict: OnConflict
    ) -> Made:
        """Make or change one thing in somebody's name. Raises what the service refuses, and a ValidationError."""
        if self.prepare is not None:
            values = await self.prepare(uow, values)
        identity = values.get(self.identity)
        existing = await self.find(uow, identity) if isinstance(identity, str) and identity else None
        if existing is None:
            made = await self.create(uow, principal, self.create_body.model_validate(dict(values)))
            return Made("created", made.subject, made.said, made.generated)
        if on_conflict == "fail":
            raise AlreadyThereError(f"{identity!r} is there already: import with on_conflict skip or update")
        subject = str(existing["id"])
        if on_conflict == "skip":
            return Made("skipped", subject, "it is there already")
        changes = self._changes(values, existing)
        if changes is None:
            return Made("skipped", subject, "it is so already")
        return Made("updated", await self.update(uow, principal, existing, changes))

    def _changes(self, values: Mapping[str, Any], existing: Existing) -> U | None:
        """What is really to be changed: a charger whose connection need not be opened anew keeps it."""
        fields = self.update_body.model_fields.keys() - {self.identity}  # by that it was found, however it is written
        body = self.update_body.model_validate({name: value for name, value in values.items() if name in fields})
        changes = {
            name: values[name]
            for name in body.model_fields_set
            if name not in existing or existing[name] != getattr(body, name)
        }
        return self.update_body.model_validate(changes) if changes else None


Importers = Mapping[str, Importer[Any, Any]]

_VERSIONS: Final = {
    **dict.fromkeys(("1.6", "1.6j", "ocpp16", "ocpp16j", "ocpp 1.6", "ocpp 1.6j"), "ocpp1.6"),
    **dict.fromkeys(("2.0.1", "ocpp201", "ocpp 2.0.1"), "ocpp2.0.1"),
    **dict.fromkeys(("2.1", "ocpp21", "ocpp 2.1"), "ocpp2.1"),
}


def charger_importer(service: ChargerService) -> Importer[ChargerCreate, ChargerUpdate]:
    """Chargers, by their OCPP identity in any letter case."""

    async def find(uow: UnitOfWork, identity: str) -> Existing | None:
        try:
            return await service.get(uow, identity, lock=True)
        except ChargerNotFoundError:
            return None

    async def create(uow: UnitOfWork, _: Principal, body: ChargerCreate) -> Created:
        row, generated = await service.create(uow, body)
        return Created(row["id"], generated)

    async def update(uow: UnitOfWork, _: Principal, existing: Existing, body: ChargerUpdate) -> str:
        row = await service.update(uow, existing["id"], body)
        return str(row["id"])

    async def prepare(uow: UnitOfWork, values: Mapping[str, Any]) -> Mapping[str, Any]:
        site = values.get("site_id")
        return values if site is None else {**values, "site_id": await place_named(uow, "site", site, "site_id")}

    aliases = {
        "id": ("identity", "charger", "charger_id", "charge_point_id", "chargepoint", "cp_id", "ocpp_id",
               "charging_station_id", "station_id", "ladepunkt", "ladestation", "kennung"),
        "site_id": ("site", "site_name", "location", "standort"),
        "name": ("label", "title", "charger_name", "bezeichnung"),
        "security_profile": ("profile", "ocpp_security_profile", "sicherheitsprofil"),
        "password": ("secret", "authorization_key", "auth_key", "basic_auth_password", "passwort", "kennwort"),
        "validation": ("mode",),
        "default_protocol": ("default_version",),
        "protocols": ("protocol", "versions", "ocpp_version", "ocpp_versions", "ocpp", "subprotocols"),
        "ping": ("websocket_ping",),
        "heartbeat_interval_s": ("heartbeat_interval", "heartbeat", "heartbeat_s"),
        "registration": ("registration_status", "boot_answer"),
    }  # fmt: skip
    return Importer(
        "chargers",
        "id",
        columns_of(
            ChargerCreate,
            identity="id",
            aliases=aliases,
            spellings={"protocols": _VERSIONS, "default_protocol": _VERSIONS},
            secrets=frozenset({"password"}),
        ),
        ChargerCreate,
        ChargerUpdate,
        Permission.CHARGER_CREATE,
        Permission.CHARGER_UPDATE,
        str.lower,
        find,
        create,
        update,
        prepare,
    )


async def place_named(uow: UnitOfWork, kind: Literal["site", "group"], named: str, field: str) -> UUID:
    """A site or a group by its id or its name. Raises SiteUnclearError for the field."""
    with suppress(ValueError):
        return UUID(named)
    found = await repository.places_named(uow.connection, kind, named)
    if len(found) != 1:
        many = f"several {kind}s have the name {named[:100]!r}: give the id of one"
        raise SiteUnclearError(many if found else f"no {kind} has the name {named[:100]!r}", field=field)
    return found[0]


def token_importer(service: TokenService) -> Importer[TokenCreate, TokenUpdate]:
    """Tokens, by their value in any letter case."""

    async def create(uow: UnitOfWork, _: Principal, body: TokenCreate) -> Created:
        row = await service.create(uow, body)
        return Created(str(row["id"]))

    async def update(uow: UnitOfWork, _: Principal, existing: Existing, body: TokenUpdate) -> str:
        row = await service.update(uow, existing["id"], body)
        return str(row["id"])

    aliases = {
        "value": ("token", "id_tag", "idtag", "tag", "uid", "rfid", "card", "card_number", "karte", "kartennummer"),
        "type": ("token_type", "kind", "art"),
        "status": ("state", "zustand"),
        "group": ("parent_id_tag", "parent_id", "parent", "group_id", "gruppe"),
        "expires_at": ("expiry", "expiry_date", "expires", "valid_until", "valid_to", "gueltig_bis", "ablauf"),
        "note": ("comment", "remark", "description", "notiz", "bemerkung"),
    }
    spellings: dict[str, Mapping[str, str | int]] = {
        "type": {"iso14443": "rfid", "iso15693": "rfid", "card": "rfid", "mac": "mac_address", "keycode": "key_code"},
        "status": {"active": "accepted", "valid": "accepted", "ok": "accepted", "aktiv": "accepted",
                   "inactive": "blocked", "disabled": "blocked", "gesperrt": "blocked", "abgelaufen": "expired"},
    }  # fmt: skip
    return Importer(
        "tokens",
        "value",
        columns_of(TokenCreate, identity="value", aliases=aliases, spellings=spellings, secrets=frozenset()),
        TokenCreate,
        TokenUpdate,
        Permission.TOKEN_CREATE,
        Permission.TOKEN_UPDATE,
        normalize,
        service.by_value,
        create,
        update,
    )


def driver_importer(service: DriverService, tokens: TokenService) -> Importer[DriverImport, DriverImportUpdate]:
    """Drivers, by what another system calls them; a row without that is somebody new. Tokens are given, none taken."""

    async def create(uow: UnitOfWork, principal: Principal, body: DriverImport) -> Created:
        row = await service.create(uow, DriverCreate.model_validate(body.model_dump(exclude={"tokens"})))
        await give(uow, principal, row["id"], body.tokens)
        return Created(str(row["id"]))

    async def update(uow: UnitOfWork, principal: Principal, existing: Existing, body: DriverImportUpdate) -> str:
        changes = body.model_dump(exclude_unset=True, exclude={"tokens"})
        await service.update(uow, existing["id"], DriverUpdate.model_validate(changes))
        await give(uow, principal, existing["id"], body.tokens or [])
        return str(existing["id"])

    async def give(uow: UnitOfWork, principal: Principal, driver_id: UUID, values: Sequence[str]) -> None:
        for value in values:
            known = await tokens.by_value(uow, value)
            principal.need(Permission.TOKEN_CREATE if known is None else Permission.TOKEN_UPDATE)
            body = DriverToken(value=value) if known is None else DriverToken(token_id=known["id"])
            await service.give(uow, driver_id, body)

    async def prepare(uow: UnitOfWork, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Without the tokens that are theirs already."""
        name = values.get("external_id")
        driver = await service.by_external_id(uow, name) if isinstance(name, str) and "tokens" in values else None
        if driver is None:
            return values
        known = {value: await tokens.by_value(uow, value) for value in values["tokens"]}
        left = [value for value, row in known.items() if row is None or row["driver_id"] != driver["id"]]
        rest = {field: value for field, value in values.items() if field != "tokens"}
        return {**rest, "tokens": left} if left else rest

    aliases = {
        "name": ("driver", "driver_name", "full_name", "fahrer", "fahrername"),
        "email": ("e_mail", "mail", "email_address"),
        "phone": ("telephone", "mobile", "phone_number", "telefon", "handy"),
        "language": ("lang", "locale", "sprache"),
        "external_id": ("driver_id", "customer_id", "customer_number", "employee_id", "personnel_number",
                        "kundennummer", "personalnummer"),
        "note": ("comment", "remark", "notiz", "bemerkung"),
        "status": ("state", "zustand"),
        "tokens": ("token", "cards", "card", "rfid", "id_tags", "id_tag", "uid", "karten", "karte", "kartennummer"),
    }  # fmt: skip
    spellings: dict[str, Mapping[str, str | int]] = {
        "status": {"accepted": "active", "aktiv": "active", "inactive": "blocked", "disabled": "blocked",
                   "gesperrt": "blocked"},
    }  # fmt: skip
    return Importer(
        "drivers",
        "external_id",
        columns_of(DriverImport, identity="external_id", aliases=aliases, spellings=spellings, secrets=frozenset()),
        DriverImport,
        DriverImportUpdate,
        Permission.DRIVER_WRITE,
        Permission.DRIVER_WRITE,
        str,
        service.by_external_id,
        create,
        update,
        prepare,
    )
