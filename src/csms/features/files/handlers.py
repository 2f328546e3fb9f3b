# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Reports about transfers: how far chargers are with firmware and with what they upload."""

from collections.abc import Sequence
from typing import cast

import msgspec

from csms.domain.events import ProgressMade
from csms.domain.messages import ProgressReported, Received
from csms.features.files import ingest
from csms.kit.db.ingest import Unit


async def keep_progress(unit: Unit, items: Sequence[Received]) -> None:
    """Keep each step, and tell those who watch."""
    reports = [(item.source, cast("ProgressReported", item.report)) for item in items]
    await ingest.progress(
        unit,
        [
            (
                source.organization_id,
                source.charger_id,
                report.kind,
                report.status,
                report.request_id,
                report.info,
                msgspec.json.encode(report.details).decode(),
            )
            for source, report in reports
        ],
    )
    for source, report in reports:
        unit.record(
            ProgressMade(
                organization_id=source.organization_id,
                charger_id=source.charger_id,
                of=report.kind,
                status=report.status,
                request_id=report.request_id,
                at=unit.now,
            )
        )
