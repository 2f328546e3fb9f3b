# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP over plug-ins: which are installed, and what they add."""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from csms.features.accounts.permissions import Permission
from csms.kit.http.json import rows_response
from csms.kit.http.principal import Principal
from csms.kit.http.require import require
from csms.kit.http.routes import Route
from csms.plugin.registry import Plugins

Reads = Annotated[Principal, require(Permission.SETTINGS_READ)]


class CustomActionItem(BaseModel):
    """A command that a plug-in adds: send it as `{"type": "custom", "action": …, "arguments": …}`."""

    action: str
    help: str
    arguments: dict[str, Any] = Field(description="JSON schema of the arguments.")


class PluginItem(BaseModel):
    """A plug-in."""

    name: str
    version: str
    vendors: list[str] = Field(description="Vendors whose DataTransfer it understands.")
    actions: list[CustomActionItem]


class PluginList(BaseModel):
    """All that are installed."""

    items: list[PluginItem]


def router(plugins: Plugins) -> APIRouter:
    """The routes."""
    api = APIRouter(prefix="/api/v1", tags=["operations"], route_class=Route)

    @api.get("/plugins", response_model=PluginList)
    async def list_plugins(principal: Reads) -> Response:
        """Plug-ins of this installation."""
        del principal
        return rows_response({"items": plugins.described()})

    return api
