# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Signing in and out, and everything that is not a sign-in."""

import asyncio
import base64
import json
from uuid import uuid4

import jwt
import pytest
from structlog.testing import capture_logs

from csms.features.accounts.permissions import Permission
from csms.features.accounts.tokens import new_refresh_token
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from tests.features.accounts.support import PASSWORD, Site


async def test_sign_in_and_look_around(home: Site) -> None:
    """The answer has exactly the fields of the contract, and its token opens the door."""
    answer = await home.login("ADMIN")
    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"access_token", "refresh_token", "expires_in", "must_change_password", "token_type"}
    assert (body["expires_in"], body["must_change_password"], body["token_type"]) == (900, False, "Bearer")
    assert answer.headers["cache-control"] == "no-store"
    me = await home.client.get("/api/v1/me", headers={"Authorization": f"Bearer {body['access_token']}"})
    assert me.json()["username"] == "admin"
    assert me.json()["organization"]["id"] == str(DEFAULT_ORGANIZATION_ID)
    assert set(me.json()["permissions"]) == set(Permission)
    assert "hash" not in me.text


@pytest.mark.parametrize(
    ("username", "password"), [("admin", "wrong"), ("nobody", PASSWORD), ("admin' OR ''='", "x"), ("аdmin", PASSWORD)]
)
async def test_wrong_names_and_passwords_look_the_same(home: Site, username: str, password: str) -> None:
    """The answer does not tell which of the two was wrong, and the log does not hold what was typed."""
    with capture_logs() as logs:
        answer = await home.login(username, password)
    body = answer.json()
    assert answer.status_code == 401
    assert (body["code"], body["detail"]) == ("invalid_credentials", "user name or password is wrong")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert password not in str(logs)
    assert username == "admin" or username not in str(logs)


async def test_unknown_names_cost_the_same_work(home: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """One Argon2 hash is computed for a name that there is and for one that there is not."""
    work: list[str] = []
    hasher = home.accounts._passwords._hasher
    verify, make = hasher.verify, hasher.hash
    monkeypatch.setattr(hasher, "verify", lambda *a: (work.append("known"), verify(*a))[1])
    monkeypatch.setattr(hasher, "hash", lambda *a: (work.append("unknown"), make(*a))[1])
    await home.login("admin", "wrong")
    await home.login("nobody", "wrong")
    assert work == ["known", "unknown"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "admin"},
        {"username": "admin", "password": 5},
        {"username": "", "password": PASSWORD},
        {"username": "a\0b", "password": PASSWORD},
        {"username": "admin", "password": "x" * 1025},
        {"username": "admin", "password": PASSWORD, "role": "admin"},
        ["admin", PASSWORD],
    ],
)
async def test_malformed_bodies(home: Site, body: object) -> None:
    """What does not fit, or brings a field of its own (a role, say), is a 422 that repeats nothing of it."""
    answer = await home.client.post("/api/v1/auth/login", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"path", "message"} == set(answer.json()["errors"][0])
    assert PASSWORD not in answer.text


async def test_brute_force_is_slowed_per_name(home: Site) -> None:
    """From many addresses too: after ten guesses at one name comes 429, and other names still sign in."""
    statuses = []
    for n in range(13):
        async with home.client_from(f"192.0.2.{n}") as client:
            answer = await client.post(
                "/api/v1/auth/login", json={"username": "ADMIN" if n % 2 else "admin", "password": f"guess {n}"}
            )
            statuses.append(answer.status_code)
    assert statuses == [401] * 10 + [429] * 3
    assert 1 <= int(answer.headers["retry-after"]) <= 120
    assert answer.json()["code"] == "too_many_requests"
    assert (await home.login("someone else")).status_code == 401


async def test_brute_force_is_slowed_per_address(home: Site) -> None:
    """One address trying many names is stopped; an IPv6 network counts as one address; others are not touched."""

    async def burst(addresses: list[str]) -> list[int]:
        found = []
        for n, address in enumerate(addresses):
            async with home.client_from(address) as client:
                answer = await client.post("/api/v1/auth/login", json={"username": f"user{n}", "password": "x"})
                found.append(answer.status_code)
        return found

    assert (await burst(["198.51.100.7"] * 31))[-1] == 429
    assert (await burst([f"2001:db8::{n:x}" for n in range(1, 32)]))[-1] == 429
    assert (await home.login()).status_code == 200


async def test_honest_people_are_not_counted(home: Site) -> None:
    """A right password clears the name's count."""
    for _ in range(2):
        for _ in range(8):
            await home.login(password="wrong")
        assert (await home.login()).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer  "},
        {"Authorization": "Basic YWRtaW46eA=="},
    ],
)
async def test_no_credential(home: Site, header: dict[str, str]) -> None:
    """Without a bearer token: 401 with the challenge; a token in the URL counts for nothing."""
    token = (await home.login()).json()["access_token"]
    answer = await home.client.get(f"/api/v1/me?access_token={token}", headers=header)
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthorized"
    assert answer.headers["www-authenticate"] == 'Bearer realm="csms"'


