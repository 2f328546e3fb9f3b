# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`csms serve`: the database, the doors, the words on the terminal, and the way out."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import structlog

from csms.api.app import ApiDependencies, build_probes
from csms.api.installation import ChargerAddress
from csms.api.live import StreamLimits
from csms.features.branding.service import map_origins
from csms.kit.collector import Collector
from csms.kit.config import Settings
from csms.kit.config_profile import warnings
from csms.kit.db import migrate
from csms.kit.db.embedded import DatabaseUrls, EmbeddedPostgres
from csms.kit.db.group_commit import is_away, is_from_connection
from csms.kit.db.migrate import SchemaState
from csms.kit.db.server_binaries import find_binaries
from csms.kit.errors import CsmsError, InvalidError, UnavailableError
from csms.kit.http.exports import ExportLimits, Exports
from csms.kit.waiting import waits_in
from csms.main.addresses import charger_addresses, shown
from csms.main.alerts import certificate_files
from csms.main.answers import listener_of
from csms.main.api import PASSWORD_FILE, account_service, assemble, new_hub
from csms.main.application import Application, Role
from csms.main.backups import back_up_before_upgrade, nightly
from csms.main.http_server import HttpServer
from csms.main.request_log import open_request_log
from csms.main.sign_in import identity_options
from csms.main.version import VERSION

log = structlog.get_logger(__name__)

_ASK_AGAIN_S: Final = 0.5
_TELL_WAITING_S: Final = 30.0
_SLOW_STOP_S: Final = 10.0
Say = Callable[[str], None]


class SchemaNotCurrentError(UnavailableError):
    """An external database has to be migrated by its owner."""

    code = "schema_not_current"


async def open_database(settings: Settings, stack: AsyncExitStack, say: Say) -> tuple[DatabaseUrls, bool]:
    """The database to work on, current: the embedded one, or the one that the settings name."""
    if settings.database.url is not None:
        url = settings.database.url.get_secret_value()
        state = await _wait_for(url, say)
        if state is not SchemaState.CURRENT:
            raise SchemaNotCurrentError(
                f"the database's schema is {state.value}: run `csms migrate` with CSMS_DATABASE__OWNER_URL set"
            )
        owner = settings.database.owner_url
        return DatabaseUrls(url, owner.get_secret_value() if owner else url, url), False
    embedded = EmbeddedPostgres(settings.data_dir, find_binaries(settings.pg_bin), progress=say)
    urls = await embedded.start()
    stack.push_async_callback(embedded.stop)
    state = await migrate.refuse_newer(urls.owner)
    if state is SchemaState.OLDER:
        saved = await back_up_before_upgrade(urls, settings)
        say(f"upgrading the database; a backup of it as it was is {saved}")
    if state is not SchemaState.CURRENT:
        await migrate.upgrade(urls.owner, login="csms")
    return urls, True


async def _wait_for(url: str, say: Say) -> SchemaState:
    """The schema's state, as soon as somebody else's server answers.

    After a power cut it may start later than we do, and a service manager gives up on what fails ten times. What
    waiting cannot mend (a wrong password, no such database) is an error at once.
    """
    loop = asyncio.get_running_loop()
    told_s = -_TELL_WAITING_S
    while True:
        try:
            return await migrate.refuse_newer(url)
        except Exception as error:
            reason = error.__cause__ or error if isinstance(error, UnavailableError) else error
            if not is_away(reason):
                raise
            if loop.time() - told_s >= _TELL_WAITING_S:
                told_s = loop.time()
                say(f"waiting for the database that CSMS_DATABASE__URL names: {str(reason) or type(reason).__name__}")
        await asyncio.sleep(_ASK_AGAIN_S)


