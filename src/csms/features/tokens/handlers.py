# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Reports about tokens: may this one charge?"""

from collections.abc import Sequence
from typing import cast

from csms.domain.messages import Answer, AuthorizationAnswer, AuthorizationRequested, Received
from csms.domain.tokens import Authorization, AuthorizationStatus
from csms.features.tokens import ingest
from csms.kit.db.ingest import Unit


async def handle_authorize(unit: Unit, items: Sequence[Received]) -> Sequence[Answer]:
    """The token's own status; Invalid for what nobody knows, and for a contract whose certificate is not good (C07)."""
    reports = [cast("AuthorizationRequested", item.report) for item in items]
    asked = [(item.source.organization_id, report.token) for item, report in zip(items, reports, strict=True)]
    known = await ingest.authorizations(unit.connection, asked, unit.now)
    return [_answer(known[pair], report.certificate_status) for pair, report in zip(asked, reports, strict=True)]


def _answer(authorization: Authorization, certificate: str | None) -> AuthorizationAnswer:
    if certificate is not None and certificate != "accepted":
        authorization = Authorization(AuthorizationStatus.INVALID, known=authorization.known)
    return AuthorizationAnswer(authorization, certificate)
