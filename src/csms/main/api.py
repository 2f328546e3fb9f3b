# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Puts the door for people and programs together."""

from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, FastAPI

from csms.api import live, operations, processes, storage
from csms.api import plugins as plugin_routes
from csms.api.app import ApiDependencies, build_app
from csms.api.openapi import build_document
from csms.dialects.quirks import Library
from csms.domain.events import EVENTS
from csms.features.accounts import routes as accounts_routes
from csms.features.accounts.identity import IdentityOptions
from csms.features.accounts.service import AccountService
from csms.features.audit import routes as audit_routes
from csms.features.audit.service import AuditService
from csms.features.branding import routes as branding_routes
from csms.features.branding.service import BrandingService
from csms.features.bulk import routes as bulk_routes
from csms.features.bulk.service import BulkService
from csms.features.chargers import routes as charger_routes
from csms.features.chargers.service import ChargerService
from csms.features.commands import routes as command_routes
from csms.features.commands.service import CommandService
from csms.features.configuration import routes as configuration_routes
from csms.features.configuration.service import TemplateService
from csms.features.files import routes as file_routes
from csms.features.flags import routes as flag_routes
from csms.features.flags.service import FlagService
from csms.features.health import routes as health_routes
from csms.features.health.service import HealthService
from csms.features.local_lists import routes as local_list_routes
from csms.features.local_lists.service import LocalListService, with_version
from csms.features.monitoring import routes as monitoring_routes
from csms.features.ocpp_log import routes as log_routes
from csms.features.request_log import routes as request_log_routes
from csms.features.reservations import routes as reservation_routes
from csms.features.settings import routes as settings_routes
from csms.features.settings.service import SettingsService
from csms.features.smart_charging import routes as smart_charging_routes
from csms.features.smart_charging.service import SmartChargingService
from csms.features.timelines import routes as timeline_routes
from csms.features.timelines.series import SeriesService
from csms.features.tokens import routes as token_routes
from csms.features.tokens.service import TokenService
from csms.features.transactions import routes as transaction_routes
from csms.features.transactions.service import RecordService, names_of
from csms.features.workspace import routes as workspace_routes
from csms.kit.bus.base import Bus
from csms.kit.bus.codec import EventCodec
from csms.kit.bus.memory import MemoryBus
from csms.kit.clock import Clock, SystemClock
from csms.kit.config import Settings
from csms.kit.crypto import InstallationKeys
from csms.kit.db.engine import AppDatabase
from csms.kit.db.outbox import Outbox
from csms.kit.db.uow import UnitsOfWork
from csms.kit.ids import new_id
from csms.kit.jobs.pgqueuer import PgJobs
from csms.kit.metrics import Metrics
from csms.main.addresses import charger_addresses
from csms.main.alerts import alert_routers
from csms.main.build_gateway import DIALECTS, load_quirks
from csms.main.bulk_changes import bulk_change_routers
from csms.main.campaigns import campaign_router
from csms.main.certificates import certificate_router
from csms.main.drivers import driver_routers
from csms.main.files import file_service
from csms.main.imports import import_router
from csms.main.outgoing import outgoing, outgoing_routers
from csms.main.people import people_routers
from csms.main.privacy import privacy_router
from csms.main.reports import report_routers
from csms.main.version import VERSION

CAPABILITIES: Final = {name: dialect.capabilities for name, dialect in DIALECTS.items()}
PASSWORD_FILE = "initial-password"  # noqa: S105  (the name of a file)


def account_service(
    units: UnitsOfWork,
    keys: InstallationKeys,
    clock: Clock,
    data_dir: Path | None = None,
    options: IdentityOptions | None = None,
) -> AccountService:
    """Who may come in; the file with the first password is deleted at its first change."""
    return AccountService(
        units,
        keys,
        clock,
        initial_password_file=None if data_dir is None else data_dir / PASSWORD_FILE,
        options=options,
    )


def _charger_routers(deps: ApiDependencies, chargers: ChargerService) -> list[APIRouter]:
    """What there is to know of chargers."""
    return [
        charger_routes.router(deps.units, chargers),
        charger_routes.kinds_router(deps.units, chargers, CAPABILITIES, quirks_of(load_quirks(deps.quirks))),
        charger_routes.map_router(deps.units, deps.clock),
        charger_routes.onboarding_router(deps.units, chargers),
        health_routes.router(deps.units, HealthService(deps.clock, deps.heartbeat_interval_s)),
        timeline_routes.router(deps.units, chargers),
        timeline_routes.series_router(deps.units, SeriesService(chargers, deps.clock)),
    ]


