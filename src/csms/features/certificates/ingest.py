# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the certificates feature under the gateway's role: sets in, sets out."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from csms.kit.db.ingest import Unit

_ADD = """
INSERT INTO charger_certificates (id, organization_id, charger_id, kind, status, csr, request_id, reason, created_at,
    updated_at)
SELECT n.*, $9, $9
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::text[]) AS n
ON CONFLICT DO NOTHING
RETURNING id
"""


async def add(unit: Unit, rows: Sequence[tuple[Any, ...]]) -> frozenset[UUID]:
    """Keep requests: rows of (id, organization, charger, kind, status, csr, request, reason). Returns the new ones."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    return frozenset(row["id"] for row in await unit.connection.fetch(_ADD, *columns, unit.now))
