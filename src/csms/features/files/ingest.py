# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the files feature under the gateway's role: sets in."""

from collections.abc import Sequence
from typing import Any

from csms.kit.db.ingest import Unit
from csms.kit.ids import new_id

_PROGRESS = """
INSERT INTO charger_progress (id, organization_id, charger_id, kind, status, request_id, info, details, at)
SELECT n.*, $9 FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::int[], $7::text[],
    $8::jsonb[]) AS n
"""


async def progress(unit: Unit, rows: Sequence[tuple[Any, ...]]) -> None:
    """Keep how far chargers are: rows of (organization, charger, kind, status, request, info, details as JSON)."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    await unit.connection.execute(_PROGRESS, [new_id() for _ in rows], *columns, unit.now)
