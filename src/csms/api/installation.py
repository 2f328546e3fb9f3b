# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What this installation says of itself: to anybody what signing in needs, to who is signed in where chargers go."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from csms.features.accounts.dependencies import Accounts
from csms.kit.http.json import rows_response
from csms.kit.http.principal import Principal
from csms.kit.http.require import signed_in_or_not
from csms.kit.http.routes import Route

Somebody = Annotated[Principal | None, signed_in_or_not()]


class ChargerAddress(BaseModel):
    """Where chargers connect to."""

    url: str = Field(description="With `{identity}` where the charger's identity stands.")
    security_profiles: list[int] = Field(description="Of OCPP, which are served there.")


class Installation(BaseModel):
    """What this installation says of itself."""

    origin: str | None = Field(description="How browsers name it, where that is known: passkeys work there only.")
    insecure_lan: bool = Field(description="Plain HTTP off this machine: passwords can be read on the way.")
    mails: bool = Field(description="Whether it sends mails with links, for forgotten passwords and addresses.")
    initial_password: Literal["file", "terminal"] | None = Field(
        description="Where the generated password of `admin` stands, as long as nobody has changed it."
    )
    documentation_url: str
    version: str | None = Field(description="Null for whoever is not signed in.")
    charger_addresses: list[ChargerAddress] | None = Field(description="Null for whoever is not signed in.")


def router(version: str, docs_url: str, doors: Sequence[ChargerAddress], *, insecure_lan: bool) -> APIRouter:
    """The one route."""
    api = APIRouter(prefix="/api/v1", tags=["accounts"], route_class=Route)

    @api.get("/installation", response_model=Installation)
    async def get_installation(principal: Somebody, accounts: Accounts) -> Response:
        """What this installation says of itself; more of it to whoever is signed in."""
        known = principal is not None
        identity = accounts.identity
        return rows_response(
            {
                "origin": identity.origin,
                "insecure_lan": insecure_lan,
                "mails": identity.letters.possible,
                "initial_password": await accounts.initial_password(),
                "documentation_url": docs_url,
                "version": version if known else None,
                "charger_addresses": [each.model_dump() for each in doors] if known else None,
            }
        )

    return api
