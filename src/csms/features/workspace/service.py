# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of preferences, saved views and dashboards."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

import structlog
from pydantic import BaseModel, ValidationError
from sqlalchemy import RowMapping

from csms.features.accounts.permissions import Permission
from csms.features.accounts.roles import BUILT_IN
from csms.features.workspace import repository, rules
from csms.features.workspace.schemas import (
    DashboardCreate,
    DashboardDefaultBody,
    DashboardUpdate,
    PreferencesUpdate,
    PreferenceValues,
    ViewCreate,
    ViewUpdate,
)
from csms.features.workspace.tables import dashboards, saved_views
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork
from csms.kit.errors import ConflictError, InvalidError, NotFoundError
from csms.kit.http.etag import check_if_match, etag_of
from csms.kit.http.json import encode
from csms.kit.http.principal import Principal
from csms.kit.http.problems import ForbiddenError
from csms.kit.ids import new_id

log = structlog.get_logger(__name__)


class PreferencesTooLargeError(ConflictError):
    """All that a user keeps has a limit."""

    code: ClassVar[str] = "preferences_too_large"


class ViewNotFoundError(NotFoundError):
    """No such view, or it is private to somebody else, or of a screen that the caller may not read."""

    code: ClassVar[str] = "view_not_found"


class ViewTakenError(ConflictError):
    """Its owner has a view of that name on that screen."""

    code: ClassVar[str] = "view_taken"


class ViewOfAnotherError(ConflictError):
    """A view that somebody else shared cannot be made private: it would be gone for whoever does it."""

    code: ClassVar[str] = "view_of_another"


class TooManyViewsError(ConflictError):
    """A user keeps so many views and no more."""

    code: ClassVar[str] = "too_many_views"


class DashboardNotFoundError(NotFoundError):
    """No such dashboard of the caller's own."""

    code: ClassVar[str] = "dashboard_not_found"


class TooManyDashboardsError(ConflictError):
    """A user keeps so many dashboards and no more."""

    code: ClassVar[str] = "too_many_dashboards"


class DashboardDefaultNotFoundError(NotFoundError):
    """The role has no dashboards."""

    code: ClassVar[str] = "dashboard_default_not_found"


class DashboardRoleNotFoundError(NotFoundError):
    """There is no such role to give dashboards to."""

    code: ClassVar[str] = "role_not_found"


def _read(stored: Mapping[str, Any]) -> PreferenceValues:
    """What was chosen; what does not fit (a newer csms wrote it) is as if it had not been."""
    try:
        return PreferenceValues.model_validate(stored)
    except ValidationError as error:
        wrong = {str(item["loc"][0]) for item in error.errors()}
        log.warning("stored preferences do not fit and are passed over", names=sorted(wrong))
        return PreferenceValues.model_validate({name: value for name, value in stored.items() if name not in wrong})


def tag(values: Mapping[str, Any]) -> str:
    """The entity tag of preferences: the same as long as nothing was chosen otherwise."""
    return etag_of({name: values[name] for name in PreferenceValues.model_fields})


def _given(body: BaseModel) -> dict[str, Any]:
    """What a body names, each whole: with the defaults inside."""
    values = body.model_dump(mode="json")
    return {name: values[name] for name in values if name in body.model_fields_set}


def _named(body: ViewUpdate | DashboardUpdate, *required: str) -> dict[str, Any]:
    """What a body names. Raises InvalidError for a null where something has to be."""
    named = _given(body)
    for name in required:
        if name in named and named[name] is None:
            raise InvalidError(f"{name} cannot be empty: leave it out to keep it as it is")
    return named


