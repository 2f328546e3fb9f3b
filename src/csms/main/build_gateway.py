# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Puts the door for chargers together: handlers of the features plugged into the gateway's ports."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import asyncpg
from cryptography import x509

from csms.dialects import quirks
from csms.dialects.base import Dialect
from csms.dialects.v2.dialect import V21, V201
from csms.dialects.v16.dialect import V16
from csms.domain.messages import (
    Answer,
    AuthorizationRequested,
    BootReported,
    CertificateChainStatusRequested,
    CertificateRequested,
    CertificateStatusRequested,
    ContractCertificateRequested,
    DeviceEventsReported,
    MeterReported,
    NoticeReported,
    ProgressReported,
    Received,
    Report,
    ReportPartReported,
    ReservationReported,
    SecurityEventReported,
    StatusReported,
    StreamReported,
    TransactionReported,
    VendorMessage,
)
from csms.features.certificates.consultants import (
    AuthorizationConsultant,
    CertificateStatusConsultant,
    ChainStatusConsultant,
    ContractConsultant,
    Responders,
)
from csms.features.certificates.handlers import CertificateRequestHandler
from csms.features.chargers import handlers as chargers
from csms.features.chargers import ingest as chargers_ingest
from csms.features.chargers.registry import ChargerRegistry
from csms.features.commands.ingest import transactions_started
from csms.features.files.handlers import keep_progress
from csms.features.monitoring import handlers as monitoring
from csms.features.ocpp_log.ingest import MessageLog
from csms.features.reservations.handlers import give_up_reservations, handle_reservation, reservations_used
from csms.features.smart_charging.handlers import judge_plans
from csms.features.tokens.handlers import handle_authorize
from csms.features.transactions import handlers as transactions
from csms.features.transactions import ingest as transactions_ingest
from csms.features.transactions.numbered import NumberedHandler
from csms.gateway.auth import Authenticator
from csms.gateway.directory import Directory
from csms.gateway.guesses import Guesses
from csms.gateway.inbox import Pipeline
from csms.gateway.notices import Notices
from csms.gateway.ports import BatchHandler, Consultant, FindingRow
from csms.gateway.server import Gateway
from csms.gateway.settings import GatewaySettings, LinkSettings, Tuning, rest_s
from csms.gateway.tls import TlsFiles
from csms.kit.addresses import TrustedProxies
from csms.kit.bus.base import Bus
from csms.kit.clock import Clock
from csms.kit.config import Iso15118Settings, OcppSettings
from csms.kit.db.ingest import Unit
from csms.kit.db.outbox import BELL, Outbox
from csms.kit.errors import InvalidError
from csms.kit.http.outbound import Outbound
from csms.kit.metrics import Metrics
from csms.plugin.desk import VendorDesk
from csms.plugin.registry import Plugins

DIALECTS: Final[Mapping[str, Dialect]] = {dialect.protocol.value: dialect for dialect in (V16, V201, V21)}


def _tls_files(settings: OcppSettings) -> TlsFiles | None:
    """None where no TLS port is set. Raises InvalidError where one is set without its files."""
    if settings.tls_port is None:
        return None
    if settings.tls_cert is None or settings.tls_key is None:
        raise InvalidError("CSMS_OCPP__TLS_PORT needs CSMS_OCPP__TLS_CERT and CSMS_OCPP__TLS_KEY")
    return TlsFiles(settings.tls_cert, settings.tls_key, settings.tls_client_ca)


def load_quirks(folder: Path | None) -> quirks.Library:
    """What is known of certain chargers. Raises InvalidError for a file that is not right."""
    if folder is not None and not folder.is_dir():
        raise InvalidError(f"CSMS_OCPP__QUIRKS: {folder} is no folder")
    try:
        return quirks.load(folder)
    except quirks.QuirkError as error:
        raise InvalidError(f"CSMS_OCPP__QUIRKS: {error}") from error


def gateway_settings(settings: OcppSettings) -> GatewaySettings:
    """The gateway's part of the settings tree."""
    return GatewaySettings(
        host=settings.host,
        port=settings.port,
        reuse_port=settings.reuse_port,
        onboarding=settings.onboarding,
        max_message_bytes=settings.max_message_bytes,
        heartbeat_interval_s=settings.heartbeat_interval_s,
        retry_interval_s=settings.retry_interval_s,
        drain_timeout_s=settings.drain_timeout_s,
        tls=_tls_files(settings),
        tls_port=settings.tls_port or 0,
        proxied_tls=settings.proxied_tls,
        compression=settings.compression,
        unknown_tags_per_minute=settings.unknown_tags_per_minute,
        handshake_timeout_s=settings.handshake_timeout_s,
        half_open_per_address=settings.half_open_per_address,
        proxies=TrustedProxies(settings.trusted_proxies),
        link=LinkSettings(
            max_inbox=settings.max_inbox,
            call_timeout_s=settings.call_timeout_s,
            ping_interval_s=settings.ping_interval_s,
            missed_pongs=settings.missed_pongs,
            ask_status_after_s=settings.ask_status_after_s,
            quirks=load_quirks(settings.quirks),
        ),
    )


