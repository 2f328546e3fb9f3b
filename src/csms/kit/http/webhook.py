# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Signed messages to receivers that others run, by the Standard Webhooks specification (symmetric signatures, v1)."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

from standardwebhooks.webhooks import Webhook

from csms.kit.clock import Clock
from csms.kit.http.outbound import Outbound, OutboundError

PREFIX: Final = "whsec_"
_OCTETS: Final = 32
_READ: Final = 64 * 1024
_MAX_RETRY_AFTER_S: Final = 12 * 3600.0
_GONE: Final = 410
_WAIT: Final = frozenset({429, 503})


def new_webhook_secret() -> str:
    """A secret as receivers' libraries take it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_OCTETS)).decode()


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one attempt; `error` is none if the receiver took the message."""

    error: str | None
    status: int | None
    latency_ms: int
    gone: bool = False
    retry_after_s: float | None = None


def sign(secrets_: Sequence[str], message_id: str, at: datetime, body: str) -> dict[str, str]:
    """The headers of a message; a signature for each secret that holds, the newest first."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, at, body) for secret in secrets_),
    }


class WebhookSender:
    """Sends a message once; whoever calls it knows when to try again."""

    def __init__(self, outbound: Outbound, clock: Clock, agent: str) -> None:
        self._outbound = outbound
        self._clock = clock
        self._agent = agent

    def check(self, url: str) -> None:
        """Raises OutboundError for an address that would never be asked."""
        self._outbound.check(url)

    async def send(self, url: str, secrets_: Sequence[str], message_id: str, body: str) -> Sent:
        """One attempt. A redirect is a failure; of an answer only the beginning is read."""
        started_s, now = self._clock.monotonic(), self._clock.now()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": self._agent,
            **sign(secrets_, message_id, now, body),
        }
        try:
            answer = await self._outbound.send(url, body.encode(), headers, read=_READ)
        except OutboundError as error:
            return Sent(str(error), None, self._since_ms(started_s))
        taken = 200 <= answer.status < 300
        redirect = " (redirects are not followed)" if 300 <= answer.status < 400 else ""
        return Sent(
            None if taken else f"the receiver answered {answer.status}{redirect}",
            answer.status,
            self._since_ms(started_s),
            answer.status == _GONE,
            _seconds(answer.retry_after, now) if answer.status in _WAIT else None,
        )

    def _since_ms(self, started_s: float) -> int:
        return round((self._clock.monotonic() - started_s) * 1000)


def _seconds(retry_after: str | None, now: datetime) -> float | None:
    """Retry-After in seconds or as a date, within bounds; none where it is neither."""
    if retry_after is None:
        return None
    try:
        found_s = float(int(retry_after[:20]))
    except ValueError:
        try:
            at = parsedate_to_datetime(retry_after[:100])
            found_s = (at - now).total_seconds()
        except (ValueError, TypeError):  # no date, or one without a zone
            return None
    return min(max(found_s, 0.0), _MAX_RETRY_AFTER_S)
