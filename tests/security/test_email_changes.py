# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Whoever has somebody's session, or wants somebody's address, gets nothing by asking for another mail address."""

from uuid import UUID

import pytest

from tests.features.accounts.support import PASSWORD
from tests.features.accounts.test_email_changes import CHANGE, Ann, ann
from tests.features.people.test_addresses import verify
from tests.features.people.test_people import code
from tests.support.letters import text_of

__all__ = ["ann"]

OTHER = UUID("0192f000-0000-7000-8000-0000000000aa")


async def test_a_stolen_session_moves_no_address(ann: Ann) -> None:
    """Not without the password or a code, which are not to be guessed; not by a key; not by fields of others."""
    assert await code(await ann.http.post(CHANGE, json={"email": "evil@example.com"})) == (403, "confirmation_required")
    for more in ({"user_id": str(OTHER)}, {"email_verified_at": "2026-11-29T00:00:00Z"}, {"code": "123456"}):
        body = {"email": "evil@example.com", "password": PASSWORD, **more}
        assert (await ann.http.post(CHANGE, json=body)).status_code == 422
    assert (await ann.http.patch("/api/v1/me", json={"email": "evil@example.com"})).status_code == 422
    assert await code(await ann.http.patch(f"/api/v1/users/{ann.id}", json={"email": "e@e.example"})) == (
        403,
        "forbidden",
    )
    async with ann.api.site.client_from("192.0.2.66") as thief:
        statuses = [
            (
                await thief.post(
                    CHANGE, json={"email": "evil@example.com", "password": f"guess {number}"}, headers=ann.http.headers
                )
            ).status_code
            for number in range(12)
        ]
    assert set(statuses[:9]) == {400}
    assert statuses[-1] == 429
    assert await ann.api.sql.fetchval("SELECT count(*) FROM account_letters") == 0

    key = await ann.api.create("/api/v1/api-keys", name="program", permissions=["account:user:read"])
    del ann.api.client.headers["Authorization"]
    answer = await ann.api.client.post(
        CHANGE, json={"email": "evil@example.com", "password": PASSWORD}, headers={"X-API-Key": key["key"]}
    )
    assert answer.status_code == 403, answer.text


@pytest.mark.parametrize("organization", ["ours", "theirs"])
async def test_whose_an_address_is_is_not_told(ann: Ann, organization: str) -> None:
    """Taken or free, here or elsewhere: the same answer. Who reads its mail learns it, and has nothing of theirs moved."""
    await ann.api.sql.execute("INSERT INTO organizations (id, organization_id, name) VALUES ($1, $1, 'Other')", OTHER)
    where = {} if organization == "ours" else {"organization_id": OTHER}
    await ann.api.insert(
        "users", id=OTHER, username="vic", email="vic@example.com", password_hash="!", role="viewer", **where
    )
    answers = []
    for email in ("free@example.com", "VIC@example.com"):
        answer = await ann.ask(email)
        answers.append((answer.status_code, answer.content))
        assert (await ann.shown())[2] == email
    assert answers == [(202, b"")] * 2
    token = await ann.token()
    for _ in range(2):
        assert await verify(ann.api, token) == (409, "email_taken")
    assert (await ann.shown())[0] == "ann@example.com"
    assert await ann.api.sql.fetchval("SELECT email FROM users WHERE id = $1", OTHER) == "vic@example.com"
    assert (await ann.http.get("/api/v1/me")).status_code == 200  # nothing ended


async def test_nobody_is_showered_with_mails(ann: Ann) -> None:
    """Four wishes an hour; of each purpose one mail waits at most."""
    for number in range(4):
        assert (await ann.ask(f"victim{number}@example.com")).status_code == 202
    answer = await ann.ask("victim4@example.com")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 60
    assert await ann.api.sql.fetchval("SELECT count(*) FROM account_letters") == 2


async def test_an_address_that_is_not_mine_yet_is_in_nobodys_way(ann: Ann) -> None:
    """Somebody else may get it meanwhile; names that are typed are text in mails."""
    await ann.api.sql.execute("UPDATE users SET username = 'x.evil.example/<b>' WHERE username = 'ann'")
    assert (await ann.ask("boss@example.com")).status_code == 202
    made = await ann.api.client.post("/api/v1/users", json={"username": "boss", "email": "boss@example.com"})
    assert made.status_code == 201
    assert await ann.mails.deliver() == []
    mails = [mail for _, to, mail in ann.mails.server.mails if to == ["boss@example.com"] and "new" in mail["subject"]]
    html = mails[0].get_body(("html",))
    assert html is not None
    assert "<b>" not in html.get_content()
    assert "x.evil.example" not in text_of(mails[0])
    token = text_of(mails[0]).partition("/verify-email#")[2].split()[0]
    assert await verify(ann.api, token) == (409, "email_taken")
