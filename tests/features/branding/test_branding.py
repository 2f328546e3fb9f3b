# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How the app looks for an organization, and what strangers see of it."""

from pathlib import Path
from uuid import UUID

import pytest

from csms.api.web import WebApp
from csms.features.branding.rules import MAX_BYTES
from csms.features.branding.service import map_origins
from csms.features.settings.registry import SettingsStore
from csms.features.settings.rules import BrandingSettings
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import Scope
from tests.api.support import Product, product
from tests.features.branding.pictures import PICTURES
from tests.features.workspace.support import person
from tests.support.postgres import Database

PATH = "/api/v1/branding"
SETTINGS = "/api/v1/settings/branding"
STRANGERS = "/api/v1/auth/branding"
OTHER = UUID("0192f000-0000-7000-8000-0000000000aa")
FRESH = {
    "product_name": "CSMS Lite",
    "brand_color": None,
    "text_color": None,
    "support_email": None,
    "support_phone": None,
    "logo": None,
}


async def _set(api: Product, **values: object) -> None:
    answer = await api.client.patch(SETTINGS, json=values)
    assert answer.status_code == 200, answer.text


async def test_it_is_shown_to_everybody_who_signed_in(api: Product) -> None:
    """Fresh, then set: with the text that is read on the colour, the map, and a tag; a viewer reads it, a key too."""
    fresh = await api.client.get(PATH)
    assert fresh.json() == {**FRESH, "map_style": "builtin", "map_origins": []}
    await _set(
        api,
        product_name="Beispiel Lädt",
        brand_color="#0A5C36",
        support_email="help@example.org",
        map_style="https://maps.example.org/style.json?key=1",
        map_origins=["https://tiles.example.org/", "https://maps.example.org"],
    )
    anna = await person(api, "anna", "viewer")
    found = await api.client.get(PATH, headers=anna)
    assert found.json() == {
        **FRESH,
        "product_name": "Beispiel Lädt",
        "brand_color": "#0a5c36",
        "text_color": "#ffffff",
        "support_email": "help@example.org",
        "map_style": "https://maps.example.org/style.json?key=1",
        "map_origins": ["https://maps.example.org", "https://tiles.example.org"],
    }
    again = await api.client.get(PATH, headers={**anna, "If-None-Match": found.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert fresh.headers["etag"] != found.headers["etag"]
    assert await api.refused("PATCH", SETTINGS, json={"product_name": "x"}, headers=anna) == (403, "forbidden")
    async with api.as_nobody() as nobody:
        assert (await nobody.get(PATH)).status_code == 401


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"brand_color": "#808080"}, "white has a contrast of 3.95:1"),
        ({"brand_color": "green"}, "pattern"),
        ({"product_name": "a\nb"}, "pattern"),
        ({"support_email": "help"}, "pattern"),
        ({"support_phone": "call me"}, "pattern"),
        ({"map_style": "http://maps.example.org/style.json"}, "https://maps.example.org/style.json"),
        ({"map_style": "/maps/../secrets.pmtiles"}, "/maps/europe.pmtiles"),
        ({"map_style": "/maps/europe.json"}, "/maps/europe.pmtiles"),
        ({"map_style": "//evil.example/europe.pmtiles"}, "/maps/europe.pmtiles"),
        ({"map_origins": ["https://tiles.example.org/path"]}, "without a path"),
        ({"map_origins": ["https://tiles.example.org; script-src *"]}, "https"),
        ({"map_origins": ["https://tiles.example.org"] * 6}, "5"),
    ],
)
async def test_what_does_not_fit_is_refused_with_a_reason(api: Product, body: dict[str, object], says: str) -> None:
    """And nothing changes."""
    answer = await api.client.patch(SETTINGS, json=body)
    assert answer.status_code == 422
    assert says in answer.json()["errors"][0]["message"], answer.text
    assert (await api.client.get(PATH)).json() == {**FRESH, "map_style": "builtin", "map_origins": []}


async def test_paths_of_map_files_are_fine_and_ask_nobody_else(api: Product) -> None:
    """Further origins are of no use then, and are not told."""
    await _set(api, map_style="/maps/europe.2026-11.pmtiles", map_origins=["https://tiles.example.org"])
    assert (await api.client.get(PATH)).json()["map_origins"] == []


async def test_the_page_may_ask_whom_the_settings_name(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the setting to the Content-Security-Policy of the web app; gone again with it."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html>")
    monkeypatch.setattr(WebApp.__init__, "__defaults__", (folder,))
    stores: list[SettingsStore] = []
    async with product(database, tmp_path, map_origins=lambda: map_origins(stores[0])) as api:
        stores.append(SettingsStore(api.units))

        async def policy() -> str:
            await stores[0].reload()
            answer = await api.client.get("/map", headers={"accept": "text/html"})
            found: str = answer.headers["content-security-policy"]
            return found

        plain = await policy()
        assert "https:" not in plain
        await _set(api, map_style="https://maps.example.org/s.json", map_origins=["https://tiles.example.org"])
        both = "connect-src 'self' https://maps.example.org https://tiles.example.org;"
        assert both in await policy()
        await _set(api, map_style="builtin")
        assert await policy() == plain