async def _handle_status(unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
    """Three features hear of a status: of the charger, of transactions it contradicts, of reservations it ends."""
    answers = await chargers.handle_status(unit, items)
    await transactions.doubt_open_transactions(unit, items)
    await give_up_reservations(unit, items)
    return answers


async def _handle_progress(unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
    """How far a charger is: the newest beside the charger, every step in the history."""
    await keep_progress(unit, items)
    return await chargers.handle_progress(unit, items)


async def _handle_notice(unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
    """All notices are kept; plans of vehicles are held against what they were given."""
    answers = list(await monitoring.handle_notice(unit, items))
    for index, answer in (await judge_plans(unit, items)).items():
        answers[index] = answer
    return answers


def _is_numbered(report: Report) -> bool:
    return isinstance(report, TransactionReported) and report.charger_ref is not None


class _Transactions:
    """Two ways to tell of a transaction: by the number we issued (1.6), or named and numbered by the charger (2.x)."""

    def __init__(self, number_key: int) -> None:
        self._issued = transactions.TransactionHandler(number_key, transactions_started, reservations_used)
        self._numbered = NumberedHandler(number_key, transactions_started, reservations_used)

    async def __call__(self, unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
        """One answer per report, in order."""
        numbered = [item for item in items if _is_numbered(item.report)]
        issued = [item for item in items if not _is_numbered(item.report)] if numbered else items
        answers = dict(zip(map(id, issued), await self._issued(unit, issued), strict=True)) if issued else {}
        if numbered:
            answers |= zip(map(id, numbered), await self._numbered(unit, numbered), strict=True)
        return [answers[id(item)] for item in items]


class _Findings:
    async def write(self, unit: Unit, rows: Sequence[FindingRow]) -> None:
        await chargers_ingest.findings(unit, rows)


def batch_handlers(tuning: Tuning, number_key: int) -> Mapping[type[Report], BatchHandler]:
    """Who handles which Report."""
    return {
        BootReported: chargers.BootHandler(tuning.heartbeat_interval_s, tuning.retry_interval_s),
        StatusReported: _handle_status,
        ProgressReported: _handle_progress,
        VendorMessage: chargers.handle_vendor_message,
        AuthorizationRequested: handle_authorize,
        TransactionReported: _Transactions(number_key),
        MeterReported: transactions.handle_meter,
        ReportPartReported: monitoring.handle_report_part,
        DeviceEventsReported: monitoring.handle_device_events,
        NoticeReported: _handle_notice,
        StreamReported: monitoring.handle_stream,
        ReservationReported: handle_reservation,
        SecurityEventReported: chargers.handle_security_event,
        CertificateRequested: CertificateRequestHandler(chargers_ingest.security_events),
    }


def consultants(settings: Iso15118Settings, plugins: Plugins, clock: Clock) -> Mapping[type[Report], Consultant]:
    """Who asks the world outside about which Report. Raises InvalidError for a file of roots that is none."""
    outbound = Outbound(settings.private_hosts)
    roots = _roots(settings)
    responders = Responders(outbound, lambda: roots, clock)
    token = None if settings.contract_token is None else settings.contract_token.get_secret_value()
    return {
        VendorMessage: VendorDesk(plugins),
        AuthorizationRequested: AuthorizationConsultant(responders, lambda: roots, clock),
        CertificateStatusRequested: CertificateStatusConsultant(responders),
        CertificateChainStatusRequested: ChainStatusConsultant(responders, clock),
        ContractCertificateRequested: ContractConsultant(outbound, settings.contract_url, token),
    }


def _roots(settings: Iso15118Settings) -> list[x509.Certificate]:
    if settings.roots is None:
        return []
    try:
        return x509.load_pem_x509_certificates(settings.roots.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidError(f"CSMS_ISO15118__ROOTS: {settings.roots} holds no certificates in PEM: {error}") from error


async def build_gateway(
    settings: OcppSettings,
    iso15118: Iso15118Settings,
    plugins: Plugins,
    pool: asyncpg.Pool,
    bus: Bus,
    outbox: Outbox,
    node_id: str,
    hash_secret: Callable[[bytes], bytes],
    verify_secret: Callable[[bytes, bytes], bool],
    metrics: Metrics,
    clock: Clock,
    tune: Callable[[GatewaySettings], Tuning] = Tuning,
) -> Gateway:
    """The gateway, ready to start. Reads the installation's key, so the database must be there."""
    own = gateway_settings(settings)
    tuning = tune(own)
    registry = ChargerRegistry(pool, node_id, hash_secret, clock, outbox)
    notices = Notices(registry, clock)
    directory = Directory(registry, notices, bus, clock)
    async with pool.acquire() as connection:
        number_key = await transactions_ingest.number_key(connection)

    async def store_events(unit: Unit) -> None:
        await outbox.append(unit.connection, [event for event in unit.events if event.kind == "durable"])

    pipeline = Pipeline(
        pool,
        batch_handlers(tuning, number_key),
        consultants(iso15118, plugins, clock),
        MessageLog(),
        _Findings(),
        store_events,
        chargers_ingest.fence,
        bus.publish,
        lambda: bus.wake(BELL),
        directory.claim,
        registry.booted,
        Guesses(own.unknown_tags_per_minute, notices, clock),
        metrics,
        clock,
        max_group=own.max_group,
        lanes=own.lanes,
        rest_s=lambda: rest_s(len(directory)),
    )
    entrance = Authenticator(verify_secret)
    return Gateway(own, DIALECTS, registry, entrance, pipeline, directory, notices, bus, metrics, clock, tuning)
