# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the tokens feature under the gateway's role."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

import asyncpg

from csms.domain.tokens import INVALID, Authorization, authorize, candidates

_FIND = """
SELECT t.organization_id, t.normalized, t.expires_at, t."group",
    CASE WHEN t.status = 'accepted' AND d.status = 'blocked' THEN 'blocked' ELSE t.status END AS status
FROM tokens t
JOIN unnest($1::uuid[], $2::text[]) AS asked(organization_id, normalized)
    ON t.organization_id = asked.organization_id AND t.normalized = asked.normalized
LEFT JOIN drivers d ON d.organization_id = t.organization_id AND d.id = t.driver_id
"""


async def authorizations(
    connection: asyncpg.Connection, asked: Iterable[tuple[UUID, str]], now: datetime
) -> Mapping[tuple[UUID, str], Authorization]:
    """What is known of tokens, by (organization, token as reported); one query for the whole group."""
    wanted = {pair: candidates(pair[1]) for pair in asked}
    lookups = {(organization, form) for (organization, _), forms in wanted.items() for form in forms}
    if not lookups:
        return {}
    rows = await connection.fetch(_FIND, [pair[0] for pair in lookups], [pair[1] for pair in lookups])
    known = {
        (row["organization_id"], row["normalized"]): authorize(row["status"], row["expires_at"], row["group"], now)
        for row in rows
    }
    return {
        pair: next((known[pair[0], form] for form in forms if (pair[0], form) in known), INVALID)
        for pair, forms in wanted.items()
    }
