# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of branding."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class Logo(BaseModel):
    """A picture, and where it is."""

    url: str = Field(description="A path of this server; another picture has another one.")
    media_type: Literal["image/png", "image/jpeg", "image/webp"]
    width: int = Field(description="Pixels.")
    height: int = Field(description="Pixels.")
    updated_at: datetime


class SignInBranding(BaseModel):
    """What a page shows to whoever has not signed in yet."""

    product_name: str
    brand_color: str | None = Field(description="#rrggbb; null: the app's own.")
    text_color: str | None = Field(description="#rrggbb, to be read on the brand colour; null where there is none.")
    support_email: str | None
    support_phone: str | None
    logo: Logo | None


class Branding(SignInBranding):
    """How the web app looks for the caller's organization."""

    map_style: str = Field(description="`builtin`, the https address of a style or a PMTiles file, or the path of one.")
    map_origins: list[str] = Field(description="Of whom a browser asks anything for the map.")