class Service:
    """A running CSMS: started by `csms serve`, by `csms demo` and by tests."""

    def __init__(self, settings: Settings, role: Role, say: Say) -> None:
        self._settings = settings
        self._role = role
        self._say = say
        self._stack = AsyncExitStack()
        self.application: Application | None = None
        self.http: HttpServer | None = None
        self.urls: DatabaseUrls | None = None

    async def start(self) -> None:
        """Open everything and say where it is."""
        try:
            await self._open()
        except BaseException as error:
            await self._stack.aclose()
            if _is_of_the_database(error):
                raise UnavailableError(
                    f"the database went away during the start, start csms again: {error!r}"
                ) from error
            raise

    async def stop(self) -> None:
        """Close everything, the last opened first. What takes long is named in the log."""
        closing = asyncio.create_task(self._stack.aclose(), name="closing")
        try:
            while not (await asyncio.wait({closing}, timeout=_SLOW_STOP_S))[0]:
                log.warning("stopping takes long", waits_in=waits_in(closing))
        finally:
            closing.cancel()  # nothing, where it is done
        await closing

    async def _open(self) -> None:
        settings = self._settings
        if self._role is not Role.ALL and settings.database.url is None:
            raise InvalidError(
                f"--role {self._role} shares its database with other processes: set CSMS_DATABASE__URL "
                "(the embedded PostgreSQL serves one process)"
            )
        urls, is_embedded = await open_database(settings, self._stack, self._say)
        self.urls = urls
        application = Application(settings, urls.app, self._role, embedded=is_embedded)
        self.application = application
        await application.start(nightly(urls, settings) if is_embedded and settings.backup.enabled else None)
        self._stack.push_async_callback(application.stop)
        if self._role.opens(Role.API):
            await self._open_api(application)
        else:
            await self._open_probes(application)
        self._tell_where()

    # Over 50 lines because everything that the door for people stands on is named here, once.
    async def _open_api(self, application: Application) -> None:
        settings, kit, commands = self._settings, application.kit, application.commands
        if kit is None or commands is None:
            raise RuntimeError("the application was not started")
        options = identity_options(settings)
        self._stack.push_async_callback(options.counters.close)
        accounts = account_service(kit.units, kit.keys, kit.clock, settings.data_dir, options)
        self._stack.push_async_callback(accounts.identity.later.drain)
        password = settings.admin.password
        generated = await accounts.ensure_first_admin(password.get_secret_value() if password else None)
        listener = listener_of(settings, kit.url, kit.answers, kit.units.rights, kit.clock)
        if listener is not None:
            await listener.start()
            self._stack.push_async_callback(listener.stop)
        http = settings.http
        streams = StreamLimits(http.event_streams, http.event_streams_organization, http.event_streams_principal)
        hub = new_hub(kit.bus, streams)
        await hub.start()
        exports = Exports(ExportLimits(typesetter_ready_s=60.0))
        self._stack.push_async_callback(exports.close)
        deps = ApiDependencies(
            units=kit.units,
            keys=kit.keys,
            clock=kit.clock,
            metrics=kit.metrics,
            bus=kit.bus,
            accounts=accounts,
            ready=application.ready,
            version=VERSION,
            charger_addresses=self._charger_addresses(),
            data_dir=settings.data_dir,
            public_url=settings.http.public_url,
            files=settings.files,
            webhooks=settings.webhooks,
            mail=settings.mail,
            quirks=settings.ocpp.quirks,
            plugins=application.plugins,
            insecure_lan=settings.http.insecure_lan,
            http=settings.http,
            certificates=certificate_files(settings),
            counters=options.counters,
            answers=kit.answers,
            heartbeat_interval_s=settings.ocpp.heartbeat_interval_s,
            exports=exports,
            map_origins=lambda: map_origins(kit.runtime.settings),
            requests=await open_request_log(settings, kit.url, kit.clock, kit.metrics, self._stack),
        )
        self.http = HttpServer(assemble(deps, commands, hub), settings.http)
        await self.http.start()
        self._stack.push_async_callback(self.http.stop)
        self._stack.push_async_callback(hub.stop)
        self._tell_password(generated)

    async def _open_probes(self, application: Application) -> None:
        """Whoever watches a gateway or a worker asks it at the same addresses as a node of the API."""
        kit = application.kit
        if kit is None:
            raise RuntimeError("the application was not started")
        self.http = HttpServer(build_probes(application.ready, kit.metrics, kit.clock, VERSION), self._settings.http)
        await self.http.start()
        self._stack.push_async_callback(self.http.stop)

    def _charger_addresses(self) -> list[ChargerAddress]:
        gateway = self.application.gateway if self.application else None
        ocpp = self._settings.ocpp
        if gateway is None:
            return charger_addresses(ocpp)
        return charger_addresses(ocpp, gateway.port, None if ocpp.tls_port is None else gateway.tls_port)

    def _tell_password(self, generated: str | None) -> None:
        """On a terminal it is shown; elsewhere it would end up in a log, so it goes into a file."""
        if generated is None:
            return
        self._say("first start: sign in as `admin`; the password must be changed then")
        if sys.stdout.isatty():
            self._say(f"password:      {generated}")
            return
        path = Path(self._settings.data_dir) / PASSWORD_FILE
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{generated}\n")
        self._say(f"password:      in {path}")

    def _tell_where(self) -> None:
        settings = self._settings
        if self.http is not None:
            scheme = "https" if settings.http.tls_cert else "http"
            base = settings.http.public_url or f"{scheme}://{shown(settings.http.host)}:{self.http.port}"
            if self._role.opens(Role.API):
                self._say(f"web:           {base}/")
                self._say(f"API reference: {base}/api/docs")
            else:
                self._say(f"health:        {base}/readyz and {base}/metrics")
            if settings.http.insecure_lan:
                self._say("warning:       HTTP without TLS is open to the network (CSMS_HTTP__INSECURE_LAN)")
        for concern in warnings(settings):
            self._say(f"warning:       {concern}")
        gateway = self.application.gateway if self.application else None
        if gateway is not None:
            self._say(f"chargers:      {self._charger_addresses()[0].url}   (onboarding: {settings.ocpp.onboarding})")


def _is_of_the_database(error: BaseException | None) -> bool:
    """Whether the database was cut off, also where SQLAlchemy has wrapped what the driver said."""
    if error is None or isinstance(error, CsmsError):
        return False
    if is_away(error):
        return not isinstance(error, OSError) or is_from_connection(error)
    return _is_of_the_database(error.__cause__)


async def run(settings: Settings, role: Role) -> None:
    """Serve until a signal says stop; a second one stops at once."""
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()

    def stop() -> None:
        if stopping.is_set():
            os._exit(130)
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    service = Service(settings, role, say)
    say(f"CSMS Lite {VERSION}")
    starting = asyncio.create_task(service.start())
    waiting = asyncio.create_task(stopping.wait())
    await asyncio.wait({starting, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        return
    await starting
    collector = Collector(loop.call_soon_threadsafe, gateway=role is Role.GATEWAY)
    collector.start()
    say("ready; stop with Ctrl-C")
    await waiting
    say("stopping: storing what was received, closing connections")
    await service.stop()
    collector.stop()
    say("stopped")


def say(words: str) -> None:
    """A word for the person at the terminal."""
    sys.stdout.write(f"  {words}\n")
    sys.stdout.flush()


def run_forever(settings: Settings, role: Role) -> int:
    """The process's body; returns its exit code."""
    try:
        import uvloop

        runner: Callable[..., object] = uvloop.run
    except ImportError:
        runner = asyncio.run
    try:
        runner(run(settings, role))
    except CsmsError as error:
        sys.stderr.write(f"csms: {error.detail}\n")
        return 1
    return 0
