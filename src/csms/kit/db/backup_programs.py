# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""pg_dump, pg_restore and psql at work for a backup: pipes from end to end, killed where the caller gives up."""

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Thread
from typing import IO, Final

from csms.kit.db.backup_archive import DUMP, Archive
from csms.kit.db.client_programs import explained
from csms.kit.db.roles import OWNER
from csms.kit.db.server_binaries import Binaries

# Of the extensions in a dump these may be needed; the others are somebody's own, and not everybody may create them.
_EXTENSIONS: Final = ("btree_gist", "pg_trgm", "citext")
_HEAD_LINES: Final = 60
# A server older than 17 does not know it; every dump by 17 or newer sets it.
_UNKNOWN_BEFORE_17: Final = b"SET transaction_timeout = 0;\n"
_BEGIN: Final = f"SET client_min_messages = warning;\nSET lock_timeout = '30s';\nBEGIN;\nSET ROLE {OWNER};\n"
_CLEAR: Final = """
DO $clear$
DECLARE v text;
BEGIN
  FOR v IN SELECT format('DROP %s IF EXISTS %s CASCADE',
      CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
      c.oid::regclass)
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relowner = 'csms_owner'::regrole
      AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND NOT c.relispartition
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
        AND (d.deptype = 'e' OR c.relkind = 'S' AND d.deptype IN ('a', 'i')))
  LOOP EXECUTE v; END LOOP;
  FOR v IN SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::regprocedure) FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace AND p.proowner = 'csms_owner'::regrole
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
  LOOP EXECUTE v; END LOOP;
  FOR v IN SELECT format('DROP TYPE IF EXISTS %s CASCADE', t.oid::regtype) FROM pg_type t
    WHERE t.typnamespace = 'public'::regnamespace AND t.typowner = 'csms_owner'::regrole
      AND t.typtype IN ('e', 'd', 'r')
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e')
  LOOP EXECUTE v; END LOOP;
END $clear$;
"""


class Dump:
    """pg_dump of what the owner sees, on a snapshot that the caller holds."""

    def __init__(self, binaries: Binaries, variables: dict[str, str], snapshot: str) -> None:
        self._command = [
            binaries.program("pg_dump"),
            "--format=custom",
            "--no-password",
            "--schema=public",
            "--extension=*",
            "--enable-row-security",  # the owner's policies let all rows through, which the caller checked
            f"--role={OWNER}",
            f"--snapshot={snapshot}",
        ]
        self._variables = variables
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False

    def kill(self) -> None:
        """End it, also before it began."""
        self._killed = True
        if self._process is not None:
            self._process.kill()

    def run(self, write: Callable[[IO[bytes], Callable[[], None]], None]) -> None:
        """Let `write` read the dump; the second argument raises if it turned out incomplete."""
        with (
            tempfile.TemporaryFile() as words,
            subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=words, env=self._variables
            ) as process,
        ):
            self._process = process
            if self._killed:
                process.kill()

            def check() -> None:
                if process.wait():
                    raise explained("pg_dump", _read_all(words))

            try:
                write(_pipe(process.stdout), check)
            except BaseException:
                process.kill()  # or it would wait for ever for somebody to read
                raise


class Restore:
    """archive -> pg_restore -> a script without what the server does not know -> psql, in one transaction.

    The script's COMMIT is written last: wherever the chain breaks, the server rolls everything back.
    """

    def __init__(
        self, binaries: Binaries, variables: dict[str, str], archive: Archive, modern: bool, *, clear: bool
    ) -> None:
        self._binaries = binaries
        self._variables = variables
        self._archive = archive
        self._modern = modern
        self._clear = clear
        self._running: list[subprocess.Popen[bytes]] = []
        self._killed = False

    def kill(self) -> None:
        """End what runs, and what would be started next."""
        self._killed = True
        for process in self._running:
            process.kill()

    def run(self) -> None:
        """Do all of it."""
        with tempfile.NamedTemporaryFile("w", suffix=".list") as wanted:
            wanted.writelines(f"{line}\n" for line in self._choose())
            wanted.flush()
            with tempfile.TemporaryFile() as words:
                process = self._start("psql", words, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--no-password")
                process_output = Thread(target=_drain, args=(_pipe(process.stdout),), daemon=True)
                process_output.start()
                script = _pipe(process.stdin)
                try:
                    self._write(script, wanted.name)
                except BrokenPipeError:
                    pass  # psql ended early; it says why
                except BaseException:
                    process.kill()
                    process.wait()
                    raise
                with suppress(BrokenPipeError):
                    script.close()
                if process.wait():
                    raise explained("the restore", _read_all(words))

    def _write(self, script: IO[bytes], wanted: str) -> None:
        script.write(f"{_BEGIN}{_CLEAR if self._clear else ''}".encode())
        arguments = ("--file=-", "--no-owner", f"--role={OWNER}", f"--use-list={wanted}")
        for number, line in enumerate(self._pg_restore(*arguments)):
            if number < _HEAD_LINES and line == _UNKNOWN_BEFORE_17 and not self._modern:
                continue
            script.write(line)
        script.write(b"\nCOMMIT;\n")
        script.flush()

    def _choose(self) -> list[str]:
        """The dump's table of contents without what is there already or not ours."""
        chosen = []
        for raw in self._pg_restore("--list"):
            line = raw.decode().rstrip("\n")
            words = line.partition(";")[2].split()[2:]
            about_schema = words[:3] in (["SCHEMA", "-", "public"], ["ACL", "-", "SCHEMA"], ["COMMENT", "-", "SCHEMA"])
            foreign = words[:2] == ["EXTENSION", "-"] and words[2] not in _EXTENSIONS
            foreign |= words[:3] == ["COMMENT", "-", "EXTENSION"]
            if line.startswith(";") or not (about_schema or foreign):
                chosen.append(line)
        return chosen

    def _pg_restore(self, *arguments: str) -> Iterator[bytes]:
        with tempfile.TemporaryFile() as words:
            process = self._start("pg_restore", words, *arguments)
            feeder = Thread(target=self._feed, args=(_pipe(process.stdin),), daemon=True)
            feeder.start()
            try:
                yield from _pipe(process.stdout)
            finally:
                _pipe(process.stdout).close()
                code = process.wait()
                feeder.join()
            if code:
                raise explained("pg_restore", _read_all(words))

    def _feed(self, end: IO[bytes]) -> None:
        with suppress(BrokenPipeError), end:
            for piece in self._archive.pieces(DUMP):
                end.write(piece)

    def _start(self, name: str, words: IO[bytes], *arguments: str) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [self._binaries.program(name), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=words,
            env=self._variables,
        )
        self._running.append(process)
        if self._killed:
            process.kill()
        return process


def _drain(end: IO[bytes]) -> None:
    while end.read(65536):
        pass


def _pipe(end: IO[bytes] | None) -> IO[bytes]:
    if end is None:
        raise RuntimeError("a process without its pipe")
    return end


def _read_all(words: IO[bytes]) -> str:
    words.seek(0)
    return words.read().decode(errors="replace")
