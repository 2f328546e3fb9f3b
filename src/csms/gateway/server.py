# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The listener for chargers: admission before the upgrade, subprotocol, the drain."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog
from aiohttp import web

from csms.dialects.base import Dialect
from csms.domain.chargers import CLOSED_RESTART, CLOSED_RETIRED, CLOSED_SETTINGS, Knock, Provisioned
from csms.domain.events import ChargerChanged, ChargerRetired
from csms.gateway.arrival import address_of, credential_of, downgrade_of, offer_of
from csms.gateway.auth import Authenticator, Credential, Throttle, Verdict, refusal_of
from csms.gateway.directory import Directory
from csms.gateway.ears import ListeningSocket
from csms.gateway.held import Held
from csms.gateway.identity import PATH, read_identity
from csms.gateway.inbox import Pipeline
from csms.gateway.link import CLOSE_GOING_AWAY, CLOSE_POLICY
from csms.gateway.notices import Notices
from csms.gateway.ports import Registry
from csms.gateway.settings import GatewaySettings, Tuning
from csms.gateway.sockets import Door
from csms.gateway.tls import Reloader, make_context
from csms.gateway.waiting import WaitingRoom
from csms.kit.addresses import network_of
from csms.kit.bus.base import Bus, Subscription
from csms.kit.clock import Clock, Seldom
from csms.kit.db.group_commit import is_away
from csms.kit.half_open import HalfOpen
from csms.kit.metrics import Metrics

log = structlog.get_logger(__name__)

_LEASE_S: Final = 3.0
_SEEN_S: Final = 10.0
_NOTICES_S: Final = 1.0
_TLS_FILES_S: Final = 10.0
_NO_SUBPROTOCOL: Final = 1002
_COMPRESSED: Final = frozenset({"ocpp2.0.1", "ocpp2.1"})  # 2.x asks for RFC 7692 (Part 4 §3.4), 1.6 does not know it


