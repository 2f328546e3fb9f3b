# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Making the embedded cluster: whole or not at all, with passwords that only we know."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

import asyncpg
import msgspec

from csms.kit.db.embedded_place import Place
from csms.kit.db.embedded_process import ended, kill_all, spawn
from csms.kit.db.roles import create_roles, literal
from csms.kit.db.server_binaries import Binaries
from csms.kit.errors import UnavailableError

DATABASE: Final = "csms"
SUPERUSER: Final = "csms_super"
OWNER_LOGIN: Final = "csms_owner"
APP_LOGIN: Final = "csms"
_BUILTIN_LOCALE: Final = 17


class DatabaseUrls(msgspec.Struct, frozen=True):
    """How to reach the cluster's database, as the application, as its owner, and as the superuser."""

    app: str
    owner: str
    superuser: str

    def __repr__(self) -> str:
        return "DatabaseUrls(…)"


def explain(words: str) -> str:
    """What to do about something that PostgreSQL or the system said, where that is known."""
    for sign, advice in (
        ("No space left on device", "make room on the disk, then start csms again"),
        ("Disk quota exceeded", "make room or raise the quota, then start csms again"),
        ("Read-only file system", "set CSMS_DATA_DIR to a folder that can be written"),
        ("Permission denied", "give the user that csms runs as the right to use that folder, or set CSMS_DATA_DIR"),
        ("could not map anonymous shared memory", "there is too little memory for the database"),
        ("could not resize shared memory segment", "shared memory is too small (in a container: --shm-size=256m)"),
        ("Cannot allocate memory", "there is too little memory for the database"),
    ):
        if sign in words:
            return f"{words} — {advice}"
    return words


def passwords_of(place: Place) -> dict[str, str]:
    """The cluster's passwords."""
    try:
        return msgspec.json.decode(place.credentials.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError) as error:
        raise UnavailableError(
            f"the passwords of the database in {place.root} cannot be read from {place.credentials.name}: bring that "
            "file back, run csms as the user that made it, or restore a backup into a new CSMS_DATA_DIR"
        ) from error


def urls_of(place: Place) -> DatabaseUrls:
    """How to reach the cluster of a place."""
    passwords = passwords_of(place)
    host = quote(str(place.socket_folder), safe="")

    def url(user: str, database: str) -> str:
        return f"postgresql://{user}:{passwords[user]}@/{database}?host={host}"

    return DatabaseUrls(url(APP_LOGIN, DATABASE), url(OWNER_LOGIN, DATABASE), url(SUPERUSER, "postgres"))


def exists(place: Place, binaries: Binaries) -> bool:
    """Whether a whole cluster is there that these programs can run; UnavailableError where it is another's."""
    marker = place.data / "PG_VERSION"
    if not marker.exists():
        if place.data.exists() and any(place.data.iterdir()):
            raise UnavailableError(
                f"{place.data} is not empty and no database that csms could use: PG_VERSION is missing. Bring the "
                "folder back from a backup, or move it away to start with an empty database"
            )
        return False
    made_by = int(marker.read_text().split(".")[0])
    if made_by != binaries.major:
        raise UnavailableError(
            f"the database in {place.data} was made by PostgreSQL {made_by}, the programs here are {binaries.major}: "
            f"name a folder with those of {made_by} by CSMS_PG_BIN and run `csms backup`; then move {place.root} away "
            "and run `csms restore`"
        )
    return True


async def make(place: Place, binaries: Binaries, *, sync: bool = True) -> None:
    """initdb into a folder beside, renamed when whole: a half-made cluster is never used."""
    for left in place.root.glob("making-*"):
        shutil.rmtree(left)
    making = Path(tempfile.mkdtemp(prefix="making-", dir=place.root))
    passwords = {name: secrets.token_urlsafe(24) for name in (SUPERUSER, OWNER_LOGIN, APP_LOGIN)}
    try:
        place.account.give(making)
        password_file = making / "password"
        _write_private(password_file, passwords[SUPERUSER].encode())
        place.account.give(password_file)
        await _initdb(place, binaries, making / "data", password_file, () if sync else ("--no-sync",))
        _write_private(place.credentials, msgspec.json.encode(passwords))
        place.keep(place.credentials)
        if place.data.exists():
            place.data.rmdir()  # empty, or it would not have come this far
        (making / "data").rename(place.data)
        _sync(place.root)
    finally:
        shutil.rmtree(making, ignore_errors=True)


async def _initdb(place: Place, binaries: Binaries, data: Path, password_file: Path, more: Sequence[str]) -> None:
    # The builtin provider sorts the same on every system; before 17 the C library's C.UTF-8 comes closest.
    locale = ["--locale=C.UTF-8"]
    if binaries.major >= _BUILTIN_LOCALE:
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    command = [
        binaries.program("initdb"),
        f"--pgdata={data}",
        "--auth=scram-sha-256",
        f"--pwfile={password_file}",
        f"--username={SUPERUSER}",
        "--encoding=UTF8",
        "--data-checksums",
        "--no-instructions",
        *locale,
        *more,
    ]
    with tempfile.TemporaryFile() as words:
        process = spawn(command, place.account, words, signal.SIGKILL)
        try:
            code = await ended(process)
        except BaseException:
            await kill_all(process)  # its own children would go on writing while the folder is removed
            raise
        if code:
            words.seek(0)
            said = words.read().decode(errors="replace").strip()[-2000:]
            raise UnavailableError(f"the database could not be made in {place.root}: {explain(said)}")


async def provision(place: Place, urls: DatabaseUrls, *, statistics: bool) -> None:
    """The database and its login roles; repeated at every start, changes nothing that is there."""
    passwords = passwords_of(place)
    connection = await asyncpg.connect(urls.superuser)
    try:
        for name, options in ((OWNER_LOGIN, "CREATEROLE"), (APP_LOGIN, "NOINHERIT")):
            if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name):
                await connection.execute(f"CREATE ROLE {name} LOGIN {options} PASSWORD {literal(passwords[name])}")
        await create_roles(connection, APP_LOGIN)
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER_LOGIN}")
        if statistics:
            await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    finally:
        await connection.close()


def has_statistics(binaries: Binaries) -> bool:
    """Whether these programs come with pg_stat_statements."""
    said = subprocess.run(
        [binaries.program("pg_config"), "--pkglibdir"], capture_output=True, text=True, timeout=30, check=False
    )
    return said.returncode == 0 and (Path(said.stdout.strip()) / "pg_stat_statements.so").exists()


def _write_private(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