class PreferenceService:
    """How the web app is set up for somebody."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def get(self, uow: UnitOfWork, user_id: UUID) -> dict[str, Any]:
        """What a user chose, and the defaults."""
        row = await repository.preferences(uow.connection, user_id)
        if row is None:
            return {**PreferenceValues().model_dump(mode="json"), "updated_at": None}
        return {**_read(row["document"]).model_dump(mode="json"), "updated_at": row["updated_at"]}

    async def change(
        self, uow: UnitOfWork, user_id: UUID, body: PreferencesUpdate, if_match: str | None
    ) -> dict[str, Any]:
        """Merge what is named into what is kept."""
        named = _given(body)
        if not named:
            shown = await self.get(uow, user_id)
            check_if_match(if_match, tag(shown))
            return shown
        now = self._clock.now()
        row = await repository.hold_preferences(uow.connection, uow.scope.organization_id, user_id, now)
        before = _read(row["document"]).model_dump(mode="json")
        check_if_match(if_match, tag(before))
        default = PreferenceValues().model_dump(mode="json")
        given = named.pop("documents", {})
        after = before | {name: default[name] if value is None else value for name, value in named.items()}
        kept = {} if given is None else before["documents"] | given
        after["documents"] = {name: value for name, value in kept.items() if value is not None}
        chosen = {name: value for name, value in after.items() if value != default[name]}
        size = len(encode(chosen))
        if size > rules.MAX_PREFERENCES_BYTES:
            raise PreferencesTooLargeError(
                f"preferences have at most {rules.MAX_PREFERENCES_BYTES} bytes as JSON, and these would have {size}:"
                " remove documents that are not needed"
            )
        await repository.keep_preferences(uow.connection, user_id, chosen, now)
        return {**after, "updated_at": now}


class ViewService:
    """Lists as people want to see them again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def may_change(self, principal: Principal, owner_id: UUID, *, shared: bool) -> bool:
        """One's own; and shared ones, whoever made them, with the permission to share."""
        return Permission.VIEW_SHARE in principal.grants if shared else owner_id == principal.user_id

    async def get(self, uow: UnitOfWork, principal: Principal, view_id: UUID, *, lock: bool = False) -> RowMapping:
        """One view that the caller sees."""
        seen = repository.seen_by(principal.user_id, rules.readable(principal.grants))
        row = await repository.view(uow.connection, view_id, seen, lock=lock)
        if row is None:
            raise ViewNotFoundError(f"there is no view {view_id}: it may have been deleted, or is not shared any more")
        return row

    async def create(self, uow: UnitOfWork, principal: Principal, body: ViewCreate) -> RowMapping:
        """Keep a view, behind the others unless the body says where."""
        if body.shared:
            self._check_may_share(principal)
        await repository.hold_user(uow.connection, principal.user_id)
        count, position = await repository.last_view(uow.connection, principal.user_id, body.screen)
        if count >= rules.MAX_VIEWS:
            raise TooManyViewsError(f"you have {rules.MAX_VIEWS} views, and more are not kept: delete one first")
        now, view_id = self._clock.now(), new_id()
        values = {
            **body.model_dump(mode="json"),
            "id": view_id,
            "organization_id": uow.scope.organization_id,
            "user_id": principal.user_id,
            "position": position if body.position is None else body.position,
            "created_at": now,
            "updated_at": now,
        }
        if not await repository.add_view(uow.connection, values):
            raise ViewTakenError(f"you have a view {body.name!r} of {body.screen} already: choose another name")
        uow.audit("view:view:create", "view", str(view_id), None, _told(values))
        return await self.get(uow, principal, view_id)

    async def update(
        self, uow: UnitOfWork, principal: Principal, view_id: UUID, body: ViewUpdate, if_match: str | None
    ) -> RowMapping:
        """Change what is named."""
        before = await self._to_change(uow, principal, view_id)
        check_if_match(if_match, etag_of(dict(before)))
        named = _named(body, "name", "shared", "filter", "display", "position")
        changes = {name: value for name, value in named.items() if before[name] != value}
        if not changes:
            return before
        if changes.get("shared"):
            self._check_may_share(principal)
        elif "shared" in changes and before["owner_id"] != principal.user_id:
            raise ViewOfAnotherError(f"only {before['owner']} can make this view private again: delete it instead")
        if not await repository.change_view(uow.connection, view_id, {**changes, "updated_at": self._clock.now()}):
            raise ViewTakenError(f"there is a view {body.name!r} of {before['screen']} already: choose another name")
        after = await self.get(uow, principal, view_id)
        uow.audit("view:view:update", "view", str(view_id), _told(before), _told(after))
        return after

    async def delete(self, uow: UnitOfWork, principal: Principal, view_id: UUID, if_match: str | None) -> None:
        """Forget a view."""
        before = await self._to_change(uow, principal, view_id)
        check_if_match(if_match, etag_of(dict(before)))
        await repository.remove_view(uow.connection, view_id)
        uow.audit("view:view:delete", "view", str(view_id), _told(before), None)

    async def put_in_order(self, uow: UnitOfWork, principal: Principal, ids: Sequence[UUID]) -> None:
        """Number views in the order that they are to have."""
        for view_id in sorted(_distinct(ids)):
            await self._to_change(uow, principal, view_id)
        await repository.put_in_order(uow.connection, saved_views, ids, self._clock.now())
        uow.audit("view:view:order", "user", str(principal.user_id), None, {"ids": list(map(str, ids))})

    async def _to_change(self, uow: UnitOfWork, principal: Principal, view_id: UUID) -> RowMapping:
        row = await self.get(uow, principal, view_id, lock=True)
        if not self.may_change(principal, row["owner_id"], shared=row["shared"]):
            self._check_may_share(principal)
        return row

    def _check_may_share(self, principal: Principal) -> None:
        if Permission.VIEW_SHARE not in principal.grants:
            raise ForbiddenError(f"a shared view needs the permission {Permission.VIEW_SHARE}")


