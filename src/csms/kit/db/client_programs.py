# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL's client programs: how they are told where to connect, without a password on a command line."""

from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote

from csms.kit.db.server_binaries import Binaries
from csms.kit.errors import InvalidError, UnavailableError

_SETTINGS: Final = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "database": "PGDATABASE",
    "dbname": "PGDATABASE",
    "ssl": "PGSSLMODE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslcrl": "PGSSLCRL",
    "passfile": "PGPASSFILE",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}


def environment(url: str, application_name: str) -> dict[str, str]:
    """A URL as the environment that libpq reads; parameters of other drivers are left out."""
    rest, _, query = url.partition("://")[2].partition("?")
    place, _, database = rest.partition("/")
    login, _, hosts = place.rpartition("@")
    user, _, password = login.partition(":")
    found = {"PGUSER": unquote(user), "PGPASSWORD": unquote(password), "PGDATABASE": unquote(database)}
    pairs = [_host_and_port(part) for part in hosts.split(",") if part]
    if pairs:
        found["PGHOST"] = ",".join(host for host, _ in pairs)
        found["PGPORT"] = ",".join(port for _, port in pairs)
    for name, value in parse_qsl(query):
        if name in _SETTINGS:
            found[_SETTINGS[name]] = value
    if not found["PGDATABASE"]:
        raise InvalidError("the database's URL names no database: postgresql://USER:PASSWORD@HOST/DATABASE")
    return {
        **{name: value for name, value in found.items() if value},
        "PATH": "/usr/bin:/bin",
        "HOME": str(Path.home()),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PGAPPNAME": application_name,
        "PGCONNECT_TIMEOUT": "10",
        "PGCLIENTENCODING": "UTF8",
    }


def require(binaries: Binaries, major: int, what: str = "the server is") -> None:
    """Clients older than what they read do not understand it: UnavailableError says what to install."""
    if binaries.major < major:
        raise UnavailableError(
            f"{what} PostgreSQL {major}, the programs in {binaries.folder} are {binaries.major}: name a folder with "
            f"pg_dump, pg_restore and psql of {major} or newer with CSMS_PG_BIN"
        )
    for name in ("pg_dump", "pg_restore", "psql"):
        if not Path(binaries.program(name)).is_file():
            raise UnavailableError(
                f"{binaries.folder} has no {name}: install PostgreSQL's client programs, or name a folder that has "
                "them with CSMS_PG_BIN"
            )


def explained(program: str, words: str) -> UnavailableError:
    """What a program said when it failed, with what to do about it where that is known."""
    said = words.strip()[-2000:] or "it said nothing"
    advice = ""
    if "SSL support is not compiled in" in said or "does not support SSL" in said:
        advice = ". The embedded programs speak no TLS: name a folder of PostgreSQL programs that do with CSMS_PG_BIN"
    elif "No space left" in said:
        advice = ". Make room on the disk and try again"
    elif "permission denied to set role" in said:
        advice = ". The login must belong to csms_owner: use the owner's URL (CSMS_DATABASE__OWNER_URL)"
    return UnavailableError(f"{program} failed: {said}{advice}")


def _host_and_port(part: str) -> tuple[str, str]:
    """`host`, `host:port`, `[::1]:port`."""
    if part.startswith("["):
        host, _, rest = part[1:].partition("]")
        return host, rest.removeprefix(":") or "5432"
    host, _, port = part.partition(":")
    return unquote(host), port or "5432"
