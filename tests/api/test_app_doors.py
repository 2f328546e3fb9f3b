# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Every route of the whole product: none without a signed-in user, none without a permission (security promise 28)."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI

from csms.api.app import ApiDependencies
from csms.features.accounts.permissions import Permission
from csms.features.commands.service import CommandService
from csms.features.local_lists.service import with_version
from csms.features.transactions.service import names_of
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.http.principal import Principal, SecondFactor
from csms.main.api import assemble, new_hub
from tests.api.contract import document_of
from tests.features.accounts.support import Site, site
from tests.support.postgres import Database

OPEN = {  # how one signs in
    "login",
    "refresh",
    "accept_invitation",
    "finish_sign_in",
    "ask_second_passkey",
    "ask_passkey",
    "login_with_passkey",
    "forgot_password",
    "reset_password",
    "verify_email",
    "list_sign_in_providers",
    "start_single_sign_on",
    "finish_single_sign_on",
    "get_sign_in_branding",
    "get_sign_in_logo",
    "get_installation",
}
OWN = {"logout", "change_password", "get_me"}  # open to whoever has to change their password
ABOUT_ONESELF = OWN | {  # needs no permission
    "update_me",
    "get_organization",
    "list_my_sessions",
    "end_my_session",
    "end_my_other_sessions",
    "get_my_security",
    "ask_own_verification",
    "change_my_email",
    "withdraw_my_email",
    "show_second_factor",
    "ask_own_passkey",
    "begin_totp",
    "confirm_totp",
    "remove_totp",
    "renew_recovery_codes",
    "list_my_passkeys",
    "begin_passkey",
    "add_passkey",
    "remove_passkey",
    "rename_passkey",
    "get_my_preferences",
    "update_my_preferences",
    "list_views",
    "create_view",
    "order_views",
    "get_view",
    "update_view",
    "delete_view",
    "list_dashboards",
    "create_dashboard",
    "get_default_dashboards",
    "order_dashboards",
    "reset_dashboards",
    "get_dashboard",
    "update_dashboard",
    "delete_dashboard",
    "get_branding",
    "get_logo",
}
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
async def home(database: Database, tmp_path: Path) -> AsyncIterator[Site]:
    """What the application stands on."""
    async with site(database, tmp_path) as found:
        yield found


@pytest.fixture
def product(home: Site) -> FastAPI:
    """The application as main puts it together."""
    deps = ApiDependencies(**{name: getattr(home.app.state, name) for name in ApiDependencies.__dataclass_fields__})
    commands = CommandService(deps.units, deps.bus, deps.clock, deps.metrics, names_of, with_version, call_timeout_s=5)
    return assemble(deps, commands, new_hub(deps.bus))


def operations(app: FastAPI) -> list[tuple[str, str, str]]:
    """Method, path with something in its places, and name of every route under /api/v1."""
    found = []
    for path, item in document_of(app)["paths"].items():
        for method, operation in item.items():
            if path.startswith("/api/v1") and method in METHODS:
                found.append((method.upper(), re.sub(r"{[^}]+}", str(uuid4()), path), operation["operationId"]))
    assert len(found) > 25
    return found


async def ask_all(app: FastAPI, headers: dict[str, str], leave_out: set[str]) -> dict[str, tuple[int, Any]]:
    """What each route says."""
    answers = {}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://t") as client:
        for method, path, name in operations(app):
            if name not in leave_out:
                answer = await client.request(method, path, headers=headers)
                answers[name] = answer.status_code, answer.json()["code"]
    return answers


@pytest.mark.parametrize(
    ("headers", "code"), [({}, "unauthorized"), ({"Authorization": "Bearer a.b.c"}, "invalid_token")]
)
async def test_no_route_without_a_user(product: FastAPI, headers: dict[str, str], code: str) -> None:
    """Nothing is said, not even whether the thing exists."""
    answers = await ask_all(product, headers, OPEN)
    assert set(answers.values()) == {(401, code)}, answers


async def test_no_route_without_a_permission(product: FastAPI) -> None:
    """A user whose role may do nothing is refused by every route but those about themselves."""

    async def authenticate(_token: str) -> Principal:
        return Principal(uuid4(), "nobody", DEFAULT_ORGANIZATION_ID, "none", False)

    product.state.authenticate = authenticate
    answers = await ask_all(product, {"Authorization": "Bearer x"}, OPEN | ABOUT_ONESELF)
    assert set(answers.values()) == {(403, "forbidden")}, answers


async def test_no_route_before_the_password_is_changed(product: FastAPI) -> None:
    """Whoever still has a generated password gets nowhere, whatever the role."""

    async def authenticate(_token: str) -> Principal:
        return Principal(uuid4(), "admin", DEFAULT_ORGANIZATION_ID, "admin", True, {"system:audit:read": None})

    product.state.authenticate = authenticate
    answers = await ask_all(product, {"Authorization": "Bearer x"}, OPEN | OWN)
    assert set(answers.values()) == {(403, "password_change_required")}, answers


@pytest.mark.parametrize(
    ("state", "left"),
    [
        ("missing", {"begin_totp", "confirm_totp", "begin_passkey", "add_passkey"}),
        ("unshown", {"show_second_factor", "ask_own_passkey"}),
    ],
)
async def test_no_route_before_the_second_factor(product: FastAPI, state: SecondFactor, left: set[str]) -> None:
    """Whoever has to set one up, or to show it, gets nowhere else, whatever the role."""

    async def authenticate(_token: str) -> Principal:
        everything = {str(name): None for name in Permission}
        return Principal(uuid4(), "a", DEFAULT_ORGANIZATION_ID, "admin", False, everything, second_factor=state)

    product.state.authenticate = authenticate
    answers = await ask_all(product, {"Authorization": "Bearer x"}, OPEN | OWN | {"get_my_security"} | left)
    assert set(answers.values()) == {(403, "second_factor_required")}, answers
