# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Sends one notification by Apprise, in a process of its own that can be ended, and that may do little else.

Apprise knows more than a hundred services, each by code of its own: some follow redirects, read files that an address
names, or talk to the machine they run on. Here no file outside Python's own is opened, no program is started, and no
connection is made to an address that is not public, whoever tries. Started by `csms.kit.apprise_process`.
"""

import json
import logging
import os
import socket
import sys
from collections.abc import Collection
from typing import Any, Final

from csms.kit.http.addresses import is_public

_BYTES: Final = 1024 * 1024
_FORBIDDEN: Final = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "pty.spawn",
    "ctypes.dlopen",
    "shutil.",
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.chmod",
    "os.link",
    "os.symlink",
    "socket.bind",
)
_WRITES: Final = frozenset("wax+")
_WRITE_FLAGS: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class PrivateError(socket.gaierror):
    """A name whose addresses are all inside a private network."""


class Guard:
    """What this process may do from now on."""

    def __init__(self, private_hosts: Collection[str]) -> None:
        self._private_hosts = frozenset(host.lower() for host in private_hosts)
        self._allowed: set[str] = set()
        self._look_up = socket.getaddrinfo
        places = (sys.prefix, sys.base_prefix, *sys.path)
        self._roots = tuple({each.rstrip(os.sep) + os.sep for each in places if each})

    def close(self) -> None:
        """There is no way back."""
        socket.getaddrinfo = self.resolve
        sys.addaudithook(self.hear)

    def resolve(self, host: Any, *arguments: Any, **named: Any) -> Any:
        """As before, but of a name only what is public; where a name is allowed, its addresses are."""
        found = self._look_up(host, *arguments, **named)
        name = host.decode() if isinstance(host, bytes) else str(host)
        if name.lower() in self._private_hosts:
            self._allowed |= {str(entry[4][0]) for entry in found}
            return found
        public = [entry for entry in found if is_public(str(entry[4][0]))]
        if not public:
            raise PrivateError(socket.EAI_NONAME, f"{name} has no public address")
        return public

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """PermissionError for what Python is about to do and must not (PEP 578)."""
        if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
            self._connecting(arguments[1])
        elif event == "open":
            self._opening(*arguments[:3])
        elif event.startswith(_FORBIDDEN):
            raise PermissionError(f"{event} is not allowed here")

    def _connecting(self, address: Any) -> None:
        if address is None:  # goes where the socket is connected to
            return
        host = address[0] if isinstance(address, tuple) else None
        try:
            allowed = isinstance(host, str) and (host in self._allowed or is_public(host))
        except ValueError:  # a name, or a number for one: what was resolved is an address
            allowed = False
        if not allowed:
            raise PermissionError("an address inside a private network is not connected to")

    def _opening(self, path: Any, mode: Any, flags: Any) -> None:
        name = path.decode(errors="replace") if isinstance(path, bytes) else str(path)
        reads = not (isinstance(mode, str) and _WRITES & set(mode)) and not flags & _WRITE_FLAGS
        inside = "/../" not in name and name.startswith(self._roots)
        if isinstance(path, int) or (reads and (inside or name == "/dev/null")):
            return
        raise PermissionError("no file is opened here")


def _limits() -> None:
    """Memory and time, where the system knows such limits; no file grows."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (1024 * _BYTES, 1024 * _BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class _Last(logging.Handler):
    """Keeps the last warning: Apprise says there why something was not sent, and returns no more than False."""

    words = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        if record.levelno >= logging.WARNING:
            self.words = record.getMessage()


def answer(task: dict[str, Any]) -> dict[str, Any]:
    """Check an address (`check`) or send to it; what is wrong with it under `error`."""
    import apprise
    from apprise.manager_plugins import NotificationManager

    NotificationManager().load_modules()  # type: ignore[no-untyped-call]
    last = _Last()
    logger = logging.getLogger("apprise")
    logger.handlers[:] = [last]
    logger.propagate = False
    Guard(task["private_hosts"]).close()
    asset = apprise.AppriseAsset(
        app_id="CSMS Lite", app_desc="CSMS Lite", app_url="", image_url_mask="", image_url_logo="", theme=""
    )
    plugin = apprise.Apprise.instantiate(task["url"], asset=asset, suppress_exceptions=True)
    if plugin is None:
        return {"error": "Apprise does not understand this address"}
    if task["check"]:
        return _checked(plugin, task["own_host"])
    service = apprise.Apprise(asset=asset)
    service.add(plugin)
    sent = service.notify(body=task["body"], title=task["title"], body_format=apprise.NotifyFormat.TEXT)
    return {} if sent else {"error": last.words or "the service did not take it"}


def _checked(plugin: Any, own_host: bool) -> dict[str, Any]:
    """What it is; the host only where it is one, for some services keep a token there."""
    host = str(getattr(plugin, "host", None) or "") if own_host else ""
    try:
        if host:
            socket.getaddrinfo(host, None)
    except PrivateError:
        return {"error": "the host is inside a private network"}
    except OSError as error:  # not known now: looked at again when something is sent
        logging.getLogger(__name__).info("not found: %s", error)
    return {"service": str(plugin.service_name), "host": host or None}


def main() -> None:
    """One task on stdin, one answer on stdout, both JSON."""
    _limits()
    task = json.loads(sys.stdin.buffer.read(_BYTES))
    out = sys.stdout
    sys.stdout = sys.stderr
    out.write(json.dumps(answer(task)))
    out.flush()


if __name__ == "__main__":
    main()