async def forgeries(home: Site) -> dict[str, str]:
    """Access tokens that look right."""
    good = (await home.login()).json()["access_token"]
    header, claims, signature = good.split(".")
    payload = jwt.decode(good, options={"verify_signature": False})
    kid = home.keys.key_id
    key = home.keys.derive("access-token")

    def signed(
        change: dict[str, object], *, with_key: bytes = key, with_kid: object = kid, algorithm: str = "HS256"
    ) -> str:
        claims = {name: value for name, value in (payload | change).items() if value is not None}
        return jwt.encode(claims, with_key, algorithm, headers={"kid": with_kid})

    def part(document: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()

    return {
        "alg none": f"{part({'alg': 'none', 'typ': 'JWT', 'kid': kid})}.{claims}.",
        "alg none kept signature": f"{part({'alg': 'none', 'kid': kid})}.{claims}.{signature}",
        "alg None": f"{part({'alg': 'None', 'kid': kid})}.{claims}.",
        "other algorithm": signed({}, algorithm="HS512"),
        "other key": signed({}, with_key=b"x" * 32),
        "empty key": signed({}, with_key=b"\0" * 32),
        "key of another purpose": signed({}, with_key=home.keys.derive("secrets")),
        "no kid": jwt.encode(payload, key, "HS256"),
        "other kid": signed({}, with_kid="k00000000"),
        "path as kid": signed({}, with_kid="../../etc/passwd"),
        "other audience": signed({"aud": "elsewhere"}),
        "list of audiences": signed({"aud": ["csms-api", "elsewhere"]}),
        "other issuer": signed({"iss": "elsewhere"}),
        "no expiry": signed({"exp": None}),
        "text as expiry": signed({"exp": "never"}),
        "no session": signed({"sid": None}),
        "other session": signed({"sid": str(uuid4())}),
        "other user": signed({"sub": str(uuid4())}),
        "name as user": signed({"sub": "admin"}),
        "other organization": signed({"org": str(uuid4())}),
        "changed claims": f"{header}.{part(payload | {'exp': payload['exp'] + 9})}.{signature}",
        "no signature": f"{header}.{claims}.",
        "two parts": f"{header}.{claims}",
        "noise": "a.b.c",
        "long": good + "A" * 4000,
    }


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_forged_access_tokens(home: Site) -> None:
    """None of the known ways to make a token opens the door."""
    for name, token in (await forgeries(home)).items():
        answer = await home.client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, name
        assert answer.json()["code"] == "invalid_token", name
        assert 'error="invalid_token"' in answer.headers["www-authenticate"], name


async def test_access_tokens_end(home: Site) -> None:
    """Good for fifteen minutes and not a second longer."""
    headers = await home.bearer()
    home.clock.advance(899)
    assert (await home.client.get("/api/v1/me", headers=headers)).status_code == 200
    home.clock.advance(1)
    assert (await home.client.get("/api/v1/me", headers=headers)).status_code == 401


async def refresh(home: Site, token: str) -> tuple[int, dict[str, str]]:
    """Exchange a refresh token."""
    answer = await home.client.post("/api/v1/auth/refresh", json={"refresh_token": token})
    return answer.status_code, answer.json()


async def test_refresh_gives_the_next_pair(home: Site) -> None:
    """Each refresh token is good once, and its successor works on."""
    first = (await home.login()).json()
    home.clock.advance(3600)
    status, second = await refresh(home, first["refresh_token"])
    assert status == 200
    assert second["refresh_token"] != first["refresh_token"]
    me = await home.client.get("/api/v1/me", headers={"Authorization": f"Bearer {second['access_token']}"})
    assert me.status_code == 200
    assert (await refresh(home, second["refresh_token"]))[0] == 200


async def test_a_stolen_refresh_token_ends_the_session(home: Site) -> None:
    """The old token coming again ends its whole family at once, the thief's and the owner's; other sessions live on."""
    other = await home.bearer()
    first = (await home.login()).json()
    _, second = await refresh(home, first["refresh_token"])
    headers = {"Authorization": f"Bearer {second['access_token']}"}
    assert (await home.client.get("/api/v1/me", headers=headers)).status_code == 200
    status, refusal = await refresh(home, first["refresh_token"])
    assert (status, refusal["code"]) == (401, "invalid_token")
    assert (await refresh(home, second["refresh_token"]))[0] == 401
    assert (await home.client.get("/api/v1/me", headers=headers)).status_code == 401
    assert (await home.client.get("/api/v1/me", headers=other)).status_code == 200
    audit = (await home.client.get("/api/v1/audit?action=account:session:reuse", headers=other)).json()
    assert len(audit["items"]) == 1


async def test_two_requests_with_one_refresh_token(home: Site) -> None:
    """At the same moment, one of them wins; never do two sessions come of one token."""
    first = (await home.login()).json()
    statuses = [
        status for status, _ in await asyncio.gather(*(refresh(home, first["refresh_token"]) for _ in range(4)))
    ]
    assert sorted(statuses) == [200, 401, 401, 401]


async def test_sessions_end_by_silence_and_by_age(home: Site) -> None:
    """Fourteen days without a refresh, or thirty days in all."""
    silent = (await home.login()).json()["refresh_token"]
    home.clock.advance(14 * 86_400)
    assert (await refresh(home, silent))[0] == 401
    token = (await home.login()).json()["refresh_token"]
    for _ in range(2):
        home.clock.advance(13 * 86_400)
        status, pair = await refresh(home, token)
        assert status == 200
        token = pair["refresh_token"]
    home.clock.advance(4 * 86_400)
    assert (await refresh(home, token))[0] == 401


@pytest.mark.parametrize("token", ["x", "é", "!" * 64, "A" * 64, "A" * 63, "A" * 68])
async def test_made_up_refresh_tokens(home: Site, token: str) -> None:
    """Wrong in form, or of an organization that there is not: 401."""
    status, body = await refresh(home, token)
    assert (status, body["code"]) == (401, "invalid_token")


async def test_refresh_tokens_cannot_be_guessed(home: Site) -> None:
    """Right in form and of the right organization, but never given."""
    status, body = await refresh(home, new_refresh_token(DEFAULT_ORGANIZATION_ID))
    assert (status, body["code"]) == (401, "invalid_token")


async def test_refresh_tokens_are_not_stored(home: Site) -> None:
    """The database holds a keyed hash, which opens nothing."""
    token = (await home.login()).json()["refresh_token"]
    admin = await home.database.connect()
    row = str(dict(await admin.fetchrow("SELECT * FROM refresh_tokens")))
    await admin.close()
    assert token not in row


@pytest.mark.parametrize(
    ("body", "others"), [(None, 200), ({}, 200), ({"everywhere": False}, 200), ({"everywhere": True}, 401)]
)
async def test_sign_out(home: Site, body: dict[str, bool] | None, others: int) -> None:
    """This session is over at once, its access token too; the others only if asked for."""
    other = await home.bearer()
    pair = (await home.login()).json()
    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    assert (await home.client.get("/api/v1/me", headers=headers)).status_code == 200
    answer = await home.client.post("/api/v1/auth/logout", headers=headers, **({} if body is None else {"json": body}))
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await home.client.get("/api/v1/me", headers=headers)).status_code == 401
    assert (await refresh(home, pair["refresh_token"]))[0] == 401
    assert (await home.client.get("/api/v1/me", headers=other)).status_code == others


