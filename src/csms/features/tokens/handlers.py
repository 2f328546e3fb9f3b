# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Reports about tokens: may this one charge?"""

from collections.abc import Sequence
from typing import cast

from csms.domain.messages import Answer, AuthorizationAnswer, AuthorizationRequested, Received
from csms.features.tokens import ingest
from csms.kit.db.ingest import Unit


async def handle_authorize(unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
    """The token's own status; Invalid for what nobody knows."""
    asked = [(item.source.organization_id, cast("AuthorizationRequested", item.report).token) for item in items]
    known = await ingest.authorizations(unit.connection, asked, unit.now)
    return [AuthorizationAnswer(known[pair]) for pair in asked]