class Gateway:
    """The door for chargers."""

    def __init__(
        self,
        settings: GatewaySettings,
        dialects: Mapping[str, Dialect],
        registry: Registry,
        authenticator: Authenticator,
        pipeline: Pipeline,
        directory: Directory,
        notices: Notices,
        bus: Bus,
        metrics: Metrics,
        clock: Clock,
        tuning: Tuning | None = None,
    ) -> None:
        self._settings = settings
        self._tuning = tuning or Tuning(settings)
        self._dialects = dialects
        self._registry = registry
        self._authenticator = authenticator
        self._pipeline = pipeline
        self._directory = directory
        self._notices = notices
        self._bus = bus
        self._metrics = metrics
        self._clock = clock
        self._held = Held(dialects, registry, pipeline, directory, self._tuning, metrics, clock)
        self._throttle = Throttle(clock)
        self._waiting = WaitingRoom(registry, self._tuning, dialects, clock)
        self._runner: web.AppRunner | None = None
        self._half_open = HalfOpen(settings.half_open_per_address, "ocpp")
        self._site: Door | None = None
        self._tls_site: Door | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._subscriptions: list[Subscription] = []
        self._draining = False

    @property
    def listening(self) -> bool:
        """Whether chargers can connect."""
        return self._site is not None and not self._draining

    @property
    def port(self) -> int:
        """The port that was bound; useful where the settings said 0."""
        if self._runner is None or not self._runner.addresses:
            raise RuntimeError("the gateway is not listening")
        return int(self._runner.addresses[0][1])

    @property
    def tls_port(self) -> int:
        """The same of the port for TLS."""
        if self._runner is None or self._tls_site is None:
            raise RuntimeError("the gateway does not listen for TLS")
        return int(self._runner.addresses[1][1])

    async def start(self) -> None:
        """Listen."""
        self._pipeline.start()
        app = web.Application()
        app.router.add_get(PATH + "{identity:.*}", self._handshake)
        self._runner = web.AppRunner(app, handle_signals=False, access_log=None, shutdown_timeout=2.0)
        await self._runner.setup()
        await self._registry.renew_lease()
        self._site = self._door(self._runner, self._settings.port)
        await self._site.start()
        reloads = await self._start_tls()
        self._tasks = [
            *reloads,
            asyncio.create_task(self._held.turn_wheel(), name="gateway-wheel"),
            asyncio.create_task(self._every(_LEASE_S, self._registry.renew_lease), name="gateway-lease"),
            asyncio.create_task(self._every(_SEEN_S, self._held.flush_seen), name="gateway-seen"),
            asyncio.create_task(self._every(_NOTICES_S, self._notices.flush), name="gateway-notices"),
        ]
        self._subscriptions = [await self._bus.subscribe((ChargerRetired,), self._retired)]
        self._subscriptions += [await self._bus.subscribe((ChargerChanged,), self._changed)]

    def _door(self, runner: web.AppRunner, port: int, context: ssl.SSLContext | None = None) -> Door:
        ours = self._settings
        return Door(runner, ours.host, port, self._half_open, ours.handshake_timeout_s, context, ours.reuse_port)

    async def _start_tls(self) -> list[asyncio.Task[None]]:
        files = self._settings.tls
        if files is None or self._runner is None:
            return []
        context = make_context(files)
        self._tls_site = self._door(self._runner, self._settings.tls_port, context)
        await self._tls_site.start()
        look = Reloader(context, files).look
        return [asyncio.create_task(self._every(_TLS_FILES_S, look), name="gateway-tls-files")]

    async def stop(self) -> None:
        """Drain: refuse newcomers, store and answer what was received, close every link with 1001."""
        if self._draining:
            return
        self._draining = True
        if self._site is not None:
            await self._site.stop()
        if self._tls_site is not None:
            await self._tls_site.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for subscription in self._subscriptions:
            await subscription.close()
        for link in self._directory:
            link.stop_reading()
        await self._pipeline.stop(self._settings.drain_timeout_s)
        await self._directory.close_all(CLOSE_GOING_AWAY, CLOSED_RESTART)
        try:
            await self._held.flush_seen()
            await self._notices.flush()
        except Exception as error:  # noqa: BLE001  (the process ends; neither is a fact that a charger was promised)
            log.warning("last heartbeats or security events not written", error=repr(error))
        if self._runner is not None:
            await self._runner.cleanup()

    # -- admission -------------------------------------------------------------------------------------------------

    async def _handshake(self, request: web.Request) -> web.StreamResponse:
        self._half_open.heard(request.transport)
        address = address_of(request, self._settings.proxies)
        if self._draining:
            return self._refuse(503, "draining", "restarting, come back")
        identity = read_identity(request.raw_path)
        if identity is None:
            log.info("malformed identity", address=address, path=request.raw_path[:200])
            return self._refuse(404, "malformed", "no charger identity in the path")
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return self._refuse(426, "malformed", "this is an OCPP WebSocket endpoint", {"Upgrade": "websocket"})
        try:
            charger = await self._registry.find(identity)
        except Exception as error:
            if not is_away(error):
                raise
            return self._refuse(503, "unavailable", "the CSMS cannot look up chargers now, come back")
        credential = credential_of(request, self._settings)
        if charger is None:
            return await self._stranger(request, identity, credential.basic, address)
        verdict = self._authenticator.judge(identity, charger, credential)
        if not verdict.accepted:
            return await self._failed(identity, charger, verdict, address)
        if verdict.new_secret or verdict.new_profile:
            await self._promote(charger, verdict, address)
        elif charger.security_profile == 0 and not await self._profile_0_may_enter(charger, address):
            self._notices.refused(charger, "second_connection", "refused: it is already connected", address)
            return self._refuse(409, "duplicate", "this charger is already connected")
        return await self._enter(request, charger, address)

    async def _promote(self, charger: Provisioned, verdict: Verdict, address: str) -> None:
        """The charger came with what it was told: from now on nothing older lets it in."""
        await self._registry.promote(charger, secret=verdict.new_secret, profile=verdict.new_profile)
        if verdict.new_profile:
            told = f"security profile {charger.security_profile} became {charger.next_security_profile}"
            self._notices.note(charger, "profile_upgraded", told, address)
        if verdict.new_secret:
            self._notices.note(charger, "secret_changed", "the charger came with its new password", address)

    async def _failed(self, identity: str, charger: Provisioned | None, verdict: Verdict, address: str) -> web.Response:
        too_many, delay_s = self._throttle.failed(f"source:{network_of(address)}", f"identity:{identity.lower()}")
        if charger is not None:
            self._notices.refused(charger, *refusal_of(charger, verdict), address)
            if verdict.problem is not None:
                self._notices.note(charger, *verdict.problem, address)
        log.info("charger refused", charger_id=identity, address=address)
        await asyncio.sleep(delay_s)
        if too_many:
            return self._refuse(429, "throttled", "too many failed attempts, wait a minute", {"Retry-After": "60"})
        return self._refuse(401, "unauthorized", "unauthorized", {"WWW-Authenticate": 'Basic realm="OCPP"'})

    async def _stranger(
        self, request: web.Request, identity: str, basic: tuple[str, bytes] | None, address: str
    ) -> web.StreamResponse:
        onboarding = self._tuning.onboarding()
        self._authenticator.judge(identity, None, Credential(basic))  # the same work as for a known one
        if onboarding == "closed":
            return await self._failed(identity, None, Verdict(False), address)
        secret = basic[1] if basic is not None and basic[0].casefold() == identity.casefold() else None
        knock = Knock(identity, secret, address, self._agreed(request, None), self._clock.now())
        if onboarding == "open":
            charger = await self._registry.knock(knock)
            if charger is not None:
                return await self._enter(request, charger, address)
            return await self._failed(identity, None, Verdict(False), address)
        if not self._waiting.admits(network_of(address)):
            return self._refuse(429, "throttled", "too many unknown chargers from there", {"Retry-After": "60"})
        socket = await self._upgrade(request, None)
        if socket is not None:
            await self._waiting.serve(socket, knock)
            return socket
        return web.Response(status=400)

    async def _profile_0_may_enter(self, charger: Provisioned, address: str) -> bool:
        """Profile 0 proves nothing: a second connection enters only if the first is dead."""
        interval_s = charger.heartbeat_interval_s or self._tuning.heartbeat_interval_s(charger.organization_id)
        alive = await self._directory.holder_alive(charger.id, interval_s)
        if alive is None:
            return True
        detail = "refused: the first connection is alive" if alive else "the first connection was dead"
        self._notices.note(charger, "second_connection", detail, address)
        return not alive

    def _agreed(self, request: web.Request, charger: Provisioned | None) -> str | None:
        """The subprotocol: the charger's order decides; none offered needs a default of the charger."""
        header = request.headers.get("Sec-WebSocket-Protocol")
        if header is None:
            default = charger.default_protocol if charger is not None else None
            return default if default in self._dialects else None
        allowed = charger.protocols if charger is not None and charger.protocols is not None else self._dialects
        offered = [name.strip() for name in header.split(",")]
        return next((name for name in offered if name in allowed and name in self._dialects), None)

    async def _upgrade(self, request: web.Request, charger: Provisioned | None) -> ListeningSocket | None:
        agreed = self._agreed(request, charger)
        socket = ListeningSocket(
            protocols=(agreed,) if agreed else (),
            autoping=False,
            compress=self._settings.compression and agreed in _COMPRESSED,
            max_msg_size=self._settings.max_message_bytes + 1,  # aiohttp refuses from there on
            timeout=5.0,
        )
        if not socket.can_prepare(request).ok:
            return None
        try:
            await socket.prepare(request)
        except ConnectionError:  # it hung up while it was looked up
            return None
        return socket

    async def _enter(self, request: web.Request, charger: Provisioned, address: str) -> web.StreamResponse:
        protocol = self._agreed(request, charger)
        transport = request.transport
        socket = await self._upgrade(request, charger)
        if request.transport is None:
            return self._refuse(400, "hung_up", "gone before it was let in")
        if socket is None or transport is None:
            return self._refuse(400, "malformed", "not a WebSocket handshake")
        if protocol is None:
            # OCPP-J 1.6 §3.2: complete the handshake without the header, then close.
            self._metrics.handshake_refusals.labels("subprotocol").inc()
            self._notices.refused(charger, "no_common_version", offer_of(request), address)
            await socket.close(code=_NO_SUBPROTOCOL, message=b"no OCPP version in common")
            return socket
        if (downgrade := downgrade_of(charger, protocol, self._dialects)) is not None:
            self._notices.note(charger, "version_downgraded", downgrade, address)
        await self._held.serve(socket, transport, charger, protocol, address)
        return socket

    def _refuse(self, status: int, reason: str, text: str, headers: dict[str, str] | None = None) -> web.Response:
        self._metrics.handshake_refusals.labels(reason).inc()
        return web.Response(status=status, text=text + "\n", headers={**(headers or {}), "Connection": "close"})

    # -- time and news ---------------------------------------------------------------------------------------------

    async def _every(self, seconds: float, action: Callable[[], Awaitable[None]]) -> None:
        seldom = Seldom(self._clock)
        while True:
            await asyncio.sleep(seconds)
            try:
                await action()
                seldom.over()
            except Exception as error:  # noqa: BLE001  (tried again at the next turn)
                if seldom.due():
                    log.warning("background write failed", write=action.__name__, error=repr(error))

    async def _retired(self, event: ChargerRetired) -> None:
        self._registry.forget(event.charger_id)
        self._directory.close_charger(event.charger_id, CLOSE_POLICY, CLOSED_RETIRED)

    async def _changed(self, event: ChargerChanged) -> None:
        """Provisioned anew: the charger comes back and is let in by what holds now."""
        self._registry.forget(event.charger_id)
        self._directory.close_charger(event.charger_id, CLOSE_GOING_AWAY, CLOSED_SETTINGS)
        self._waiting.close(event.charger_id)
