# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How the app is set up for somebody: theirs alone, merged, bounded, and never lost to another tab."""

import asyncio
from typing import Any

from csms.features.workspace.rules import MAX_PREFERENCES_BYTES
from csms.features.workspace.schemas import PreferenceValues
from tests.api.support import Product
from tests.features.workspace.support import SITE, as_program, person

PATH = "/api/v1/me/preferences"


async def changed(api: Product, **values: Any) -> dict[str, Any]:
    """PATCH that has to succeed."""
    answer = await api.client.patch(PATH, json=values)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_what_is_named_is_merged_and_the_rest_stays(api: Product) -> None:
    """Defaults first; documents by name; null goes back; what is at its default is not stored."""
    fresh = (await api.client.get(PATH)).json()
    assert fresh == {**PreferenceValues().model_dump(mode="json"), "updated_at": None}
    assert (await changed(api))["updated_at"] is None, "nothing was named, and no row is made"
    assert await api.sql.fetchval("SELECT count(*) FROM user_preferences") == 0

    first = await changed(
        api,
        locale="de-AT",
        theme="dark",
        scope={"site_id": SITE},
        recent=[{"kind": "charger", "id": "CP/Ä 1"}],
        documents={"columns.chargers": {"order": ["id", "name"]}, "tour": {"step": 3}},
    )
    assert first["scope"] == {"site_id": SITE, "group_id": None}
    second = await changed(
        api, theme=None, single_key_shortcuts=False, documents={"tour": None, "columns.tokens": {"order": ["value"]}}
    )
    assert second == {
        **first,
        "theme": "system",
        "single_key_shortcuts": False,
        "documents": {"columns.chargers": {"order": ["id", "name"]}, "columns.tokens": {"order": ["value"]}},
    }
    assert second == (await api.client.get(PATH)).json()
    stored = await api.sql.fetchval("SELECT document FROM user_preferences")
    assert set(stored) == {"locale", "scope", "recent", "documents", "single_key_shortcuts"}
    emptied = await changed(
        api, locale=None, scope=None, recent=None, documents=None, single_key_shortcuts=None, dismissed=[]
    )
    assert {**emptied, "updated_at": None} == fresh
    assert await api.sql.fetchval("SELECT document FROM user_preferences") == {}


async def test_two_tabs_do_not_undo_each_other(api: Product) -> None:
    """Other fields at the same time are both kept; with If-Match only what was seen is changed, also the first time."""
    await asyncio.gather(*(changed(api, documents={f"d{number}": {"n": number}}) for number in range(5)))
    assert set((await api.client.get(PATH)).json()["documents"]) == {f"d{number}" for number in range(5)}
    await api.sql.execute("DELETE FROM user_preferences")
    tag = (await api.client.get(PATH)).headers["etag"]
    answers = await asyncio.gather(
        *(api.client.patch(PATH, json={"theme": each}, headers={"If-Match": tag}) for each in ("dark", "light"))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    refused = await api.refused("PATCH", PATH, json={}, headers={"If-Match": tag})
    assert refused == (412, "stale"), "where nothing is named too"
    current = (await api.client.get(PATH)).headers["etag"]
    assert (await api.client.patch(PATH, json={"density": "compact"}, headers={"If-Match": current})).status_code == 200


async def test_they_have_a_limit(api: Product) -> None:
    """All together, at the byte; a refused change leaves what was there."""
    empty = len(b'{"documents":{"d":{"t":""}}}')
    await changed(api, documents={"d": {"t": "x" * (MAX_PREFERENCES_BYTES - empty)}})
    one_more = {"documents": {"d": {"t": "x" * (MAX_PREFERENCES_BYTES - empty + 1)}}}
    assert await api.refused("PATCH", PATH, json=one_more) == (409, "preferences_too_large")
    assert await api.refused("PATCH", PATH, json={"theme": "dark"}) == (409, "preferences_too_large")
    assert (await api.client.get(PATH)).json()["theme"] == "system"
    assert (await changed(api, documents={"d": None}, theme="dark"))["documents"] == {}


async def test_what_does_not_fit_is_refused(api: Product) -> None:
    """With the place of the fault; nothing of such a body is kept."""
    for body in (
        {"locale": "de_AT"},
        {"theme": "pink"},
        {"time_zone": "Europe/Berlin"},
        {"dismissed": ["x"] * 101},
        {"dismissed": ["Not A Word"]},
        {"recent": [{"kind": "charger", "id": "CP1", "name": "whose?"}]},
        {"recent": [{"kind": "charger", "id": "CP1"}] * 51},
        {"documents": {"d": [1]}},
        {"documents": {"../d": {}}},
        {"documents": {f"d{number}": {} for number in range(101)}},
        {"scope": {"site_id": "north"}},
        {"role": "admin"},
    ):
        answer = await api.client.patch(PATH, json={"density": "compact", **body})
        assert answer.status_code == 422, body
        assert next(iter(body)) in answer.json()["errors"][0]["path"], answer.text
    assert (await api.client.patch(PATH, content=b'{"documents":{"d":' + b"[" * 60_000)).status_code == 422
    assert (await api.client.get(PATH)).json()["updated_at"] is None


async def test_everybody_has_their_own_and_programs_have_none(api: Product) -> None:
    """Nobody reads another's; a key is told whom this is for; nobody has to be an administrator."""
    await changed(api, theme="dark")
    anna = await person(api, "anna", "none")
    assert (await api.client.get(PATH, headers=anna)).json()["theme"] == "system"
    await api.client.patch(PATH, json={"theme": "light"}, headers=anna)
    assert (await api.client.get(PATH)).json()["theme"] == "dark"
    for method, options in (("GET", {}), ("PATCH", {"json": {"theme": "dark"}})):
        status, code = await as_program(api, method, PATH, **options)
        assert (status, code) == (403, "no_session"), method
    async with api.as_nobody() as nobody:
        assert (await nobody.get(PATH)).status_code == 401


async def test_what_a_newer_csms_stored_is_passed_over(api: Product) -> None:
    """The rest holds."""
    await changed(api, theme="dark", density="compact")
    await api.sql.execute("""UPDATE user_preferences SET document = document || '{"density": "airy", "later": 1}'""")
    found = (await api.client.get(PATH)).json()
    assert (found["theme"], found["density"], "later" in found) == ("dark", "comfortable", False)