async def test_the_logo(api: Product) -> None:
    """Set raw or as a form, replaced, served as what it is and as nothing else, taken away."""
    png, jpeg = PICTURES["png"], PICTURES["jpeg"]
    first = (await api.client.put(f"{PATH}/logo", content=png, headers={"Content-Type": "image/svg+xml"})).json()
    assert (first["media_type"], first["width"], first["height"]) == ("image/png", 24, 16)
    assert (await api.client.get(PATH)).json()["logo"] == first
    shown = await api.client.get(first["url"])
    assert (shown.content, shown.headers["content-type"]) == (png, "image/png")
    assert shown.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert shown.headers["x-content-type-options"] == "nosniff"
    known = {"If-None-Match": shown.headers["etag"]}
    assert (await api.client.get(first["url"], headers=known)).status_code == 304

    second = (await api.client.put(f"{PATH}/logo", files={"file": ("logo.png", jpeg, "image/png")})).json()
    assert second["media_type"] == "image/jpeg"
    assert second["url"] != first["url"]
    assert (await api.client.get(f"{PATH}/logo", headers=known)).content == jpeg
    assert (await api.client.delete(f"{PATH}/logo")).status_code == 204
    for method in ("GET", "DELETE"):
        assert await api.refused(method, f"{PATH}/logo") == (404, "logo_not_found")
    assert (await api.client.get(PATH)).json()["logo"] is None
    lines = await api.items("/api/v1/audit", subject_kind="organization", sort="at")
    assert [line["action"] for line in lines] == ["system:logo:update", "system:logo:update", "system:logo:delete"]
    assert lines[1]["before"]["sha256"] == lines[0]["after"]["sha256"]


async def test_what_is_no_logo_is_refused(api: Product) -> None:
    """SVG, too many bytes, nothing; by whoever may not; the one that was there stays."""
    await api.client.put(f"{PATH}/logo", content=PICTURES["png"])
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    as_png = {"Content-Type": "image/png"}
    assert await api.refused("PUT", f"{PATH}/logo", content=svg, headers=as_png) == (400, "logo_refused")
    assert await api.refused("PUT", f"{PATH}/logo", content=b"") == (400, "logo_refused")
    large = PICTURES["png"] + bytes(MAX_BYTES)
    assert await api.refused("PUT", f"{PATH}/logo", content=large) == (413, "logo_too_large")
    otto = await person(api, "otto", "operator")
    for method in ("PUT", "DELETE"):
        refused = await api.refused(method, f"{PATH}/logo", content=PICTURES["jpeg"], headers=otto)
        assert refused == (403, "forbidden")
    assert (await api.client.get(f"{PATH}/logo", headers=otto)).content == PICTURES["png"]


async def test_strangers_see_the_only_organization(api: Product) -> None:
    """Its name, colour, contacts and logo, without the map; held to a number of requests an address."""
    await _set(api, product_name="Example", brand_color="#ffdd00", map_style="https://maps.example.org/s.json?key=1")
    await api.client.put(f"{PATH}/logo", content=PICTURES["lossless"])
    async with api.as_nobody() as nobody:
        found = (await nobody.get(STRANGERS)).json()
        logo = found.pop("logo")
        assert found == {
            "product_name": "Example",
            "brand_color": "#ffdd00",
            "text_color": "#131a24",
            "support_email": None,
            "support_phone": None,
        }
        assert (await nobody.get(logo["url"])).content == PICTURES["lossless"]
        assert (await nobody.get(f"{PATH}/logo")).status_code == 401
        api.app.state.limits = type(api.app.state.limits)(1000, 2, 1000)
        codes = [(await nobody.get(path)).status_code for path in (STRANGERS, f"{STRANGERS}/logo", STRANGERS)]
        assert codes == [200, 200, 429]


async def test_with_several_organizations_the_installation_says_which(api: Product) -> None:
    """None by itself; the one that is set; none again where it is gone; no other organization sets itself."""
    await _set(api, product_name="First")
    await api.client.put(f"{PATH}/logo", content=PICTURES["png"])
    await api.sql.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Other')", OTHER)
    await api.insert("settings", organization_id=OTHER, key="branding", value={"product_name": "Second"})
    async with api.as_nobody() as nobody:
        assert (await nobody.get(STRANGERS)).json() == FRESH
        assert (await nobody.get(f"{STRANGERS}/logo")).status_code == 404
        page = "/api/v1/settings/sign_in_page"
        unknown = {"organization_id": "0192f000-0000-7000-8000-0000000000ff"}
        assert await api.refused("PATCH", page, json=unknown) == (404, "organization_not_found")
        for key, name in ((OTHER, "Second"), (DEFAULT_ORGANIZATION_ID, "First")):
            assert (await api.client.patch(page, json={"organization_id": str(key)})).status_code == 200
            assert (await nobody.get(STRANGERS)).json()["product_name"] == name
        assert (await nobody.get(f"{STRANGERS}/logo")).content == PICTURES["png"]
        await api.client.patch(page, json={"organization_id": None})
        assert (await nobody.get(STRANGERS)).json() == FRESH
    async with api.units(Scope.system(OTHER)) as uow:
        rows = await uow.connection.exec_driver_sql("SELECT count(*) FROM organization_logos")
        assert rows.scalar_one() == 0, "nobody else's logo is there for it"


async def test_origins_of_maps_over_all_organizations(api: Product) -> None:
    """For the policy of a page that loads before anybody signed in: each once, sorted, none of who has none."""
    store = SettingsStore(api.units)
    await store.reload()
    assert map_origins(store) == ()
    await _set(api, map_style="https://maps.example.org:8443/s.json", map_origins=["https://tiles.example.org"])
    await api.sql.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Other')", OTHER)
    other = {"map_style": "https://a.example/s.json", "map_origins": ["https://tiles.example.org"]}
    await api.insert("settings", organization_id=OTHER, key="branding", value=other)
    await store.reload()
    assert map_origins(store) == ("https://a.example", "https://maps.example.org:8443", "https://tiles.example.org")
    assert store.get(OTHER, BrandingSettings).origins() == ("https://a.example", "https://tiles.example.org")
