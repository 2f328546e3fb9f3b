# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Passwords: the first one, one's own, and those set on the host."""

import asyncio

import pytest

from csms.features.accounts import passwords
from csms.features.accounts.passwords import Passwords, WeakPasswordError
from csms.features.accounts.service import UserExistsError, UserUnknownError
from csms.kit.errors import InvalidError, UnavailableError
from tests.features.accounts.support import PASSWORD, Site

NEW = "another horse, no battery"


async def change(
    site: Site, headers: dict[str, str], current: str, new: str, **more: object
) -> tuple[int, dict[str, str]]:
    """Change one's own password."""
    body = {"current_password": current, "new_password": new, **more}
    answer = await site.client.post("/api/v1/auth/change-password", json=body, headers=headers)
    return answer.status_code, answer.json()


async def test_the_first_start_generates_a_password(fresh: Site) -> None:
    """It is strong, works, and is told once; the second start changes nothing."""
    generated = await fresh.accounts.ensure_first_admin(None)
    assert generated is not None
    assert len(generated) >= 20
    assert await fresh.accounts.ensure_first_admin(None) is None
    assert await fresh.accounts.ensure_first_admin(PASSWORD) is None
    assert (await fresh.login(password=generated)).json()["must_change_password"] is True
    assert (await fresh.login()).status_code == 401


async def test_processes_that_start_at_once_make_one_admin(fresh: Site) -> None:
    """Exactly one of them has a password to print."""
    made = await asyncio.gather(*(fresh.accounts.ensure_first_admin(None) for _ in range(3)))
    told = [password for password in made if password is not None]
    assert len(told) == 1
    assert (await fresh.login(password=told[0])).status_code == 200


@pytest.mark.parametrize("password", ["", "admin", "1234567", "aaaaaaaaaaaa", "x" * 129])
async def test_a_preset_password_that_anybody_guesses(fresh: Site, password: str) -> None:
    """It stops the start instead of opening the door."""
    with pytest.raises(WeakPasswordError):
        await fresh.accounts.ensure_first_admin(password)
    assert (await fresh.login(password=password or "x")).status_code == 401


async def test_whoever_must_change_can_do_nothing_else(fresh: Site) -> None:
    """Until the generated password is replaced every other route answers 403; then the file with it is gone."""
    generated = await fresh.accounts.ensure_first_admin(None) or ""
    file = fresh.folder / "initial-password"
    file.write_text(generated)
    headers = await fresh.bearer(password=generated)
    refused = await fresh.client.get("/api/v1/audit", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "password_change_required")
    assert (await fresh.client.get("/api/v1/me", headers=headers)).json()["must_change_password"] is True
    assert file.exists()
    status, pair = await change(fresh, headers, generated, NEW)
    assert (status, pair["must_change_password"]) == (200, False)
    assert not file.exists()
    allowed = await fresh.client.get("/api/v1/audit", headers={"Authorization": f"Bearer {pair['access_token']}"})
    assert allowed.status_code == 200
    assert generated not in allowed.text
    assert NEW not in allowed.text


async def test_a_change_ends_all_sessions(home: Site) -> None:
    """Also those of whoever knew the old password; the old one opens nothing any more."""
    thief = (await home.login()).json()
    headers = await home.bearer()
    assert (await change(home, headers, PASSWORD, NEW))[0] == 200
    for token in (thief["access_token"], headers["Authorization"].removeprefix("Bearer ")):
        answer = await home.client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
    answer = await home.client.post("/api/v1/auth/refresh", json={"refresh_token": thief["refresh_token"]})
    assert answer.status_code == 401
    assert (await home.login()).status_code == 401
    assert (await home.login(password=NEW)).status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "code"),
    [
        ("wrong", NEW, "wrong_password"),
        (PASSWORD, "short", "weak_password"),
        (PASSWORD, "x1y2" * 33, "weak_password"),
        (PASSWORD, "abababababababab", "weak_password"),
        (PASSWORD, PASSWORD, "invalid_request"),
    ],
)
async def test_changes_that_are_refused(home: Site, current: str, new: str, code: str) -> None:
    """400 with a reason, and the old password stays."""
    status, body = await change(home, await home.bearer(), current, new)
    assert (status, body["code"]) == (400, code)
    assert (await home.login()).status_code == 200


async def test_a_role_cannot_be_slipped_in(home: Site) -> None:
    """Mass assignment: a field that the body does not have is refused."""
    status, body = await change(home, await home.bearer(), PASSWORD, NEW, role="owner", must_change_password=False)
    assert (status, body["code"]) == (422, "invalid_body")


async def test_guessing_the_current_password_is_slowed(home: Site) -> None:
    """A stolen access token does not give endless guesses at the password."""
    headers = await home.bearer()
    statuses = [(await change(home, headers, f"guess {n}", NEW))[0] for n in range(12)]
    assert statuses[-1] == 429
    assert statuses[0] == 400


async def test_a_name_is_no_password() -> None:
    """In whichever letter case."""
    with pytest.raises(WeakPasswordError, match="user name"):
        passwords.check_new("Administrator1", "ADMINISTRATOR1")


async def test_on_the_host(home: Site) -> None:
    """Whoever has the machine gets in again: a password is set, sessions end, more administrators are made."""
    old = await home.bearer()
    await home.accounts.set_password("ADMIN", NEW)
    home.clock.advance(5)
    assert (await home.client.get("/api/v1/me", headers=old)).status_code == 401
    assert (await home.login(password=NEW)).json()["must_change_password"] is False
    generated = await home.accounts.create_admin("Second")
    assert (await home.login("second", generated)).json()["must_change_password"] is True
    with pytest.raises(UserExistsError):
        await home.accounts.create_admin("SECOND")
    with pytest.raises(InvalidError):
        await home.accounts.create_admin(" x\n")
    with pytest.raises(UserUnknownError):
        await home.accounts.set_password("nobody", NEW)
    with pytest.raises(UserUnknownError):
        await home.accounts.unlock("nobody")
    with pytest.raises(WeakPasswordError):
        await home.accounts.set_password("admin", "short")
    headers = await home.bearer(password=NEW)
    audit = (await home.client.get("/api/v1/audit?actor_is=cli", headers=headers)).json()
    assert "there is no filter" in audit["detail"]
    audit = (await home.client.get("/api/v1/audit?actor_name=Command%20line", headers=headers)).json()
    assert {item["action"] for item in audit["items"]} == {"account:password:set", "account:user:create"}


async def test_only_a_few_hashes_run_and_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at a time, fifty waiting, and the next is sent away; afterwards all is as before."""
    found = Passwords()
    running, most = 0, 0
    release = asyncio.Event()

    async def slow(*_: object) -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await release.wait()
        running -= 1
        return "hash"

    monkeypatch.setattr(asyncio, "to_thread", slow)
    tasks = [asyncio.create_task(found.hash("x")) for _ in range(50)]
    await asyncio.sleep(0)
    with pytest.raises(UnavailableError):
        await found.hash("x")
    tasks[-1].cancel()
    release.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert most == 2
    assert await found.hash("x") == "hash"


async def test_what_is_no_hash_lets_nobody_in() -> None:
    """A broken row is a wrong password, not an error inside."""
    assert not await Passwords().verify("x", "not a hash")
