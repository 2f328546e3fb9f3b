# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of branding: what is shown to whom, the logo, and whom browsers may ask for maps."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import RowMapping

from csms.features.branding import repository
from csms.features.branding.rules import MAX_BYTES, LogoRefusedError, read_picture
from csms.features.settings.registry import SettingsStore
from csms.features.settings.rules import BrandingSettings, SignInPageSettings
from csms.features.settings.service import load
from csms.kit.clock import Clock
from csms.kit.colors import text_on
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import Scope, UnitOfWork, UnitsOfWork
from csms.kit.errors import NotFoundError
from csms.kit.http.problems import PayloadTooLargeError

PRODUCT: Final = "CSMS Lite"


class LogoUnknownError(NotFoundError):
    """There is no logo."""

    code: ClassVar[str] = "logo_not_found"


class LogoTooLargeError(PayloadTooLargeError):
    """The picture has more bytes than a page should load."""

    code: ClassVar[str] = "logo_too_large"


def map_origins(store: SettingsStore) -> tuple[str, ...]:
    """For the Content-Security-Policy of the web app: whom browsers ask for maps, over all organizations.

    The page is the same for everybody and loads before it is known who signs in. Each is `https://host[:port]`.
    """
    return tuple(sorted({origin for each in store.known(BrandingSettings) for origin in each.origins()}))


async def read_logo(pieces: AsyncIterator[bytes]) -> bytes:
    """A picture as it is sent, held to its size."""
    content = bytearray()
    async for piece in pieces:
        content += piece
        if len(content) > MAX_BYTES:
            raise LogoTooLargeError(f"a logo has at most {MAX_BYTES // 1024} KiB: send a smaller picture")
    if not content:
        raise LogoRefusedError("nothing was sent: the body is the picture, raw or as a form")
    return bytes(content)


def _about(row: RowMapping) -> dict[str, Any]:
    return {name: row[name] for name in ("media_type", "width", "height", "sha256")}


class BrandingService:
    """How the web app looks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def sign_in(self, uow: UnitOfWork, logo_path: str) -> dict[str, Any]:
        """What may be shown to anybody. `logo_path` is where they find the logo."""
        values, picture = await load(uow, BrandingSettings), await repository.about_logo(uow.connection)
        return {
            "product_name": values.product_name or PRODUCT,
            "brand_color": values.brand_color,
            "text_color": None if values.brand_color is None else text_on(values.brand_color),
            "support_email": values.support_email,
            "support_phone": values.support_phone,
            "logo": None if picture is None else shown_logo(picture, logo_path),
        }

    async def own(self, uow: UnitOfWork, logo_path: str) -> dict[str, Any]:
        """The same and the map, for whoever has signed in."""
        values = await load(uow, BrandingSettings)
        shown = await self.sign_in(uow, logo_path)
        return {**shown, "map_style": values.map_style, "map_origins": list(values.origins())}

    async def logo(self, uow: UnitOfWork) -> RowMapping:
        """The picture."""
        row = await repository.logo(uow.connection)
        if row is None:
            raise LogoUnknownError("there is no logo: PUT /api/v1/branding/logo sets one")
        return row

    async def set_logo(self, uow: UnitOfWork, content: bytes) -> RowMapping:
        """Take a picture as the logo."""
        picture, before = read_picture(content), await repository.about_logo(uow.connection)
        values = {
            "organization_id": uow.scope.organization_id,
            "media_type": picture.media_type,
            "width": picture.width,
            "height": picture.height,
            "content": content,
            "sha256": hashlib.sha256(content).hexdigest(),
            "updated_at": self._clock.now(),
        }
        await repository.keep_logo(uow.connection, values)
        row = await self.logo(uow)
        old = None if before is None else _about(before)
        uow.audit("system:logo:update", "organization", str(uow.scope.organization_id), old, _about(row))
        return row

    async def remove_logo(self, uow: UnitOfWork) -> None:
        """Show no logo any more."""
        row = await self.logo(uow)
        await repository.remove_logo(uow.connection)
        uow.audit("system:logo:delete", "organization", str(uow.scope.organization_id), _about(row), None)


def shown_logo(row: RowMapping, path: str) -> dict[str, Any]:
    """What is said of a logo; with another picture the address is another, so that no old one is shown from memory."""
    about = {name: row[name] for name in ("media_type", "width", "height", "updated_at")}
    return {"url": f"{path}?v={row['sha256'][:16]}", **about}


async def shown_to_strangers(units: UnitsOfWork) -> UUID | None:
    """Whose branding is shown before anybody has signed in; None: nobody's."""
    async with units(Scope.system(DEFAULT_ORGANIZATION_ID)) as uow:
        chosen = (await load(uow, SignInPageSettings)).organization_id
    known = await units.organizations()
    if chosen is not None and chosen in known:
        return chosen
    return known[0] if len(known) == 1 else None