async def test_a_locked_user_is_out_within_seconds(home: Site) -> None:
    """What another process changed counts here after five seconds at the latest, access token or not."""
    headers = await home.bearer()
    pair = (await home.login()).json()
    assert (await home.client.get("/api/v1/me", headers=headers)).status_code == 200
    admin = await home.database.connect()
    await admin.execute("UPDATE users SET is_active = false")
    await admin.close()
    home.clock.advance(5)
    assert (await home.client.get("/api/v1/me", headers=headers)).status_code == 401
    assert (await home.login()).json()["code"] == "invalid_credentials"
    assert (await refresh(home, pair["refresh_token"]))[0] == 401
    await home.accounts.unlock("Admin")
    assert (await home.login()).status_code == 200


async def test_the_audit_log_tells_who_and_from_where(home: Site) -> None:
    """A sign-in is a line with name, address and request; the list pages and filters like all lists."""
    headers = await home.bearer()
    await home.login(headers={"X-Request-Id": "from-a-test"})
    fields = "id,at,actor_kind,actor_id,actor_name,action,subject_kind,subject_id,before,after,address,request_id"
    query = f"action=account:session:create&limit=1&fields={fields}"
    page = (await home.client.get(f"/api/v1/audit?{query}", headers=headers)).json()
    assert page["next_cursor"]
    assert page["items"][0] | {"id": "", "subject_id": "", "actor_id": ""} == {
        "id": "",
        "at": "2026-11-23T12:00:00Z",
        "actor_kind": "user",
        "actor_id": "",
        "actor_name": "admin",
        "action": "account:session:create",
        "subject_kind": "user",
        "subject_id": "",
        "before": None,
        "after": {"method": "password", "session": "token"},
        "address": "127.0.0.1",
        "request_id": "from-a-test",
    }
    assert (await home.client.get("/api/v1/audit?organization_id=x", headers=headers)).json()[
        "code"
    ] == "invalid_filter"
    assert (await home.client.get("/api/v1/audit")).status_code == 401
