# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Alerts put together: what the installation stands on, routes, and the worker's part."""

import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from cryptography import x509
from fastapi import APIRouter

from csms.api.app import ApiDependencies
from csms.features.alerts import routes
from csms.features.alerts.handlers import HEARD, AlertWatcher
from csms.features.alerts.jobs import AlertSweeper
from csms.features.alerts.registry import AlertRuleService
from csms.features.alerts.rules import Notifier
from csms.features.alerts.service import AlertService
from csms.kit.clock import Clock
from csms.kit.config import Settings
from csms.kit.db.outbox_consumer import Consumer
from csms.kit.db.outbox_parking import Delivery
from csms.kit.db.uow import UnitsOfWork
from csms.kit.metrics import Metrics

log = structlog.get_logger(__name__)


class ServerPremises:
    """The disk and the certificate files of this machine."""

    def __init__(self, data_dir: Path, certificates: Mapping[str, Path]) -> None:
        self._data_dir = data_dir
        self._certificates = certificates

    def disk_used(self) -> float:
        """The share of the disk that is used, with the data directory."""
        usage = shutil.disk_usage(self._data_dir)
        return usage.used / usage.total

    def certificates(self) -> Mapping[str, datetime]:
        """When they end; one that cannot be read is told of in the log."""
        found = {}
        for name, path in self._certificates.items():
            try:
                found[name] = x509.load_pem_x509_certificates(path.read_bytes())[0].not_valid_after_utc
            except (OSError, ValueError) as error:
                log.warning("a certificate cannot be read", path=str(path), error=str(error))
        return found


def certificate_files(settings: Settings) -> dict[str, Path]:
    """The server's own, by the door they stand at."""
    doors = {"http": settings.http.tls_cert, "ocpp": settings.ocpp.tls_cert}
    return {name: path for name, path in doors.items() if path is not None}


def alert_routers(deps: ApiDependencies) -> list[APIRouter]:
    """The routes over their services."""
    premises = ServerPremises(deps.data_dir, deps.certificates)
    return [
        routes.rules_router(deps.units, AlertRuleService(deps.clock, premises)),
        routes.router(deps.units, AlertService(deps.clock)),
    ]


def alert_sweeper(
    units: UnitsOfWork, clock: Clock, metrics: Metrics, settings: Settings, notifier: Notifier | None
) -> AlertSweeper:
    """What the worker does turn by turn."""
    premises = ServerPremises(settings.data_dir, certificate_files(settings))
    return AlertSweeper(units, clock, metrics, premises, notifier, settings.http.public_url)


def alert_consumer(units: UnitsOfWork, clock: Clock, **common: Any) -> Consumer:
    """Hears of what happens once."""
    watch = AlertWatcher(units, clock)

    async def handle(delivery: Delivery) -> None:
        if isinstance(delivery.event, HEARD):
            await watch(delivery.event, delivery.id)

    return Consumer("alerts", handle, types=HEARD, **common)
