# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Imported users are invited as others are: by mail where mails with links go out, by a link where not."""

import csv
from pathlib import Path
from typing import Any
from uuid import UUID

import bcrypt
import msgspec

from csms.features.imports.jobs import BATCH
from csms.features.imports.service import Work
from csms.kit.jobs.base import JobId
from tests.api.support import Product
from tests.features.imports.support import IMPORTS, Start, applied, counts, imported, now, runner_of, send
from tests.features.people.test_invitations import accept, installation
from tests.features.whole import whole
from tests.support.eventually import eventually
from tests.support.letters import text_of
from tests.support.postgres import Database
from tests.support.smtp import smtp


async def _told(api: Product, key: str) -> list[tuple[str, str | None]]:
    return [(row["values"]["username"], row["reason"]) for row in await api.items(f"{IMPORTS}/{key}/rows")]


async def _waiting(api: Product) -> list[tuple[str, str]]:
    found = await api.sql.fetch("SELECT purpose, recipient FROM account_letters WHERE status = 'queued' ORDER BY 1, 2")
    jobs = await api.sql.fetchval("SELECT count(*) FROM jobs WHERE kind = 'account-letter'")
    assert (
        jobs
        == len(found)
        == await api.sql.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'account-letter'")
    )
    return [tuple(row) for row in found]


async def test_by_mail_or_by_link(database: Database, tmp_path: Path) -> None:
    """A row says which; what was only tried has sent nothing; who brings a password is asked whose the address is."""
    hashed = bcrypt.hashpw(b"the password of before", bcrypt.gensalt(4)).decode()
    table = f"user,email,role,hash\nann,ann@example.com,viewer,\nben,,viewer,\ncid,cid@example.com,viewer,{hashed}\n"
    table += "dora,ann@example.com,viewer,\n"
    async with installation(database, tmp_path) as (api, mails):
        tried = await applied(api, await send(api, table, kind="users", dry_run="true"))
        assert (counts(tried), tried["secrets"]) == ((4, 0, 0, 0), 0)  # each row is tried by itself
        assert await _waiting(api) == []
        done = await applied(api, await api.client.post(f"{IMPORTS}/{tried['id']}/run"))
        assert (counts(done), done["secrets"]) == ((3, 0, 0, 1), 1)
        assert await _told(api, done["id"]) == [
            ("ann", "invited by mail"), ("ben", None), ("cid", None), ("dora", None),
        ]  # fmt: skip
        assert await _waiting(api) == [("invitation", "ann@example.com"), ("verification", "cid@example.com")]
        _, *lines = csv.reader((await api.client.get(f"{IMPORTS}/{done['id']}/secrets")).text.splitlines())
        assert [line[1] for line in lines] == ["ben"]
        assert mails.server.mails == []  # that is the work of other jobs
        assert await mails.deliver() == []
        sent = {mail[1][0]: text_of(mail[2]) for mail in mails.server.mails}
        assert set(sent) == {"ann@example.com", "cid@example.com"}
        token = sent["ann@example.com"].partition("/invitation#")[2].split()[0]
        assert await accept(api, token) == (200, {"username": "ann"})
        kept = str([dict(row) for row in await api.sql.fetch("SELECT * FROM import_rows")])
        assert token not in kept

        again = await applied(api, await send(api, table, kind="users", on_conflict="update"))
        assert counts(again) == (0, 0, 3, 1)
        await mails.deliver()
        assert len(mails.server.mails) == 2
        moved = "user,email\nann,new@example.com\n"
        assert counts(await applied(api, await send(api, moved, kind="users", on_conflict="update"))) == (0, 1, 0, 0)
        await mails.deliver()
        assert mails.server.mails[2][1] == ["new@example.com"]


async def test_many_are_no_single_transaction(database: Database, tmp_path: Path) -> None:
    """Each piece of the table commits with its letters, and a job for each."""
    many = BATCH * 2 + 3
    rows = "".join(f"u{number},u{number}@example.com,viewer\n" for number in range(many))
    async with installation(database, tmp_path) as (api, _):
        sent = (await send(api, f"user,email,role\n{rows}", kind="users")).json()
        start = Start(JobId(UUID(sent["job"])), msgspec.json.encode(Work(UUID(sent["id"]))))
        seen: list[int] = []

        async def look(done: int, total: int | None = None) -> None:
            if total is not None:
                assert len(await _waiting(api)) == done
                seen.append(done)

        start.progress = look  # type: ignore[method-assign]
        await runner_of(api).run(start)
        assert seen == [BATCH, BATCH * 2, many, many]
        assert counts(await now(api, sent["id"])) == (many, 0, 0, 0)


async def test_the_worker_invites(database: Database, tmp_path: Path) -> None:
    """As it is wired: the import is one job, each mail another."""
    async with smtp() as server:
        mail: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "tls": "none"}
        async with whole(database, tmp_path, mail=mail, http={"public_url": "https://csms.example/"}) as found:
            done = await imported(found, "user,email,role\nann,ann@example.com,viewer\nben,,viewer\n", kind="users")
            assert (counts(done), done["secrets"]) == ((2, 0, 0, 0), 1)
            rows = await found.items(f"{IMPORTS}/{done['id']}/rows")
            assert [row["reason"] for row in rows] == ["invited by mail", None]

            async def came() -> bool:
                return len(server.mails) == 1

            await eventually(came)
            assert server.mails[0][1] == ["ann@example.com"]
            assert "https://csms.example/invitation#" in text_of(server.mails[0][2])