def _distinct(ids: Sequence[UUID]) -> Sequence[UUID]:
    if len(set(ids)) != len(ids):
        raise InvalidError("each id is named once")
    return ids


def _told(row: RowMapping | Mapping[str, Any]) -> dict[str, Any]:
    """For the audit log, where words stay: not the values of filters, nor how people call what is theirs alone."""
    told = {"screen": row["screen"], "shared": row["shared"], "filter": sorted(row["filter"])}
    return told | ({"name": row["name"]} if row["shared"] else {})


class DashboardService:
    """Tiles that people look at, and what their roles give them until they choose."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def get(self, uow: UnitOfWork, user_id: UUID, dashboard_id: UUID, *, lock: bool = False) -> RowMapping:
        """One of a user's own."""
        row = await repository.dashboard(uow.connection, dashboard_id, user_id, lock=lock)
        if row is None:
            raise DashboardNotFoundError(f"you have no dashboard {dashboard_id}")
        return row

    async def create(self, uow: UnitOfWork, user_id: UUID, body: DashboardCreate) -> RowMapping:
        """Keep a dashboard, behind the others unless the body says where."""
        await repository.hold_user(uow.connection, user_id)
        count, position = await repository.last_dashboard(uow.connection, user_id)
        if count >= rules.MAX_DASHBOARDS:
            raise TooManyDashboardsError(f"you have {rules.MAX_DASHBOARDS} dashboards: delete one first")
        now, dashboard_id = self._clock.now(), new_id()
        values = {
            **body.model_dump(mode="json"),
            "id": dashboard_id,
            "organization_id": uow.scope.organization_id,
            "user_id": user_id,
            "position": position if body.position is None else body.position,
            "created_at": now,
            "updated_at": now,
        }
        await repository.add_dashboard(uow.connection, values)
        uow.audit("dashboard:dashboard:create", "dashboard", str(dashboard_id), None, _layout(values))
        return await self.get(uow, user_id, dashboard_id)

    async def update(
        self, uow: UnitOfWork, user_id: UUID, dashboard_id: UUID, body: DashboardUpdate, if_match: str | None
    ) -> RowMapping:
        """Change what is named."""
        before = await self.get(uow, user_id, dashboard_id, lock=True)
        check_if_match(if_match, etag_of(dict(before)))
        named = _named(body, "name", "widgets", "position")
        changes = {name: value for name, value in named.items() if before[name] != value}
        if not changes:
            return before
        await repository.change_dashboard(uow.connection, dashboard_id, {**changes, "updated_at": self._clock.now()})
        after = await self.get(uow, user_id, dashboard_id)
        uow.audit("dashboard:dashboard:update", "dashboard", str(dashboard_id), _layout(before), _layout(after))
        return after

    async def delete(self, uow: UnitOfWork, user_id: UUID, dashboard_id: UUID, if_match: str | None) -> None:
        """Forget a dashboard."""
        before = await self.get(uow, user_id, dashboard_id, lock=True)
        check_if_match(if_match, etag_of(dict(before)))
        await repository.remove_dashboard(uow.connection, dashboard_id)
        uow.audit("dashboard:dashboard:delete", "dashboard", str(dashboard_id), _layout(before), None)

    async def put_in_order(self, uow: UnitOfWork, user_id: UUID, ids: Sequence[UUID]) -> None:
        """Number dashboards in the order that they are to have."""
        for dashboard_id in sorted(_distinct(ids)):
            await self.get(uow, user_id, dashboard_id, lock=True)
        await repository.put_in_order(uow.connection, dashboards, ids, self._clock.now())
        uow.audit("dashboard:dashboard:order", "user", str(user_id), None, {"ids": list(map(str, ids))})

    async def own_default(self, uow: UnitOfWork, principal: Principal) -> dict[str, Any]:
        """What the caller sees without dashboards of their own: by their role, else one at a place."""
        keys = [principal.role, *await repository.roles_at_places(uow.connection, principal.user_id)]
        found = await repository.defaults(uow.connection, keys)
        role = next((key for key in keys if key in found), None)
        return {"role": role, "dashboards": [] if role is None else found[role]["dashboards"]}

    async def reset(self, uow: UnitOfWork, principal: Principal) -> dict[str, Any]:
        """Forget all that are the caller's own: from now on they see what their role gives them."""
        gone = await repository.remove_dashboards(uow.connection, principal.user_id)
        if gone:
            uow.audit("dashboard:dashboard:reset", "user", str(principal.user_id), {"dashboards": gone}, None)
        return await self.own_default(uow, principal)

    async def default(self, uow: UnitOfWork, key: str) -> RowMapping:
        """The dashboards of a role."""
        row = (await repository.defaults(uow.connection, [key])).get(key)
        if row is None:
            raise DashboardDefaultNotFoundError(f"nobody set dashboards for the role {key!r}")
        return row

    async def set_default(
        self, uow: UnitOfWork, key: str, body: DashboardDefaultBody, if_match: str | None
    ) -> RowMapping:
        """Say what whoever has a role sees until they make dashboards of their own."""
        if key not in BUILT_IN and not await repository.has_role(uow.connection, key):
            raise DashboardRoleNotFoundError(f"there is no role {key!r}: GET /api/v1/roles lists them")
        before = await repository.hold_default(uow.connection, uow.scope.organization_id, key)
        check_if_match(if_match, "" if before is None else etag_of(dict(before)))
        values = {
            "organization_id": uow.scope.organization_id,
            "role": key,
            "dashboards": body.model_dump(mode="json")["dashboards"],
            "updated_at": self._clock.now(),
        }
        await repository.keep_default(uow.connection, values)
        old = None if before is None else _layouts(before)
        uow.audit("dashboard:default:change", "role", key, old, _layouts(values))
        return await self.default(uow, key)

    async def remove_default(self, uow: UnitOfWork, key: str, if_match: str | None) -> None:
        """Leave it to the app what whoever has a role sees."""
        before = await repository.hold_default(uow.connection, uow.scope.organization_id, key)
        if before is None:
            raise DashboardDefaultNotFoundError(f"nobody set dashboards for the role {key!r}")
        check_if_match(if_match, etag_of(dict(before)))
        await repository.remove_default(uow.connection, key)
        uow.audit("dashboard:default:change", "role", key, _layouts(before), None)


def _layout(row: RowMapping | Mapping[str, Any]) -> dict[str, Any]:
    """For the audit log, where words stay: what is where, not how people call it or what they set."""
    return {"widgets": [f"{each['kind']} {each['size']}" for each in row["widgets"]]}


def _layouts(row: RowMapping | Mapping[str, Any]) -> dict[str, Any]:
    return {"dashboards": [{"name": each["name"], **_layout(each)} for each in row["dashboards"]]}