def assemble(deps: ApiDependencies, commands: CommandService, hub: live.LiveHub) -> FastAPI:
    """All routes over their services."""
    chargers = ChargerService(deps.keys.hash_secret, deps.clock)
    tokens = TokenService(deps.clock)
    files = file_service(deps.data_dir, deps.keys, deps.clock, deps.files)
    return build_app(
        deps,
        [
            accounts_routes.router,
            *people_routers(deps),
            audit_routes.router(deps.units, AuditService()),
            request_log_routes.router(deps.units),
            *_charger_routers(deps, chargers),
            configuration_routes.router(deps.units, chargers),
            configuration_routes.templates_router(deps.units, TemplateService(chargers, commands, deps.clock)),
            bulk_routes.router(deps.units, BulkService(PgJobs(deps.clock), deps.clock)),
            *bulk_change_routers(deps),
            campaign_router(deps, commands),
            import_router(deps),
            log_routes.router(deps.units, chargers),
            monitoring_routes.router(deps.units, chargers),
            reservation_routes.router(deps.units),
            local_list_routes.router(deps.units, chargers, LocalListService(tokens, commands)),
            smart_charging_routes.router(deps.units, chargers, SmartChargingService(chargers, commands, deps.clock)),
            file_routes.router(deps.units, files, chargers, deps.files.max_firmware_bytes),
            file_routes.links_router(deps.units, files, deps.files.max_upload_bytes),
            certificate_router(deps, commands),
            token_routes.router(deps.units, tokens),
            token_routes.groups_router(deps.units, tokens),
            *driver_routers(deps, tokens),
            command_routes.router(deps.units, commands),
            transaction_routes.router(deps.units, RecordService(deps.clock)),
            *alert_routers(deps),
            *report_routers(deps),
            privacy_router(deps),
            plugin_routes.router(deps.plugins),
            *outgoing_routers(deps.units, outgoing(deps.keys, deps.clock, deps.webhooks, deps.mail)),
            live.router(hub),
            settings_routes.router(deps.units, SettingsService(deps.clock)),
            flag_routes.router(deps.units, FlagService(deps.clock)),
            workspace_routes.router(deps.units, deps.clock),
            branding_routes.router(deps.units, BrandingService(deps.clock)),
            operations.router(deps.units, PgJobs(deps.clock)),
            storage.router(deps.units, PgJobs(deps.clock)),
            processes.router(deps.units),
        ],
    )


def quirks_of(library: Library) -> charger_routes.QuirksOf:
    """What is known of a kind of charger, as it is shown."""

    def find(vendor: str | None, model: str | None, firmware: str | None) -> list[dict[str, str]]:
        found = library.of(vendor, model, firmware).all
        return [{"id": each.id, "why": each.why, "source": each.source} for each in found]

    return find


def new_hub(bus: Bus, limits: live.StreamLimits | None = None) -> live.LiveHub:
    """The live stream of this process; its ids are of this run only."""
    return live.LiveHub(bus, new_id().hex[-12:], limits)


def describe_api() -> dict[str, Any]:
    """The OpenAPI document, without a database: nothing is connected before it is used."""
    clock, metrics, codec = SystemClock(), Metrics(process=False), EventCodec(EVENTS)
    bus, keys = MemoryBus(codec, metrics), InstallationKeys("described", bytes(32))
    units = UnitsOfWork(AppDatabase("postgresql://nobody@127.0.0.1:1/none"), Outbox(codec), bus, clock)

    async def ready() -> dict[str, Any]:
        return {}

    deps = ApiDependencies(
        units=units,
        keys=keys,
        clock=clock,
        metrics=metrics,
        bus=bus,
        accounts=account_service(units, keys, clock),
        ready=ready,
        version=VERSION,
        charger_addresses=charger_addresses(Settings.model_fields["ocpp"].default),
        data_dir=Settings.model_fields["data_dir"].default,
    )
    commands = CommandService(units, bus, clock, metrics, names_of, with_version, call_timeout_s=30.0)
    return build_document(assemble(deps, commands, new_hub(bus)), None)
