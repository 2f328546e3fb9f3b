# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Core profile: Authorize (§4.1), ClearCache (§5.4), and the IdTagInfo that other answers carry (§7.27)."""

from typing import Final

from csms.dialects.base import Inbound, Outbound
from csms.dialects.times import format_time
from csms.domain.commands import ClearCache, Command, Outcome, OutcomeStatus
from csms.domain.messages import AuthorizationAnswer, AuthorizationRequested
from csms.domain.texts import bounded
from csms.domain.tokens import Authorization, AuthorizationStatus
from csms.ocpp import v16

_STATUS: Final = {
    AuthorizationStatus.ACCEPTED: "Accepted",
    AuthorizationStatus.BLOCKED: "Blocked",
    AuthorizationStatus.EXPIRED: "Expired",
    AuthorizationStatus.INVALID: "Invalid",
    AuthorizationStatus.CONCURRENT_TX: "ConcurrentTx",
    # 1.6 has five words: a good token that may not charge here, now or for want of money is a blocked one.
    AuthorizationStatus.NO_CREDIT: "Blocked",
    AuthorizationStatus.NOT_ALLOWED_TYPE_EVSE: "Blocked",
    AuthorizationStatus.NOT_AT_THIS_LOCATION: "Blocked",
    AuthorizationStatus.NOT_AT_THIS_TIME: "Blocked",
    AuthorizationStatus.UNKNOWN: "Invalid",
}
_MAX_TAG = 20


def write_id_tag_info(authorization: Authorization) -> v16.IdTagInfo:
    """Status, expiry and group; a group longer than a 1.6 idToken is left out rather than cut."""
    group = authorization.group
    return v16.IdTagInfo(
        status=_STATUS[authorization.status],  # type: ignore[arg-type]
        expiry_date=None if authorization.expires_at is None else format_time(authorization.expires_at),
        parent_id_tag=group if group and len(group) <= _MAX_TAG else None,
    )


def read_authorize(wire: v16.Authorize) -> AuthorizationRequested:
    """May this tag charge?"""
    return AuthorizationRequested(token=bounded(wire.id_tag))


def answer_authorize(answer: AuthorizationAnswer) -> v16.AuthorizeResponse:
    """What is known of the tag."""
    return v16.AuthorizeResponse(id_tag_info=write_id_tag_info(answer.authorization))


def write_clear_cache(_: ClearCache) -> v16.ClearCache:
    """Forget the tags."""
    return v16.ClearCache()


def read_clear_cache(wire: v16.ClearCacheResponse) -> Outcome:
    """Accepted or Rejected."""
    return Outcome(OutcomeStatus.ACCEPTED if wire.status == "Accepted" else OutcomeStatus.REJECTED)


INBOUND: Final[dict[type, Inbound]] = {v16.Authorize: Inbound(read_authorize, answer_authorize)}
OUTBOUND: Final[dict[type[Command], Outbound]] = {
    ClearCache: Outbound("ClearCache", write_clear_cache, read_clear_cache),
}
